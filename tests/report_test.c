/* SPDX-License-Identifier: MIT */
/* What a report says of made-up runs: every verdict and every sentence must follow the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reported.h"

/* ---- what came of the samples */

static struct made_sample dear_on_libuv(const struct made_cell *cell)
{
        return dear_on(cell, "libuv");
}

static struct made_sample dear_on_all(const struct made_cell *cell)
{
        return (struct made_sample){ .value = noisy(is(cell->variant, "async") ? 200 : 100, cell, 0.002) };
}

/* `async` costs more on epoll than on libuv: 3 against 2 times, or just above and just below what matters. */
static struct made_sample dearer_on_epoll(const struct made_cell *cell)
{
        double factor = is(cell->runtime, "epoll") ? 3 : 2;

        return (struct made_sample){ .value = noisy(is(cell->variant, "async") ? 100 * factor : 100, cell,
                                                    0.002) };
}

static struct made_sample a_little_dearer_on_epoll(const struct made_cell *cell)
{
        double factor = is(cell->runtime, "epoll") ? 1.036 : 1.02;

        return (struct made_sample){ .value = noisy(is(cell->variant, "async") ? 100 * factor : 100, cell,
                                                    0.002) };
}

/* A quarter of the rate is dearer than three times the time. */
static struct made_sample slow_rate(const struct made_cell *cell)
{
        struct made_sample s = dear_on_epoll(cell);

        if (is(cell->variant, "jerky"))
                s.value /= 4;
        return s;
}

static struct made_sample hangs_on_loops(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        if (is(cell->variant, "held") && !is(cell->runtime, "threads"))
                s = (struct made_sample){ .status = "deadlock",
                                          .outcome = "deadlock",
                                          .evidence = "task 1 holds the lock and waits for a timer" };
        return s;
}

static struct made_sample hangs_once_on_libuv(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        if (is(cell->variant, "held") && is(cell->runtime, "libuv") && cell->round == 2)
                s = (struct made_sample){ .status = "stalled",
                                          .outcome = "stalled",
                                          .evidence = "nothing moved" };
        return s;
}

static struct made_sample shows_by_count(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        s.shown = is(cell->variant, "held") && is(cell->runtime, "epoll") ? 5 : 0;
        return s;
}

static struct made_sample differs_from_itself(const struct made_cell *cell)
{
        bool second = is(cell->runtime, "epoll-aa");

        return (struct made_sample){ .value = noisy(second ? 120 : 100, cell, 0.002) };
}

static struct made_sample shaky(const struct made_cell *cell)
{
        struct made_sample s = dear_on_epoll(cell);

        s.value = noisy(s.value, cell, 0.8);
        return s;
}

/* Round 0 is slow beyond belief, hangs and is shown, so that whoever takes it for a measurement is found out. */
static struct made_sample counted(const struct made_cell *cell)
{
        struct made_sample s = dear_on_epoll(cell);

        if (cell->round > 0)
                return s;
        s = (struct made_sample){ .value = 1e6, .shown = 9, .waits = 3, .calls = 3 };
        if (is(cell->runtime, "libuv"))
                s.enters = 0.0000125;
        return s;
}

static struct made_sample not_counted_on_threads(const struct made_cell *cell)
{
        struct made_sample s = counted(cell);

        if (cell->round == 0 && is(cell->runtime, "threads"))
                s = (struct made_sample){ .status = "skipped", .reason = "ptrace is refused here" };
        return s;
}

/* ---- tests */

