/* SPDX-License-Identifier: MIT */
/* The contract of a workload: what it asks, its variants and parameters, how it runs and is verified. */
#ifndef AB_WORKLOAD_H
#define AB_WORKLOAD_H

#include "harness/run.h"

struct executor;
struct server;

enum role { ROLE_MISTAKE, ROLE_FIX, ROLE_BASELINE, ROLE_ALTERNATIVE };

/* How often a variant is worth running: a priced one is compared over all rounds, an outcome (hang,
 * leak, loss) shows itself in the first three. */
enum rounds { ROUNDS_PRICED, ROUNDS_OUTCOME };

struct variant {
        const char *name;
        enum role role;
        const char *against; /* the variant it is divided by; NULL for a fix */
        enum rounds rounds;
        const char *ignores; /* parameters it does not read, "tasks,burst": run once, not per value;
                                NULL: reads all */
        const char *text;    /* one sentence: what this program does */
        const char *price;   /* of a mistake: the metric in which its fix may be dearer; NULL: in none */
};

/* A parameter's values are a comma list of numbers or words, per profile; the first of each list is
 * the headline. The word `all` as a value of `workers` or `threads` is replaced by the number of usable
 * cores when the run is planned. NULL for a profile = the value of the one before it. */
struct param {
        const char *name, *unit; /* unit "" for a plain number, "word" for words */
        const char *smoke, *quick, *standard, *publish;
        const char
                *words; /* the words that are legal beside numbers, or the only ones: "memory,descriptor" */
        uint64_t min, max; /* range of its numbers; both 0: words only */
        const char *text;
};

struct metric {
        const char *name, *unit;
        bool higher_is_better;
        bool headline; /* exactly one per workload: what verdicts are about */
        const char *text;
};

/*
 * A curve: what METRIC does while PARAM moves and everything else keeps its headline value. The further values that
 * a profile has for PARAM are run for VARIANTS alone and in as few rounds as an outcome; they get no verdict. A user
 * who gives PARAM's values himself has every variant run at each, in all rounds.
 */
struct curve {
        const char *param;
        const char *variants; /* "held,early-drop" */
        const char *
                metric; /* one of the workload's; NULL: the share of the samples that end in a deadlock or stall */
        double (*expected)(
                const struct run *run); /* what arithmetic makes of METRIC, from the parameters alone;
                                                      NULL: nothing known */
        double slope_low,
                slope_high; /* METRIC must rise by so much per unit of expected(); both 0: nothing said */
        const char *text;   /* one sentence: what the curve says */
};

struct workload {
        const char *name;               /* file = CLI word = CSV value = plot label */
        const char *question;           /* "What does an async mutex cost when a sync one would do?" */
        const char *operation;          /* what one operation is */
        const char *method;             /* two sentences for the report */
        const char *expected;           /* what was expected before it ran, and on whose word */
        const struct variant *variants; /* ends at a NULL name */
        const struct param
                *params; /* ends at a NULL name; warmup_ms, window_ms, stall_ms are every workload's */
        const struct metric *metrics; /* ends at a NULL name */
        const struct curve *curves;   /* ends at a NULL param; NULL: none */
        unsigned quick_rounds;        /* of its priced variants in `quick`; 0: as many as the profile has */
        bool ranks;                   /* its variants that divide by none are compared between rows: each
                                         row's with that of the reference row */

        /* Why the variant does not exist with these parameters on a runtime with TRAITS, or NULL when it
         * does (NULL instead of the function: always): combinations that the plan leaves out, by name. The run has parameters only. With TRAITS 0
         * the answer is about the parameters alone. */
        const char *(*excludes)(const struct run *run, unsigned traits);

        /* Why VARIANT does not exist on a runtime with TRAITS (enum trait), or NULL when it does. */
        const char *(*absent)(const struct variant *variant, unsigned traits);

        /* Run one sample over an executor: spawn, window, join, report by run_count() all that verify()
         * asks for, and free what it made. 0, or -errno when it could not be set up. A runtime with a form
         * in its own language runs that instead, and reports the same counts. */
        int (*run)(const struct executor *ex, struct run *run);

        /* Instead of run(), for workloads about servers: run one sample of SERVER, the row's own (serving.h). */
        int (*serve)(const struct server *server, struct run *run);

        /* What must come of these parameters on a runtime with TRAITS (enum trait). */
        enum outcome (*expect)(const struct run *run, unsigned traits);

        /* Report the metrics, which follow from the window and the counts, and check the counts exactly by
         * run_check(): the same for every runtime, in whatever language it ran. TRAITS (enum trait) as above.
         * Called after run() returned 0. A mismatch is a failed sample, never a number. */
        void (*verify)(struct run *run, unsigned traits);
};

#define WORKLOAD(name) extern const struct workload workload_##name;
#include "workloads/list.h"
#undef WORKLOAD

/* All workloads, in the order of list.h; ends at NULL. */
extern const struct workload *const workloads[];

/* The workload NAME, or NULL. */
const struct workload *workload_find(const char *name);

/* The variant NAME of W, or NULL. */
const struct variant *workload_variant(const struct workload *w, const char *name);

/* ---- what several workloads answer alike --------------------------------------------------------------- */

/* An absent(): no variant exists where there is nothing to wait on. */
const char *workload_absent_without_waits(const struct variant *variant, unsigned traits);

/* Part of an excludes(): why a runtime with TRAITS does not run TASKS tasks (UINT64_MAX: always enough) on the
 * `workers` workers of RUN, or NULL when it does. */
const char *workload_excludes_workers(const struct run *run, unsigned traits, uint64_t tasks);

/* An expect(): whatever the parameters, the sample completes. */
enum outcome workload_completes(const struct run *run, unsigned traits);

/* Is V drawn in a curve of W along the parameter PARAM? */
bool workload_has_curve(const struct workload *w, const char *param, const struct variant *v);

/* Is NAME one of the words of the comma list LIST, which may be NULL? */
bool workload_list_has(const char *list, const char *name);

/* The headline metric of W. */
const struct metric *workload_headline(const struct workload *w);

/* Has W a parameter of its own in place of P of common_params[]? */
bool workload_replaces(const struct workload *w, const struct param *p);

/* The parameters that every workload has (warmup_ms, window_ms, stall_ms), unless it has its own of that name; ends at
 * a NULL name. */
extern const struct param common_params[];

#endif
