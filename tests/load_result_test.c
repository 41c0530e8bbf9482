/* SPDX-License-Identifier: MIT */
/* What the load generator makes of what its threads saw: sums, and the marks of what there is to doubt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "harness/load/load.h"

#include <cmocka.h>

/* A second with ten messages under way in a closed loop. */
static const struct load_options asked = {
        .connections = 5, .depth = 2, .threads = 1, .window_ns = 1000000000
};

static struct load_result made(uint64_t service_ns)
{
        struct load_result r;

        assert_int_equal(load_result_init(&r), 0);
        r.answered_ns = r.in_flight_ns = 10 * asked.window_ns;
        for (int i = 0; i < 100; i++)
                hist_record(&r.service, service_ns);
        return r;
}

static bool is(struct load_options o, const struct load_result *r, enum load_mark mark)
{
        return load_result_is(&o, r, mark);
}

static void a_median_of_38_to_46_ms_is_a_delayed_acknowledgement(void **state)
{
        static const struct {
                unsigned ms;
                bool suspect;
        } cases[] = { { 1, false }, { 37, false }, { 38, true }, { 44, true }, { 45, true }, { 47, false } };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct load_result r = made(cases[i].ms * 1000000ull);

                assert_int_equal(is(asked, &r, LOAD_DELAYED_ACK), cases[i].suspect);
                load_result_free(&r);
        }
}

static void a_twentieth_of_lost_time_is_marked_in_a_closed_loop(void **state)
{
        struct load_options open = asked;
        struct load_result r = made(1000);

        (void)state;
        assert_false(is(asked, &r, LOAD_LOST_TIME));
        r.answered_ns = r.answered_ns * 96 / 100;
        assert_false(is(asked, &r, LOAD_LOST_TIME));
        r.answered_ns = r.answered_ns * 94 / 96;
        assert_true(is(asked, &r, LOAD_LOST_TIME));
        open.rate_per_s = 100; /* who plans has idle time */
        r.in_flight_ns = r.answered_ns;
        assert_false(is(open, &r, LOAD_LOST_TIME));
        load_result_free(&r);
}

/* Where client and server had a processor each, and the client filled its own (TechEmpower/FrameworkBenchmarks#5207). */
static void a_client_that_fills_its_processor_is_marked(void **state)
{
        struct load_options spins = asked;
        struct load_result r = made(1000);

        (void)state;
        r.cpu_ns = asked.window_ns * 79 / 100;
        assert_false(is(asked, &r, LOAD_CLIENT_BOUND));
        r.cpu_ns = asked.window_ns * 80 / 100;
        assert_true(is(asked, &r, LOAD_CLIENT_BOUND));
        spins.spin = true; /* it fills it on purpose */
        assert_false(is(spins, &r, LOAD_CLIENT_BOUND));
        load_result_free(&r);
}

static void threads_add_up_and_the_first_error_is_kept(void **state)
{
        struct load_result sum = made(1000), one = made(2000), other = made(3000);

        (void)state;
        one.requests = 10, one.replies = 9, one.incomplete = 1, one.cpu_ns = 5, one.slowest_replies = 3;
        other.requests = 20, other.replies = 20, other.cpu_ns = 7, other.slowest_replies = 4;
        assert_true(load_result_is_whole(&sum));
        assert_false(load_result_is_whole(&one));
        load_result_error(&other, LOAD_WRONG, "connection %u", 1);
        load_result_error(&other, LOAD_RESET, "connection %u", 2);
        load_result_add(&sum, &one);
        load_result_add(&sum, &other);
        assert_int_equal(sum.requests, 30);
        assert_int_equal(sum.replies + sum.incomplete, 30);
        assert_int_equal(sum.cpu_ns, 7); /* of the busiest */
        assert_int_equal(sum.slowest_replies, 3);
        assert_int_equal(sum.service.count, 300);
        assert_int_equal(sum.answered_ns, 3 * one.answered_ns);
        assert_int_equal(load_result_errors(&sum), 2);
        assert_int_equal(sum.errors[LOAD_WRONG], 1);
        assert_string_equal(sum.detail, "connection 1");
        assert_false(load_result_is_whole(&sum));
        load_result_free(&sum);
        load_result_free(&one);
        load_result_free(&other);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_median_of_38_to_46_ms_is_a_delayed_acknowledgement),
                cmocka_unit_test(a_twentieth_of_lost_time_is_marked_in_a_closed_loop),
                cmocka_unit_test(a_client_that_fills_its_processor_is_marked),
                cmocka_unit_test(threads_add_up_and_the_first_error_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