static void two_rows_swapped_swap_the_sentences(void **state)
{
        struct reported a =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = dear_on_epoll });
        struct reported b =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = dear_on_libuv });

        (void)state;
        assert_line(a.page, "- Dearest here:", "`lock` `async` on epoll, 3.0");
        assert_line(b.page, "- Dearest here:", "`lock` `async` on libuv, 3.0");
        assert_line(a.page, "| lock: async", "they differ");
        assert_line(a.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async", ",slower,");
        assert_line(a.summary, "lock,burst=1;tasks=1,lock_ns,ns,libuv,async", ",equivalent,");
        assert_line(b.summary, "lock,burst=1;tasks=1,lock_ns,ns,libuv,async", ",slower,");
        assert_line(b.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async", ",equivalent,");
        reported_free(&a);
        reported_free(&b);
}

static void all_equal_gives_no_winner_and_equality_everywhere(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = all_equal });

        (void)state;
        assert_line(r.page, "| lock: async", "| = within ±3.0 % | = within ±3.0 % | this machine |");
        assert_line(r.page, "| rate: jerky", "| = within ±3.0 % | = within ±3.0 % | this machine |");
        assert_line(r.page, "- Dearest here:", "no mistake was shown to cost time");
        assert_line(r.page, "- Harmless here, at the parameters of the table:",
                    "`lock` `async`, `lock` `held`, `rate` `jerky`");
        assert_has_not(r.summary, "faster");
        assert_has_not(r.summary, "slower");
        assert_has_not(r.summary, "not_resolved");
        assert_int_equal(count_of(r.summary, ",equivalent,"), 8);
        reported_free(&r);
}

static void loops_that_agree_are_one_column(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = dear_on_all });

        (void)state;
        assert_has(r.page, "| mistake → fix | all loops | threads | kind |");
        assert_line(r.page, "| lock: async", "| 2.00");
        reported_free(&r);
}

static void loops_that_differ_in_ratio_or_verdict_are_not_one(void **state)
{
        struct reported a =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = dearer_on_epoll });
        struct reported b = report(&(struct made_run){
                .rows = reported_rows, .rounds = 13, .sample = a_little_dearer_on_epoll });

        (void)state;
        assert_line(a.page, "| lock: async", "| they differ | 3.0");
        assert_line(b.page, "| lock: async", "| they differ | 1.03");
        assert_line(b.page, "| lock: async", "| = within ±3.0 % |");
        reported_free(&a);
        reported_free(&b);
}

/* Equal at the first parameter set, three times as dear at the second. */
static struct made_sample dear_elsewhere(const struct made_cell *cell)
{
        bool dear = is(cell->variant, "async") && cell->group > 1;

        return (struct made_sample){ .value = noisy(dear ? 300 : 100, cell, 0.002) };
}

static void what_is_dear_at_another_parameter_set_is_told(void **state)
{
        struct reported r = report(&(struct made_run){
                .rows = reported_rows, .rounds = 13, .sets = 2, .sample = dear_elsewhere });

        (void)state;
        assert_line(r.page, "- Harmless here, at the parameters of the table:", "`lock` `async`");
        assert_line(r.page, "- At other parameters, without a verdict:", "costs 3.0x to 3.0x of `sync`.");
        assert_has_not(r.summary, ",slower,");
        reported_free(&r);
}

static void a_rate_that_falls_is_slower_and_dear(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = slow_rate });

        (void)state;
        assert_line(r.summary, "rate,burst=1;tasks=1,per_s,1/s,epoll,jerky", ",slower,");
        assert_line(r.page, "- Dearest here:", "`rate` `jerky` on ");
        assert_has(r.page, "`<` slower");
        reported_free(&r);
}

static void one_round_gives_no_verdict(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 1, .sample = dear_on_epoll });

        (void)state;
        assert_has(r.page, "**No verdicts:** one round supports none");
        assert_line(r.page, "- Dearest here:", "no mistake was shown");
        assert_line(r.page, "- Harmless here, at the parameters of the table:", "`lock` `held`.");
        assert_has_not(r.summary, ",slower,");
        assert_has_not(r.summary, ",equivalent,");
        assert_has_not(r.summary, ",not_resolved,");
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async,epoll,sync,1,", ",,,,");
        reported_free(&r);
}

static void smoke_and_sanitizers_give_no_verdict(void **state)
{
        struct made_run run = {
                .rows = reported_rows, .rounds = 13, .profile = "smoke", .sample = dear_on_epoll
        };
        struct reported a = report(&run), b;

        (void)state;
        run.profile = "quick";
        run.sanitize = "address";
        b = report(&run);
        assert_has(a.page, "**No verdicts:** the profile smoke");
        assert_has_not(a.summary, ",slower,");
        assert_has(b.page, "**No verdicts:** the programs were built with a sanitizer");
        assert_has_not(b.summary, ",slower,");
        reported_free(&a);
        reported_free(&b);
}

