/* SPDX-License-Identifier: MIT */
/* What the files of the rows over liburing share: how their rings are made, and the roles of their table. */
#ifndef AB_RING_H
#define AB_RING_H

#include <liburing.h>

#include "runtimes/serve/serve.h"
#include "runtimes/task/task.h"

/* The completion queue is sized so that it never overflows with a few hundred tasks; if it does there, the
 * sample fails. A server's may overflow. */
enum { RING_ENTRIES = 256, RING_COMPLETIONS = 4096 };

enum { RING_FLAGS = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };

/* Make RING with room for so many requests and completions; the calling thread is its only issuer from now on.
 * 0 or -errno. */
int ring_open(struct io_uring *ring, unsigned entries, unsigned completions);

extern const struct executor liburing_executor;
extern const struct server liburing_server, liburing_poll_server;

#endif
