/* SPDX-License-Identifier: MIT */
/* The load of clients that come and go, instead of connections that stay. */
#ifndef AB_CHURN_H
#define AB_CHURN_H

#include "harness/load/engine.h"

/*
 * options->connections clients arrive at rate_per_s. Each connects, sends one message, compares the reply, keeps its
 * connection for hold_ns, ends its side and waits for the other end. `connect` and `response` (to the first byte of the reply) count
 * from the planned time. A client that is not through after stall_ns gives up; that one and the refused and reset ones
 * are counted and are no reason to stop. On the calling thread. False without memory.
 */
bool churn_run(const struct load_options *o, struct load_result *result);

#endif
