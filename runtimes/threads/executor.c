/* SPDX-License-Identifier: MIT */
/* The executor of row `threads`: one thread per task, which blocks where the others suspend. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "runtimes/task/task.h"
#include "runtimes/threads/threads.h"

enum { THREAD_TIMERS = 8, THREAD_WATCHES = 8 };

struct thread_worker {
        struct worker base;
        pthread_mutex_t lock;
        pthread_cond_t woken;
        bool waiting_on_cond; /* for the cancellation handler, which then holds `lock` */
        _Atomic bool in_poll;
        struct timer *timers[THREAD_TIMERS];
        unsigned timer_count;
        struct pollfd poll[THREAD_WATCHES];
        struct watch *watches[THREAD_WATCHES];
        unsigned watch_count;
        /* Of the wait. Not on the stack: what AddressSanitizer puts around variables there would stay behind
         * when the thread is cancelled in its wait. */
        struct timespec until;
};

static struct thread_worker *thread_of(struct worker *w)
{
        return (struct thread_worker *)w;
}

/* ---- timers and watches: what the next wait takes into account ------------------------------------ */

static void thread_timer_start(struct timer *t, uint64_t after_ns)
{
        struct thread_worker *w = thread_of(t->task->worker);

        (void)after_ns;
        if (t->state == SOURCE_ARMED)
                return; /* its deadline has moved, which is all there is to it */
        CHECK(w->base.run, w->timer_count, <, THREAD_TIMERS);
        w->timers[w->timer_count++] = t;
}

static enum drop thread_timer_drop(struct timer *t)
{
        struct thread_worker *w = thread_of(t->task->worker);

        for (unsigned i = 0; i < w->timer_count; i++)
                if (w->timers[i] == t)
                        w->timers[i] = w->timers[--w->timer_count];
        return DROP_DONE;
}

static void thread_watch_start(struct watch *watch)
{
        struct thread_worker *w = thread_of(watch->task->worker);

        CHECK(w->base.run, w->watch_count, <, THREAD_WATCHES);
        w->watches[w->watch_count] = watch;
        w->poll[w->watch_count++] = (struct pollfd){ .fd = watch->fd, .events = POLLIN };
}

static enum drop thread_watch_drop(struct watch *watch)
{
        struct thread_worker *w = thread_of(watch->task->worker);

        for (unsigned i = 0; i < w->watch_count; i++)
                if (w->watches[i] == watch) {
                        w->watches[i] = w->watches[--w->watch_count];
                        w->poll[i] = w->poll[w->watch_count];
                }
        return DROP_DONE;
}

/* The earliest deadline, or 0 without a timer. */
static uint64_t timers_next(const struct thread_worker *w)
{
        uint64_t next_ns = 0;

        for (unsigned i = 0; i < w->timer_count; i++)
                if (!next_ns || w->timers[i]->deadline_ns < next_ns)
                        next_ns = w->timers[i]->deadline_ns;
        return next_ns;
}

static bool timers_fire(struct thread_worker *w)
{
        uint64_t now_ns = w->timer_count ? run_now_ns() : 0;
        bool fired = false;

        for (unsigned i = 0; i < w->timer_count;) {
                struct timer *t = w->timers[i];

                if (t->deadline_ns > now_ns) {
                        i++;
                        continue;
                }
                w->timers[i] = w->timers[--w->timer_count];
                timer_fired(t);
                fired = true;
        }
        return fired;
}

/* ---- waiting -------------------------------------------------------------------------------------------- */

static struct timespec timespec_of(uint64_t ns)
{
        return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
}

/* The level-triggered idiom of poll(2): the whole set goes in with each call. */
static void thread_poll(struct thread_worker *w, bool block)
{
        uint64_t next_ns = timers_next(w), now_ns = next_ns ? run_now_ns() : 0;
        int count;

        w->until = timespec_of(block && next_ns > now_ns ? next_ns - now_ns : 0);
        count = ppoll(w->poll, w->watch_count, block && !next_ns ? NULL : &w->until, NULL);
        if (count < 0 && errno != EINTR)
                run_fail(w->base.run, "ppoll: %s", strerror(errno));
        for (unsigned i = 0; count > 0 && i < w->watch_count; i++)
                if (w->poll[i].revents)
                        watch_fired(w->watches[i]);
}

static void thread_cond_wait(struct thread_worker *w)
{
        uint64_t next_ns = timers_next(w);

        w->until = timespec_of(next_ns);
        pthread_mutex_lock(&w->lock);
        w->waiting_on_cond = true;
        while (!atomic_load_explicit(&w->base.inbox, memory_order_relaxed))
                if (!next_ns)
                        pthread_cond_wait(&w->woken, &w->lock);
                else if (pthread_cond_timedwait(&w->woken, &w->lock, &w->until) == ETIMEDOUT)
                        break;
        w->waiting_on_cond = false;
        pthread_mutex_unlock(&w->lock);
}

/* A thread may be cancelled where it waits and nowhere else. */
static void thread_wait(struct thread_worker *w)
{
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
        if (w->watch_count) {
                atomic_store(&w->in_poll, true);
                thread_poll(w, true);
                atomic_store(&w->in_poll, false);
        } else {
                thread_cond_wait(w);
        }
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
}

/* pthread_cond_wait() has taken the lock again before the handlers of a cancelled thread run. */
static void thread_cancelled(void *arg)
{
        struct thread_worker *w = arg;

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        if (w->waiting_on_cond)
                pthread_mutex_unlock(&w->lock);
        while (!task_end_cancelled(w->base.tasks[0])) { /* offloaded work that has begun */
                thread_cond_wait(w);
                task_suspend_again(w->base.tasks[0]);
        }
}

static void thread_loop(struct worker *worker)
{
        struct thread_worker *w = thread_of(worker);
        enum turn turn;

        pthread_cleanup_push(thread_cancelled, w);
        while ((turn = worker_turn(worker)) != TURN_STOP) {
                if (timers_fire(w))
                        continue;
                if (turn == TURN_IDLE)
                        thread_wait(w);
                else if (w->watch_count)
                        thread_poll(w, false);
        }
        pthread_cleanup_pop(0);
}

static int thread_open(struct worker *worker)
{
        struct thread_worker *w = thread_of(worker);
        pthread_condattr_t attr;

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL); /* thread_wait() allows it */
        pthread_mutex_init(&w->lock, NULL);
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&w->woken, &attr);
        pthread_condattr_destroy(&attr);
        worker_backend(worker, "pthread_cond");
        return 0;
}

/* The lock and the condition stay: a late notify() must find them. Both own no memory in the C library. */
static void thread_close(struct worker *w)
{
        (void)w;
}

static void thread_notify(struct worker *to, struct worker *from)
{
        struct thread_worker *w = thread_of(to);

        (void)from;
        if (atomic_load(&w->in_poll))
                run_fail(to->run, "a thread that waits on descriptors is woken through memory");
        pthread_mutex_lock(&w->lock);
        pthread_cond_signal(&w->woken);
        pthread_mutex_unlock(&w->lock);
}

static void thread_cancel(struct task *t)
{
        pthread_cancel(t->worker->thread);
}

const struct executor threads_executor = {
        .worker_bytes = sizeof(struct thread_worker),
        .worker_per_task = true,
        .open = thread_open,
        .loop = thread_loop,
        .close = thread_close,
        .notify = thread_notify,
        .cancel = thread_cancel,
        .timer_start = thread_timer_start,
        .timer_drop = thread_timer_drop,
        .watch_start = thread_watch_start,
        .watch_drop = thread_watch_drop,
};
