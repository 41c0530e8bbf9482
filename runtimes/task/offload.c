/* SPDX-License-Identifier: MIT */
/* Jobs, and the suite's own pool of threads that runs them where the runtime brings none. */
#include "runtimes/task/offload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the suite's own pool --------------------------------------------------------------------------------- */

struct pool {
        struct run *run;
        pthread_mutex_t guard; /* of all that follows */
        pthread_cond_t more;
        pthread_cond_t rested; /* all threads have come to wait, or one has ended */
        struct job *first, *last;
        bool stopping, deserted; /* deserted: the last thread frees it */
        unsigned count, resting, alive;
        unsigned left; /* jobs that run and were left */
        pthread_t threads[];
};

static void pool_free(struct pool *p)
{
        pthread_cond_destroy(&p->rested);
        pthread_cond_destroy(&p->more);
        pthread_mutex_destroy(&p->guard);
        free(p);
}

/* Under the guard; NULL when the pool stops. */
static struct job *pool_take(struct pool *p)
{
        struct job *job;

        if (++p->resting == p->count)
                pthread_cond_signal(&p->rested);
        while (!p->first && !p->stopping)
                pthread_cond_wait(&p->more, &p->guard);
        p->resting--;
        job = p->first;
        if (!job)
                return NULL;
        p->first = job->next;
        if (!p->first)
                p->last = NULL;
        atomic_store_explicit(&job->state, JOB_RUNNING, memory_order_relaxed);
        return job;
}

static void state_set(struct job *job, enum job_state state)
{
        atomic_store_explicit(&job->state, state, memory_order_release);
}

/* The task that is to be told; NULL: it has left the job. */
static struct task *job_over(struct job *job)
{
        struct task *task = job->task;

        if (job->left) {
                --*job->left;
                free(job);
                return NULL;
        }
        atomic_fetch_sub_explicit(&task->worker->jobs, 1, memory_order_relaxed);
        state_set(job, JOB_ENDED);
        return task;
}

/* Under the guard, which decides whether a job has ended or is left. */
static void *pool_main(void *arg)
{
        struct pool *p = arg;
        struct task *task;
        struct job *job;
        bool last;

        pthread_setname_np(pthread_self(), "blocking");
        pthread_mutex_lock(&p->guard);
        while ((job = pool_take(p))) {
                pthread_mutex_unlock(&p->guard);
                job->work(job);
                pthread_mutex_lock(&p->guard);
                task = job_over(job);
                if (!task)
                        continue;
                /* A wake-up may be a system call, for which nobody else has to wait. The task is there as long as the pool. */
                pthread_mutex_unlock(&p->guard);
                task_wake(task);
                pthread_mutex_lock(&p->guard);
        }
        last = --p->alive == 0 && p->deserted;
        pthread_cond_signal(&p->rested);
        pthread_mutex_unlock(&p->guard);
        if (last)
                pool_free(p);
        return NULL;
}

struct pool *pool_start(struct run *run, unsigned threads)
{
        struct pool *p = calloc(1, sizeof(*p) + threads * sizeof(p->threads[0]));

        if (!p)
                run_fail(run, "no memory for a pool of %u threads", threads);
        p->run = run;
        p->count = p->alive = threads;
        pthread_mutex_init(&p->guard, NULL);
        pthread_cond_init(&p->more, NULL);
        pthread_cond_init(&p->rested, NULL);
        for (unsigned i = 0; i < threads; i++) {
                int error = pthread_create(&p->threads[i], NULL, pool_main, p);

                if (error)
                        run_fail(run, "cannot start blocking thread %u of %u: %s", i, threads,
                                 strerror(error));
        }
        pthread_mutex_lock(&p->guard);
        while (p->resting < p->count)
                pthread_cond_wait(&p->rested, &p->guard);
        pthread_mutex_unlock(&p->guard);
        return p;
}

/* Under the guard. */
static void pool_desert(struct pool *p)
{
        p->deserted = true;
        for (unsigned i = 0; i < p->count; i++)
                pthread_detach(p->threads[i]);
}

void pool_stop(struct pool *p)
{
        bool deserted;

        pthread_mutex_lock(&p->guard);
        CHECK(p->run, p->first == NULL, ==, true);
        p->stopping = true;
        pthread_cond_broadcast(&p->more);
        while (p->left && p->alive > p->left)
                pthread_cond_wait(&p->rested, &p->guard);
        deserted = p->left > 0;
        if (deserted)
                pool_desert(p);
        pthread_mutex_unlock(&p->guard);
        if (deserted)
                return;
        for (unsigned i = 0; i < p->count; i++)
                pthread_join(p->threads[i], NULL);
        pool_free(p);
}

