/* SPDX-License-Identifier: MIT */
/* The loop of libevent's servers: an evconnlistener, the time that it rests, and one pass after another. */
#include <errno.h>
#include <string.h>

#include "runtimes/libevent/loop.h"

/* ---- accepting ----------------------------------------------------------------------------------------- */

/* The connection that could not be taken stays in the queue, and the listener readable. */
static void serve_pause(struct serve_loop *l)
{
        static const struct timeval pause = { .tv_usec = SERVE_ACCEPT_PAUSE_NS / 1000 };

        l->counts[SERVE_ACCEPT_FAILURES]++;
        if (evconnlistener_disable(l->listener) || event_add(&l->pause, &pause))
                run_fail(l->job->run, "libevent cannot let the listener rest: %s", strerror(errno));
}

static void serve_resume(evutil_socket_t fd, short what, void *arg)
{
        struct serve_loop *l = arg;

        (void)fd;
        (void)what;
        if (evconnlistener_enable(l->listener))
                run_fail(l->job->run, "libevent cannot watch the listener again: %s", strerror(errno));
}

/* libevent goes on accepting until there is nothing more, or the listener rests. */
static void serve_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                         int address_bytes, void *arg)
{
        struct serve_loop *l = arg;

        (void)listener;
        (void)address;
        (void)address_bytes;
        if (!l->open(l, fd))
                serve_pause(l);
}

static void serve_accept_error(struct evconnlistener *listener, void *arg)
{
        struct serve_loop *l = arg;
        int error = EVUTIL_SOCKET_ERROR();

        (void)listener;
        if (serve_is_exhausted(error))
                serve_pause(l);
        else if (!serve_is_passing(error))
                run_fail(l->job->run, "accept: %s", evutil_socket_error_to_string(error));
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void serve_stop(evutil_socket_t fd, short what, void *arg)
{
        struct serve_loop *l = arg;

        (void)fd;
        (void)what;
        event_base_loopbreak(l->base);
}

/* The listener listens already, which a backlog of 0 says. */
static void serve_start(struct serve_loop *l)
{
        l->base = libevent_base_new(l->job->run);
        if (!l->base)
                run_fail(l->job->run, "no descriptor or memory for a base");
        LIST_INIT(&l->conns);
        l->listener =
                evconnlistener_new(l->base, serve_accept, l, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
                                   l->job->listeners[l->worker]);
        if (!l->listener || evtimer_assign(&l->pause, l->base, serve_resume, l) ||
            event_assign(&l->stop, l->base, l->job->stop_fd, EV_READ, serve_stop, l) ||
            event_add(&l->stop, NULL))
                run_fail(l->job->run, "libevent cannot watch the listener: %s", strerror(errno));
        evconnlistener_set_error_cb(l->listener, serve_accept_error);
        if (l->worker == 0)
                run_knob(l->job->run, "backend", LIBEVENT_METHOD);
}

/* libevent 2.1 has no hook between two passes, so each pass is a call. */
static void serve_until_stopped(struct serve_loop *l)
{
        do {
                if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
                        run_fail(l->job->run, "event_base_loop does not succeed: %s", strerror(errno));
                serve_flush(l->job, l->worker, l->counts);
        } while (!event_base_got_break(l->base));
}

/* Freeing the base also ends the bufferevents that were freed before, whose sockets it closes. */
static void serve_end(struct serve_loop *l)
{
        struct serve_conn *conn;

        evconnlistener_free(l->listener);
        while ((conn = LIST_FIRST(&l->conns)))
                l->close(l, conn);
        serve_flush(l->job, l->worker, l->counts);
        event_del(&l->stop);
        event_del(&l->pause);
        event_base_free(l->base);
}

void serve_loop_run(struct serve_loop *l)
{
        serve_start(l);
        serve_until_stopped(l);
        serve_end(l);
}
