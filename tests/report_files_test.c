/* SPDX-License-Identifier: MIT */
/* What a report does to the folder: the same bytes each time, nothing touched when the record is bad, nothing run that
 * came as data, no dependence on gnuplot or on the locale, and bounded memory. */
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/report/report.h"
#include "journal_maker.h"

static const char *const rows[] = { "null", "threads", "epoll", "libuv", NULL };
static const char *const tables[] = { "samples.csv", "histograms.csv", "summary.csv", "benchmark.json",
                                      "REPORT.md" };
static const char *const plots[] = { "plots/lock-1-ratio.svg",   "plots/lock-1-ratio.png",
                                     "plots/lock-1-ratio.gp",    "plots/lock-1-ratio.dat",
                                     "plots/lock-1-values.svg",  "plots/lock-1-wait_ns.svg",
                                     "plots/lock-1-wait_ns.png", "plots/rate-2-values.png" };

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static struct made_sample plain(const struct made_cell *cell)
{
        return (struct made_sample){ .value =
                                             100.25 + cell->round + (strcmp(cell->variant, "async") ? 0 : 50),
                                     .waits = 50 };
}

static const struct made_run small = { .rows = rows, .rounds = 7, .sample = plain };

static int build(const char *dir, bool with_plots, char *error, size_t error_bytes)
{
        struct report_options options = { .plots = with_plots,
                                          .workloads = made_workloads,
                                          .gnuplot_timeout_ms = 20000 };

        *error = '\0';
        return report_build_with(dir, &options, error, error_bytes);
}

static void must_build(const char *dir, bool with_plots)
{
        char error[512];

        if (build(dir, with_plots, error, sizeof(error)) != REPORT_OK)
                fail_msg("%s", error);
}

static bool exists(const char *dir, const char *name)
{
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        return access(path, F_OK) == 0;
}

static void write_text(const char *dir, const char *name, const char *text, mode_t mode)
{
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, mode) == 0);
}

static void assert_page(const char *dir, const char *part)
{
        char *page = made_read(dir, "REPORT.md", NULL);

        if (!page || !strstr(page, part))
                fail_msg("'%s' is not in:\n%s", part, page ? page : "no REPORT.md");
        free(page);
}

static void assert_same_file(const char *a, const char *b, const char *name)
{
        size_t n_a = 0, n_b = 0;
        char *text_a = made_read(a, name, &n_a), *text_b = made_read(b, name, &n_b);

        if (!text_a || !text_b || n_a != n_b || memcmp(text_a, text_b, n_a) != 0)
                fail_msg("%s is missing or not the same", name);
        free(text_a);
        free(text_b);
}

static bool have_gnuplot(void)
{
        return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

/* ---- the same bytes */

static void the_same_record_gives_the_same_bytes(void **state)
{
        char *a = made_folder(), *b = made_folder();
        bool with_plots = have_gnuplot();

        (void)state;
        made_run_write(&small, a);
        made_run_write(&small, b);
        must_build(a, with_plots);
        must_build(b, with_plots);
        must_build(b, with_plots);
        for (size_t i = 0; i < LENGTH(tables); i++)
                assert_same_file(a, b, tables[i]);
        for (size_t i = 0; i < LENGTH(plots) && with_plots; i++)
                assert_same_file(a, b, plots[i]);
        assert_false(exists(b, ".report.tmp"));
        made_folder_remove(a);
        made_folder_remove(b);
}

/* A locale whose decimal point is a comma: the system's, or one made for the test, which goes to LOCPATH. */
static bool use_comma_locale(const char *dir)
{
        char command[4200];

        if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "de_DE"))
                return true;
        snprintf(command, sizeof(command), "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", dir);
        if (system(command) != 0)
                return false;
        setenv("LOCPATH", dir, 1);
        return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void a_decimal_comma_changes_nothing(void **state)
{
        char *a = made_folder(), *b = made_folder(), *locale = made_folder(), number[16];
        bool comma;

        (void)state;
        made_run_write(&small, a);
        made_run_write(&small, b);
        must_build(a, have_gnuplot());
        comma = use_comma_locale(locale);
        snprintf(number, sizeof(number), "%.1f", 0.5);
        if (comma) {
                assert_string_equal(number, "0,5");
                must_build(b, have_gnuplot());
                snprintf(number, sizeof(number), "%.1f", 0.5);
                assert_string_equal(number, "0,5");
        }
        setlocale(LC_ALL, "C");
        unsetenv("LOCPATH");
        for (size_t i = 0; i < LENGTH(tables) && comma; i++)
                assert_same_file(a, b, tables[i]);
        for (size_t i = 0; i < LENGTH(plots) && comma && have_gnuplot(); i++)
                assert_same_file(a, b, plots[i]);
        made_folder_remove(a);
        made_folder_remove(b);
        made_folder_remove(locale);
        if (!comma)
                skip();
}

