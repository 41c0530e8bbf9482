/* SPDX-License-Identifier: MIT */
/* What the rounds of a run support. */
#include "harness/report/analysis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/ranking.h"
#include "harness/report/text.h"

bool is_priced_mistake(const struct variant *v)
{
        return v->role == ROLE_MISTAKE && v->rounds == ROUNDS_PRICED && v->against;
}

const struct metric *headline_metric(const struct workload *w)
{
        const struct metric *m = w->metrics;

        while (m->name && !m->headline)
                m++;
        return m->name ? m : w->metrics;
}

uint32_t headline_group(const struct report_data *d, const struct workload *w, const struct variant *v)
{
        for (size_t i = 0; i < d->group_count; i++) {
                const struct group *g = &d->groups[d->group_order[i]];

                if (g->workload != w)
                        continue;
                for (uint32_t c = g->cells; c; c = d->cells[c - 1].next)
                        if (d->cells[c - 1].variant == v)
                                return d->group_order[i];
        }
        return UINT32_MAX;
}

const struct finding *finding_of(const struct analysis *a, const struct cell *c)
{
        return &a->cells[c - a->data->cells];
}

double smallest_effect(const struct analysis *a, uint32_t group)
{
        double floor = a->groups[group].floor;

        return floor > ANALYSIS_DELTA ? floor : ANALYSIS_DELTA;
}

const char *noise_text(double percent)
{
        enum noise grade;

        if (isnan(percent))
                return "unknown";
        grade = stats_noise_grade(percent);
        return grade == NOISE_TOO_NOISY ? "too noisy" : noise_word(grade);
}

double cost_factor(const struct analysis *a, const struct cell *c)
{
        const struct metric *m = headline_metric(a->data->groups[c->group].workload);
        double ratio = finding_of(a, c)->headline.pair.ratio;

        if (finding_of(a, c)->headline.pair.n == 0)
                return NAN;
        return m->higher_is_better ? 1 / ratio : ratio;
}

/* ---- one metric of one cell */

/* x = ln(C) - ln(BASE) for each round in which both ended ok: both lists are in round order. */
static size_t collect_log_ratios(const struct report_data *d, const struct cell *c, const struct cell *base,
                                 const char *name, double *x)
{
        size_t n = 0, i = 0, j = 0;

        while (i < c->planned && j < base->planned) {
                const struct sample *s = cell_sample(d, c, i), *t = cell_sample(d, base, j);

                if (s->round == t->round) {
                        double b = sample_value(s, name), a = sample_value(t, name);

                        if (a > 0 && b > 0)
                                x[n++] = log(b) - log(a);
                        i++;
                        j++;
                } else if (s->round < t->round) {
                        i++;
                } else {
                        j++;
                }
        }
        return n;
}

static double *scratch(size_t n)
{
        size_t capacity = 0;

        return array_grow(NULL, 0, &capacity, (n + 1) * sizeof(double));
}

static struct measure measure(const struct report_data *d, const struct cell *c, const struct cell *base,
                              const char *name, double alpha)
{
        double *values = scratch(c->planned);
        struct measure m = { .median = NAN,
                             .spread = NAN,
                             .pair = { .ratio = NAN, .low = NAN, .high = NAN } };

        m.n = cell_values(d, c, name, values);
        m.median = stats_median(values, m.n);
        if (m.n > 1)
                m.spread = stats_mad(values, m.n);
        if (base) {
                size_t n = collect_log_ratios(d, c, base, name, values);

                if (n)
                        m.pair = stats_paired(values, n, alpha);
        }
        free(values);
        return m;
}

const struct family *family_of(const struct analysis *a, const struct workload *w)
{
        return w->ranks ? &a->rows : &a->mistakes;
}

struct measure analysis_against(const struct analysis *a, const struct cell *c, const struct cell *base,
                                const char *name)
{
        return measure(a->data, c, base, name, family_of(a, a->data->groups[c->group].workload)->alpha);
}

struct measure analysis_measure(const struct analysis *a, const struct cell *c, const char *name)
{
        return analysis_against(a, c, finding_of(a, c)->base, name);
}

/* ---- what a cell is divided by, and which of these are comparisons */

static const struct cell *find_base(const struct report_data *d, const struct cell *c)
{
        const struct row *row = &d->rows[c->row];

        if (row->same_as)
                return data_cell(d, c->group, c->variant, (uint32_t)(row->same_as - d->rows));
        if (!c->variant->against)
                return ranking_rival(d, c);
        for (uint32_t i = d->groups[c->group].cells; i; i = d->cells[i - 1].next) {
                const struct cell *other = &d->cells[i - 1];

                if (other->row == c->row && strcmp(other->variant->name, c->variant->against) == 0)
                        return other;
        }
        return NULL;
}

