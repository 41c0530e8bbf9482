/* SPDX-License-Identifier: MIT */
/* The tables for other programs: samples.csv, histograms.csv, summary.csv. */
#ifndef AB_REPORT_CSV_H
#define AB_REPORT_CSV_H

#include "harness/report/analysis.h"
#include "harness/report/outputs.h"

/* One metric or count of one sample a line; a sample without any has one line without a metric. */
void csv_write_samples(struct out *f, const struct report_data *d);

/* One bucket of one histogram of one sample a line. 0, or -errno when the histograms cannot be read. */
int csv_write_histograms(struct out *f, const struct report_data *d);

/* One metric of one cell a line, and for outcome variants one line with the share of samples that showed it. */
void csv_write_summary(struct out *f, const struct analysis *a);

#endif
