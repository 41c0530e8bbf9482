/* SPDX-License-Identifier: MIT */
/* Blocking jobs at shutdown: all are aborted at once, and those that run are waited for, or up to a limit. */
#include <stdlib.h>

#include "workloads/timeout/timeout.h"

/* All that a job may touch that was left: it lives as long as the process. */
static _Atomic uint64_t begun;
static _Atomic bool aborted;
static uint64_t blocking_ns;

void shutdown_report(struct timeout_sample *s)
{
        run_count(s->run, "jobs_begun", atomic_load(&begun));
        run_count(s->run, "jobs_ended", tally_read(s->tally) - s->crew.jobs_withdrawn);
        run_count(s->run, "waited_ns", s->went_on_ns - (s->deadline_ns - s->limit_ns));
}

/* It goes on after the abort, however late that comes: nobody finds it ended by then. */
static void job_blocks(struct job *job)
{
        (void)job;
        atomic_fetch_add(&begun, 1);
        while (!atomic_load(&aborted))
                run_sleep_ns(1000000);
        run_sleep_ns(blocking_ns);
}

static void jobs_begin(struct timeout_sample *s)
{
        blocking_ns = run_param(s->run, "blocking_ms") * 1000000;
        s->jobs = calloc(s->queued_jobs, sizeof(struct job *));
        if (!s->jobs)
                run_fail(s->run, "no memory for %llu jobs", (unsigned long long)s->queued_jobs);
        for (uint64_t i = 0; i < s->queued_jobs; i++) {
                s->jobs[i] = calloc(1, sizeof(struct job));
                if (!s->jobs[i])
                        run_fail(s->run, "no memory for job %llu", (unsigned long long)i);
                job_start(s->jobs[i], &s->caller.task, job_blocks);
        }
        s->caller.at = AT_HANDED_OVER;
}

static bool job_goes_on(struct job *job)
{
        return MUTANT("no-abort") ? job_poll(job) == POLL_PENDING : job_drop(job) == DROP_PENDING;
}

/* Aborts all, and each look after that does the same again. True when none is left to wait for. */
static bool jobs_drop(struct timeout_sample *s)
{
        bool over = true;

        for (uint64_t i = 0; i < s->queued_jobs; i++) {
                if (!s->jobs[i])
                        continue;
                if (job_goes_on(s->jobs[i])) {
                        over = false;
                        continue;
                }
                free(s->jobs[i]);
                s->jobs[i] = NULL;
                tally_add(s->tally, 1);
        }
        return over;
}

static void jobs_leave(struct timeout_sample *s)
{
        for (uint64_t i = 0; i < s->queued_jobs; i++)
                if (s->jobs[i])
                        job_leave(s->jobs[i]);
}

static enum step shutdown_ends(struct timeout_sample *s)
{
        free(s->jobs);
        return caller_ends(s);
}

enum step timeout_step_shutdown(struct task *task)
{
        struct timeout_sample *s = timeout_sample_of(task);
        bool over;

        if (s->caller.at == AT_END)
                return caller_ends(s);
        if (s->caller.at == AT_START)
                jobs_begin(s);
        if (s->caller.at == AT_HANDED_OVER) {
                if (!atomic_load(&begun))
                        return STEP_POLL;
                caller_begins(s);
        }
        over = jobs_drop(s);
        atomic_store(&aborted, true);
        if (over)
                return shutdown_ends(s);
        if (s->whole || !limit_acts(s))
                return STEP_WAIT;
        jobs_leave(s);
        return shutdown_ends(s);
}
