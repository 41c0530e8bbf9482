/* SPDX-License-Identifier: MIT */
/* The parent of `cancel-leak`: raises the counter, and returns when it is 0 again. */
#include "workloads/cancel-leak/cancel_leak.h"

enum step leak_parent_sleeps(struct leak_parent *p)
{
        timer_start(&p->timer, &p->task, LEAK_LOOK_NS);
        timer_poll(&p->timer);
        return STEP_WAIT;
}

enum step leak_parent_ends(struct leak_parent *p)
{
        struct leak_sample *s = p->sample;

        p->at = PARENT_END;
        if (timer_drop(&p->timer) == DROP_PENDING)
                return STEP_WAIT;
        signal_fire(&s->over);
        sem_post(&s->window);
        return STEP_DONE;
}

static bool all_have_ended(struct leak_sample *s)
{
        return atomic_load(&s->guardians_ended) == s->count;
}

/* It returns when the counter is 0; and gives up after a time in which nothing was left that could lower it, so that
 * a busy machine cannot make it give up too early. */
static bool returns(struct leak_parent *p)
{
        struct leak_sample *s = p->sample;
        bool hope = !all_have_ended(s);

        if (atomic_load(&s->counter) == 0) {
                s->parent_returned = 1;
                s->unfinished_at_return = s->count - atomic_load(&s->lowered);
                return true;
        }
        if (!hope && !p->since_ns)
                p->since_ns = run_now_ns();
        return !hope && run_now_ns() - p->since_ns >= s->wait_ns;
}

enum step leak_step_parent(struct task *task)
{
        struct leak_parent *p = (struct leak_parent *)task;
        struct leak_sample *s = p->sample;

        if (p->at == PARENT_SPAWN)
                leak_spawn(p);
        if (p->at == PARENT_LOOK) {
                if (!returns(p))
                        return leak_parent_sleeps(p);
                p->at = PARENT_JOIN;
        }
        if (p->at == PARENT_JOIN && !all_have_ended(s)) /* the sample's, not the parent's, end */
                return leak_parent_sleeps(p);
        return leak_parent_ends(p);
}
