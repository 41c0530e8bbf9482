/* SPDX-License-Identifier: MIT */
/* What scripts found, from their CSV files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/driver/facts.h"
#include "journal_maker.h"

static json_t *loaded(const char *text)
{
        char *dir = made_folder(), path[4096];
        json_t *all;
        FILE *f;

        snprintf(path, sizeof(path), "%s/made-up.csv", dir);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        all = facts_load(dir, "made-up.csv");
        made_folder_remove(dir);
        return all;
}

static void a_line_is_one_value(void **state)
{
        json_t *all = loaded("workload,variant,language,tool,verdict\n"
                             "mutex,async,c,gcc -fanalyzer,silent\n"
                             "mutex,async,rust,clippy,warned\n"
                             "mutex,async,rust,rustc,refused\n");
        json_t *want = json_pack("{s:{s:{s:s}, s:{s:s, s:s}}}", "mutex/async", "c", "gcc -fanalyzer",
                                 "silent", "rust", "clippy", "warned", "rustc", "refused");

        (void)state;
        assert_true(json_equal(all, want));
        json_decref(all);
        json_decref(want);
}

static void what_is_no_line_is_left_out(void **state)
{
        json_t *all = loaded("workload,variant,language,tool,verdict\n\nmutex,async\na,b,c,d,e,f\n");

        (void)state;
        assert_int_equal(json_object_size(all), 0);
        json_decref(all);
}

static void without_a_file_nothing_is_known(void **state)
{
        json_t *all = facts_load("/nonexistent", "made-up.csv");

        (void)state;
        assert_true(json_is_object(all));
        assert_int_equal(json_object_size(all), 0);
        json_decref(all);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_is_one_value),
                cmocka_unit_test(what_is_no_line_is_left_out),
                cmocka_unit_test(without_a_file_nothing_is_known),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
