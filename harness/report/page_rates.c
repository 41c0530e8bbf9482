/* SPDX-License-Identifier: MIT */
/* Up to which planned rate each row keeps its tail under a limit, in §6 of REPORT.md. */
#include <math.h>
#include <string.h>

#include "harness/report/curves.h"
#include "harness/report/markdown.h"
#include "harness/report/tails.h"
#include "harness/report/text.h"

static const char RATE[] = "rate_per_s", TAIL[] = "response_p99_ns", CPU[] = "cpu_per_request_ns";

/* What tails are held to, in ms. */
static const double limits_ms[] = { 1, 10 };
enum { LIMITS = sizeof(limits_ms) / sizeof(limits_ms[0]) };

/* The highest point up to which the tail was under the limit at all points, and the next one, where it was not; as
 * index + 1, 0 = none. */
struct bracket {
        size_t held, broken;
};

/* Points without a tail, because too few requests fell into their windows, say nothing. */
static struct bracket bracket_of(const struct page *p, const struct curve_view *view, const struct variant *v,
                                 uint32_t row, double limit_ns)
{
        struct bracket b = { 0 };

        for (size_t i = 0; i < view->n && !b.broken; i++) {
                const struct cell *c = data_cell(p->d, view->points[i].group, v, row);
                struct curve_value tail = curve_value(p->a, view, i, v, row);

                bool saturated = curve_saturated(p->d, view, i, v, row);

                if (tail.n == 0 || (!saturated && tail_of(p->d, c, TAIL) == TAIL_TOO_FEW))
                        continue;
                if (saturated || tail.median > limit_ns)
                        b.broken = i + 1;
                else
                        b.held = i + 1;
        }
        return b;
}

static void bracket_cell(const struct page *p, const struct curve_view *view, struct bracket b)
{
        char low[NUMBER_BYTES], high[NUMBER_BYTES];

        if (b.held)
                number_grouped(low, view->points[b.held - 1].x);
        if (b.broken)
                number_grouped(high, view->points[b.broken - 1].x);
        if (b.held && b.broken)
                out_format(p->f, " between %s and %s /s |", low, high);
        else if (b.held)
                out_format(p->f, " above the highest measured, %s /s |", low);
        else if (b.broken)
                out_format(p->f, " below the lowest measured, %s /s |", high);
        else
                out_text(p->f, " - |");
}

/* What a core of the server's would answer at the rate that was held. */
static void per_core_cell(const struct page *p, const struct curve_view *view, const struct variant *v,
                          uint32_t row, struct bracket b)
{
        const struct cell *c = b.held ? data_cell(p->d, view->points[b.held - 1].group, v, row) : NULL;
        struct measure cpu = { .n = 0 };
        char number[NUMBER_BYTES];

        if (c)
                cpu = analysis_measure(p->a, c, arena_intern(&p->d->arena, CPU));
        if (cpu.n && cpu.median > 0)
                out_format(p->f, " %s |", number_grouped(number, two_digits(1e9 / cpu.median)));
        else
                out_text(p->f, " - |");
}

static void row_line(const struct page *p, const struct curve_view *view, const struct variant *v,
                     uint32_t row)
{
        struct bracket brackets[LIMITS];
        bool known = false;

        for (size_t i = 0; i < LIMITS; i++) {
                brackets[i] = bracket_of(p, view, v, row, limits_ms[i] * 1e6);
                known |= brackets[i].held || brackets[i].broken;
        }
        if (!known || p->d->rows[row].same_as)
                return;
        out_text(p->f, "| ");
        md_text(p->f, p->d->rows[row].name);
        out_text(p->f, " |");
        for (size_t i = 0; i < LIMITS; i++) {
                bracket_cell(p, view, brackets[i]);
                per_core_cell(p, view, v, row, brackets[i]);
        }
        out_text(p->f, "\n");
}

static bool was_run(const struct page *p, const struct curve_view *view, const struct variant *v)
{
        for (size_t i = 0; i < view->n; i++)
                for (uint32_t row = 0; row < p->d->row_count; row++)
                        if (curve_value(p->a, view, i, v, row).n)
                                return true;
        return false;
}

static void table(const struct page *p, const struct curve_view *view, const struct variant *v)
{
        out_format(p->f,
                   "#### Highest rate for a tail\n\nThe two planned rates of `%s` between which the median "
                   "over the rounds of %s passes the limit; a rate of which under 99 %% was answered is "
                   "past it. *Per core* = requests/s that a core of the server's processor time answers, at "
                   "the lower of the two. Rates between were not measured.\n\n| row |",
                   v->name, TAIL);
        for (size_t i = 0; i < LIMITS; i++)
                out_format(p->f, " p99 = %g ms | per core |", limits_ms[i]);
        out_text(p->f, "\n|---|");
        for (size_t i = 0; i < LIMITS; i++)
                out_text(p->f, "---|---|");
        out_text(p->f, "\n");
        for (uint32_t row = 0; row < p->d->row_count; row++)
                row_line(p, view, v, row);
        out_text(p->f, "\n");
}

void page_rates(const struct page *p, const struct workload *w)
{
        const struct curve *c = curve_find(w, RATE, TAIL);
        struct curve_view view;

        if (!c)
                return;
        view = curve_points(p->d, w, c);
        for (const struct variant *v = w->variants; v->name; v++)
                if (workload_list_has(c->variants, v->name) && was_run(p, &view, v))
                        table(p, &view, v);
}