/* ---- gnuplot */

/* With PATH pointing at a folder that holds SCRIPT as `gnuplot`, or nothing. */
static char *report_with(const char *script, unsigned timeout_ms)
{
        struct report_options options = { .plots = true,
                                          .workloads = made_workloads,
                                          .gnuplot_timeout_ms = timeout_ms };
        const char *path = getenv("PATH");
        char *dir = made_folder(), *bin = made_folder(), *before = strdup(path ? path : "/usr/bin"),
             error[512];

        if (script)
                write_text(bin, "gnuplot", script, 0755);
        made_run_write(&small, dir);
        setenv("PATH", bin, 1);
        assert_int_equal(report_build_with(dir, &options, error, sizeof(error)), REPORT_OK);
        setenv("PATH", before, 1);
        free(before);
        made_folder_remove(bin);
        return dir;
}

static void assert_complete_without_plots(char *dir, const char *why)
{
        for (size_t i = 0; i < LENGTH(tables); i++)
                assert_true(exists(dir, tables[i]));
        assert_true(exists(dir, "plots/lock-1-ratio.gp"));
        assert_false(exists(dir, "plots/lock-1-ratio.svg"));
        assert_false(exists(dir, ".report.tmp"));
        assert_page(dir, why);
        made_folder_remove(dir);
}

static void without_gnuplot_the_rest_is_complete(void **state)
{
        (void)state;
        assert_complete_without_plots(report_with(NULL, 5000), "No plots: gnuplot is not installed");
}

static void with_a_failing_gnuplot_the_rest_is_complete(void **state)
{
        (void)state;
        assert_complete_without_plots(report_with("#!/bin/sh\necho 'no | terminal' >&2\nexit 3\n", 5000),
                                      "No plots: gnuplot failed with status 3: no \\| terminal");
}

static void with_a_gnuplot_that_draws_nothing_the_rest_is_complete(void **state)
{
        (void)state;
        assert_complete_without_plots(report_with("#!/bin/sh\nexit 0\n", 5000),
                                      "No plots: gnuplot left no plots/");
}

static void with_a_hanging_gnuplot_the_rest_is_complete(void **state)
{
        (void)state;
        assert_complete_without_plots(report_with("#!/bin/sh\nexec /bin/sleep 600\n", 200),
                                      "No plots: gnuplot did not end within 0.2 s and was killed");
}

/* ---- names that try to be more than names */

static struct made_sample hostile(const struct made_cell *cell)
{
        struct made_sample s = plain(cell);

        if (strcmp(cell->variant, "async") == 0 && cell->round == 2)
                s = (struct made_sample){ .status = "failed",
                                          .reason = "a|b `touch pwned` $(touch pwned) <b>&*x*" };
        return s;
}

static void assert_inert_script(const char *dir, const char *name)
{
        char *script = made_read(dir, name, NULL);

        assert_non_null(script);
        assert_null(strchr(script, '`'));
        assert_null(strchr(script, '$'));
        assert_null(strchr(script, '"'));
        assert_null(strchr(script, '|'));
        free(script);
}

