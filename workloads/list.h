/* SPDX-License-Identifier: MIT */
/* The workloads: one line each, in the order of the report. */
WORKLOAD(mutex)
WORKLOAD(select)
