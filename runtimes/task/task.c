/* SPDX-License-Identifier: MIT */
/* The task layer: wake states, ready queues and cancellation. */
#include <stdio.h>
#include <string.h>

#include "runtimes/task/crew.h"
#include "runtimes/task/sync.h"

/*
 * Where a task is. TASK_READY alone: in a ready queue or inbox. TASK_RUNNING | TASK_READY: woken while
 * its step runs, so it goes back to the queue when the step returns STEP_WAIT. 0: suspended.
 * A wake is one fetch_or even when it changes nothing: the step that follows must see what was written
 * before the wake.
 */
enum { TASK_READY = 1, TASK_RUNNING = 2, TASK_FINISHED = 4 };

static _Thread_local struct worker *current;

struct worker *worker_current(void)
{
        return current;
}

void worker_become(struct worker *w)
{
        current = w;
}

/* ---- queues --------------------------------------------------------------------------------------- */

static void queue_append(struct task_queue *q, struct task *t)
{
        t->next = NULL;
        if (q->last)
                q->last->next = t;
        else
                q->first = t;
        q->last = t;
}

static struct task *queue_take(struct task_queue *q)
{
        struct task *t = q->first;

        q->first = t->next;
        if (!q->first)
                q->last = NULL;
        return t;
}

static void ready_append(struct worker *w, struct task *t)
{
        queue_append(&w->ready, t);
}

/* Only the push that finds the inbox empty notifies: the worker takes all that is there, and whatever
 * is pushed after that finds it empty again. */
static void inbox_push(struct worker *w, struct task *t)
{
        struct task *first = atomic_load_explicit(&w->inbox, memory_order_relaxed);

        do
                t->next = first;
        while (!atomic_compare_exchange_weak_explicit(&w->inbox, &first, t, memory_order_release,
                                                      memory_order_relaxed));
        if (!first) {
                atomic_fetch_add_explicit(&w->notifies, 1, memory_order_relaxed);
                w->executor->notify(w, current);
        }
}

/* The inbox is a stack: turned round, it is the order of the wakes. */
static void inbox_drain(struct worker *w)
{
        struct task *t, *first = NULL;

        if (!atomic_load_explicit(&w->inbox, memory_order_relaxed))
                return;
        t = atomic_exchange_explicit(&w->inbox, NULL, memory_order_acquire);
        while (t) {
                struct task *next = t->next;

                t->next = first;
                first = t;
                t = next;
        }
        while (first) {
                struct task *next = first->next;

                ready_append(w, first);
                first = next;
        }
}

void task_settle(struct task *t, struct worker *w)
{
        t->worker = w;
        atomic_store(&t->state, TASK_READY);
        ready_append(w, t);
        w->live++;
        atomic_fetch_add(&w->crew->live, 1);
}

/* ---- waking and cancelling -------------------------------------------------------------------------- */

void task_wake(struct task *t)
{
        struct worker *w = t->worker;

        if (atomic_fetch_or_explicit(&t->state, TASK_READY, memory_order_acq_rel) != 0)
                return;
        if (w == current) {
                w->counts.wakes++;
                ready_append(w, t);
        } else {
                atomic_fetch_add_explicit(&w->remote_wakes, 1, memory_order_relaxed);
                inbox_push(w, t);
        }
}

void task_cancel(struct task *t)
{
        atomic_store_explicit(&t->cancelled, true, memory_order_release);
        if (t->worker->executor->cancel)
                t->worker->executor->cancel(t);
        else
                task_wake(t);
}

static void crew_close(struct crew *c)
{
        atomic_store(&c->closed, true);
        if (c->executor->worker_per_task || c->executor->never_suspends)
                return; /* such a worker ends with its own tasks */
        for (unsigned i = 0; i < c->count; i++)
                if (c->workers[i] != current)
                        c->executor->notify(c->workers[i], current);
}

