/* SPDX-License-Identifier: MIT */
/* §2 of REPORT.md: one line per mistake, one column per row, and the sentences that they give. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/columns.h"
#include "harness/report/curves.h"
#include "harness/report/markdown.h"
#include "harness/report/text.h"

/* A parameter set without a verdict is worth a sentence from this factor on. */
#define OTHER_SET_FACTOR 1.2

/* ---- one cell */

/* "1.23x [1.19, 1.27]", "= within ±3 %", "? 1.05x [0.98, 1.12]". */
static const char *priced_text(char buf[CELL_BYTES], enum verdict v, const struct paired *pair,
                               double smallest)
{
        char ratio[CELL_BYTES], percent[NUMBER_BYTES];

        ratio_text(ratio, pair->ratio, pair->has_interval ? pair->low : NAN,
                   pair->has_interval ? pair->high : NAN);
        if (v == VERDICT_EQUIVALENT)
                snprintf(buf, CELL_BYTES, "= within ±%s %%", percent_text(percent, smallest));
        else
                snprintf(buf, CELL_BYTES, "%s%.120s", v == VERDICT_NOT_RESOLVED ? "? " : "", ratio);
        return buf;
}

static const char *cell_text(char buf[CELL_BYTES], const struct page *p, const struct cell *c)
{
        const struct finding *f;

        if (!c)
                return "-";
        f = finding_of(p->a, c);
        if (tells_by_outcome(f, c->variant) && f->endings.known)
                return endings_text(buf, &f->endings);
        if (f->headline.pair.n == 0)
                return missing_text(c);
        return priced_text(buf, f->verdict, &f->headline.pair, smallest_effect(p->a, c->group));
}

/* ---- all loops in one cell */

/* The loops together: their median ratio, with the hull of their intervals. */
struct agreement {
        double ratios[64];
        size_t n;
        struct paired pair;
        enum verdict verdict;
};

static void agreement_add(struct agreement *g, const struct finding *f)
{
        const struct paired *pair = &f->headline.pair;

        if (g->n == 0) {
                g->pair = *pair;
                g->verdict = f->verdict;
        }
        g->ratios[g->n++] = pair->ratio;
        g->pair.has_interval = g->pair.has_interval && pair->has_interval;
        g->pair.low = fmin(g->pair.low, pair->low);
        g->pair.high = fmax(g->pair.high, pair->high);
}

/* Equivalent within the smallest effect: the same verdict, and no ratio further than that from their median. */
static bool loops_agree_on_price(struct agreement *g, const struct page *p, const struct columns *columns,
                                 const struct variant *v, uint32_t group)
{
        double limit = 1 + smallest_effect(p->a, group), sorted[64];

        for (size_t i = 0; i < columns->loops; i++) {
                const struct cell *c = data_cell(p->d, group, v, columns->rows[i]);
                const struct finding *f = c ? finding_of(p->a, c) : NULL;

                if (!f || f->headline.pair.n == 0 || (g->n && f->verdict != g->verdict))
                        return false;
                agreement_add(g, f);
        }
        memcpy(sorted, g->ratios, sizeof(sorted));
        g->pair.ratio = stats_median(sorted, g->n);
        for (size_t i = 0; i < g->n; i++)
                if (g->ratios[i] > g->pair.ratio * limit || g->ratios[i] < g->pair.ratio / limit)
                        return false;
        return g->n > 0;
}

static bool loops_read_alike(const struct page *p, const struct columns *columns, const struct variant *v,
                             uint32_t group, char buf[CELL_BYTES])
{
        char other[CELL_BYTES];

        snprintf(buf, CELL_BYTES, "%s", cell_text(other, p, data_cell(p->d, group, v, columns->rows[0])));
        for (size_t i = 1; i < columns->loops; i++)
                if (strcmp(buf, cell_text(other, p, data_cell(p->d, group, v, columns->rows[i]))) != 0)
                        return false;
        return true;
}

/* The text of the column `all loops`, or NULL when the loops differ. */
static const char *all_loops_text(char buf[CELL_BYTES], const struct page *p, const struct columns *columns,
                                  const struct variant *v, uint32_t group)
{
        struct agreement g = { 0 };

        if (loops_read_alike(p, columns, v, group, buf))
                return buf;
        if (v->rounds == ROUNDS_PRICED && loops_agree_on_price(&g, p, columns, v, group))
                return priced_text(buf, g.verdict, &g.pair, smallest_effect(p->a, group));
        return NULL;
}

/* ---- the table */

