/* SPDX-License-Identifier: MIT */
/* The async mutex, the semaphore, the signal and select of the task layer. */
#include "runtimes/task/waiters.h"

/* ---- async mutex -------------------------------------------------------------------------------------- */

/* Bits of the state word. With MUTEX_WAITERS set, lock and unlock go through the guard. */
enum { MUTEX_HELD = 1, MUTEX_WAITERS = 2 };

static enum drop async_mutex_withdraw(struct wait *wait)
{
        struct waiter *w = (struct waiter *)wait;

        async_mutex_drop(w->object, w);
        return DROP_DONE;
}

void async_mutex_init(struct async_mutex *m, bool barging)
{
        *m = (struct async_mutex){ .barging = barging };
        pthread_mutex_init(&m->guard, NULL);
}

void async_mutex_destroy(struct async_mutex *m)
{
        pthread_mutex_destroy(&m->guard);
}

static bool async_mutex_try(struct async_mutex *m)
{
        unsigned expected = 0;

        return atomic_compare_exchange_strong_explicit(&m->state, &expected, MUTEX_HELD, memory_order_acquire,
                                                       memory_order_relaxed);
}

/* Under the guard: the bit says whether the list is empty. */
static void async_mutex_note_waiters(struct async_mutex *m)
{
        if (!m->waiters.first)
                atomic_fetch_and_explicit(&m->state, ~(unsigned)MUTEX_WAITERS, memory_order_relaxed);
}

/* Either takes M, which became free on the way, or queues W; under the guard nobody leaves the list. */
static bool async_mutex_queue(struct async_mutex *m, struct task *task, struct waiter *w, bool woken)
{
        unsigned old;

        pthread_mutex_lock(&m->guard);
        if (woken)
                m->woken = false;
        old = atomic_fetch_or_explicit(&m->state, MUTEX_HELD | MUTEX_WAITERS, memory_order_acquire);
        if (old & MUTEX_HELD) {
                waiter_queue(&m->waiters, w, task, m, async_mutex_withdraw);
                atomic_fetch_add_explicit(&m->queued, 1, memory_order_relaxed);
        } else {
                async_mutex_note_waiters(m);
        }
        pthread_mutex_unlock(&m->guard);
        return !(old & MUTEX_HELD);
}

enum poll async_mutex_lock(struct async_mutex *m, struct task *task, struct waiter *w)
{
        bool waited = waiter_state(w) == WAITER_GRANTED;

        if (waiter_state(w) == WAITER_QUEUED)
                return waiter_pending(w, task);
        waiter_set(w, WAITER_IDLE);
        if (waited && m->barging) {
                if (!async_mutex_queue(m, task, w, true))
                        return waiter_pending(w, task);
        } else if (!waited && !async_mutex_try(m) && !async_mutex_queue(m, task, w, false)) {
                return waiter_pending(w, task);
        }
        m->acquisitions++;
        if (waited)
                atomic_fetch_add_explicit(&m->suspended, 1, memory_order_relaxed);
        return POLL_READY;
}

/* Under the guard. Barging: one waiter at a time is on its way, the others need not come as well. */
static void async_mutex_wake_oldest(struct async_mutex *m)
{
        if (!m->waiters.first || m->woken)
                return;
        m->woken = m->barging;
        atomic_fetch_sub_explicit(&m->queued, 1, memory_order_relaxed);
        waiter_grant(&m->waiters, m->waiters.first);
        async_mutex_note_waiters(m);
}

/* The holder gives M up: to the oldest waiter, whose own it is from now on, or, barging, to whoever comes
 * first. */
static void async_mutex_pass(struct async_mutex *m)
{
        pthread_mutex_lock(&m->guard);
        if (m->barging || !m->waiters.first)
                atomic_fetch_and_explicit(&m->state, ~(unsigned)MUTEX_HELD, memory_order_release);
        async_mutex_wake_oldest(m);
        pthread_mutex_unlock(&m->guard);
}

void async_mutex_unlock(struct async_mutex *m)
{
        unsigned expected = MUTEX_HELD;

        if (!atomic_compare_exchange_strong_explicit(&m->state, &expected, 0, memory_order_release,
                                                     memory_order_relaxed))
                async_mutex_pass(m);
}

/* A barging waiter that was woken holds nothing, but the others counted on it to come: the next is woken. */
static void async_mutex_drop_woken(struct async_mutex *m)
{
        pthread_mutex_lock(&m->guard);
        m->woken = false;
        if (!(atomic_load(&m->state) & MUTEX_HELD))
                async_mutex_wake_oldest(m);
        pthread_mutex_unlock(&m->guard);
}

void async_mutex_drop(struct async_mutex *m, struct waiter *w)
{
        unsigned state;

        pthread_mutex_lock(&m->guard);
        state = waiter_state(w);
        if (state == WAITER_QUEUED) {
                list_remove(&m->waiters, w);
                atomic_fetch_sub_explicit(&m->queued, 1, memory_order_relaxed);
                async_mutex_note_waiters(m);
        }
        waiter_set(w, WAITER_IDLE);
        pthread_mutex_unlock(&m->guard);
        if (state == WAITER_GRANTED && m->barging)
                async_mutex_drop_woken(m);
        else if (state == WAITER_GRANTED)
                async_mutex_unlock(m);
}

/* ---- semaphore ---------------------------------------------------------------------------------------- */

