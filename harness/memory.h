/* SPDX-License-Identifier: MIT */
/* What this process occupies, and the kernel for all: read between two steps of a ramp. */
#ifndef AB_MEMORY_H
#define AB_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct memory {
        uint64_t rss_bytes, pss_bytes; /* of this process: /proc/self/smaps_rollup, proc(5) */
        /* Of the whole machine: unreclaimable slabs (sockets, descriptors, watches, rings' requests), kernel stacks and
         * page tables: /proc/meminfo. Of a connection both ends are in it. */
        uint64_t kernel_bytes;
};

/* False when /proc does not tell. Costs a walk through the page tables: about 5 us per MiB. Any thread. */
bool memory_read(struct memory *m);

#endif
