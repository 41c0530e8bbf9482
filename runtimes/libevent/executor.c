/* SPDX-License-Identifier: MIT */
/* The executor of row `libevent`: one event_base per worker, its tasks run between two passes of event_base_loop(). */
#include <errno.h>
#include <string.h>

#include <event2/thread.h>

#include "runtimes/libevent/libevent.h"

/*
 * A pass polls once and runs the callbacks of all that is active. A turn comes between two passes and
 * not as an event: one that is activated in a callback runs in the same pass, so that tasks which are
 * always ready would keep the base from polling. Outside a pass libevent caches no time, so a timeout
 * counts from the call.
 */
struct libevent_worker {
        struct worker base;
        struct event_base *events;
        struct event *wake;
};

static struct libevent_worker *libevent_of(struct worker *w)
{
        return (struct libevent_worker *)w;
}

static void must(struct worker *w, const char *call, bool done)
{
        if (!done)
                run_fail(w->run, "%s does not succeed: %s", call, strerror(errno));
}

/* ---- timers ------------------------------------------------------------------------------------------- */

struct libevent_timer {
        struct event *event;
};

static struct libevent_timer *timer_native(struct timer *t)
{
        _Static_assert(sizeof(struct libevent_timer) <= TIMER_NATIVE_BYTES, "timer handle too large");
        return (struct libevent_timer *)t->native;
}

static void timer_arm(struct timer *t, uint64_t after_ns)
{
        uint64_t after_us = (after_ns + 999) / 1000;
        struct timeval timeout = { .tv_sec = (time_t)(after_us / 1000000),
                                   .tv_usec = (suseconds_t)(after_us % 1000000) };

        must(t->task->worker, "evtimer_add", evtimer_add(timer_native(t)->event, &timeout) == 0);
}

/* The base's clock is the kernel's coarse one: it stands still between two ticks, so a timer that was
 * armed late in a tick comes early by as much. */
static void timer_expired(evutil_socket_t fd, short what, void *arg)
{
        struct timer *t = arg;
        uint64_t now_ns = run_now_ns();

        (void)fd;
        (void)what;
        if (now_ns < t->deadline_ns)
                timer_arm(t, t->deadline_ns - now_ns);
        else
                timer_fired(t);
}

static void libevent_timer_start(struct timer *t, uint64_t after_ns)
{
        struct libevent_worker *e = libevent_of(t->task->worker);

        if (t->state == SOURCE_IDLE) {
                timer_native(t)->event = evtimer_new(e->events, timer_expired, t);
                must(&e->base, "evtimer_new", timer_native(t)->event);
        }
        timer_arm(t, after_ns); /* "... replaces the old timeout with the new one" */
}

/* event_free() begins with event_del(). */
static enum drop libevent_timer_drop(struct timer *t)
{
        event_free(timer_native(t)->event);
        return DROP_DONE;
}

/* ---- watches ------------------------------------------------------------------------------------------ */

struct libevent_watch {
        struct event *event;
};

static struct libevent_watch *watch_native(struct watch *w)
{
        _Static_assert(sizeof(struct libevent_watch) <= WATCH_NATIVE_BYTES, "watch handle too large");
        return (struct libevent_watch *)w->native;
}

static void watch_readable(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        watch_fired(arg);
}

static void libevent_watch_start(struct watch *w)
{
        struct libevent_worker *e = libevent_of(w->task->worker);
        struct event *event = event_new(e->events, w->fd, EV_READ | EV_PERSIST, watch_readable, w);

        must(&e->base, "event_new", event);
        watch_native(w)->event = event;
        must(&e->base, "event_add", event_add(event, NULL) == 0);
}

static enum drop libevent_watch_drop(struct watch *w)
{
        event_free(watch_native(w)->event);
        return DROP_DONE;
}

/* ---- the loop ----------------------------------------------------------------------------------------- */

/* That the pass ends is all it is for: the inbox is drained at the start of each turn. */
static void wake_active(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)arg;
}

/* Before the first base. libevent 2.1 does not guard this call against itself, and workers open at once. */
static int threads_status;

static void threads_use(void)
{
        threads_status = evthread_use_pthreads();
}

/* The defaults, but that the environment cannot change them unseen. */
struct event_base *libevent_base_new(struct run *run)
{
        struct event_config *config = event_config_new();
        struct event_base *base = NULL;

        if (!config)
                return NULL;
        if (event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
                base = event_base_new_with_config(config);
        event_config_free(config);
        if (base && strcmp(event_base_get_method(base), LIBEVENT_METHOD) != 0)
                run_fail(run, "libevent has chosen the method %s, not " LIBEVENT_METHOD,
                         event_base_get_method(base));
        return base;
}

static int libevent_open(struct worker *w)
{
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        struct libevent_worker *e = libevent_of(w);

        pthread_once(&once, threads_use);
        if (threads_status)
                return -ENOTSUP;
        e->events = libevent_base_new(w->run);
        if (!e->events)
                return -ENOTSUP;
        e->wake = event_new(e->events, -1, 0, wake_active, NULL);
        if (!e->wake) {
                event_base_free(e->events);
                return -ENOMEM;
        }
        worker_backend(w, LIBEVENT_METHOD);
        return 0;
}

/* One pass also when it does not block: without EVLOOP_ONCE it would go on until nothing is active, and a
 * readable descriptor that only a task can empty stays active. `wake` is never pending, so there may be no
 * event to wait for. */
static void libevent_loop(struct worker *w)
{
        const int once = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
        struct libevent_worker *e = libevent_of(w);
        enum turn turn;

        while ((turn = worker_turn(w)) != TURN_STOP) {
                int flags = turn == TURN_MORE ? once | EVLOOP_NONBLOCK : once;

                must(w, "event_base_loop", event_base_loop(e->events, flags) >= 0);
        }
}

static void libevent_close(struct worker *w)
{
        struct libevent_worker *e = libevent_of(w);

        event_free(e->wake);
        event_base_free(e->events);
}

static void libevent_notify(struct worker *to, struct worker *from)
{
        (void)from;
        event_active(libevent_of(to)->wake, 0, 0);
}

const struct executor libevent_executor = {
        .worker_bytes = sizeof(struct libevent_worker),
        .open = libevent_open,
        .loop = libevent_loop,
        .close = libevent_close,
        .notify = libevent_notify,
        .timer_start = libevent_timer_start,
        .timer_drop = libevent_timer_drop,
        .watch_start = libevent_watch_start,
        .watch_drop = libevent_watch_drop,
};
