/* SPDX-License-Identifier: MIT */
/* Row `libevent`: one event_base per worker, its tasks run between two passes of event_base_loop(). */
#include <errno.h>
#include <string.h>

#include <event2/event.h>
#include <event2/thread.h>

#include "runtimes/runtime.h"
#include "runtimes/task/task.h"

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
static struct event_base *base_new(void)
{
        struct event_config *config = event_config_new();
        struct event_base *base = NULL;

        if (!config)
                return NULL;
        if (event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
                base = event_base_new_with_config(config);
        event_config_free(config);
        return base;
}

static void backend_prove(struct libevent_worker *e)
{
        const char *method = event_base_get_method(e->events);

        if (strcmp(method, "epoll") != 0)
                run_fail(e->base.run, "libevent has chosen the method %s, not epoll", method);
        worker_backend(&e->base, method);
}

static int libevent_open(struct worker *w)
{
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        struct libevent_worker *e = libevent_of(w);

        pthread_once(&once, threads_use);
        if (threads_status)
                return -ENOTSUP;
        e->events = base_new();
        if (!e->events)
                return -ENOTSUP;
        e->wake = event_new(e->events, -1, 0, wake_active, NULL);
        if (!e->wake) {
                event_base_free(e->events);
                return -ENOMEM;
        }
        backend_prove(e);
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

static const struct executor executor = {
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

/* ---- the row ------------------------------------------------------------------------------------------- */

static const char *libevent_version(void)
{
        return event_get_version();
}

static const struct card card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with an event_base of its own; blocking work that is offloaded, on "
                   "threads of the suite's own; the bases are locked, whatever the "
                   "number of workers",
        .buffers = "none: no I/O data in the task workloads",
        .placement = "a task stays on the worker that spawned it; another thread reaches it through "
                     "event_active()",
        .idiom_from =
                "Fast portable non-blocking network programming with Libevent: R1 (locks and threading), "
                "R2 (event_base), R3 (EVLOOP_ONCE), R4 (event_new, event_active, pure timeout events)",
        .differs =
                "own loop: tasks run between two calls of event_base_loop(), which caches the time within "
                "one; a timer that comes before its deadline, which it does by up to a tick of the kernel's "
                "coarse clock, is armed again; no precise timers and no change list, as by default",
        .timer_granularity_ns = 4000000, /* CLOCK_MONOTONIC_COARSE at CONFIG_HZ=250 */
        .released = 2020,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of callbacks for each lock where pthread_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait",
          "a mutex held in event_del(), which waits for a callback of the loop that takes the same mutex",
          "https://github.com/libevent/libevent/issues/512" },
        { "mutex", "async-with-send", "unlock only in the write callback of the bufferevent that has room",
          NULL },
        { "mutex", "set-aside", "a queued lock callback whose event was freed and ignores the grant", NULL },
        { "select", "recreated", "event_new() and event_add() before each wait, event_free() after it",
          NULL },
        { "select", "hoisted-unfused",
          "waiting on an event that was not EV_PERSIST and has fired: it is no longer pending", NULL },
        { "select", "recreated-timer",
          "event_free() and evtimer_new() for every message where evtimer_add() replaces the timeout",
          "https://github.com/coturn/coturn/pull/1926" },
        { "pool-guard", "held",
          "a bufferevent of the pool kept until evhttp_send_reply(), also while another service is asked",
          NULL },
        { "pool-guard", "nested", "asking the pool for a bufferevent in the callback that was given one",
          NULL },
        { "map-guard", "held",
          "pthread_rwlock_rdlock() of a shard in one event's callback, unlock in a later one", NULL },
        { "cancel-leak", "unguarded",
          "event_free() in the timeout's callback, past the callback that lowers the count", NULL },
        { "cancel-leak", "as-written",
          "a count raised in an event's callback, which only a later turn of event_base_loop() calls", NULL },
        { "cancel-leak", "dropped-handle",
          "a pending struct event that is forgotten: without event_del() it is still called", NULL },
        { "cancel-safety", "buffer-inside",
          "bufferevent_free() at BEV_EVENT_TIMEOUT, with half a frame in its input buffer", NULL },
        { "cancel-safety", "send-dropped",
          "bufferevent_free() at BEV_EVENT_TIMEOUT, with a message in its output buffer", NULL },
        { "heartbeat", "inline", "a long computation in a callback, which clogs the base and its timeouts",
          "https://github.com/google/certificate-transparency/issues/313" },
        { "buffered", "buffered",
          "callbacks that set a flag in their request, and a loop that reads the flags after "
          "event_base_loop() has "
          "answered something else",
          NULL },
        { "buffered", "semaphore",
          "permits granted to requests whose callbacks set a flag, and a reader of the flags that waits for "
          "a permit",
          NULL },
        { "timeout", "monolithic",
          "a computation in one callback and an evtimer to limit it: the loop calls the timer after it",
          NULL },
        { "timeout", "ready-source",
          "an EV_READ callback that reads until EAGAIN, from a peer that sends faster", NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of the threads that call event_active(), one of which sleeps in a call", NULL },
        { "fan-out", "tasks",
          "a computation in pieces, each of which event_active() makes due: one base runs one at a time",
          NULL },
        { "bridge", "nested",
          "a pool job that calls event_active() to have another job started, and waits for it", NULL },
        { 0 },
};

static const struct knob knobs[] = {
        { "threading", "evthread_use_pthreads", "every base has a lock: a wake-up may come from any thread" },
        { "base_flags", "EVENT_BASE_FLAG_IGNORE_ENV",
          "libevent's own choice of backend and clock, EVENT_* not read" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "libevent",
          .card = &card,
          .version = libevent_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .executor = &executor,
          .mistakes = mistakes,
          .knobs = knobs },
        { 0 },
};
