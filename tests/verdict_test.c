/* SPDX-License-Identifier: MIT */
/* What the words say, and what must not change them: names swapped, units, the order of rounds, more rows. */
#include "harness/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static struct paired interval(double low, double ratio, double high)
{
        return (struct paired){ .n = 13, .has_interval = true, .ratio = ratio, .low = low, .high = high };
}

/* Both directions at once: a rate that is called V is a time that is called the opposite. */
static void assert_verdict(struct paired p, double delta, double floor, enum verdict v)
{
        enum verdict opposite = v == VERDICT_FASTER   ? VERDICT_SLOWER
                                : v == VERDICT_SLOWER ? VERDICT_FASTER
                                                      : v;

        assert_string_equal(verdict_word(stats_verdict(&p, true, delta, floor)), verdict_word(v));
        assert_string_equal(verdict_word(stats_verdict(&p, false, delta, floor)), verdict_word(opposite));
}

static void certain_and_large_is_faster_or_slower(void **state)
{
        (void)state;
        assert_verdict(interval(1.04, 1.05, 1.06), 0.03, 0.01, VERDICT_FASTER);
        assert_verdict(interval(1.001, 1.031, 1.06), 0.03, 0.01, VERDICT_FASTER);
        assert_verdict(interval(0.94, 0.95, 0.96), 0.03, 0.01, VERDICT_SLOWER);
        assert_verdict(interval(0.94, 0.97, 0.999), 0.03, 0.01, VERDICT_SLOWER);
}

static void an_interval_that_reaches_1_decides_nothing(void **state)
{
        (void)state;
        assert_verdict(interval(1, 1.05, 1.1), 0.03, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(0.9, 0.95, 1), 0.03, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(0.9, 1, 1.1), 0.03, 0, VERDICT_NOT_RESOLVED);
}

static void certain_but_too_small_to_matter_is_not_resolved(void **state)
{
        (void)state;
        assert_verdict(interval(1.01, 1.02, 1.05), 0.03, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(0.95, 0.98, 0.99), 0.03, 0, VERDICT_NOT_RESOLVED);
}

static void wholly_inside_the_limits_is_equivalent(void **state)
{
        (void)state;
        assert_verdict(interval(0.98, 1, 1.02), 0.03, 0, VERDICT_EQUIVALENT);
        assert_verdict(interval(1.01, 1.015, 1.02), 0.03, 0, VERDICT_EQUIVALENT);
        assert_verdict(interval(0.98, 0.985, 0.99), 0.03, 0, VERDICT_EQUIVALENT);
        assert_verdict(interval(0.96, 1, 1.02), 0.03, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(0.98, 1, 1.04), 0.03, 0, VERDICT_NOT_RESOLVED);
}

static void the_limits_are_1_plus_delta_and_its_inverse(void **state)
{
        double below = nextafter(1.25, 1);

        (void)state;
        assert_verdict(interval(1.1, 1.25, 1.5), 0.25, 0, VERDICT_FASTER);
        assert_verdict(interval(1.1, below, 1.5), 0.25, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(0.6, 0.8, 0.9), 0.25, 0, VERDICT_SLOWER);
        assert_verdict(interval(0.6, nextafter(0.8, 1), 0.9), 0.25, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(nextafter(0.8, 1), 1, below), 0.25, 0, VERDICT_EQUIVALENT);
        assert_verdict(interval(0.8, 1, below), 0.25, 0, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(nextafter(0.8, 1), 1, 1.25), 0.25, 0, VERDICT_NOT_RESOLVED);
}

static void a_noise_floor_above_delta_takes_its_place(void **state)
{
        (void)state;
        assert_verdict(interval(1.04, 1.05, 1.06), 0.03, 0.05, VERDICT_FASTER);
        assert_verdict(interval(1.04, 1.05, 1.06), 0.03, 0.055, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(1.04, 1.05, 1.06), 0.03, 0.07, VERDICT_EQUIVALENT);
        assert_verdict(interval(0.94, 0.95, 0.96), 0.03, 0.055, VERDICT_NOT_RESOLVED);
        assert_verdict(interval(1.04, 1.05, 1.06), 0.07, 0.03, VERDICT_EQUIVALENT);
}

