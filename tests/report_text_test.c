/* SPDX-License-Identifier: MIT */
/* Numbers as a report prints them: nothing lost in CSV, nothing claimed in words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/report/text.h"

static void assert_rounded(double value, double half_width, const char *text)
{
        char buf[NUMBER_BYTES];

        assert_string_equal(number_rounded(buf, value, half_width), text);
}

static void assert_shortest(double value, const char *text)
{
        char buf[NUMBER_BYTES];

        assert_string_equal(number_shortest(buf, value), text);
}

static void a_shortest_number_reads_back_as_itself(void **state)
{
        uint64_t bits = 88172645463325252ull;
        char buf[NUMBER_BYTES];

        (void)state;
        for (int i = 0; i < 100000; i++) {
                double value;

                bits ^= bits << 13;
                bits ^= bits >> 7;
                bits ^= bits << 17;
                memcpy(&value, &bits, sizeof(value));
                if (isfinite(value))
                        assert_true(strtod(number_shortest(buf, value), NULL) == value);
        }
}

static void a_shortest_number_has_no_digit_too_many(void **state)
{
        (void)state;
        assert_shortest(0.1, "0.1");
        assert_shortest(0.1 + 0.2, "0.30000000000000004");
        assert_shortest(1e23, "1e+23");
        assert_shortest(-2.5, "-2.5");
        assert_shortest(NAN, "");
        assert_shortest(INFINITY, "");
}

static void a_rounded_number_ends_where_its_interval_does(void **state)
{
        (void)state;
        assert_rounded(1.23456, 0.03, "1.23");
        assert_rounded(1.23456, 0.3, "1.2");
        assert_rounded(1.23456, 3, "1.2");
        assert_rounded(1.23456, 1e-9, "1.235");
        assert_rounded(123456, 2000, "123000");
        assert_rounded(0.00123456, 0.0001, "0.0012");
}

static void without_an_interval_two_digits_stand(void **state)
{
        (void)state;
        assert_rounded(1.23456, NAN, "1.2");
        assert_rounded(98765, NAN, "99000");
        assert_rounded(0, NAN, "0");
        assert_rounded(NAN, 1, "");
}

static void equal_values_claim_no_zeros(void **state)
{
        (void)state;
        assert_rounded(21, 0, "21");
        assert_rounded(0.5, 0, "0.5");
        assert_rounded(19800000, 0, "19800000");
        assert_rounded(100, 0, "100");
}

static void a_ratio_stands_with_its_interval_or_alone(void **state)
{
        char buf[CELL_BYTES];

        (void)state;
        assert_string_equal(ratio_text(buf, 1.5, 1.42, 1.58), "1.50x [1.42, 1.58]");
        assert_string_equal(ratio_text(buf, 1.5, NAN, NAN), "1.5x");
}

static void large_numbers_are_grouped(void **state)
{
        char buf[NUMBER_BYTES];

        (void)state;
        assert_string_equal(number_grouped(buf, 0), "0");
        assert_string_equal(number_grouped(buf, 999.4), "999");
        assert_string_equal(number_grouped(buf, 999.6), "1,000");
        assert_string_equal(number_grouped(buf, 1234567), "1,234,567");
        assert_string_equal(number_grouped(buf, -40000), "-40,000");
        assert_string_equal(number_grouped(buf, NAN), "");
        assert_true(two_digits(147123) == 150000);
}

static void a_duration_has_the_unit_that_suits_it(void **state)
{
        char buf[NUMBER_BYTES];

        (void)state;
        assert_string_equal(duration_text(buf, 999, NAN), "1000 ns");
        assert_string_equal(duration_text(buf, 6750, 10), "6.75 µs");
        assert_string_equal(duration_text(buf, 1.69e6, NAN), "1.7 ms");
        assert_string_equal(duration_text(buf, 2e12, 0), "2000 s");
        assert_string_equal(duration_text(buf, NAN, 0), "");
}

static void only_plain_names_are_plain(void **state)
{
        (void)state;
        assert_true(name_is_plain("burst=64;tasks=1"));
        assert_true(name_is_plain("https://example.org/a_b?") == false);
        assert_false(name_is_plain("a`b"));
        assert_false(name_is_plain("a b"));
        assert_false(name_is_plain(""));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_shortest_number_reads_back_as_itself),
                cmocka_unit_test(a_shortest_number_has_no_digit_too_many),
                cmocka_unit_test(a_rounded_number_ends_where_its_interval_does),
                cmocka_unit_test(without_an_interval_two_digits_stand),
                cmocka_unit_test(equal_values_claim_no_zeros),
                cmocka_unit_test(a_ratio_stands_with_its_interval_or_alone),
                cmocka_unit_test(large_numbers_are_grouped),
                cmocka_unit_test(a_duration_has_the_unit_that_suits_it),
                cmocka_unit_test(only_plain_names_are_plain),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