static void too_few_rounds_resolve_nothing_and_show_no_interval(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 5, .sample = dear_on_epoll });
        char *line = line_of(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async,epoll,sync,5,");

        (void)state;
        assert_has(line, ",,,not_resolved,");
        assert_line(r.page, "| lock: async", "| ? 3.0x |");
        free(line);
        reported_free(&r);
}

static void a_deadlock_stands_in_the_table(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = hangs_on_loops });

        (void)state;
        assert_line(r.page, "| lock: held", "| DEADLOCK | not shown | exact |");
        assert_line(r.page, "- Never returns: `lock` `held` on", "null, epoll, libuv.");
        assert_has(r.page, "task 1 holds the lock and waits for a timer");
        assert_line(r.summary, "lock,burst=1;tasks=1,outcome,share,epoll,held", ",,3,1,,,,shown,");
        assert_line(r.summary, "lock,burst=1;tasks=1,outcome,share,threads,held",
                    ",,3,0,,,,not_demonstrated,");
        reported_free(&r);
}

static void what_it_costs_to_write_is_counted(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = all_equal, .effort = true };
        struct reported r = report(&run);

        (void)state;
        assert_has(r.page, "## 7. What each row costs to write\n");
        assert_line(r.page, "| mistake → fix | C: lines |", "| awaits | allocations | `Arc` |");
        assert_has(r.page, "| lock: async → sync | 40 → 20 | - | 3 | - | - | 12 → - | - | - | - | 1 → - | - "
                           "| - | - |\n");
        assert_has_not(r.page, "| lock: held → held-right | -");
        assert_has(r.page, "| row | lines | functions | callbacks | awaits | `Arc` | `'static` | libraries | "
                           "crates |\n");
        assert_has(
                r.page,
                "| epoll | 200 | - | - | - | - | - | 0 | - |\n| tokio | - | - | - | - | - | - | - | 31 |\n");
        assert_has(r.page, "| lock/async | epoll | 2 | 0 |\n");
        reported_free(&r);

        run.caught = true;
        r = report(&run);
        assert_has(r.page, "## 7. What each row costs to write, and who catches each mistake\n");
        reported_free(&r);
}

static void who_catches_a_mistake_stands_beside_it(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = all_equal, .caught = true };
        struct reported r = report(&run);

        (void)state;
        assert_line(r.page, "| lock: async → sync |", "| this machine | Rust: compiler |");
        assert_line(r.page, "| lock: held → held-right |", "| exact | nothing |");
        assert_line(r.page, "| rate: jerky → steady |", "| this machine | |");
        assert_has(r.page, "## 7. Who catches each mistake\n");
        assert_has(
                r.page,
                "| in Rust | checker | compiler |\n|---|---|---|\n| lock: async | silent | **refused** |\n");
        assert_has(r.page,
                   "| in C | checker |\n|---|---|\n| lock: async | silent |\n| lock: held | silent |\n");
        reported_free(&r);

        run.caught = false;
        r = report(&run);
        assert_has_not(r.page, "caught by");
        assert_has_not(r.page, "## 7.");
        reported_free(&r);
}

static void a_share_is_given_as_one(void **state)
{
        struct reported r = report(
                &(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = hangs_once_on_libuv });

        (void)state;
        assert_line(r.page, "| lock: held", "| 1/3 STALLED |");
        reported_free(&r);
}

static void a_count_shows_a_mistake_that_completed(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 3, .sample = shows_by_count });

        (void)state;
        assert_line(r.page, "| lock: held", "| shown (5) |");
        assert_line(r.page, "| lock: held", "| not shown |");
        reported_free(&r);
}

static void a_row_that_differs_from_itself_takes_all_verdicts(void **state)
{
        struct reported r = report(
                &(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = differs_from_itself });

        (void)state;
        assert_has(r.page, "**No verdicts:** epoll measured against itself came out slower");
        assert_has_not(r.summary, ",equivalent,");
        assert_has_not(r.summary, ",slower,");
        reported_free(&r);
}

