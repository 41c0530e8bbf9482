/* SPDX-License-Identifier: MIT */
/* The statistics of stats.h: order statistics, the binomial behind the intervals, words. */
#include "harness/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Up to here the binomial is summed term by term: its first term, 2^-1024, still is a double. */
#define EXACT_ROUNDS 1024

/* Makes the median absolute deviation of a normal sample estimate its standard deviation. */
#define MAD_TO_SIGMA 1.4826

/* Shell's sort with Ciura's gaps: rounds are few, and for those it is an insertion sort that needs no memory. */
static void sort_values(double *values, size_t n)
{
        static const size_t gaps[] = { 3548, 1577, 701, 301, 132, 57, 23, 10, 4, 1 };

        for (size_t g = 0; g < sizeof(gaps) / sizeof(*gaps); g++) {
                size_t gap = gaps[g];

                for (size_t i = gap; i < n; i++) {
                        double value = values[i];
                        size_t to = i;

                        for (; to >= gap && values[to - gap] > value; to -= gap)
                                values[to] = values[to - gap];
                        values[to] = value;
                }
        }
}

static double median_of_sorted(const double *sorted, size_t n)
{
        if (n == 0)
                return NAN;
        return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double stats_median(double *values, size_t n)
{
        sort_values(values, n);
        return median_of_sorted(values, n);
}

static double absolute_distance(double value, double centre)
{
        return fabs(value - centre);
}

static double relative_distance(double value, double centre)
{
        return fabs(value - centre) / value;
}

/* The median distance from the median. Distances grow outwards on both sides of it, so merging the two
 * sides from the middle yields them in order, without a second array. */
static double median_distance(const double *sorted, size_t n, double (*distance)(double value, double centre))
{
        double centre = median_of_sorted(sorted, n), last = NAN, previous = NAN;
        size_t left = n / 2, right = n / 2; /* next is sorted[left - 1] or sorted[right] */

        for (size_t taken = 0; taken < n / 2 + 1 && taken < n; taken++) {
                double below = left > 0 ? distance(sorted[left - 1], centre) : INFINITY;
                double above = right < n ? distance(sorted[right], centre) : INFINITY;

                previous = last;
                last = fmin(below, above);
                if (below < above)
                        left--;
                else
                        right++;
        }
        return n % 2 ? last : (previous + last) / 2;
}

double stats_mad(double *values, size_t n)
{
        sort_values(values, n);
        return MAD_TO_SIGMA * median_distance(values, n, absolute_distance);
}

double stats_slope(const double *x, const double *y, size_t n)
{
        double *slopes = malloc((n * n + 1) * sizeof(*slopes)), result = NAN;
        size_t pairs = 0;
        bool all = slopes != NULL;

        for (size_t i = 0; all && i < n; i++)
                for (size_t k = 0; all && k < i; k++) {
                        slopes[pairs] = (y[i] - y[k]) / (x[i] - x[k]);
                        all = isfinite(slopes[pairs++]);
                }
        if (all)
                result = stats_median(slopes, pairs);
        free(slopes);
        return result;
}

double stats_mdape(double *ratios, size_t n)
{
        sort_values(ratios, n);
        return 100 * median_distance(ratios, n, relative_distance);
}

/* P(Bin(n, q) <= k) for 0 <= q <= 1/2. Every term of q = 1/2 is exact as long as it has 53 bits. */
static double binomial_tail(size_t n, size_t k, double q)
{
        double term = pow(1 - q, (double)n), sum = term, odds = q / (1 - q);

        if (k >= n)
                return 1;
        if (n > EXACT_ROUNDS) {
                double mean = (double)n * q, sigma = sqrt(mean * (1 - q));

                return erfc((mean - (double)k - 0.5) / sigma / M_SQRT2) / 2;
        }
        for (size_t i = 1; i <= k; i++) {
                term = term * (double)(n - i + 1) * odds / (double)i;
                sum += term;
        }
        return fmin(sum, 1);
}

double stats_binomial_tail(size_t n, size_t k)
{
        return binomial_tail(n, k, 0.5);
}

size_t stats_interval_rank(size_t n, double alpha)
{
        size_t rank = 0, too_high = n / 2 + 1;

        while (rank + 1 < too_high) {
                size_t middle = rank + (too_high - rank) / 2;

                if (stats_binomial_tail(n, middle - 1) <= alpha / 2)
                        rank = middle;
                else
                        too_high = middle;
        }
        return rank;
}

size_t stats_rounds_needed(size_t comparisons, double alpha)
{
        size_t n = 1;

        if (comparisons > 1)
                alpha /= (double)comparisons;
        while (stats_interval_rank(n, alpha) == 0)
                n++;
        return n;
}

/* The chance that all but RANK - 1 of N normal log-ratios lie above 0 when their centre lies EFFECT
 * standard deviations above it: that the interval's lower end does. */
static double power(size_t n, size_t rank, double effect)
{
        return binomial_tail(n, rank - 1, erfc(effect / M_SQRT2) / 2);
}

double stats_detectable(size_t n, double spread, double alpha)
{
        size_t rank = stats_interval_rank(n, alpha);
        double low = 0, high = 10; /* in standard deviations */

        if (rank == 0)
                return NAN;
        for (int i = 0; i < 60; i++) {
                double effect = (low + high) / 2;

                if (power(n, rank, effect) < 0.8)
                        low = effect;
                else
                        high = effect;
        }
        return expm1(high * spread);
}

/* Two-sided sign test of log-ratios; fills in the ties it drops. */
static double sign_test(const double *x, size_t n, size_t *ties)
{
        size_t above = 0, below = 0;

        for (size_t i = 0; i < n; i++) {
                above += x[i] > 0;
                below += x[i] < 0;
        }
        *ties = n - above - below;
        return fmin(1, 2 * stats_binomial_tail(above + below, above < below ? above : below));
}

static double lag1_of(const double *x, size_t n)
{
        double mean = 0, products = 0, squares = 0;

        if (n < 4)
                return NAN;
        for (size_t i = 0; i < n; i++)
                mean += (x[i] - x[0]) / (double)n;
        mean += x[0]; /* so that equal values have no deviation at all */
        for (size_t i = 0; i < n; i++) {
                squares += (x[i] - mean) * (x[i] - mean);
                if (i > 0)
                        products += (x[i - 1] - mean) * (x[i] - mean);
        }
        return squares > 0 ? products / squares : NAN;
}

struct paired stats_paired(const double *log_ratios, size_t n, double alpha)
{
        struct paired p = { .ratio = NAN, .low = NAN, .high = NAN, .p = 1, .spread = NAN, .lag1 = NAN };
        size_t rank = stats_interval_rank(n, alpha);
        double *sorted = n > 0 ? malloc(n * sizeof(*sorted)) : NULL;

        if (!sorted)
                return p;
        memcpy(sorted, log_ratios, n * sizeof(*sorted));
        sort_values(sorted, n);
        p.n = n;
        p.ratio = exp(median_of_sorted(sorted, n));
        p.has_interval = rank > 0;
        if (p.has_interval) {
                p.low = exp(sorted[rank - 1]);
                p.high = exp(sorted[n - rank]);
        }
        p.p = sign_test(sorted, n, &p.ties);
        p.spread = MAD_TO_SIGMA * median_distance(sorted, n, absolute_distance);
        p.lag1 = lag1_of(log_ratios, n);
        free(sorted);
        return p;
}

double stats_noise_floor(const struct paired *p)
{
        return p->has_interval ? fmax(p->high, 1 / p->low) - 1 : NAN;
}

enum verdict stats_verdict(const struct paired *p, bool higher_is_better, double delta, double noise_floor)
{
        double limit = 1 + fmax(delta, noise_floor);

        if (p->n == 0)
                return VERDICT_NONE;
        if (!p->has_interval)
                return VERDICT_NOT_RESOLVED;
        if (p->low > 1 && p->ratio >= limit)
                return higher_is_better ? VERDICT_FASTER : VERDICT_SLOWER;
        if (p->high < 1 && p->ratio <= 1 / limit)
                return higher_is_better ? VERDICT_SLOWER : VERDICT_FASTER;
        if (p->low > 1 / limit && p->high < limit)
                return VERDICT_EQUIVALENT;
        return VERDICT_NOT_RESOLVED;
}

const char *verdict_word(enum verdict v)
{
        static const char *const words[] = {
                [VERDICT_NONE] = "",
                [VERDICT_FASTER] = "faster",
                [VERDICT_SLOWER] = "slower",
                [VERDICT_EQUIVALENT] = "equivalent",
                [VERDICT_NOT_RESOLVED] = "not_resolved",
                [VERDICT_SHOWN] = "shown",
                [VERDICT_NOT_DEMONSTRATED] = "not_demonstrated",
        };

        return words[v];
}

static int by_pointed_value(const void *a, const void *b)
{
        double left = **(double *const *)a, right = **(double *const *)b;

        return (left > right) - (left < right);
}

void stats_holm(double *p, size_t n)
{
        double **order = calloc(n, sizeof(*order)), adjusted = 0;

        if (!order) {
                for (size_t i = 0; i < n; i++)
                        p[i] = 1;
                return;
        }
        for (size_t i = 0; i < n; i++)
                order[i] = &p[i];
        qsort(order, n, sizeof(*order), by_pointed_value);
        for (size_t i = 0; i < n; i++) {
                adjusted = fmax(adjusted, fmin(1, (double)(n - i) * *order[i]));
                *order[i] = adjusted;
        }
        free(order);
}

enum noise stats_noise_grade(double percent)
{
        if (percent < 1)
                return NOISE_QUIET;
        if (percent < 3)
                return NOISE_USABLE;
        if (percent < 10)
                return NOISE_NOISY;
        return NOISE_TOO_NOISY;
}

const char *noise_word(enum noise grade)
{
        static const char *const words[] = {
                [NOISE_QUIET] = "quiet",
                [NOISE_USABLE] = "usable",
                [NOISE_NOISY] = "noisy",
                [NOISE_TOO_NOISY] = "too_noisy",
        };

        return words[grade];
}