static void pool_append(struct pool *p, struct job *job)
{
        job->next = NULL;
        pthread_mutex_lock(&p->guard);
        if (p->last)
                p->last->next = job;
        else
                p->first = job;
        p->last = job;
        pthread_cond_signal(&p->more);
        pthread_mutex_unlock(&p->guard);
}

/* Unlink JOB if no thread has taken it yet. */
static bool pool_withdraw(struct pool *p, struct job *job)
{
        struct job *before = NULL;
        bool queued;

        pthread_mutex_lock(&p->guard);
        queued = atomic_load_explicit(&job->state, memory_order_relaxed) == JOB_QUEUED;
        if (queued) {
                for (struct job *j = p->first; j != job; j = j->next)
                        before = j;
                if (before)
                        before->next = job->next;
                else
                        p->first = job->next;
                if (p->last == job)
                        p->last = before;
        }
        pthread_mutex_unlock(&p->guard);
        return queued;
}

/* ---- jobs ------------------------------------------------------------------------------------------------- */

static enum drop job_withdraw(struct wait *wait)
{
        return job_drop((struct job *)wait);
}

/* Acquire: what work() wrote is seen by who sees JOB_ENDED. */
static enum job_state state_of(const struct job *job)
{
        return atomic_load_explicit(&job->state, memory_order_acquire);
}

void job_start(struct job *job, struct task *task, void (*work)(struct job *job))
{
        struct worker *w = task->worker;
        unsigned outstanding = atomic_fetch_add_explicit(&w->jobs, 1, memory_order_relaxed) + 1;

        CHECK(w->run, w->offloads, ==, true);
        CHECK(w->run, state_of(job) == JOB_IDLE || state_of(job) == JOB_ENDED, ==, true);
        job->wait.withdraw = job_withdraw;
        job->task = task;
        job->work = work;
        job->dropped = false;
        job->left = NULL;
        state_set(job, JOB_QUEUED);
        w->counts.job_starts++;
        if (outstanding > w->counts.jobs_peak)
                w->counts.jobs_peak = outstanding;
        if (w->executor->job_start)
                w->executor->job_start(job);
        else
                pool_append(w->pool, job);
}

enum poll job_poll(struct job *job)
{
        switch (state_of(job)) {
        case JOB_ENDED:
                return POLL_READY;
        case JOB_IDLE:
                return POLL_REFUSED;
        default:
                job->task->wait = &job->wait;
                return POLL_PENDING;
        }
}

/* The end of a job that was taken out of the suite's pool is at once, of any other when job_ended() says so. */
static enum drop drop_now(struct job *job)
{
        struct worker *w = job->task->worker;
        bool own = w->executor->job_withdraw != NULL;

        job->dropped = true;
        if (!(own ? w->executor->job_withdraw(job) : pool_withdraw(w->pool, job))) {
                w->counts.jobs_abandoned++;
                return DROP_PENDING;
        }
        w->counts.jobs_withdrawn++;
        if (own)
                return DROP_PENDING;
        atomic_fetch_sub_explicit(&w->jobs, 1, memory_order_relaxed);
        return DROP_DONE;
}

enum drop job_drop(struct job *job)
{
        enum job_state state = state_of(job);

        if (state != JOB_IDLE && state != JOB_ENDED && (job->dropped || drop_now(job) == DROP_PENDING) &&
            state_of(job) != JOB_ENDED) {
                job->task->wait = &job->wait;
                return DROP_PENDING;
        }
        state_set(job, JOB_IDLE);
        return DROP_DONE;
}

/* Is JOB still to end, so that it is counted in *LEFT from now on? */
static bool leave_if_running(struct job *job, unsigned *left)
{
        if (state_of(job) == JOB_ENDED)
                return false;
        job->left = left;
        ++*left;
        return true;
}

static bool pool_leave(struct pool *p, struct job *job)
{
        bool running;

        pthread_mutex_lock(&p->guard);
        running = leave_if_running(job, &p->left);
        pthread_mutex_unlock(&p->guard);
        return running;
}

void job_leave(struct job *job)
{
        struct worker *w = job->task->worker;

        CHECK(w->run, job->dropped, ==, true);
        if (w->pool ? pool_leave(w->pool, job) : leave_if_running(job, &w->jobs_left)) {
                w->counts.jobs_left++;
                atomic_fetch_sub_explicit(&w->jobs, 1, memory_order_relaxed);
                run_leave_threads(w->run);
        } else {
                free(job);
        }
}

/* Counted down first, so that the task finds its own number. Until it is woken the calling thread runs, which is
 * what the watchdog sees. After the store the job may be gone. The task is not, until crew_join() returns, and that
 * comes after the pool's threads have ended. */
void job_ended(struct job *job)
{
        struct task *task = job_over(job);

        if (task)
                task_wake(task);
}
