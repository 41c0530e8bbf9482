/* SPDX-License-Identifier: MIT */
/* What a workload in a runtime's own language needs of a sample where C has inline functions and crews. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/run_private.h"

enum { THREADS_MAX = 4096 };

/* The threads of a runtime that makes them itself. A slot is written once and read by the watchdog. */
struct run_native {
        _Atomic pid_t tids[THREADS_MAX];
        _Atomic unsigned count;
        _Atomic int armed;
        _Atomic uint64_t switches;
};

const _Atomic bool *run_stop_flag(const struct run *run)
{
        return &run->stop;
}

_Atomic uint64_t *run_tally_counter(struct run *run, size_t index)
{
        CHECK(run, index, <, run_tally_count(run));
        return &run->private->tallies[index].operations;
}

void run_record(struct run *run, size_t index, uint64_t ns)
{
        hist_record(&run->private->recorders[index], ns);
}

static bool native_worker(void *arg, pid_t tid, unsigned *armed)
{
        struct run_native *n = arg;
        unsigned count = atomic_load(&n->count);

        for (unsigned i = 0; i < count && i < THREADS_MAX; i++)
                if (atomic_load(&n->tids[i]) == tid) {
                        *armed = (unsigned)atomic_load(&n->armed);
                        return true;
                }
        return false;
}

/* The first caller makes it; threads may begin at the same time. */
static struct run_native *native_of(struct run *run)
{
        static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
        struct run_private *p = run->private;
        struct run_native *n;

        pthread_mutex_lock(&making);
        if (!p->native) {
                p->native = calloc(1, sizeof(*p->native));
                if (!p->native)
                        run_fail(run, "no memory for the table of threads");
                run_watch_threads(run, &(struct run_threads){ .arg = p->native, .worker = native_worker });
        }
        n = p->native;
        pthread_mutex_unlock(&making);
        return n;
}

void run_thread_begin(struct run *run, unsigned index, bool placed)
{
        struct run_native *n = native_of(run);
        unsigned slot = atomic_fetch_add(&n->count, 1);

        CHECK(run, slot, <, THREADS_MAX);
        atomic_store(&n->tids[slot], gettid());
        if (placed)
                run_pin(run, index);
}

void run_thread_end(struct run *run)
{
        struct rusage usage;

        if (getrusage(RUSAGE_THREAD, &usage) == 0)
                atomic_fetch_add(&native_of(run)->switches, (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw));
}

uint64_t run_thread_switches(const struct run *run)
{
        return run->private->native ? atomic_load(&run->private->native->switches) : 0;
}

void run_thread_armed(struct run *run, int change)
{
        atomic_fetch_add(&native_of(run)->armed, change);
}

void run_native_free(struct run *run)
{
        if (run->private->native)
                run_unwatch_threads(run);
        free(run->private->native);
}
