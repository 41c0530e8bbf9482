/* SPDX-License-Identifier: MIT */
/* A quantile plot: the axis is 1/(1-q), logarithmic, so that tails have room. */
#include "harness/report/quantiles.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/gnuplot.h"
#include "harness/report/spool.h"

enum {
        PANEL_WIDTH = 480,
        PANEL_HEIGHT = 300,
        STEPS_PER_DECADE = 10,
        MOST_LINES = 256,
        FEWEST_ABOVE = 10, /* a quantile is drawn while that many values lie above it */
};

struct line {
        const struct variant *variant;
        const struct row *row;
};

struct drawing {
        const struct quantile_plot *plot;
        const struct report_data *d;
        struct out *data;
        struct line lines[MOST_LINES]; /* by variant, then row, as their blocks in the file */
        size_t n;
        double low_ns, high_ns, rarest; /* what the axes must reach; rarest = largest 1/(1-q) */
};

static int add_entry(struct hist *sum, const struct spool_entry *e, const struct spool_bucket *buckets)
{
        if (sum->digits == 0) {
                int rc = hist_init(sum, e->digits);

                if (rc != 0)
                        return rc;
        }
        if (sum->digits != e->digits)
                return 0; /* cannot be added exactly, and does not happen inside a group */
        for (size_t i = 0; i < e->buckets; i++)
                sum->counts[buckets[i].index] += buckets[i].count;
        sum->count += e->count;
        sum->overflow += e->overflow;
        sum->min = e->min < sum->min ? e->min : sum->min;
        sum->max = e->max > sum->max ? e->max : sum->max;
        return 0;
}

static int add_sample(const struct drawing *q, uint32_t sample, struct hist *sum)
{
        size_t first, n = spool_find(q->d->spool, sample, &first);
        int rc = 0;

        for (size_t i = 0; i < n && rc == 0; i++) {
                struct spool_entry e;
                const struct spool_bucket *buckets;

                rc = spool_get(q->d->spool, first + i, &e, &buckets);
                if (rc == 0 && e.name == q->plot->histogram && e.attempt == q->d->samples[sample].attempt)
                        rc = add_entry(sum, &e, buckets);
        }
        return rc;
}

static void write_line(struct drawing *q, const struct cell *c, const struct hist *sum)
{
        double most = (double)sum->count / FEWEST_ABOVE;

        out_format(q->data, "# %s, %s: 1/(1-q), ns; %llu values\n", q->d->rows[c->row].name, c->variant->name,
                   (unsigned long long)sum->count);
        for (int step = 0; pow(10, (double)step / STEPS_PER_DECADE) <= most; step++) {
                double rare = pow(10, (double)step / STEPS_PER_DECADE);
                /* Nothing below a nanosecond can be told apart, and a logarithm wants something. */
                double ns = fmax(1, (double)hist_quantile(sum, 1 - 1 / rare));

                out_format(q->data, "%.6g %.9g\n", rare, ns);
                q->low_ns = fmin(q->low_ns, ns);
                q->high_ns = fmax(q->high_ns, ns);
                q->rarest = fmax(q->rarest, rare);
        }
        out_text(q->data, "\n\n");
        q->lines[q->n++] = (struct line){ c->variant, &q->d->rows[c->row] };
}

static int add_cell(struct drawing *q, const struct cell *c)
{
        struct hist sum = { 0 };
        int rc = 0;

        for (size_t i = 0; i < c->planned && rc == 0; i++)
                if (cell_sample(q->d, c, i)->status == STATUS_OK)
                        rc = add_sample(q, q->d->by_cell[c->first + i], &sum);
        if (rc == 0 && sum.digits && sum.count >= 2 * FEWEST_ABOVE && q->n < MOST_LINES)
                write_line(q, c, &sum);
        if (sum.digits)
                hist_free(&sum);
        return rc;
}

static int write_data(struct drawing *q)
{
        const struct group *g = &q->d->groups[q->plot->group];
        int rc = 0;

        for (const struct variant *v = g->workload->variants; v->name; v++) {
                for (uint32_t r = 0; r < q->d->row_count && rc == 0; r++) {
                        const struct cell *c = data_cell(q->d, q->plot->group, v, r);

                        if (c && !q->d->rows[r].same_as)
                                rc = add_cell(q, c);
                }
        }
        return rc;
}

static size_t count_panels(const struct drawing *q)
{
        size_t n = 0;

        for (size_t i = 0; i < q->n; i++)
                n += i == 0 || q->lines[i].variant != q->lines[i - 1].variant;
        return n;
}

/* The lines of one program, from FIRST on; returns the number of the next one's first. */
static size_t write_panel(const struct drawing *q, struct out *f, size_t first)
{
        size_t i = first;

        out_text(f, "set title ");
        gnuplot_quote(f, q->lines[first].variant->name);
        out_text(f, "\nplot ");
        for (; i < q->n && q->lines[i].variant == q->lines[first].variant; i++) {
                const struct row *row = q->lines[i].row;

                out_format(f,
                           "%s'%s.dat' index %zu using 1:2 with linespoints pointtype %d pointsize 0.9 "
                           "pointinterval %d linewidth 1.4 linecolor rgb '%s' title ",
                           i > first ? ", " : "", q->plot->name, i, row->point, STEPS_PER_DECADE / 2,
                           row->colour);
                gnuplot_quote(f, row->name);
        }
        out_text(f, first == 0 ? "\nunset label\n" : "\n");
        return i;
}

static void write_axes(const struct drawing *q, struct out *f)
{
        out_format(f, "set logscale x\nset xrange [1:%.6g]\n", q->rarest * 1.05);
        out_text(f, "set xtics ('50' 2, '90' 10, '99' 100, '99.9' 1e3, '99.99' 1e4, '99.999' 1e5)\n"
                    "set xlabel 'quantile (%)'\nset ylabel 'ns'\nset grid x y lc rgb '#d0d0d0' lw 0.5\n"
                    "set key outside right center reverse Left samplen 1.5\n");
        gnuplot_log_tics(f, "y", q->low_ns / 1.2, q->high_ns * 1.3);
}

static int write_script(const struct drawing *q, struct outputs *o, size_t panels)
{
        unsigned height = gnuplot_panels_height(panels, PANEL_HEIGHT);
        struct out *f;
        char name[96];

        snprintf(name, sizeof(name), "plots/%s.gp", q->plot->name);
        f = outputs_open(o, name);
        gnuplot_begin(f, PANEL_WIDTH * 2, height);
        write_axes(q, f);
        gnuplot_panels_begin(f, q->plot->name, panels, q->plot->title, height);
        for (size_t at = 0; at < q->n;)
                at = write_panel(q, f, at);
        gnuplot_panels_end(f);
        return out_close(f);
}

int quantiles_write(const struct quantile_plot *p, const struct report_data *d, struct outputs *o,
                    size_t *panels)
{
        struct drawing q = { .plot = p, .d = d, .low_ns = INFINITY };
        char name[96];
        int rc, closed;

        *panels = 0;
        snprintf(name, sizeof(name), "plots/%s.dat", p->name);
        q.data = outputs_open(o, name);
        rc = write_data(&q);
        closed = out_close(q.data);
        if (rc == 0)
                rc = closed;
        if (rc == 0 && q.n == 0)
                outputs_drop(o, name);
        if (rc != 0 || q.n == 0)
                return rc;
        *panels = count_panels(&q);
        return write_script(&q, o, *panels);
}
