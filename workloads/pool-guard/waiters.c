/* SPDX-License-Identifier: MIT */
/* `waiters-cancelled`: half of those who wait for a connection are cancelled; then the pool serves as before. */
#include <stdlib.h>

#include "workloads/pool-guard/pool-guard.h"

static const enum action waiter_actions[] = { PASS_GATE, ACQUIRE, STORE_ELSEWHERE, RELEASE, END };

/* Takes all connections, lets the waiters ask, cancels every second one, gives the connections back. */
struct steward {
        struct task task;
        struct pool_sample *sample;
        struct connection **stock; /* NULL until it has been filled */
        struct waiter waiter;
};

static void take_all(struct steward *t)
{
        struct pool *pool = &t->sample->pool;

        t->stock = calloc(pool->size, sizeof(struct connection *));
        if (!t->stock)
                run_fail(t->sample->run, "no memory for %u connections", pool->size);
        for (unsigned i = 0; i < pool->size; i++) {
                CHECK(t->sample->run, semaphore_acquire(&pool->permits, &t->task, &t->waiter), ==,
                      POLL_READY);
                t->stock[i] = pool_take(pool, t->sample->run);
        }
}

/* A grant may go to a waiter whose cancellation has not acted yet: it has to be passed on. */
static void cancel_and_give(struct steward *t)
{
        struct pool_sample *s = t->sample;

        for (unsigned i = 1; i < s->waiter_count && !MUTANT("forget-cancel"); i += 2)
                task_cancel(&s->waiters[i].task);
        for (unsigned i = 0; i < s->pool.size; i++)
                pool_give(&s->pool, t->stock[i]);
}

static enum step steward_step(struct task *task)
{
        struct steward *t = (struct steward *)task;
        struct pool_sample *s = t->sample;

        if (!t->stock) {
                take_all(t);
                signal_fire(&s->gate);
        }
        if (atomic_load(&s->pool.permits.queued) < s->waiter_count)
                return STEP_YIELD;
        cancel_and_give(t);
        return STEP_DONE;
}

static void waiter_goes(struct pool_sample *s)
{
        if (atomic_fetch_add(&s->gone, 1) + 1 == s->waiter_count)
                signal_fire(&s->settled);
}

static enum step waiter_step(struct task *task)
{
        struct pool_sample *s = ((struct client *)task)->sample;
        enum step answer = client_step(task);

        if (answer == STEP_DONE) {
                atomic_fetch_add(&s->served, 1);
                waiter_goes(s);
        }
        return answer;
}

static void waiter_cleanup(struct task *task)
{
        struct client *c = (struct client *)task;

        client_give_all(c);
        atomic_fetch_add(&c->sample->cancelled, 1);
        waiter_goes(c->sample);
}

void pool_run_waiters_cancelled(const struct executor *ex, struct pool_sample *s)
{
        struct crew *crew = crew_open(ex, s->run, (unsigned)run_param(s->run, "workers"));
        struct steward steward = { .task.step = steward_step, .sample = s };

        s->waiter_count = s->count;
        s->waiters = clients_make(s, s->waiter_count, waiter_actions);
        for (unsigned i = 0; i < s->waiter_count; i++) {
                s->waiters[i].task.step = waiter_step;
                s->waiters[i].task.cleanup = waiter_cleanup;
                crew_spawn(crew, &s->waiters[i].task, i);
        }
        crew_spawn(crew, &steward.task, 0);
        clients_spawn(s, crew);
        clients_join(s, crew);
        free(steward.stock);
        free(s->waiters);
}
