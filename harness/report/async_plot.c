/* SPDX-License-Identifier: MIT */
/* The plot of the first section: rate and tail against connections, threads against the band of all loops. */
#include <math.h>
#include <stdio.h>

#include "harness/report/async.h"
#include "harness/report/gnuplot.h"

enum { WIDTH = 960, PANEL_HEIGHT = 320, FEWEST_POINTS = 2 };

static const char BAND[] = "#d9d9d9", EDGE[] = "#888888";

struct panel {
        const char *metric, *label;
        bool times; /* in ns, on a logarithmic axis; else from 0 */
        double low, high;
};

struct drawing {
        const struct analysis *a;
        const struct async_view *view;
        const char *name;
        struct out *f;
};

static void widen(struct panel *panel, double value)
{
        panel->low = fmin(panel->low, value);
        panel->high = fmax(panel->high, value);
}

/* The least and the most of the loops' medians at point I. */
static void write_band_point(struct drawing *p, struct panel *panel, struct curve_view *curve, size_t i)
{
        double low = INFINITY, high = -INFINITY;

        for (uint32_t r = 0; r < p->a->data->row_count; r++) {
                struct curve_value value = { 0 };

                if (async_is_loop(p->view, &p->a->data->rows[r]))
                        value = curve_value(p->a, curve, i, p->view->v, r);
                if (value.n == 0)
                        continue;
                low = fmin(low, value.median);
                high = fmax(high, value.median);
        }
        if (low > high)
                return;
        out_format(p->f, "%.9g %.9g %.9g\n", curve->points[i].x, low, high);
        widen(panel, low);
        widen(panel, high);
}

static void write_threads_point(struct drawing *p, struct panel *panel, struct curve_view *curve, size_t i)
{
        uint32_t row = (uint32_t)(p->view->threads - p->a->data->rows);
        struct curve_value value = curve_value(p->a, curve, i, p->view->v, row);

        if (value.n == 0)
                return;
        out_format(p->f, "%.9g %.9g %.9g %.9g\n", curve->points[i].x, value.median, value.low, value.high);
        widen(panel, value.low);
        widen(panel, value.high);
}

/* Two blocks of the file: the band, and the threads. */
static void write_blocks(struct drawing *p, struct panel *panel)
{
        struct curve metric = { .metric = panel->metric };
        struct curve_view curve = p->view->curve;

        curve.c = &metric;
        out_format(p->f, "# all loops: connections, least and most median of %s\n", panel->metric);
        for (size_t i = 0; i < curve.n; i++)
                write_band_point(p, panel, &curve, i);
        out_format(p->f, "\n\n# %s: connections, median, least and most of its rounds\n",
                   p->view->threads->name);
        for (size_t i = 0; i < curve.n; i++)
                write_threads_point(p, panel, &curve, i);
        out_text(p->f, "\n\n");
}

static void write_panel(const struct drawing *p, const struct panel *panel, size_t number)
{
        const struct row *row = p->view->threads;
        size_t band = 2 * number;

        if (panel->times)
                gnuplot_time_tics(p->f, "y", panel->low / 1.2, panel->high * 1.2);
        else
                out_format(p->f, "unset logscale y\nset yrange [0:%.9g]\nset ytics autofreq\n",
                           panel->high * 1.1);
        out_text(p->f, "set title ");
        gnuplot_quote(p->f, panel->label);
        out_format(
                p->f,
                "\nset key %s left reverse Left samplen 2\nplot '%s.dat' index %zu using 1:2:3 with "
                "filledcurves fillcolor rgb '%s' fillstyle "
                "solid 1 noborder title 'all loops', '' index %zu using 1:2 with lines linecolor rgb '%s' "
                "notitle, '' index %zu using 1:3 with lines linecolor rgb '%s' notitle, '' index %zu using "
                "1:2:3:4 with yerrorlines pointtype %d pointsize 1 linewidth 1.6 linecolor rgb '%s' title ",
                panel->times ? "top" : "bottom", p->name, band, BAND, band, EDGE, band, EDGE, band + 1,
                row->point, row->colour);
        gnuplot_quote(p->f, row->name);
        out_text(p->f, number == 0 ? "\nunset label\n" : "\n");
}

static int write_script(struct drawing *p, const struct panel *panels, size_t n, const char *const title[3],
                        struct outputs *o)
{
        const struct curve_point *points = p->view->curve.points;
        unsigned height = gnuplot_panels_height(n, PANEL_HEIGHT);
        char file[96];

        snprintf(file, sizeof(file), "plots/%s.gp", p->name);
        p->f = outputs_open(o, file);
        gnuplot_begin(p->f, WIDTH, height);
        gnuplot_log_tics(p->f, "x", points[0].x / 1.2, points[p->view->curve.n - 1].x * 1.2);
        out_text(p->f, "set xlabel ");
        gnuplot_quote(p->f, p->view->curve.c->param);
        out_text(p->f, "\nset grid x y lc rgb '#d0d0d0' lw 0.5\n");
        gnuplot_panels_begin(p->f, p->name, n, title, height);
        for (size_t i = 0; i < n; i++)
                write_panel(p, &panels[i], i);
        gnuplot_panels_end(p->f);
        return out_close(p->f);
}

int async_write(const struct analysis *a, const struct async_view *view, const char *name,
                const char *const title[3], struct outputs *o, size_t *panels)
{
        struct panel all[] = {
                { .metric = headline_metric(view->w)->name,
                  .label = headline_metric(view->w)->name,
                  .low = INFINITY },
                { .metric = ASYNC_TAIL,
                  .label = "service p99 under closed loop",
                  .times = true,
                  .low = INFINITY },
        };
        struct drawing p = { .a = a, .view = view, .name = name };
        char file[96];
        int rc;

        *panels = 0;
        if (view->n < FEWEST_POINTS)
                return 0;
        snprintf(file, sizeof(file), "plots/%s.dat", name);
        p.f = outputs_open(o, file);
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                write_blocks(&p, &all[i]);
        rc = out_close(p.f);
        /* What has no number above 0 cannot stand on a logarithmic axis. */
        while (*panels < sizeof(all) / sizeof(all[0]) && all[*panels].low > 0 && all[*panels].high > 0)
                ++*panels;
        if (rc == 0 && *panels == 0)
                outputs_drop(o, file);
        return rc != 0 || *panels == 0 ? rc : write_script(&p, all, *panels, title, o);
}
