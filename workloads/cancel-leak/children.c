/* SPDX-License-Identifier: MIT */
/* The children of `cancel-leak`: each works under a timeout, and some are cancelled with the counter raised. */
#include <stdlib.h>

#include "workloads/cancel-leak/cancel_leak.h"

static const uint64_t work_ns = 1000000, outlive_ns = 60000000000;

/* ---- the counter ------------------------------------------------------------------------------------------ */

static void lower(struct leak_child *c)
{
        struct leak_sample *s = c->sample;
        bool first = atomic_fetch_add(&s->lowered, 1) == 0;

        c->lowered++;
        atomic_fetch_sub(&s->counter, 1);
        if (MUTANT("lower-twice") && first)
                atomic_fetch_sub(&s->counter, 1);
}

/* What the guard does, whether the child has come to its end or was cancelled on the way. */
static void cleanup(struct task *task)
{
        struct leak_child *c = (struct leak_child *)task;

        c->cleanups++;
        lower(c);
}

static void raise_counter(struct leak_child *c)
{
        c->raised++;
        atomic_fetch_add(&c->sample->counter, 1);
        if ((c->sample->flags & FORM_GUARDED) && !MUTANT("no-guard"))
                c->task.cleanup = cleanup;
}

/* ---- a child ------------------------------------------------------------------------------------------------ */

bool leak_child_begins(struct leak_child *c)
{
        struct leak_sample *s = c->sample;

        if (signal_poll(&s->spawned, &c->task, &c->start) == POLL_PENDING)
                return false;
        if (s->flags & FORM_RAISES_INSIDE)
                raise_counter(c);
        return true;
}

/* The counter first: a cancellation while the timer is taken back finds the work done. */
enum step leak_child_ends(struct leak_child *c)
{
        if (!c->worked) {
                c->worked = true;
                if (c->task.cleanup)
                        cleanup(&c->task);
                else
                        lower(c);
                c->task.cleanup = NULL;
        }
        return timer_drop(&c->timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
}

/* False when there is nothing left to sleep. Deadlines of a child and its timeout count from one moment, so that
 * the earlier one is always seen first, however late. */
static bool begins_to_work(struct leak_child *c)
{
        uint64_t end_ns = c->begun_ns + (c->outlives ? outlive_ns : work_ns), now_ns = run_now_ns();

        c->at = CHILD_WORK;
        if (now_ns >= end_ns)
                return false;
        timer_start(&c->timer, &c->task, end_ns - now_ns);
        return true;
}

static enum step step_child(struct task *task)
{
        struct leak_child *c = (struct leak_child *)task;

        if (c->at == CHILD_START) {
                if (!leak_child_begins(c))
                        return STEP_WAIT;
                if (!begins_to_work(c))
                        c->at = CHILD_END;
        }
        if (c->at == CHILD_WORK && timer_poll(&c->timer) == POLL_PENDING)
                return STEP_WAIT;
        c->at = CHILD_END;
        return leak_child_ends(c);
}

/* ---- its timeout ----------------------------------------------------------------------------------------------- */

static void starts_timeout(struct leak_guardian *g)
{
        uint64_t end_ns = g->child->begun_ns + g->child->sample->timeout_ns, now_ns = run_now_ns();

        timer_start(&g->timeout, &g->task, now_ns < end_ns ? end_ns - now_ns : 0);
        g->at = GUARDIAN_SELECT;
}

/* The first of the two; the loser is cancelled. False: neither has come. */
static bool selects(struct leak_guardian *g)
{
        struct leak_child *c = g->child;

        if (signal_poll(&c->ended, &g->task, &g->ended) != POLL_PENDING) {
                g->at = GUARDIAN_END;
                return true;
        }
        if (timer_poll(&g->timeout) == POLL_PENDING) {
                select_suspend(&g->select, &g->task, 2, &g->ended.wait, &g->timeout.wait);
                return false;
        }
        if (!MUTANT("no-cancel"))
                task_cancel(&c->task);
        g->at = GUARDIAN_CANCELLED;
        return true;
}

static enum step step_guardian(struct task *task)
{
        struct leak_guardian *g = (struct leak_guardian *)task;
        struct leak_sample *s = g->child->sample;

        if (g->at == GUARDIAN_START) {
                if (signal_poll(&s->spawned, task, &g->start) == POLL_PENDING)
                        return STEP_WAIT;
                starts_timeout(g);
        }
        if (g->at == GUARDIAN_SELECT && !selects(g))
                return STEP_WAIT;
        if (g->at == GUARDIAN_CANCELLED) { /* it goes on when the clean-up is over */
                if (signal_poll(&g->child->ended, task, &g->ended) == POLL_PENDING)
                        return STEP_WAIT;
                g->at = GUARDIAN_END;
        }
        if (timer_drop(&g->timeout) == DROP_PENDING)
                return STEP_WAIT;
        g->found_lowered = g->child->lowered;
        tally_add(g->child->tally, 1);
        atomic_fetch_add(&s->guardians_ended, 1);
        return STEP_DONE;
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

void leak_spawn(struct leak_parent *p)
{
        struct leak_sample *s = p->sample;

        for (unsigned i = 0; i < s->count; i++) {
                s->children[i].begun_ns = run_now_ns();
                if (!(s->flags & FORM_RAISES_INSIDE))
                        raise_counter(&s->children[i]);
        }
        signal_fire(&s->spawned);
        p->at = PARENT_LOOK;
}

/* Exactly the share that was asked for, drawn from all with the same chance (Knuth, TAOCP 2, algorithm S). */
static void plan_outlivers(struct leak_sample *s)
{
        uint64_t random = run_random_start(s->run, 0);
        uint64_t wanted = s->count * run_param(s->run, "outlive_percent") / 100;

        for (unsigned i = 0; i < s->count; i++)
                if (run_random(&random) % (s->count - i) < wanted) {
                        s->children[i].outlives = true;
                        wanted--;
                }
}

void leak_children_make(struct leak_sample *s, struct tally *tallies)
{
        s->children = calloc(s->count, sizeof(*s->children));
        s->guardians = calloc(s->count, sizeof(*s->guardians));
        if (!s->children || !s->guardians)
                run_fail(s->run, "no memory for %u tasks", s->count);
        for (unsigned i = 0; i < s->count; i++) {
                struct leak_child *c = &s->children[i];

                c->sample = s;
                c->tally = &tallies[i];
                c->task.step = s->flags & FORM_HANDLES ? leak_step_ticker : step_child;
                c->task.ended = &c->ended;
                signal_init(&c->ended);
                s->guardians[i].task.step = step_guardian;
                s->guardians[i].child = c;
        }
        if (!(s->flags & FORM_HANDLES))
                plan_outlivers(s);
}

void leak_children_free(struct leak_sample *s)
{
        for (unsigned i = 0; i < s->count; i++)
                signal_destroy(&s->children[i].ended);
        free(s->children);
        free(s->guardians);
}

/* A child lives beside its guardian, and comes after it. */
void leak_children_spawn(struct leak_sample *s, struct crew *crew)
{
        for (unsigned i = 0; i < s->count; i++) {
                if (!(s->flags & FORM_HANDLES))
                        crew_spawn(crew, &s->guardians[i].task, i);
                crew_spawn(crew, &s->children[i].task, i);
        }
}
