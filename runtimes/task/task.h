/* SPDX-License-Identifier: MIT */
/* The role `executor`: tasks that suspend and are woken, over any runtime's own loop. */
#ifndef AB_TASK_H
#define AB_TASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/run.h"

/*
 * A task is a stackless state machine, as a C program writes it by hand: one function that runs up
 * to the next point where it has to wait and keeps its place in its own struct. What is shared by
 * all runtimes stands here: the wake state machine, the ready queue, cancellation. How a worker is
 * notified, sleeps, fires timers and watches descriptors is the runtime's own code (struct executor).
 *
 * A task lives on the worker that it was spawned on, as a handle lives on its loop, and all its
 * steps run there. Everything that a task waits for wakes it through task_wake(); wakes coalesce, so
 * a step must look again at what it waited for and may find nothing (a spurious wake).
 */

enum step {
        STEP_YIELD, /* run me again after the others that are ready */
        STEP_POLL, /* the same, but not before the loop has been polled once: what is due there comes first */
        STEP_WAIT, /* something that will wake me is armed, and task->wait says what */
        STEP_DONE, /* finished: no further step */
};

/* Did a poll find what it asked for? */
enum poll {
        POLL_READY,
        POLL_PENDING, /* registered: the task will be woken */
        POLL_REFUSED, /* asked again after it had finished; counted by its owner */
};

/* Is the withdrawal of a wait over? */
enum drop {
        DROP_DONE,    /* nothing of it can reach the task any more; its memory may go */
        DROP_PENDING, /* the task will be woken when it is */
};

struct crew;
struct executor;
struct signal;
struct worker;
struct task;
struct job;
struct pool;

/* What a suspended task waits for, so that cancellation can take it back. Lives in the task. */
struct wait {
        /* Withdraw it: called on the task's worker while the task is suspended; again after a wake when
         * it answered DROP_PENDING. */
        enum drop (*withdraw)(struct wait *wait);
};

struct task {
        enum step (*step)(struct task *task); /* never NULL */
        void (*cleanup)(
                struct task *task); /* on cancellation, once, after the wait was withdrawn; NULL: none */
        struct signal
                *ended;    /* fired once when the task has finished, by STEP_DONE or by cancellation and after
                                 its clean-up: whoever sees it sees all that the task wrote. NULL: nobody waits.
                                 Must outlive crew_join(). */
        struct wait *wait; /* set by whatever returned POLL_PENDING */
        struct worker *worker;  /* home */
        struct task *next;      /* in a ready queue or inbox */
        _Atomic unsigned state; /* task.c: where it is in the wake state machine */
        _Atomic bool cancelled; /* asked for; acts at the next suspension point */
        bool finished;          /* by STEP_DONE or by cancellation; home worker, or after crew_join */
};

/* ---- a crew: the workers and tasks of one sample ------------------------------------------------ */

/* Make WORKERS workers over EX; a table with a hole or no memory ends the sample. Owned by the caller
 * until crew_join(). */
struct crew *crew_open(const struct executor *ex, struct run *run, unsigned workers);

/* Give TASK, zeroed but for step, cleanup and ended, a home: worker INDEX modulo their number (on a runtime
 * with a thread per task, a thread of its own). Before crew_start(). TASK must outlive crew_join(). */
void crew_spawn(struct crew *crew, struct task *task, unsigned index);

/* Let the tasks of CREW hand blocking work (offload.h) to THREADS >= 1 threads, which start with the crew and are
 * idle when the gate opens: the runtime's own pool where it has one, else one of the suite's. Recorded as
 * `blocking_threads`. Before crew_start(). */
void crew_offload(struct crew *crew, unsigned threads);

/* Start every worker, let each arrive, and open the gate: all tasks become ready at once. */
void crew_start(struct crew *crew);

/* Wait until every task has finished, stop the workers, free everything. *counts, when not NULL, is
 * the sum over the workers. From the thread that called crew_start(). */
