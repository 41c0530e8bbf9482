/* SPDX-License-Identifier: MIT */
/* Games of blocking work: run once or withdrawn, dropped and cancelled at every point, nested. */
#include "tests/task/play.h"

#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>

#include "runtimes/task/offload.h"

enum { THREADS = 3, ASKERS = 5, JOBS = 4, ROUNDS = 20 };

struct chore {
        struct job job; /* first */
        unsigned pauses;
        unsigned starts, runs; /* runs: by the job, not atomic on purpose */
        const void *on_worker;
};

static void chore_work(struct job *job)
{
        struct chore *c = (struct chore *)job;

        for (unsigned i = 0; i < c->pauses; i++)
                sched_yield();
        c->on_worker = worker_current();
        c->runs++;
}

/* Starts several jobs at once, more in all than there are threads, and does with each what comes. */
struct asker {
        struct actor actor;
        struct chore chores[JOBS];
        unsigned rounds;
        bool drops; /* some of them, at a random moment */
        bool dropping[JOBS];
        unsigned patience; /* steps until it drops what it drops */
        uint64_t random;
};

static void asker_start(struct asker *a)
{
        for (unsigned i = 0; i < JOBS; i++) {
                struct chore *c = &a->chores[i];

                c->pauses = random_below(&a->random, 8);
                c->starts++;
                a->dropping[i] = a->drops && random_below(&a->random, 2);
                job_start(&c->job, &a->actor.task, chore_work);
        }
        a->patience = random_below(&a->random, 6);
}

/* Each that is to be dropped is dropped, each other one waited for. What has been dropped is idle. */
static bool asker_done(struct asker *a)
{
        bool done = true;

        for (unsigned i = 0; i < JOBS; i++) {
                struct chore *c = &a->chores[i];

                if (a->dropping[i] ? job_drop(&c->job) == DROP_PENDING : job_poll(&c->job) == POLL_PENDING)
                        done = false;
                else if (job_poll(&c->job) == POLL_READY)
                        EXPECT(&a->actor, a->drops || c->runs == c->starts);
        }
        return done;
}

static enum step ask_step(struct task *task)
{
        struct asker *a = (struct asker *)task;

        EXPECT(&a->actor, worker_current() == task->worker);
        if (a->actor.at == 0) {
                if (a->rounds++ == ROUNDS)
                        return STEP_DONE;
                asker_start(a);
                a->actor.at = 1;
        }
        if (a->patience) {
                a->patience--;
                return STEP_YIELD;
        }
        if (!asker_done(a))
                return STEP_WAIT;
        a->actor.at = 0;
        return STEP_YIELD;
}

static void askers_open(struct play *p, struct asker *askers, bool drops)
{
        play_open(p);
        crew_offload(p->stage.crew, THREADS);
        for (unsigned i = 0; i < ASKERS; i++) {
                askers[i].drops = drops;
                askers[i].random = play_random(p, i);
                play_cast(p, &askers[i].actor, ask_step, i);
        }
        crew_start(p->stage.crew);
}

/* Every start is one run or one withdrawal. */
static void askers_check(struct play *p, struct asker *askers)
{
        uint64_t starts = 0, runs = 0;

        for (unsigned i = 0; i < ASKERS; i++) {
                play_check(p, &askers[i].actor);
                for (unsigned j = 0; j < JOBS; j++) {
                        REQUIRE(p, !askers[i].chores[j].on_worker);
                        REQUIRE(p, askers[i].chores[j].runs <= askers[i].chores[j].starts);
                        starts += askers[i].chores[j].starts;
                        runs += askers[i].chores[j].runs;
                }
        }
        REQUIRE_EQUAL(p, p->stage.counts.job_starts, starts);
        REQUIRE_EQUAL(p, runs + p->stage.counts.jobs_withdrawn, starts);
        REQUIRE(p, p->stage.counts.jobs_peak >= JOBS);
}

static void each_runs_once(struct play *p)
{
        struct asker askers[ASKERS] = { 0 };

        askers_open(p, askers, false);
        stage_join(&p->stage);
        askers_check(p, askers);
        REQUIRE_EQUAL(p, p->stage.counts.job_starts, ASKERS * JOBS * ROUNDS);
        REQUIRE_EQUAL(p, p->stage.counts.jobs_withdrawn + p->stage.counts.jobs_abandoned, 0);
}

static void dropped_at_every_point(struct play *p)
{
        struct asker askers[ASKERS] = { 0 };

        askers_open(p, askers, true);
        stage_join(&p->stage);
        askers_check(p, askers);
}

/* ---- left ----------------------------------------------------------------------------------------------------- */

