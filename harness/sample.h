/* SPDX-License-Identifier: MIT */
/* Making and ending a sample: what the executable of a runtime, the driver's plan and tests share. */
#ifndef AB_SAMPLE_H
#define AB_SAMPLE_H

#include "harness/run.h"
#include "workloads/workload.h"

/* A run of variant V of W with PARAMS ("burst=64;tasks=1", every parameter of W and the common ones
 * once), that reports nowhere: for excludes(), expect() and tests. NULL with one line in ERROR that
 * names the bad or missing parameter. Freed by run_free(). */
struct run *run_new(const struct workload *w, const struct variant *v, const char *runtime,
                    const char *params, uint64_t seed, char *error, size_t error_bytes);

/* Let RUN write its protocol lines on descriptor FD from now on. */
void run_report_to(struct run *run, int fd);

void run_free(struct run *run);

struct runtime;

/* Run the sample of RUN on row RT, with all its records from `expect` to `outcome`, or `skip` when RT
 * cannot run here. Returns the exit status; a sample that hangs or breaks ends the process instead.
 * RUN was made by run_new() and has not run yet. */
int sample_run(struct run *run, const struct runtime *rt);

/* The whole of asyncbench-NAME: `describe`, `sample` and `serve`, see protocol.h. NAME is the executable's name
 * without `asyncbench-`. Returns the exit status. */
int sample_main(const char *name, int argc, char **argv);

#endif
