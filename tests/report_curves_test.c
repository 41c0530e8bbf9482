/* SPDX-License-Identifier: MIT */
/* What a report says beside its verdicts: what fixes cost, and how metrics move with a parameter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reported.h"

/* ---- prices */

static struct made_sample ends_on_threads_alone(const struct made_cell *cell)
{
        struct made_sample s = all_equal(cell);

        if (is(cell->variant, "held") && !is(cell->runtime, "threads"))
                s = (struct made_sample){ .status = "deadlock",
                                          .outcome = "deadlock",
                                          .evidence = "it hangs" };
        return s;
}

static void what_a_fix_costs_is_told_for_mistakes_that_name_a_price(void **state)
{
        struct reported r = report(
                &(struct made_run){ .rows = reported_rows, .rounds = 13, .sample = ends_on_threads_alone });

        (void)state;
        assert_has(r.page, "| mistake → fix | metric | epoll | libuv | threads |");
        assert_line(r.page, "| lock: held → held-right | lock_ns (ns) | (", ") | 1.0x |");
        assert_has_not(r.page, "| lock: async → sync | lock_ns (ns) |");
        reported_free(&r);
}

/* ---- curves */

/* What `rate` comes to as its bursts grow: steady as arithmetic says, or twice that on libuv; jerky by the square; and
 * libuv hangs once at the largest. */
static struct made_sample rises_with_burst(const struct made_cell *cell)
{
        double burst = cell->group - 3.0, hundred = noisy(100, cell, 0.001);
        struct made_sample s = all_equal(cell);

        if (is(cell->workload, "lock"))
                return s;
        s.value = is(cell->variant, "jerky") ? 100 * burst * burst : hundred * burst;
        if (is(cell->runtime, "libuv") && is(cell->variant, "steady"))
                s.value *= 2;
        if (is(cell->runtime, "libuv") && is(cell->variant, "jerky") && cell->group == 6 && cell->round == 3)
                s = (struct made_sample){ .status = "deadlock",
                                          .outcome = "deadlock",
                                          .evidence = "it hangs" };
        return s;
}

static const struct made_run on_a_curve = {
        .rows = reported_rows, .rounds = 4, .sets = 3, .curve = true, .sample = rises_with_burst
};

static void a_curve_is_told_with_its_slope(void **state)
{
        struct reported r = report(&on_a_curve);

        (void)state;
        assert_has(r.page, "#### per_s against burst");
        assert_has(r.page, "| row | program | burst=1 | burst=2 | burst=3 | slope against arithmetic |");
        assert_has(r.page, "| *arithmetic* | steady | 100 | 200 | 300 | 1 |");
        assert_line(r.page, "| epoll | steady | 1", "as it must |");
        assert_line(r.page, "| libuv | steady | 2", "**not as it must** |");
        assert_line(r.page, "| libuv | steady | 2", "| 2.0");
        reported_free(&r);
}

/* The square has the exponent 2, from the rounds that have all points. */
static void without_arithmetic_the_exponent_is_told(void **state)
{
        struct reported r = report(&on_a_curve);

        (void)state;
        assert_has(r.page, "| row | program | burst=1 | burst=2 | burst=3 | exponent |");
        assert_line(r.page, "| epoll | jerky | 1", "| 2.0");
        assert_line(r.page, "| libuv | jerky | 1", "| 2.0");
        reported_free(&r);
}

static void outcomes_are_a_share(void **state)
{
        struct reported r = report(&on_a_curve);

        (void)state;
        assert_has(r.page, "#### share that hangs against burst");
        assert_has(r.page, "| libuv | jerky | 0 | 0 | 0.25 |");
        assert_has(r.page, "| epoll | jerky | 0 | 0 | 0 |");
        reported_free(&r);
}

static void a_point_of_a_curve_has_no_section_of_its_own(void **state)
{
        struct made_run compared = on_a_curve;
        struct reported r = report(&on_a_curve), full;

        (void)state;
        compared.curve = false;
        full = report(&compared);
        assert_int_equal(count_of(r.page, "#### `burst=2;tasks=1`"),
                         1); /* that of `lock`, which has no curve */
        assert_int_equal(count_of(full.page, "#### `burst=2;tasks=1`"), 2);
        assert_has(full.page, "#### per_s against burst");
        reported_free(&r);
        reported_free(&full);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_fix_costs_is_told_for_mistakes_that_name_a_price),
                cmocka_unit_test(a_curve_is_told_with_its_slope),
                cmocka_unit_test(without_arithmetic_the_exponent_is_told),
                cmocka_unit_test(outcomes_are_a_share),
                cmocka_unit_test(a_point_of_a_curve_has_no_section_of_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
