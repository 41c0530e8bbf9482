/* SPDX-License-Identifier: MIT */
/* The gates: steal, foreign use and throttling from made-up counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "harness/cpus.h"
#include "harness/driver/gates.h"
#include "tests/fixture.h"

static const uint64_t second_ns = 1000000000;

static cpu_set_t cpus(const char *list)
{
        cpu_set_t set;

        assert_true(cpus_parse(list, &set));
        return set;
}

static struct gates_reading read_now(const char *list)
{
        struct gates_reading r;
        cpu_set_t set = cpus(list);

        gates_read(&r, fixture_root, &set);
        return r;
}

static void only_the_processors_asked_for_count(void **state)
{
        uint64_t tick_ns = second_ns / (uint64_t)sysconf(_SC_CLK_TCK);
        struct gates_reading r;

        (void)state;
        fixture_write("cpu 9 9 9 9 9 9 9 9 0 0\n"
                      "cpu0 1 2 3 1000 0 50 60 7 0 0\n"
                      "cpu1 10 20 30 1000 0 50 60 70 0 0\n"
                      "cpu2 100 200 300 1000 0 50 60 700 0 0\n"
                      "intr 12345\n",
                      "/proc/stat");
        r = read_now("0,2");
        assert_true(r.has_stat);
        assert_int_equal(r.steal_ns, 707 * tick_ns);
        assert_int_equal(r.busy_ns, 606 * tick_ns); /* user, nice, system; no interrupts */
        assert_false(r.has_throttle);
}

static void throttling_is_read_in_both_versions_of_cgroups(void **state)
{
        struct gates_reading r;

        (void)state;
        fixture_write("0::/job\n", "/proc/self/cgroup");
        fixture_write("usage_usec 5\nnr_throttled 2\nthrottled_usec 1234\n", "/sys/fs/cgroup/job/cpu.stat");
        r = read_now("0");
        assert_true(r.has_throttle);
        assert_int_equal(r.throttled_ns, 1234000);
        fixture_write("2:cpu,cpuacct:/job\n", "/proc/self/cgroup");
        fixture_write("nr_periods 5\nnr_throttled 2\nthrottled_time 77\n", "/sys/fs/cgroup/cpu/job/cpu.stat");
        r = read_now("0");
        assert_true(r.has_throttle);
        assert_int_equal(r.throttled_ns, 77);
}

static void a_machine_that_tells_nothing_is_unknown(void **state)
{
        struct gates_reading from = read_now("0"), to = from;
        struct gates_use use;
        char why[64];

        (void)state;
        to.at_ns += second_ns;
        use = gates_between(&from, &to, 1);
        assert_true(isnan(use.steal));
        assert_true(isnan(use.foreign));
        assert_int_equal(gates_judge(&use, why, sizeof(why)), GATES_PASS);
}

static struct gates_use after(uint64_t steal_ns, uint64_t busy_ns, uint64_t own_ns, uint64_t throttled_ns)
{
        struct gates_reading from = { .at_ns = 5,
                                      .has_stat = true,
                                      .has_throttle = true,
                                      .steal_ns = 1000,
                                      .busy_ns = 1000,
                                      .throttled_ns = 1000,
                                      .own_ns = 1000 };
        struct gates_reading to = from;

        to.at_ns += 2 * second_ns;
        to.steal_ns += steal_ns;
        to.busy_ns += busy_ns;
        to.own_ns += own_ns;
        to.throttled_ns += throttled_ns;
        return gates_between(&from, &to, 2);
}

static void assert_judged(struct gates_use use, enum gates_verdict verdict, const char *reason)
{
        char why[64];

        assert_int_equal(gates_judge(&use, why, sizeof(why)), verdict);
        assert_string_equal(why, reason);
}

/* Four processor seconds went by. */
static void shares_are_of_all_processors_time(void **state)
{
        struct gates_use use = after(second_ns / 100, 3 * second_ns, 2 * second_ns, 5);

        (void)state;
        assert_true(fabs(use.steal - 0.0025) < 1e-12);
        assert_true(fabs(use.foreign - 0.25) < 1e-12);
        assert_int_equal(use.throttled_ns, 5);
        /* Ticks round: own time above the busy time is no foreign time. */
        assert_true(after(0, second_ns, 2 * second_ns, 0).foreign == 0);
}

static void thresholds_are_those_of_the_method(void **state)
{
        (void)state;
        assert_judged(after(0, 0, 0, 0), GATES_PASS, "");
        assert_judged(after(second_ns / 50, 0, 0, 0), GATES_PASS, ""); /* 0.5 % */
        assert_judged(after(second_ns / 25, 0, 0, 0), GATES_AGAIN, "steal 1.0 %");
        assert_judged(after(second_ns / 10, 0, 0, 0), GATES_INVALID, "steal 2.5 %");
        assert_judged(after(0, second_ns / 10, 0, 0), GATES_PASS, ""); /* 2.5 % */
        assert_judged(after(0, second_ns / 5, 0, 0), GATES_INVALID, "foreign CPU use 5.0 %");
        assert_judged(after(0, 0, 0, 1500000), GATES_INVALID, "throttled 1.5 ms by a CPU quota");
}

/* Some kernels' steal counter runs backwards. */
static void a_counter_that_ran_backwards_is_unknown_not_zero(void **state)
{
        struct gates_reading from = { .at_ns = 1, .has_stat = true, .steal_ns = 100, .busy_ns = 100 };
        struct gates_reading to = { .at_ns = second_ns, .has_stat = true, .steal_ns = 99, .busy_ns = 99 };
        struct gates_use use = gates_between(&from, &to, 1);

        (void)state;
        assert_true(isnan(use.steal));
        assert_true(isnan(use.foreign));
        assert_judged(use, GATES_PASS, "");
}

#define MACHINE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_remove)

int main(void)
{
        const struct CMUnitTest tests[] = {
                MACHINE_TEST(only_the_processors_asked_for_count),
                MACHINE_TEST(throttling_is_read_in_both_versions_of_cgroups),
                MACHINE_TEST(a_machine_that_tells_nothing_is_unknown),
                cmocka_unit_test(shares_are_of_all_processors_time),
                cmocka_unit_test(thresholds_are_those_of_the_method),
                cmocka_unit_test(a_counter_that_ran_backwards_is_unknown_not_zero),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
