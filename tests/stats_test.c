/* SPDX-License-Identifier: MIT */
/* The numbers of stats.h: binomial, ranks, order statistics, paired comparisons, Holm, noise. */
#include "harness/stats.h"
#include "tests/data/binomial_tails.h"
#include "tests/data/interval_ranks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static void assert_near(double got, double expected, double relative)
{
        if (!(fabs(got - expected) <= relative * fabs(expected)))
                fail_msg("%.17g instead of %.17g", got, expected);
}

static void binomial_tails_match_the_golden_values(void **state)
{
        (void)state;
        for (size_t i = 0; i < LENGTH(golden_tails); i++) {
                const struct golden_tail *g = &golden_tails[i];

                assert_near(stats_binomial_tail(g->n, g->k), g->tail, 1e-12);
        }
}

static void the_first_and_the_last_tail_are_exact(void **state)
{
        (void)state;
        for (size_t n = 1; n <= 1024; n++) {
                assert_true(stats_binomial_tail(n, 0) == ldexp(1, -(int)n));
                assert_true(stats_binomial_tail(n, n) == 1);
                assert_true(stats_binomial_tail(n, n - 1) <= 1);
        }
        assert_true(stats_binomial_tail(0, 0) == 1);
}

/* scipy.stats.binom.cdf(k, n, 0.5), and the ranks that follow from it. */
static void above_1024_rounds_the_normal_approximation_comes_close(void **state)
{
        static const struct golden_tail exact[] = {
                { 1025, 450, 5.275867698e-05 },  { 1025, 480, 0.02277651299 },  { 1025, 512, 0.5 },
                { 2000, 955, 0.02327641025 },    { 2000, 1000, 0.5089195056 },  { 2000, 1045, 0.9790790047 },
                { 10000, 4850, 0.001393983759 }, { 10000, 5000, 0.5039893231 },
        };

        (void)state;
        for (size_t i = 0; i < LENGTH(exact); i++)
                assert_near(stats_binomial_tail(exact[i].n, exact[i].k), exact[i].tail, 0.02);
        assert_int_equal(stats_interval_rank(1025, 0.05), 481);
        assert_int_equal(stats_interval_rank(2000, 0.05), 956);
        assert_int_equal(stats_interval_rank(10000, 0.05), 4902);
        assert_int_equal(stats_interval_rank(1025, 0.05 / 204), 454);
        assert_int_equal(stats_interval_rank(10000, 0.05 / 204), 4817);
}

static void ranks_match_the_golden_values(void **state)
{
        (void)state;
        for (size_t i = 0; i < LENGTH(golden_ranks); i++)
                for (size_t a = 0; a < LENGTH(rank_alphas); a++)
                        assert_int_equal(stats_interval_rank(golden_ranks[i].n, rank_alphas[a]),
                                         golden_ranks[i].ranks[a]);
}

static void every_rank_is_the_largest_with_the_confidence_asked_for(void **state)
{
        (void)state;
        for (size_t a = 0; a < LENGTH(rank_alphas); a++) {
                double half = rank_alphas[a] / 2;

                for (size_t n = 1; n <= 1100; n += n < 100 ? 1 : 25) {
                        size_t rank = stats_interval_rank(n, rank_alphas[a]);

                        assert_true(rank == 0 || stats_binomial_tail(n, rank - 1) <= half);
                        assert_true(stats_binomial_tail(n, rank) > half);
                }
        }
}

static void a_tail_equal_to_half_of_alpha_counts(void **state)
{
        (void)state;
        assert_int_equal(stats_interval_rank(6, 2.0 / 64), 1);
        assert_int_equal(stats_interval_rank(6, nextafter(2.0 / 64, 0)), 0);
        assert_int_equal(stats_interval_rank(8, 18.0 / 256), 2);
        assert_int_equal(stats_interval_rank(8, nextafter(18.0 / 256, 0)), 1);
}

static void no_rank_exists_without_rounds(void **state)
{
        (void)state;
        assert_int_equal(stats_interval_rank(0, 0.05), 0);
        assert_int_equal(stats_interval_rank(1, 0.05), 0);
        assert_int_equal(stats_interval_rank(5, 0.05), 0);
}

static void assert_rounds_needed(size_t from, size_t to, size_t rounds)
{
        for (size_t comparisons = from; comparisons <= to; comparisons++)
                assert_int_equal(stats_rounds_needed(comparisons, 0.05), rounds);
}

static void the_rounds_needed_are_those_of_the_tables(void **state)
{
        (void)state;
        assert_rounds_needed(0, 1, 6);
        assert_rounds_needed(2, 3, 7);
        assert_rounds_needed(4, 6, 8);
        assert_rounds_needed(7, 12, 9);
        assert_rounds_needed(13, 25, 10);
        assert_rounds_needed(26, 51, 11);
        assert_rounds_needed(52, 102, 12);
        assert_rounds_needed(103, 204, 13);
        assert_rounds_needed(205, 409, 14);
        assert_rounds_needed(410, 410, 15);
}

