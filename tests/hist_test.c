/* SPDX-License-Identifier: MIT */
/* The histogram: bucket arithmetic value by value, quantiles against a sorted array, adding up. */
#include "harness/hist.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *state)
{
        uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

/* Of all magnitudes alike: a uniform draw would hardly ever be small. */
static uint64_t random_duration(uint64_t *state, unsigned bits)
{
        uint64_t value = next_random(state) >> (64 - bits);

        return value >> next_random(state) % bits;
}

static struct hist new_hist(unsigned digits)
{
        struct hist h;

        assert_int_equal(hist_init(&h, digits), 0);
        return h;
}

static void assert_in_its_bucket(const struct hist *h, uint64_t ns)
{
        size_t index = hist_index(h, ns);

        assert_true(index < h->length);
        if (ns < hist_lowest(h, index) || ns > hist_highest(h, index))
                fail_msg("%llu ns is outside of its bucket %zu", (unsigned long long)ns, index);
}

static void every_value_to_2_20_and_random_ones_lie_in_their_bucket(void **state)
{
        (void)state;
        for (unsigned digits = 2; digits <= 3; digits++) {
                struct hist h = new_hist(digits);
                uint64_t random = digits;

                for (uint64_t ns = 0; ns <= 1u << 20; ns++)
                        assert_in_its_bucket(&h, ns);
                for (int i = 0; i < 200000; i++) {
                        uint64_t ns = random_duration(&random, 40);

                        if (ns <= HIST_MAX_NS)
                                assert_in_its_bucket(&h, ns);
                }
                assert_in_its_bucket(&h, HIST_MAX_NS);
                hist_free(&h);
        }
}

static void buckets_follow_one_another_without_gap_and_map_back(void **state)
{
        (void)state;
        for (unsigned digits = 2; digits <= 3; digits++) {
                struct hist h = new_hist(digits);

                assert_true(hist_lowest(&h, 0) == 0);
                for (size_t i = 0; i < h.length; i++) {
                        assert_true(hist_highest(&h, i) >= hist_lowest(&h, i));
                        assert_true(hist_lowest(&h, i + 1) == hist_highest(&h, i) + 1);
                        assert_true(hist_index(&h, hist_lowest(&h, i)) == i);
                        assert_true(hist_index(&h, hist_highest(&h, i)) == i);
                }
                hist_free(&h);
        }
}

static void buckets_start_where_the_header_says(void **state)
{
        struct hist h = new_hist(3);

        (void)state;
        for (size_t i = 0; i < 2048; i++)
                assert_true(hist_lowest(&h, i) == i && hist_highest(&h, i) == i);
        assert_int_equal(hist_lowest(&h, 2048), 2048);
        assert_int_equal(hist_highest(&h, 2048), 2049);
        assert_int_equal(hist_highest(&h, 3071), 4095);
        assert_int_equal(hist_lowest(&h, 3072), 4096);
        assert_int_equal(hist_highest(&h, 3072), 4099);
        assert_int_equal(hist_highest(&h, 4095), 8191);
        hist_free(&h);
}

static void no_bucket_is_wider_than_the_accuracy_promised(void **state)
{
        (void)state;
        for (unsigned digits = 2; digits <= 3; digits++) {
                struct hist h = new_hist(digits);
                uint64_t parts = digits == 3 ? 1024 : 128;

                for (size_t i = 1; i < h.length; i++) {
                        uint64_t width = hist_lowest(&h, i + 1) - hist_lowest(&h, i);

                        assert_true(width == 1 || width * parts <= hist_lowest(&h, i));
                }
                hist_free(&h);
        }
}

static void memory_is_what_the_header_states(void **state)
{
        struct hist three = new_hist(3), two = new_hist(2);

        (void)state;
        assert_int_equal(three.length * sizeof(*three.counts), 216 * 1024);
        assert_int_equal(two.length * sizeof(*two.counts), 30 * 1024);
        assert_true(hist_highest(&three, three.length - 1) >= HIST_MAX_NS);
        assert_true(hist_highest(&two, two.length - 1) >= HIST_MAX_NS);
        hist_free(&three);
        hist_free(&two);
}

static void other_digits_are_refused_and_leave_nothing_to_free(void **state)
{
        static const unsigned bad[] = { 0, 1, 4, 5 };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
                struct hist h;

                assert_int_equal(hist_init(&h, bad[i]), -EINVAL);
                assert_null(h.counts);
                hist_free(&h);
        }
}

