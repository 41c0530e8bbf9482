/* SPDX-License-Identifier: MIT */
/* Which samples a report counts, and that it names all others with their reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reported.h"

/* ---- what came of the samples */

/* The machine gets slower from round to round: only what is paired by round gives one half. */
static struct made_sample slower_each_round(const struct made_cell *cell)
{
        return (struct made_sample){ .value = cell->round * (is(cell->variant, "bare") ? 50.0 : 100.0) };
}

static struct made_sample first_attempt_lies(const struct made_cell *cell)
{
        struct made_sample s = dear_on_epoll(cell);

        /* What the first attempt says differs from the second in every number. */
        if (cell->round == 1 && cell->group == 1 && cell->attempt == 1)
                s.value = is(cell->variant, "sync") ? 1e6 : 1;
        return s;
}

static struct made_sample fails_sometimes(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        if (is(cell->variant, "async") && is(cell->runtime, "libuv") && cell->round == 4)
                s = (struct made_sample){ .value = 1e9,
                                          .status = "failed",
                                          .reason = "check: counter: 5 = 4" };
        if (is(cell->variant, "async") && is(cell->runtime, "threads") && cell->round <= 2)
                s = (struct made_sample){ .status = "timeout", .reason = "window", .outcome = "" };
        return s;
}

static struct made_sample few_waits(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        s.waits = is(cell->runtime, "epoll") ? 999 : is(cell->runtime, "libuv") ? 9999 : 20000;
        return s;
}

static struct made_sample backends_differ(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        s.knob = is(cell->runtime, "libuv") ? "io_uring" : "epoll";
        return s;
}

/* ---- tests */

static void ratios_are_formed_inside_one_round(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 7, .sample = slower_each_round });

        (void)state;
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,bare,epoll,sync,1,100,0.5", ",,,,");
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async,epoll,sync,7,400,1,", "");
        reported_free(&r);
}

static void planned_and_absent_cells_are_all_cells(void **state)
{
        struct made_run run = { .rows = reported_rows,
                                .rounds = 2,
                                .absent_reason = "a thread, \"alone\", never waits",
                                .sample = all_equal };
        struct reported r = report(&run);

        (void)state;
        /* 5 variants of lock and 2 of rate on 4 rows, of which one is absent. */
        assert_has(r.page, "27 cells planned + 1 absent + 0 not selected = 28,");
        assert_line(r.page, "| lock | held | all | threads |", "a thread, \"alone\", never waits");
        assert_line(r.page, "| lock: held", "| - | exact |");
        reported_free(&r);
}

static void superseded_attempts_count_nowhere(void **state)
{
        struct reported once =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 7, .sample = dear_on_epoll });
        struct made_run run = { .rows = reported_rows, .rounds = 7, .sample = first_attempt_lies };

        (void)state;
        for (run.again = 1; run.again <= 2; run.again++) {
                struct reported twice = report(&run);

                assert_string_equal(once.summary, twice.summary);
                assert_string_equal(once.samples, twice.samples);
                assert_has(twice.page, "17 samples were superseded");
                reported_free(&twice);
        }
        assert_has_not(once.page, "were superseded");
        reported_free(&once);
}

static void a_cut_run_is_stamped_and_lists_what_is_missing(void **state)
{
        struct made_run run = {
                .rows = reported_rows, .rounds = 7, .end = "", .stop_after = 40, .sample = dear_on_epoll
        };
        struct reported r = report(&run);
        size_t lines = count_of(r.samples, "\n") - 1;

        (void)state;
        /* 8 + 1 of lock and 8 + 1 of rate a round, 8 outcomes in the first three, 4 baselines in one; each that ran
         * has its value and its count. */
        assert_int_equal(lines, 154 + 40);
        assert_has(r.page, "**PARTIAL.** 40 of 154 planned samples are there (interrupted).");
        assert_int_equal(count_of(r.samples, ",not_run,interrupted,,,\n"), 154 - 40);
        reported_free(&r);
}

