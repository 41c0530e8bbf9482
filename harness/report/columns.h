/* SPDX-License-Identifier: MIT */
/* Which rows are the columns of the tables over mistakes, and in which order. */
#ifndef AB_REPORT_COLUMNS_H
#define AB_REPORT_COLUMNS_H

#include "harness/report/data.h"

struct columns {
        uint32_t rows[64];
        size_t n, loops; /* rows in all; of these loops, which stand first */
        bool each_loop;  /* for the caller: each loop has a column of its own, beside that of all */
};

/* The rows of D that run tasks and have cells, under their first name. */
struct columns columns_make(const struct report_data *d);

#endif
