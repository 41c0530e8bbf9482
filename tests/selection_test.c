/* SPDX-License-Identifier: MIT */
/* What a run consists of: which cells at which parameters in how many rounds, and why the others are not in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/sample.h"
#include "planned.h"

/* ---- members --------------------------------------------------------------------------------------- */

/* Is the outcome of M left to chance? */
static bool is_either(const struct group *g, const struct member *m)
{
        char error[1024];
        struct run *run =
                run_new(g->workload, m->variant, m->row->name, g->all_params, 0, error, sizeof(error));
        enum outcome expected;

        if (!run)
                fail_msg("%s", error);
        expected = g->workload->expect(run, m->row->traits);
        run_free(run);
        return expected == OUTCOME_EITHER;
}

/* An outcome that is left to chance is a share, and takes as many rounds as a time. */
static void rounds_are_those_of_profile_and_role(void **state)
{
        static const struct {
                struct request request;
                unsigned priced, aside, outcome;
        } cases[] = {
                { { .profile = PROFILE_SMOKE }, 1, 1, 1 },
                { { .profile = PROFILE_QUICK }, 13, 1, 3 },
                { { .profile = PROFILE_STANDARD }, 14, 14, 3 },
                { { .profile = PROFILE_PUBLISH }, 28, 28, 3 },
                { { .profile = PROFILE_QUICK, .rounds = 2 }, 2, 2, 2 },
                { { .profile = PROFILE_QUICK, .rounds = 20 }, 20, 20, 3 },
        };

        (void)state;
        for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
                struct planned p;

                make(&p, &cases[c].request);
                for (size_t g = 0; g < p.selection.count; g++)
                        for (size_t i = 0; i < p.selection.groups[g].count; i++) {
                                const struct member *m = &p.selection.groups[g].members[i];
                                const struct variant *v = m->variant;
                                bool aside = v->role == ROLE_BASELINE || v->role == ROLE_ALTERNATIVE;
                                bool outcome = v->rounds == ROUNDS_OUTCOME;
                                unsigned fewer = p.selection.groups[g].workload->quick_rounds;
                                bool cut = fewer && cases[c].request.profile == PROFILE_QUICK &&
                                           !cases[c].request.rounds;

                                if (p.selection.groups[g].curve)
                                        continue;
                                assert_int_equal(m->rounds, !outcome && aside ? cases[c].aside
                                                            : outcome && !is_either(&p.selection.groups[g], m)
                                                                    ? cases[c].outcome
                                                            : cut ? fewer
                                                                  : cases[c].priced);
                        }
                drop(&p);
        }
}

static void the_first_fix_of_each_group_runs_again_on_the_reference_row(void **state)
{
        struct request r = { .profile = PROFILE_QUICK };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_string_equal(p.selection.reference->name, "epoll");
        for (size_t g = 0; g < p.selection.count; g++) {
                const struct member *again = NULL, *first = NULL;
                char name[64];

                for (size_t i = 0; i < p.selection.groups[g].count; i++) {
                        const struct member *m = &p.selection.groups[g].members[i];

                        if (m->again) {
                                assert_null(again);
                                again = m;
                        } else if (!first && m->row == p.selection.reference &&
                                   m->variant->role == ROLE_FIX) {
                                first = m;
                        }
                }
                assert_true((!first || p.selection.groups[g].curve) == !again);
                if (!first || !again)
                        continue;
                assert_ptr_equal(again->variant, first->variant);
                assert_int_equal(again->rounds, first->rounds);
                assert_string_equal(plan_row_name(again, name, sizeof(name)), "epoll-aa");
        }
        drop(&p);
}

static void without_a_reference_row_the_first_after_null_is_it(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .runtimes = "libuv,null,threads" };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_string_equal(p.selection.reference->name, "threads");
        drop(&p);
}

static void a_variant_runs_once_for_what_it_ignores(void **state)
{
        struct request r = { .profile = PROFILE_QUICK,
                             .only = "mutex/sync-held-across-wait",
                             .runtimes = "epoll",
                             .set = { "tasks=1,2,4", "burst=64,1" },
                             .set_count = 2 };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_int_equal(p.selection.count, 1);
        assert_string_equal(p.selection.groups[0].params, "burst=64;hold_ns=0;tasks=1;workers=1");
        drop(&p);
}

static void values_are_kept_once_and_all_workers_is_a_number(void **state)
{
        struct request r = { .profile = PROFILE_QUICK,
                             .only = "mutex/async",
                             .runtimes = "epoll",
                             .set = { "tasks=4,004,4", "workers=all,2", "window_ms=20" },
                             .set_count = 3 };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_int_equal(p.selection.count, 1);
        /* A common parameter that is asked for stands in the results, the others do not. */
        assert_string_equal(p.selection.groups[0].params,
                            "burst=64;hold_ns=0;tasks=4;window_ms=20;workers=2");
        assert_int_equal(p.selection.groups[0].limits.window_ms, 20);
        assert_true(p.selection.groups[0].limits.stall_ms > 0);
        drop(&p);
}

static void all_threads_is_a_number_as_well(void **state)
{
        struct request r = { .profile = PROFILE_QUICK,
                             .only = "fan-out/scoped-threads",
                             .runtimes = "epoll",
                             .set = { "threads=all,2", "items=64", "skew=equal", "item_steps=1000" },
                             .set_count = 4 };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_int_equal(p.selection.count, 1);
        assert_non_null(strstr(p.selection.groups[0].params, "threads=2;"));
        drop(&p);
}

