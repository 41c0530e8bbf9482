/* SPDX-License-Identifier: MIT */
/* The handles of `cancel-leak`: what becomes of tasks that are forgotten, and of tasks that are cancelled and joined. */
#include "workloads/cancel-leak/cancel_leak.h"

enum step leak_step_ticker(struct task *task)
{
        struct leak_child *c = (struct leak_child *)task;

        if (c->at == CHILD_START) {
                if (!leak_child_begins(c))
                        return STEP_WAIT;
                c->at = CHILD_WORK;
                timer_start(&c->timer, task, LEAK_LOOK_NS);
        }
        if (c->at == CHILD_WORK) {
                if (timer_poll(&c->timer) == POLL_PENDING)
                        return STEP_WAIT;
                atomic_fetch_add(&c->ticks, 1);
                tally_add(c->tally, 1);
                if (!atomic_load(&c->sample->stop)) {
                        timer_start(&c->timer, task, LEAK_LOOK_NS);
                        timer_poll(&c->timer);
                        return STEP_WAIT;
                }
                c->at = CHILD_END;
        }
        return leak_child_ends(c);
}

/* ---- the parent ---------------------------------------------------------------------------------------------- */

static bool all_have_ticked(const struct leak_sample *s)
{
        for (unsigned i = 0; i < s->count; i++)
                if (atomic_load(&s->children[i].ticks) == s->children[i].ticks_seen)
                        return false;
        return true;
}

/* False: it waits for the end of one of them. */
static bool joined(struct leak_parent *p)
{
        struct leak_sample *s = p->sample;

        for (; p->joined < s->count; p->joined++) {
                struct leak_child *c = &s->children[p->joined];

                if (signal_poll(&c->ended, &p->task, &p->ended) == POLL_PENDING)
                        return false;
                signal_drop(&c->ended, &p->ended);
        }
        return true;
}

static void begins_to_watch(struct leak_parent *p)
{
        struct leak_sample *s = p->sample;

        for (unsigned i = 0; i < s->count; i++)
                s->children[i].ticks_seen = atomic_load(&s->children[i].ticks);
        p->since_ns = run_now_ns();
        p->at = PARENT_WATCH;
}

/* Is the time over? Forgotten children have each ticked again then, however busy the machine is. */
static bool has_watched(const struct leak_parent *p)
{
        const struct leak_sample *s = p->sample;

        return run_now_ns() - p->since_ns >= s->wait_ns && (s->flags & FORM_ABORTS || all_have_ticked(s));
}

static void notes_what_is_left(struct leak_sample *s)
{
        s->alive = atomic_load(&s->counter);
        for (unsigned i = 0; i < s->count; i++)
                s->ticks_grown += atomic_load(&s->children[i].ticks) - s->children[i].ticks_seen;
}

static enum step step_watch(struct leak_parent *p)
{
        struct leak_sample *s = p->sample;

        if (p->at == PARENT_WATCH) {
                if (!has_watched(p))
                        return leak_parent_sleeps(p);
                notes_what_is_left(s);
                atomic_store(&s->stop, true); /* the sample's end: the children that are left end, too */
                p->at = PARENT_END;
        }
        return atomic_load(&s->counter) ? leak_parent_sleeps(p) : leak_parent_ends(p);
}

enum step leak_step_parent_of_handles(struct task *task)
{
        struct leak_parent *p = (struct leak_parent *)task;
        struct leak_sample *s = p->sample;

        if (p->at == PARENT_SPAWN)
                leak_spawn(p);
        if (p->at == PARENT_LOOK) {
                if (!all_have_ticked(s))
                        return leak_parent_sleeps(p);
                for (unsigned i = 0; s->flags & FORM_ABORTS && i < s->count; i++)
                        task_cancel(&s->children[i].task);
                p->at = PARENT_JOIN;
        }
        if (p->at == PARENT_JOIN) {
                if (s->flags & FORM_ABORTS && !joined(p))
                        return STEP_WAIT;
                begins_to_watch(p);
        }
        return step_watch(p);
}
