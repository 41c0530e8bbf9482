/* SPDX-License-Identifier: MIT */
/* The report: everything in a run's folder that is derived from its record. */
#ifndef AB_REPORT_H
#define AB_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct workload;

enum report_result {
        REPORT_OK = 0,
        REPORT_BAD_INPUT = 1,    /* the record is missing, corrupt or of another version */
        REPORT_CANNOT_WRITE = 4, /* the folder cannot be written, or is full */
};

/* What report_build() leaves at its default. */
struct report_options {
        bool plots;
        unsigned gnuplot_timeout_ms;             /* for one plot; 0 = a minute */
        const struct workload *const *workloads; /* ends at NULL; the tables that give the roles */
};

/* Write samples.csv, histograms.csv, summary.csv, benchmark.json, plots/ and REPORT.md of the run in DIR from its
 * environment.json, schedule.csv and journal.jsonl alone: the same record gives the same bytes,
 * whatever the locale. Each file is written beside its place, synced and renamed; unless REPORT_OK is
 * returned nothing that was there is changed (a failing rename apart). Without gnuplot, or with one that
 * fails, the rest is complete and REPORT.md says why. Returns enum report_result, else with one
 * line in ERROR. Not for two threads or processes on one DIR at a time. */
int report_build(const char *dir, bool plots, char *error, size_t error_bytes);

/* The same with OPTIONS. */
int report_build_with(const char *dir, const struct report_options *options, char *error, size_t error_bytes);

#endif