/* Units of the pair noise; a tiny noise makes effect and log-ratio the same. */
static double detectable_in_sigmas(size_t n, size_t comparisons)
{
        return stats_detectable(n, 1e-6, 0.05 / (double)comparisons) / 1e-6;
}

static void detectable_effects_match_the_table_of_the_method(void **state)
{
        static const size_t comparisons[] = { 1, 6, 21, 36 };
        static const struct {
                size_t n;
                double sigmas[4]; /* simulated; NAN: no interval */
        } table[] = {
                { 7, { 1.86, NAN, NAN, NAN } },     { 14, { 1.23, 1.56, 1.55, 2.15 } },
                { 21, { 0.87, 1.03, 1.22, 1.45 } }, { 28, { 0.72, 0.94, 1.06, 1.07 } },
                { 42, { 0.56, 0.69, 0.85, 0.84 } }, { 56, { 0.49, 0.63, 0.69, 0.74 } },
        };

        (void)state;
        for (size_t i = 0; i < LENGTH(table); i++) {
                for (size_t m = 0; m < LENGTH(comparisons); m++) {
                        double got = detectable_in_sigmas(table[i].n, comparisons[m]);

                        if (isnan(table[i].sigmas[m]))
                                assert_true(isnan(got));
                        else
                                assert_near(got, table[i].sigmas[m], 0.02);
                }
        }
}

static void seven_of_seven_above_one_is_detectable_in_closed_form(void **state)
{
        double sigmas = detectable_in_sigmas(7, 1);
        double chance_above = erfc(-sigmas / M_SQRT2) / 2;

        (void)state;
        assert_near(pow(chance_above, 7), 0.8, 1e-5);
        assert_near(stats_detectable(7, 0.02, 0.05), expm1(0.02 * sigmas), 1e-5);
        assert_true(stats_detectable(7, 0, 0.05) == 0);
}

static void more_rounds_detect_less_also_across_the_limit_of_the_exact_sum(void **state)
{
        (void)state;
        for (size_t n = 8; n < 1024; n *= 2)
                assert_true(detectable_in_sigmas(2 * n, 6) < detectable_in_sigmas(n, 6));
        assert_near(detectable_in_sigmas(1100, 6), detectable_in_sigmas(1000, 6) * sqrt(1000.0 / 1100), 0.01);
}

static void medians_are_the_middle_or_the_mean_of_the_middle_two(void **state)
{
        double odd[] = { 9, 1, 5 }, even[] = { 8, 1, 2, 4 }, one[] = { 7 }, negative[] = { -1, -3, 2, -2, 9 };

        (void)state;
        assert_true(stats_median(odd, 3) == 5);
        assert_true(odd[0] == 1 && odd[1] == 5 && odd[2] == 9);
        assert_true(stats_median(even, 4) == 3);
        assert_true(stats_median(one, 1) == 7);
        assert_true(stats_median(negative, 5) == -1);
        assert_true(isnan(stats_median(one, 0)));
}

static void sorting_puts_any_number_of_values_in_order(void **state)
{
        static double values[6000];
        uint32_t random = 1;

        (void)state;
        for (size_t n = 1; n <= LENGTH(values); n = n * 3 / 2 + 1) {
                for (size_t i = 0; i < n; i++)
                        values[i] = (double)((random = random * 1664525u + 1013904223u) >> 20);
                stats_median(values, n);
                for (size_t i = 1; i < n; i++)
                        assert_true(values[i - 1] <= values[i]);
        }
}

static void the_deviation_is_the_scaled_median_distance(void **state)
{
        double odd[] = { 1, 1, 2, 2, 4, 6, 9 };   /* median 2, distances 0 0 1 1 2 4 7 */
        double even[] = { 40, 10, 30, 20 };       /* median 25, distances 5 5 15 15 */
        double skewed[] = { 0, 100, 1, 3, 2, 7 }; /* median 2.5, distances 0.5 0.5 1.5 2.5 4.5 97.5 */
        double equal[] = { 3, 3, 3 }, one[] = { 5 };

        (void)state;
        assert_near(stats_mad(odd, 7), 1.4826, 1e-12);
        assert_near(stats_mad(even, 4), 14.826, 1e-12);
        assert_near(stats_mad(skewed, 6), 1.4826 * 2, 1e-12);
        assert_true(stats_mad(equal, 3) == 0);
        assert_true(stats_mad(one, 1) == 0);
        assert_true(isnan(stats_mad(one, 0)));
}

