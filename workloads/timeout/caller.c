/* SPDX-License-Identifier: MIT */
/* The caller of `timeout`: it sets a limit, sees it act or not, and goes on. */
#include "workloads/timeout/timeout.h"

struct timeout_sample *timeout_sample_of(struct task *task)
{
        return (struct timeout_sample *)((char *)task - offsetof(struct timeout_sample, caller.task));
}

void caller_begins(struct timeout_sample *s)
{
        s->deadline_ns = run_now_ns() + s->limit_ns;
        timer_start(&s->caller.timer, &s->caller.task, s->limit_ns);
        s->caller.at = AT_WORK;
}

bool limit_acts(struct timeout_sample *s)
{
        if (timer_poll(&s->caller.timer) != POLL_READY)
                return false;
        s->timeouts += MUTANT("fire-twice") ? 2 : 1;
        return true;
}

void caller_goes_on(struct timeout_sample *s)
{
        s->went_on_ns = run_now_ns();
        s->cpu_ns = run_cpu_ns();
        s->pieces = tally_read(s->tally);
}

enum step caller_ends(struct timeout_sample *s)
{
        s->caller.at = AT_END;
        return timer_drop(&s->caller.timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
}

void turn_ends(struct timeout_sample *s, uint64_t n)
{
        if (n > s->longest_turn)
                s->longest_turn = n;
}