static enum drop semaphore_withdraw(struct wait *wait)
{
        struct waiter *w = (struct waiter *)wait;

        semaphore_drop(w->object, w);
        return DROP_DONE;
}

void semaphore_init(struct semaphore *s, unsigned permits)
{
        *s = (struct semaphore){ .permits = permits };
        pthread_mutex_init(&s->guard, NULL);
}

void semaphore_destroy(struct semaphore *s)
{
        pthread_mutex_destroy(&s->guard);
}

enum poll semaphore_acquire(struct semaphore *s, struct task *task, struct waiter *w)
{
        unsigned state = waiter_state(w);
        enum poll answer = POLL_READY;

        if (state == WAITER_QUEUED)
                return waiter_pending(w, task);
        pthread_mutex_lock(&s->guard);
        waiter_set(w, WAITER_IDLE);
        if (state == WAITER_GRANTED) {
                s->suspended++;
        } else if (s->permits) {
                s->permits--;
        } else {
                waiter_queue(&s->waiters, w, task, s, semaphore_withdraw);
                atomic_fetch_add_explicit(&s->queued, 1, memory_order_relaxed);
                answer = POLL_PENDING;
        }
        s->acquisitions += answer == POLL_READY;
        pthread_mutex_unlock(&s->guard);
        return answer == POLL_PENDING ? waiter_pending(w, task) : answer;
}

void semaphore_release(struct semaphore *s)
{
        pthread_mutex_lock(&s->guard);
        if (s->waiters.first) {
                atomic_fetch_sub_explicit(&s->queued, 1, memory_order_relaxed);
                waiter_grant(&s->waiters, s->waiters.first);
        } else {
                s->permits++;
        }
        pthread_mutex_unlock(&s->guard);
}

void semaphore_drop(struct semaphore *s, struct waiter *w)
{
        unsigned state;

        pthread_mutex_lock(&s->guard);
        state = waiter_state(w);
        if (state == WAITER_QUEUED) {
                list_remove(&s->waiters, w);
                atomic_fetch_sub_explicit(&s->queued, 1, memory_order_relaxed);
        }
        waiter_set(w, WAITER_IDLE);
        pthread_mutex_unlock(&s->guard);
        if (state == WAITER_GRANTED)
                semaphore_release(s);
}

/* ---- signal ------------------------------------------------------------------------------------------- */

static enum drop signal_withdraw(struct wait *wait)
{
        struct waiter *w = (struct waiter *)wait;

        signal_drop(w->object, w);
        return DROP_DONE;
}

void signal_init(struct signal *s)
{
        *s = (struct signal){ 0 };
        pthread_mutex_init(&s->guard, NULL);
}

void signal_destroy(struct signal *s)
{
        pthread_mutex_destroy(&s->guard);
}

void signal_fire(struct signal *s)
{
        pthread_mutex_lock(&s->guard);
        s->fired = true;
        while (s->waiters.first)
                waiter_grant(&s->waiters, s->waiters.first);
        pthread_mutex_unlock(&s->guard);
}

void signal_pulse(struct signal *s)
{
        pthread_mutex_lock(&s->guard);
        for (struct waiter *w = s->waiters.first; w; w = w->next) {
                w->pulses++;
                task_wake(w->task);
        }
        pthread_mutex_unlock(&s->guard);
}

/* A waiter that is queued and was not granted has nothing new to learn: no lock is taken. */
enum poll signal_poll(struct signal *s, struct task *task, struct waiter *w)
{
        enum poll answer = POLL_READY;

        switch (waiter_state(w)) {
        case WAITER_QUEUED:
                return waiter_pending(w, task);
        case WAITER_GRANTED:
                waiter_set(w, WAITER_FINISHED);
                return POLL_READY;
        case WAITER_FINISHED:
                pthread_mutex_lock(&s->guard);
                s->refused++;
                pthread_mutex_unlock(&s->guard);
                return POLL_REFUSED;
        default:
                break;
        }
        pthread_mutex_lock(&s->guard);
        s->registrations++;
        if (s->fired) {
                waiter_set(w, WAITER_FINISHED);
        } else {
                waiter_queue(&s->waiters, w, task, s, signal_withdraw);
                answer = POLL_PENDING;
        }
        pthread_mutex_unlock(&s->guard);
        if (answer == POLL_PENDING)
                task->wait = &w->wait;
        return answer;
}

void signal_drop(struct signal *s, struct waiter *w)
{
        pthread_mutex_lock(&s->guard);
        if (waiter_state(w) == WAITER_QUEUED)
                list_remove(&s->waiters, w);
        waiter_set(w, WAITER_IDLE);
        pthread_mutex_unlock(&s->guard);
}

/* ---- select ------------------------------------------------------------------------------------------- */

static enum drop select_withdraw(struct wait *wait)
{
        struct select *select = (struct select *)wait;
        enum drop answer = DROP_DONE;

        for (unsigned i = 0; i < select->count; i++)
                if (select->arms[i]->withdraw(select->arms[i]) == DROP_PENDING)
                        answer = DROP_PENDING;
        return answer;
}

void select_suspend(struct select *select, struct task *task, unsigned count, ...)
{
        va_list arms;

        select->wait.withdraw = select_withdraw;
        select->count = count;
        va_start(arms, count);
        for (unsigned i = 0; i < count; i++)
                select->arms[i] = va_arg(arms, struct wait *);
        va_end(arms);
        task->wait = &select->wait;
}
