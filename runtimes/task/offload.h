/* SPDX-License-Identifier: MIT */
/* Blocking work for tasks: handed to a pool of threads, its end delivered on the asking task's worker. */
#ifndef AB_OFFLOAD_H
#define AB_OFFLOAD_H

#include "runtimes/task/task.h"

/*
 * A crew that offloads says so by crew_offload() (task.h). Its threads are idle when the gate opens, and take
 * jobs in the order of job_start(). All functions here are called on the asking task's own worker; only
 * work() runs elsewhere, and touches nothing of the task but what the job was given.
 *
 * Before its task finishes, each job must have ended and been seen by job_poll(), or been dropped.
 */

enum { JOB_NATIVE_BYTES = 192 };

enum job_state { JOB_IDLE, JOB_QUEUED, JOB_RUNNING, JOB_ENDED };

/* One piece of blocking work, in the task's own memory. Zeroed = idle. */
struct job {
        struct wait wait; /* for cancellation; first, see offload.c */
        struct task *task;
        void (*work)(struct job *job);
        struct job *next;       /* in the queue of the suite's own pool */
        _Atomic unsigned state; /* enum job_state; RUNNING is said by the suite's own pool only */
        bool dropped;           /* job_drop() waits for its end */
        unsigned *left;         /* job_leave(): where it is counted until it ends; else NULL */
        _Alignas(16) unsigned char native[JOB_NATIVE_BYTES]; /* the runtime's request */
};

/* Hand WORK over for TASK, which is woken when it has ended: at the back of the queue, whatever its length. JOB is
 * idle or has ended. A wait for it is a deadlock when no thread of the pool can go on (watchdog.h). */
void job_start(struct job *job, struct task *task, void (*work)(struct job *job));

/* Has JOB ended? What work() wrote is visible then. POLL_READY until it is started again or dropped. */
enum poll job_poll(struct job *job);

/* Take JOB back. One that has not begun never runs: counted as withdrawn. One that has begun is never stopped:
 * DROP_PENDING until it has ended, counted as abandoned. */
enum drop job_drop(struct job *job);

/* JOB, which comes from malloc() and whose job_drop() answered DROP_PENDING, is not waited for any longer: its task is
 * not woken for it and may finish, crew_join() does not wait for its thread. It runs on, which is why its work() must
 * touch nothing but JOB and what lives as long as the process, and is freed when it has ended. Counted as left; the
 * process then ends by _exit(), see run_leave_threads(). */
void job_leave(struct job *job);

/* ---- for a runtime with a pool of its own --------------------------------------------------------------- */

/* JOB is over, run or not, and its request is no longer in use. Always on its worker: a job that is left may be
 * going on, and needs the loop, as long as worker->jobs_left says so; then close() leaves the loop as it is. */
void job_ended(struct job *job);

/* ---- for the crew ---------------------------------------------------------------------------------------- */

/* Start the suite's own pool and let its THREADS threads come to rest. */
struct pool *pool_start(struct run *run, unsigned threads);

/* End it, without a job in it: returns when all its threads have ended that do not run a job that was left. */
void pool_stop(struct pool *pool);

#endif