static void an_unknown_noise_floor_leaves_delta(void **state)
{
        (void)state;
        assert_verdict(interval(1.04, 1.05, 1.06), 0.03, NAN, VERDICT_FASTER);
        assert_verdict(interval(1.01, 1.02, 1.05), 0.03, NAN, VERDICT_NOT_RESOLVED);
}

static void without_an_interval_nothing_is_resolved(void **state)
{
        struct paired unknown = { .n = 5, .ratio = 2, .low = NAN, .high = NAN };
        struct paired unfilled = { .n = 5, .ratio = 0.5 };

        (void)state;
        assert_verdict(unknown, 0.03, 0.01, VERDICT_NOT_RESOLVED);
        assert_verdict(unfilled, 0.03, 0.01, VERDICT_NOT_RESOLVED);
        assert_true(isnan(stats_noise_floor(&unknown)) && isnan(stats_noise_floor(&unfilled)));
}

static void without_rounds_there_is_no_word(void **state)
{
        (void)state;
        assert_verdict(stats_paired(NULL, 0, 0.05), 0.03, 0.01, VERDICT_NONE);
}

static void the_noise_floor_is_the_wider_side_of_the_interval(void **state)
{
        struct paired up = interval(0.99, 1, 1.02), down = interval(0.8, 1, 1.02),
                      high = interval(1.01, 1.02, 1.05);

        (void)state;
        assert_float_equal(stats_noise_floor(&up), 0.02, 1e-12);
        assert_float_equal(stats_noise_floor(&down), 0.25, 1e-12);
        assert_float_equal(stats_noise_floor(&high), 0.05, 1e-12);
}

static void a_row_never_differs_from_itself_by_its_own_floor(void **state)
{
        (void)state;
        for (int low = -60; low < 60; low++) {
                for (int high = low + 2; high <= 60; high += 2) {
                        struct paired p =
                                interval(exp(low / 200.0), exp((low + 1) / 200.0), exp(high / 200.0));
                        enum verdict v = stats_verdict(&p, true, 0, stats_noise_floor(&p));

                        assert_true(v != VERDICT_FASTER && v != VERDICT_SLOWER);
                }
        }
}

static void words_are_those_of_summary_csv(void **state)
{
        (void)state;
        assert_string_equal(verdict_word(VERDICT_NONE), "");
        assert_string_equal(verdict_word(VERDICT_FASTER), "faster");
        assert_string_equal(verdict_word(VERDICT_SLOWER), "slower");
        assert_string_equal(verdict_word(VERDICT_EQUIVALENT), "equivalent");
        assert_string_equal(verdict_word(VERDICT_NOT_RESOLVED), "not_resolved");
        assert_string_equal(verdict_word(VERDICT_SHOWN), "shown");
        assert_string_equal(verdict_word(VERDICT_NOT_DEMONSTRATED), "not_demonstrated");
}

/* Rows measured in the same rounds: a table of made-up times. */
#define ROUNDS 14

enum { BASELINE, SLOW, QUICK, NEAR, VAGUE, ROWS };

static const double centres[ROWS] = { 100, 110, 91, 101, 101 };
static const double spreads[ROWS] = { 0.01, 0.02, 0.02, 0.01, 0.3 };

static void measure(double times[ROWS][ROUNDS], uint32_t seed)
{
        for (int row = 0; row < ROWS; row++)
                for (int i = 0; i < ROUNDS; i++) {
                        double unit = (double)((seed = seed * 1664525u + 1013904223u) >> 8) / (1 << 24);

                        times[row][i] = centres[row] * (1 + spreads[row] * (unit - 0.5));
                }
}

static struct paired compare(const double *a, const double *b, size_t comparisons)
{
        double x[ROUNDS];

        for (int i = 0; i < ROUNDS; i++)
                x[i] = log(b[i]) - log(a[i]);
        return stats_paired(x, ROUNDS, 0.05 / (double)comparisons);
}

static enum verdict verdict_of_times(const struct paired *p)
{
        return stats_verdict(p, false, 0.03, 0.01);
}

static void the_made_up_rows_cover_every_word(void **state)
{
        static const enum verdict expected[ROWS] = {
                [BASELINE] = VERDICT_EQUIVALENT, [SLOW] = VERDICT_SLOWER,        [QUICK] = VERDICT_FASTER,
                [NEAR] = VERDICT_EQUIVALENT,     [VAGUE] = VERDICT_NOT_RESOLVED,
        };

        (void)state;
        for (uint32_t seed = 1; seed <= 20; seed++) {
                double times[ROWS][ROUNDS];

                measure(times, seed);
                for (int row = 0; row < ROWS; row++) {
                        struct paired p = compare(times[BASELINE], times[row], ROWS - 1);

                        assert_string_equal(verdict_word(verdict_of_times(&p)), verdict_word(expected[row]));
                }
        }
}

