/* SPDX-License-Identifier: MIT */
/* The command line: what it takes, and what it says to a wrong word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "harness/driver/environment.h"
#include "harness/driver/request.h"
#include "harness/nearest.h"

enum { WORDS_MAX = 32 };

/* Parse "asyncbench LINE", cut at blanks. The strings of *R point into TEXT. */
static bool parse(struct request *r, char *text, size_t bytes, const char *line, char *error,
                  size_t error_bytes)
{
        char *argv[WORDS_MAX] = { (char *)"asyncbench" }, *save = NULL;
        int argc = 1;

        snprintf(text, bytes, "%s", line);
        for (char *word = strtok_r(text, " ", &save); word && argc < WORDS_MAX - 1;
             word = strtok_r(NULL, " ", &save))
                argv[argc++] = word;
        argv[argc] = NULL;
        return request_parse(r, argc, argv, error, error_bytes);
}

static void edits_are_counted(void **state)
{
        (void)state;
        assert_int_equal(nearest_distance("", ""), 0);
        assert_int_equal(nearest_distance("", "abc"), 3);
        assert_int_equal(nearest_distance("kitten", "sitting"), 3);
        assert_int_equal(nearest_distance("libvu", "libuv"), 1); /* a swap */
        assert_int_equal(nearest_distance("mutex", "mutex"), 0);
        assert_int_equal(nearest_distance("select", "slect"), 1);
}

static void the_nearest_words_are_offered_or_all(void **state)
{
        static const char *const words[] = { "libuv", "libev", "libevent", "epoll" };
        char text[128];

        (void)state;
        assert_string_equal(nearest_words("libu", words, 4, text, sizeof(text)), "; did you mean libuv?");
        assert_string_equal(nearest_words("libxv", words, 4, text, sizeof(text)),
                            "; did you mean libuv or libev?");
        assert_string_equal(nearest_words("kqueue", words, 4, text, sizeof(text)),
                            "; known: libuv libev libevent epoll");
}

static void every_option_of_run_is_taken(void **state)
{
        struct request r;
        char text[512], error[256];

        (void)state;
        assert_true(parse(
                &r, text, sizeof(text),
                "run --only mutex,select/hoisted standard --runtimes epoll --set tasks=1,2 --set burst=all "
                "--out here --rounds 9 --budget 10m --seed 18446744073709551615 --dry-run --server-cpus 0-3 "
                "--load-cpus=4 --label box",
                error, sizeof(error)));
        assert_int_equal(r.command, COMMAND_RUN);
        assert_int_equal(r.profile, PROFILE_STANDARD);
        assert_string_equal(r.only, "mutex,select/hoisted");
        assert_string_equal(r.runtimes, "epoll");
        assert_int_equal(r.set_count, 2);
        assert_string_equal(r.set[1], "burst=all");
        assert_string_equal(r.out, "here");
        assert_int_equal(r.rounds, 9);
        assert_int_equal(r.budget_ns, 600000000000);
        assert_true(r.seed == UINT64_MAX);
        assert_true(r.dry_run);
        assert_string_equal(r.server_cpus, "0-3");
        assert_string_equal(r.load_cpus, "4");
        assert_string_equal(r.label, "box");
        assert_true(parse(&r, text, sizeof(text), "run", error, sizeof(error)));
        assert_int_equal(r.profile, PROFILE_QUICK);
        assert_false(r.seed_given);
}

static void the_other_commands_are_taken(void **state)
{
        struct request r;
        char text[512], error[256];

        (void)state;
        assert_true(parse(&r, text, sizeof(text), "list --json --absent", error, sizeof(error)));
        assert_true(r.command == COMMAND_LIST && r.json && r.absent_only);
        assert_true(parse(&r, text, sizeof(text), "report results/x --no-plots", error, sizeof(error)));
        assert_true(r.command == COMMAND_REPORT && r.no_plots);
        assert_string_equal(r.report_dir, "results/x");
        assert_true(parse(&r, text, sizeof(text), "--help", error, sizeof(error)));
        assert_int_equal(r.command, COMMAND_HELP);
        assert_true(parse(&r, text, sizeof(text), "", error, sizeof(error)));
        assert_int_equal(r.command, COMMAND_HELP);
}

static void a_wrong_word_is_named_with_the_nearest(void **state)
{
        static const struct {
                const char *line, *error;
        } cases[] = {
                { "compare", "unknown command 'compare'; known: list run report help version" },
                { "lst", "unknown command 'lst'; did you mean list?" },
                { "run publihs", "unknown profile 'publihs'; did you mean publish?" },
                { "run quick smoke", "run: one profile, 'smoke' is too much" },
                { "run --sed 1", "unknown option 'sed'; did you mean set or seed?" },
                { "run --json",
                  "unknown option 'json'; known: only runtimes set out resume rounds budget seed dry-run "
                  "server-cpus load-cpus label" },
                { "run -x", "unknown option 'x'; known: only runtimes set out resume rounds budget seed "
                            "dry-run server-cpus "
                            "load-cpus label" },
                { "run --seed", "--seed needs a value: S" },
                { "run --seed -1", "--seed: '-1' is not a number from 0 to 18446744073709551615" },
                { "run --seed 18446744073709551616",
                  "--seed: '18446744073709551616' is not a number from 0 to 18446744073709551615" },
                { "run --rounds many", "--rounds: 'many' is not a number from 1 to 10000" },
                { "run --budget 5x", "--budget: '5x' is not a time such as 90s, 10m or 2h" },
                { "run --set tasks", "--set: 'tasks' is not PARAM=VALUE[,VALUE...]" },
                { "run --set tasks=1 --set tasks=2",
                  "--set: tasks is given twice; give its values as one list" },
                { "run --only=", "--only: WORKLOAD[/VARIANT],... must not be empty" },
                { "run --resume x --rounds 3", "--resume takes the request from its folder: of the other "
                                               "options only --budget, --seed and --dry-run may "
                                               "stand beside it" },
                { "list all", "list: 'all' is too much" },
                { "report", "report: which folder? (0 given)" },
                { "report a b", "report: one folder, not 2" },
        };
        struct request r;
        char text[512], error[512];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                assert_false(parse(&r, text, sizeof(text), cases[i].line, error, sizeof(error)));
                assert_string_equal(error, cases[i].error);
        }
}

static void the_command_repeats_the_request(void **state)
{
        static const char line[] = "run quick --only mutex/sync --set burst=64,all --rounds 13 --seed 7";
        struct request r = { .profile = PROFILE_SMOKE, .label = "it's mine", .seed = 1 };
        char text[512], error[256], command[512];

        (void)state;
        assert_true(parse(&r, text, sizeof(text), line, error, sizeof(error)));
        assert_string_equal(environment_command(&r, command, sizeof(command)) + strlen("asyncbench "), line);
        r = (struct request){ .profile = PROFILE_SMOKE, .label = "it's mine", .seed = 1, .out = "/home/me" };
        assert_string_equal(environment_command(&r, command, sizeof(command)),
                            "asyncbench run smoke --seed 1 --label 'it'\\''s mine'");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(edits_are_counted),
                cmocka_unit_test(the_nearest_words_are_offered_or_all),
                cmocka_unit_test(every_option_of_run_is_taken),
                cmocka_unit_test(the_other_commands_are_taken),
                cmocka_unit_test(a_wrong_word_is_named_with_the_nearest),
                cmocka_unit_test(the_command_repeats_the_request),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
