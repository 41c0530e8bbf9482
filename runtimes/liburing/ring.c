/* SPDX-License-Identifier: MIT */
/* How the rings of all rows over liburing are made. */
#include "runtimes/liburing/ring.h"

int ring_open(struct io_uring *ring, unsigned entries, unsigned completions)
{
        struct io_uring_params params = { .flags = RING_FLAGS | IORING_SETUP_CQSIZE,
                                          .cq_entries = completions };

        return io_uring_queue_init_params(entries, ring, &params);
}