static enum verdict mirrored(enum verdict v)
{
        return v == VERDICT_FASTER ? VERDICT_SLOWER : v == VERDICT_SLOWER ? VERDICT_FASTER : v;
}

static void assert_swapped(const double *a, const double *b)
{
        struct paired forth = compare(a, b, 4), back = compare(b, a, 4);

        assert_float_equal(back.ratio * forth.ratio, 1, 1e-12);
        assert_float_equal(back.low * forth.high, 1, 1e-12);
        assert_float_equal(back.high * forth.low, 1, 1e-12);
        assert_float_equal(stats_noise_floor(&back), stats_noise_floor(&forth), 1e-12);
        assert_float_equal(back.spread, forth.spread, 1e-12);
        assert_float_equal(back.lag1, forth.lag1, 1e-9);
        assert_true(back.p == forth.p && back.ties == forth.ties);
        assert_int_equal(verdict_of_times(&back), mirrored(verdict_of_times(&forth)));
}

static void swapping_the_two_inverts_ratio_and_interval_and_mirrors_the_word(void **state)
{
        (void)state;
        for (uint32_t seed = 1; seed <= 20; seed++) {
                double times[ROWS][ROUNDS];

                measure(times, seed);
                for (int a = 0; a < ROWS; a++)
                        for (int b = 0; b < a; b++)
                                assert_swapped(times[a], times[b]);
        }
}

static void swapping_mirrors_the_word_at_any_ratio(void **state)
{
        (void)state;
        for (int i = -400; i <= 400; i++) {
                double x = i / 4000.0 + 1e-7; /* never on a limit, where rounding decides */

                for (int width = 0; width < 80; width += 3) {
                        double half = width / 2000.0;
                        struct paired forth = interval(exp(x - half), exp(x), exp(x + half));
                        struct paired back = interval(exp(-x - half), exp(-x), exp(-x + half));

                        assert_int_equal(verdict_of_times(&back), mirrored(verdict_of_times(&forth)));
                }
        }
}

static void rates_and_times_of_the_same_rounds_get_the_same_word(void **state)
{
        double times[ROWS][ROUNDS], rates[ROWS][ROUNDS];

        (void)state;
        measure(times, 1);
        for (int row = 0; row < ROWS; row++)
                for (int i = 0; i < ROUNDS; i++)
                        rates[row][i] = 1e9 / times[row][i];
        for (int row = 0; row < ROWS; row++) {
                struct paired in_time = compare(times[BASELINE], times[row], 4);
                struct paired in_rate = compare(rates[BASELINE], rates[row], 4);

                assert_int_equal(stats_verdict(&in_rate, true, 0.03, 0.01), verdict_of_times(&in_time));
        }
}

static void scaling_all_values_changes_nothing(void **state)
{
        double times[ROWS][ROUNDS], scaled[ROWS][ROUNDS];

        (void)state;
        measure(times, 2);
        for (int row = 0; row < ROWS; row++)
                for (int i = 0; i < ROUNDS; i++)
                        scaled[row][i] = 1000 * times[row][i];
        for (int row = 1; row < ROWS; row++) {
                struct paired p = compare(times[BASELINE], times[row], 4);
                struct paired q = compare(scaled[BASELINE], scaled[row], 4);

                assert_float_equal(p.ratio, q.ratio, 1e-12);
                assert_float_equal(p.low, q.low, 1e-12);
                assert_float_equal(p.high, q.high, 1e-12);
                assert_float_equal(p.spread, q.spread, 1e-12);
                assert_float_equal(p.lag1, q.lag1, 1e-9);
                assert_true(p.p == q.p);
                assert_int_equal(verdict_of_times(&p), verdict_of_times(&q));
        }
}

static void assert_same_but_lag1(const struct paired *p, const struct paired *q)
{
        assert_true(p->n == q->n && p->ties == q->ties && p->has_interval == q->has_interval);
        assert_true(p->ratio == q->ratio && p->low == q->low && p->high == q->high);
        assert_true(p->p == q->p && p->spread == q->spread);
}

