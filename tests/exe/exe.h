/* SPDX-License-Identifier: MIT */
/* The protocol as tests: what contract_test asks of an executable that it knows nothing else about. */
#ifndef AB_EXE_H
#define AB_EXE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "workloads/workload.h"

/* ---- the executable and its cells ---------------------------------------------------------------------- */

struct exe {
        const char *path;
        const char *name;                     /* its file's name without `asyncbench-` */
        const char *only_row;                 /* NULL: all rows */
        const struct workload *only_workload; /* NULL: all cells */
        const struct variant *only_variant;   /* NULL: all of only_workload */
        json_t *description;                  /* what `describe` said; NULL until it is known to be sound */
        struct cell *cells;                   /* those that were asked for, absent ones too */
        size_t cell_count;
};

/* A workload x variant on a row; lives as long as its executable. */
struct cell {
        const char *row;
        bool available; /* the row can run here */
        unsigned traits;
        const struct workload *workload;
        const struct variant *variant;
        const char *absent;   /* NULL: the cell exists; else why not */
        char *params;         /* of its smallest sample, "burst=64;...": of the values in profile `smoke` the
                               first combination that the workload does not exclude. NULL: absent, or it
                               excludes all */
        const char *excluded; /* why it excludes all */
};

/* Fill in the cells. EXE has a description. */
void exe_find_cells(struct exe *exe);
void exe_free(struct exe *exe);

/* ---- the words of a call ------------------------------------------------------------------------------- */

enum { WORDS_MAX = 160 };

/* argv of the executable: its path and `sample`, then pairs. Ends at NULL. */
struct words {
        const char *at[WORDS_MAX];
        size_t count;
        char *text; /* owned: the parameters, cut up */
};

/* The call that runs the smallest sample of CELL, which has one, with --out-fd 3. */
void words_of_sample(struct words *w, const struct exe *exe, const struct cell *cell);
void words_add(struct words *w, const char *option, const char *value);
void words_free(struct words *w);

/* ---- a short call, its streams apart ------------------------------------------------------------------- */

struct call {
        int status; /* exit status; 128 + N for signal N; -1: not started, or killed after 5 s */
        char *out, *err, *records; /* what came on descriptors 1, 2 and 3, zero-terminated; owned */
};

/* Run ARGV to its end, with no input. Out of memory or descriptors ends the program. */
void call_run(struct call *call, const char *const *argv);
void call_free(struct call *call);

/* ---- what holds ---------------------------------------------------------------------------------------- */

enum { WHY_BYTES = 512 };

/* Put the reason why something does not hold into WHY, which has WHY_BYTES; false. */
bool why_not(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line of the Test Anything Protocol: SUBJECT keeps RULE, or not, for the reason WHY. Returns OK. */
bool tap_check(bool ok, const char *subject, const char *rule, const char *why);

/* SUBJECT could not be asked for RULE, for the reason WHY. */
void tap_skip(const char *subject, const char *rule, const char *why);

/* The plan line. The exit status of the program: 0 when all held and there was something to hold, else 1. */
int tap_finish(void);

/* `describe`: form, names, traits, absent cells. False when nothing can be built on what it says; else
 * exe->description is set. */
bool describe_rules(struct exe *exe);

/* Bad arguments: exit 64, one line on standard error that names the bad word, nothing on the descriptor. */
void usage_rules(const struct exe *exe);

/* Every cell that exists, once: records, outcome, exit status, nothing left behind. */
void sample_rules(const struct exe *exe);

/* Does HISTOGRAM, a record of that kind, agree with itself and with the indexes of hist.h? */
bool histogram_holds(json_t *histogram, char *why);

#endif
