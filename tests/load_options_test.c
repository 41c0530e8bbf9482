/* SPDX-License-Identifier: MIT */
/* The command line of the load generator: what it means; load.bats has what it refuses, and how. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "harness/address.h"
#include "harness/load/load.h"

#include <cmocka.h>

enum { WORDS_MAX = 32 };

/* Read WORDS, which end at NULL. */
static bool reads(struct load_options *o, const char *const *words)
{
        char *argv[WORDS_MAX] = { (char *)"asyncbench-load" };
        int argc = 1;

        while (words[argc - 1]) {
                argv[argc] = (char *)words[argc - 1];
                argc++;
        }
        return load_options_read(o, argc, argv);
}

static void an_address_alone_is_a_closed_loop(void **state)
{
        struct load_options o;
        char text[80];

        (void)state;
        assert_true(reads(&o, (const char *const[]){ "--connect", "127.0.0.1:7", NULL }));
        assert_string_equal(address_format(&o.target, text, sizeof(text)), "127.0.0.1:7");
        assert_int_equal(o.connections, 50);
        assert_int_equal(o.depth, 1);
        assert_int_equal(o.threads, 1);
        assert_int_equal(o.message_bytes, 64);
        assert_int_equal(o.rate_per_s, 0);
        assert_int_equal(o.out_fd, -1);
        assert_false(o.fixed || o.spin || o.reset || o.pinned);
}

static void every_option_arrives_in_its_unit(void **state)
{
        struct load_options o;
        char text[80];

        (void)state;
        assert_true(reads(&o, (const char *const[]){ "--connect",
                                                     "[::1]:65535",
                                                     "--connections",
                                                     "9",
                                                     "--depth",
                                                     "3",
                                                     "--threads",
                                                     "2",
                                                     "--message-bytes",
                                                     "65536",
                                                     "--rate",
                                                     "100",
                                                     "--arrivals",
                                                     "fixed",
                                                     "--warmup-ms",
                                                     "0",
                                                     "--window-ms",
                                                     "2",
                                                     "--stall-ms",
                                                     "10",
                                                     "--seed",
                                                     "18446744073709551615",
                                                     "--spin",
                                                     "--reset",
                                                     "--cpus",
                                                     "0",
                                                     "--out-fd",
                                                     "1",
                                                     NULL }));
        assert_string_equal(address_format(&o.target, text, sizeof(text)), "[::1]:65535");
        assert_int_equal(o.connections, 9);
        assert_int_equal(o.depth, 3);
        assert_int_equal(o.threads, 2);
        assert_int_equal(o.message_bytes, 65536);
        assert_int_equal(o.rate_per_s, 100);
        assert_int_equal(o.warmup_ns, 0);
        assert_int_equal(o.window_ns, 2000000);
        assert_int_equal(o.stall_ns, 10000000);
        assert_true(o.seed == UINT64_MAX);
        assert_int_equal(o.out_fd, 1);
        assert_true(o.fixed && o.spin && o.reset && o.pinned && CPU_ISSET(0, &o.cpus));
}

/* Each says so on standard error. */
static void what_is_out_of_range_or_no_number_is_refused(void **state)
{
        static const char *const wrong[][2] = {
                { "--depth", "0" },
                { "--depth", "1025" },
                { "--depth", "1k" },
                { "--depth", "-1" },
                { "--depth", " 1" },
                { "--depth", "" },
                { "--message-bytes", "15" },
                { "--rate", "0" },
                { "--seed", "18446744073709551616" },
                { "--message-bytes", "65537" },
                { "--cpus", "x" },
                { "--arrivals", "" },
                { "--threads", "51" },
                { "--out-fd", "999" },
                { "--window-ms", "0" },
                { "--connect", "127.0.0.1" },
                { "--connect", "1.2.3:4" },
                { "--connect", "127.0.0.1:65536" },
                { "--connect", "127.0.0.1:7x" },
                { "--connect", ":7" },
                { "--connect", "[]:7" },
                { "--connect", "[127.0.0.1]:7" },
                { "--connect", "::1:7" },
                { "--depht", "1" },
        };
        struct load_options o;

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                if (reads(&o, (const char *const[]){ "--connect", "127.0.0.1:7", wrong[i][0], wrong[i][1],
                                                     NULL }))
                        fail_msg("%s '%s' was taken", wrong[i][0], wrong[i][1]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_address_alone_is_a_closed_loop),
                cmocka_unit_test(every_option_arrives_in_its_unit),
                cmocka_unit_test(what_is_out_of_range_or_no_number_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
