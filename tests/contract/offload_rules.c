/* SPDX-License-Identifier: MIT */
/* Rules about blocking work that is handed over: crew_offload(), job_start(), job_drop(). */
#include "tests/contract/contract.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "runtimes/task/offload.h"
#include "runtimes/task/sync.h"

/* The same for all rules: a library's pool may have its size for the life of the process. */
enum { THREADS = 2, JOBS = 5 * THREADS };

static const uint64_t ms = 1000000;

/* What all jobs of a rule share: who runs now, in which order they began, and what holds them up. */
struct bench {
        _Atomic unsigned running, most, begun;
        sem_t release; /* each holder takes one */
};

struct chore {
        struct job job; /* first */
        struct bench *bench;
        bool holds;               /* until the bench lets it go */
        unsigned runs, place;     /* written by the job: how often it ran, as the how manieth */
        struct worker *on_worker; /* the worker it ran on: none */
        unsigned processors;      /* that its thread may use */
        pthread_t thread;
        _Atomic bool began;
};

static void chore_work(struct job *job)
{
        struct chore *c = (struct chore *)job;
        struct bench *b = c->bench;
        unsigned now = atomic_fetch_add(&b->running, 1) + 1, most = atomic_load(&b->most);

        while (now > most && !atomic_compare_exchange_weak(&b->most, &most, now))
                ;
        c->runs++;
        c->place = atomic_fetch_add(&b->begun, 1);
        c->on_worker = worker_current();
        c->processors = run_processors(job->task->worker->run);
        c->thread = pthread_self();
        atomic_store(&c->began, true);
        while (c->holds && sem_wait(&b->release))
                ;
        atomic_fetch_sub(&b->running, 1);
}

struct asker {
        struct actor actor;
        struct chore chores[JOBS];
        struct bench bench;
        struct timer timer;
        struct select select;
        unsigned cleanups;
};

static void asker_open(struct asker *a)
{
        sem_init(&a->bench.release, 0, 0);
        for (unsigned i = 0; i < JOBS; i++)
                a->chores[i].bench = &a->bench;
}

static void chore_start(struct asker *a, unsigned i, bool holds)
{
        a->chores[i].holds = holds;
        job_start(&a->chores[i].job, &a->actor.task, chore_work);
}

/* Do the first THREADS jobs run? */
static bool threads_are_held(struct asker *a, unsigned threads)
{
        for (unsigned i = 0; i < threads; i++)
                if (!atomic_load(&a->chores[i].began))
                        return false;
        return true;
}

static void release(struct asker *a, unsigned n)
{
        while (n--)
                sem_post(&a->bench.release);
}

/* Have all from FIRST to LAST - 1 ended? The task waits for the first that has not. */
static bool ended(struct asker *a, unsigned first, unsigned last)
{
        for (unsigned i = first; i < last; i++)
                if (job_poll(&a->chores[i].job) == POLL_PENDING)
                        return false;
        return true;
}

static void offload_once(const struct runtime *row, struct asker *a, enum step (*step)(struct task *),
                         struct crew_counts *counts)
{
        struct stage stage;

        asker_open(a);
        stage_open(&stage, row, 2);
        crew_offload(stage.crew, THREADS);
        stage_cast(&stage, &a->actor, step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        sem_destroy(&a->bench.release);
        assert_played(&a->actor, a->actor.steps);
        *counts = stage.counts;
}

/* Those of the thread that made the pool, which nobody has placed. */
static int usable_processors(void)
{
        cpu_set_t usable;

        assert_return_code(sched_getaffinity(0, sizeof(usable), &usable), errno);
        return CPU_COUNT(&usable);
}

/* ---- run and end ------------------------------------------------------------------------------------------- */

/* Three times in place: what has ended can be started again. */
static enum step once_step(struct task *task)
{
        struct asker *a = (struct asker *)task;
        struct chore *c = &a->chores[0];

