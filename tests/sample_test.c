/* SPDX-License-Identifier: MIT */
/* The command line of a runtime's executable: `describe`, and what `sample` refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/protocol.h"
#include "made_up.h"

enum { WORDS_MAX = 40 };

/* Split at spaces and call. */
static int calls(void *arg)
{
        char text[1024], *words[WORDS_MAX] = { "asyncbench-made-up" }, *rest;
        int count = 1;

        snprintf(text, sizeof(text), "%s", (const char *)arg);
        for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
                words[count++] = word;
        return sample_main("made-up", count, words);
}

#define CELL "sample --runtime made-up --workload mutex --variant sync"

static void bad_words_are_named_and_nothing_is_run(void **state)
{
        static const struct {
                const char *line, *bad, *good;
        } cases[] = {
                { "", "command", "describe" },
                { "smaple", "'smaple'", "sample" },
                { "describe now", "'now'", "" },
                { "sample --runtimes made-up", "'--runtimes'", "--runtime" },
                { "sample --runtime", "--runtime", "needs a value" },
                { "sample --runtime made-up --runtime made-up", "--runtime", "twice" },
                { "sample --runtime made-up", "--workload", "missing" },
                { CELL " --out-fd 1", "--seed", "missing" },
                { CELL " --seed 1", "--out-fd", "missing" },
                { "sample --runtime mode-up --workload mutex --variant sync --seed 1 --out-fd 1", "'mode-up'",
                  "made-up" },
                { "sample --runtime made-up --workload mutx --variant sync --seed 1 --out-fd 1", "'mutx'",
                  "mutex" },
                { "sample --runtime made-up --workload mutex --variant sink --seed 1 --out-fd 1", "'sink'",
                  "sync" },
                { "sample --runtime made-up --workload mutex --variant async --seed 1 --out-fd 1", "absent",
                  "not made up" },
                { CELL " --seed 0x1 --out-fd 1", "'0x1'", "number" },
                { CELL " --seed 18446744073709551616 --out-fd 1", "'18446744073709551616'", "2^64-1" },
                { CELL " --seed 1 --out-fd 999", "'999'", "not open" },
                { CELL " --seed 1 --out-fd one", "'one'", "descriptor" },
                { CELL " --seed 1 --out-fd 1 --set tusks=1", "'tusks'", "tasks" },
                { CELL " --seed 1 --out-fd 1 --set tasks=many", "'many'", " to " },
                { CELL " --seed 1 --out-fd 1 --set tasks=1;workers=1", "'tasks=1;workers=1'",
                  "one parameter" },
                { CELL " --seed 1 --out-fd 1", "missing", "for example" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct ending e = made_up_child(calls, (void *)cases[i].line);

                assert_int_equal(e.exit_status, PROTOCOL_USAGE);
                assert_int_equal(json_array_size(e.records), 0);
                if (!strstr(e.errors, cases[i].bad) || !strstr(e.errors, cases[i].good) ||
                    strchr(e.errors, '\n') != e.errors + strlen(e.errors) - 1)
                        fail_msg("%s: %s", cases[i].line, e.errors);
                ending_free(&e);
        }
}

static const char *text_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        assert_non_null(text);
        return text;
}

static void describe_says_what_the_row_is(void **state)
{
        struct ending e = made_up_child(calls, "describe");
        json_t *all = json_array_get(e.records, 0), *row = json_array_get(json_object_get(all, "rows"), 0);

        (void)state;
        assert_int_equal(e.exit_status, 0);
        assert_int_equal(json_integer_value(json_object_get(all, "protocol")), PROTOCOL_VERSION);
        assert_string_equal(text_of(all, "name"), "made-up");
        assert_int_equal(json_array_size(json_object_get(all, "rows")), 1);
        assert_string_equal(text_of(row, "runtime"), "made-up");
        assert_string_equal(text_of(row, "version"), "1.0");
        assert_string_equal(text_of(row, "effort"), "as-documented");
        assert_true(json_is_true(json_object_get(row, "available")));
        assert_true(json_is_null(json_object_get(row, "reason")));
        assert_int_equal(json_integer_value(json_object_get(row, "timer_granularity_ns")), 7);
        assert_string_equal(json_string_value(json_array_get(json_object_get(row, "traits"), 0)),
                            "TASKS_SHARE_WORKER");
        assert_string_equal(text_of(json_object_get(row, "card"), "differs"), "in all");
        assert_string_equal(text_of(json_array_get(json_object_get(row, "knobs"), 0), "value"), "blue");
        assert_true(
                json_is_null(json_object_get(json_array_get(json_object_get(row, "mistakes"), 0), "report")));
        ending_free(&e);
}

static void describe_says_why_a_row_cannot_run(void **state)
{
        struct ending e;
        json_t *row;

        (void)state;
        made_up_broken = "the paint is wet";
        e = made_up_child(calls, "describe");
        made_up_broken = NULL;
        row = json_array_get(json_object_get(json_array_get(e.records, 0), "rows"), 0);
        assert_int_equal(e.exit_status, 0);
        assert_true(json_is_false(json_object_get(row, "available")));
        assert_string_equal(text_of(row, "reason"), "the paint is wet");
        assert_string_equal(text_of(row, "remedy"), "mend it");
        ending_free(&e);
}

/* The made-up row has mutex/sync and no other variant of mutex. */
static void describe_says_why_a_cell_is_absent(void **state)
{
        struct ending e = made_up_child(calls, "describe");
        json_t *absent = json_object_get(json_array_get(e.records, 0), "absent"), *cell;
        size_t i, of_mutex = 0, variants = 0;

        (void)state;
        json_array_foreach(absent, i, cell)
        {
                if (strcmp(text_of(cell, "workload"), "mutex") != 0)
                        continue;
                assert_string_equal(text_of(cell, "runtime"), "made-up");
                assert_string_not_equal(text_of(cell, "variant"), "sync");
                assert_string_equal(text_of(cell, "reason"), "not made up");
                of_mutex++;
        }
        for (const struct variant *v = workload_find("mutex")->variants; v->name; v++)
                variants++;
        assert_int_equal(of_mutex, variants - 1);
        ending_free(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bad_words_are_named_and_nothing_is_run),
                cmocka_unit_test(describe_says_what_the_row_is),
                cmocka_unit_test(describe_says_why_a_row_cannot_run),
                cmocka_unit_test(describe_says_why_a_cell_is_absent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
