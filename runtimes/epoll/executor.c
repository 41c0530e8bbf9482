/* SPDX-License-Identifier: MIT */
/* The executor of row `epoll`: a bare level-triggered loop per worker. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "runtimes/epoll/epoll.h"
#include "runtimes/task/task.h"

enum { EVENTS_PER_WAIT = 64 };

/* What an event carries: a slot of the watch table and the generation that was registered there, so
 * that an event of the same batch for a watch that is gone by then is recognised. */
enum { SLOT_WAKE = 0, SLOT_TIMER = 1, SLOT_FIRST = 2 };

struct epoll_slot {
        struct watch *watch; /* NULL: free */
        uint32_t generation;
};

struct epoll_worker {
        struct worker base;
        int epoll_fd, wake_fd, timer_fd;
        struct epoll_slot *slots;
        uint32_t slot_count, slot_free; /* slot_free: where to start to look */
        struct timer **heap;            /* binary min-heap by deadline */
        size_t heap_count, heap_capacity;
        uint64_t timer_set_ns; /* what timer_fd is set to; 0 = it is not */
};

struct epoll_timer {
        size_t place; /* in the heap, from 1; 0 = not there */
};

struct epoll_watch {
        uint32_t slot;
};

static struct epoll_worker *epoll_of(struct worker *w)
{
        return (struct epoll_worker *)w;
}

/* ---- timers: one timerfd a worker, set to the earliest deadline of a heap ------------------------ */

static struct epoll_timer *timer_native(struct timer *t)
{
        _Static_assert(sizeof(struct epoll_timer) <= TIMER_NATIVE_BYTES, "timer handle too large");
        return (struct epoll_timer *)t->native;
}

static void heap_put(struct epoll_worker *e, size_t place, struct timer *t)
{
        e->heap[place] = t;
        timer_native(t)->place = place + 1;
}

static void heap_up(struct epoll_worker *e, size_t place, struct timer *t)
{
        while (place && e->heap[(place - 1) / 2]->deadline_ns > t->deadline_ns) {
                heap_put(e, place, e->heap[(place - 1) / 2]);
                place = (place - 1) / 2;
        }
        heap_put(e, place, t);
}

static void heap_down(struct epoll_worker *e, size_t place, struct timer *t)
{
        for (;;) {
                size_t child = 2 * place + 1;

                if (child + 1 < e->heap_count &&
                    e->heap[child + 1]->deadline_ns < e->heap[child]->deadline_ns)
                        child++;
                if (child >= e->heap_count || e->heap[child]->deadline_ns >= t->deadline_ns)
                        break;
                heap_put(e, place, e->heap[child]);
                place = child;
        }
        heap_put(e, place, t);
}

static void heap_remove(struct epoll_worker *e, struct timer *t)
{
        size_t place = timer_native(t)->place - 1;
        struct timer *last = e->heap[--e->heap_count];

        timer_native(t)->place = 0;
        if (last == t)
                return;
        if (place && e->heap[(place - 1) / 2]->deadline_ns > last->deadline_ns)
                heap_up(e, place, last);
        else
                heap_down(e, place, last);
}

static void heap_insert(struct epoll_worker *e, struct timer *t)
{
        if (e->heap_count == e->heap_capacity) {
                e->heap_capacity = e->heap_capacity ? 2 * e->heap_capacity : 16;
                e->heap = realloc(e->heap, e->heap_capacity * sizeof(struct timer *));
                if (!e->heap)
                        run_fail(e->base.run, "no memory for %zu timers", e->heap_capacity);
        }
        heap_up(e, e->heap_count++, t);
}

/* Setting the timerfd is a system call, so it happens only when the earliest deadline comes nearer; an
 * expiry that finds nothing due sets it again. */
static void timers_set(struct epoll_worker *e)
{
        uint64_t first_ns = e->heap_count ? e->heap[0]->deadline_ns : 0;
        struct itimerspec spec = { .it_value = { .tv_sec = (time_t)(first_ns / 1000000000),
                                                 .tv_nsec = (long)(first_ns % 1000000000) } };

        if (!first_ns || (e->timer_set_ns && e->timer_set_ns <= first_ns))
                return;
        if (timerfd_settime(e->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL))
                run_fail(e->base.run, "timerfd_settime: %s", strerror(errno));
        e->timer_set_ns = first_ns;
}

