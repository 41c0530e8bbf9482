/* SPDX-License-Identifier: MIT */
/* The life of a crew: its workers are made, start together, and are joined. */
#include "runtimes/task/crew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtimes/task/offload.h"

enum { TASK_STACK_BYTES = 256 * 1024 };

static void *allocate(struct run *run, size_t bytes)
{
        /* a multiple of the alignment, as aligned_alloc() wants it */
        size_t rounded = (bytes + RUN_CACHE_LINE_BYTES - 1) / RUN_CACHE_LINE_BYTES * RUN_CACHE_LINE_BYTES;
        void *p = aligned_alloc(RUN_CACHE_LINE_BYTES, rounded);

        if (!p)
                run_fail(run, "no memory for %zu bytes", bytes);
        memset(p, 0, rounded);
        return p;
}

static void executor_check(const struct executor *ex, struct run *run)
{
        const char *hole = NULL;

        if (!ex->open)
                hole = "open";
        else if (!ex->loop)
                hole = "loop";
        else if (!ex->close)
                hole = "close";
        else if (ex->worker_bytes < sizeof(struct worker))
                hole = "worker_bytes";
        else if (!ex->never_suspends && !ex->notify)
                hole = "notify";
        else if (!ex->never_suspends && (!ex->timer_start || !ex->timer_drop))
                hole = "timer_start or timer_drop";
        else if (!ex->never_suspends && (!ex->watch_start || !ex->watch_drop))
                hole = "watch_start or watch_drop";
        else if (!ex->pool_open != !ex->job_start || !ex->job_start != !ex->job_withdraw)
                hole = "pool_open, job_start or job_withdraw";
        if (hole)
                run_fail(run, "the executor of %s lacks %s", run->runtime, hole);
}

static struct worker *crew_add_worker(struct crew *c)
{
        struct worker *w = allocate(c->run, c->executor->worker_bytes);

        if (c->count == c->capacity) {
                c->capacity = c->capacity ? 2 * c->capacity : 8;
                c->workers = realloc(c->workers, c->capacity * sizeof(*c->workers));
                if (!c->workers)
                        run_fail(c->run, "no memory for %u workers", c->capacity);
        }
        w->crew = c;
        w->run = c->run;
        w->executor = c->executor;
        w->index = c->count;
        c->workers[c->count++] = w;
        return w;
}

struct crew *crew_open(const struct executor *ex, struct run *run, unsigned workers)
{
        struct crew *c;

        executor_check(ex, run);
        c = allocate(run, sizeof(*c));
        c->executor = ex;
        c->run = run;
        c->asked = workers;
        pthread_mutex_init(&c->guard, NULL);
        if (!ex->worker_per_task)
                for (unsigned i = 0; i < workers; i++)
                        crew_add_worker(c);
        run_knob(run, "workers", "%u", workers);
        run_knob(run, "poll_interval", "%d", POLL_INTERVAL);
        return c;
}

void crew_spawn(struct crew *c, struct task *t, unsigned index)
{
        struct worker *w = c->executor->worker_per_task ? crew_add_worker(c) : c->workers[index % c->count];

        w->tasks = realloc(w->tasks, (w->task_count + 1) * sizeof(struct task *));
        if (!w->tasks)
                run_fail(c->run, "no memory for task %u", w->task_count);
        w->tasks[w->task_count++] = t;
        task_settle(t, w);
}

void crew_offload(struct crew *c, unsigned threads)
{
        CHECK(c->run, c->executor->never_suspends, ==, false);
        CHECK(c->run, threads, >, 0);
        c->blocking_threads = threads;
        run_knob(c->run, "blocking_threads", "%u", threads);
}

static void pool_make(struct crew *c)
{
        if (!c->blocking_threads)
                return;
        if (c->executor->pool_open)
                c->executor->pool_open(c->run, c->blocking_threads);
        else
                c->pool = pool_start(c->run, c->blocking_threads);
        for (unsigned i = 0; i < c->count; i++) {
                c->workers[i]->offloads = true;
                c->workers[i]->pool = c->pool;
        }
}

