/* SPDX-License-Identifier: MIT */
/* A dot plot on a logarithmic axis. */
#include "harness/report/dots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/report/gnuplot.h"
#include "harness/report/text.h"

enum { WIDTH = 900, LINE_HEIGHT = 22, FRAME_HEIGHT = 60 };

void dots_heading(struct dot_plot *p, const char *label)
{
        p->lines = array_grow(p->lines, p->n, &p->capacity, sizeof(*p->lines));
        p->lines[p->n++] = (struct dot_line){ .label = label };
}

struct dot_line *dots_line(struct dot_plot *p, const char *label, const struct row *row, double *points,
                           size_t n)
{
        p->lines = array_grow(p->lines, p->n, &p->capacity, sizeof(*p->lines));
        p->lines[p->n] = (struct dot_line){ .label = label, .row = row, .points = points, .n = n };
        return &p->lines[p->n++];
}

void dots_free(struct dot_plot *p)
{
        free(p->lines);
        *p = (struct dot_plot){ 0 };
}

/* Lines are numbered from the top, so y falls. */
static double height_of(const struct dot_plot *p, size_t line)
{
        return (double)(p->n - line);
}

/* Rounds of one line lie a little apart, in their order from top to bottom. */
static double spread_of(size_t point, size_t n)
{
        return n > 1 ? 0.22 - 0.44 * (double)point / (double)(n - 1) : 0;
}

static void write_blocks(const struct dot_plot *p, struct out *f, size_t line)
{
        const struct dot_line *l = &p->lines[line];
        double y = height_of(p, line);

        out_format(f, "# line %zu: value of each round, height\n", line + 1);
        for (size_t i = 0; i < l->n; i++)
                out_format(f, "%.9g %.4f\n", l->points[i], y + spread_of(i, l->n));
        out_format(f, "\n\n# median, height, interval\n%.9g %.4f %.9g %.9g\n\n\n", l->median, y, l->low,
                   l->high);
}

static int write_data(const struct dot_plot *p, struct outputs *o)
{
        char name[96];
        struct out *f;

        snprintf(name, sizeof(name), "plots/%s.dat", p->name);
        f = outputs_open(o, name);
        for (size_t i = 0; i < p->n; i++)
                if (p->lines[i].row)
                        write_blocks(p, f, i);
        return out_close(f);
}

static void widen(double *low, double *high, double value)
{
        *low = fmin(*low, value);
        *high = fmax(*high, value);
}

static void value_range(const struct dot_plot *p, double *low, double *high)
{
        double margin;

        *low = p->ratio ? 1 : INFINITY;
        *high = p->ratio ? 1 : 0;
        for (size_t i = 0; i < p->n; i++) {
                for (size_t k = 0; k < p->lines[i].n; k++)
                        widen(low, high, p->lines[i].points[k]);
                if (p->lines[i].row) {
                        widen(low, high, p->lines[i].low);
                        widen(low, high, p->lines[i].high);
                }
        }
        if (p->ratio) {
                double band = 1 + (isnan(p->floor) ? 0 : p->floor);

                widen(low, high, 1 / band);
                widen(low, high, band);
        }
        margin = fmax(pow(*high / *low, 0.04), 1.01);
        *low /= margin;
        *high *= margin;
}

/* A heading stands inside the frame, where its line has no dots, under a rule. */
static void write_headings(const struct dot_plot *p, struct out *f)
{
        for (size_t i = 0; i < p->n; i++) {
                double y = height_of(p, i);

                if (p->lines[i].row)
                        continue;
                out_format(f, "set label %zu ", i + 10);
                gnuplot_quote(f, p->lines[i].label);
                out_format(f, " at graph 0.008,first %g left\n", y);
                if (i > 0)
                        out_format(f,
                                   "set arrow from graph 0,first %g to graph 1,first %g nohead lc rgb "
                                   "'#c0c0c0'\n",
                                   y + 0.5, y + 0.5);
        }
}

static void write_axes(const struct dot_plot *p, struct out *f)
{
        double low, high;
        bool first = true;

        value_range(p, &low, &high);
        gnuplot_log_tics(f, "x", low, high);
        out_text(f, "set xlabel ");
        gnuplot_quote(f, p->axis);
        out_format(f, "\nset yrange [0.4:%zu.6]\nset ytics scale 0 (", p->n);
        for (size_t i = 0; i < p->n; i++) {
                if (!p->lines[i].row)
                        continue;
                out_text(f, first ? "" : ", ");
                gnuplot_quote(f, p->lines[i].label);
                out_format(f, " %g", height_of(p, i));
                first = false;
        }
        out_text(f, ")\n");
        write_headings(p, f);
}

static void write_band(const struct dot_plot *p, struct out *f)
{
        if (!p->ratio)
                return;
        if (p->floor > 0)
                out_format(f,
                           "set object 1 rectangle from first %.6g,graph 0 to first %.6g,graph 1 behind "
                           "fillcolor rgb '#e4e4e4' fillstyle solid 1 noborder\n",
                           1 / (1 + p->floor), 1 + p->floor);
        out_text(f, "set arrow from first 1,graph 0 to first 1,graph 1 nohead lc rgb '#444444' dashtype 2\n");
}

/* Rounds as small dots, the median as the row's own mark, its interval as a bar. */
static void write_plot(const struct dot_plot *p, struct out *f)
{
        size_t block = 0;

        out_text(f, "plot ");
        for (size_t i = 0; i < p->n; i++) {
                const struct row *row = p->lines[i].row;

                if (!row)
                        continue;
                out_format(
                        f,
                        "%s'%s.dat' index %zu using 1:2 with points pointtype 6 pointsize 0.45 linecolor rgb "
                        "'%s', "
                        "'' index %zu using 1:2:3:4 with xerrorbars pointtype %d pointsize 1.3 linewidth 1.6 "
                        "linecolor rgb '%s'",
                        block ? ", " : "", p->name, block, row->colour, block + 1, row->point, row->colour);
                block += 2;
        }
        out_text(f, "\n");
}

int dots_write(const struct dot_plot *p, struct outputs *o)
{
        unsigned height = FRAME_HEIGHT + GNUPLOT_TITLE_HEIGHT + LINE_HEIGHT * (unsigned)p->n;
        int rc = write_data(p, o);
        char name[96];
        struct out *f;

        if (rc != 0)
                return rc;
        snprintf(name, sizeof(name), "plots/%s.gp", p->name);
        f = outputs_open(o, name);
        gnuplot_begin(f, WIDTH, height);
        out_format(f, "set tmargin at screen %.5f\n", 1 - (double)GNUPLOT_TITLE_HEIGHT / height);
        write_axes(p, f);
        write_band(p, f);
        gnuplot_draw_begin(f, p->name);
        gnuplot_title(f, p->title, height);
        write_plot(p, f);
        gnuplot_draw_end(f);
        return out_close(f);
}
