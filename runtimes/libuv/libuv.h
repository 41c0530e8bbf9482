/* SPDX-License-Identifier: MIT */
/* What the files of row `libuv` share: the two roles of its table. */
#ifndef AB_LIBUV_H
#define AB_LIBUV_H

#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"
#include "runtimes/task/task.h"

extern const struct executor libuv_executor;
extern const struct server libuv_server;

#endif
