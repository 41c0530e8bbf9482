/* SPDX-License-Identifier: MIT */
/* The plot of a curve. Its axes are logarithmic, as sweeps are, where no value is 0. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/curves.h"
#include "harness/report/gnuplot.h"

enum { PANEL_WIDTH = 480, PANEL_HEIGHT = 300, MOST_LINES = 256 };

struct line {
        const struct variant *variant;
        const struct row *row; /* NULL: arithmetic */
};

struct drawing {
        const struct analysis *a;
        const struct curve_view *view;
        const char *name;
        struct out *data;
        struct line lines[MOST_LINES]; /* by variant, as their blocks in the file */
        size_t n, panels;
        bool saturated; /* some point is: it is ringed */
        double low, high;
};

static void widen(struct drawing *p, double value)
{
        p->low = fmin(p->low, value);
        p->high = fmax(p->high, value);
}

static bool is_known(const struct drawing *p, const struct variant *v, uint32_t row)
{
        size_t known = 0;

        for (size_t i = 0; i < p->view->n; i++)
                known += curve_value(p->a, p->view, i, v, row).n > 0;
        return known > 1 && p->n < MOST_LINES && !p->a->data->rows[row].same_as;
}

static void write_row(struct drawing *p, const struct variant *v, uint32_t row)
{
        out_format(p->data, "# %s, %s: %s, median, least, most%s\n", p->a->data->rows[row].name, v->name,
                   p->view->c->param, p->view->w->ranks ? ", saturated" : "");
        for (size_t i = 0; i < p->view->n; i++) {
                struct curve_value value = curve_value(p->a, p->view, i, v, row);
                bool saturated = curve_saturated(p->a->data, p->view, i, v, row);

                if (value.n == 0)
                        continue;
                out_format(p->data, "%.9g %.9g %.9g %.9g%s\n", p->view->points[i].x, value.median, value.low,
                           value.high,
                           !p->view->w->ranks ? ""
                           : saturated        ? " 1"
                                              : " 0");
                p->saturated |= saturated;
                widen(p, value.low);
                widen(p, value.high);
        }
        out_text(p->data, "\n\n");
        p->lines[p->n++] = (struct line){ v, &p->a->data->rows[row] };
}

static void write_expected(struct drawing *p, const struct variant *v)
{
        if (!p->view->c->expected || p->n == MOST_LINES)
                return;
        out_format(p->data, "# arithmetic, %s\n", v->name);
        for (size_t i = 0; i < p->view->n; i++) {
                double expected = curve_expected(p->a->data, p->view, i, v);

                if (isnan(expected))
                        continue;
                out_format(p->data, "%.9g %.9g\n", p->view->points[i].x, expected);
                widen(p, expected);
        }
        out_text(p->data, "\n\n");
        p->lines[p->n++] = (struct line){ v, NULL };
}

static void write_data(struct drawing *p)
{
        for (const struct variant *v = p->view->w->variants; v->name; v++) {
                size_t before = p->n;

                if (!workload_list_has(p->view->c->variants, v->name))
                        continue;
                for (uint32_t row = 0; row < p->a->data->row_count; row++)
                        if (is_known(p, v, row))
                                write_row(p, v, row);
                if (p->n == before)
                        continue;
                write_expected(p, v);
                p->panels++;
        }
}

/* The factor between two values on a logarithmic axis that leaves a label its room: a tenth of the axis. */
static double room_of_label(const struct drawing *p)
{
        const struct curve_point *points = p->view->points;

        return pow(points[p->view->n - 1].x / points[0].x, 1.0 / 10);
}

/* Each value has its mark; a label only where there is room for it. */
static void write_x_tics(const struct drawing *p, struct out *f)
{
        const struct curve_point *points = p->view->points;
        double labelled = 0;

        out_text(f, "set xtics (");
        for (size_t i = 0; i < p->view->n; i++) {
                bool room = points[0].x <= 0 || points[i].x >= labelled * room_of_label(p);

                out_format(f, "%s'", i ? ", " : "");
                if (room) {
                        out_format(f, "%.9g", points[i].x);
                        labelled = points[i].x;
                }
                out_format(f, "' %.9g", points[i].x);
        }
        out_text(f, ")\n");
}

