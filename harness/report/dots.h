/* SPDX-License-Identifier: MIT */
/* A dot plot: one line per program of a row, with its rounds as dots, their median and its interval. */
#ifndef AB_REPORT_DOTS_H
#define AB_REPORT_DOTS_H

#include "harness/report/data.h"
#include "harness/report/outputs.h"

struct dot_line {
        const char *label;
        const struct row *row; /* NULL: a heading over the lines below it */
        double *points;        /* one per round; memory of the arena */
        size_t n;
        double median, low, high; /* low and high are the median's where there is no interval */
};

struct dot_plot {
        const char *name;       /* of its files, plain characters only */
        const char *title[3];   /* what it shows; parameters; machine, noise, A/A */
        const char *axis;       /* label of the value axis */
        double floor;           /* half-width of the A/A band around 1; NAN = none */
        bool ratio;             /* the values are ratios: 1 is marked */
        struct dot_line *lines; /* from top to bottom */
        size_t n, capacity;
};

void dots_heading(struct dot_plot *p, const char *label);

/* A line of ROW; POINTS have N > 0 positive values. The caller then sets median, low and high. */
struct dot_line *dots_line(struct dot_plot *p, const char *label, const struct row *row, double *points,
                           size_t n);

/* Write plots/NAME.dat and plots/NAME.gp. 0 or -errno. */
int dots_write(const struct dot_plot *p, struct outputs *o);

void dots_free(struct dot_plot *p);

#endif