static void a_noisy_group_gives_no_verdict(void **state)
{
        struct reported r =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = shaky });

        (void)state;
        assert_has(r.page, "No verdicts: the noise here is ");
        assert_has_not(r.summary, ",slower,");
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,epoll,async", ",too_noisy");
        reported_free(&r);
}

/* Every line of PART is one of WHOLE, in whatever order. */
static void assert_has_lines(const char *whole, const char *part)
{
        for (; *part; part += strcspn(part, "\n"), part += *part == '\n') {
                char *line = strndup(part, strcspn(part, "\n"));

                assert_has(whole, line);
                free(line);
        }
}

static void counting_changes_no_median_ratio_or_n(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 13, .sample = counted };
        struct reported timed = report(&run), both;
        size_t counts;

        (void)state;
        run.counting = true;
        both = report(&run);
        counts = count_of(both.summary, "s_per_op,1/op,");
        assert_has_lines(both.summary, timed.summary);
        assert_int_equal(count_of(both.summary, "\n"), count_of(timed.summary, "\n") + counts);
        assert_int_equal(count_of(both.summary, ",syscalls_per_op,1/op,"), 4 * 5);
        assert_line(both.summary, "lock,burst=1;tasks=1,syscalls_per_op,1/op,epoll,async", ",,,1,3,,,,,");
        assert_has(both.samples, "made-up,0,");
        reported_free(&timed);
        reported_free(&both);
}

static void counts_stand_in_columns_of_their_own(void **state)
{
        struct reported r = report(&(struct made_run){
                .rows = reported_rows, .rounds = 13, .counting = true, .sample = counted });
        struct reported none =
                report(&(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = counted });

        (void)state;
        assert_line(r.page, "| row | program | n | median lock_ns", "| syscalls per op | enters per op |");
        assert_line(r.page, "| libuv 1.2 (2022) | sync | 13 |", "| 3.0 | under 0.001 |");
        assert_line(r.page, "| epoll 1.2 (2022) | async | 13 |", "| 3.0 | - |");
        assert_has_not(none.page, "| syscalls per op |");
        reported_free(&r);
        reported_free(&none);
}

static void what_could_not_be_counted_is_a_dash_with_its_reason(void **state)
{
        struct reported r = report(&(struct made_run){
                .rows = reported_rows, .rounds = 13, .counting = true, .sample = not_counted_on_threads });

        (void)state;
        assert_line(r.page, "| threads 1.2 | sync | 13 |", "| - | - |");
        assert_has(r.page, "No count (-): ptrace is refused here.");
        assert_line(r.page, "| lock | sync | threads |", "| skipped | ptrace is refused here | 1 |");
        assert_line(r.summary, "lock,burst=1;tasks=1,lock_ns,ns,threads,async", ",13,");
        reported_free(&r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(two_rows_swapped_swap_the_sentences),
                cmocka_unit_test(all_equal_gives_no_winner_and_equality_everywhere),
                cmocka_unit_test(loops_that_agree_are_one_column),
                cmocka_unit_test(loops_that_differ_in_ratio_or_verdict_are_not_one),
                cmocka_unit_test(what_is_dear_at_another_parameter_set_is_told),
                cmocka_unit_test(a_rate_that_falls_is_slower_and_dear),
                cmocka_unit_test(one_round_gives_no_verdict),
                cmocka_unit_test(smoke_and_sanitizers_give_no_verdict),
                cmocka_unit_test(too_few_rounds_resolve_nothing_and_show_no_interval),
                cmocka_unit_test(a_deadlock_stands_in_the_table),
                cmocka_unit_test(what_it_costs_to_write_is_counted),
                cmocka_unit_test(who_catches_a_mistake_stands_beside_it),
                cmocka_unit_test(a_share_is_given_as_one),
                cmocka_unit_test(a_count_shows_a_mistake_that_completed),
                cmocka_unit_test(a_row_that_differs_from_itself_takes_all_verdicts),
                cmocka_unit_test(a_noisy_group_gives_no_verdict),
                cmocka_unit_test(counting_changes_no_median_ratio_or_n),
                cmocka_unit_test(counts_stand_in_columns_of_their_own),
                cmocka_unit_test(what_could_not_be_counted_is_a_dash_with_its_reason),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
