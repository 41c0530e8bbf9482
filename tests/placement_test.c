/* SPDX-License-Identifier: MIT */
/* Placement: which processors of made-up machines run what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/cpus.h"
#include "harness/driver/placement.h"
#include "tests/fixture.h"

/* A node and the processors in it. */
static void node(int number, const char *cpus)
{
        fixture_write(cpus, "/sys/devices/system/node/node%d/cpulist", number);
}

/* The hardware threads THREADS ("0,4") are one core. */
static void core(const char *threads)
{
        cpu_set_t set;

        assert_true(cpus_parse(threads, &set));
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, &set))
                        fixture_write(threads, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                                      cpu);
}

static struct placement place(const char *allowed, double quota, const char *server, const char *load)
{
        struct placement p;
        cpu_set_t set;
        char error[256] = "";

        assert_true(cpus_parse(allowed, &set));
        if (placement_make(&p, fixture_root, &set, quota, server, load, error, sizeof(error)) < 0)
                fail_msg("%s", error);
        return p;
}

static void assert_cpus(const cpu_set_t *set, const char *expected)
{
        char text[4096];

        assert_string_equal(cpus_format(set, text, sizeof(text)), expected);
}

static void assert_placed(const struct placement *p, const char *server, const char *load, const char *driver)
{
        assert_cpus(&p->server, server);
        assert_cpus(&p->load, load);
        assert_cpus(&p->driver, driver);
        assert_int_equal(p->shared_cores, !*load);
}

static void lists_are_read_and_written_alike(void **state)
{
        static const char *const good[] = { "0", "0-3", "0-1,4,6-7", "1023" };
        static const char *const bad[] = { "", "a", "1-", "3-1", "1,,2", "1024", "1 2", "-1" };
        cpu_set_t set;

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
                assert_true(cpus_parse(good[i], &set));
                assert_cpus(&set, good[i]);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                assert_false(cpus_parse(bad[i], &set));
}

static void two_cores_are_shared(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-1");
        p = place("0-1", 0, NULL, NULL);
        assert_placed(&p, "0-1", "", "");
        assert_int_equal(p.cores, 2);
}

static void four_cores_are_parted(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-3");
        p = place("0-3", 0, NULL, NULL);
        assert_placed(&p, "0-1", "2", "3");
}

static void of_two_nodes_one_is_used(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-31");
        node(1, "32-63");
        p = place("0-63", 0, NULL, NULL);
        assert_placed(&p, "0-15", "16-30", "31");
        assert_int_equal(p.cores, 64);
        assert_int_equal(p.nodes, 2);
        p = place("28-63", 0, NULL, NULL);
        assert_placed(&p, "32-47", "48-62", "63");
}

static void one_thread_of_each_core_is_used(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-7");
        core("0,4");
        core("1,5");
        core("2,6");
        core("3,7");
        p = place("0-7", 0, NULL, NULL);
        assert_placed(&p, "0-1", "2", "3");
        assert_int_equal(p.cores, 4);
        /* Only the second threads are allowed: these stand for their cores. */
        p = place("4-7", 0, NULL, NULL);
        assert_placed(&p, "4-5", "6", "7");
}

static void the_threads_of_a_lone_core_stand_for_cores(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-1");
        core("0-1");
        p = place("0-1", 0, NULL, NULL);
        assert_placed(&p, "0-1", "", "");
        assert_non_null(strstr(p.note, "hardware threads"));
}

static void gaps_in_the_numbering_are_no_matter(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0,2,5,7-8");
        node(3, "40");
        p = place("0,2,5,7,40", 0, NULL, NULL);
        assert_placed(&p, "0,2", "5", "7");
}

static void a_quota_counts_whole_processors(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-7");
        p = place("0-7", 1.5, NULL, NULL);
        assert_placed(&p, "0", "", "");
        assert_non_null(strstr(p.note, "quota"));
        p = place("0-7", 0.2, NULL, NULL);
        assert_placed(&p, "0", "", "");
        p = place("0-7", 4, NULL, NULL);
        assert_placed(&p, "0-1", "2", "3");
        p = place("0-7", 100, NULL, NULL);
        assert_placed(&p, "0-3", "4-6", "7");
}

static void the_users_lists_come_first(void **state)
{
        struct placement p;

        (void)state;
        node(0, "0-7");
        p = place("0-7", 0, "4-7", "0-1");
        assert_placed(&p, "4-7", "0-1", "2");
        p = place("0-7", 0, "4-5", NULL);
        assert_placed(&p, "4-5", "6", "7");
        p = place("0-7", 0, "0-3", "2-5");
        assert_true(p.shared_cores);
}

static void a_processor_that_is_not_allowed_is_refused(void **state)
{
        struct placement p;
        cpu_set_t allowed;
        char error[256];

        (void)state;
        node(0, "0-7");
        cpus_parse("0-3", &allowed);
        assert_int_equal(placement_make(&p, fixture_root, &allowed, 0, "2-4", NULL, error, sizeof(error)),
                         -1);
        assert_string_equal(
                error, "--server-cpus: '2-4' is not a list of the processors allowed here, which are 0-3");
        assert_int_equal(placement_make(&p, fixture_root, &allowed, 0, NULL, "x", error, sizeof(error)), -1);
        assert_non_null(strstr(error, "--load-cpus: 'x'"));
}

static void the_quota_is_that_of_the_cgroup(void **state)
{
        cpu_set_t allowed;
        double quota;

        (void)state;
        placement_limits(fixture_root, &allowed, &quota);
        assert_true(CPU_COUNT(&allowed) > 0);
        assert_true(quota == 0);
        fixture_write("0::/user/me\n", "/proc/self/cgroup");
        fixture_write("150000 100000\n", "/sys/fs/cgroup/user/me/cpu.max");
        placement_limits(fixture_root, &allowed, &quota);
        assert_true(quota == 1.5);
        fixture_write("max 100000\n", "/sys/fs/cgroup/user/me/cpu.max");
        placement_limits(fixture_root, &allowed, &quota);
        assert_true(quota == 0);
        fixture_write("3:cpu,cpuacct:/job\n0::/user/me\n", "/proc/self/cgroup");
        fixture_write("50000\n", "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us");
        fixture_write("100000\n", "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us");
        placement_limits(fixture_root, &allowed, &quota);
        assert_true(quota == 0.5);
}

#define MACHINE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_make, fixture_remove)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lists_are_read_and_written_alike),
                MACHINE_TEST(two_cores_are_shared),
                MACHINE_TEST(four_cores_are_parted),
                MACHINE_TEST(of_two_nodes_one_is_used),
                MACHINE_TEST(one_thread_of_each_core_is_used),
                MACHINE_TEST(the_threads_of_a_lone_core_stand_for_cores),
                MACHINE_TEST(gaps_in_the_numbering_are_no_matter),
                MACHINE_TEST(a_quota_counts_whole_processors),
                MACHINE_TEST(the_users_lists_come_first),
                MACHINE_TEST(a_processor_that_is_not_allowed_is_refused),
                MACHINE_TEST(the_quota_is_that_of_the_cgroup),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
