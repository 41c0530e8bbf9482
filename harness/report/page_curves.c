/* SPDX-License-Identifier: MIT */
/* The curves of a workload in §6 of REPORT.md: plot, points, and how they follow arithmetic. */
#include <math.h>
#include <string.h>

#include "harness/report/curves.h"
#include "harness/report/markdown.h"
#include "harness/report/text.h"

static void number_cell(const struct page *p, double value, double half_width)
{
        char number[NUMBER_BYTES];

        out_format(p->f, " %s |", isnan(value) ? "" : number_rounded(number, value, half_width));
}

/* Where rows are ranked their curves are read beside each other, and bend: an exponent says nothing of them. */
static bool has_slope(const struct curve_view *view)
{
        return view->c->metric && !view->w->ranks;
}

/* "0.98 [0.95, 1.02]", and whether that is where it must be. */
static void slope_cell(const struct page *p, const struct curve *c, const struct curve_value *slope)
{
        char number[NUMBER_BYTES];

        if (slope->n == 0) {
                out_text(p->f, c->slope_high > 0 ? " not told |" : " |");
                return;
        }
        out_format(p->f, " %s", number_rounded(number, slope->median, 0.005));
        out_format(p->f, " [%s,", number_rounded(number, slope->low, 0.005));
        out_format(p->f, " %s]", number_rounded(number, slope->high, 0.005));
        if (c->slope_high <= 0)
                out_text(p->f, " |");
        else if (slope->median >= c->slope_low && slope->median <= c->slope_high)
                out_text(p->f, " as it must |");
        else if (slope->high >= c->slope_low && slope->low <= c->slope_high)
                out_text(p->f, " ? |"); /* some rounds say so, others not */
        else
                out_text(p->f, " **not as it must** |");
}

static void row_line(const struct page *p, const struct curve_view *view, const struct variant *v,
                     uint32_t row)
{
        struct curve_value slope;
        size_t known = 0;

        for (size_t i = 0; i < view->n; i++)
                known += curve_value(p->a, view, i, v, row).n > 0;
        if (known == 0 || p->d->rows[row].same_as)
                return;
        out_text(p->f, "| ");
        md_text(p->f, p->d->rows[row].name);
        out_format(p->f, " | %s |", v->name);
        for (size_t i = 0; i < view->n; i++) {
                struct curve_value value = curve_value(p->a, view, i, v, row);

                if (curve_saturated(p->d, view, i, v, row))
                        out_text(p->f, " ‡");
                number_cell(p, value.n ? value.median : NAN, (value.high - value.low) / 2);
        }
        if (has_slope(view)) {
                slope = curve_slope(p->a, view, v, row);
                slope_cell(p, view->c, &slope);
        }
        out_text(p->f, "\n");
}

/* Where arithmetic says the same everywhere there is no slope against it. */
static bool rises(const struct page *p, const struct curve_view *view, const struct variant *v)
{
        for (size_t i = 1; i < view->n; i++)
                if (curve_expected(p->d, view, i, v) != curve_expected(p->d, view, 0, v))
                        return true;
        return false;
}

static void expected_line(const struct page *p, const struct curve_view *view, const struct variant *v)
{
        if (!view->c->expected)
                return;
        out_format(p->f, "| *arithmetic* | %s |", v->name);
        for (size_t i = 0; i < view->n; i++)
                number_cell(p, curve_expected(p->d, view, i, v), 0);
        out_text(p->f, !view->c->metric ? "\n" : rises(p, view, v) ? " 1 |\n" : " |\n");
}

static void curve_table(const struct page *p, const struct curve_view *view)
{
        out_format(p->f, "| row | program |");
        for (size_t i = 0; i < view->n; i++)
                out_format(p->f, " %s=%.9g |", view->c->param, view->points[i].x);
        if (has_slope(view))
                out_text(p->f, view->c->expected ? " slope against arithmetic |" : " exponent |");
        out_text(p->f, "\n|---|---|");
        for (size_t i = 0; i < view->n + has_slope(view); i++)
                out_text(p->f, "---|");
        out_text(p->f, "\n");
        for (const struct variant *v = view->w->variants; v->name; v++) {
                if (!workload_list_has(view->c->variants, v->name))
                        continue;
                expected_line(p, view, v);
                for (uint32_t row = 0; row < p->d->row_count; row++)
                        row_line(p, view, v, row);
        }
        out_text(p->f, "\n");
}

static bool any_saturated(const struct page *p, const struct curve_view *view)
{
        for (const struct variant *v = view->w->variants; v->name; v++)
                for (size_t i = 0; i < view->n && workload_list_has(view->c->variants, v->name); i++)
                        for (uint32_t row = 0; row < p->d->row_count; row++)
                                if (curve_saturated(p->d, view, i, v, row))
                                        return true;
        return false;
}

static void curve_section(const struct page *p, const struct workload *w, const struct curve *c)
{
        struct curve_view view = curve_view(p->d, w, c);

        if (view.n == 0)
                return;
        out_format(p->f, "#### %s against %s\n\n", curve_metric(c), c->param);
        out_format(p->f, "Read it as: %s. Medians in %s over the rounds", c->text, curve_unit(&view));
        if (has_slope(&view) && c->expected)
                out_text(p->f, "; the slope is the median over the rounds [least, most]");
        else if (has_slope(&view))
                out_text(p->f, "; the exponent is 0 where the parameter does not matter [least, most of the "
                               "rounds]");
        if (c->slope_high > 0)
                out_format(p->f, ", and must lie between %g and %g (`?`: in some rounds)", c->slope_low,
                           c->slope_high);
        if (any_saturated(p, &view))
                out_text(p->f, "; ‡ saturated: under 99 % of the planned requests were answered, so that the "
                               "longer the window, the more");
        out_text(p->f, ".\n\n");
        for (size_t i = 0; i < p->plots->n; i++)
                if (p->plots->plot[i].curve == c)
                        md_plot(p->f, &p->plots->plot[i]);
        curve_table(p, &view);
}

void page_curves(const struct page *p, const struct workload *w)
{
        for (const struct curve *c = w->curves; c && c->param; c++)
                curve_section(p, w, c);
}