/* Every table has as many cells in each line as in its head. */
static size_t count_bars(const char *line, size_t length)
{
        size_t n = 0;

        for (size_t i = 0; i < length; i++)
                n += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
        return n;
}

static void assert_tables_are_straight(const char *page)
{
        size_t head = 0;

        while (*page) {
                size_t length = strcspn(page, "\n"), bars = count_bars(page, length);

                if (*page == '|' && head && bars != head)
                        fail_msg("%zu bars, not %zu: %.*s", bars, head, (int)length, page);
                head = *page == '|' ? bars : 0;
                page += length + (page[length] == '\n');
        }
}

static void names_are_never_markup_nor_commands(void **state)
{
        struct made_run run = small;
        char *dir = made_folder(), *page;

        (void)state;
        run.sample = hostile;
        run.label = "box|one `touch pwned` $(touch pwned) 'x' \"y\" [z](http://w) <img>";
        run.absent_reason = "no|`touch pwned`\nno";
        made_run_write(&run, dir);
        must_build(dir, have_gnuplot());
        page = made_read(dir, "REPORT.md", NULL);
        assert_non_null(strstr(page, "on box\\|one \\`touch pwned\\` \\$(touch pwned)"));
        assert_non_null(strstr(page, "a\\|b \\`touch pwned\\` \\$(touch pwned) &lt;b&gt;&amp;\\*x\\*"));
        assert_null(strstr(page, "<img>"));
        assert_tables_are_straight(page);
        assert_inert_script(dir, "plots/lock-1-ratio.gp");
        assert_inert_script(dir, "plots/lock-1-wait_ns.gp");
        assert_false(exists(dir, "pwned") || exists(dir, "plots/pwned") || exists(".", "pwned"));
        free(page);
        made_folder_remove(dir);
}

/* ---- bad records */

/* Change the byte of NAME at which PART begins. */
static void damage(const char *dir, const char *name, const char *part)
{
        size_t n;
        char *text = made_read(dir, name, &n), *at = strstr(text, part), path[4096];
        FILE *f;

        assert_non_null(at);
        *at ^= 1;
        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "w");
        assert_true(f && fwrite(text, 1, n, f) == n && fclose(f) == 0);
        free(text);
}

static void assert_refused(char *dir, int code, const char *word)
{
        char error[512];

        write_text(dir, "REPORT.md", "as before", 0644);
        assert_int_equal(build(dir, false, error, sizeof(error)), code);
        if (!strstr(error, word) || strchr(error, '\n'))
                fail_msg("'%s' is not in, or not one line: %s", word, error);
        assert_page(dir, "as before");
        assert_false(exists(dir, "summary.csv"));
        made_folder_remove(dir);
}

static char *made(void)
{
        char *dir = made_folder();

        made_run_write(&small, dir);
        return dir;
}

static void a_corrupt_middle_line_is_refused_and_named(void **state)
{
        char *dir = made();

        (void)state;
        damage(dir, "journal.jsonl", "\"order\":2,");
        assert_refused(dir, REPORT_BAD_INPUT, "line 3");
}

static void a_schedule_of_another_run_is_refused(void **state)
{
        char *dir = made();

        (void)state;
        damage(dir, "schedule.csv", "7,1,");
        assert_refused(dir, REPORT_BAD_INPUT, "schedule.csv is not the one of this journal");
}

static void an_environment_of_another_run_is_refused(void **state)
{
        char *dir = made();

        (void)state;
        damage(dir, "environment.json", "made-up CPU");
        assert_refused(dir, REPORT_BAD_INPUT, "environment.json is not the one of this journal");
}

static void an_unknown_variant_is_refused_and_named(void **state)
{
        char *dir = made();

        (void)state;
        damage(dir, "schedule.csv", "async,");
        assert_refused(dir, REPORT_BAD_INPUT, "variant '`sync' is unknown; lock has sync, async,");
}