static bool planned_cell(const struct selection *s, const struct variant *v, const struct row *row)
{
        for (size_t g = 0; g < s->count; g++)
                for (size_t i = 0; i < s->groups[g].count; i++)
                        if (s->groups[g].members[i].variant == v && s->groups[g].members[i].row == row)
                                return true;
        return false;
}

static size_t absent_cell(const struct selection *s, const struct variant *v, const struct row *row)
{
        size_t count = 0;

        for (size_t i = 0; i < s->absent_count; i++)
                if (s->absent[i].variant == v && s->absent[i].row == row) {
                        assert_true(*s->absent[i].reason);
                        count++;
                }
        return count;
}

static void planned_and_absent_cells_are_all_cells(void **state)
{
        static const struct request requests[] = {
                { .profile = PROFILE_SMOKE },
                { .profile = PROFILE_QUICK },
                { .profile = PROFILE_PUBLISH },
                { .profile = PROFILE_QUICK, .only = "select", .runtimes = "epoll,libuv" },
                { .profile = PROFILE_QUICK,
                  .only = "mutex/sync,mutex/bare",
                  .set = { "burst=64,all" },
                  .set_count = 1 },
                { .profile = PROFILE_QUICK, .set = { "tasks=1", "workers=4" }, .set_count = 2 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
                struct planned p;

                make(&p, &requests[i]);
                for (size_t w = 0; workloads[w]; w++)
                        for (const struct variant *v = workloads[w]->variants; v->name; v++)
                                for (int row = 0; row < ROWS; row++)
                                        assert_int_equal(absent_cell(&p.selection, v, &rows[row]) +
                                                                 planned_cell(&p.selection, v, &rows[row]),
                                                         1);
                drop(&p);
        }
}

/* ---- curves --------------------------------------------------------------------------------------- */

/* The groups of S on the curve of PARAM, by W; 0 also when one of them has more than a curve has. */
static unsigned points_beyond(const struct selection *s, const char *param, const char *variants)
{
        unsigned n = 0;

        for (size_t g = 0; g < s->count; g++) {
                const struct group *group = &s->groups[g];

                if (!group->curve || strcmp(group->curve, param) != 0)
                        continue;
                n++;
                for (size_t i = 0; i < group->count; i++) {
                        assert_true(workload_list_has(variants, group->members[i].variant->name));
                        assert_true(group->members[i].rounds <= 3);
                        assert_false(group->members[i].again || group->members[i].counted);
                }
        }
        return n;
}

static void a_curve_leaves_the_headline_one_parameter_at_a_time(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .only = "heartbeat" };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_null(p.selection.groups[0].curve);
        assert_int_equal(points_beyond(&p.selection, "chunk_us", "chunked"), 3);
        assert_int_equal(points_beyond(&p.selection, "heavy_one_in", "inline,offload"), 2);
        assert_int_equal(p.selection.count, 1 + 3 + 2);
        drop(&p);
}

static void a_priced_curve_takes_few_rounds(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .only = "pool-guard" };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_int_equal(points_beyond(&p.selection, "pool", "held,early-drop"), 2);
        drop(&p);
}

/* Who asks for values himself wants to compare at each of them. */
static void values_that_are_asked_for_are_on_the_grid(void **state)
{
        struct request r = { .profile = PROFILE_QUICK,
                             .only = "pool-guard/held,pool-guard/early-drop",
                             .runtimes = "epoll,libuv",
                             .set = { "pool=4,2,8" },
                             .set_count = 1 };
        struct planned p;

        (void)state;
        make(&p, &r);
        assert_int_equal(p.selection.count, 3);
        for (size_t g = 0; g < 3; g++) {
                assert_null(p.selection.groups[g].curve);
                assert_int_equal(p.selection.groups[g].count, 2 * 2 + 1);
                for (size_t i = 0; i < p.selection.groups[g].count; i++)
                        assert_int_equal(p.selection.groups[g].members[i].rounds, 13);
        }
        drop(&p);
}

static size_t row_comparisons(const struct request *r)
{
        struct planned p;
        size_t n;

        make(&p, r);
        n = p.selection.row_comparisons;
        assert_int_equal(p.selection.comparisons, 0);
        drop(&p);
        return n;
}

/* Threads against the reference row in `quick`, at each parameter set that all rounds are run at; then all rows. */
static void rows_are_compared_with_the_reference_row(void **state)
{
        struct request quick = { .profile = PROFILE_QUICK, .only = "echo" }, sets = quick;
        struct request standard = { .profile = PROFILE_STANDARD, .only = "echo" };

        (void)state;
        sets.set[0] = "connections=50,1000";
        sets.set_count = 1;
        assert_int_equal(row_comparisons(&quick), 1);
        assert_int_equal(row_comparisons(&sets), 2);
        assert_int_equal(row_comparisons(&standard), 5);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rounds_are_those_of_profile_and_role),
                cmocka_unit_test(the_first_fix_of_each_group_runs_again_on_the_reference_row),
                cmocka_unit_test(without_a_reference_row_the_first_after_null_is_it),
                cmocka_unit_test(a_variant_runs_once_for_what_it_ignores),
                cmocka_unit_test(values_are_kept_once_and_all_workers_is_a_number),
                cmocka_unit_test(all_threads_is_a_number_as_well),
                cmocka_unit_test(planned_and_absent_cells_are_all_cells),
                cmocka_unit_test(a_curve_leaves_the_headline_one_parameter_at_a_time),
                cmocka_unit_test(a_priced_curve_takes_few_rounds),
                cmocka_unit_test(values_that_are_asked_for_are_on_the_grid),
                cmocka_unit_test(rows_are_compared_with_the_reference_row),
        };

        return cmocka_run_group_tests(tests, describe_rows, forget_rows);
}
