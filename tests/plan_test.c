/* SPDX-License-Identifier: MIT */
/* The plan: complete, balanced, replayable, and as large as the profiles say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "harness/driver/estimate.h"
#include "planned.h"

enum { MINUTE_S = 60 };

static const struct member *member_of(const struct plan *plan, const struct block *b, unsigned k)
{
        return &plan->selection->groups[b->group].members[plan->samples[b->first + k]];
}

/* ---- turns --------------------------------------------------------------------------------------- */

static void a_whole_square_gives_each_row_each_position_equally(void **state)
{
        (void)state;
        for (unsigned n = 1; n <= 9; n++) {
                unsigned turns = n % 2 ? 2 * n : n, order[9], visits[9][9] = { 0 }, follows[9][9] = { 0 };

                for (unsigned turn = 0; turn < turns; turn++) {
                        plan_row_order(7, 3, turn, order, n);
                        for (unsigned j = 0; j < n; j++) {
                                visits[order[j]][j]++;
                                if (j)
                                        follows[order[j]][order[j - 1]]++;
                        }
                }
                for (unsigned a = 0; a < n; a++)
                        for (unsigned b = 0; b < n; b++) {
                                assert_int_equal(visits[a][b], turns / n);
                                assert_int_equal(follows[a][b], a == b ? 0 : turns / n);
                        }
        }
}

static void wherever_turns_are_cut_positions_differ_by_two_at_most(void **state)
{
        (void)state;
        for (unsigned n = 1; n <= 9; n++) {
                unsigned order[9], visits[9][9] = { 0 };

                for (unsigned turn = 0; turn < 40; turn++) {
                        plan_row_order(11, 5, turn, order, n);
                        for (unsigned j = 0; j < n; j++)
                                visits[order[j]][j]++;
                        for (unsigned a = 0; a < n; a++)
                                for (unsigned j = 0; j < n; j++)
                                        assert_true(visits[a][j] <= visits[0][j] + 2 &&
                                                    visits[0][j] <= visits[a][j] + 2);
                }
        }
}

/* ---- the plans of the profiles ------------------------------------------------------------------- */

/* The rows of block B in their order, each once; returns how many. */
static unsigned rows_in_order(const struct plan *plan, const struct block *b, char order[][64])
{
        unsigned n = 0;

        for (unsigned k = 0; k < b->count; k++) {
                char name[64];

                plan_row_name(member_of(plan, b, k), name, sizeof(name));
                if (!n || strcmp(order[n - 1], name) != 0)
                        snprintf(order[n++], 64, "%s", name);
        }
        return n;
}

static void all_variants_of_a_row_stand_together(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = 1 };
        struct planned p;

        (void)state;
        make(&p, &r);
        for (size_t i = 0; i < p.plan.block_count; i++) {
                char order[64][64];
                unsigned n = rows_in_order(&p.plan, &p.plan.blocks[i], order);

                for (unsigned a = 0; a < n; a++)
                        for (unsigned b = 0; b < a; b++)
                                assert_string_not_equal(order[a], order[b]);
        }
        drop(&p);
}

/* Only rows that run in all rounds are compared by verdicts: their positions must not drift. */
static void rows_that_stay_share_positions_evenly(void **state)
{
        struct request r = { .profile = PROFILE_STANDARD, .seed = 5 };
        struct planned p;

        (void)state;
        make(&p, &r);
        for (size_t g = 0; g < p.selection.count; g++) {
                unsigned visits[ROWS + 1][ROWS + 1] = { 0 }, present[ROWS + 1] = { 0 }, rounds = 0;

                for (size_t i = 0; i < p.plan.block_count; i++) {
                        char order[64][64];
                        unsigned n;

                        if (p.plan.blocks[i].group != g || p.plan.blocks[i].round == PLAN_COUNTING_ROUND)
                                continue;
                        rounds++;
                        n = rows_in_order(&p.plan, &p.plan.blocks[i], order);
                        for (unsigned j = 0; j < n; j++) {
                                unsigned row = ROWS;

                                for (unsigned k = 0; k < ROWS; k++)
                                        if (strcmp(order[j], rows[k].name) == 0)
                                                row = k;
                                visits[row][j]++;
                                present[row]++;
                        }
                }
                for (unsigned a = 0; a <= ROWS; a++)
                        for (unsigned b = 0; b < a; b++)
                                for (unsigned j = 0;
                                     j <= ROWS && present[a] == rounds && present[b] == rounds; j++)
                                        assert_true(visits[a][j] <= visits[b][j] + 2 &&
                                                    visits[b][j] <= visits[a][j] + 2);
        }
        drop(&p);
}

/* Is member K of block B, if there is one, the fix of MISTAKE on the same row? */
static bool is_fix(const struct plan *plan, const struct block *b, unsigned k, const struct member *mistake)
{
        const struct member *m = k < b->count ? member_of(plan, b, k) : NULL;

        return m && m->row == mistake->row && !m->again &&
               strcmp(m->variant->name, mistake->variant->against) == 0;
}

