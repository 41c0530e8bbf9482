/* SPDX-License-Identifier: MIT */
/* What the files of row `threads` share: the two roles of its table. */
#ifndef AB_THREADS_H
#define AB_THREADS_H

#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"
#include "runtimes/task/task.h"

extern const struct executor threads_executor;
extern const struct server threads_server;

#endif