static void count_context_switches(struct worker *w)
{
        struct rusage usage;

        if (getrusage(RUSAGE_THREAD, &usage) == 0)
                w->counts.context_switches = (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
}

/* Also runs when the thread is cancelled. */
static void worker_end(void *arg)
{
        struct worker *w = arg;

        count_context_switches(w);
        if (!w->executor->worker_per_task) { /* nobody notifies a loop that is closed: no worker, no pool */
                pthread_barrier_wait(&w->crew->gate);
                pthread_barrier_wait(&w->crew->gate);
        }
        w->executor->close(w);
        worker_become(NULL);
}

static void *worker_main(void *arg)
{
        struct worker *w = arg;
        const struct executor *ex = w->executor;
        char name[16];
        int error;

        snprintf(name, sizeof(name), "worker-%u", w->index);
        pthread_setname_np(pthread_self(), name);
        if (ex->worker_per_task)
                run_pin_first(w->run, w->crew->asked);
        else
                run_pin(w->run, w->index);
        worker_become(w);
        atomic_store(&w->tid, gettid());
        error = ex->open(w);
        if (error)
                run_fail(w->run, "worker %u cannot make its loop: %s", w->index, strerror(-error));
        pthread_barrier_wait(&w->crew->gate);
        pthread_cleanup_push(worker_end, w);
        ex->loop(w);
        pthread_cleanup_pop(1);
        return NULL;
}

/* Is TID a worker's, and what can still wake it? For the watchdog, which looks at the threads of the pool itself. */
static bool crew_worker(void *arg, pid_t tid, unsigned *armed)
{
        struct crew *c = arg;

        for (unsigned i = 0; i < c->count; i++)
                if (atomic_load(&c->workers[i]->tid) == tid) {
                        *armed = atomic_load_explicit(&c->workers[i]->armed, memory_order_relaxed);
                        return true;
                }
        return false;
}

void crew_start(struct crew *c)
{
        struct run_threads threads = { .arg = c,
                                       .worker = crew_worker,
                                       .idle_wait_ms = c->executor->idle_wait_ms };
        pthread_attr_t attr;

        if (atomic_load(&c->live) == 0)
                atomic_store(&c->closed, true);
        pool_make(c);
        pthread_barrier_init(&c->gate, NULL, c->count + 1);
        pthread_attr_init(&attr);
        if (c->executor->worker_per_task)
                pthread_attr_setstacksize(&attr, TASK_STACK_BYTES);
        for (unsigned i = 0; i < c->count; i++) {
                int error = pthread_create(&c->workers[i]->thread, &attr, worker_main, c->workers[i]);

                if (error)
                        run_fail(c->run, "cannot start worker %u of %u: %s", i, c->count, strerror(error));
        }
        pthread_attr_destroy(&attr);
        run_watch_threads(c->run, &threads);
        pthread_barrier_wait(&c->gate);
}

static void counts_add(struct crew_counts *sum, const struct worker *w)
{
        uint64_t remote = atomic_load(&w->remote_wakes);

        sum->steps += w->counts.steps;
        sum->suspensions += w->counts.suspensions;
        sum->wakes += w->counts.wakes + remote;
        sum->remote_wakes += remote;
        sum->notifies += atomic_load(&w->notifies);
        sum->polls += w->counts.polls;
        sum->timer_starts += w->counts.timer_starts;
        sum->watch_starts += w->counts.watch_starts;
        sum->job_starts += w->counts.job_starts;
        sum->jobs_withdrawn += w->counts.jobs_withdrawn;
        sum->jobs_abandoned += w->counts.jobs_abandoned;
        sum->jobs_left += w->counts.jobs_left;
        if (sum->jobs_peak < w->counts.jobs_peak)
                sum->jobs_peak = w->counts.jobs_peak;
        sum->context_switches += w->counts.context_switches;
}

static void threads_join(struct crew *c)
{
        for (unsigned i = 0; i < c->count; i++)
                pthread_join(c->workers[i]->thread, NULL);
}

/* A thread of the pool may still be waking a task that has seen its job end: it ends before the loop that it
 * notifies is closed. */
static void workers_leave(struct crew *c)
{
        bool per_task = c->executor->worker_per_task;

        if (per_task)
                threads_join(c);
        else
                pthread_barrier_wait(&c->gate);
        if (c->pool)
                pool_stop(c->pool);
        if (per_task)
                return;
        pthread_barrier_wait(&c->gate);
        threads_join(c);
}

/* A loop that a job still holds on to goes with the process, and so does its memory. */
static void worker_free(struct worker *w)
{
        static struct worker *left;

        free(w->tasks);
        if (w->jobs_left) {
                w->next_left = left;
                left = w;
        } else {
                free(w);
        }
}

void crew_join(struct crew *c, struct crew_counts *counts)
{
        struct crew_counts sum = { 0 };

        workers_leave(c);
        run_unwatch_threads(c->run);
        for (unsigned i = 0; i < c->count; i++) {
                CHECK(c->run, atomic_load(&c->workers[i]->armed), ==, 0);
                CHECK(c->run, atomic_load(&c->workers[i]->jobs), ==, 0);
                counts_add(&sum, c->workers[i]);
                worker_free(c->workers[i]);
        }
        pthread_barrier_destroy(&c->gate);
        pthread_mutex_destroy(&c->guard);
        free(c->workers);
        free(c);
        if (counts)
                *counts = sum;
}