static struct columns pitfall_columns(const struct page *p)
{
        struct columns columns = columns_make(p->d);
        char buf[CELL_BYTES];

        columns.each_loop = columns.loops == 1;
        for (size_t i = 0; columns.loops > 1 && p->d->workloads[i]; i++) {
                const struct workload *w = p->d->workloads[i];

                for (const struct variant *v = w->variants; v->name; v++) {
                        uint32_t group = headline_group(p->d, w, v);

                        if (v->role == ROLE_MISTAKE && group != UINT32_MAX &&
                            !all_loops_text(buf, p, &columns, v, group))
                                columns.each_loop = true;
                }
        }
        return columns;
}

static void table_head(const struct page *p, const struct columns *columns)
{
        out_text(p->f, "| mistake → fix |");
        if (columns->loops > 1)
                out_text(p->f, " all loops |");
        for (size_t i = columns->each_loop ? 0 : columns->loops; i < columns->n; i++) {
                out_text(p->f, " ");
                md_text(p->f, p->d->rows[columns->rows[i]].name);
                out_text(p->f, " |");
        }
        out_format(p->f, " kind |%s\n|---|", page_has_catches(p) ? " caught by |" : "");
        for (size_t i = columns->each_loop ? 0 : columns->loops; i < columns->n + (columns->loops > 1); i++)
                out_text(p->f, "---|");
        out_format(p->f, "---|%s\n", page_has_catches(p) ? "---|" : "");
}

static void table_cell(const struct page *p, const char *text)
{
        out_format(p->f, " %s |", text);
}

/* Is a line about counts and outcomes, which are the same on any machine? */
static bool is_exact(const struct page *p, const struct variant *v, uint32_t group)
{
        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                if (p->d->cells[i - 1].variant == v &&
                    tells_by_outcome(finding_of(p->a, &p->d->cells[i - 1]), v))
                        return true;
        return v->rounds == ROUNDS_OUTCOME;
}

static void table_line(const struct page *p, const struct workload *w, const struct variant *v,
                       uint32_t group)
{
        struct columns columns = pitfall_columns(p);
        char buf[CELL_BYTES];
        const char *all;

        out_format(p->f, "| %s: %s → %s |", w->name, v->name, v->against ? v->against : "-");
        if (columns.loops > 1) {
                all = all_loops_text(buf, p, &columns, v, group);
                table_cell(p, all ? all : "they differ");
        }
        for (size_t i = columns.each_loop ? 0 : columns.loops; i < columns.n; i++)
                table_cell(p, cell_text(buf, p, data_cell(p->d, group, v, columns.rows[i])));
        out_text(p->f, is_exact(p, v, group) ? " exact |" : " this machine |");
        if (page_has_catches(p))
                page_caught_by(p, w, v);
        out_text(p->f, "\n");
}

static void legend(const struct page *p)
{
        char percent[NUMBER_BYTES];

        out_format(p->f,
                   "\nCells: headline metric of the mistake divided by that of its fix [interval], or the "
                   "outcome; `= within ±d` no "
                   "difference that matters; `?` not resolved; `-` absent. `exact` is true on any machine, "
                   "`this machine` is a "
                   "time. %zu comparisons, each interval at %s %%, so that all hold together at 95 %%.\n\n",
                   p->a->mistakes.comparisons,
                   number_rounded(percent, 100 * (1 - p->a->mistakes.alpha), 0.01));
}

/* ---- the sentences */

static void name_mistake(const struct page *p, const struct cell *c)
{
        out_format(p->f, "`%s` `%s`", p->d->groups[c->group].workload->name, c->variant->name);
}

static void dearest(const struct page *p)
{
        const struct cell *worst = NULL;
        char buf[CELL_BYTES];

        for (size_t i = 0; i < p->d->cell_count; i++) {
                const struct cell *c = &p->d->cells[i];

                if (is_priced_mistake(c->variant) && finding_of(p->a, c)->verdict == VERDICT_SLOWER &&
                    !p->d->rows[c->row].never_suspends &&
                    (!worst || cost_factor(p->a, c) > cost_factor(p->a, worst)))
                        worst = c;
        }
        out_text(p->f, "- Dearest here: ");
        if (!worst) {
                out_text(p->f, "no mistake was shown to cost time.\n");
                return;
        }
        name_mistake(p, worst);
        out_text(p->f, " on ");
        md_text(p->f, p->d->rows[worst->row].name);
        out_format(p->f, ", %s of ",
                   priced_text(buf, VERDICT_SLOWER, &finding_of(p->a, worst)->headline.pair,
                               smallest_effect(p->a, worst->group)));
        md_name(p->f, worst->variant->against);
        out_text(p->f, ".\n");
}