        EXPECT(&a->actor, worker_current() == task->worker);
        if (a->actor.at == 0)
                EXPECT(&a->actor, job_poll(&c->job) == POLL_REFUSED);
        if (a->actor.at > 0) {
                if (!ended(a, 0, 1))
                        return STEP_WAIT;
                EXPECT(&a->actor, c->runs == a->actor.at);
                EXPECT(&a->actor, !c->on_worker && !pthread_equal(c->thread, pthread_self()));
        }
        if (a->actor.at++ == 3) {
                EXPECT(&a->actor, job_drop(&c->job) == DROP_DONE);
                EXPECT(&a->actor, job_poll(&c->job) == POLL_REFUSED);
                return STEP_DONE;
        }
        chore_start(a, 0, false);
        return ended(a, 0, 1) ? STEP_YIELD : STEP_WAIT;
}

static void runs_elsewhere_ends_at_home(const struct runtime *row, int argument)
{
        struct asker a = { 0 };
        struct crew_counts counts;

        (void)argument;
        offload_once(row, &a, once_step, &counts);
        assert_int_equal(counts.job_starts, 3);
        assert_int_equal(counts.jobs_peak, 1);
        assert_int_equal(counts.jobs_withdrawn + counts.jobs_abandoned, 0);
        assert_int_equal(a.chores[0].processors, usable_processors());
}

/* All threads hold a job before one is let go; the others come after. */
static enum step crowd_step(struct task *task)
{
        struct asker *a = (struct asker *)task;

        if (a->actor.at == 0)
                for (unsigned i = 0; i < JOBS; i++)
                        chore_start(a, i, i < THREADS);
        if (a->actor.at < 2) {
                a->actor.at = threads_are_held(a, THREADS) ? 2 : 1;
                if (a->actor.at == 1)
                        return STEP_YIELD;
                EXPECT(&a->actor, atomic_load(&a->bench.begun) == THREADS);
                release(a, THREADS);
        }
        return ended(a, 0, JOBS) ? STEP_DONE : STEP_WAIT;
}

static void as_many_as_threads(const struct runtime *row, int argument)
{
        struct asker a = { 0 };
        struct crew_counts counts;

        (void)argument;
        offload_once(row, &a, crowd_step, &counts);
        assert_int_equal(atomic_load(&a.bench.most), THREADS);
        assert_int_equal(counts.jobs_peak, JOBS);
        for (unsigned i = 0; i < JOBS; i++)
                assert_int_equal(a.chores[i].runs, 1);
}

/* With all threads but one held, the one that is left takes the rest in their order. */
static enum step queue_step(struct task *task)
{
        struct asker *a = (struct asker *)task;

        if (a->actor.at == 0)
                for (unsigned i = 0; i < JOBS; i++)
                        chore_start(a, i, i < THREADS - 1);
        a->actor.at = 1;
        if (!ended(a, THREADS - 1, JOBS))
                return STEP_WAIT;
        if (a->actor.at++ == 1)
                release(a, THREADS - 1);
        return ended(a, 0, JOBS) ? STEP_DONE : STEP_WAIT;
}

static void first_come_first_served(const struct runtime *row, int argument)
{
        struct asker a = { 0 };
        struct crew_counts counts;

        (void)argument;
        offload_once(row, &a, queue_step, &counts);
        for (unsigned i = THREADS; i < JOBS; i++)
                assert_true(a.chores[i].place > a.chores[i - 1].place);
}

/* ---- dropped ----------------------------------------------------------------------------------------------- */

/* All threads are held; one more job is in the queue when it is dropped, and its memory goes. */
static enum step drop_queued_step(struct task *task)
{
        struct asker *a = (struct asker *)task;
        struct chore *queued = &a->chores[THREADS];