/* What jobs that are left may touch besides themselves. */
static _Atomic uint64_t ledger_runs, ledger_pauses;

static void ledger_work(struct job *job)
{
        for (uint64_t i = atomic_load(&ledger_pauses); i; i--)
                sched_yield();
        (void)job;
        atomic_fetch_add(&ledger_runs, 1);
}

/* Starts several jobs at once, drops all at a random moment, and leaves those which that does not end. */
struct leaver {
        struct actor actor;
        struct job *jobs[JOBS];
        unsigned rounds, patience;
        uint64_t starts, random;
};

static enum step leave_step(struct task *task)
{
        struct leaver *l = (struct leaver *)task;

        if (l->actor.at == 0) {
                if (l->rounds++ == ROUNDS)
                        return STEP_DONE;
                for (unsigned i = 0; i < JOBS; i++) {
                        l->jobs[i] = calloc(1, sizeof(struct job));
                        job_start(l->jobs[i], task, ledger_work);
                        l->starts++;
                }
                l->patience = random_below(&l->random, 6);
                l->actor.at = 1;
        }
        if (l->patience) {
                l->patience--;
                return STEP_YIELD;
        }
        for (unsigned i = 0; i < JOBS; i++)
                if (job_drop(l->jobs[i]) == DROP_PENDING)
                        job_leave(l->jobs[i]);
                else
                        free(l->jobs[i]);
        l->actor.at = 0;
        return STEP_YIELD;
}

/* The crew ends with jobs that go on, and each start is one run or one withdrawal all the same. */
static void left_at_every_point(struct play *p)
{
        struct leaver leavers[ASKERS] = { 0 };
        uint64_t starts = 0;

        atomic_store(&ledger_runs, 0);
        play_open(p);
        crew_offload(p->stage.crew, THREADS);
        for (unsigned i = 0; i < ASKERS; i++) {
                leavers[i].random = play_random(p, i);
                play_cast(p, &leavers[i].actor, leave_step, i);
        }
        atomic_store(&ledger_pauses, random_below(&leavers[0].random, 200));
        crew_start(p->stage.crew);
        stage_join(&p->stage);
        for (unsigned i = 0; i < ASKERS; i++) {
                play_check(p, &leavers[i].actor);
                starts += leavers[i].starts;
        }
        REQUIRE_EQUAL(p, p->stage.counts.job_starts, starts);
        REQUIRE(p, p->stage.counts.jobs_left <= p->stage.counts.jobs_abandoned);
        while (atomic_load(&ledger_runs) + p->stage.counts.jobs_withdrawn < starts)
                sched_yield();
        REQUIRE_EQUAL(p, atomic_load(&ledger_runs) + p->stage.counts.jobs_withdrawn, starts);
}

/* ---- cancelled ---------------------------------------------------------------------------------------------- */

/* Waits for one job after the other, and may be cancelled at each. */
struct waiting {
        struct actor actor;
        struct chore chore;
        unsigned rounds;
        unsigned cleanups;
        bool ended; /* by itself */
        uint64_t random;
};

static enum step wait_step(struct task *task)
{
        struct waiting *v = (struct waiting *)task;

        if (v->actor.at && job_poll(&v->chore.job) == POLL_PENDING)
                return STEP_WAIT;
        EXPECT(&v->actor, v->chore.runs == v->chore.starts);
        if (v->rounds++ == ROUNDS) {
                v->ended = true;
                return STEP_DONE;
        }
        v->actor.at = 1;
        v->chore.pauses = random_below(&v->random, 8);
        v->chore.starts++;
        job_start(&v->chore.job, task, chore_work);
        return job_poll(&v->chore.job) == POLL_PENDING ? STEP_WAIT : STEP_YIELD;
}

/* The job is idle or has ended: it writes no more. */
static void wait_cleanup(struct task *task)
{
        struct waiting *v = (struct waiting *)task;

        v->cleanups++;
        EXPECT(&v->actor, worker_current() == task->worker);
        EXPECT(&v->actor, job_poll(&v->chore.job) != POLL_PENDING);
        EXPECT(&v->actor, v->chore.starts - v->chore.runs <= 1);
}

