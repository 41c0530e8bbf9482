/* SPDX-License-Identifier: MIT */
/* Rows against each other, in workloads that rank them: who is compared, what limited whom, in which order. */
#ifndef AB_REPORT_RANKING_H
#define AB_REPORT_RANKING_H

#include "harness/report/analysis.h"

enum { RANKING_MOST_ROWS = 64 };

/* The cell of the reference row that C is set against: the same variant in the same group. NULL where rows are not
 * ranked, without one, and for the reference row itself. */
const struct cell *ranking_rival(const struct report_data *d, const struct cell *c);

/*
 * Is C against its rival one of the comparisons that get a verdict word? Decided before any number is looked at. The
 * pair that is named in advance, a row whose connections have a thread each against the reference row, is one at every
 * parameter set that it has enough rounds at. All other rows are too many for the rounds of `quick`; from `standard` on
 * they are compared at the headline parameter set. Rows of another effort than the reference row's never are.
 */
bool ranking_compares(const struct report_data *d, const struct cell *c);

/* The share of C's ok samples whose knob `limit`, which says what kept the rate from being higher, is WORD. */
double ranking_limited_by(const struct report_data *d, const struct cell *c, const char *word);

/* The knob `limit` of most of C's ok samples, "server", with how many when not all agree, "server (5/7)"; "" without. */
const char *ranking_limit_text(char buf[64], const struct report_data *d, const struct cell *c);

/* Did the row make its rate? Not where the client was the limit, or the plan of an open loop: such a cell has no rank. */
bool ranking_is_own(const struct report_data *d, const struct cell *c);

/* Where a row stands against the reference row. */
enum standing { STANDING_FASTER, STANDING_TOGETHER, STANDING_SLOWER, STANDING_NONE };
enum standing ranking_standing(const struct analysis *a, const struct cell *c);

/* The cells of variant V in GROUP whose rows are of EFFORT, best first: those that are not separated stand in name order. Returns how many. */
size_t ranking_order(const struct analysis *a, uint32_t group, const struct variant *v, const char *effort,
                     const struct cell *cells[RANKING_MOST_ROWS]);

#endif