static void a_cut_second_attempt_leaves_nothing_of_the_first(void **state)
{
        struct made_run run = { .rows = reported_rows,
                                .rounds = 7,
                                .end = "",
                                .again = 1,
                                .stop_after = 17 + 5,
                                .sample = first_attempt_lies };
        struct reported r = report(&run);

        (void)state;
        assert_has(r.page, "**PARTIAL.** 5 of 154 planned samples are there");
        assert_has(r.page, "17 samples were superseded");
        assert_has_not(r.samples, ",lock_ns,ns,1000000\n");
        reported_free(&r);
}

static void an_unfit_group_gives_no_ratio(void **state)
{
        struct made_run run = {
                .rows = reported_rows, .rounds = 7, .unfit = "steal 0.8 %", .sample = dear_on_epoll
        };
        struct reported r = report(&run);

        (void)state;
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async", ",epoll,sync,6,");
        assert_line(r.samples, "made-up,1,1,lock", ",invalid,steal 0.8 %,");
        assert_has(r.page, "| invalid | steal 0.8 % | 1 |");
        reported_free(&r);
}

static void only_rounds_in_which_both_ended_ok_are_compared(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = fails_sometimes });

        (void)state;
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,libuv,async,libuv,sync,12,", ",equivalent,");
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,threads,async,threads,sync,11,",
                    ",equivalent,");
        assert_line(r.page, "| lock | async | libuv | burst=1;tasks=1 | failed |",
                    "check: counter: 5 = 4 | 1 |");
        assert_line(r.page, "| lock | async | threads | burst=1;tasks=1 | timeout |", "window | 2 |");
        reported_free(&r);
}

static void only_the_first_parameter_set_is_judged(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 13, .sets = 3, .sample = dear_on_epoll };
        struct reported r = report(&run);

        (void)state;
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async", ",slower,");
        assert_line(r.summary, "lock,burst=2;tasks=1,lock_ns,ns,epoll,async,epoll,sync,13,", ",3");
        assert_int_equal(count_of(r.summary, ",slower,"), 1);
        assert_has(r.page, "8 comparisons");
        reported_free(&r);
}

static void a_tail_needs_values_above_it(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 3, .sample = few_waits });
        char *histograms = made_read(r.dir, "histograms.csv", NULL);

        (void)state;
        assert_line(r.page, "| epoll | sync |", "| too few |");
        assert_line(r.page, "| libuv | sync |", " † |");
        assert_line(r.page, "| threads | sync |", "| 19800000 |");
        assert_line(histograms, "run,round,order", ",metric,low,high,count");
        /* The first bucket of the first sample holds 1000 ns: half of it is below, by at most 1/128. */
        assert_line(histograms, "made-up,1,1,wait_ns,1000,1003,1", "");
        free(histograms);
        reported_free(&r);
}

static void settings_that_differ_are_named_with_their_rows(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 2, .sample = backends_differ });
        struct reported same =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 2, .sample = all_equal });

        (void)state;
        assert_line(r.page, "- `backend`:", "epoll (null, epoll, threads); io_uring (libuv)");
        assert_has(same.page, "No sample recorded a setting that differs");
        reported_free(&r);
        reported_free(&same);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ratios_are_formed_inside_one_round),
                cmocka_unit_test(planned_and_absent_cells_are_all_cells),
                cmocka_unit_test(superseded_attempts_count_nowhere),
                cmocka_unit_test(a_cut_run_is_stamped_and_lists_what_is_missing),
                cmocka_unit_test(a_cut_second_attempt_leaves_nothing_of_the_first),
                cmocka_unit_test(an_unfit_group_gives_no_ratio),
                cmocka_unit_test(only_rounds_in_which_both_ended_ok_are_compared),
                cmocka_unit_test(only_the_first_parameter_set_is_judged),
                cmocka_unit_test(a_tail_needs_values_above_it),
                cmocka_unit_test(settings_that_differ_are_named_with_their_rows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