static void the_percentage_error_is_relative_to_each_value(void **state)
{
        double odd[] = { 1.0, 0.8, 1.25 };      /* median 1: 0, 25 and 20 % */
        double even[] = { 0.9, 1.1, 0.5, 2.0 }; /* median 1: 11.1, 9.09, 100 and 50 % */
        double one[] = { 1.3 };

        (void)state;
        assert_near(stats_mdape(odd, 3), 20, 1e-12);
        assert_near(stats_mdape(even, 4), (50 + 100.0 / 9) / 2, 1e-12);
        assert_true(stats_mdape(one, 1) == 0);
        assert_true(isnan(stats_mdape(one, 0)));
}

static const double seven[] = { 0.03, -0.01, 0.05, 0, 0.02, 0.04, 0.01 };

static void a_pair_has_the_median_and_the_ranks_around_it(void **state)
{
        struct paired p = stats_paired(seven, 7, 0.05), wide = stats_paired(seven, 7, 0.5);

        (void)state;
        assert_int_equal(p.n, 7);
        assert_int_equal(p.ties, 1);
        assert_true(p.has_interval);
        assert_near(p.ratio, exp(0.02), 1e-15);
        assert_near(p.low, exp(-0.01), 1e-15); /* rank 1 of 7 */
        assert_near(p.high, exp(0.05), 1e-15);
        assert_near(p.spread, 1.4826 * 0.02, 1e-12);
        assert_near(p.p, 14.0 / 64, 1e-12);      /* 5 above and 1 below: P(Bin(6, 1/2) <= 1) = 7/64 */
        assert_near(wide.low, exp(0.01), 1e-15); /* rank 3 of 7: P(<= 2) = 29/128 */
        assert_near(wide.high, exp(0.03), 1e-15);
}

static void the_rounds_of_a_pair_are_not_reordered(void **state)
{
        double x[LENGTH(seven)];

        (void)state;
        memcpy(x, seven, sizeof(seven));
        stats_paired(x, 7, 0.05);
        assert_memory_equal(x, seven, sizeof(seven));
}

static void too_few_rounds_give_a_ratio_without_interval(void **state)
{
        struct paired p = stats_paired(seven, 5, 0.05);

        (void)state;
        assert_int_equal(p.n, 5);
        assert_near(p.ratio, exp(0.02), 1e-15);
        assert_false(p.has_interval);
        assert_true(isnan(p.low) && isnan(p.high));
        assert_true(isnan(stats_noise_floor(&p)));
        assert_true(stats_paired(seven, 7, 0.05).has_interval);
        assert_false(stats_paired(seven, 7, 0.05 / 4).has_interval);
}

static void without_rounds_nothing_is_claimed(void **state)
{
        struct paired p = stats_paired(NULL, 0, 0.05);

        (void)state;
        assert_true(p.n == 0 && p.ties == 0 && !p.has_interval && p.p == 1);
        assert_true(isnan(p.ratio) && isnan(p.low) && isnan(p.high) && isnan(p.spread) && isnan(p.lag1));
}

static void the_sign_test_drops_ties(void **state)
{
        static const double all_tied[] = { 0, 0, 0 };
        static const double tied[] = { 0, 0, 0, 1, 2, 3, 4, 5 };
        static const double even[] = { 1, -1, 2, -2 };

        (void)state;
        assert_true(stats_paired(all_tied, 3, 0.05).p == 1);
        assert_int_equal(stats_paired(all_tied, 3, 0.05).ties, 3);
        assert_near(stats_paired(tied, 8, 0.05).p, 2.0 / 32, 1e-15);
        assert_int_equal(stats_paired(tied, 8, 0.05).ties, 3);
        assert_true(stats_paired(even, 4, 0.05).p == 1);
}

static void lag_1_tells_drift_from_alternation(void **state)
{
        static const double drift[] = { 1, 2, 3, 4, 5 };      /* mean 3: (2 + 0 + 0 + 2) / 10 */
        static const double alternating[] = { 1, -1, 1, -1 }; /* -3 / 4 */
        static const double equal[] = { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 };

        (void)state;
        assert_near(stats_paired(drift, 5, 0.05).lag1, 0.4, 1e-12);
        assert_near(stats_paired(alternating, 4, 0.05).lag1, -0.75, 1e-12);
        assert_true(isnan(stats_paired(drift, 3, 0.05).lag1));
        assert_true(isnan(stats_paired(equal, 7, 0.05).lag1));
}