static void freeing_twice_is_harmless(void **state)
{
        struct hist h = new_hist(2);

        (void)state;
        hist_free(&h);
        assert_null(h.counts);
        hist_free(&h);
}

static void count_sum_least_and_greatest_are_exact(void **state)
{
        struct hist h = new_hist(2);
        uint64_t random = 7, sum = 0, least = UINT64_MAX, greatest = 0;

        (void)state;
        for (int i = 0; i < 10000; i++) {
                uint64_t ns = 1000003 + random_duration(&random, 38);

                hist_record(&h, ns);
                sum += ns;
                least = ns < least ? ns : least;
                greatest = ns > greatest ? ns : greatest;
        }
        assert_int_equal(h.count, 10000);
        assert_true(h.sum == sum && h.min == least && h.max == greatest);
        hist_free(&h);
}

static void what_is_longer_than_the_range_is_counted_as_overflow_only(void **state)
{
        struct hist h = new_hist(3);
        uint64_t in_buckets = 0;

        (void)state;
        hist_record(&h, HIST_MAX_NS);
        hist_record(&h, HIST_MAX_NS + 1);
        hist_record(&h, 1ull << 40);
        for (size_t i = 0; i < h.length; i++)
                in_buckets += h.counts[i];
        assert_int_equal(h.count, 3);
        assert_int_equal(h.overflow, 2);
        assert_int_equal(in_buckets, 1);
        assert_true(h.max == 1ull << 40);
        hist_free(&h);
}

static void random_values_land_in_a_bucket_or_in_the_overflow(void **state)
{
        struct hist h = new_hist(3);
        uint64_t random = 13, above = 0;

        (void)state;
        for (int i = 0; i < 100000; i++) {
                uint64_t ns = random_duration(&random, 40);
                uint64_t before = ns > HIST_MAX_NS ? h.overflow : h.counts[hist_index(&h, ns)];

                hist_record(&h, ns);
                above += ns > HIST_MAX_NS;
                assert_true((ns > HIST_MAX_NS ? h.overflow : h.counts[hist_index(&h, ns)]) == before + 1);
        }
        assert_true(above > 1000);
        assert_true(h.overflow == above);
        hist_free(&h);
}

static void a_reset_histogram_is_as_new(void **state)
{
        struct hist used = new_hist(2), fresh = new_hist(2);

        (void)state;
        hist_record(&used, 5);
        hist_record(&used, 5000000);
        hist_record(&used, HIST_MAX_NS + 5);
        hist_reset(&used);
        assert_true(used.count == 0 && used.overflow == 0 && used.sum == 0);
        assert_true(used.min == fresh.min && used.max == fresh.max);
        assert_memory_equal(used.counts, fresh.counts, fresh.length * sizeof(*fresh.counts));
        hist_free(&used);
        hist_free(&fresh);
}

static struct hist random_hist(unsigned digits, uint64_t seed)
{
        struct hist h = new_hist(digits);

        for (int i = 0; i < 3000; i++)
                hist_record(&h, random_duration(&seed, 37)); /* some above HIST_MAX_NS */
        return h;
}

static void assert_same(const struct hist *a, const struct hist *b)
{
        assert_true(a->count == b->count && a->overflow == b->overflow);
        assert_true(a->min == b->min && a->max == b->max && a->sum == b->sum);
        assert_memory_equal(a->counts, b->counts, a->length * sizeof(*a->counts));
}

/* The sum of three histograms of the same seeds, added in the order given. */
static struct hist sum_in_order(const uint64_t seeds[3])
{
        struct hist sum = new_hist(3);

