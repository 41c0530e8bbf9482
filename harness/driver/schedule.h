/* SPDX-License-Identifier: MIT */
/* schedule.csv: every planned sample in order, and why absent cells are absent; written before the first. */
#ifndef AB_SCHEDULE_H
#define AB_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * order,round,group,workload,variant,runtime,params,seed,planned,reason
 *
 * A planned sample has planned = 1 and no reason; orders count from 1 without a gap, rounds and groups
 * from 1. The row ROW-aa is the reference row run a second time. An absent cell has planned = 0, its
 * reason, and empty order, round, group, params and seed; it is a cell of `asyncbench list`, so that
 * the distinct planned cells (without ROW-aa) and the absent ones are all of the list.
 * The seed is a decimal number of 64 bits.
 */
struct schedule_row {
        unsigned order, round, group; /* not used for an absent cell */
        const char *workload, *variant, *runtime, *params;
        uint64_t seed;
        bool planned;
        const char *reason;
};

/* The heading and one row. F's error flag tells whether they could be written. */
void schedule_write_head(FILE *f);
void schedule_write_row(FILE *f, const struct schedule_row *row);

#endif