static void timers_fire(struct epoll_worker *e)
{
        uint64_t expirations, now_ns = run_now_ns();

        if (read(e->timer_fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
                run_fail(e->base.run, "read of the timerfd: %s", strerror(errno));
        e->timer_set_ns = 0;
        while (e->heap_count && e->heap[0]->deadline_ns <= now_ns) {
                struct timer *t = e->heap[0];

                heap_remove(e, t);
                timer_fired(t);
        }
        timers_set(e);
}

static void epoll_timer_start(struct timer *t, uint64_t after_ns)
{
        struct epoll_worker *e = epoll_of(t->task->worker);

        (void)after_ns;
        if (timer_native(t)->place)
                heap_remove(e, t);
        heap_insert(e, t);
        timers_set(e);
}

static enum drop epoll_timer_drop(struct timer *t)
{
        if (timer_native(t)->place)
                heap_remove(epoll_of(t->task->worker), t);
        return DROP_DONE;
}

/* ---- watches ----------------------------------------------------------------------------------------- */

static struct epoll_watch *watch_native(struct watch *w)
{
        _Static_assert(sizeof(struct epoll_watch) <= WATCH_NATIVE_BYTES, "watch handle too large");
        return (struct epoll_watch *)w->native;
}

static void slots_grow(struct epoll_worker *e)
{
        uint32_t count = e->slot_count ? 2 * e->slot_count : 16;

        e->slots = realloc(e->slots, count * sizeof(*e->slots));
        if (!e->slots)
                run_fail(e->base.run, "no memory for %u watches", count);
        memset(e->slots + e->slot_count, 0, (count - e->slot_count) * sizeof(*e->slots));
        e->slot_count = count;
}

static uint32_t slot_take(struct epoll_worker *e)
{
        for (;; slots_grow(e))
                for (; e->slot_free < e->slot_count; e->slot_free++)
                        if (!e->slots[e->slot_free].watch)
                                return e->slot_free++;
}

static void epoll_watch_start(struct watch *w)
{
        struct epoll_worker *e = epoll_of(w->task->worker);
        uint32_t slot = slot_take(e), generation = ++e->slots[slot].generation;
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)generation << 32 | slot };

        e->slots[slot].watch = w;
        watch_native(w)->slot = slot;
        if (epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, w->fd, &event))
                run_fail(e->base.run, "EPOLL_CTL_ADD of descriptor %d: %s", w->fd, strerror(errno));
}

static enum drop epoll_watch_drop(struct watch *w)
{
        struct epoll_worker *e = epoll_of(w->task->worker);
        uint32_t slot = watch_native(w)->slot;

        if (epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL))
                run_fail(e->base.run, "EPOLL_CTL_DEL of descriptor %d: %s", w->fd, strerror(errno));
        e->slots[slot].watch = NULL;
        if (slot < e->slot_free)
                e->slot_free = slot;
        return DROP_DONE;
}

static void watch_event(struct epoll_worker *e, uint64_t data)
{
        struct epoll_slot *slot = &e->slots[(uint32_t)data];

        if (slot->watch && slot->generation == (uint32_t)(data >> 32))
                watch_fired(slot->watch);
}

/* ---- the loop ----------------------------------------------------------------------------------------- */

static void epoll_close(struct worker *w)
{
        struct epoll_worker *e = epoll_of(w);

        close(e->timer_fd);
        close(e->wake_fd);
        close(e->epoll_fd);
        free(e->heap);
        free(e->slots);
}

static int add_own(struct epoll_worker *e, int fd, uint64_t slot)
{
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = slot };

        e->slots[slot].watch = (struct watch *)e; /* taken */
        e->slot_free = SLOT_FIRST;
        return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int epoll_open(struct worker *w)
{
        struct epoll_worker *e = epoll_of(w);

        e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        e->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        slots_grow(e);
        if (e->epoll_fd < 0 || e->wake_fd < 0 || e->timer_fd < 0 || add_own(e, e->wake_fd, SLOT_WAKE) ||
            add_own(e, e->timer_fd, SLOT_TIMER)) {
                int error = errno;

                epoll_close(w);
                return -error;
        }
        worker_backend(w, "epoll");
        return 0;
}

static void epoll_notify(struct worker *to, struct worker *from)
{
        uint64_t one = 1;

        (void)from;
        if (write(epoll_of(to)->wake_fd, &one, sizeof(one)) != sizeof(one))
                run_fail(to->run, "write to the eventfd: %s", strerror(errno));
}

/* The inbox is drained at the start of each turn; here the eventfd is only made silent again. */
static void wake_event(struct epoll_worker *e)
{
        uint64_t wakes;

        if (read(e->wake_fd, &wakes, sizeof(wakes)) < 0 && errno != EAGAIN)
                run_fail(e->base.run, "read of the eventfd: %s", strerror(errno));
}

static void epoll_loop(struct worker *w)
{
        struct epoll_worker *e = epoll_of(w);
        struct epoll_event events[EVENTS_PER_WAIT];
        enum turn turn;

        while ((turn = worker_turn(w)) != TURN_STOP) {
                int count = epoll_wait(e->epoll_fd, events, EVENTS_PER_WAIT, turn == TURN_MORE ? 0 : -1);

                if (count < 0 && errno != EINTR)
                        run_fail(w->run, "epoll_wait: %s", strerror(errno));
                for (int i = 0; i < count; i++)
                        switch (events[i].data.u64) {
                        case SLOT_WAKE:
                                wake_event(e);
                                break;
                        case SLOT_TIMER:
                                timers_fire(e);
                                break;
                        default:
                                watch_event(e, events[i].data.u64);
                        }
        }
}

const struct executor epoll_executor = {
        .worker_bytes = sizeof(struct epoll_worker),
        .open = epoll_open,
        .loop = epoll_loop,
        .close = epoll_close,
        .notify = epoll_notify,
        .timer_start = epoll_timer_start,
        .timer_drop = epoll_timer_drop,
        .watch_start = epoll_watch_start,
        .watch_drop = epoll_watch_drop,
};
