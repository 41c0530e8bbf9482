/* SPDX-License-Identifier: MIT */
/* §6 of REPORT.md: per workload its question, method, plots, and a table per parameter set. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/curves.h"
#include "harness/report/markdown.h"
#include "harness/report/tails.h"
#include "harness/report/text.h"

static const char *intern(const struct page *p, const char *text)
{
        return arena_intern(&p->d->arena, text);
}

/* Rows of the kernel's or the C library's own have no year. */
void page_row_name(const struct page *p, const struct row *row)
{
        md_text(p->f, row->name);
        if (*row->version) {
                out_text(p->f, " ");
                md_text(p->f, row->version);
        }
        if (row->released)
                out_format(p->f, " (%d)", row->released);
}

static void median_text(const struct page *p, const struct measure *m)
{
        char number[NUMBER_BYTES];

        out_text(p->f, number_rounded(number, m->median, m->spread));
}

/* Call EACH for the cells of GROUP: rows in order, in a row the variants in the order of the workload's table. */
static void each_cell(const struct page *p, uint32_t group,
                      void (*each)(const struct page *p, const struct cell *c))
{
        const struct workload *w = p->d->groups[group].workload;

        for (uint32_t r = 0; r < p->d->row_count; r++) {
                for (const struct variant *v = w->variants; v->name; v++) {
                        const struct cell *c = data_cell(p->d, group, v, r);

                        if (c)
                                each(p, c);
                }
        }
}

bool page_has_metric(const struct page *p, uint32_t group, const char *name)
{
        name = intern(p, name);
        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                if (analysis_measure(p->a, &p->d->cells[i - 1], name).n)
                        return true;
        return false;
}

/* ---- the table of the headline metric */

/* What stands beside the headline, because it says why rows with different placement of tasks differ. */
static const struct {
        const char *metric, *heading;
} beside[] = {
        { "suspended_per_op", "suspended per op" },
        { "remote_wakes_per_op", "remote wakes per op" },
        { "moves_per_op", "moves per op" },
};
enum { BESIDE = sizeof(beside) / sizeof(beside[0]) };

void page_verdict_cells(const struct page *p, const struct cell *c)
{
        const struct finding *f = finding_of(p->a, c);
        const struct paired *pair = &f->headline.pair;
        double alpha = family_of(p->a, p->d->groups[c->group].workload)->alpha, sees;
        char number[NUMBER_BYTES];

        out_text(p->f, " ");
        if (*verdict_mark(f->verdict, pair->ratio))
                out_format(p->f, "`%s`", verdict_mark(f->verdict, pair->ratio));
        if (f->verdict == VERDICT_FASTER || f->verdict == VERDICT_SLOWER)
                out_format(p->f, " %s", verdict_word(f->verdict));
        sees = f->primary && pair->n ? stats_detectable(pair->n, pair->spread, alpha) : NAN;
        out_format(p->f, " | %s%s |", percent_text(number, sees), isnan(sees) ? "" : " %");
}

static void ratio_columns(const struct page *p, const struct cell *c)
{
        const struct finding *f = finding_of(p->a, c);
        const struct paired *pair = &f->headline.pair;
        char buf[CELL_BYTES];

        out_text(p->f, " ");
        if (f->base)
                md_text(p->f,
                        p->d->rows[c->row].same_as ? p->d->rows[f->base->row].name : f->base->variant->name);
        out_text(p->f, " | ");
        if (pair->n)
                out_text(p->f, ratio_text(buf, pair->ratio, pair->has_interval ? pair->low : NAN,
                                          pair->has_interval ? pair->high : NAN));
        out_text(p->f, " |");
        page_verdict_cells(p, c);
}

static void beside_columns(const struct page *p, const struct cell *c)
{
        for (size_t i = 0; i < BESIDE; i++) {
                struct measure m;

                if (!page_has_metric(p, c->group, beside[i].metric))
                        continue;
                m = analysis_measure(p->a, c, intern(p, beside[i].metric));
                out_text(p->f, " ");
                if (m.n)
                        median_text(p, &m);
                out_text(p->f, " |");
        }
}

static bool is_beside(const char *metric)
{
        for (size_t i = 0; i < BESIDE; i++)
                if (strcmp(metric, beside[i].metric) == 0)
                        return true;
        return false;
}

static bool is_by_outcome(const struct page *p, const struct cell *c)
{
        return c->variant->rounds == ROUNDS_OUTCOME && finding_of(p->a, c)->headline.n == 0;
}