        for (int i = 0; i < 3; i++) {
                struct hist part = random_hist(3, seeds[i]);

                assert_int_equal(hist_add(&sum, &part), 0);
                hist_free(&part);
        }
        return sum;
}

static void adding_is_commutative_and_associative(void **state)
{
        struct hist forwards = sum_in_order((const uint64_t[]){ 1, 2, 3 });
        struct hist backwards = sum_in_order((const uint64_t[]){ 3, 2, 1 });
        struct hist left = random_hist(3, 1), middle = random_hist(3, 2), right = random_hist(3, 3);

        (void)state;
        assert_int_equal(forwards.count, 9000);
        assert_true(forwards.overflow > 0);
        assert_same(&forwards, &backwards);
        assert_int_equal(hist_add(&middle, &right), 0);
        assert_int_equal(hist_add(&left, &middle), 0);
        assert_same(&forwards, &left);
        hist_free(&forwards);
        hist_free(&backwards);
        hist_free(&left);
        hist_free(&middle);
        hist_free(&right);
}

static void adding_parts_equals_recording_all_in_one(void **state)
{
        struct hist whole = new_hist(2), even = new_hist(2), odd = new_hist(2);
        uint64_t random = 11;

        (void)state;
        for (int i = 0; i < 5000; i++) {
                uint64_t ns = random_duration(&random, 37);

                hist_record(&whole, ns);
                hist_record(i % 2 ? &odd : &even, ns);
        }
        assert_int_equal(hist_add(&even, &odd), 0);
        assert_same(&even, &whole);
        hist_free(&whole);
        hist_free(&even);
        hist_free(&odd);
}

static void adding_an_empty_one_changes_nothing(void **state)
{
        struct hist h = random_hist(2, 4), same = random_hist(2, 4), empty = new_hist(2);

        (void)state;
        assert_int_equal(hist_add(&h, &empty), 0);
        assert_same(&h, &same);
        assert_int_equal(hist_add(&empty, &h), 0);
        assert_same(&empty, &same);
        hist_free(&h);
        hist_free(&same);
        hist_free(&empty);
}

static void unequal_digits_are_not_added(void **state)
{
        struct hist two = random_hist(2, 5), same = random_hist(2, 5), three = random_hist(3, 6);

        (void)state;
        assert_int_equal(hist_add(&two, &three), -EINVAL);
        assert_same(&two, &same);
        assert_int_equal(hist_add(&three, &two), -EINVAL);
        hist_free(&two);
        hist_free(&same);
        hist_free(&three);
}

static int by_value(const void *a, const void *b)
{
        uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

        return (left > right) - (left < right);
}

/* Per mille stand for q here, so that the rank is a matter of whole numbers. */
static size_t rank_of(unsigned per_mille, size_t count)
{
        size_t rank = (per_mille * count + 999) / 1000;

        return rank == 0 ? 1 : rank;
}

static void assert_quantiles(unsigned digits, size_t count, uint64_t seed)
{
        struct hist h = new_hist(digits);
        uint64_t *sorted = calloc(count, sizeof(*sorted));

        assert_non_null(sorted);
        for (size_t i = 0; i < count; i++) {
                sorted[i] = random_duration(&seed, 35);
                hist_record(&h, sorted[i]);
        }
        qsort(sorted, count, sizeof(*sorted), by_value);
        for (unsigned per_mille = 0; per_mille <= 1000; per_mille++) {
                uint64_t exact = sorted[rank_of(per_mille, count) - 1];
                uint64_t edge = hist_highest(&h, hist_index(&h, exact));
                uint64_t got = hist_quantile(&h, per_mille / 1000.0);

                if (got != (edge < h.max ? edge : h.max))
                        fail_msg("quantile %u/1000 of %zu values", per_mille, count);
        }
        free(sorted);
        hist_free(&h);
}

static void quantiles_are_the_upper_edge_of_the_nearest_rank(void **state)
{
        static const size_t counts[] = { 1, 2, 3, 4, 5, 7, 10, 20, 99, 100, 101, 250, 999, 1000, 1001, 3000 };

        (void)state;
        for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
                assert_quantiles(2, counts[i], i + 1);
                assert_quantiles(3, counts[i], i + 100);
        }
}

