/* SPDX-License-Identifier: MIT */
/* The plan: every sample of a run in its order, balanced, and replayable from the seed. */
#ifndef AB_PLAN_H
#define AB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/driver/selection.h"

/* The round before all others: one sample of each cell whose system calls are counted, which slows it down. Its
 * times are no times: gates do not judge it, and it is in no ratio and no n. */
enum { PLAN_COUNTING_ROUND = 0 };

/* One group's part of one round: COUNT samples from sample FIRST on. */
struct block {
        uint32_t first;
        uint16_t round, group, count; /* group is an index into the selection */
};

/* Two bytes a sample and ten a block: 100,000 samples take a few hundred KiB. */
struct plan {
        const struct selection *selection;
        uint64_t seed;
        struct block *blocks; /* in order; a round's blocks stand together */
        size_t block_count;
        uint16_t *samples; /* per sample the index of its member in the group */
        size_t sample_count;
};

/* Lay out SELECTION, which has to outlive the plan. False without memory, or when the plan is too large. */
bool plan_make(struct plan *plan, const struct selection *selection, uint64_t seed);
void plan_free(struct plan *plan);

/* What all samples of BLOCK are seeded with: rows that are compared get the same data. */
uint64_t plan_seed(const struct plan *plan, const struct block *block);

/* Write the plan and the absent cells as schedule.csv. F's error flag tells whether that worked. */
void plan_write(const struct plan *plan, FILE *f);

/* The CRC-32C of what plan_write() writes: equal plans have equal ones. */
unsigned plan_crc(const struct plan *plan);

/* The name of a member's row in the results: ROW, or ROW-aa. Into TEXT; returns it. */
const char *plan_row_name(const struct member *member, char *text, size_t bytes);

/* The order in which COUNT rows take their turns in turn number TURN, as indexes into ORDER. Williams
 * squares, each freshly shuffled from SEED and STREAM: within one square (COUNT turns, 2 COUNT when odd)
 * every row has every position equally often, and follows every other equally often. */
void plan_row_order(uint64_t seed, uint64_t stream, unsigned turn, unsigned *order, size_t count);

#endif
