/* SPDX-License-Identifier: MIT */
/* The executor of row `libev`: one ev_loop per worker, its tasks run by a prepare watcher. */
#include <errno.h>

#include "runtimes/libev/libev.h"

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
struct ev_loop *libev_loop_new(struct run *run)
{
        struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);

        if (loop && ev_backend(loop) != EVBACKEND_EPOLL)
                run_fail(run, "libev has chosen backend %#x, not epoll", ev_backend(loop));
        return loop;
}

static int libev_open(struct worker *w)
{
        struct libev_worker *e = libev_of(w);

        e->loop = libev_loop_new(w->run);
        if (!e->loop)
                return -ENOTSUP;
        worker_backend(w, LIBEV_BACKEND);
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

const struct executor libev_executor = {
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