static void cancelled_at_every_point(struct play *p)
{
        struct waiting waiting[ASKERS] = { 0 };
        struct prankster prankster = { .tasks = waiting,
                                       .size = sizeof(waiting[0]),
                                       .count = ASKERS,
                                       .cancels = 2 * ASKERS,
                                       .random = play_random(p, ASKERS) };
        uint64_t starts = 0, runs = 0;

        play_open(p);
        crew_offload(p->stage.crew, THREADS);
        for (unsigned i = 0; i < ASKERS; i++) {
                waiting[i].actor.task.cleanup = wait_cleanup;
                waiting[i].random = play_random(p, i);
                play_cast(p, &waiting[i].actor, wait_step, i);
        }
        crew_start(p->stage.crew);
        prankster_start(&prankster);
        prankster_join(&prankster);
        stage_join(&p->stage);
        for (unsigned i = 0; i < ASKERS; i++) {
                play_check(p, &waiting[i].actor);
                REQUIRE_EQUAL(p, waiting[i].cleanups, !waiting[i].ended);
                starts += waiting[i].chore.starts;
                runs += waiting[i].chore.runs;
        }
        REQUIRE_EQUAL(p, runs + p->stage.counts.jobs_withdrawn, starts);
}

/* ---- nested: jobs that wait for one more ---------------------------------------------------------------------- */

struct nest;

/* Holds a thread until the inner job has run. */
struct holder {
        struct job job; /* first */
        struct nest *nest;
};

struct nest {
        struct actor actor;
        struct holder holders[THREADS];
        struct chore inner;
        unsigned count; /* of the holders */
        _Atomic unsigned holding;
        _Atomic bool asked; /* the inner job has been started */
        sem_t done;
};

static void hold_work(struct job *job)
{
        struct nest *n = ((struct holder *)job)->nest;

        atomic_fetch_add(&n->holding, 1);
        while (sem_wait(&n->done))
                ;
}

static void inner_work(struct job *job)
{
        struct nest *n = (struct nest *)((char *)job - offsetof(struct nest, inner));

        chore_work(job);
        for (unsigned i = 0; i < n->count; i++)
                sem_post(&n->done);
}

/* The inner job is asked for when all holders hold. */
static enum step nest_step(struct task *task)
{
        struct nest *n = (struct nest *)task;

        if (n->actor.at == 0)
                for (unsigned i = 0; i < n->count; i++)
                        job_start(&n->holders[i].job, task, hold_work);
        if (n->actor.at < 2) {
                n->actor.at = 1;
                if (atomic_load(&n->holding) < n->count)
                        return STEP_YIELD;
                job_start(&n->inner.job, task, inner_work);
                n->actor.at = 2;
                atomic_store(&n->asked, true);
        }
        if (job_poll(&n->inner.job) == POLL_PENDING)
                return STEP_WAIT;
        for (unsigned i = 0; i < n->count; i++)
                if (job_poll(&n->holders[i].job) == POLL_PENDING)
                        return STEP_WAIT;
        return STEP_DONE;
}

/* With all threads held it is stuck for good: still is when a while has passed, and until a thread is let go. */
static void nest_play(struct play *p, unsigned holders)
{
        struct nest n = { .count = holders };

        sem_init(&n.done, 0, 0);
        for (unsigned i = 0; i < holders; i++)
                n.holders[i].nest = &n;
        play_open(p);
        crew_offload(p->stage.crew, THREADS);
        play_cast(p, &n.actor, nest_step, 0);
        crew_start(p->stage.crew);
        if (holders == THREADS) {
                while (!atomic_load(&n.asked))
                        sched_yield();
                sleep_until(run_now_ns() + 2000000);
                REQUIRE_EQUAL(p, atomic_load(&n.inner.job.state), JOB_QUEUED);
                REQUIRE_EQUAL(p, atomic_load(&n.actor.task.worker->jobs), THREADS + 1);
                sem_post(&n.done); /* one too many in the end */
        }
        stage_join(&p->stage);
        sem_destroy(&n.done);
        play_check(p, &n.actor);
        REQUIRE_EQUAL(p, n.inner.runs, 1);
        REQUIRE_EQUAL(p, p->stage.counts.jobs_peak, holders + 1);
}

static void all_threads_wait(struct play *p)
{
        nest_play(p, THREADS);
}

static void all_but_one_wait(struct play *p)
{
        nest_play(p, THREADS - 1);
}

const struct game offload_games[] = {
        { .holds = "offload: each job runs exactly once, more jobs than threads", .play = each_runs_once },
        { .holds = "offload: jobs are dropped at every point, each start is one run or one withdrawal",
          .play = dropped_at_every_point },
        { .holds = "offload: jobs are dropped and left at every point, each start is one run or one "
                   "withdrawal",
          .play = left_at_every_point },
        { .holds = "offload: tasks are cancelled at every point, and cleaned up when the job is over",
          .play = cancelled_at_every_point },
        { .holds = "offload: as many jobs as threads that wait for one more are stuck",
          .play = all_threads_wait },
        { .holds = "offload: one less, and they end", .play = all_but_one_wait },
        { 0 },
};
