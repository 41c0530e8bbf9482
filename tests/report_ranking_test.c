/* SPDX-License-Identifier: MIT */
/* What a report says where rows are set against each other: ranks, what limited whom, threads against loops, rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/report/report.h"
#include "reported.h"

static const char *const rows[] = { "epoll", "threads", "libuv", "libev", NULL };

#define SET(connections, rate) "connections=" connections ";rate_per_s=" rate
static const char *const headline_set[] = { SET("50", "20000"), NULL };
static const char *const connections_sets[] = { SET("50", "20000"), SET("10", "20000"), SET("200", "20000"),
                                                SET("1000", "20000"), NULL };
static const char *const rate_sets[] = { SET("50", "20000"), SET("50", "40000"), SET("50", "60000"), NULL };

/* All rows answer 100,000 requests a second, but threads 80,000 and libuv 120,000. */
static struct made_sample some_differ(const struct made_cell *cell)
{
        double rate = is(cell->runtime, "threads") ? 80000 : is(cell->runtime, "libuv") ? 120000 : 100000;

        return (struct made_sample){ .value = noisy(rate, cell, 0.002),
                                     .limit = "shared-core",
                                     .numbers = { { "cpu_per_request_ns", 5000 },
                                                  { "service_p99_ns", 700000 } } };
}

static struct made_run run_of(const char *const *sets, unsigned rounds, const char *profile,
                              struct made_sample (*sample)(const struct made_cell *cell))
{
        return (struct made_run){ .rows = rows,
                                  .rounds = rounds,
                                  .profile = profile,
                                  .echo = sets,
                                  .curve = true,
                                  .sample = sample };
}

static struct reported report_of(const char *const *sets, unsigned rounds, const char *profile,
                                 struct made_sample (*sample)(const struct made_cell *cell))
{
        struct made_run run = run_of(sets, rounds, profile, sample);

        return report(&run);
}

static size_t place_of(const char *text, const char *part)
{
        const char *at = strstr(text, part);

        if (!at)
                fail_msg("'%s' is not in:\n%s", part, text);
        return at ? (size_t)(at - text) : 0;
}

/* ---- ranks */

/* One comparison fits into seven rounds: the pair that was named before. */
static void quick_judges_the_named_pair_alone(void **state)
{
        struct reported r = report_of(headline_set, 7, "quick", some_differ);

        (void)state;
        assert_has(r.page, "Each row against `epoll`, the reference row");
        assert_has(r.page, "1 comparison of rows in this run has a mark, each interval at 95.00 %");
        assert_line(r.page, "| 2 | threads 1.2", "`<` slower");
        assert_line(r.page, "| | libuv 1.2", "| 1.198x [1.197, 1.201]");
        assert_line(r.page, "| | libuv 1.2", "] |  |  | shared-core |");
        assert_line(r.page, "| 1 | epoll 1.2", "| reference |");
        reported_free(&r);
}

static void standard_ranks_all_rows(void **state)
{
        struct reported r = report_of(headline_set, 14, "standard", some_differ);

        (void)state;
        assert_has(r.page, "3 comparisons of rows in this run have a mark");
        assert_line(r.page, "| 1 | libuv 1.2", "`>` faster");
        assert_line(r.page, "| 2 | epoll 1.2", "| reference |");
        assert_line(r.page, "| 2 | libev 1.2", "`=`");
        assert_line(r.page, "| 4 | threads 1.2", "`<` slower");
        assert_true(place_of(r.page, "| 1 | libuv") < place_of(r.page, "| 2 | epoll"));
        assert_true(place_of(r.page, "| 2 | epoll") < place_of(r.page, "| 2 | libev"));
        assert_true(place_of(r.page, "| 2 | libev") < place_of(r.page, "| 4 | threads"));
        reported_free(&r);
}

