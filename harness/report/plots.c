/* SPDX-License-Identifier: MIT */
/* Which plots a run gets, what is drawn in each and said of it, and having them drawn. */
#include "harness/report/plots.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/async.h"
#include "harness/report/dots.h"
#include "harness/report/gnuplot.h"
#include "harness/report/quantiles.h"
#include "harness/report/spool.h"
#include "harness/report/text.h"

enum { TEXT_BYTES = 4096, LABEL_BYTES = 60, LINE_BYTES = 120 };

/* Everything that making one plot needs. */
struct making {
        struct plots *plots;
        const struct analysis *a;
        struct report_data *d;
        struct outputs *o;
};

static struct plot *add_plot(struct making *m, uint32_t group, const char *kind)
{
        struct plots *p = m->plots;
        const struct group *g = &m->d->groups[group];
        struct plot *plot;

        p->plot = array_grow(p->plot, p->n, &p->capacity, sizeof(*p->plot));
        plot = &p->plot[p->n++];
        *plot = (struct plot){ .group = group, .alternative = "" };
        snprintf(plot->name, sizeof(plot->name), "%.24s-%u-%.24s", g->workload->name, g->number, kind);
        return plot;
}

static const char *__attribute__((format(printf, 2, 3)))
intern_format(struct report_data *d, const char *format, ...)
{
        char text[TEXT_BYTES];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        return arena_intern(&d->arena, text);
}

/* What the numbers of GROUP were measured on, and how quietly. */
static const char *where_of(struct making *m, uint32_t group)
{
        const struct group_finding *g = &m->a->groups[group];
        const char *label = environment_text(m->d, "label");
        char floor[NUMBER_BYTES], percent[NUMBER_BYTES];

        if (!*label)
                label = environment_text(m->d, "cpu_model");
        number_rounded(percent, g->noise_percent, NAN);
        if (isnan(g->floor))
                return intern_format(m->d, "%.*s; noise %s%s (%s)", LABEL_BYTES, label, percent,
                                     *percent ? " %" : "", noise_text(g->noise_percent));
        return intern_format(m->d, "%.*s; noise %s %% (%s); the same row against itself (A/A): within ±%s %%",
                             LABEL_BYTES, label, percent, noise_text(g->noise_percent),
                             percent_text(floor, g->floor));
}

/* Do all parameter sets of G's workload have PART, "depth=1", of LENGTH? */
static bool is_everywhere(const struct report_data *d, const struct group *g, const char *part, size_t length)
{
        for (size_t i = 0; i < d->group_count; i++) {
                const char *at = d->groups[i].workload == g->workload ? d->groups[i].params : NULL;

                while (at && !(strncmp(at, part, length) == 0 && (!at[length] || at[length] == ';'))) {
                        at += strcspn(at, ";");
                        if (!*at++)
                                return false;
                }
        }
        return true;
}

/* The parameters of GROUP; when they are more than a line has room for, those that move in this run. */
static const char *params_of(struct making *m, uint32_t group)
{
        const struct group *g = &m->d->groups[group];
        char text[TEXT_BYTES] = "";
        size_t used = 0;

        if (strlen(g->params) <= LINE_BYTES)
                return g->params;
        for (const char *at = g->params; *at;) {
                size_t length = strcspn(at, ";");

                if (!is_everywhere(m->d, g, at, length) && used + length + 2 < sizeof(text))
                        used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s;", (int)length, at);
                at += length + (at[length] == ';');
        }
        return intern_format(m->d, "%.*s%sthe rest as in REPORT.md", LINE_BYTES, text,
                             used ? " " : "parameters: ");
}

static void set_title(struct making *m, const char *title[3], uint32_t group, const char *what)
{
        title[0] = what;
        title[1] = params_of(m, group);
        title[2] = where_of(m, group);
}

/* The alternative text grows by one clause per line of the plot. */
static void say(char text[TEXT_BYTES], const char *what, const char *row, double value, const char *unit)
{
        size_t n = strlen(text);
        char number[NUMBER_BYTES];

        snprintf(text + n, TEXT_BYTES - n, "; %s on %s %s%s", what, row, number_rounded(number, value, NAN),
                 unit);
}

/* ---- ratios of mistake to fix */

static size_t round_values(const struct making *m, const struct cell *c, const char *metric, double *values)
{
        size_t n = 0;

        for (size_t i = 0; i < c->planned; i++) {
                double value = sample_value(cell_sample(m->d, c, i), metric);

                if (value > 0)
                        values[n++] = value;
        }
        return n;
}

