/* SPDX-License-Identifier: MIT */
/* The plots of a run: what each shows, its data file, its gnuplot script. */
#ifndef AB_REPORT_PLOTS_H
#define AB_REPORT_PLOTS_H

#include "harness/report/analysis.h"
#include "harness/report/outputs.h"

/* One plot: plots/NAME.svg, .png, and the .gp and .dat that make them again. */
struct plot {
        char name[64];
        uint32_t group;
        const struct curve *curve; /* NULL: of that group alone */
        bool front;                /* stands in the first section, and nowhere else */
        const char *alternative;   /* what it shows, in words, for readers who cannot see it */
};

struct plots {
        struct plot *plot;
        size_t n, capacity;
        const char *missing; /* why there are none, in a sentence; NULL = there are */
};

/* Write the data and the script of every plot of D, of which A is the analysis, and have gnuplot draw them, each within TIMEOUT_MS. A gnuplot
 * that is missing, fails or hangs leaves no plot, and p->missing says why. 0, or -errno when the
 * files cannot be written. */
int plots_make(struct plots *p, struct report_data *d, const struct analysis *a, struct outputs *o,
               unsigned timeout_ms);

void plots_free(struct plots *p);

#endif
