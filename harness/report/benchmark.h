/* SPDX-License-Identifier: MIT */
/* benchmark.json: the run in the schema of Google Benchmark, for its tools/compare.py. */
#ifndef AB_REPORT_BENCHMARK_H
#define AB_REPORT_BENCHMARK_H

#include "harness/report/data.h"
#include "harness/report/outputs.h"

/*
 * {"context": {...}, "benchmarks": [...]} as Google Benchmark 1.7 writes it, one benchmark a line; cells in the
 * order of the report, and of each
 *
 *   an "iteration" per sample that ended ok and has a time: a repetition. real_time is the headline metric, ns
 *   per operation. iterations is the number of operations that the sample counted: those of its window and of the
 *   warm-up before it. cpu_time is the processor time of its whole process, all threads, divided by these; where
 *   either is unknown it says the same as real_time, because compare.py needs a number. Every other metric and
 *   every count is a counter, that is, a further number.
 *
 *   an "iteration" with error_occurred and error_message per sample that failed, was skipped or is invalid. Its
 *   times are 0, as Google Benchmark has them after SkipWithError(). A sample that was not run has none.
 *
 *   the "aggregate"s mean, median, stddev (of the sample) and cv, when there are two of such samples.
 *
 *   the "aggregate" outcome of a variant that is there for its outcome: which share of its samples completed,
 *   deadlocked or stalled. It has no time and no time_unit: compare.py reads times of every "iteration", 0 is one
 *   for it and makes its geometric mean 0, but an "aggregate" without a unit it leaves alone. So cells without a
 *   time per operation, such as a deadlock that had to show, have no "iteration" at all, and their other
 *   aggregates have counters only.
 *
 * The samples of round 0 are not in it: they count system calls, and their times are none.
 */

/* Write all of it. Errors show in out_close(). */
void benchmark_write(struct out *f, struct report_data *d);

#endif