static void summary_names_the_reference_row(void **state)
{
        struct reported r = report_of(headline_set, 7, "quick", some_differ);

        (void)state;
        assert_line(r.summary, "echo,connections=50;rate_per_s=20000,requests_per_s,1/s,threads,closed,",
                    ",closed,epoll,closed,7,");
        assert_line(r.summary, "echo,connections=50;rate_per_s=20000,requests_per_s,1/s,threads,closed,",
                    ",slower,");
        assert_line(r.summary,
                    "echo,connections=50;rate_per_s=20000,requests_per_s,1/s,libuv,closed,epoll,closed,7,",
                    ",,");
        assert_line(r.summary, "echo,connections=50;rate_per_s=20000,requests_per_s,1/s,epoll,closed,",
                    ",closed,,,7,");
        assert_has(r.summary, "requests_per_s,1/s,threads,open,threads,closed-apart,");
        assert_has(r.summary, "requests_per_s,1/s,threads,open,epoll,open,");
        reported_free(&r);
}

/* The rows of a workload that ranks are no columns of the table of mistakes, and none is a mistake. */
static void rows_are_no_mistakes(void **state)
{
        struct reported r = report_of(headline_set, 7, "quick", some_differ);

        (void)state;
        assert_has(r.page, "this run has no workload with a mistake");
        assert_has_not(r.page, "Dearest here: `echo`");
        reported_free(&r);
}

static struct made_sample libuv_by_client(const struct made_cell *cell)
{
        struct made_sample s = some_differ(cell);

        if (is(cell->runtime, "libuv"))
                s.limit = cell->round > 5 ? "server" : "client";
        return s;
}

static void what_the_client_limits_has_no_rank(void **state)
{
        struct reported r = report_of(headline_set, 9, "standard", libuv_by_client);

        (void)state;
        assert_line(r.page, "| none | libuv 1.2", "**client (5/9)**");
        assert_line(r.summary, "echo,connections=50;rate_per_s=20000,requests_per_s,1/s,libuv,closed,",
                    ",,quiet");
        assert_line(r.page, "| 3 | threads 1.2", "shared-core");
        assert_has_not(r.page, "- `limit`:"); /* no setting, though rows differ in it */
        reported_free(&r);
}

static struct made_sample reference_by_client(const struct made_cell *cell)
{
        struct made_sample s = some_differ(cell);

        if (strncmp(cell->runtime, "epoll", 5) == 0)
                s.limit = "client";
        return s;
}

static void nothing_is_judged_against_what_the_client_limits(void **state)
{
        struct reported r = report_of(headline_set, 14, "standard", reference_by_client);

        (void)state;
        assert_has_not(r.page, "`<` slower");
        assert_has_not(r.page, "`>` faster");
        reported_free(&r);
}

static void efforts_are_ranked_apart(void **state)
{
        struct made_run run = run_of(headline_set, 14, "standard", some_differ);
        struct reported r;

        (void)state;
        run.tuned = "libuv";
        r = report(&run);
        assert_has(r.page, "2 comparisons of rows in this run have a mark");
        assert_has(r.page, "Rows of the effort `tuned`");
        assert_line(r.page, "| | libuv 1.2", "| 1.199x [1.1");
        assert_line(r.page, "| 1 | epoll 1.2", "reference");
        assert_has(r.page, "| 50 | `epoll` | behind |"); /* nor is it the best loop */
        reported_free(&r);
}

static struct made_sample with_a_far_tail(const struct made_cell *cell)
{
        struct made_sample s = some_differ(cell);

        s.numbers[2] = (struct made_number){ "service_p99_9_ns", 900000 };
        return s;
}

/* Of 10,000 values ten lie above it. */
static void a_quantile_of_two_parts_is_found_in_its_histogram(void **state)
{
        struct reported r = report_of(headline_set, 3, "standard", with_a_far_tail);

        (void)state;
        assert_has(r.page, "| epoll | closed | 900000 † |");
        reported_free(&r);
}

/* ---- threads against the loops */

