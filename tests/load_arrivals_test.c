/* SPDX-License-Identifier: MIT */
/* Planned arrivals: the same for the same seed, whole over all threads, and of the distribution that they claim. */
#include "harness/load/arrivals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RATE = 50000, COUNT = 100000, THREADS = 7 };

/* A clock that counts nanoseconds since a boot ten years ago. */
#define START_NS 315360000000000000ull

static struct arrivals planned(uint64_t seed, bool fixed, unsigned threads, unsigned index)
{
        struct arrivals a;

        arrivals_init(&a, seed, RATE, fixed, START_NS, threads, index);
        return a;
}

static void a_seed_gives_the_same_times_and_another_one_others(void **state)
{
        struct arrivals a = planned(1, false, 1, 0), b = planned(1, false, 1, 0), c = planned(2, false, 1, 0);
        unsigned same = 0;

        (void)state;
        for (unsigned i = 0; i < COUNT; i++) {
                uint64_t at_ns = arrivals_next(&a);

                assert_int_equal(at_ns, arrivals_next(&b));
                same += at_ns == arrivals_next(&c);
        }
        assert_true(same < COUNT / 1000);
}

static void shares_of_threads_are_together_the_whole(void **state)
{
        (void)state;
        for (int fixed = 0; fixed <= 1; fixed++) {
                struct arrivals whole = planned(3, fixed, 1, 0), part[THREADS];

                for (unsigned t = 0; t < THREADS; t++)
                        part[t] = planned(3, fixed, THREADS, t);
                for (unsigned i = 0; i < COUNT; i++)
                        assert_int_equal(arrivals_next(&whole), arrivals_next(&part[i % THREADS]));
        }
}

static void fixed_spacing_is_exact_however_late_the_clock(void **state)
{
        struct arrivals a = planned(1, true, 1, 0);

        (void)state;
        for (uint64_t i = 1; i <= COUNT; i++)
                assert_int_equal(arrivals_next(&a), START_NS + i * (1000000000 / RATE));
        arrivals_init(&a, 1, 3, true, 0, 1, 0);
        for (uint64_t i = 1; i <= COUNT; i++) {
                uint64_t at_ns = arrivals_next(&a);

                assert_true(at_ns >= i * 1000000000 / 3 - 1 && at_ns <= i * 1000000000 / 3 + 1);
        }
}

static int by_size(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: of N values from the distribution the largest distance exceeds 1.63 / sqrt(N) once in a
 * hundred times; the seeds are fixed, and it does not. */
static void gaps_are_exponential(void **state)
{
        double *gaps = calloc(COUNT, sizeof(*gaps)), largest = 0, sum = 0, product = 0;

        (void)state;
        assert_non_null(gaps);
        for (uint64_t seed = 1; seed <= 3; seed++) {
                struct arrivals a = planned(seed, false, 1, 0);
                uint64_t before_ns = START_NS;

                sum = product = largest = 0;
                for (unsigned i = 0; i < COUNT; i++) {
                        uint64_t at_ns = arrivals_next(&a);

                        gaps[i] = (double)(at_ns - before_ns) * RATE / 1e9; /* in means */
                        before_ns = at_ns;
                        sum += gaps[i];
                        product += i ? (gaps[i] - 1) * (gaps[i - 1] - 1) : 0;
                }
                qsort(gaps, COUNT, sizeof(*gaps), by_size);
                for (unsigned i = 0; i < COUNT; i++) {
                        double expected = 1 - exp(-gaps[i]);

                        largest = fmax(largest, fmax(expected - (double)i / COUNT,
                                                     (double)(i + 1) / COUNT - expected));
                }
                assert_true(largest < 1.63 / sqrt(COUNT));
                assert_true(fabs(sum / COUNT - 1) < 3 / sqrt(COUNT)); /* the rate is the rate */
                assert_true(fabs(product / COUNT) <
                            3 / sqrt(COUNT)); /* neighbours know nothing of each other */
        }
        free(gaps);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_seed_gives_the_same_times_and_another_one_others),
                cmocka_unit_test(shares_of_threads_are_together_the_whole),
                cmocka_unit_test(fixed_spacing_is_exact_however_late_the_clock),
                cmocka_unit_test(gaps_are_exponential),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
