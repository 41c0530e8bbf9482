/* SPDX-License-Identifier: MIT */
/* Which parameter sets make up a curve, and what its points and its slope are. */
#include "harness/report/curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/ranking.h"
#include "harness/sample.h"

enum { PARAMS_BYTES = 1024, FEWEST_POINTS = 3 };

/* ---- parameter sets */

/* Where the value of PARAM begins in "a=1;b=2", or NULL. */
static const char *value_of(const char *params, const char *param)
{
        size_t length = strlen(param);

        for (const char *at = params; at; at = strchr(at, ';'), at += at != NULL)
                if (strncmp(at, param, length) == 0 && at[length] == '=')
                        return at + length + 1;
        return NULL;
}

/* The number that PARAM has in PARAMS; NAN when it has none. */
static double number_of(const char *params, const char *param)
{
        const char *value = value_of(params, param);
        char *end;
        double x = value ? strtod(value, &end) : NAN;

        return value && end > value && (*end == ';' || !*end) ? x : NAN;
}

/* Are two parameter sets the same but for PARAM? */
static bool same_but(const char *a, const char *b, const char *param)
{
        const char *at_a = value_of(a, param), *at_b = value_of(b, param);
        size_t before = at_a ? (size_t)(at_a - a) : 0;

        return at_a && at_b && (size_t)(at_b - b) == before && strncmp(a, b, before) == 0 &&
               strcmp(at_a + strcspn(at_a, ";"), at_b + strcspn(at_b, ";")) == 0;
}

/* The workload's first parameter set: where its curves cross. */
static uint32_t headline_of(const struct report_data *d, const struct workload *w)
{
        for (size_t i = 0; i < d->group_count; i++)
                if (d->groups[d->group_order[i]].workload == w)
                        return d->group_order[i];
        return UINT32_MAX;
}

static bool has_second_name(const struct report_data *d, const struct group *g)
{
        for (uint32_t i = g->cells; i; i = d->cells[i - 1].next)
                if (d->rows[d->cells[i - 1].row].same_as)
                        return true;
        return false;
}

bool curve_only(const struct report_data *d, uint32_t group)
{
        const struct group *g = &d->groups[group], *headline = &d->groups[headline_of(d, g->workload)];

        if (g == headline || has_second_name(d, g))
                return false;
        for (const struct curve *c = g->workload->curves; c && c->param; c++)
                if (same_but(g->params, headline->params, c->param))
                        return true;
        return false;
}

static int compare_points(const void *left, const void *right)
{
        const struct curve_point *a = left, *b = right;

        return a->x < b->x ? -1 : a->x > b->x;
}

struct curve_view curve_points(const struct report_data *d, const struct workload *w, const struct curve *c)
{
        struct curve_view view = { .w = w, .c = c, .headline = headline_of(d, w) };

        for (size_t i = 0; i < d->group_count && view.n < CURVE_MOST_POINTS; i++) {
                const struct group *g = &d->groups[d->group_order[i]];
                double x = number_of(g->params, c->param);

                if (g->workload == w && !isnan(x) &&
                    same_but(g->params, d->groups[view.headline].params, c->param))
                        view.points[view.n++] = (struct curve_point){ x, d->group_order[i] };
        }
        qsort(view.points, view.n, sizeof(*view.points), compare_points);
        return view;
}

struct curve_view curve_view(const struct report_data *d, const struct workload *w, const struct curve *c)
{
        struct curve_view view = curve_points(d, w, c);

        if (view.n < FEWEST_POINTS)
                view.n = 0;
        return view;
}

const struct curve *curve_find(const struct workload *w, const char *param, const char *metric)
{
        for (const struct curve *c = w->curves; c && c->param; c++)
                if (strcmp(c->param, param) == 0 && c->metric && strcmp(c->metric, metric) == 0)
                        return c;
        return NULL;
}

/* ---- points */

const char *curve_metric(const struct curve *c)
{
        return c->metric ? c->metric : "share that hangs";
}

const char *curve_unit(const struct curve_view *view)
{
        for (const struct metric *m = view->w->metrics; m->name; m++)
                if (view->c->metric && strcmp(m->name, view->c->metric) == 0)
                        return m->unit;
        return "1";
}