/* Threads are level up to 50 connections, lose a tenth at 200 and half at 1000, where libev is best. */
static struct made_sample threads_fall_behind(const struct made_cell *cell)
{
        unsigned connections = (unsigned)atoi(cell->params + strlen("connections="));
        double rate = 100000;

        if (is(cell->runtime, "threads"))
                rate *= connections > 200 ? 0.5 : connections > 50 ? 0.9 : 1;
        if (is(cell->runtime, "libev") && connections > 200)
                rate *= 1.1;
        return (struct made_sample){
                .value = noisy(rate, cell, 0.002),
                .limit = "shared-core",
                .numbers = { { "cpu_per_request_ns", is(cell->runtime, "threads") ? 10000 : 5000 },
                             { "service_p99_ns", is(cell->runtime, "threads") ? 2.1e6 : 700000 } }
        };
}

static void the_first_section_says_how_far_threads_are_level(void **state)
{
        struct reported r = report_of(connections_sets, 9, "standard", threads_fall_behind);

        (void)state;
        assert_has(r.page, "(`threads`) holds level with the best loop up to 50 connections: ");
        assert_has(r.page, ". At 200 connections it is behind: 0.9");
        assert_has(r.page, ". At 1,000 connections, the most measured, it is behind: 0.45");
        assert_has(r.page, "the rate of `libev`");
        assert_has(r.page, "3x [3, 3] its service p99 and 2x [2, 2] its processor time per request");
        assert_line(r.page, "| 1,000 | `libev` | behind | 0.45", "(2.1 ms)");
        assert_line(r.page, "| 10 | ", "| level |");
        assert_has(r.page, "memory was not measured in this run: that is `c10k`");
        reported_free(&r);
}

static struct made_sample all_alike(const struct made_cell *cell)
{
        return (struct made_sample){ .value = noisy(100000, cell, 0.002), .limit = "shared-core" };
}

static void threads_may_be_level_everywhere(void **state)
{
        struct reported r = report_of(connections_sets, 3, "quick", all_alike);

        (void)state;
        assert_has(r.page, "up to 1,000 connections, the most measured: ");
        assert_line(r.page, "| 1,000 | ", "| level | 1.00x (");
        assert_has_not(r.page, "it is behind");
        reported_free(&r);
}

static struct made_sample threads_by_client(const struct made_cell *cell)
{
        struct made_sample s = all_alike(cell);

        if (is(cell->runtime, "threads"))
                s.limit = "client";
        return s;
}

static void what_the_client_limits_is_not_level(void **state)
{
        struct reported r = report_of(headline_set, 7, "quick", threads_by_client);

        (void)state;
        assert_has(
                r.page,
                "at 50 connections, the fewest measured, it is not known, because the client was the limit");
        assert_line(r.page, "| 50 | ", "| client-bound |");
        reported_free(&r);
}

static void without_the_workload_the_section_says_so(void **state)
{
        static const char *const loops[] = { "epoll", "libuv", NULL };
        struct made_run run = run_of(headline_set, 7, "quick", all_alike);
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 7, .sample = all_equal });

        (void)state;
        assert_has(r.page, "Not answered here: this run has no `echo` and no `c10k`");
        reported_free(&r);
        run.rows = loops;
        r = report(&run);
        assert_has(r.page, "of `echo` this run has no number of both");
        reported_free(&r);
}

/* ---- rates */

/* Tails of 1, 2 and 20 ms at the three rates on epoll; libuv is saturated at the second; threads is late from the start;
 * libev never. */
static struct made_sample tails_at_rates(const struct made_cell *cell)
{
        unsigned rate = (unsigned)atoi(strstr(cell->params, "rate_per_s=") + strlen("rate_per_s="));
        double tail = rate == 20000 ? 0.9e6 : rate == 40000 ? 2e6 : 20e6;
        struct made_sample s = { .value = rate, .limit = "rate" };

