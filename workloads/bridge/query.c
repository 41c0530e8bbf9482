/* SPDX-License-Identifier: MIT */
/* A query of `bridge`: a connection of the pool, one wait on it, as a sub-machine of a task and as plain calls. */
#include "workloads/bridge/bridge.h"

static void lend(struct bridge_sample *s)
{
        unsigned now = atomic_fetch_add(&s->lent, 1) + 1, most = atomic_load(&s->lent_most);

        while (now > most && !atomic_compare_exchange_weak(&s->lent_most, &most, now))
                ;
}

static void take_back(struct bridge_sample *s)
{
        atomic_fetch_sub(&s->lent, 1);
}

/* ---- in a task ------------------------------------------------------------------------------------------- */

static enum poll fetch_poll(struct query *q)
{
        if (!q->fetching && !MUTANT("skip-wait")) {
                timer_start(&q->timer, q->task, q->sample->wait_ns);
                q->fetching = true;
        }
        if (q->fetching && timer_poll(&q->timer) == POLL_PENDING)
                return POLL_PENDING;
        q->waits += q->fetching;
        q->fetching = false;
        q->row = row_of(q->key);
        return POLL_READY;
}

enum poll query_poll(struct query *q)
{
        struct bridge_sample *s = q->sample;

        if (!q->lent) {
                if (!MUTANT("no-pool") &&
                    semaphore_acquire(&s->connections, q->task, &q->waiter) == POLL_PENDING)
                        return POLL_PENDING;
                q->lent = true;
                lend(s);
        }
        if (fetch_poll(q) == POLL_PENDING)
                return POLL_PENDING;
        take_back(s);
        q->lent = false;
        if (!MUTANT("no-pool"))
                semaphore_release(&s->connections);
        return POLL_READY;
}

/* ---- on a thread ----------------------------------------------------------------------------------------- */

/* No function of the way down to the wait is inlined: a debugger is asked for them by name. */
static uint64_t __attribute__((noinline)) fetch(struct query *q, uint64_t key)
{
        if (MUTANT("skip-wait"))
                return row_of(key);
        run_sleep_ns(q->sample->wait_ns);
        q->waits++;
        return row_of(key);
}

static void acquire(struct plain_pool *p)
{
        pthread_mutex_lock(&p->lock);
        while (!p->free)
                pthread_cond_wait(&p->given_back, &p->lock);
        p->free--;
        pthread_mutex_unlock(&p->lock);
}

static void release(struct plain_pool *p)
{
        pthread_mutex_lock(&p->lock);
        p->free++;
        pthread_cond_signal(&p->given_back);
        pthread_mutex_unlock(&p->lock);
}

uint64_t __attribute__((noinline)) query_blocking(struct query *q, uint64_t key)
{
        struct bridge_sample *s = q->sample;
        uint64_t row;

        if (!MUTANT("no-pool"))
                acquire(&s->plain);
        lend(s);
        row = fetch(q, key);
        take_back(s);
        if (!MUTANT("no-pool"))
                release(&s->plain);
        return row;
}