static size_t round_ratios(const struct making *m, const struct cell *c, const struct cell *base,
                           const char *metric, double *ratios)
{
        size_t n = 0;

        for (size_t i = 0, k = 0; i < c->planned; i++) {
                const struct sample *s = cell_sample(m->d, c, i);
                double ratio;

                while (k < base->planned && cell_sample(m->d, base, k)->round < s->round)
                        k++;
                if (k == base->planned || cell_sample(m->d, base, k)->round != s->round)
                        continue;
                ratio = sample_value(s, metric) / sample_value(cell_sample(m->d, base, k), metric);
                if (ratio > 0 && isfinite(ratio))
                        ratios[n++] = ratio;
        }
        return n;
}

static void ratio_line(struct making *m, struct dot_plot *plot, const struct cell *c, char said[TEXT_BYTES])
{
        const struct finding *f = finding_of(m->a, c);
        const struct paired *pair = &f->headline.pair;
        const struct row *row = &m->d->rows[c->row];
        const char *metric =
                arena_intern(&m->d->arena, headline_metric(m->d->groups[c->group].workload)->name);
        double *ratios = arena_alloc(&m->d->arena, (c->planned + 1) * sizeof(*ratios));
        struct dot_line *line;

        line = dots_line(plot, row->name, row, ratios, round_ratios(m, c, f->base, metric, ratios));
        line->median = pair->ratio;
        line->low = pair->has_interval ? pair->low : pair->ratio;
        line->high = pair->has_interval ? pair->high : pair->ratio;
        say(said, c->variant->name, row->name, pair->ratio, "x");
}

/* A row divided by itself is 1, whatever was measured: the reference row has no line. */
static const char *ratio_heading(struct making *m, const struct workload *w, const struct variant *v)
{
        if (w->ranks)
                return intern_format(m->d, "%s: each row / %s", v->name, m->d->reference);
        return intern_format(m->d, "%s / %s", v->name, v->against);
}

static void ratio_lines(struct making *m, struct dot_plot *plot, uint32_t group, const struct variant *v,
                        char said[TEXT_BYTES])
{
        bool headed = false;

        for (uint32_t r = 0; r < m->d->row_count; r++) {
                const struct cell *c = data_cell(m->d, group, v, r);

                if (!c || m->d->rows[r].same_as || finding_of(m->a, c)->headline.pair.n == 0)
                        continue;
                if (!headed)
                        dots_heading(plot, ratio_heading(m, m->d->groups[group].workload, v));
                headed = true;
                ratio_line(m, plot, c, said);
        }
}

static int make_ratios(struct making *m, uint32_t group)
{
        const struct workload *w = m->d->groups[group].workload;
        struct dot_plot dots = { .ratio = true, .floor = m->a->groups[group].floor };
        char said[TEXT_BYTES] = "";
        int rc = 0;

        for (const struct variant *v = w->variants; v->name; v++)
                if (is_priced_mistake(v) || (w->ranks && !v->against))
                        ratio_lines(m, &dots, group, v, said);
        if (dots.n) {
                struct plot *plot = add_plot(m, group, "ratio");

                dots.name = plot->name;
                set_title(m, dots.title, group,
                          intern_format(m->d, "%s: %s, %s", w->name, w->ranks ? "rows" : "mistake / fix",
                                        headline_metric(w)->name));
                dots.axis = intern_format(m->d, "ratio; %s 1 the %s%s",
                                          headline_metric(w)->higher_is_better ? "below" : "above",
                                          w->ranks ? "row is worse" : "mistake costs",
                                          isnan(dots.floor) ? "" : "; grey: the same row against itself");
                plot->alternative =
                        intern_format(m->d, "Ratio of %s per row%s",
                                      w->ranks ? "each row to the reference row" : "mistake to fix", said);
                rc = dots_write(&dots, m->o);
        }
        dots_free(&dots);
        return rc;
}

/* ---- values of all programs */

static int compare_doubles(const void *left, const void *right)
{
        double a = *(const double *)left, b = *(const double *)right;

        return a < b ? -1 : a > b;
}

/* The interval of one median on its own, at 95 %. */
static void median_interval(struct making *m, struct dot_line *line)
{
        double *sorted = arena_alloc(&m->d->arena, line->n * sizeof(*sorted));
        size_t rank = stats_interval_rank(line->n, ANALYSIS_ALPHA);

        memcpy(sorted, line->points, line->n * sizeof(*sorted));
        qsort(sorted, line->n, sizeof(*sorted), compare_doubles);
        line->median = (sorted[(line->n - 1) / 2] + sorted[line->n / 2]) / 2;
        line->low = rank ? sorted[rank - 1] : line->median;
        line->high = rank ? sorted[line->n - rank] : line->median;
}

