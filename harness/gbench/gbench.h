/* SPDX-License-Identifier: MIT */
/* The cells as Google Benchmark's front end sees them: names, numbers and strings, nothing of the driver's. */
#ifndef AB_GBENCH_H
#define AB_GBENCH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A cell is what `asyncbench run PROFILE` would run: a workload, a variant, a row, and a parameter set of the profile.
 * Cells that cannot run here are none of them: Google Benchmark has no word for what is absent, `asyncbench list
 * --absent` has.
 *
 * A sample is a process of its own with the driver's deadlines. Its time is the headline metric, the mean over a
 * window, in ns per operation. Google Benchmark divides the time of a run by its iterations and wants as many in
 * every repetition, which windows do not have. So a run is one iteration, one iteration is one sample, and the
 * time that is set for it is that of one operation: real_time comes out as the headline metric. What the sample
 * counted is among its counters.
 *
 * What has no time is shown by SkipWithError(), the only word that Google Benchmark 1.7 has for it, expected or not: a
 * sample that failed or was skipped, and an outcome. A deadlock that had to show says so in its line; any time beside
 * it would be one that nobody measured.
 *
 * All of this from the main thread. Strings live until gbench_close(), unless something else is said.
 */
struct gbench;

/* What came of a sample. */
struct gbench_sample {
        const char *refusal; /* NULL: it has times. Else the line that stands for them, until the next sample:
                                "timeout: window", or "deadlock, as expected: " and the evidence */
        double real_ns, cpu_ns; /* per operation; cpu_ns as in benchmark.json */
};

/* The options that gbench_open() takes, for a help text. */
extern const char gbench_help[];

/* Find the cells. The words of ARGV that are options of ours are taken out, *ARGC is their number; ARGV lives as
 * long as the result. INT, TERM and HUP from then on end the sample under way, and no further one is started; a
 * second one ends the process. NULL, with one line in ERROR, when a word is wrong, the executables cannot be
 * asked, or there is no cell. */
struct gbench *gbench_open(int *argc, char **argv, char *error, size_t error_bytes);
void gbench_close(struct gbench *g);

size_t gbench_cells(const struct gbench *g);

/* "mutex/sync/epoll/burst=64/tasks=1": CELL's name, that of benchmark.json without "/manual_time". */
const char *gbench_name(const struct gbench *g, size_t cell);

/* Item INDEX of what a reader of the times has to know, and its *VALUE; NULL beyond the last. */
const char *gbench_context(const struct gbench *g, size_t index, const char **value);

/* Run one sample of CELL. The first one takes the machine for this process; where another run has it, that is every
 * sample's refusal. */
void gbench_run(struct gbench *g, size_t cell, struct gbench_sample *sample);

/* Counter INDEX of the last sample, unless it was refused, and its *VALUE; NULL beyond the last. Until the next
 * sample. */
const char *gbench_counter(const struct gbench *g, size_t index, double *value);

/* What the process has to exit with: 0, enum exit_code's EXIT_REFUSED without the machine, 130 or 143 after a
 * signal. A sample without a time changes nothing: its line says it. */
int gbench_exit_status(const struct gbench *g);

#ifdef __cplusplus
}
#endif

#endif
