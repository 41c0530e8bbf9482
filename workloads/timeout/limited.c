/* SPDX-License-Identifier: MIT */
/* Work under a limit: in one go or in pieces by the task that has the limit, or on the blocking pool. */
#include "workloads/timeout/timeout.h"

/* The next piece of L. False when there is none. */
static bool piece(struct load *l)
{
        struct timeout_sample *s = l->sample;
        uint64_t done = tally_read(s->tally);

        if (done == s->total)
                return false;
        l->late += run_now_ns() > l->deadline_ns;
        l->on_loop += worker_current() != NULL;
        if (!MUTANT("lose-piece") || done > 0)
                l->value = work_steps(&s->work, l->value, s->piece_steps);
        tally_add(s->tally, 1);
        return true;
}

static uint64_t work_all(struct load *l)
{
        uint64_t pieces = 0;

        while (piece(l))
                pieces++;
        return pieces;
}

/* ---- by the task that has the limit ------------------------------------------------------------------------- */

/* True when nothing is left. In one go the loop is not looked at, and so the limit is not. */
static bool work_turn(struct timeout_sample *s)
{
        uint64_t pieces = s->whole ? work_all(&s->load) : piece(&s->load);

        turn_ends(s, pieces);
        return tally_read(s->tally) == s->total;
}

static void inline_begins(struct timeout_sample *s)
{
        caller_begins(s);
        s->load.deadline_ns = s->deadline_ns;
}

enum step timeout_step_inline(struct task *task)
{
        struct timeout_sample *s = timeout_sample_of(task);

        if (s->caller.at == AT_END)
                return caller_ends(s);
        if (s->caller.at == AT_START)
                inline_begins(s);
        if (!limit_acts(s) && !work_turn(s))
                return STEP_POLL;
        caller_goes_on(s);
        return caller_ends(s);
}

/* ---- on the blocking pool ------------------------------------------------------------------------------------- */

static void load_job(struct job *job)
{
        struct load *l = (struct load *)job;

        atomic_store(&l->begun, true);
        work_all(l);
}

static void hand_over(struct timeout_sample *s)
{
        s->load.deadline_ns = UINT64_MAX;
        if (MUTANT("other-variant"))
                work_all(&s->load);
        job_start(&s->load.job, &s->caller.task, load_job);
        s->caller.at = AT_HANDED_OVER;
}

/* The work cannot be stopped: it is waited for after the caller went on, to see what it still costs. */
static enum step drain(struct timeout_sample *s)
{
        if (job_drop(&s->load.job) == DROP_PENDING)
                return STEP_WAIT;
        s->cpu_after_ns = run_cpu_ns() - s->cpu_ns;
        return caller_ends(s);
}

enum step timeout_step_offload(struct task *task)
{
        struct timeout_sample *s = timeout_sample_of(task);

        if (s->caller.at == AT_END)
                return caller_ends(s);
        if (s->caller.at == AT_DRAIN)
                return drain(s);
        if (s->caller.at == AT_START)
                hand_over(s);
        if (s->caller.at == AT_HANDED_OVER) { /* what has not begun when the limit passes would never run */
                if (!atomic_load(&s->load.begun))
                        return STEP_POLL;
                caller_begins(s);
        }
        if (job_poll(&s->load.job) == POLL_PENDING && !limit_acts(s)) {
                select_suspend(&s->caller.select, task, 2, &s->caller.timer.wait, &s->load.job.wait);
                return STEP_WAIT;
        }
        caller_goes_on(s);
        s->caller.at = AT_DRAIN;
        return drain(s);
}
