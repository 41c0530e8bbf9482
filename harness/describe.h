/* SPDX-License-Identifier: MIT */
/* What an executable of a runtime says about itself. */
#ifndef AB_DESCRIBE_H
#define AB_DESCRIBE_H

#include "runtimes/runtime.h"
#include "workloads/workload.h"

/* Why the cell of variant V of W on row RT does not exist, or NULL when it does. */
const char *describe_absent(const struct runtime *rt, const struct workload *w, const struct variant *v);

/* How RT runs W in its own language, or NULL when it does so over its executor or not at all. */
const struct native *describe_native(const struct runtime *rt, const struct workload *w);

/* Write the `describe` object of protocol.h on standard output. Returns the exit status. */
int describe(const char *name);

#endif