static void headline_line(const struct page *p, const struct cell *c)
{
        const struct finding *f = finding_of(p->a, c);

        if (is_by_outcome(p, c))
                return;
        out_text(p->f, "| ");
        page_row_name(p, &p->d->rows[c->row]);
        out_format(p->f, " | %s | %zu | ", c->variant->name, f->headline.n);
        if (f->headline.n)
                median_text(p, &f->headline);
        else
                out_text(p->f, missing_text(c));
        out_text(p->f, " |");
        ratio_columns(p, c);
        beside_columns(p, c);
        page_counting_cells(p, c);
        out_text(p->f, "\n");
}

static bool group_has(const struct page *p, uint32_t group, size_t row)
{
        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                if (p->d->cells[i - 1].row == row)
                        return true;
        return false;
}

/* Whose tasks the rows of GROUP run: the suite's on each row's wake-ups, or the runtime's own. */
static void whose_tasks(const struct page *p, uint32_t group)
{
        unsigned layer = 0, native = 0;

        for (size_t i = 0; i < p->d->row_count; i++)
                layer += !p->d->rows[i].native && group_has(p, group, i);
        if (layer)
                out_text(p->f, "This suite's task layer on each row's own wake-ups");
        for (size_t i = 0; i < p->d->row_count; i++) {
                if (!p->d->rows[i].native || !group_has(p, group, i))
                        continue;
                out_text(p->f, native++ ? ", "
                               : layer  ? "; tasks and locks of their own on "
                                        : "Tasks and locks of their own on ");
                md_text(p->f, p->d->rows[i].name);
        }
        out_text(p->f, ": a ratio compares two programs of one row, and rows are not ranked.\n\n");
}

static void headline_table(const struct page *p, uint32_t group)
{
        const struct metric *m = headline_metric(p->d->groups[group].workload);
        unsigned columns = 8;

        whose_tasks(p, group);
        out_format(p->f, "| row | program | n | median %s (%s) | against | ratio [interval] | mark | sees |",
                   m->name, m->unit);
        for (size_t i = 0; i < BESIDE; i++)
                if (page_has_metric(p, group, beside[i].metric)) {
                        out_format(p->f, " %s |", beside[i].heading);
                        columns++;
                }
        columns += page_counting_head(p, group);
        out_text(p->f, "\n|");
        for (unsigned i = 0; i < columns; i++)
                out_text(p->f, "---|");
        out_text(p->f, "\n");
        each_cell(p, group, headline_line);
        out_text(p->f, "\n");
        page_counting_note(p, group);
}

/* ---- the other metrics, at the headline parameter set */

static bool is_further(const struct workload *w, const struct metric *m)
{
        return !m->headline && !is_beside(m->name) && !(w->ranks && page_ranking_has(m->name));
}

void page_metric(const struct page *p, const struct cell *c, const char *name)
{
        struct measure m = analysis_measure(p->a, c, intern(p, name));
        enum tail tail = m.n ? tail_of(p->d, c, name) : TAIL_NONE;

        if (m.n && tail == TAIL_TOO_FEW)
                out_text(p->f, "too few");
        else if (m.n)
                median_text(p, &m);
        out_text(p->f, tail == TAIL_FLAGGED ? " †" : "");
}

static void further_line(const struct page *p, const struct cell *c)
{
        const struct workload *w = p->d->groups[c->group].workload;

        out_text(p->f, "| ");
        md_text(p->f, p->d->rows[c->row].name);
        out_format(p->f, " | %s |", c->variant->name);
        for (const struct metric *m = w->metrics; m->name; m++)
                if (is_further(w, m) && page_has_metric(p, c->group, m->name)) {
                        out_text(p->f, " ");
                        page_metric(p, c, m->name);
                        out_text(p->f, " |");
                }
        out_text(p->f, "\n");
}

static void further_line_if_measured(const struct page *p, const struct cell *c)
{
        const struct workload *w = p->d->groups[c->group].workload;

        for (const struct metric *m = w->metrics; m->name; m++) {
                if (is_further(w, m) && analysis_measure(p->a, c, intern(p, m->name)).n) {
                        further_line(p, c);
                        return;
                }
        }
}

static void further_table(const struct page *p, uint32_t group)
{
        const struct workload *w = p->d->groups[group].workload;
        size_t n = 0;

        for (const struct metric *m = w->metrics; m->name; m++)
                n += is_further(w, m) && page_has_metric(p, group, m->name);
        if (n == 0)
                return;
        out_text(p->f, "Medians of the other metrics; a quantile stands only where each sample has at least "
                       "10 values above it, "
                       "† with fewer than 100.\n\n| row | program |");
        for (const struct metric *m = w->metrics; m->name; m++)
                if (is_further(w, m) && page_has_metric(p, group, m->name))
                        out_format(p->f, " %s (%s) |", m->name, m->unit);
        out_text(p->f, "\n|---|---|");
        while (n--)
                out_text(p->f, "---|");
        out_text(p->f, "\n");
        each_cell(p, group, further_line_if_measured);
        out_text(p->f, "\n");
}