static void permuting_rounds_changes_nothing_but_the_lag(void **state)
{
        double x[ROUNDS];

        (void)state;
        for (int i = 0; i < ROUNDS; i++)
                x[i] = 0.01 * ((i * i) % 11 - 2); /* with equal values and ties */
        for (int step = 3; step < ROUNDS; step += 2) {
                double permuted[ROUNDS];
                struct paired p = stats_paired(x, ROUNDS, 0.05), q;

                if (step == 7)
                        continue; /* divides the rounds: no permutation */
                for (int i = 0; i < ROUNDS; i++)
                        permuted[i] = x[i * step % ROUNDS];
                q = stats_paired(permuted, ROUNDS, 0.05);
                assert_same_but_lag1(&p, &q);
                assert_true(p.lag1 != q.lag1);
        }
}

/* What the report does with rows 1.. of N against row 0: everything shares one confidence. */
static void compare_all(const double *const *rows, size_t n, struct paired *out)
{
        for (size_t row = 1; row < n; row++)
                out[row - 1] = compare(rows[0], rows[row], n - 1);
}

static void one_more_identical_row_changes_the_number_of_comparisons_only(void **state)
{
        double times[ROWS][ROUNDS];
        const double *rows[ROWS + 1];
        struct paired before[ROWS - 1], after[ROWS], at_new_level;

        (void)state;
        measure(times, 3);
        for (int row = 0; row < ROWS; row++)
                rows[row] = times[row];
        rows[ROWS] = times[QUICK];
        compare_all(rows, ROWS, before);
        compare_all(rows, ROWS + 1, after);
        for (int i = 0; i < ROWS - 1; i++) {
                assert_true(after[i].ratio == before[i].ratio && after[i].p == before[i].p);
                assert_true(after[i].spread == before[i].spread && after[i].lag1 == before[i].lag1);
                assert_true(after[i].low <= before[i].low && after[i].high >= before[i].high);
                at_new_level = compare(rows[0], rows[i + 1], ROWS);
                assert_same_but_lag1(&after[i], &at_new_level);
        }
        assert_same_but_lag1(&after[QUICK - 1], &after[ROWS - 1]);
}

static void more_comparisons_never_narrow_the_interval(void **state)
{
        double times[ROWS][ROUNDS];
        struct paired last;

        (void)state;
        measure(times, 4);
        last = compare(times[BASELINE], times[VAGUE], 1);
        for (size_t comparisons = 2; comparisons <= 409; comparisons++) {
                struct paired p = compare(times[BASELINE], times[VAGUE], comparisons);

                assert_true(p.has_interval && p.low <= last.low && p.high >= last.high);
                last = p;
        }
        assert_false(compare(times[BASELINE], times[VAGUE], 410).has_interval);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(certain_and_large_is_faster_or_slower),
                cmocka_unit_test(an_interval_that_reaches_1_decides_nothing),
                cmocka_unit_test(certain_but_too_small_to_matter_is_not_resolved),
                cmocka_unit_test(wholly_inside_the_limits_is_equivalent),
                cmocka_unit_test(the_limits_are_1_plus_delta_and_its_inverse),
                cmocka_unit_test(a_noise_floor_above_delta_takes_its_place),
                cmocka_unit_test(an_unknown_noise_floor_leaves_delta),
                cmocka_unit_test(without_an_interval_nothing_is_resolved),
                cmocka_unit_test(without_rounds_there_is_no_word),
                cmocka_unit_test(the_noise_floor_is_the_wider_side_of_the_interval),
                cmocka_unit_test(a_row_never_differs_from_itself_by_its_own_floor),
                cmocka_unit_test(words_are_those_of_summary_csv),
                cmocka_unit_test(the_made_up_rows_cover_every_word),
                cmocka_unit_test(swapping_the_two_inverts_ratio_and_interval_and_mirrors_the_word),
                cmocka_unit_test(swapping_mirrors_the_word_at_any_ratio),
                cmocka_unit_test(rates_and_times_of_the_same_rounds_get_the_same_word),
                cmocka_unit_test(scaling_all_values_changes_nothing),
                cmocka_unit_test(permuting_rounds_changes_nothing_but_the_lag),
                cmocka_unit_test(one_more_identical_row_changes_the_number_of_comparisons_only),
                cmocka_unit_test(more_comparisons_never_narrow_the_interval),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