        switch (a->actor.at) {
        case 0:
                for (unsigned i = 0; i < THREADS; i++)
                        chore_start(a, i, true);
                a->actor.at = 1;
                /* fall through */
        case 1:
                if (!threads_are_held(a, THREADS))
                        return STEP_YIELD;
                chore_start(a, THREADS, false);
                EXPECT(&a->actor, atomic_load(&task->worker->jobs) == THREADS + 1);
                a->actor.at = 2;
                /* fall through */
        case 2:
                if (job_drop(&queued->job) == DROP_PENDING)
                        return STEP_WAIT;
                EXPECT(&a->actor, queued->runs == 0);
                memory_spoil(queued, sizeof(*queued));
                release(a, THREADS);
                a->actor.at = 3;
                /* fall through */
        default:
                if (!ended(a, 0, THREADS))
                        return STEP_WAIT;
                EXPECT(&a->actor, memory_is_spoiled(queued, sizeof(*queued)));
                return STEP_DONE;
        }
}

static void queued_never_runs(const struct runtime *row, int argument)
{
        struct asker a = { 0 };
        struct crew_counts counts;

        (void)argument;
        offload_once(row, &a, drop_queued_step, &counts);
        assert_int_equal(counts.jobs_withdrawn, 1);
        assert_int_equal(counts.jobs_abandoned, 0);
}

static enum step drop_running_step(struct task *task)
{
        struct asker *a = (struct asker *)task;
        struct chore *c = &a->chores[0];

        switch (a->actor.at) {
        case 0:
                chore_start(a, 0, true);
                a->actor.at = 1;
                /* fall through */
        case 1:
                if (!threads_are_held(a, 1))
                        return STEP_YIELD;
                EXPECT(&a->actor, job_drop(&c->job) == DROP_PENDING);
                EXPECT(&a->actor, job_drop(&c->job) == DROP_PENDING); /* is the same as once */
                release(a, 1);
                a->actor.at = 2;
                /* fall through */
        default:
                if (job_drop(&c->job) == DROP_PENDING)
                        return STEP_WAIT;
                EXPECT(&a->actor, c->runs == 1 && atomic_load(&a->bench.running) == 0);
                return STEP_DONE;
        }
}

static void running_is_not_stopped(const struct runtime *row, int argument)
{
        struct asker a = { 0 };
        struct crew_counts counts;

        (void)argument;
        offload_once(row, &a, drop_running_step, &counts);
        assert_int_equal(counts.jobs_withdrawn, 0);
        assert_int_equal(counts.jobs_abandoned, 1);
}

/* ---- left ---------------------------------------------------------------------------------------------------- */

/* One job that runs and is left. It outlives the rule: what it touches is its own, or this. */
struct leaver {
        struct actor actor;
        struct chore *chore;
};

static struct bench left_bench;

/* As soon as it runs. */
static enum step leave_step(struct task *task)
{
        struct leaver *l = (struct leaver *)task;

        if (l->actor.at == 0) {
                *l->chore = (struct chore){ .bench = &left_bench, .holds = true };
                job_start(&l->chore->job, task, chore_work);
                l->actor.at = 1;
        }
        if (!atomic_load(&l->chore->began))
                return STEP_YIELD;
        EXPECT(&l->actor, job_drop(&l->chore->job) == DROP_PENDING);
        job_leave(&l->chore->job);
        EXPECT(&l->actor, atomic_load(&task->worker->jobs) == 0);
        return STEP_DONE;
}

static void left_is_not_waited_for(const struct runtime *row, int argument)
{
        struct leaver l = { .chore = malloc(sizeof(*l.chore)) };
        struct stage stage;

        (void)argument;
        assert_non_null(l.chore);
        sem_init(&left_bench.release, 0, 0);
        stage_open(&stage, row, 1);
        crew_offload(stage.crew, THREADS);
        stage_cast(&stage, &l.actor, leave_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&l.actor, l.actor.steps);
        assert_int_equal(atomic_load(&left_bench.running), 1);
        assert_int_equal(stage.counts.jobs_abandoned, 1);
        assert_int_equal(stage.counts.jobs_left, 1);
        memory_spoil(&l, sizeof(l)); /* the task is gone, and the job does not ask for it */
        sem_post(&left_bench.release);
        while (atomic_load(&left_bench.running))
                sleep_until(run_now_ns() + ms);
        assert_true(memory_is_spoiled(&l, sizeof(l)));
}

/* ---- a select and a cancellation ---------------------------------------------------------------------------- */

/* Waits for the first of a timer and two jobs, of which one has begun. */
static enum step select_step(struct task *task)
{
        struct asker *a = (struct asker *)task;

