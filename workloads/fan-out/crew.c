/* SPDX-License-Identifier: MIT */
/* The variants of `fan-out` in which a task wants the map and waits: for jobs of the blocking pool, or for other tasks. */
#include <stdlib.h>

#include "workloads/fan-out/fan_out.h"

struct root {
        struct task task;
        struct fan_sample *sample;
        struct helper *helpers; /* of tasks: one per part */
        _Atomic unsigned left;  /* of tasks: parts of the map under way */
        _Atomic uint64_t begun; /* maps */
        unsigned ended;         /* of offload-pool: jobs that were seen to end, from the first */
        bool stopping;          /* of tasks: written before `begun` */
        uint64_t start_ns;      /* processor time */
};

/* A task that lives as long as the sample and is woken for each map. */
struct helper {
        struct task task;
        struct root *root;
        struct fan_part *part;
        uint64_t worked; /* maps */
};

/* Is a map to begin? The first one always is. */
static bool begins(struct root *r)
{
        if (!atomic_load_explicit(&r->begun, memory_order_relaxed))
                r->start_ns = run_cpu_ns();
        else if (run_stopped(r->sample->run)) {
                r->sample->cpu_ns = run_cpu_ns() - r->start_ns;
                return false;
        }
        return true;
}

static void crew_run(const struct executor *ex, struct root *r, unsigned workers, unsigned blocking)
{
        struct fan_sample *s = r->sample;
        struct crew *crew = crew_open(ex, s->run, workers);

        if (blocking)
                crew_offload(crew, blocking);
        crew_spawn(crew, &r->task, 0);
        for (unsigned i = 0; r->helpers && i < s->part_count; i++)
                crew_spawn(crew, &r->helpers[i].task, i);
        crew_start(crew);
        run_window(s->run);
        crew_join(crew, &s->crew);
}

/* ---- offload-pool ------------------------------------------------------------------------------------------ */

static void part_job(struct job *job)
{
        fan_part_work((struct fan_part *)((char *)job - offsetof(struct fan_part, job)));
}

static void nothing_job(struct job *job)
{
        (void)job;
}

static void jobs_begin(struct root *r)
{
        struct fan_sample *s = r->sample;

        r->ended = 0;
        atomic_fetch_add_explicit(&r->begun, 1, memory_order_relaxed);
        for (unsigned i = 0; i < s->part_count; i++) {
                if (MUTANT("run-serially"))
                        fan_part_work(&s->parts[i]);
                job_start(&s->parts[i].job, &r->task, MUTANT("run-serially") ? nothing_job : part_job);
        }
}

/* Have all jobs ended? The task waits for the first that has not. */
static bool jobs_ended(struct root *r)
{
        struct fan_sample *s = r->sample;

        while (r->ended < s->part_count && job_poll(&s->parts[r->ended].job) == POLL_READY)
                r->ended++;
        return r->ended == s->part_count;
}

static enum step step_offload(struct task *task)
{
        struct root *r = (struct root *)task;

        if (atomic_load_explicit(&r->begun, memory_order_relaxed)) {
                if (!jobs_ended(r))
                        return STEP_WAIT;
                fan_map_ends(r->sample);
        }
        if (!begins(r))
                return STEP_DONE;
        jobs_begin(r);
        return jobs_ended(r) ? STEP_YIELD : STEP_WAIT;
}

void fan_run_offload(const struct executor *ex, struct fan_sample *s)
{
        struct root root = { .task.step = step_offload, .sample = s };

        crew_run(ex, &root, 1, s->lane_count);
}

/* ---- tasks --------------------------------------------------------------------------------------------------- */

/* Nobody cancels a helper or the root, so that their waits need no names. */
static enum step step_helper(struct task *task)
{
        struct helper *h = (struct helper *)task;
        struct root *r = h->root;

        if (atomic_load_explicit(&r->begun, memory_order_acquire) == h->worked)
                return STEP_WAIT;
        if (r->stopping)
                return STEP_DONE;
        fan_part_work(h->part);
        h->worked++;
        if (atomic_fetch_sub(&r->left, 1) == 1)
                task_wake(&r->task);
        return STEP_WAIT;
}

/* A defect: nobody is woken. */
static enum step map_alone(struct root *r)
{
        for (unsigned i = 0; i < r->sample->part_count; i++)
                fan_part_work(&r->sample->parts[i]);
        atomic_fetch_add(&r->begun, 1);
        return STEP_YIELD;
}

/* Those that have no further map to work end. */
static void helpers_wake(struct root *r)
{
        struct fan_sample *s = r->sample;

        atomic_store(&r->left, s->part_count);
        atomic_fetch_add_explicit(&r->begun, 1, memory_order_release);
        for (unsigned i = 0; i < s->part_count; i++)
                task_wake(&r->helpers[i].task);
}

static enum step step_root(struct task *task)
{
        struct root *r = (struct root *)task;
        struct fan_sample *s = r->sample;

        if (atomic_load(&r->left))
                return STEP_WAIT;
        if (atomic_load_explicit(&r->begun, memory_order_relaxed))
                fan_map_ends(s);
        r->stopping = !begins(r);
        if (MUTANT("run-serially") && !r->stopping)
                return map_alone(r);
        helpers_wake(r);
        return r->stopping ? STEP_DONE : STEP_WAIT;
}

void fan_run_tasks(const struct executor *ex, struct fan_sample *s)
{
        struct root root = { .task.step = step_root, .sample = s };

        root.helpers = calloc(s->part_count, sizeof(root.helpers[0]));
        if (!root.helpers)
                run_fail(s->run, "no memory for %u tasks", s->part_count);
        for (unsigned i = 0; i < s->part_count; i++)
                root.helpers[i] =
                        (struct helper){ .task.step = step_helper, .root = &root, .part = &s->parts[i] };
        crew_run(ex, &root, s->lane_count, 0);
        for (unsigned i = 0; i < s->part_count; i++)
                s->task_parts += root.helpers[i].worked;
        free(root.helpers);
}