/* How often the mistake stands right before and right behind its fix in GROUP. */
static void count_leads(const struct planned *p, size_t group, const struct member *mistake, unsigned *before,
                        unsigned *behind)
{
        *before = *behind = 0;
        for (size_t i = 0; i < p->plan.block_count; i++) {
                const struct block *b = &p->plan.blocks[i];

                for (unsigned k = 0; b->group == group && k < b->count; k++) {
                        if (b->round == PLAN_COUNTING_ROUND || member_of(&p->plan, b, k) != mistake)
                                continue;
                        *before += is_fix(&p->plan, b, k + 1, mistake);
                        *behind += is_fix(&p->plan, b, k - 1, mistake);
                }
        }
}

static void mistake_and_fix_stand_side_by_side_and_take_turns_in_leading(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = 9 };
        struct planned p;
        size_t pairs = 0;

        (void)state;
        make(&p, &r);
        for (size_t g = 0; g < p.selection.count; g++)
                for (size_t i = 0; i < p.selection.groups[g].count; i++) {
                        const struct member *m = &p.selection.groups[g].members[i];
                        unsigned before, behind;

                        if (m->variant->role != ROLE_MISTAKE)
                                continue;
                        count_leads(&p, g, m, &before, &behind);
                        assert_int_equal(before + behind, m->rounds);
                        assert_true(before <= behind + 1 && behind <= before + 1);
                        pairs++;
                }
        assert_true(pairs > 20);
        drop(&p);
}

/* A member with N rounds runs in the first N, once in each. */
static void every_member_runs_once_in_each_of_its_rounds(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = 4 };
        struct planned p;

        (void)state;
        make(&p, &r);
        for (size_t g = 0; g < p.selection.count; g++) {
                const struct group *group = &p.selection.groups[g];
                unsigned *seen = calloc(group->count * (p.selection.rounds + 1), sizeof(*seen));

                for (size_t i = 0; i < p.plan.block_count; i++)
                        for (unsigned k = 0; p.plan.blocks[i].group == g && k < p.plan.blocks[i].count; k++)
                                seen[p.plan.samples[p.plan.blocks[i].first + k] * (p.selection.rounds + 1) +
                                     p.plan.blocks[i].round]++;
                for (size_t m = 0; m < group->count; m++)
                        for (unsigned round = 1; round <= p.selection.rounds; round++)
                                assert_int_equal(seen[m * (p.selection.rounds + 1) + round],
                                                 round <= group->members[m].rounds);
                free(seen);
        }
        drop(&p);
}

/* How often member M of GROUP stands in round 0; it stands before every other round. */
static unsigned times_counted(const struct plan *plan, size_t group, const struct member *m)
{
        unsigned times = 0;
        bool over = false;

        for (size_t i = 0; i < plan->block_count; i++) {
                const struct block *b = &plan->blocks[i];

                over |= b->round != PLAN_COUNTING_ROUND;
                assert_int_equal(over, b->round != PLAN_COUNTING_ROUND);
                for (unsigned k = 0; !over && b->group == group && k < b->count; k++)
                        times += member_of(plan, b, k) == m;
        }
        return times;
}

static void every_priced_cell_has_its_system_calls_counted_once(void **state)
{
        static const struct request requests[] = {
                { .profile = PROFILE_SMOKE },
                { .profile = PROFILE_QUICK },
                { .profile = PROFILE_QUICK, .rounds = 3 },
                { .profile = PROFILE_STANDARD },
        };

        (void)state;
        for (size_t r = 0; r < sizeof(requests) / sizeof(*requests); r++) {
                unsigned counted = 0;
                struct planned p;

                make(&p, &requests[r]);
                for (size_t g = 0; g < p.selection.count; g++)
                        for (size_t i = 0; i < p.selection.groups[g].count; i++) {
                                const struct member *m = &p.selection.groups[g].members[i];
                                bool counts = m->variant->rounds == ROUNDS_PRICED && !m->again && !m->hangs &&
                                              !p.selection.groups[g].curve &&
                                              p.selection.groups[g].connections <= 100;

                                assert_int_equal(times_counted(&p.plan, g, m), counts);
                                counted += counts;
                        }
                assert_true(counted > 40);
                drop(&p);
        }
}

static void counting_moves_no_other_sample(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = 3 };
        struct names uncounted = names;
        struct planned with, without = { 0 };
        char error[1024];
        size_t counted;

        (void)state;
        uncounted.counter = NULL;
        make(&with, &r);
        assert_true(selection_make(&without.selection, &r, &uncounted, 2, error, sizeof(error)));
        assert_true(plan_make(&without.plan, &without.selection, r.seed));
        assert_int_not_equal(without.plan.blocks[0].round, PLAN_COUNTING_ROUND);
        counted = with.plan.sample_count - without.plan.sample_count;
        assert_true(counted > 0);
        assert_memory_equal(with.plan.samples + counted, without.plan.samples,
                            without.plan.sample_count * sizeof(*without.plan.samples));
        drop(&with);
        drop(&without);
}

