/* SPDX-License-Identifier: MIT */
/* Where every block of a plan stands, from what this run did and what the journal of an earlier call says. */
#ifndef AB_RECORD_H
#define AB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/driver/judge.h"
#include "harness/driver/plan.h"

enum block_result { BLOCK_OPEN, BLOCK_OK, BLOCK_INVALID };

/* The statuses are those of the last attempt. */
struct block_state {
        uint16_t attempt; /* the last one begun; 0 = none */
        uint16_t again;   /* how often a gate sent it back */
        uint8_t result;   /* enum block_result */
        uint16_t statuses[JUDGED_COUNT];
        uint16_t unexpected; /* samples that spoil the run's exit status */
};

struct record {
        const struct plan *plan;
        struct block_state *blocks;
};

/* Totals over a plan; samples of invalid blocks count as that alone. */
struct record_totals {
        size_t statuses[JUDGED_COUNT], invalid, unexpected, not_run;
};

/* All blocks open. False without memory. */
bool record_make(struct record *r, const struct plan *plan);
void record_free(struct record *r);

/* A new attempt at block I begins. */
void record_begin(struct record *r, size_t i);

/* A sample of block I ended. */
void record_sample(struct record *r, size_t i, enum judged status, bool as_expected);

struct record_totals record_totals(const struct record *r);

/* "410 ok, 2 failed, 1 invalid": what is not zero. Returns TEXT. */
const char *record_counts(const struct record_totals *t, char *text, size_t bytes);

/* What the run record of a journal has to agree with, and what it says besides. */
struct record_run {
        unsigned environment_crc, schedule_crc;
        size_t lines;
};

/* Read the journal PATH into R, whose plan it was written for. *torn as in journal_read(). 0, or -1 with one
 * line in ERROR. */
int record_load(struct record *r, const char *path, struct record_run *run, long *torn, char *error,
                size_t error_bytes);

#endif
