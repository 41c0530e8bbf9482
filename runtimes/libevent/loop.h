/* SPDX-License-Identifier: MIT */
/* What libevent's servers have in common: a base per worker, its listener, and what stops it. */
#ifndef AB_LIBEVENT_LOOP_H
#define AB_LIBEVENT_LOOP_H

#include <event2/event_struct.h>
#include <event2/listener.h>
#include <sys/queue.h>

#include "runtimes/libevent/libevent.h"

struct serve_conn; /* each server has its own */

struct serve_loop {
        const struct serve_job *job;
        unsigned worker;

        /* Take FD over, and count it. False, with FD closed, when there is no memory for it. */
        bool (*open)(struct serve_loop *l, int fd);
        void (*close)(struct serve_loop *l, struct serve_conn *conn);

        char *buffer; /* of one read, where the server and not the library has it */
        struct event_base *base;
        struct evconnlistener *listener;
        struct event pause; /* pending while the listener rests */
        struct event stop;
        LIST_HEAD(, serve_conn) conns; /* those that are open */
        uint64_t counts[SERVE_COUNTS];
};

/* Serve with L, of which the first four fields and what they need are set, until the job is stopped. */
void serve_loop_run(struct serve_loop *l);

#endif
