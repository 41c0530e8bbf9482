/* SPDX-License-Identifier: MIT */
/* Timers and watches: the states that all runtimes share around their native handles. */
#include "runtimes/task/task.h"

/* Only the worker itself changes the number; the watchdog reads it. */
static void armed_add(struct worker *w, int change)
{
        unsigned now = atomic_load_explicit(&w->armed, memory_order_relaxed);

        atomic_store_explicit(&w->armed, now + (unsigned)change, memory_order_relaxed);
}

/* ---- timers ------------------------------------------------------------------------------------------ */

static enum drop timer_withdraw(struct wait *wait)
{
        return timer_drop((struct timer *)wait);
}

void timer_start(struct timer *t, struct task *task, uint64_t after_ns)
{
        struct worker *w = task->worker;

        CHECK(w->run, t->state, !=, SOURCE_DROPPING);
        t->wait.withdraw = timer_withdraw;
        t->task = task;
        t->deadline_ns = run_now_ns() + after_ns;
        w->counts.timer_starts++;
        w->executor->timer_start(t, after_ns);
        if (t->state != SOURCE_ARMED)
                armed_add(w, 1);
        t->state = SOURCE_ARMED;
}

enum poll timer_poll(struct timer *t)
{
        if (t->state == SOURCE_FIRED)
                return POLL_READY;
        if (t->state == SOURCE_IDLE)
                return POLL_REFUSED;
        t->task->wait = &t->wait;
        return POLL_PENDING;
}

enum drop timer_drop(struct timer *t)
{
        struct worker *w;

        if (t->state == SOURCE_IDLE)
                return DROP_DONE;
        w = t->task->worker;
        if (t->state == SOURCE_DROPPING)
                return DROP_PENDING;
        if (w->executor->timer_drop(t) == DROP_DONE) {
                if (t->state == SOURCE_ARMED)
                        armed_add(w, -1);
                t->state = SOURCE_IDLE;
                return DROP_DONE;
        }
        /* what is being withdrawn still counts as armed: its end will wake the task */
        if (t->state == SOURCE_FIRED)
                armed_add(w, 1);
        t->state = SOURCE_DROPPING;
        t->task->wait = &t->wait;
        return DROP_PENDING;
}

void timer_fired(struct timer *t)
{
        if (t->state != SOURCE_ARMED)
                return;
        armed_add(t->task->worker, -1);
        t->state = SOURCE_FIRED;
        task_wake(t->task);
}

void timer_dropped(struct timer *t)
{
        armed_add(t->task->worker, -1);
        t->state = SOURCE_IDLE;
        task_wake(t->task);
}

/* ---- watches ------------------------------------------------------------------------------------------ */

static enum drop watch_withdraw(struct wait *wait)
{
        return watch_drop((struct watch *)wait);
}

static void watch_arm(struct watch *w)
{
        struct worker *worker = w->task->worker;

        worker->executor->watch_start(w);
        worker->counts.watch_starts++;
        armed_add(worker, 1);
        w->state = SOURCE_ARMED;
}

void watch_start(struct watch *w, struct task *task, int fd)
{
        CHECK(task->worker->run, w->state, ==, SOURCE_IDLE);
        w->wait.withdraw = watch_withdraw;
        w->task = task;
        w->fd = fd;
        w->ready = false;
        w->generation++;
        watch_arm(w);
}

enum poll watch_poll(struct watch *w)
{
        if (w->ready) {
                w->ready = false;
                return POLL_READY;
        }
        if (w->state == SOURCE_IDLE)
                return POLL_REFUSED;
        if (w->state == SOURCE_FIRED)
                watch_arm(w); /* a one-shot request is only spent when it has fired */
        w->task->wait = &w->wait;
        return POLL_PENDING;
}

enum drop watch_drop(struct watch *w)
{
        struct worker *worker;

        w->ready = false;
        if (w->state == SOURCE_IDLE)
                return DROP_DONE;
        worker = w->task->worker;
        if (w->state == SOURCE_DROPPING)
                return DROP_PENDING;
        if (worker->executor->watch_drop(w) == DROP_DONE) {
                if (w->state == SOURCE_ARMED)
                        armed_add(worker, -1);
                w->state = SOURCE_IDLE;
                return DROP_DONE;
        }
        if (w->state == SOURCE_FIRED)
                armed_add(worker, 1);
        w->state = SOURCE_DROPPING;
        w->task->wait = &w->wait;
        return DROP_PENDING;
}

void watch_fired(struct watch *w)
{
        if (w->state != SOURCE_ARMED)
                return;
        w->ready = true;
        task_wake(w->task);
}

void watch_completed(struct watch *w)
{
        if (w->state != SOURCE_ARMED)
                return;
        armed_add(w->task->worker, -1);
        w->state = SOURCE_FIRED;
        w->ready = true;
        task_wake(w->task);
}

void watch_dropped(struct watch *w)
{
        armed_add(w->task->worker, -1);
        w->state = SOURCE_IDLE;
        task_wake(w->task);
}