static bool against_a_fix(const struct cell *c, const struct cell *base)
{
        return is_priced_mistake(c->variant) && base && base->variant->role == ROLE_FIX;
}

static bool is_primary(const struct report_data *d, const struct cell *c, const struct cell *base)
{
        if (d->rows[c->row].same_as)
                return false;
        if (d->groups[c->group].workload->ranks)
                return ranking_compares(d, c);
        return against_a_fix(c, base) &&
               headline_group(d, d->groups[c->group].workload, c->variant) == c->group;
}

static void share_out(struct family *f)
{
        f->alpha = ANALYSIS_ALPHA / (double)(f->comparisons ? f->comparisons : 1);
}

static void find_comparisons(struct analysis *a, struct report_data *d)
{
        for (size_t i = 0; i < d->cell_count; i++) {
                const struct cell *c = &d->cells[i];
                struct finding *f = &a->cells[i];

                f->base = find_base(d, c);
                f->primary = is_primary(d, c, f->base);
                if (d->groups[c->group].workload->ranks)
                        a->rows.comparisons += f->primary;
                else
                        a->mistakes.comparisons += f->primary;
        }
        share_out(&a->mistakes);
        share_out(&a->rows);
}

/* ---- how samples ended */

static bool tells_outcome(const struct sample *s)
{
        return s->outcome != OUTCOME_NONE && (s->status == STATUS_OK || s->status == STATUS_INVALID ||
                                              s->status == STATUS_DEADLOCK || s->status == STATUS_STALLED);
}

static struct endings count_endings(const struct report_data *d, const struct cell *c, const char *shown)
{
        struct endings e = { 0 };
        double *counts = scratch(c->planned);
        size_t n = 0;

        for (size_t i = 0; i < c->planned; i++) {
                const struct sample *s = cell_sample(d, c, i);
                double count = sample_number(s, shown);

                if (!tells_outcome(s))
                        continue;
                e.known++;
                e.deadlocks += s->outcome == OUTCOME_DEADLOCK;
                e.stalls += s->outcome == OUTCOME_STALLED;
                e.shown += s->outcome != OUTCOME_COMPLETED || count > 0;
                if (!isnan(count))
                        counts[n++] = count;
        }
        e.count = stats_median(counts, n);
        free(counts);
        if (c->variant->role == ROLE_MISTAKE && e.known)
                e.verdict = e.shown ? VERDICT_SHOWN : VERDICT_NOT_DEMONSTRATED;
        return e;
}

/* ---- noise */

static double mdape_of(const struct report_data *d, const struct cell *aa, const struct cell *base,
                       const char *name)
{
        double *ratios = scratch(aa->planned), result;
        size_t n = collect_log_ratios(d, aa, base, name, ratios);

        for (size_t i = 0; i < n; i++)
                ratios[i] = exp(ratios[i]);
        result = n > 1 ? stats_mdape(ratios, n) : NAN;
        free(ratios);
        return result;
}

/* Is C one side of a pair that verdicts may be about, at whatever parameters? */
static bool is_pair(const struct analysis *a, const struct cell *c)
{
        const struct cell *base = finding_of(a, c)->base;

        return against_a_fix(c, base) || (base && base == ranking_rival(a->data, c));
}

/* The median over the group's pairs of the noise of each. */
static double pair_spread(const struct analysis *a, uint32_t group)
{
        const struct report_data *d = a->data;
        double *spreads = scratch(d->cell_count), result;
        size_t n = 0;

        for (uint32_t i = d->groups[group].cells; i; i = d->cells[i - 1].next) {
                const struct finding *f = &a->cells[i - 1];

                if (is_pair(a, &d->cells[i - 1]) && f->headline.pair.n > 1)
                        spreads[n++] = f->headline.pair.spread;
        }
        result = stats_median(spreads, n);
        free(spreads);
        return result;
}

static const struct cell *find_aa(const struct report_data *d, uint32_t group)
{
        for (uint32_t i = d->groups[group].cells; i; i = d->cells[i - 1].next)
                if (d->rows[d->cells[i - 1].row].same_as)
                        return &d->cells[i - 1];
        return NULL;
}

static const char *too_noisy(struct report_data *d, double percent)
{
        char number[NUMBER_BYTES], text[CELL_BYTES];

        snprintf(text, sizeof(text), "the noise here is %s %%", number_rounded(number, percent, NAN));
        return arena_intern(&d->arena, text);
}

