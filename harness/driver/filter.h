/* SPDX-License-Identifier: MIT */
/* --only, --runtimes and --set checked against what exists. */
#ifndef AB_FILTER_H
#define AB_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/driver/names.h"
#include "harness/driver/request.h"
#include "workloads/workload.h"

struct filter {
        char **only; /* "mutex" or "mutex/async" */
        size_t only_count;
        char **runtimes;
        size_t runtime_count;
};

/* Check the words of R. False, with one line in ERROR that names the unknown one and the nearest known. */
bool filter_make(struct filter *f, const struct request *r, const struct names *names, char *error,
                 size_t error_bytes);
void filter_free(struct filter *f);

/* NULL: the cell is asked for; else which option leaves it out, as a reason. */
const char *filter_refuses(const struct filter *f, const struct workload *w, const struct variant *v,
                           const struct row *row);
const char *filter_refuses_row(const struct filter *f, const struct row *row);

/* Does --only leave the whole workload out? */
bool filter_refuses_workload(const struct filter *f, const struct workload *w);

#endif
