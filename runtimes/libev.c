/* SPDX-License-Identifier: MIT */
/* Row `libev`: one ev_loop per worker, its tasks run by a prepare watcher. */
#include <errno.h>
#include <stdio.h>

#define EV_COMPAT3 0 /* the names of 4.x only */
#include <ev.h>

#include "runtimes/runtime.h"
#include "runtimes/task/task.h"

/*
 * ev_run() goes round in this order: prepare watchers, update the kernel's set of descriptors, update
 * the time, poll, update the time, then call what is due: timers, descriptors, idle, check. A turn is
 * the prepare callback, right before the poll; whatever wakes a task, the task runs in the next turn.
 */
struct libev_worker {
        struct worker base;
        struct ev_loop *loop;
        ev_async wake;
        ev_prepare turn;
        ev_idle more; /* active while tasks are ready: the loop polls without blocking */
};

static struct libev_worker *libev_of(struct worker *w)
{
        return (struct libev_worker *)w;
}

/* ---- timers -------------------------------------------------------------------------------------------- */

static ev_timer *timer_native(struct timer *t)
{
        _Static_assert(sizeof(ev_timer) <= TIMER_NATIVE_BYTES, "timer handle too large");
        return (ev_timer *)t->native;
}

/* libev calls this when more than the delay has passed on its clock, never earlier. */
static void timer_expired(struct ev_loop *loop, ev_timer *native, int events)
{
        (void)events;
        ev_timer_stop(loop, native); /* `repeat` has started it again */
        timer_fired(native->data);
}

/* The second way of "Be smart about timeouts": only `repeat` and ev_timer_again(), at start and later.
 * The delay counts from ev_now(), which is from the last poll, hence the update. */
static void libev_timer_start(struct timer *t, uint64_t after_ns)
{
        struct ev_loop *loop = libev_of(t->task->worker)->loop;
        ev_timer *native = timer_native(t);

        if (t->state == SOURCE_IDLE) {
                ev_init(native, timer_expired);
                native->data = t;
        }
        native->repeat = (ev_tstamp)(after_ns ? after_ns : 1) * 1e-9; /* 0 would mean "stop" */
        ev_now_update(loop);
        ev_timer_again(loop, native);
}

static enum drop libev_timer_drop(struct timer *t)
{
        ev_timer_stop(libev_of(t->task->worker)->loop, timer_native(t));
        return DROP_DONE;
}

/* ---- watches ------------------------------------------------------------------------------------------- */

static ev_io *watch_native(struct watch *w)
{
        _Static_assert(sizeof(ev_io) <= WATCH_NATIVE_BYTES, "watch handle too large");
        return (ev_io *)w->native;
}

static void watch_readable(struct ev_loop *loop, ev_io *native, int events)
{
        struct watch *w = native->data;

        (void)loop;
        if (events & EV_ERROR)
                run_fail(w->task->worker->run, "libev has stopped watching descriptor %d", w->fd);
        watch_fired(w);
}

/* Without the init libev would see that stop and start cancel out, and tell the kernel nothing. */
static void libev_watch_start(struct watch *w)
{
        ev_io *native = watch_native(w);

        ev_io_init(native, watch_readable, w->fd, EV_READ);
        native->data = w;
        ev_io_start(libev_of(w->task->worker)->loop, native);
}