struct crew_counts {
        uint64_t steps;            /* calls of step() */
        uint64_t suspensions;      /* steps that returned STEP_WAIT and really slept */
        uint64_t wakes;            /* task_wake() calls that made a task ready */
        uint64_t remote_wakes;     /* of these, from another thread than the task's worker */
        uint64_t notifies;         /* times another thread used the runtime's own wake-up */
        uint64_t polls;            /* turns of the runtime's own loop */
        uint64_t timer_starts;     /* timers armed or re-armed */
        uint64_t watch_starts;     /* descriptors registered */
        uint64_t job_starts;       /* blocking work handed over; each runs once or is withdrawn */
        uint64_t jobs_withdrawn;   /* of these, dropped before they had begun: never run */
        uint64_t jobs_abandoned;   /* of these, dropped after they had begun: run to their end */
        uint64_t jobs_left;        /* of these, not waited for: may run on when the crew has ended */
        uint64_t jobs_peak;        /* most that one worker had outstanding; the largest, not the sum */
        uint64_t context_switches; /* of the workers' threads, voluntary and not (RUSAGE_THREAD) */
};
void crew_join(struct crew *crew, struct crew_counts *counts);

/* ---- tasks ------------------------------------------------------------------------------------ */

/* Make TASK ready at its home, once however often it is called before the task runs; nothing when it
 * has finished. Any thread, until crew_join(). */
void task_wake(struct task *task);

/* Ask TASK to end: at its next suspension point, on its own worker, its wait is withdrawn, then
 * cleanup() is called, once, then it counts as finished. A task that is already finished is left
 * alone. Any thread, after crew_start() and until crew_join(). */
void task_cancel(struct task *task);

/* ---- timers and watches: from the task's own worker only ------------------------------------------ */

enum { TIMER_NATIVE_BYTES = 192, WATCH_NATIVE_BYTES = 256 };

enum source_state { SOURCE_IDLE, SOURCE_ARMED, SOURCE_FIRED, SOURCE_DROPPING };

/* Wakes its task once after a time. Zeroed = idle. A deadline is never early. */
struct timer {
        struct wait wait; /* for cancellation; first, see source.c */
        struct task *task;
        enum source_state state;
        uint64_t deadline_ns;                                  /* CLOCK_MONOTONIC */
        _Alignas(16) unsigned char native[TIMER_NATIVE_BYTES]; /* the runtime's handle */
};

/* Arm T for TASK, or re-arm it in place when it is armed or has fired. */
void timer_start(struct timer *t, struct task *task, uint64_t after_ns);

/* Has T fired? POLL_PENDING while it is armed. */
enum poll timer_poll(struct timer *t);

/* Take T back, armed or not, and release the native handle; idle again when it answers DROP_DONE. */
enum drop timer_drop(struct timer *t);

/* Wakes its task while FD is readable. Zeroed = idle. */
struct watch {
        struct wait wait; /* for cancellation */
        struct task *task;
        int fd;
        enum source_state state; /* FIRED: a one-shot request has completed and is not re-armed */
        bool ready;              /* readable since the last watch_poll() */
        uint64_t generation;     /* events of an earlier registration are discarded by it */
        _Alignas(16) unsigned char native[WATCH_NATIVE_BYTES];
};

/* Register W for TASK on FD. */
void watch_start(struct watch *w, struct task *task, int fd);

/* Was FD seen readable? Clears it; when it was not, makes sure that the next readiness will wake. */
enum poll watch_poll(struct watch *w);

/* Withdraw W; idle again when it answers DROP_DONE. */
enum drop watch_drop(struct watch *w);

/* ---- what a runtime implements ------------------------------------------------------------------- */

/* A thread that runs tasks. The runtime's own worker struct starts with it. */
struct worker {
        struct crew *crew;
        struct run *run;
        const struct executor *executor;
        unsigned index;
        pthread_t thread;
        _Atomic pid_t tid;
        struct task_queue {
                struct task *first, *last;
        } ready, polling;     /* own thread only; polling: ready when the loop has been polled */
        struct task *running; /* the task whose step is on the stack */
        unsigned live;        /* unfinished tasks that live here; own thread once started */
        struct task **tasks;  /* all that live here, in the order of crew_spawn() */
        unsigned task_count;
        bool offloads;            /* crew_offload() was called */
        struct pool *pool;        /* the suite's; NULL where the runtime brings its own */
        unsigned jobs_left;       /* to the runtime's own pool: run on, and hold on to the loop; own thread */
        struct worker *next_left; /* of those whose loop is not closed */
        _Atomic unsigned armed;   /* timers and watches that can still wake a task here */
        struct crew_counts counts;                                   /* own thread */
        _Alignas(RUN_CACHE_LINE_BYTES) _Atomic(struct task *) inbox; /* pushed by other threads */
        _Atomic uint64_t remote_wakes, notifies;                     /* counted by the other threads */
        _Atomic unsigned jobs; /* outstanding; counted down by whoever ends them */
};