static void a_missing_journal_is_refused(void **state)
{
        char *dir = made(), path[4096];

        (void)state;
        snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
        unlink(path);
        assert_refused(dir, REPORT_BAD_INPUT, "journal.jsonl");
}

static void a_folder_that_is_no_run_is_refused(void **state)
{
        (void)state;
        assert_refused(made_folder(), REPORT_BAD_INPUT, "environment.json");
}

static void a_folder_that_cannot_be_written_is_said_so(void **state)
{
        char *dir = made();

        (void)state;
        write_text(dir, ".report.tmp", "a file where the folder should be", 0644);
        assert_refused(dir, REPORT_CANNOT_WRITE, "cannot be written");
}

static void a_torn_last_line_is_dropped_with_a_notice(void **state)
{
        char *dir = made(), path[4096];
        size_t n;
        char *text = made_read(dir, "journal.jsonl", &n);

        (void)state;
        free(text);
        snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
        assert_int_equal(truncate(path, (off_t)n - 20), 0);
        must_build(dir, false);
        assert_page(dir, "**Torn last line.**");
        assert_page(dir, "**PARTIAL.**");
        made_folder_remove(dir);
}

/* ---- size */

static struct made_sample many_numbers(const struct made_cell *cell)
{
        return (struct made_sample){ .value = 100.0 / 3 + cell->round, .metrics = 9 };
}

/* A sanitizer's own memory says nothing. */
#define MEMORY_IS_MEASURED (sizeof(AB_SANITIZE) == 1)

/* 100,000 samples of ten numbers each: in a process of its own, whose peak is then known. */
static void a_run_of_100000_samples_needs_little_memory(void **state)
{
        enum { MOST_KIB = 32 * 1024 };
        struct made_run run = { .rows = rows, .rounds = 5554, .sample = many_numbers };
        char *dir = made_folder();
        struct rusage usage = { 0 };
        int status = -1;
        pid_t pid;

        (void)state;
        pid = fork();
        if (pid == 0) {
                made_run_write(&run, dir);
                _exit(0);
        }
        assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
        pid = fork();
        if (pid == 0) {
                char error[512];

                _exit(build(dir, false, error, sizeof(error)));
        }
        assert_true(pid > 0 && wait4(pid, &status, 0, &usage) == pid);
        assert_int_equal(status, 0);
        assert_page(dir, "100000/100000 samples as planned");
        if (MEMORY_IS_MEASURED && usage.ru_maxrss > MOST_KIB)
                fail_msg("%ld KiB", usage.ru_maxrss);
        made_folder_remove(dir);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_run_of_100000_samples_needs_little_memory),
                cmocka_unit_test(the_same_record_gives_the_same_bytes),
                cmocka_unit_test(a_decimal_comma_changes_nothing),
                cmocka_unit_test(without_gnuplot_the_rest_is_complete),
                cmocka_unit_test(with_a_failing_gnuplot_the_rest_is_complete),
                cmocka_unit_test(with_a_gnuplot_that_draws_nothing_the_rest_is_complete),
                cmocka_unit_test(with_a_hanging_gnuplot_the_rest_is_complete),
                cmocka_unit_test(names_are_never_markup_nor_commands),
                cmocka_unit_test(a_corrupt_middle_line_is_refused_and_named),
                cmocka_unit_test(a_schedule_of_another_run_is_refused),
                cmocka_unit_test(an_environment_of_another_run_is_refused),
                cmocka_unit_test(an_unknown_variant_is_refused_and_named),
                cmocka_unit_test(a_missing_journal_is_refused),
                cmocka_unit_test(a_folder_that_is_no_run_is_refused),
                cmocka_unit_test(a_folder_that_cannot_be_written_is_said_so),
                cmocka_unit_test(a_torn_last_line_is_dropped_with_a_notice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
