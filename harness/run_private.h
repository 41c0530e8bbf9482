/* SPDX-License-Identifier: MIT */
/* What the files that make, run, watch and report one sample share of it; no workload includes this. */
#ifndef AB_RUN_PRIVATE_H
#define AB_RUN_PRIVATE_H

#include <jansson.h>
#include <pthread.h>
#include <sched.h>

#include "harness/run.h"
#include "workloads/workload.h"

/* Processors with numbers up to 8191, which is what Linux supports at most. */
enum { RUN_CPU_SETS = 8 };

/* One parameter with its value. */
struct run_value {
        const struct param *param;
        const char *text; /* as given; in run_private.text */
        bool is_word;     /* one of param->words */
        uint64_t number;  /* RUN_ALL for the word `all` */
};

struct run_private {
        const struct workload *workload;
        char *runtime, *text; /* owned copies */
        struct run_value *values;
        size_t value_count;

        cpu_set_t cpus[RUN_CPU_SETS]; /* what the process may use */
        unsigned cpu_count;

        struct tally *tallies;
        _Atomic size_t tally_count;     /* set after tallies, for the watchdog */
        _Atomic uint64_t ready_at_ns;   /* since when there are tallies, and the threads that may count */
        _Atomic uint64_t window_end_ns; /* run_window() sleeps until then; 0 before it */
        uint64_t window_operations, window_ns;
        const _Atomic uint64_t *window_counter; /* see run_window_count(); NULL: none */
        uint64_t window_counted;

        struct hist *recorders, recorded;
        size_t recorder_count;

        struct run_native *native; /* native.c's own; NULL until a thread has begun */

        char *load_cpus; /* where the load generator runs, as a list; NULL: where the workers leave room */

        int fd;        /* protocol lines go there; -1: nowhere */
        bool expected; /* the expect record is written */
        bool check_failed;
        _Atomic bool threads_left; /* run_leave_threads() */
        unsigned phase;            /* how many phases have been entered or passed over */
        json_t *knobs;             /* names that are taken */
        json_t *counts;            /* by name */
        /* Held for each line. Whoever writes the outcome, a skip or a failure keeps it: nothing follows. */
        pthread_mutex_t line_lock;

        pthread_mutex_t watch_lock; /* of the three below; never held across a wait */
        struct run_threads threads; /* no crew: worker is NULL */
        void (*explain)(void *arg, char *buf, size_t bytes);
        void *explain_arg;
};

/* params.c: read "NAME=VALUE;..." into the run's values. False with one line in ERROR. */
bool params_read(struct run *run, const char *params, char *error, size_t error_bytes);

/* native.c */
void run_native_free(struct run *run);

/* emit.c: what sample.c alone may write. */
const char *outcome_word(enum outcome outcome);
void run_expect(struct run *run, enum outcome outcome);
void run_skip_record(struct run *run, const char *reason, const char *remedy);
void run_relay(struct run *run, json_t *record); /* a metric or histogram that another process has made */
void run_complete(struct run *run);              /* the last line */

#endif
