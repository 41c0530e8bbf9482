/* SPDX-License-Identifier: MIT */
/* A thread for each connection beside the loops: who was measured, and where they are level. */
#include "harness/report/async.h"

#include <string.h>

#include "harness/report/ranking.h"

static const char WORKLOAD[] = "echo", CONNECTIONS[] = "connections";
const char ASYNC_TAIL[] = "service_p99_ns", ASYNC_CPU[] = "cpu_per_request_ns";

bool async_is_loop(const struct async_view *view, const struct row *row)
{
        return row->described && !row->own_threads && !row->never_suspends && !row->same_as &&
               row->effort == view->threads->effort;
}

/* The variant that the curve is about, which is in a closed loop with the server: the first. */
static const struct variant *variant_of(const struct curve *c, const struct workload *w)
{
        const struct variant *v = w->variants;

        while (v->name && !workload_list_has(c->variants, v->name))
                v++;
        return v->name ? v : NULL;
}

static const struct cell *measured(const struct analysis *a, uint32_t group, const struct variant *v,
                                   uint32_t row)
{
        const struct cell *c = data_cell(a->data, group, v, row);

        return c && finding_of(a, c)->headline.n ? c : NULL;
}

static const struct row *row_of_threads(const struct analysis *a, const struct async_view *view)
{
        const struct report_data *d = a->data;

        for (uint32_t r = 0; r < d->row_count; r++)
                for (size_t i = 0; d->rows[r].own_threads && i < view->curve.n; i++)
                        if (measured(a, view->curve.points[i].group, view->v, r))
                                return &d->rows[r];
        return NULL;
}

static const struct cell *best_loop(const struct analysis *a, const struct async_view *view, uint32_t group)
{
        const struct report_data *d = a->data;
        const struct cell *best = NULL;

        for (uint32_t r = 0; r < d->row_count; r++) {
                const struct cell *c =
                        async_is_loop(view, &d->rows[r]) ? measured(a, group, view->v, r) : NULL;

                if (c && (!best || finding_of(a, c)->headline.median > finding_of(a, best)->headline.median))
                        best = c;
        }
        return best;
}

static enum level level_of(const struct analysis *a, const struct async_point *p)
{
        double limit = 1 / (1 + smallest_effect(a, p->group));
        const struct paired *pair = &p->rate.pair;

        if (pair->n == 0 || !ranking_is_own(a->data, p->threads) || !ranking_is_own(a->data, p->best))
                return LEVEL_UNKNOWN;
        if (!pair->has_interval)
                return pair->ratio >= limit ? LEVEL_HOLDS : LEVEL_BEHIND;
        if (pair->low >= limit)
                return LEVEL_HOLDS;
        return pair->high < limit ? LEVEL_BEHIND : LEVEL_UNRESOLVED;
}

static void compare(const struct analysis *a, struct async_point *p, const struct workload *w)
{
        struct report_data *d = (struct report_data *)a->data;

        p->rate = analysis_against(a, p->threads, p->best, arena_intern(&d->arena, headline_metric(w)->name));
        p->tail = analysis_against(a, p->threads, p->best, arena_intern(&d->arena, ASYNC_TAIL));
        p->cpu = analysis_against(a, p->threads, p->best, arena_intern(&d->arena, ASYNC_CPU));
        p->level = level_of(a, p);
}

static void add_point(const struct analysis *a, struct async_view *view, const struct curve_point *at)
{
        struct async_point p = { .connections = at->x, .group = at->group };

        p.threads = measured(a, at->group, view->v, (uint32_t)(view->threads - a->data->rows));
        p.best = best_loop(a, view, at->group);
        if (!p.threads || !p.best)
                return;
        compare(a, &p, view->w);
        view->points[view->n++] = p;
}

static const struct workload *workload_in_run(const struct report_data *d)
{
        for (size_t i = 0; d->workloads[i]; i++)
                if (strcmp(d->workloads[i]->name, WORKLOAD) == 0 && data_has_workload(d, WORKLOAD))
                        return d->workloads[i];
        return NULL;
}

struct async_view async_view(const struct analysis *a)
{
        struct async_view view = { .w = workload_in_run(a->data) };
        const struct curve *c =
                view.w ? curve_find(view.w, CONNECTIONS, headline_metric(view.w)->name) : NULL;

        view.v = c ? variant_of(c, view.w) : NULL;
        if (!view.v)
                return view;
        view.curve = curve_points(a->data, view.w, c);
        view.threads = row_of_threads(a, &view);
        for (size_t i = 0; view.threads && i < view.curve.n; i++)
                add_point(a, &view, &view.curve.points[i]);
        return view;
}
