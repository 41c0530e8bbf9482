/* SPDX-License-Identifier: MIT */
/* What the fix of a mistake costs, in §2 of REPORT.md: a line per mistake, a column per row. */
#include <math.h>
#include <string.h>

#include "harness/report/columns.h"
#include "harness/report/markdown.h"
#include "harness/report/text.h"

static const struct metric *price_of(const struct workload *w, const struct variant *v)
{
        const struct metric *m = w->metrics;

        if (!v->price)
                return NULL;
        while (m->name && strcmp(m->name, v->price) != 0)
                m++;
        return m->name ? m : NULL;
}

/* Fix / mistake; or the fix alone, where the mistake ends before it has a number. */
static void price_cell(const struct page *p, const struct workload *w, const struct variant *v,
                       uint32_t group, uint32_t row)
{
        const char *metric = arena_intern(&p->d->arena, v->price);
        const struct cell *mistake = data_cell(p->d, group, v, row);
        const struct cell *fix = data_cell(p->d, group, workload_variant(w, v->against), row);
        struct measure m = { .pair.n = 0 };
        char buf[CELL_BYTES], number[NUMBER_BYTES];

        if (mistake)
                m = analysis_measure(p->a, mistake, metric);
        if (m.pair.n > 0) {
                out_format(p->f, " %s |",
                           ratio_text(buf, 1 / m.pair.ratio, m.pair.has_interval ? 1 / m.pair.high : NAN,
                                      m.pair.has_interval ? 1 / m.pair.low : NAN));
                return;
        }
        if (fix)
                m = analysis_measure(p->a, fix, metric);
        if (fix && m.n > 0)
                out_format(p->f, " (%s) |", number_rounded(number, m.median, m.spread));
        else
                out_text(p->f, " - |");
}

static void price_line(const struct page *p, const struct workload *w, const struct variant *v,
                       uint32_t group)
{
        const struct metric *m = price_of(w, v);
        struct columns columns = columns_make(p->d);

        if (!m || !v->against)
                return;
        out_format(p->f, "| %s: %s → %s | %s (%s) |", w->name, v->name, v->against, m->name, m->unit);
        for (size_t i = 0; i < columns.n; i++)
                price_cell(p, w, v, group, columns.rows[i]);
        out_text(p->f, "\n");
}

static bool has_prices(const struct page *p)
{
        for (size_t i = 0; p->d->workloads[i]; i++)
                for (const struct variant *v = p->d->workloads[i]->variants; v->name; v++)
                        if (price_of(p->d->workloads[i], v) &&
                            headline_group(p->d, p->d->workloads[i], v) != UINT32_MAX)
                                return true;
        return false;
}

void page_prices(const struct page *p)
{
        struct columns columns = columns_make(p->d);

        if (!has_prices(p))
                return;
        out_text(p->f, "What a fix costs, where it does more than the mistake: fix / mistake, or in brackets "
                       "what the "
                       "fix takes where the mistake ends before it has a number. Of a rate, above 1 is a "
                       "gain. These get no verdict; an interval has the confidence of those above and is "
                       "none of them.\n\n| mistake → fix | metric |");
        for (size_t i = 0; i < columns.n; i++) {
                out_text(p->f, " ");
                md_text(p->f, p->d->rows[columns.rows[i]].name);
                out_text(p->f, " |");
        }
        out_text(p->f, "\n|---|---|");
        for (size_t i = 0; i < columns.n; i++)
                out_text(p->f, "---|");
        out_text(p->f, "\n");
        page_each_mistake(p, price_line);
        out_text(p->f, "\n");
}