static struct curve_value summed_up(double *values, size_t n)
{
        struct curve_value v = { .n = n, .median = NAN, .low = INFINITY, .high = -INFINITY };

        for (size_t i = 0; i < n; i++) {
                v.low = fmin(v.low, values[i]);
                v.high = fmax(v.high, values[i]);
        }
        v.median = stats_median(values, n);
        return v;
}

static struct curve_value share_that_hangs(const struct endings *e)
{
        double share = e->known ? (double)(e->deadlocks + e->stalls) / (double)e->known : NAN;

        return (struct curve_value){ .n = e->known, .median = share, .low = share, .high = share };
}

struct curve_value curve_value(const struct analysis *a, const struct curve_view *view, size_t point,
                               const struct variant *v, uint32_t row)
{
        struct report_data *d = (struct report_data *)a->data;
        const struct cell *c = data_cell(d, view->points[point].group, v, row);
        double *values;

        if (!c)
                return (struct curve_value){ 0 };
        if (!view->c->metric)
                return share_that_hangs(&finding_of(a, c)->endings);
        values = arena_alloc(&d->arena, (c->planned + 1) * sizeof(*values));
        return summed_up(values, cell_values(d, c, arena_intern(&d->arena, view->c->metric), values));
}

bool curve_saturated(const struct report_data *d, const struct curve_view *view, size_t point,
                     const struct variant *v, uint32_t row)
{
        const struct cell *c = data_cell(d, view->points[point].group, v, row);

        return c && ranking_limited_by(d, c, "saturated") >= 0.5;
}

/* ---- what arithmetic says */

/* PARAMS with the common parameters that it does not name, at whatever value: no arithmetic is about them. */
static void complete(char text[PARAMS_BYTES], const char *params)
{
        size_t used = (size_t)snprintf(text, PARAMS_BYTES, "%s", params);

        for (const struct param *p = common_params; p->name && used < PARAMS_BYTES; p++)
                if (!value_of(params, p->name))
                        used += (size_t)snprintf(text + used, PARAMS_BYTES - used, "%s%s=%s", used ? ";" : "",
                                                 p->name, p->smoke);
}

double curve_expected(const struct report_data *d, const struct curve_view *view, size_t point,
                      const struct variant *v)
{
        char params[PARAMS_BYTES], error[256];
        struct run *run;
        double expected;

        if (!view->c->expected)
                return NAN;
        complete(params, d->groups[view->points[point].group].params);
        run = run_new(view->w, v, "", params, 0, error, sizeof(error));
        if (!run)
                return NAN; /* a record whose parameters are not those of today */
        expected = view->c->expected(run);
        run_free(run);
        return expected;
}

/* ---- slopes */

static double value_in_round(const struct report_data *d, const struct cell *c, uint32_t round,
                             const char *metric)
{
        for (size_t i = 0; c && i < c->planned; i++)
                if (cell_sample(d, c, i)->round == round)
                        return sample_value(cell_sample(d, c, i), metric);
        return NAN;
}

struct curve_value curve_slope(const struct analysis *a, const struct curve_view *view,
                               const struct variant *v, uint32_t row)
{
        struct report_data *d = (struct report_data *)a->data;
        const char *metric = view->c->metric ? arena_intern(&d->arena, view->c->metric) : NULL;
        double x[CURVE_MOST_POINTS], *slopes = arena_alloc(&d->arena, (d->rounds + 1) * sizeof(*slopes));
        size_t n = 0;

        for (size_t i = 0; i < view->n; i++)
                x[i] = view->c->expected ? curve_expected(d, view, i, v) : log(view->points[i].x);
        for (uint32_t round = 1; metric && round <= d->rounds; round++) {
                double y[CURVE_MOST_POINTS], slope;

                for (size_t i = 0; i < view->n; i++) {
                        const struct cell *c = data_cell(d, view->points[i].group, v, row);

                        y[i] = value_in_round(d, c, round, metric);
                        if (!view->c->expected)
                                y[i] = log(y[i]);
                }
                slope = stats_slope(x, y, view->n);
                if (!isnan(slope))
                        slopes[n++] = slope;
        }
        return summed_up(slopes, n);
}
