/* SPDX-License-Identifier: MIT */
/* How many connections this machine's limits let one process serve, and which limit that is. */
#ifndef AB_LIMITS_H
#define AB_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One limit, in connections. */
struct limit {
        const char *name;   /* "descriptors (ulimit -Hn 20000)" is made of it and `value` */
        const char *remedy; /* what raises it */
        uint64_t value;     /* as the machine says; UINT64_MAX: none */
        uint64_t connections;
};

enum { LIMITS_MAX = 8 };

/* All limits below ROOT ("" = this machine) for a server with a thread for each connection or without, in a table of
 * LIMITS_MAX. Returns how many. Any thread. */
size_t limits_read(struct limit *limits, const char *root, bool thread_each);

/* The one that allows fewest connections. */
const struct limit *limits_lowest(const struct limit *limits, size_t count);

#endif
