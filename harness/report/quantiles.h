/* SPDX-License-Identifier: MIT */
/* A quantile plot: how long the slowest of so many took, per row, one panel per program. */
#ifndef AB_REPORT_QUANTILES_H
#define AB_REPORT_QUANTILES_H

#include "harness/report/analysis.h"
#include "harness/report/outputs.h"

struct quantile_plot {
        const char *name;      /* of its files, plain characters only */
        const char *title[3];  /* what it shows; parameters; machine, noise, A/A */
        const char *histogram; /* interned */
        uint32_t group;
};

/* Add up the histograms of each cell's ok samples and write plots/NAME.dat and plots/NAME.gp. *panels = 0 and no
 * file when no cell has ten values above its median. 0 or -errno. */
int quantiles_write(const struct quantile_plot *p, const struct report_data *d, struct outputs *o,
                    size_t *panels);

#endif