        if (is(cell->runtime, "threads"))
                tail = 30e6;
        if (is(cell->runtime, "libev"))
                tail = 0.5e6;
        if (is(cell->runtime, "libuv") && rate >= 40000) {
                tail = 0.6e6;
                s.limit = "saturated";
        }
        s.numbers[0] = (struct made_number){ "cpu_per_request_ns", 5000 };
        s.numbers[1] = (struct made_number){ "response_p99_ns", tail };
        return s;
}

static void rates_are_bracketed(void **state)
{
        struct reported r = report_of(rate_sets, 3, "standard", tails_at_rates);

        (void)state;
        assert_has(r.page, "| epoll | between 20,000 and 40,000 /s | 200,000 | between 40,000 and 60,000 /s "
                           "| 200,000 |");
        assert_has(r.page,
                   "| libuv | between 20,000 and 40,000 /s | 200,000 | between 20,000 and 40,000 /s |");
        assert_has(r.page, "| threads | below the lowest measured, 20,000 /s | - |");
        assert_has(r.page, "| libev | above the highest measured, 60,000 /s | 200,000 |");
        reported_free(&r);
}

static void a_saturated_rate_is_marked(void **state)
{
        struct reported r = report_of(rate_sets, 3, "standard", tails_at_rates);

        (void)state;
        assert_has(r.page, "| libuv | open | 900000 | ‡ 600000 | ‡ 600000 |");
        assert_has(r.page, "| epoll | open | 900000 | 2000000 | 20000000 |");
        assert_has(r.page, "‡ saturated");
        reported_free(&r);
}

/* ---- plots */

/* The script NAME of a run over SETS, for the caller to free. */
static char *script_of(const char *const *sets, struct made_sample (*sample)(const struct made_cell *cell),
                       const char *name)
{
        struct report_options options = { .workloads = made_echo, .plots = true };
        struct made_run run = run_of(sets, 3, "standard", sample);
        char *dir = made_folder(), *script, error[512];

        made_run_write(&run, dir);
        if (report_build_with(dir, &options, error, sizeof(error)) != REPORT_OK)
                fail_msg("%s", error);
        script = made_read(dir, name, NULL);
        assert_non_null(script);
        made_folder_remove(dir);
        return script;
}

static void threads_are_drawn_against_the_band_of_loops(void **state)
{
        char *script = script_of(connections_sets, threads_fall_behind, "plots/echo-connections.gp");

        (void)state;
        assert_has(script, "title 'all loops'");
        assert_has(script, "title 'threads'");
        assert_has(script, "'1 ms'");
        free(script);
}

static void a_saturated_point_is_ringed(void **state)
{
        char *script = script_of(rate_sets, tails_at_rates, "plots/echo-curve-4.gp");

        (void)state;
        assert_has(script, "ringed: saturated");
        free(script);
        script = script_of(connections_sets, threads_fall_behind, "plots/echo-curve-1.gp");
        assert_has_not(script, "saturated");
        free(script);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(quick_judges_the_named_pair_alone),
                cmocka_unit_test(standard_ranks_all_rows),
                cmocka_unit_test(summary_names_the_reference_row),
                cmocka_unit_test(rows_are_no_mistakes),
                cmocka_unit_test(what_the_client_limits_has_no_rank),
                cmocka_unit_test(nothing_is_judged_against_what_the_client_limits),
                cmocka_unit_test(efforts_are_ranked_apart),
                cmocka_unit_test(the_first_section_says_how_far_threads_are_level),
                cmocka_unit_test(threads_may_be_level_everywhere),
                cmocka_unit_test(what_the_client_limits_is_not_level),
                cmocka_unit_test(without_the_workload_the_section_says_so),
                cmocka_unit_test(rates_are_bracketed),
                cmocka_unit_test(a_saturated_rate_is_marked),
                cmocka_unit_test(threads_are_drawn_against_the_band_of_loops),
                cmocka_unit_test(a_saturated_point_is_ringed),
                cmocka_unit_test(a_quantile_of_two_parts_is_found_in_its_histogram),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
