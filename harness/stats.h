/* SPDX-License-Identifier: MIT */
/* The statistics: paired log-ratios, exact order-statistic intervals, verdicts, noise. */
#ifndef AB_STATS_H
#define AB_STATS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The unit of evidence is a round: x = ln(B) - ln(A), both measured back to back in one group of one
 * round. The estimate is exp(median x); the interval is the sign-test (order-statistic) interval,
 * which held its coverage in every shape tried and needs no random numbers: the same data give the
 * same words. It is simultaneous over all comparisons of a family (Bonferroni).
 */

struct paired {
        size_t n, ties;    /* rounds used; of these with x = 0 */
        double ratio;      /* exp(median x); NAN when n = 0 */
        bool has_interval; /* false: too few rounds for the confidence asked for */
        double low, high;  /* exp of x_(k) and x_(n+1-k) */
        double p;          /* two-sided sign test, ties dropped; 1 when nothing is left */
        double spread;     /* 1.4826 * MAD of x: the noise of one pair */
        double lag1;       /* lag-1 autocorrelation in round order; NAN below 4 rounds or for equal x */
};

/* The comparison of N paired, finite log-ratios in round order at confidence 1 - ALPHA (already divided
 * by the number of comparisons; 0 < ALPHA < 1, as in all of this file). LOG_RATIOS is not changed. What
 * cannot be had is NAN. Out of memory the result is that of N = 0: nothing is claimed. */
struct paired stats_paired(const double *log_ratios, size_t n, double alpha);

/* The largest k with P(Bin(n, 1/2) <= k - 1) <= alpha / 2, or 0 when there is none. Exact to
 * n = 1024, above that by the normal approximation at the same alpha. */
size_t stats_interval_rank(size_t n, double alpha);

/* P(Bin(n, 1/2) <= k), with the same limit. */
double stats_binomial_tail(size_t n, size_t k);

/* The fewest rounds at which an interval exists for COMPARISONS simultaneous ones at 1 - ALPHA, which
 * is not divided here; 0 comparisons need what 1 needs. */
size_t stats_rounds_needed(size_t comparisons, double alpha);

/* The smallest true effect, as a fraction (0.02 = 2 %), that N rounds with pair noise SPREAD find in
 * 80 of 100 runs at ALPHA (already divided); NAN when no interval exists. Found = the interval leaves
 * out 1. Exact for normal log-ratios of standard deviation SPREAD. */
double stats_detectable(size_t n, double spread, double alpha);

enum verdict {
        VERDICT_NONE, /* nothing to say: printed empty */
        VERDICT_FASTER,
        VERDICT_SLOWER,
        VERDICT_EQUIVALENT,
        VERDICT_NOT_RESOLVED,
        VERDICT_SHOWN,
        VERDICT_NOT_DEMONSTRATED,
};

/* The word of summary.csv: "", "faster", "slower", "equivalent", "not_resolved", "shown", "not_demonstrated". */
const char *verdict_word(enum verdict v);

/* What P says of B against A. DELTA = the smallest effect that matters (0.03), NOISE_FLOOR = the
 * half-width of the reference row against itself in the same group (NAN: unknown); the larger of the two
 * counts. A ratio matters from 1 + DELTA up and from 1 / (1 + DELTA) down: so swapping A and B, or times
 * for rates, mirrors the word. NONE without rounds, NOT_RESOLVED without an interval. An effect that is certain but smaller than that is NOT_RESOLVED unless the whole interval lies
 * inside, which is EQUIVALENT. */
enum verdict stats_verdict(const struct paired *p, bool higher_is_better, double delta, double noise_floor);

/* The half-width of P's interval about 1, as a fraction: max(high, 1 / low) - 1; NAN without one. As
 * NOISE_FLOOR of its own interval it lets no row differ from itself. */
double stats_noise_floor(const struct paired *p);

/* Median of N values, which are sorted in place; NAN when N = 0. */
double stats_median(double *values, size_t n);

/* 1.4826 * median absolute deviation from the median; VALUES are sorted in place; NAN when N = 0. */
double stats_mad(double *values, size_t n);

/* Median absolute percentage error |x - median| / x of N positive ratios, in per cent; RATIOS are sorted
 * in place; NAN when N = 0. */
double stats_mdape(double *ratios, size_t n);

/* The slope of N points: the median of the slopes of all pairs (Theil 1950, Sen 1968), which a few wild points do not move. NAN
 * when N < 2, when two points have the same X, when something is no number, or out of memory. */
double stats_slope(const double *x, const double *y, size_t n);

/* Adjust N p-values for multiplicity in place (Holm 1979). Out of memory each becomes 1. */
void stats_holm(double *p, size_t n);

enum noise { NOISE_QUIET, NOISE_USABLE, NOISE_NOISY, NOISE_TOO_NOISY };

/* < 1 % quiet, < 3 % usable, < 10 % noisy, else (and for NAN) too noisy: no verdicts then. */
enum noise stats_noise_grade(double percent);

/* "quiet", "usable", "noisy", "too_noisy". */
const char *noise_word(enum noise grade);

#endif