static void value_line(struct making *m, struct dot_plot *plot, const struct cell *c, bool *headed,
                       char said[TEXT_BYTES])
{
        const struct row *row = &m->d->rows[c->row];
        const struct metric *metric = headline_metric(m->d->groups[c->group].workload);
        double *values = arena_alloc(&m->d->arena, (c->planned + 1) * sizeof(*values));
        size_t n = round_values(m, c, arena_intern(&m->d->arena, metric->name), values);
        struct dot_line *line;

        if (n == 0)
                return;
        if (!*headed)
                dots_heading(plot, row->name);
        *headed = true;
        line = dots_line(plot, c->variant->name, row, values, n);
        median_interval(m, line);
        say(said, c->variant->name, row->name, line->median, "");
}

static int make_values(struct making *m, uint32_t group)
{
        const struct workload *w = m->d->groups[group].workload;
        const struct metric *metric = headline_metric(w);
        struct dot_plot dots = { .floor = NAN };
        char said[TEXT_BYTES] = "";
        int rc = 0;

        for (uint32_t r = 0; r < m->d->row_count; r++) {
                bool headed = false;

                for (const struct variant *v = w->variants; v->name && !m->d->rows[r].same_as; v++) {
                        const struct cell *c = data_cell(m->d, group, v, r);

                        if (c)
                                value_line(m, &dots, c, &headed, said);
                }
        }
        if (dots.n) {
                struct plot *plot = add_plot(m, group, "values");

                dots.name = plot->name;
                set_title(m, dots.title, group,
                          intern_format(m->d, "%s: %s of all programs", w->name, metric->name));
                dots.axis = intern_format(m->d, "%s (%s)", metric->name, metric->unit);
                plot->alternative = intern_format(m->d, "%s in %s%s", metric->name, metric->unit, said);
                rc = dots_write(&dots, m->o);
        }
        dots_free(&dots);
        return rc;
}

/* ---- histograms */

static int make_quantiles(struct making *m, uint32_t group, const char *histogram)
{
        struct plot *plot = add_plot(m, group, histogram);
        struct quantile_plot q = { .name = plot->name, .histogram = histogram, .group = group };
        const char *workload = m->d->groups[group].workload->name;
        size_t panels = 0;
        int rc = 0;

        set_title(m, q.title, group, intern_format(m->d, "%s: %s by quantile", workload, histogram));
        plot->alternative = intern_format(m->d, "Quantiles of %s per row, one panel per program of %s",
                                          histogram, workload);
        if (name_is_plain(plot->name) && !strchr(plot->name, '/'))
                rc = quantiles_write(&q, m->d, m->o, &panels);
        if (panels == 0)
                m->plots->n--;
        return rc;
}

static bool seen(const char *const *names, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (names[i] == name)
                        return true;
        return false;
}

/* The names of the histograms that the ok samples of GROUP recorded, at most MOST of them; -errno. */
static int histogram_names(const struct making *m, uint32_t group, const char **names, size_t most)
{
        size_t n = 0, first;

        for (uint32_t s = 0; s < m->d->sample_count; s++) {
                size_t count = m->d->cells[m->d->samples[s].cell].group == group
                                       ? spool_find(m->d->spool, s, &first)
                                       : 0;

                for (size_t i = 0; i < count && n < most; i++) {
                        struct spool_entry e;
                        const struct spool_bucket *buckets;
                        int rc = spool_get(m->d->spool, first + i, &e, &buckets);

                        if (rc != 0)
                                return rc;
                        if (!seen(names, n, e.name))
                                names[n++] = e.name;
                }
        }
        return (int)n;
}

static int make_all_quantiles(struct making *m, uint32_t group)
{
        const char *names[4] = { NULL };
        int n = histogram_names(m, group, names, sizeof(names) / sizeof(*names)), rc = n < 0 ? n : 0;

        for (int i = 0; i < n && rc == 0; i++)
                rc = make_quantiles(m, group, names[i]);
        return rc;
}

/* ---- curves */