        if (a->actor.at == 0) {
                for (unsigned i = 0; i < THREADS + 1; i++)
                        chore_start(a, i, true);
                timer_start(&a->timer, task, 3600000 * ms);
                a->actor.at = 1;
        }
        select_suspend(&a->select, task, THREADS + 2, &a->timer.wait, &a->chores[0].job.wait,
                       &a->chores[1].job.wait, &a->chores[2].job.wait);
        return STEP_WAIT;
}

static void asker_cleanup(struct task *task)
{
        struct asker *a = (struct asker *)task;

        a->cleanups++;
        EXPECT(&a->actor, worker_current() == task->worker);
        EXPECT(&a->actor, a->timer.state == SOURCE_IDLE);
        for (unsigned i = 0; i < THREADS + 1; i++)
                EXPECT(&a->actor, job_poll(&a->chores[i].job) == POLL_REFUSED);
        EXPECT(&a->actor, atomic_load(&a->bench.running) == 0);
}

static void cancelled_while_it_runs(const struct runtime *row, int argument)
{
        struct asker a = { .actor.task.cleanup = asker_cleanup };
        struct stage stage;

        (void)argument;
        asker_open(&a);
        stage_open(&stage, row, 1);
        crew_offload(stage.crew, THREADS);
        stage_cast(&stage, &a.actor, select_step, 0);
        crew_start(stage.crew);
        while (!threads_are_held(&a, THREADS))
                sleep_until(run_now_ns() + ms);
        task_cancel(&a.actor.task);
        sleep_until(run_now_ns() + 5 * ms); /* to find the jobs still running, though it need not */
        release(&a, THREADS + 1);
        stage_join(&stage);
        sem_destroy(&a.bench.release);
        assert_played(&a.actor, 0);
        assert_int_equal(a.cleanups, 1);
        assert_int_equal(stage.counts.job_starts, THREADS + 1);
        assert_int_equal(a.chores[0].runs + a.chores[1].runs, THREADS);
        assert_int_equal(stage.counts.jobs_withdrawn + a.chores[THREADS].runs, 1);
}

static void no_job_at_all(const struct runtime *row, int argument)
{
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 2);
        crew_offload(stage.crew, THREADS);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_int_equal(stage.counts.job_starts, 0);
}

const struct rule offload_rules[] = {
        { .hook = "pool_open",
          .holds = "a crew without jobs ends",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = no_job_at_all },
        { .hook = "job_start",
          .holds = "runs once on no worker and on any processor, its end is seen on the task's",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = runs_elsewhere_ends_at_home },
        { .hook = "job_start",
          .holds = "as many jobs as threads run at once, and no more",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = as_many_as_threads },
        { .hook = "job_start",
          .holds = "jobs begin in the order of their start",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = first_come_first_served },
        { .hook = "job_withdraw",
          .holds = "a dropped job that is queued never runs, its memory may go",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = queued_never_runs },
        { .hook = "job_withdraw",
          .holds = "a dropped job that runs is not stopped, and its drop is over when it has ended",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = running_is_not_stopped },
        { .hook = "close",
          .holds = "a job that is left runs on, and nothing waits for it",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = left_is_not_waited_for },
        { .hook = "job_withdraw",
          .holds = "a cancelled task is cleaned up once, when its jobs have ended",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = cancelled_while_it_runs },
        { 0 },
};
