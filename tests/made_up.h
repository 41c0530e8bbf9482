/* SPDX-License-Identifier: MIT */
/* Samples of made-up workloads on a made-up row, each run whole in a process of its own. */
#ifndef AB_MADE_UP_H
#define AB_MADE_UP_H

#include <jansson.h>

#include "harness/sample.h"
#include "runtimes/runtime.h"

/* What came of a child. */
struct ending {
        int exit_status; /* 128 + the signal when it was killed */
        json_t *records; /* an array: each line that it wrote */
        char *errors;    /* its standard error */
};

/* The row `made-up`, which is also the whole of runtime_rows. Its probe fails while made_up_broken is
 * set. */
extern const char *made_up_broken;

/* The made-up parameters, all of them: "depth=2;source=memory;warmup_ms=5;...". */
extern const struct param made_up_params[];
#define MADE_UP_PARAMS "depth=2;workers=1;source=memory;warmup_ms=5;window_ms=20;stall_ms=300"

/* A workload whose run() is RUN, that expects to complete and verifies nothing. */
struct workload made_up_workload(int (*run)(const struct executor *ex, struct run *run));

/* Run a sample of W with PARAMS in a child. Fails the test when a line is no JSON object. */
struct ending made_up_sample(const struct workload *w, const char *params);

/* Run FUNCTION(ARG) in a child, with its standard output as the records. Its result is the status. */
struct ending made_up_child(int (*function)(void *arg), void *arg);

void ending_free(struct ending *e);

/* The first record of KIND ("check"), by its NAME or, for a phase, its phase; NULL: any. NULL when there
 * is none. Borrowed. */
json_t *ending_record(const struct ending *e, const char *kind, const char *name);

/* The outcome that was recorded, or "" when there is none. Borrowed. */
const char *ending_outcome(const struct ending *e);

/* The evidence of the outcome, or "". Borrowed. */
const char *ending_evidence(const struct ending *e);

#endif