static int make_curve(struct making *m, const struct workload *w, const struct curve *c)
{
        struct curve_view view = curve_view(m->d, w, c);
        const char *title[3];
        struct plot *plot;
        size_t panels = 0;
        int rc;

        if (view.n == 0)
                return 0;
        plot = add_plot(m, view.points[0].group, "");
        plot->curve = c;
        snprintf(plot->name, sizeof(plot->name), "%.24s-curve-%u", w->name, (unsigned)(c - w->curves) + 1);
        set_title(m, title, view.headline,
                  intern_format(m->d, "%s: %s (%s) against %s", w->name, curve_metric(c), curve_unit(&view),
                                c->param));
        plot->alternative = intern_format(m->d, "%s of %s for rising %s per row, one panel per program",
                                          curve_metric(c), w->name, c->param);
        rc = curve_write(m->a, &view, plot->name, title, m->o, &panels);
        if (panels == 0)
                m->plots->n--;
        return rc;
}

static int make_curves(struct making *m, const struct workload *w)
{
        int rc = 0;

        for (const struct curve *c = w->curves; c && c->param && rc == 0; c++)
                rc = make_curve(m, w, c);
        return rc;
}

/* ---- the first section */

static int make_front(struct making *m)
{
        struct async_view view = async_view(m->a);
        const char *title[3];
        struct plot *plot;
        size_t panels = 0;
        int rc;

        if (view.n == 0)
                return 0;
        plot = add_plot(m, view.curve.headline, "");
        plot->front = true;
        snprintf(plot->name, sizeof(plot->name), "%.24s-connections", view.w->name);
        set_title(m, title, view.curve.headline,
                  intern_format(m->d, "%s %s: %s against all loops", view.w->name, view.v->name,
                                view.threads->name));
        plot->alternative = intern_format(
                m->d,
                "%s and service p99 of %s for rising connections, median, least and most of "
                "the rounds, against the band between the least and the most median of all loops",
                headline_metric(view.w)->name, view.threads->name);
        rc = async_write(m->a, &view, plot->name, title, m->o, &panels);
        if (panels == 0)
                m->plots->n--;
        return rc;
}

/* ---- drawing */

static int write_scripts(struct making *m)
{
        const struct workload *last = NULL;
        int rc = 0;

        for (size_t i = 0; i < m->d->group_count && rc == 0; i++) {
                uint32_t group = m->d->group_order[i];

                if (curve_only(m->d, group))
                        continue;
                rc = make_ratios(m, group);
                if (rc == 0 && m->d->groups[group].workload != last)
                        rc = make_values(m, group);
                if (rc == 0)
                        rc = make_all_quantiles(m, group);
                last = m->d->groups[group].workload;
        }
        for (size_t i = 0; m->d->workloads[i] && rc == 0; i++)
                rc = make_curves(m, m->d->workloads[i]);
        return rc == 0 ? make_front(m) : rc;
}

static const char *const suffixes[] = { "svg", "png" };

static void drop_drawn(struct making *m)
{
        char name[96];

        for (size_t i = 0; i < m->plots->n; i++) {
                for (size_t s = 0; s < 2; s++) {
                        snprintf(name, sizeof(name), "plots/%s.%s", m->plots->plot[i].name, suffixes[s]);
                        outputs_drop(m->o, name);
                }
        }
        m->plots->n = 0;
}

static bool adopt_drawn(struct making *m, const struct plot *plot, char *why, size_t why_bytes)
{
        char name[96];

        for (size_t s = 0; s < 2; s++) {
                int rc;

                snprintf(name, sizeof(name), "plots/%s.%s", plot->name, suffixes[s]);
                rc = outputs_adopt(m->o, name);
                if (rc == 0)
                        continue;
                snprintf(why, why_bytes, "gnuplot left no %s: %s", name, strerror(-rc));
                return false;
        }
        return true;
}

static void draw(struct making *m, unsigned timeout_ms)
{
        char dir[4200], script[96], why[512];

        snprintf(dir, sizeof(dir), "%s/plots", m->o->staging);
        for (size_t i = 0; i < m->plots->n; i++) {
                const struct plot *plot = &m->plots->plot[i];

                snprintf(script, sizeof(script), "%s.gp", plot->name);
                if (gnuplot_run(dir, script, timeout_ms, why, sizeof(why)) &&
                    adopt_drawn(m, plot, why, sizeof(why)))
                        continue;
                m->plots->missing = intern_format(m->d, "%s; plots/ has their scripts and data", why);
                drop_drawn(m);
                return;
        }
}

int plots_make(struct plots *p, struct report_data *d, const struct analysis *a, struct outputs *o,
               unsigned timeout_ms)
{
        struct making m = { .plots = p, .a = a, .d = d, .o = o };
        int rc;

        *p = (struct plots){ 0 };
        rc = write_scripts(&m);
        if (rc == 0)
                draw(&m, timeout_ms);
        return rc;
}

void plots_free(struct plots *p)
{
        free(p->plot);
        *p = (struct plots){ 0 };
}