static void judge_group(struct analysis *a, struct report_data *d, uint32_t group)
{
        struct group_finding *g = &a->groups[group];
        const char *name = arena_intern(&d->arena, headline_metric(d->groups[group].workload)->name);
        double mdape = NAN;

        g->aa = find_aa(d, group);
        g->floor = NAN;
        g->pair_spread = pair_spread(a, group);
        if (g->aa && finding_of(a, g->aa)->headline.pair.n) {
                g->floor = stats_noise_floor(&finding_of(a, g->aa)->headline.pair);
                mdape = mdape_of(d, g->aa, finding_of(a, g->aa)->base, name);
        }
        g->noise_percent = fmax(mdape, 100 * g->pair_spread); /* fmax() passes over a NAN */
        if (!g->aa || !finding_of(a, g->aa)->headline.pair.n)
                g->why_not = "the reference row was not measured against itself here";
        else if (!isnan(g->noise_percent) && stats_noise_grade(g->noise_percent) == NOISE_TOO_NOISY)
                g->why_not = too_noisy(d, g->noise_percent);
        g->quiet_enough = !g->why_not;
}

/* ---- verdicts */

static enum verdict compare(const struct analysis *a, uint32_t group, const struct paired *p, double floor)
{
        const struct metric *m = headline_metric(a->data->groups[group].workload);

        if (p->n == 0)
                return VERDICT_NONE;
        return p->has_interval ? stats_verdict(p, m->higher_is_better, ANALYSIS_DELTA, floor)
                               : VERDICT_NOT_RESOLVED;
}

/* The reference row differs from itself: then no difference of this run can be believed. Its own noise
 * floor would cover any difference, so none is allowed for. */
static const char *aa_differs(const struct analysis *a, struct report_data *d)
{
        for (uint32_t g = 0; g < d->group_count; g++) {
                const struct cell *aa = a->groups[g].aa;
                enum verdict v = aa ? compare(a, g, &finding_of(a, aa)->headline.pair, 0) : VERDICT_NONE;
                char text[512];

                if (v != VERDICT_FASTER && v != VERDICT_SLOWER)
                        continue;
                snprintf(text, sizeof(text), "%.60s measured against itself came out %s (%.60s, %.200s)",
                         d->rows[aa->row].same_as->name, verdict_word(v), d->groups[g].workload->name,
                         aa->params);
                return arena_intern(&d->arena, text);
        }
        return NULL;
}

static const char *find_no_verdicts(const struct analysis *a, struct report_data *d)
{
        if (strcmp(d->profile, "smoke") == 0)
                return "the profile smoke tests function only";
        if (d->rounds <= 1)
                return "one round supports none";
        if (*environment_sanitizer(d))
                return "the programs were built with a sanitizer";
        if (d->environment_changed && *d->environment_changed)
                return "the machine changed during the run";
        return aa_differs(a, d);
}

static void give_verdicts(struct analysis *a, struct report_data *d)
{
        for (size_t i = 0; i < d->cell_count; i++) {
                struct finding *f = &a->cells[i];
                uint32_t group = d->cells[i].group;
                double floor = a->groups[group].floor;

                if (!f->primary || a->no_verdicts || !a->groups[group].quiet_enough)
                        continue;
                if (d->groups[group].workload->ranks &&
                    !(ranking_is_own(d, &d->cells[i]) && ranking_is_own(d, f->base)))
                        continue;
                f->verdict = compare(a, group, &f->headline.pair, floor);
                if (f->verdict != VERDICT_NONE && isnan(floor))
                        f->verdict = VERDICT_NOT_RESOLVED;
        }
}

static void find_worst_noise(struct analysis *a, const struct report_data *d)
{
        a->noise_percent = a->floor = NAN;
        for (size_t i = 0; i < d->cell_count; i++) {
                const struct group_finding *g = &a->groups[d->cells[i].group];

                if (!a->cells[i].primary)
                        continue;
                a->noise_percent = fmax(a->noise_percent, g->noise_percent);
                a->floor = fmax(a->floor, g->floor);
        }
}

void analysis_make(struct analysis *a, struct report_data *d)
{
        const char *shown = arena_intern(&d->arena, "shown");

        *a = (struct analysis){ .data = d };
        a->cells = arena_alloc(&d->arena, (d->cell_count + 1) * sizeof(*a->cells));
        a->groups = arena_alloc(&d->arena, (d->group_count + 1) * sizeof(*a->groups));
        find_comparisons(a, d);
        for (size_t i = 0; i < d->cell_count; i++) {
                const struct cell *c = &d->cells[i];
                const char *name = headline_metric(d->groups[c->group].workload)->name;

                a->cells[i].headline = analysis_measure(a, c, arena_intern(&d->arena, name));
                a->cells[i].endings = count_endings(d, c, shown);
        }
        for (uint32_t g = 0; g < d->group_count; g++)
                judge_group(a, d, g);
        a->no_verdicts = find_no_verdicts(a, d);
        give_verdicts(a, d);
        find_worst_noise(a, d);
}