struct harm {
        bool measured, harmless;
};

/* Harmless where every row that has it says so: equal or better, or the outcome did not show. */
static struct harm harm_of(const struct page *p, const struct variant *v, uint32_t group)
{
        struct harm harm = { .harmless = true };

        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next) {
                const struct cell *c = &p->d->cells[i - 1];
                const struct finding *f = finding_of(p->a, c);

                if (c->variant != v || p->d->rows[c->row].never_suspends)
                        continue;
                harm.measured = true;
                if (tells_by_outcome(f, v))
                        harm.harmless = harm.harmless && f->endings.verdict == VERDICT_NOT_DEMONSTRATED;
                else
                        harm.harmless = harm.harmless &&
                                        (f->verdict == VERDICT_EQUIVALENT || f->verdict == VERDICT_FASTER);
        }
        return harm;
}

static void harmless_sentence(const struct page *p)
{
        bool first = true;

        out_text(p->f, "- Harmless here, at the parameters of the table: ");
        for (size_t i = 0; p->d->workloads[i]; i++) {
                const struct workload *w = p->d->workloads[i];

                for (const struct variant *v = w->variants; v->name; v++) {
                        uint32_t group = v->role == ROLE_MISTAKE ? headline_group(p->d, w, v) : UINT32_MAX;
                        struct harm harm = { 0 };

                        if (group != UINT32_MAX)
                                harm = harm_of(p, v, group);
                        if (!harm.measured || !harm.harmless)
                                continue;
                        out_format(p->f, "%s`%s` `%s`", first ? "" : ", ", w->name, v->name);
                        first = false;
                }
        }
        out_text(p->f, first ? "no mistake was shown to be.\n" : ".\n");
}

static void hanging_rows(const struct page *p, const struct workload *w, const struct variant *v,
                         uint32_t group)
{
        bool first = true;

        for (uint32_t r = 0; r < p->d->row_count; r++) {
                const struct cell *c = data_cell(p->d, group, v, r);
                const struct endings *e = c ? &finding_of(p->a, c)->endings : NULL;

                if (!e || e->deadlocks + e->stalls == 0)
                        continue;
                if (first)
                        out_format(p->f, "- Never returns: `%s` `%s` on ", w->name, v->name);
                md_list(p->f, ", ", p->d->rows[r].name, &first);
        }
        out_text(p->f, first ? "" : ".\n");
}

/* What a mistake costs at the parameter sets that get no verdict, least and most over the rows. A mistake that
 * is harmless at the first set may be dear at another one. */
static void other_sets(const struct page *p, const struct workload *w, const struct variant *v,
                       uint32_t headline)
{
        for (uint32_t i = 0; is_priced_mistake(v) && i < p->d->group_count; i++) {
                uint32_t group = p->d->group_order[i];
                double least = NAN, most = NAN;
                char low[NUMBER_BYTES], high[NUMBER_BYTES];

                if (group == headline || p->d->groups[group].workload != w || curve_only(p->d, group))
                        continue;
                for (uint32_t r = 0; r < p->d->row_count; r++) {
                        const struct cell *c = data_cell(p->d, group, v, r);
                        double factor = c && !p->d->rows[r].never_suspends && !p->d->rows[r].same_as
                                                ? cost_factor(p->a, c)
                                                : NAN;

                        least = fmin(least, factor);
                        most = fmax(most, factor);
                }
                if (!(most >= OTHER_SET_FACTOR || least <= 1 / OTHER_SET_FACTOR))
                        continue;
                out_format(p->f, "- At other parameters, without a verdict: `%s` `%s` with `", w->name,
                           v->name);
                out_format(p->f, "%s` costs %sx to %sx of ", p->d->groups[group].params,
                           number_rounded(low, least, least / 20), number_rounded(high, most, most / 20));
                md_name(p->f, v->against);
                out_text(p->f, ".\n");
        }
}

void page_pitfalls(const struct page *p)
{
        struct columns columns = pitfall_columns(p);

        out_text(p->f, "## 2. Which mistakes matter here?\n\n");
        if (columns.n == 0) {
                out_text(p->f, "Not answered here: this run has no workload with a mistake.\n\n");
                return;
        }
        table_head(p, &columns);
        page_each_mistake(p, table_line);
        legend(p);
        page_prices(p);
        dearest(p);
        harmless_sentence(p);
        page_each_mistake(p, other_sets);
        page_each_mistake(p, hanging_rows);
        out_text(p->f, "- Review questions that find them: §5.\n\n");
}