static void holm_adjusts_in_place_and_stays_monotone(void **state)
{
        double p[] = { 0.04, 0.005, 0.03,
                       0.01 }; /* Holm: 4 * 0.005, 3 * 0.01, 2 * 0.03, then at least that */
        double large[] = { 0.9, 0.6, 0.02 };
        double tied[] = { 0.02, 0.02, 0.01 };
        double one[] = { 0.04 };

        (void)state;
        stats_holm(p, 4);
        assert_near(p[1], 0.02, 1e-12);
        assert_near(p[3], 0.03, 1e-12);
        assert_near(p[2], 0.06, 1e-12);
        assert_near(p[0], 0.06, 1e-12);
        stats_holm(large, 3);
        assert_true(large[0] == 1 && large[1] == 1);
        assert_near(large[2], 0.06, 1e-12);
        stats_holm(tied, 3);
        assert_near(tied[0], 0.04, 1e-12);
        assert_near(tied[1], 0.04, 1e-12);
        assert_near(tied[2], 0.03, 1e-12);
        stats_holm(one, 1);
        assert_true(one[0] == 0.04);
        stats_holm(one, 0);
        assert_true(one[0] == 0.04);
}

static void noise_grades_begin_at_1_3_and_10_per_cent(void **state)
{
        (void)state;
        assert_int_equal(stats_noise_grade(0), NOISE_QUIET);
        assert_int_equal(stats_noise_grade(0.999), NOISE_QUIET);
        assert_int_equal(stats_noise_grade(1), NOISE_USABLE);
        assert_int_equal(stats_noise_grade(2.999), NOISE_USABLE);
        assert_int_equal(stats_noise_grade(3), NOISE_NOISY);
        assert_int_equal(stats_noise_grade(9.999), NOISE_NOISY);
        assert_int_equal(stats_noise_grade(10), NOISE_TOO_NOISY);
        assert_int_equal(stats_noise_grade(NAN), NOISE_TOO_NOISY);
}

static void noise_words_are_those_of_the_header(void **state)
{
        (void)state;
        assert_string_equal(noise_word(NOISE_QUIET), "quiet");
        assert_string_equal(noise_word(NOISE_USABLE), "usable");
        assert_string_equal(noise_word(NOISE_NOISY), "noisy");
        assert_string_equal(noise_word(NOISE_TOO_NOISY), "too_noisy");
}

static void a_slope_is_that_of_most_pairs(void **state)
{
        static const double x[] = { 1, 2, 4, 8, 16 }, line[] = { 5, 7, 11, 19, 35 },
                            wild[] = { 5, 7, 11, 19, 900 };
        static const double same_x[] = { 1, 2, 2 }, hole[] = { 1, NAN, 3 };

        (void)state;
        assert_near(stats_slope(x, line, 5), 2, 1e-12);
        assert_near(stats_slope(x, wild, 5), 2, 1e-12);
        assert_near(stats_slope(x, line, 2), 2, 1e-12);
        assert_true(isnan(stats_slope(x, line, 1)));
        assert_true(isnan(stats_slope(same_x, line, 3)));
        assert_true(isnan(stats_slope(x, hole, 3)));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(binomial_tails_match_the_golden_values),
                cmocka_unit_test(the_first_and_the_last_tail_are_exact),
                cmocka_unit_test(above_1024_rounds_the_normal_approximation_comes_close),
                cmocka_unit_test(ranks_match_the_golden_values),
                cmocka_unit_test(every_rank_is_the_largest_with_the_confidence_asked_for),
                cmocka_unit_test(a_tail_equal_to_half_of_alpha_counts),
                cmocka_unit_test(no_rank_exists_without_rounds),
                cmocka_unit_test(the_rounds_needed_are_those_of_the_tables),
                cmocka_unit_test(detectable_effects_match_the_table_of_the_method),
                cmocka_unit_test(seven_of_seven_above_one_is_detectable_in_closed_form),
                cmocka_unit_test(more_rounds_detect_less_also_across_the_limit_of_the_exact_sum),
                cmocka_unit_test(medians_are_the_middle_or_the_mean_of_the_middle_two),
                cmocka_unit_test(sorting_puts_any_number_of_values_in_order),
                cmocka_unit_test(the_deviation_is_the_scaled_median_distance),
                cmocka_unit_test(the_percentage_error_is_relative_to_each_value),
                cmocka_unit_test(a_pair_has_the_median_and_the_ranks_around_it),
                cmocka_unit_test(the_rounds_of_a_pair_are_not_reordered),
                cmocka_unit_test(too_few_rounds_give_a_ratio_without_interval),
                cmocka_unit_test(without_rounds_nothing_is_claimed),
                cmocka_unit_test(the_sign_test_drops_ties),
                cmocka_unit_test(lag_1_tells_drift_from_alternation),
                cmocka_unit_test(holm_adjusts_in_place_and_stays_monotone),
                cmocka_unit_test(noise_grades_begin_at_1_3_and_10_per_cent),
                cmocka_unit_test(noise_words_are_those_of_the_header),
                cmocka_unit_test(a_slope_is_that_of_most_pairs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
