/* SPDX-License-Identifier: MIT */
/* What the files of row `epoll` share: the two roles of its table. */
#ifndef AB_EPOLL_H
#define AB_EPOLL_H

#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"
#include "runtimes/task/task.h"

extern const struct executor epoll_executor;
extern const struct server epoll_server;

#endif