static void write_axes(const struct drawing *p, struct out *f)
{
        double first = p->view->points[0].x, last = p->view->points[p->view->n - 1].x;
        bool times = p->low > 0 && strcmp(curve_unit(p->view), "ns") == 0;

        if (first > 0)
                out_format(f, "set logscale x\nset xrange [%.9g:%.9g]\n", first / 1.15, last * 1.15);
        else
                out_format(f, "set xrange [%.9g:%.9g]\n", -last * 0.04, last * 1.04);
        write_x_tics(p, f);
        out_text(f, "set xlabel ");
        gnuplot_quote(f, p->view->c->param);
        out_text(f, "\nset ylabel ");
        gnuplot_quote(f, times ? "time" : curve_unit(p->view));
        out_text(f, "\nset grid x y lc rgb '#d0d0d0' lw 0.5\n"
                    "set key outside right center reverse Left samplen 1.5\n");
        if (times)
                gnuplot_time_tics(f, "y", p->low / 1.2, p->high * 1.2);
        else if (p->low > 0)
                gnuplot_log_tics(f, "y", p->low / 1.2, p->high * 1.2);
        else
                out_format(f, "set yrange [0:%.9g]\n", p->high > 0 ? p->high * 1.08 : 1);
}

/* The lines of one program, from FIRST on; returns the number of the next one's first. */
static size_t write_panel(const struct drawing *p, struct out *f, size_t first)
{
        size_t i = first;

        out_text(f, "set title ");
        gnuplot_quote(f, p->lines[first].variant->name);
        out_text(f, "\nplot ");
        for (; i < p->n && p->lines[i].variant == p->lines[first].variant; i++) {
                const struct row *row = p->lines[i].row;

                out_format(f, "%s'%s.dat' index %zu using 1:2", i > first ? ", " : "", p->name, i);
                if (row)
                        out_format(f,
                                   ":3:4 with yerrorlines pointtype %d pointsize 0.9 linewidth 1.3 linecolor "
                                   "rgb '%s' title ",
                                   row->point, row->colour);
                else
                        out_text(f, " with lines dashtype 2 linewidth 2 linecolor rgb '#444444' title ");
                gnuplot_quote(f, row ? row->name : "arithmetic");
        }
        for (size_t k = first; k < i && p->saturated; k++)
                out_format(
                        f,
                        ", '%s.dat' index %zu using ($5 > 0 ? $1 : 1/0):2 with points pointtype 6 pointsize "
                        "2.2 linewidth 1.3 linecolor rgb '#444444' title '%s'",
                        p->name, k, k == first ? "ringed: saturated" : "");
        out_text(f, first == 0 ? "\nunset label\n" : "\n");
        return i;
}

static int write_script(const struct drawing *p, struct outputs *o, const char *const title[3])
{
        unsigned height = gnuplot_panels_height(p->panels, PANEL_HEIGHT);
        struct out *f;
        char name[96];

        snprintf(name, sizeof(name), "plots/%s.gp", p->name);
        f = outputs_open(o, name);
        gnuplot_begin(f, PANEL_WIDTH * 2, height);
        write_axes(p, f);
        gnuplot_panels_begin(f, p->name, p->panels, title, height);
        for (size_t at = 0; at < p->n;)
                at = write_panel(p, f, at);
        gnuplot_panels_end(f);
        return out_close(f);
}

int curve_write(const struct analysis *a, const struct curve_view *view, const char *name,
                const char *const title[3], struct outputs *o, size_t *panels)
{
        struct drawing p = { .a = a, .view = view, .name = name, .low = INFINITY, .high = -INFINITY };
        char file[96];
        int rc;

        snprintf(file, sizeof(file), "plots/%s.dat", name);
        p.data = outputs_open(o, file);
        write_data(&p);
        rc = out_close(p.data);
        *panels = p.panels;
        if (rc == 0 && p.panels == 0)
                outputs_drop(o, file);
        return rc != 0 || p.panels == 0 ? rc : write_script(&p, o, title);
}
