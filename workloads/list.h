/* SPDX-License-Identifier: MIT */
/* The workloads: one line each, in the order of the report. A name's `-` is written `_` here. */
WORKLOAD(mutex)
WORKLOAD(select)
WORKLOAD(cancel_leak)
WORKLOAD(cancel_safety)
WORKLOAD(pool_guard)
WORKLOAD(map_guard)
WORKLOAD(heartbeat)
WORKLOAD(buffered)
WORKLOAD(future_set)
WORKLOAD(timeout)
WORKLOAD(fan_out)
WORKLOAD(bridge)
