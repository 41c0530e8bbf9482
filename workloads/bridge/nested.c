/* SPDX-License-Identifier: MIT */
/* `nested` and `flat`: jobs of the blocking pool that wait for jobs of the same pool, or leave that to their task. */
#include <stdio.h>
#include <stdlib.h>

#include "workloads/bridge/bridge.h"

struct nest;

/* An outer job and the inner one that it needs. */
struct pair {
        struct job outer, inner;
        struct nest *nest;
        bool inner_ended; /* under the nest's lock */
        _Atomic bool asked;
        bool started, counted; /* the task's own: inner */
        uint64_t outer_runs, inner_runs, beside;
};

struct nest {
        struct task task; /* first */
        struct bridge_sample *sample;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        unsigned arrivals, arrived; /* that open the gate; under lock */
        bool waits;                 /* the variant: an outer job waits for its inner one */
        unsigned count, threads;
        struct pair *pairs;
        _Atomic unsigned holding, behind; /* outer jobs that wait; inner ones that have not begun */
};

static struct pair *pair_of_inner(struct job *job)
{
        return (struct pair *)((char *)job - offsetof(struct pair, inner));
}

static void inner_works(struct job *job)
{
        struct pair *p = pair_of_inner(job);
        struct nest *n = p->nest;

        atomic_fetch_sub(&n->behind, 1);
        p->inner_runs++;
        pthread_mutex_lock(&n->lock);
        p->inner_ended = true;
        pthread_cond_broadcast(&n->changed);
        pthread_mutex_unlock(&n->lock);
}

/* All threads of the pool that can be taken are before the first inner job is asked for. */
static void gate_pass(struct nest *n)
{
        pthread_mutex_lock(&n->lock);
        n->arrived++;
        pthread_cond_broadcast(&n->changed);
        while (n->arrived < n->arrivals)
                pthread_cond_wait(&n->changed, &n->lock);
        pthread_mutex_unlock(&n->lock);
}

static void wait_for_inner(struct nest *n, struct pair *p)
{
        atomic_fetch_add(&n->holding, 1);
        pthread_mutex_lock(&n->lock);
        while (!p->inner_ended)
                pthread_cond_wait(&n->changed, &n->lock);
        pthread_mutex_unlock(&n->lock);
        atomic_fetch_sub(&n->holding, 1);
        p->beside++;
}

static void outer_works(struct job *job)
{
        struct pair *p = (struct pair *)job;
        struct nest *n = p->nest;

        p->outer_runs++;
        gate_pass(n);
        atomic_fetch_add(&n->behind, 1);
        atomic_store(&p->asked, true);
        task_wake(&n->task);
        if (n->waits)
                wait_for_inner(n, p);
}

/* False when both jobs have ended. */
static bool pair_goes_on(struct nest *n, struct pair *p)
{
        if (!p->started && atomic_load(&p->asked)) {
                job_start(&p->inner, &n->task, inner_works);
                p->started = true;
        }
        if (job_poll(&p->outer) == POLL_PENDING || !p->started || job_poll(&p->inner) == POLL_PENDING)
                return true;
        if (!p->counted)
                tally_add(n->sample->clients[0].tally, 1);
        p->counted = true;
        return false;
}

static enum step nest_step(struct task *task)
{
        struct nest *n = (struct nest *)task;
        bool more = false;

        for (unsigned i = 0; i < n->count; i++) {
                if (!n->pairs[i].outer.work)
                        job_start(&n->pairs[i].outer, task, outer_works);
                more |= pair_goes_on(n, &n->pairs[i]);
        }
        return more ? STEP_WAIT : STEP_DONE;
}

static void explain(void *arg, char *buf, size_t bytes)
{
        struct nest *n = arg;
        unsigned holding = atomic_load(&n->holding);

        snprintf(buf, bytes,
                 "%u jobs hold %s%u threads of the pool and wait for jobs behind them, of which %u "
                 "have not begun",
                 holding, holding == n->threads ? "all " : "", holding == n->threads ? n->threads : holding,
                 atomic_load(&n->behind));
}

static void nest_open(struct nest *n)
{
        struct run *run = n->sample->run;

        n->task.step = nest_step;
        n->count = (unsigned)run_param(run, "nested_jobs");
        n->threads = (unsigned)run_param(run, "blocking_threads");
        n->arrivals = n->count < n->threads ? n->count : n->threads;
        n->waits = run_variant_is(run, "nested") != MUTANT("other-variant");
        n->pairs = calloc(n->count, sizeof(*n->pairs));
        if (!n->pairs)
                run_fail(run, "no memory for %u jobs", n->count);
        for (unsigned i = 0; i < n->count; i++)
                n->pairs[i].nest = n;
        pthread_mutex_init(&n->lock, NULL);
        pthread_cond_init(&n->changed, NULL);
}

static void nest_close(struct nest *n)
{
        struct bridge_sample *s = n->sample;

        for (unsigned i = 0; i < n->count; i++) {
                s->outer += n->pairs[i].outer_runs;
                s->inner += n->pairs[i].inner_runs;
                s->beside += n->pairs[i].beside;
        }
        pthread_cond_destroy(&n->changed);
        pthread_mutex_destroy(&n->lock);
        free(n->pairs);
}

void bridge_run_nested(const struct executor *ex, struct bridge_sample *s)
{
        struct nest n = { .sample = s };
        struct crew_counts counts;
        struct crew *crew;

        nest_open(&n);
        run_explain(s->run, explain, &n);
        crew = crew_open(ex, s->run, 1);
        crew_offload(crew, n.threads);
        crew_spawn(crew, &n.task, 0);
        crew_start(crew);
        crew_join(crew, &counts);
        run_explain(s->run, NULL, NULL);
        s->jobs = counts.job_starts;
        nest_close(&n);
}