/* ---- what the group can and cannot say */

static void noise_line(const struct page *p, uint32_t group)
{
        const struct group_finding *g = &p->a->groups[group];
        char number[NUMBER_BYTES];

        if (!isnan(g->noise_percent))
                out_format(p->f, "Noise %s %% (%s)", number_rounded(number, g->noise_percent, NAN),
                           noise_text(g->noise_percent));
        else
                out_text(p->f, "Noise unknown");
        if (!isnan(g->floor))
                out_format(p->f, ", the same row against itself within ±%s %%",
                           percent_text(number, g->floor));
        if (!isnan(g->pair_spread))
                out_format(p->f, ", a pair of one round scatters by %s %%",
                           percent_text(number, g->pair_spread));
        if (g->why_not) {
                out_text(p->f, ". No verdicts: ");
                md_text(p->f, g->why_not);
        } else {
                out_format(p->f, ". Effects below %s %% are not told from none",
                           percent_text(number, smallest_effect(p->a, group)));
        }
        out_text(p->f, ".\n\n");
}

static void outcome_line(const struct page *p, const struct cell *c)
{
        const struct endings *e = &finding_of(p->a, c)->endings;
        char buf[160];

        if (c->variant->rounds != ROUNDS_OUTCOME)
                return;
        out_text(p->f, "| ");
        page_row_name(p, &p->d->rows[c->row]);
        out_format(p->f, " | %s | %zu | ", c->variant->name, e->known);
        if (e->known == 0)
                out_text(p->f, missing_text(c));
        else if (c->variant->role != ROLE_MISTAKE && e->shown == 0)
                out_text(p->f, "completed");
        else
                out_text(p->f, endings_text(buf, e));
        out_text(p->f, " | ");
        md_text(p->f, c->evidence.text ? c->evidence.text : "");
        out_text(p->f, " |\n");
}

static void outcome_table(const struct page *p, uint32_t group)
{
        size_t n = 0;

        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                n += p->d->cells[i - 1].variant->rounds == ROUNDS_OUTCOME;
        if (n == 0)
                return;
        out_text(p->f, "Programs that are told by how they end, with the evidence of one sample:\n\n"
                       "| row | program | n | outcome | evidence |\n|---|---|---|---|---|\n");
        each_cell(p, group, outcome_line);
        out_text(p->f, "\n");
}

static void plot_links(const struct page *p, uint32_t group)
{
        for (size_t i = 0; i < p->plots->n; i++) {
                const struct plot *plot = &p->plots->plot[i];

                if (plot->group == group && !plot->curve && !plot->front)
                        md_plot(p->f, plot);
        }
}

static void group_section(const struct page *p, uint32_t group, bool headline)
{
        out_text(p->f, "#### ");
        md_name(p->f, p->d->groups[group].params);
        out_text(p->f, "\n\n");
        noise_line(p, group);
        plot_links(p, group);
        if (p->d->groups[group].workload->ranks)
                page_ranking(p, group);
        else
                headline_table(p, group);
        if (headline)
                further_table(p, group);
        outcome_table(p, group);
}

static void workload_section(const struct page *p, const struct workload *w)
{
        bool headline = true;

        out_format(p->f,
                   "### %s\n\n**%s** One operation is %s. %s\n\n*Expected before the first run:* %s\n\n",
                   w->name, w->question, w->operation, w->method, w->expected);
        for (size_t i = 0; i < p->d->group_count; i++) {
                uint32_t group = p->d->group_order[i];

                if (p->d->groups[group].workload != w || curve_only(p->d, group))
                        continue;
                group_section(p, group, headline);
                headline = false;
        }
        page_curves(p, w);
        page_rates(p, w);
}

void page_workloads(const struct page *p)
{
        out_format(p->f,
                   "## 6. The workloads\n\n"
                   "Marks: `>` the ratio lies above 1 and matters, `<` below 1, `=` no difference that "
                   "matters, `?` not resolved; "
                   "only the mistakes at the first parameter set have one%s. *sees* = the smallest effect "
                   "that as many "
                   "rounds of this noise find in 80 of 100 runs: what is smaller needs more rounds. *n* "
                   "= samples. *Syscalls per op* (of these, *enters* of io_uring) are counted in one more, "
                   "untimed sample. All numbers of all "
                   "parameter sets stand in summary.csv, each sample in samples.csv.\n\n",
                   p->a->rows.comparisons ? ", and rows where they are ranked" : "");
        if (p->plots->missing) {
                out_text(p->f, "No plots: ");
                md_text(p->f, p->plots->missing);
                out_text(p->f, ".\n\n");
        }
        for (size_t i = 0; p->d->workloads[i]; i++)
                if (data_has_workload(p->d, p->d->workloads[i]->name))
                        workload_section(p, p->d->workloads[i]);
}
