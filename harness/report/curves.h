/* SPDX-License-Identifier: MIT */
/* Curves: what a metric does as one parameter moves, with what arithmetic says of it. */
#ifndef AB_REPORT_CURVES_H
#define AB_REPORT_CURVES_H

#include "harness/report/analysis.h"
#include "harness/report/outputs.h"

enum { CURVE_MOST_POINTS = 32 };

/* Curve C of workload W as this run has it: its values in rising order, each with the parameter set that it is. */
struct curve_view {
        const struct workload *w;
        const struct curve *c;
        uint32_t headline; /* the parameter set that all its points share but for one value */
        size_t n;
        struct curve_point {
                double x;
                uint32_t group;
        } points[CURVE_MOST_POINTS];
};

/* Look C up in D. The view has n = 0 when fewer than three values were run. */
struct curve_view curve_view(const struct report_data *d, const struct workload *w, const struct curve *c);

/* The same, however few they are. */
struct curve_view curve_points(const struct report_data *d, const struct workload *w, const struct curve *c);

/* The curve of W along PARAM that has METRIC; NULL without one. */
const struct curve *curve_find(const struct workload *w, const char *param, const char *metric);

/* Did V on ROW fall short of the rate that was planned at this point, in half of its samples or more? What it took then
 * says how long the window was. */
bool curve_saturated(const struct report_data *d, const struct curve_view *view, size_t point,
                     const struct variant *v, uint32_t row);

/* Was GROUP run for a curve alone, in few rounds and without the reference row against itself? */
bool curve_only(const struct report_data *d, uint32_t group);

/* One point of one row: median, least and most over its rounds, or the share of the samples that hung. N = 0: nothing is known. */
struct curve_value {
        size_t n;
        double median, low, high;
};
struct curve_value curve_value(const struct analysis *a, const struct curve_view *view, size_t point,
                               const struct variant *v, uint32_t row);

/* What arithmetic says there; NAN when nothing. */
double curve_expected(const struct report_data *d, const struct curve_view *view, size_t point,
                      const struct variant *v);

/*
 * How METRIC follows what was expected: the slope of one against the other, as stats_slope() finds it in each round, and of these the median, least and most over the rounds. Where nothing is expected, the slope of the
 * logarithms of metric and parameter: the exponent of a power law, 0 where the parameter does not matter. Only rounds
 * that have all points count. N = 0: it cannot be told.
 */
struct curve_value curve_slope(const struct analysis *a, const struct curve_view *view,
                               const struct variant *v, uint32_t row);

/* Write plots/NAME.dat and plots/NAME.gp: a panel per program, a line per row, arithmetic dashed. *panels = 0 and no file when
 * nothing has a value. 0 or -errno. */
int curve_write(const struct analysis *a, const struct curve_view *view, const char *name,
                const char *const title[3], struct outputs *o, size_t *panels);

/* "missed_share", or "share that hangs" for a curve of outcomes; and its unit. */
const char *curve_metric(const struct curve *c);
const char *curve_unit(const struct curve_view *view);

#endif
