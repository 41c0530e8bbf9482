/* SPDX-License-Identifier: MIT */
/* A crew from inside; for the sources of the task layer alone. */
#ifndef AB_CREW_H
#define AB_CREW_H

#include "runtimes/task/task.h"

struct crew {
        const struct executor *executor;
        struct run *run;
        unsigned asked;           /* workers asked for: with a thread per task, the cores it may use */
        unsigned count, capacity; /* workers that exist */
        struct worker **workers;
        _Atomic unsigned live;     /* unfinished tasks */
        _Atomic bool closed;       /* live has come to 0 */
        unsigned blocking_threads; /* asked for by crew_offload(); 0: none */
        struct pool *pool;
        pthread_barrier_t gate;
        pthread_mutex_t guard; /* of backend */
        char backend[64];
};

/* Say which worker the calling thread is from now on; NULL: none. */
void worker_become(struct worker *w);

/* Give T its home W, where it is ready. Before W's thread has started. */
void task_settle(struct task *t, struct worker *w);

#endif