static enum drop libev_watch_drop(struct watch *w)
{
        ev_io_stop(libev_of(w->task->worker)->loop, watch_native(w));
        return DROP_DONE;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

/* "The watcher is used solely to wake up the event loop." The inbox is drained at the start of each turn. */
static void wake_async(struct ev_loop *loop, ev_async *native, int events)
{
        (void)loop;
        (void)native;
        (void)events;
}

static void more_idle(struct ev_loop *loop, ev_idle *native, int events)
{
        (void)loop;
        (void)native;
        (void)events;
}

static void turn_prepare(struct ev_loop *loop, ev_prepare *native, int events)
{
        struct libev_worker *e = ev_userdata(loop);

        (void)native;
        (void)events;
        switch (worker_turn(&e->base)) {
        case TURN_MORE:
                ev_idle_start(loop, &e->more);
                break;
        case TURN_IDLE:
                ev_idle_stop(loop, &e->more);
                break;
        case TURN_STOP:
                ev_break(loop, EVBREAK_ALL);
                break;
        }
}

/* The lowest priority will do for an idle watcher that only keeps the loop from sleeping (ev(3), "Abusing
 * an ev_idle watcher for its side-effect"). */
static void watchers_start(struct ev_loop *loop, ev_async *wake, ev_prepare *turn, ev_idle *more)
{
        ev_async_init(wake, wake_async);
        ev_async_start(loop, wake);
        ev_prepare_init(turn, turn_prepare);
        ev_prepare_start(loop, turn);
        ev_idle_init(more, more_idle);
        ev_set_priority(more, EV_MINPRI);
}

/* EVFLAG_AUTO is "the right thing, believe me"; EVFLAG_NOENV is what makes making a loop thread-safe. */
static int libev_open(struct worker *w)
{
        struct libev_worker *e = libev_of(w);

        e->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
        if (!e->loop)
                return -ENOTSUP;
        if (ev_backend(e->loop) != EVBACKEND_EPOLL)
                run_fail(w->run, "libev has chosen backend %#x, not epoll", ev_backend(e->loop));
        worker_backend(w, "epoll");
        ev_set_userdata(e->loop, e);
        watchers_start(e->loop, &e->wake, &e->turn, &e->more);
        return 0;
}

static void libev_loop(struct worker *w)
{
        ev_run(libev_of(w)->loop, 0);
}

static void libev_close(struct worker *w)
{
        struct libev_worker *e = libev_of(w);

        ev_idle_stop(e->loop, &e->more);
        ev_prepare_stop(e->loop, &e->turn);
        ev_async_stop(e->loop, &e->wake);
        ev_loop_destroy(e->loop);
}

static void libev_notify(struct worker *to, struct worker *from)
{
        (void)from;
        ev_async_send(libev_of(to)->loop, &libev_of(to)->wake);
}

static const struct executor executor = {
        .worker_bytes = sizeof(struct libev_worker),
        .idle_wait_ms = 59000, /* MAX_BLOCKTIME of ev.c: without timers it waits 59.743 s at a time */
        .open = libev_open,
        .loop = libev_loop,
        .close = libev_close,
        .notify = libev_notify,
        .timer_start = libev_timer_start,
        .timer_drop = libev_timer_drop,
        .watch_start = libev_watch_start,
        .watch_drop = libev_watch_drop,
};

/* ---- the row ------------------------------------------------------------------------------------------- */

static const char *libev_version(void)
{
        static char text[24]; /* the same text whoever writes it */

        snprintf(text, sizeof(text), "%d.%d", ev_version_major(), ev_version_minor());
        return text;
}

static const struct card card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with an ev_loop of its own; blocking work that is offloaded, on "
                   "threads of the suite's own",
        .buffers = "none: no I/O data in the task workloads",
        .placement = "a task stays on the worker that spawned it; another thread reaches it through "
                     "ev_async_send()",
        .idiom_from = "ev(3): ev_loop_new, \"Be smart about timeouts\" (2), ev_io, ev_async, ev_prepare, "
                      "\"Abusing an ev_idle watcher for its side-effect\"",
        .differs = "ev_now_update() before each timer, so that its delay counts from the call",
        .timer_granularity_ns = 1000000,
        .released = 2020,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of callbacks for each lock where pthread_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait",
          "pthread_mutex_lock() in one watcher's callback, unlock in a later one", NULL },
        { "mutex", "async-with-send", "unlock only in the ev_io callback that finds room in the queue",
          NULL },
        { "mutex", "set-aside", "a queued lock callback whose watcher was stopped and ignores the grant",
          NULL },
        { "select", "recreated", "ev_io_init() and ev_io_start() before each wait, ev_io_stop() after it",
          NULL },
        { "select", "hoisted-unfused", "waiting on a watcher that has been stopped: it never fires again",
          NULL },
        { "select", "recreated-timer",
          "ev_timer_stop(), init and start for every message where ev_timer_again() restarts the timer",
          NULL },
        { "pool-guard", "held",
          "a connection kept beside the request's watcher until the last callback of the request", NULL },
        { "pool-guard", "nested", "asking the pool for a connection in the callback that was given one",
          NULL },
        { "map-guard", "held",
          "pthread_rwlock_rdlock() of a shard in one watcher's callback, unlock in a later one", NULL },
        { "cancel-leak", "unguarded",
          "ev_io_stop() in the timeout's callback, past the callback that lowers the count", NULL },
        { "cancel-leak", "as-written",
          "a count raised in a watcher's callback, which only a later turn of ev_run() calls", NULL },
        { "cancel-leak", "dropped-handle",
          "a started ev_timer that is forgotten: without ev_timer_stop() it stays active", NULL },
        { "cancel-safety", "buffer-inside",
          "ev_io_stop() in an ev_timer's callback, which also frees what the watcher had read", NULL },
        { "cancel-safety", "send-dropped", "a message that waits for EV_WRITE and is freed by an ev_timer",
          NULL },
        { "heartbeat", "inline",
          "a long computation in a watcher's callback: ev_run() fires no ev_timer meanwhile", NULL },
        { "buffered", "buffered",
          "watchers that only count up in their request, and a loop that looks at the counts after ev_run() "
          "has "
          "waited for another one",
          NULL },
        { "buffered", "semaphore",
          "permits given to requests whose watchers only count, by a loop that waits for a permit itself",
          NULL },
        { "timeout", "monolithic",
          "a computation in one callback and an ev_timer to limit it: ev_run() calls the timer after it",
          NULL },
        { "timeout", "ready-source",
          "an ev_io callback that reads until EAGAIN, from a peer that sends faster", NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of the threads that an ev_async reports for, one of which sleeps in a call", NULL },
        { "fan-out", "tasks",
          "a computation in pieces, from an ev_idle watcher: ev_run() calls them one after the other", NULL },
        { "bridge", "nested",
          "a pool job that calls ev_async_send() to have another job started, and waits for it", NULL },
        { 0 },
};

static const struct knob knobs[] = {
        { "loop_flags", "EVFLAG_AUTO|EVFLAG_NOENV", "libev's own choice of backend, LIBEV_FLAGS not read" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "libev",
          .card = &card,
          .version = libev_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .executor = &executor,
          .mistakes = mistakes,
          .knobs = knobs },
        { 0 },
};
