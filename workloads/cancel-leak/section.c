/* SPDX-License-Identifier: MIT */
/* The priced part of `cancel-leak`: a section that raises and lowers a counter, with or without a guard. */
#include "workloads/cancel-leak/cancel_leak.h"

enum { SECTIONS_PER_STEP = 1024 }; /* between two yields */

static void lower(struct task *task)
{
        struct leak_section *section = (struct leak_section *)task;

        if (!MUTANT("lose-lower") || tally_read(section->tally) % 1000)
                atomic_fetch_sub(&section->counter, 1);
}

static inline enum step sections(struct leak_section *section, bool guarded)
{
        struct task *task = &section->task;

        for (unsigned left = SECTIONS_PER_STEP; left; left--) {
                if (run_stopped(section->sample->run))
                        return STEP_DONE;
                atomic_fetch_add(&section->counter, 1);
                if (guarded)
                        task->cleanup = lower;
                run_random(&section->random); /* a call, as the wait would be that it stands for */
                tally_add(section->tally, 1);
                if (guarded)
                        task->cleanup = NULL;
                lower(task);
        }
        return STEP_YIELD;
}

static enum step step_guarded(struct task *task)
{
        return sections((struct leak_section *)task, true);
}

static enum step step_unguarded(struct task *task)
{
        return sections((struct leak_section *)task, false);
}

enum step leak_step_section(struct task *task)
{
        struct leak_section *section = (struct leak_section *)task;

        if (signal_poll(&section->sample->over, task, &section->start) == POLL_PENDING)
                return STEP_WAIT;
        task->step = section->sample->flags & FORM_GUARDED ? step_guarded : step_unguarded;
        return STEP_YIELD;
}