/* Of the rows above; three of Tokio, set-up and report take the rest of what README promises. */
static void profiles_keep_to_their_time(void **state)
{
        static const struct {
                enum profile profile;
                unsigned minutes;
        } profiles[] = {
                { PROFILE_SMOKE, 2 },
                { PROFILE_QUICK, 8 },
                { PROFILE_STANDARD, 52 },
                { PROFILE_PUBLISH, 7 * 60 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
                struct request r = { .profile = profiles[i].profile };
                struct planned p;
                struct estimate need;

                make(&p, &r);
                estimate_plan(&p.plan, &need);
                assert_true(p.selection.comparisons > 0 && p.selection.comparisons <= 200);
                assert_true(need.time_ns <= profiles[i].minutes * 1000000000ull * MINUTE_S);
                drop(&p);
        }
}

/* ---- replay -------------------------------------------------------------------------------------- */

static unsigned crc_of(uint64_t seed)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = seed };
        struct planned p;
        unsigned crc;

        make(&p, &r);
        crc = plan_crc(&p.plan);
        drop(&p);
        return crc;
}

static void the_same_seed_gives_the_same_plan(void **state)
{
        (void)state;
        assert_int_equal(crc_of(42), crc_of(42));
        assert_int_not_equal(crc_of(42), crc_of(43));
}

static void rows_of_a_group_share_their_data_and_rounds_do_not(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = 8 };
        struct planned p;

        (void)state;
        make(&p, &r);
        for (size_t i = 1; i < p.plan.block_count; i++)
                assert_true(plan_seed(&p.plan, &p.plan.blocks[i]) !=
                            plan_seed(&p.plan, &p.plan.blocks[i - 1]));
        drop(&p);
}

static void the_schedule_has_a_line_for_every_sample_and_every_absent_cell(void **state)
{
        struct request r = { .profile = PROFILE_QUICK, .seed = 8 };
        struct planned p;
        char *text, *save = NULL;
        size_t bytes, lines = 0;
        FILE *f = open_memstream(&text, &bytes);

        (void)state;
        make(&p, &r);
        plan_write(&p.plan, f);
        fclose(f);
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++) {
                char order[32];

                snprintf(order, sizeof(order), "%zu,", lines);
                if (lines == 0)
                        assert_string_equal(
                                line,
                                "order,round,group,workload,variant,runtime,params,seed,planned,reason");
                else if (lines <= p.plan.sample_count)
                        assert_int_equal(strncmp(line, order, strlen(order)), 0);
                else
                        assert_int_equal(strncmp(line, ",,,", 3), 0);
        }
        assert_int_equal(lines, 1 + p.plan.sample_count + p.selection.absent_count);
        free(text);
        drop(&p);
}

/* A sanitizer's own memory would be counted along. */
static void a_hundred_thousand_samples_fit_into_32_mib(void **state)
{
        struct request r = { .profile = PROFILE_STANDARD, .rounds = 1000 };
        struct planned p;
        struct rusage used;

        (void)state;
        make(&p, &r);
        assert_true(p.plan.sample_count >= 100000);
        assert_int_not_equal(plan_crc(&p.plan), 0);
        getrusage(RUSAGE_SELF, &used);
        if (!*AB_SANITIZE)
                assert_true(used.ru_maxrss <= 32 * 1024);
        drop(&p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_whole_square_gives_each_row_each_position_equally),
                cmocka_unit_test(wherever_turns_are_cut_positions_differ_by_two_at_most),
                cmocka_unit_test(all_variants_of_a_row_stand_together),
                cmocka_unit_test(rows_that_stay_share_positions_evenly),
                cmocka_unit_test(mistake_and_fix_stand_side_by_side_and_take_turns_in_leading),
                cmocka_unit_test(every_member_runs_once_in_each_of_its_rounds),
                cmocka_unit_test(every_priced_cell_has_its_system_calls_counted_once),
                cmocka_unit_test(counting_moves_no_other_sample),
                cmocka_unit_test(profiles_keep_to_their_time),
                cmocka_unit_test(the_same_seed_gives_the_same_plan),
                cmocka_unit_test(rows_of_a_group_share_their_data_and_rounds_do_not),
                cmocka_unit_test(the_schedule_has_a_line_for_every_sample_and_every_absent_cell),
                cmocka_unit_test(a_hundred_thousand_samples_fit_into_32_mib),
        };

        return cmocka_run_group_tests(tests, describe_rows, forget_rows);
}