static void a_quarter_of_five_values_is_the_second(void **state)
{
        struct hist h = new_hist(3);

        (void)state;
        for (uint64_t ns = 10; ns <= 50; ns += 10)
                hist_record(&h, ns);
        assert_int_equal(hist_quantile(&h, 0.25), 20);
        assert_int_equal(hist_quantile(&h, 0.2), 10);
        assert_int_equal(hist_quantile(&h, 0), 10);
        assert_int_equal(hist_quantile(&h, 1), 50);
        hist_free(&h);
}

static void quantiles_beyond_0_and_1_are_those_of_the_ends(void **state)
{
        struct hist h = new_hist(3);

        (void)state;
        hist_record(&h, 1);
        hist_record(&h, 2);
        assert_int_equal(hist_quantile(&h, -0.5), 1);
        assert_int_equal(hist_quantile(&h, NAN), 1);
        assert_int_equal(hist_quantile(&h, 1.5), 2);
        assert_int_equal(hist_quantile(&h, INFINITY), 2);
        hist_free(&h);
}

static void one_value_is_every_quantile(void **state)
{
        struct hist h = new_hist(2);

        (void)state;
        hist_record(&h, 123456789);
        assert_int_equal(hist_quantile(&h, 0), 123456789);
        assert_int_equal(hist_quantile(&h, 0.5), 123456789);
        assert_int_equal(hist_quantile(&h, 1), 123456789);
        hist_free(&h);
}

static void an_empty_histogram_has_quantile_0(void **state)
{
        struct hist h = new_hist(2);

        (void)state;
        assert_int_equal(hist_quantile(&h, 0.5), 0);
        assert_true(h.min == UINT64_MAX && h.max == 0);
        hist_free(&h);
}

static void a_rank_in_the_overflow_is_the_greatest_value(void **state)
{
        struct hist h = new_hist(2);

        (void)state;
        hist_record(&h, 100);
        hist_record(&h, 2 * HIST_MAX_NS);
        hist_record(&h, 3 * HIST_MAX_NS);
        assert_int_equal(hist_quantile(&h, 0.33), 100);
        assert_true(hist_quantile(&h, 0.5) == 3 * HIST_MAX_NS);
        assert_true(hist_quantile(&h, 1) == 3 * HIST_MAX_NS);
        hist_free(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_value_to_2_20_and_random_ones_lie_in_their_bucket),
                cmocka_unit_test(buckets_follow_one_another_without_gap_and_map_back),
                cmocka_unit_test(buckets_start_where_the_header_says),
                cmocka_unit_test(no_bucket_is_wider_than_the_accuracy_promised),
                cmocka_unit_test(memory_is_what_the_header_states),
                cmocka_unit_test(other_digits_are_refused_and_leave_nothing_to_free),
                cmocka_unit_test(freeing_twice_is_harmless),
                cmocka_unit_test(count_sum_least_and_greatest_are_exact),
                cmocka_unit_test(what_is_longer_than_the_range_is_counted_as_overflow_only),
                cmocka_unit_test(random_values_land_in_a_bucket_or_in_the_overflow),
                cmocka_unit_test(a_reset_histogram_is_as_new),
                cmocka_unit_test(adding_is_commutative_and_associative),
                cmocka_unit_test(adding_parts_equals_recording_all_in_one),
                cmocka_unit_test(adding_an_empty_one_changes_nothing),
                cmocka_unit_test(unequal_digits_are_not_added),
                cmocka_unit_test(quantiles_are_the_upper_edge_of_the_nearest_rank),
                cmocka_unit_test(a_quarter_of_five_values_is_the_second),
                cmocka_unit_test(quantiles_beyond_0_and_1_are_those_of_the_ends),
                cmocka_unit_test(one_value_is_every_quantile),
                cmocka_unit_test(an_empty_histogram_has_quantile_0),
                cmocka_unit_test(a_rank_in_the_overflow_is_the_greatest_value),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
