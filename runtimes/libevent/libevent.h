/* SPDX-License-Identifier: MIT */
/* What the files of rows `libevent` and `libevent-bufferevent` share: how a base is made, and the roles of their tables. */
#ifndef AB_LIBEVENT_H
#define AB_LIBEVENT_H

#include <event2/event.h>

#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"
#include "runtimes/task/task.h"

extern const struct executor libevent_executor;
extern const struct server libevent_server, libevent_bufferevent_server;

/* A base over LIBEVENT_METHOD: with another one the sample fails. NULL when there is none. */
struct event_base *libevent_base_new(struct run *run);

#define LIBEVENT_METHOD "epoll" /* as results name it */

#endif
