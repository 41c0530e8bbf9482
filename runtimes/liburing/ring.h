/* SPDX-License-Identifier: MIT */
/* What the executor and the table of row `liburing` share: how its rings are made. */
#ifndef AB_RING_H
#define AB_RING_H

#include <liburing.h>

#include "runtimes/task/task.h"

/* The completion queue is sized so that it never overflows with a few hundred tasks; if it does, the
 * sample fails. */
enum { RING_ENTRIES = 256, RING_COMPLETIONS = 4096 };

enum { RING_FLAGS = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };

/* Make RING, whose only issuer the calling thread is from now on. 0 or -errno. */
int ring_open(struct io_uring *ring);

extern const struct executor liburing_executor;

#endif
