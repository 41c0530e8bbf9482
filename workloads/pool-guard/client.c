/* SPDX-License-Identifier: MIT */
/* The clients of `pool-guard`: tasks that carry out a list of actions, one after the other. */
#include <stdio.h>
#include <stdlib.h>

#include "workloads/pool-guard/pool-guard.h"

static void waits_among(struct client *c, _Atomic unsigned *others)
{
        c->waits_among = others;
        atomic_fetch_add_explicit(others, 1, memory_order_relaxed);
}

static void waits_no_more(struct client *c)
{
        if (c->waits_among)
                atomic_fetch_sub_explicit(c->waits_among, 1, memory_order_relaxed);
        c->waits_among = NULL;
}

/* ---- actions: true when it is over, false when the task has to wait ----------------------------------- */

static void begin_acquire(struct client *c)
{
        struct pool_sample *s = c->sample;

        c->asked_ns = run_now_ns();
        if (!c->started_ns)
                c->started_ns = c->asked_ns;
        waits_among(c, c->held_count ? &s->ask_another : &s->ask_first);
}

static bool acquire(struct client *c)
{
        struct pool *pool = &c->sample->pool;

        if (!c->begun)
                begin_acquire(c);
        if (semaphore_acquire(&pool->permits, &c->task, &c->waiter) == POLL_PENDING)
                return false;
        waits_no_more(c);
        c->suspended += c->begun;
        c->acquisitions++;
        c->beside += c->held_count > 0;
        c->held[c->held_count++] = pool_take(pool, c->sample->run);
        if (c->waits)
                hist_record(c->waits, run_now_ns() - c->asked_ns);
        return true;
}

static bool release(struct client *c)
{
        struct connection *connection = c->held[--c->held_count];

        c->lent_ns += run_now_ns() - connection->lent_ns;
        pool_give(&c->sample->pool, connection);
        return true;
}

static bool sleeps(struct client *c, uint64_t ns)
{
        if (MUTANT("skip-wait") && *c->action == FETCH)
                return true;
        if (!c->begun) {
                waits_among(c, &c->sample->at_work);
                timer_start(&c->timer, &c->task, ns);
        }
        if (timer_poll(&c->timer) == POLL_PENDING)
                return false;
        waits_no_more(c);
        c->sleeps++;
        return true;
}

static bool uses(struct client *c, uint64_t ns)
{
        if (!c->begun)
                c->held[c->held_count - 1]->uses++;
        return sleeps(c, ns);
}

static bool arrive(struct pool_sample *s)
{
        if (atomic_fetch_add(&s->arrived, 1) + 1 == s->arrivals)
                signal_fire(&s->gate);
        return true;
}

static bool passes(struct client *c, struct signal *gate)
{
        return signal_poll(gate, &c->task, &c->gate) == POLL_READY;
}

/* What is left of the timer may take a turn of the loop to go. */
static bool end(struct client *c)
{
        if (!c->begun)
                c->ended_ns = run_now_ns();
        return timer_drop(&c->timer) == DROP_DONE;
}

static bool act(struct client *c)
{
        struct pool_sample *s = c->sample;

        switch (*c->action) {
        case ACQUIRE:
                return acquire(c);
        case RELEASE:
                return release(c);
        case FETCH:
                return uses(c, s->fetch_ns);
        case PROCESS:
                return sleeps(c, s->process_ns);
        case STORE:
                return uses(c, s->store_ns);
        case STORE_ELSEWHERE:
                return sleeps(c, s->store_ns);
        case ARRIVE:
                return arrive(s);
        case PASS_GATE:
                return passes(c, &s->gate);
        case SETTLE:
                return passes(c, &s->settled);
        case END:
                break;
        }
        return end(c);
}

enum step client_step(struct task *task)
{
        struct client *c = (struct client *)task;

        while (act(c)) {
                if (*c->action == END) {
                        if (c->tally)
                                tally_add(c->tally, 1);
                        return STEP_DONE;
                }
                c->action++;
                c->begun = false;
        }
        c->begun = true;
        return STEP_WAIT;
}

/* What a client still has when it is cancelled goes back to the pool. */
void client_give_all(struct client *c)
{
        waits_no_more(c);
        while (c->held_count)
                release(c);
}

struct client *clients_make(struct pool_sample *s, unsigned count, const enum action *actions)
{
        struct client *clients = calloc(count, sizeof(*clients));

        if (!clients)
                run_fail(s->run, "no memory for %u tasks", count);
        for (unsigned i = 0; i < count; i++) {
                clients[i].task.step = client_step;
                clients[i].sample = s;
                clients[i].action = actions;
        }
        return clients;
}

/* ---- a crew of them ----------------------------------------------------------------------------------- */

static void explain(void *arg, char *buf, size_t bytes)
{
        struct pool_sample *s = arg;
        unsigned another = atomic_load(&s->ask_another), at_work = atomic_load(&s->at_work);

        snprintf(
                buf, bytes,
                "%s%u tasks hold one of the %u connections and wait for another, %u wait for their first, %u "
                "tasks are at work",
                another && !at_work ? "hold-and-wait: " : "", another, s->pool.size,
                atomic_load(&s->ask_first), at_work);
}

void clients_spawn(struct pool_sample *s, struct crew *crew)
{
        for (unsigned i = 0; i < s->count; i++)
                crew_spawn(crew, &s->clients[i].task, i);
}

void clients_join(struct pool_sample *s, struct crew *crew)
{
        run_explain(s->run, explain, s);
        crew_start(crew);
        crew_join(crew, NULL);
        run_explain(s->run, NULL, NULL);
}

void pool_run_clients(const struct executor *ex, struct pool_sample *s)
{
        struct crew *crew =
                crew_open(ex, s->run, s->form->outcome ? 1 : (unsigned)run_param(s->run, "workers"));

        clients_spawn(s, crew);
        clients_join(s, crew);
}
