/* SPDX-License-Identifier: MIT */
/* What the intervals and words promise, shown by seeded simulation: coverage, false alarms, power. */
#include "harness/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define TRIALS 10000
#define MOST_ROUNDS 28
#define MOST_ROWS 7

/* A source of chance with the state of a machine whose speed drifts. */
struct source {
        uint64_t state;
        double speed; /* ln of the time that anything takes now */
};

static uint64_t next_random(struct source *s)
{
        uint64_t z = s->state += 0x9e3779b97f4a7c15u; /* splitmix64 */

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

/* In (0, 1). */
static double uniform(struct source *s)
{
        return ((double)(next_random(s) >> 12) + 0.5) / (double)(1ull << 52);
}

/* Near enough to normal, with deviation 1, and cheap: 64 coins, smoothed by one coin's width. */
static double normal(struct source *s)
{
        double heads = __builtin_popcountll(next_random(s));

        return (heads - 32 + uniform(s) - 0.5) / sqrt(16 + 1.0 / 12);
}

/* The shapes: ln of one sample's time about the row's own median. Two samples of one shape have a
 * ratio whose median is that of the rows, because their difference is symmetric. */

#define NOISE 0.01

static double normal_sample(struct source *s)
{
        return NOISE * normal(s);
}

static double skewed_sample(struct source *s)
{
        return 3 * NOISE * -log(uniform(s));
}

static double sample_with_slow_outliers(struct source *s)
{
        double slow = uniform(s) < 0.1 ? 0.3 + 0.3 * uniform(s) : 0;

        return slow + normal_sample(s);
}

static double two_mode_sample(struct source *s)
{
        return (uniform(s) < 0.3 ? 8 * NOISE : 0) + normal_sample(s);
}

/* AR(1), one step a sample: within a session the machine changes by some 10 %, between neighbours by 3 %. */
static double drifting_sample(struct source *s)
{
        s->speed = 0.95 * s->speed + 3 * NOISE * normal(s);
        return s->speed + normal_sample(s);
}

struct shape {
        const char *name;
        double (*sample)(struct source *s);
        bool independent; /* rounds are: coverage is known exactly */
};

static const struct shape shapes[] = {
        { "normal", normal_sample, true },
        { "right-skewed", skewed_sample, true },
        { "slow outliers", sample_with_slow_outliers, true },
        { "two modes", two_mode_sample, true },
        { "drifting", drifting_sample, false },
};

/* One group in one round: TIMES gets ln of the time of each row, all taken back to back in random
 * order, as the schedule has it. */
static void measure_round(const struct shape *shape, struct source *s, double *times, size_t rows)
{
        size_t first = next_random(s) % rows;
        bool backwards = next_random(s) >> 63;

        for (size_t i = 0; i < rows; i++) {
                size_t row = (first + (backwards ? rows - i : i)) % rows;

                times[row] = shape->sample(s);
        }
}

/* N rounds of ROWS equal rows: X[row] gets the log-ratios of row + 1 against row 0. */
static void measure_equal_rows(const struct shape *shape, struct source *s, double x[][MOST_ROUNDS],
                               size_t rows, size_t n)
{
        double times[MOST_ROWS];

        for (size_t i = 0; i < n; i++) {
                measure_round(shape, s, times, rows);
                for (size_t row = 1; row < rows; row++)
                        x[row - 1][i] = times[row] - times[0];
        }
}

/* N rounds of one pair whose true ratio is exp(EFFECT). */
static struct paired measure_pair(const struct shape *shape, struct source *s, size_t n, double effect,
                                  double alpha)
{
        double x[1][MOST_ROUNDS];

        measure_equal_rows(shape, s, x, 2, n);
        for (size_t i = 0; i < n; i++)
                x[0][i] += effect;
        return stats_paired(x[0], n, alpha);
}

static bool is_alarm(enum verdict v)
{
        return v == VERDICT_FASTER || v == VERDICT_SLOWER;
}

static double coverage(const struct shape *shape, size_t n, double effect)
{
        struct source s = { .state = n };
        size_t covered = 0;

        for (int trial = 0; trial < TRIALS; trial++) {
                struct paired p = measure_pair(shape, &s, n, effect, 0.05);

                covered += p.low <= exp(effect) && exp(effect) <= p.high;
        }
        return (double)covered / TRIALS;
}

/* An order-statistic interval covers by its rank alone, whatever the shape. */
static double theoretical_coverage(size_t n)
{
        return 1 - 2 * stats_binomial_tail(n, stats_interval_rank(n, 0.05) - 1);
}

static void intervals_cover_the_true_ratio_as_often_as_they_promise(void **state)
{
        static const size_t rounds[] = { 7, 14, 28 };

        (void)state;
        for (size_t i = 0; i < LENGTH(shapes); i++) {
                for (size_t r = 0; r < LENGTH(rounds); r++) {
                        double got = coverage(&shapes[i], rounds[r], 0.03);
                        double expected = theoretical_coverage(rounds[r]);
                        double deviation = sqrt(expected * (1 - expected) / TRIALS);

                        if (got < 0.94 || (shapes[i].independent && fabs(got - expected) > 4 * deviation))
                                fail_msg("%s, %zu rounds: %.4f covered, %.4f expected", shapes[i].name,
                                         rounds[r], got, expected);
                }
        }
}

/* All samples of one row, then all of the other, as one would by hand: what the rounds are there against. */
static void without_rounds_a_drifting_machine_breaks_the_intervals(void **state)
{
        struct source s = { .state = 50 };
        size_t covered = 0;

        (void)state;
        for (int trial = 0; trial < TRIALS; trial++) {
                double x[14];
                struct paired p;

                for (size_t i = 0; i < LENGTH(x); i++)
                        x[i] = -drifting_sample(&s);
                for (size_t i = 0; i < LENGTH(x); i++)
                        x[i] += drifting_sample(&s);
                p = stats_paired(x, LENGTH(x), 0.05);
                covered += p.low <= 1 && 1 <= p.high;
        }
        assert_true(covered < TRIALS * 0.6);
}

/* The share of reports in which any of ROWS - 1 rows, all equal to row 0, gets a word of difference,
 * though no effect is too small to matter. */
static double family_alarms(const struct shape *shape, size_t rows, size_t n, size_t comparisons)
{
        struct source s = { .state = 100 + n };
        double x[MOST_ROWS - 1][MOST_ROUNDS];
        size_t alarms = 0;

        for (int trial = 0; trial < TRIALS; trial++) {
                bool alarm = false;

                measure_equal_rows(shape, &s, x, rows, n);
                for (size_t row = 0; row + 1 < rows && !alarm; row++) {
                        struct paired p = stats_paired(x[row], n, 0.05 / (double)comparisons);

                        alarm = is_alarm(stats_verdict(&p, true, 0, NAN));
                }
                alarms += alarm;
        }
        return (double)alarms / TRIALS;
}

static void equal_rows_raise_an_alarm_in_one_report_of_twenty_at_most(void **state)
{
        (void)state;
        for (size_t i = 0; i < LENGTH(shapes); i++) {
                double few = family_alarms(&shapes[i], 7, 14, 6), many = family_alarms(&shapes[i], 7, 21, 6);

                if (few > 0.055 || many > 0.055)
                        fail_msg("%s: alarms in %.4f and %.4f of reports", shapes[i].name, few, many);
        }
}

static void without_the_correction_for_many_rows_alarms_would_be_too_frequent(void **state)
{
        (void)state;
        assert_true(family_alarms(&shapes[0], 7, 21, 1) > 0.08);
}

static double share_found(size_t n, double effect, double noise, double delta, double alpha)
{
        struct source s = { .state = 200 + n };
        size_t found = 0;

        for (int trial = 0; trial < TRIALS; trial++) {
                double x[MOST_ROUNDS];
                struct paired p;

                for (size_t i = 0; i < n; i++)
                        x[i] = log1p(effect) + noise * normal(&s);
                p = stats_paired(x, n, alpha);
                found += stats_verdict(&p, true, delta, NAN) == VERDICT_FASTER;
        }
        return (double)found / TRIALS;
}

static void an_effect_of_5_per_cent_is_found_among_20_comparisons_at_13_rounds(void **state)
{
        (void)state;
        assert_true(share_found(13, 0.05, 0.01, 0.03, 0.05 / 20) >= 0.8);
        assert_true(share_found(13, 0.05, 0.05, 0.03, 0.05 / 20) < 0.2);
}

static void the_detectable_effect_is_found_in_80_of_100_runs(void **state)
{
        static const struct {
                size_t n, comparisons;
        } points[] = { { 7, 1 }, { 13, 20 }, { 14, 6 }, { 28, 36 } };

        (void)state;
        for (size_t i = 0; i < LENGTH(points); i++) {
                double alpha = 0.05 / (double)points[i].comparisons;
                double effect = stats_detectable(points[i].n, 0.02, alpha);
                double found = share_found(points[i].n, effect, 0.02, 0, alpha);

                if (fabs(found - 0.8) > 0.02)
                        fail_msg("%zu rounds: found in %.4f", points[i].n, found);
        }
}

/* Row 1 stands for the reference row under its second name: its interval is the noise floor. */
static void the_reference_row_never_differs_from_itself(void **state)
{
        (void)state;
        for (size_t i = 0; i < LENGTH(shapes); i++) {
                struct source s = { .state = 300 };

                for (int trial = 0; trial < TRIALS; trial++) {
                        struct paired p = measure_pair(&shapes[i], &s, 13, 0, 0.05);

                        assert_false(is_alarm(stats_verdict(&p, true, 0, stats_noise_floor(&p))));
                }
        }
}

static void the_noise_floor_keeps_alarms_of_equal_rows_rare_even_without_a_delta(void **state)
{
        double with_floor = 0, without = 0;

        (void)state;
        for (size_t i = 0; i < LENGTH(shapes); i++) {
                struct source s = { .state = 400 };
                double x[2][MOST_ROUNDS];

                for (int trial = 0; trial < TRIALS; trial++) {
                        struct paired aa, other;

                        measure_equal_rows(&shapes[i], &s, x, 3, 13);
                        aa = stats_paired(x[0], 13, 0.05);
                        other = stats_paired(x[1], 13, 0.05);
                        with_floor += is_alarm(stats_verdict(&other, true, 0, stats_noise_floor(&aa)));
                        without += is_alarm(stats_verdict(&other, true, 0, NAN));
                }
        }
        assert_true(without > 0);
        assert_true(with_floor < without / 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(intervals_cover_the_true_ratio_as_often_as_they_promise),
                cmocka_unit_test(without_rounds_a_drifting_machine_breaks_the_intervals),
                cmocka_unit_test(equal_rows_raise_an_alarm_in_one_report_of_twenty_at_most),
                cmocka_unit_test(without_the_correction_for_many_rows_alarms_would_be_too_frequent),
                cmocka_unit_test(an_effect_of_5_per_cent_is_found_among_20_comparisons_at_13_rounds),
                cmocka_unit_test(the_detectable_effect_is_found_in_80_of_100_runs),
                cmocka_unit_test(the_reference_row_never_differs_from_itself),
                cmocka_unit_test(the_noise_floor_keeps_alarms_of_equal_rows_rare_even_without_a_delta),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
