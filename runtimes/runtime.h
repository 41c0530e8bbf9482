/* SPDX-License-Identifier: MIT */
/* The contract of a runtime: its rows, what they are, what they can do, and how they do it. */
#ifndef AB_RUNTIME_H
#define AB_RUNTIME_H

#include "harness/run.h"

struct executor;
struct server; /* runtimes/serve/serve.h */

/* What outcomes depend on. A workload asks for these, never for a runtime's name. */
enum trait {
        TRAIT_REFERENCE = 1 << 0,          /* the row that others are divided by when it is selected */
        TRAIT_TASKS_SHARE_WORKER = 1 << 1, /* a task that blocks its thread blocks other tasks */
        TRAIT_TASKS_MIGRATE = 1 << 2,      /* a woken task may go on at another worker */
        TRAIT_CANCEL_ANYWHERE = 1 << 3,    /* cancellation acts at any suspension point */
        TRAIT_NEVER_SUSPENDS = 1 << 4,     /* bookkeeping only: a wait must be satisfied already */
        TRAIT_BUDGET = 1 << 5,             /* the runtime makes a task yield after so many operations */
        TRAIT_LAZY_WAITS = 1 << 6,  /* a wait is registered when it is first looked at, not when made */
        TRAIT_ONE_WORKER = 1 << 7,  /* one thread runs all tasks, by construction */
        TRAIT_OWN_WORKERS = 1 << 8, /* as shipped: as many workers as processors, whatever is asked */
        TRAIT_NATIVE = 1 << 9,      /* its own language and tasks; the suite's task layer takes no part */
};

/* What a reader must know of a row before believing its numbers. */
struct card {
        const char *model;      /* "readiness loop", "completion ring", "thread per task" */
        const char *effort;     /* "as-documented" or "tuned" */
        const char *threads;    /* which threads exist */
        const char *buffers;    /* who owns memory; "none: no I/O data" */
        const char *placement;  /* where a task lives and who may move it */
        const char *idiom_from; /* manual page or example this code follows */
        const char *differs;    /* where and why it does not */
        uint64_t timer_granularity_ns;
        int released; /* year of the packaged library's release; 0 = the kernel's or C library's own */
};

/* What a mistake looks like in this library's own API, with a public report of it. Without a report
 * the cell is marked `constructed`. */
struct mistake {
        const char *workload, *variant, *looks_like, *report; /* ends at a NULL workload */
};

/* A setting that is recorded with the results. */
struct knob {
        const char *name, *value, *meaning; /* ends at a NULL name */
};

/* A workload in the runtime's own language, in place of the executor. */
struct native {
        const char *workload; /* ends at NULL */
        int (*run)(struct run *run, int form);
        int form; /* which of several rows, as that code numbers them */
};

struct runtime {
        const char *name; /* row = CLI word = CSV value = plot label */
        const struct card *card;
        const char *(*version)(void); /* as the loaded library reports it */
        unsigned traits;              /* of enum trait */

        /* NULL: the cell exists; else why not, in a sentence. What follows from the traits is said by the
         * workload; NULL when there is nothing beyond. */
        const char *(*absent)(const struct runtime *rt, const char *workload, const char *variant);

        /* NULL: usable here; else a sentence saying why not. *remedy = what would help, or NULL. */
        const char *(*probe)(const char **remedy);

        const struct executor *executor; /* NULL when the runtime brings natives instead, or only serves */
        const struct server *server;     /* NULL: no server of its own */
        const struct native *natives;    /* NULL when it has an executor, or only serves */
        const struct mistake *mistakes;
        const struct knob *knobs;
};

/* The rows of this executable; ends at a NULL name. Each is named as the executable, or
 * NAME-suffix. */
extern const struct runtime runtime_rows[];

#endif
