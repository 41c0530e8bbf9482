/* SPDX-License-Identifier: MIT */
/* What the files of row `libev` share: how a loop is made, and the two roles of its table. */
#ifndef AB_LIBEV_H
#define AB_LIBEV_H

#define EV_COMPAT3 0 /* the names of 4.x only */
#include <ev.h>

#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"
#include "runtimes/task/task.h"

#define LIBEV_BACKEND "epoll" /* as results name it */

extern const struct executor libev_executor;
extern const struct server libev_server;

/* A loop over LIBEV_BACKEND: with another one the sample fails. NULL when there is none. Any thread. */
struct ev_loop *libev_loop_new(struct run *run);

#endif