enum turn {
        TURN_MORE, /* tasks are still ready: poll the loop without blocking and come back */
        TURN_IDLE, /* nothing is ready: block in the loop until notified, a timer or a watch */
        TURN_STOP, /* every task of the crew has finished: leave the loop */
};

/* Every hook is required unless it says otherwise; crew_open() refuses a table with a hole and names
 * it. All but notify run on the worker's own thread. */
struct executor {
        size_t worker_bytes;   /* of the runtime's own worker struct, which starts with struct worker */
        bool worker_per_task;  /* each task has a thread of its own */
        bool never_suspends;   /* STEP_WAIT is an error; timers, watches and notify may be NULL */
        unsigned idle_wait_ms; /* see struct run_threads */

        /* Make the worker's loop. 0 or -errno. Must say what really runs: worker_backend(). */
        int (*open)(struct worker *w);

        /* Run until worker_turn() answers TURN_STOP. */
        void (*loop)(struct worker *w);

        /* Also when the thread was cancelled. Free what open made; no timer or watch is left, and a job only where
         * jobs_left says so. Workers with several tasks close only after all
         * have left their loops; with a thread per task notify() must stay harmless after it. */
        void (*close)(struct worker *w);

        /* Make TO's loop come round soon. FROM is the calling worker, or NULL when the caller is not a
         * worker of the crew. Calls may coalesce; at least one turn starts after each. */
        void (*notify)(struct worker *to, struct worker *from);

        /* Optional: make a cancelled task see it; by default it is woken. Any thread. */
        void (*cancel)(struct task *task);

        /* Arm T->native for T->deadline_ns, AFTER_NS from now; fresh (SOURCE_IDLE) or in place. On
         * expiry call timer_fired(t). */
        void (*timer_start)(struct timer *t, uint64_t after_ns);

        /* Release T->native. DROP_PENDING: call timer_dropped(t) later. */
        enum drop (*timer_drop)(struct timer *t);

        /* Register W->fd for reading, fresh or (one-shot rows) again. On readiness: watch_fired(w). */
        void (*watch_start)(struct watch *w);

        /* Withdraw it. DROP_PENDING: call watch_dropped(w) later. */
        enum drop (*watch_drop)(struct watch *w);

        /* Optional, all three or none: blocking work goes to a pool of the runtime's own. */

        /* Make it have THREADS threads, which are there when it returns and may use all processors; before any
         * worker is made, on the thread that called crew_start(). */
        void (*pool_open)(struct run *run, unsigned threads);

        /* Hand JOB over: a thread of the pool calls job->work(job), then job_ended(job) is called, once. */
        void (*job_start)(struct job *job);

        /* Keep JOB from running. False when it has begun. In both cases job_ended(job) is still to be called. */
        bool (*job_withdraw)(struct job *job);
};

/* The worker that the calling thread is, or NULL. */
struct worker *worker_current(void);

/* Run ready tasks, at most POLL_INTERVAL steps, so that a task that always yields does not starve the
 * loop's own events. Loops call it once per turn. */
enum { POLL_INTERVAL = 61 }; /* as Tokio's event_interval */
enum turn worker_turn(struct worker *w);

/* For a runtime that steps its tasks itself: TASK answered STEP_DONE. On the task's worker. */
void task_finish(struct task *task);

/* For a runtime with its own `cancel`: withdraw the wait of TASK, clean up, count it as finished. False when the
 * withdrawal is not over yet. On the task's worker, while it is suspended. */
bool task_end_cancelled(struct task *task);

/* For such a runtime: TASK was woken, and is to wait for the next wake. On a worker that has no other task. */
void task_suspend_again(struct task *task);

/* Events of the native loop, on the worker's own thread. */
void timer_fired(struct timer *t);
void timer_dropped(struct timer *t);
void watch_fired(struct watch *w);     /* level-triggered rows: stays armed */
void watch_completed(struct watch *w); /* one-shot rows: ready, and no longer armed */
void watch_dropped(struct watch *w);

/* Record, once per sample, the backend that the worker found itself running on. Two workers that
 * found different ones fail the sample. */
void worker_backend(struct worker *w, const char *backend);

#endif