void task_finish(struct task *t)
{
        struct worker *w = t->worker;

        t->finished = true;
        atomic_store_explicit(&t->state, TASK_FINISHED, memory_order_release);
        if (t->ended)
                signal_fire(t->ended);
        w->live--;
        if (atomic_fetch_sub(&w->crew->live, 1) == 1)
                crew_close(w->crew);
}

bool task_end_cancelled(struct task *t)
{
        struct wait *wait = t->wait;

        if (wait && wait->withdraw(wait) == DROP_PENDING) {
                t->wait = wait; /* of a select: its last arm has put itself there */
                return false;
        }
        t->wait = NULL;
        if (t->cleanup)
                t->cleanup(t);
        task_finish(t);
        return true;
}

/* Out of the inbox first: from the exchange on it may be pushed there again. */
void task_suspend_again(struct task *t)
{
        struct worker *w = t->worker;

        inbox_drain(w);
        w->ready = (struct task_queue){ 0 };
        atomic_exchange_explicit(&t->state, 0, memory_order_acq_rel);
}

/* ---- running ---------------------------------------------------------------------------------------- */

static void task_suspend(struct worker *w, struct task *t)
{
        unsigned running = TASK_RUNNING;

        if (w->executor->never_suspends)
                run_fail(w->run, "a task waits on a runtime where there is nothing to wait on");
        if (atomic_compare_exchange_strong_explicit(&t->state, &running, 0, memory_order_acq_rel,
                                                    memory_order_acquire)) {
                w->counts.suspensions++;
                return;
        }
        /* woken in the meantime: it is ready at once */
        atomic_store_explicit(&t->state, TASK_READY, memory_order_release);
        w->counts.wakes++;
        ready_append(w, t);
}

static void task_run(struct worker *w, struct task *t)
{
        bool cancelled;

        atomic_exchange_explicit(&t->state, TASK_RUNNING, memory_order_acq_rel);
        cancelled = atomic_load_explicit(&t->cancelled, memory_order_acquire) && !w->executor->cancel;
        if (cancelled) {
                if (!task_end_cancelled(t))
                        task_suspend(w, t);
                return;
        }
        t->wait = NULL;
        w->running = t;
        w->counts.steps++;
        switch (t->step(t)) {
        case STEP_YIELD:
                atomic_store_explicit(&t->state, TASK_READY, memory_order_release);
                ready_append(w, t);
                break;
        case STEP_POLL:
                atomic_store_explicit(&t->state, TASK_READY, memory_order_release);
                queue_append(&w->polling, t);
                break;
        case STEP_WAIT:
                task_suspend(w, t);
                break;
        case STEP_DONE:
                task_finish(t);
                break;
        }
        w->running = NULL;
}

static bool worker_ends(struct worker *w)
{
        if (w->executor->worker_per_task || w->executor->never_suspends)
                return w->live == 0;
        return atomic_load_explicit(&w->crew->closed, memory_order_acquire);
}

enum turn worker_turn(struct worker *w)
{
        inbox_drain(w);
        while (w->polling.first)
                ready_append(w, queue_take(&w->polling));
        for (unsigned steps = 0; w->ready.first && steps < POLL_INTERVAL; steps++)
                task_run(w, queue_take(&w->ready));
        w->counts.polls++;
        if (worker_ends(w))
                return TURN_STOP;
        return w->ready.first || w->polling.first ? TURN_MORE : TURN_IDLE;
}

void worker_backend(struct worker *w, const char *backend)
{
        struct crew *c = w->crew;
        bool same;

        pthread_mutex_lock(&c->guard);
        if (!c->backend[0]) {
                snprintf(c->backend, sizeof(c->backend), "%s", backend);
                run_knob(c->run, "backend", "%s", backend);
        }
        same = strcmp(c->backend, backend) == 0;
        pthread_mutex_unlock(&c->guard);
        if (!same)
                run_fail(c->run, "workers run on different backends: %s and %s", c->backend, backend);
}
