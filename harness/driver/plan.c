/* SPDX-License-Identifier: MIT */
/* Lays out rounds, groups, rows and pairs. */
#include "harness/driver/plan.h"

#include <stdlib.h>
#include <string.h>

#include "harness/driver/random.h"
#include "harness/driver/schedule.h"
#include "harness/journal.h"

/* Each kind of decision draws from its own streams. */
enum purpose { PURPOSE_GROUPS, PURPOSE_SQUARE, PURPOSE_LATE_ROWS, PURPOSE_UNITS, PURPOSE_LEAD, PURPOSE_SEED };

/* ---- rows -------------------------------------------------------------------------------------- */

/* Position J of the first row of a Williams square: 0, 1, n-1, 2, n-2, ... */
static unsigned zigzag(unsigned j, unsigned n)
{
        return j == 0 ? 0 : j % 2 ? (j + 1) / 2 : n - j / 2;
}

void plan_row_order(uint64_t seed, uint64_t stream, unsigned turn, unsigned *order, size_t count)
{
        unsigned n = (unsigned)count, period = n % 2 ? 2 * n : n, in_square = turn % (period ? period : 1);
        unsigned *shuffled = malloc((count + 1) * sizeof(*shuffled));
        uint64_t state = random_stream(seed, PURPOSE_SQUARE, stream, period ? turn / period : 0);

        for (unsigned i = 0; shuffled && i < n; i++)
                shuffled[i] = i;
        if (shuffled)
                random_shuffle(&state, shuffled, n);
        /* With an odd number of rows one square alone cannot balance who follows whom: its mirror does. */
        for (unsigned j = 0; shuffled && j < n; j++) {
                unsigned from = in_square >= n ? n - 1 - j : j;

                order[j] = shuffled[(zigzag(from, n) + in_square) % n];
        }
        free(shuffled);
}

/* The members of one row of a group: a stretch of the group's array. */
struct stretch {
        unsigned first, count, rounds; /* rounds: of its longest member */
};

/* While one group is laid out. */
struct layout {
        const struct group *group;
        unsigned number; /* of the group */
        struct stretch *rows;
        size_t row_count, stay; /* rows that run in all of the group's rounds stand first */
        unsigned rounds;
        unsigned *order, *units, *unit; /* room for rows, units of a row, members of a unit */
        uint16_t *out;                  /* the block's members */
        size_t out_count;
};

static bool same_row(const struct member *a, const struct member *b)
{
        return a->row == b->row && a->again == b->again;
}

static int stays_first(const void *left, const void *right)
{
        const struct stretch *a = left, *b = right;

        if (a->rounds != b->rounds)
                return a->rounds > b->rounds ? -1 : 1;
        return a->first < b->first ? -1 : a->first > b->first;
}

static bool layout_make(struct layout *l, const struct group *g)
{
        *l = (struct layout){ .group = g, .number = g->number };
        l->rows = calloc(g->count, sizeof(*l->rows));
        l->order = calloc(g->count, sizeof(*l->order));
        l->units = calloc(g->count, sizeof(*l->units));
        l->unit = calloc(g->count, sizeof(*l->unit));
        l->out = calloc(g->count, sizeof(*l->out));
        if (!l->rows || !l->order || !l->units || !l->unit || !l->out)
                return false;
        for (unsigned i = 0; i < g->count; i++) {
                struct stretch *row = &l->rows[l->row_count];

                if (i && same_row(&g->members[i], &g->members[i - 1])) {
                        row--;
                } else {
                        *row = (struct stretch){ .first = i };
                        l->row_count++;
                }
                row->count++;
                if (g->members[i].rounds > row->rounds)
                        row->rounds = g->members[i].rounds;
                if (row->rounds > l->rounds)
                        l->rounds = row->rounds;
        }
        qsort(l->rows, l->row_count, sizeof(*l->rows), stays_first);
        while (l->stay < l->row_count && l->rows[l->stay].rounds == l->rounds)
                l->stay++;
        return true;
}

static void layout_free(struct layout *l)
{
        free(l->rows);
        free(l->order);
        free(l->units);
        free(l->unit);
        free(l->out);
}

/* ---- variants inside a row ----------------------------------------------------------------------- */

static void put(struct layout *l, unsigned member, unsigned round)
{
        if (l->group->members[member].rounds >= round)
                l->out[l->out_count++] = (uint16_t)member;
}

static bool is_mistake_of(const struct member *m, const struct member *fix)
{
        return m->variant->role == ROLE_MISTAKE && fix->variant->role == ROLE_FIX &&
               strcmp(m->variant->against, fix->variant->name) == 0;
}

/* Does member I of ROW stand beside its fix, which is in the row too? */
static bool has_fix(const struct layout *l, const struct stretch *row, unsigned i)
{
        for (unsigned j = row->first; j < row->first + row->count; j++)
                if (is_mistake_of(&l->group->members[i], &l->group->members[j]))
                        return true;
        return false;
}

/* A fix with its mistakes around it: the even ones before it, the odd ones behind. */
static size_t gather_unit(const struct layout *l, const struct stretch *row, unsigned head, unsigned *unit)
{
        const struct member *m = l->group->members;
        size_t count = 0;

        for (unsigned side = 0; side < 2; side++) {
                unsigned number = 0;

                for (unsigned i = row->first; i < row->first + row->count; i++)
                        if (is_mistake_of(&m[i], &m[head]) && number++ % 2 == side)
                                unit[count++] = i;
                if (side == 0)
                        unit[count++] = head;
        }
        return count;
}

/* Reversed in every other round, so that mistake and fix lead equally often. */
static void put_unit(struct layout *l, const struct stretch *row, unsigned head, bool reversed,
                     unsigned round)
{
        size_t count = gather_unit(l, row, head, l->unit);

        for (size_t i = 0; i < count; i++)
                put(l, l->unit[reversed ? count - 1 - i : i], round);
}

static void put_row(struct layout *l, uint64_t seed, const struct stretch *row, unsigned round)
{
        uint64_t name = (uint64_t)l->number << 32 | row->first;
        uint64_t shuffle = random_stream(seed, PURPOSE_UNITS, name, round);
        bool reversed = (random_stream(seed, PURPOSE_LEAD, name, 0) + round) & 1;
        size_t units = 0;

        for (unsigned i = row->first; i < row->first + row->count; i++)
                if (!has_fix(l, row, i))
                        l->units[units++] = i;
        random_shuffle(&shuffle, l->units, units);
        for (size_t i = 0; i < units; i++)
                put_unit(l, row, l->units[i], reversed, round);
}

/* ---- rounds -------------------------------------------------------------------------------------- */

/* The rows that stay take turns by square; a row that leaves after fewer rounds stands behind them, so
 * that its leaving moves nobody. */
static void put_group(struct layout *l, uint64_t seed, unsigned round)
{
        uint64_t late = random_stream(seed, PURPOSE_LATE_ROWS, l->number, round);

        l->out_count = 0;
        plan_row_order(seed, l->number, round - 1, l->order, l->stay);
        for (unsigned i = (unsigned)l->stay; i < l->row_count; i++)
                l->order[i] = i;
        random_shuffle(&late, l->order + l->stay, l->row_count - l->stay);
        for (size_t i = 0; i < l->row_count; i++)
                put_row(l, seed, &l->rows[l->order[i]], round);
}

static bool append(struct plan *plan, const struct layout *l, unsigned round, unsigned group)
{
        struct block *blocks = realloc(plan->blocks, (plan->block_count + 1) * sizeof(*blocks));
        uint16_t *samples;

        if (!blocks)
                return false;
        plan->blocks = blocks;
        samples = realloc(plan->samples, (plan->sample_count + l->out_count) * sizeof(*samples));
        if (!samples)
                return false;
        plan->samples = samples;
        memcpy(samples + plan->sample_count, l->out, l->out_count * sizeof(*samples));
        blocks[plan->block_count++] = (struct block){ .first = (uint32_t)plan->sample_count,
                                                      .round = (uint16_t)round,
                                                      .group = (uint16_t)group,
                                                      .count = (uint16_t)l->out_count };
        plan->sample_count += l->out_count;
        return true;
}

/* The members whose system calls are counted: nothing is compared in time, so their order is that of the tables. */
static bool append_counted(struct plan *plan, struct layout *l, unsigned group)
{
        l->out_count = 0;
        for (unsigned i = 0; i < l->group->count; i++)
                if (l->group->members[i].counted)
                        l->out[l->out_count++] = (uint16_t)i;
        return !l->out_count || append(plan, l, PLAN_COUNTING_ROUND, group);
}

static bool lay_out(struct plan *plan, struct layout *layouts, unsigned *order)
{
        size_t groups = plan->selection->count;

        for (unsigned round = 1; round <= plan->selection->rounds; round++) {
                uint64_t state = random_stream(plan->seed, PURPOSE_GROUPS, round, 0);

                for (unsigned i = 0; i < groups; i++)
                        order[i] = i;
                random_shuffle(&state, order, groups);
                for (size_t i = 0; i < groups; i++) {
                        struct layout *l = &layouts[order[i]];

                        put_group(l, plan->seed, round);
                        if (l->out_count && !append(plan, l, round, order[i]))
                                return false;
                }
        }
        return true;
}

static bool fits(const struct selection *s)
{
        bool ok = s->count <= UINT16_MAX && s->rounds <= UINT16_MAX;

        for (size_t i = 0; i < s->count; i++)
                ok &= s->groups[i].count <= UINT16_MAX;
        return ok;
}

bool plan_make(struct plan *plan, const struct selection *selection, uint64_t seed)
{
        struct layout *layouts = calloc(selection->count + 1, sizeof(*layouts));
        unsigned *order = calloc(selection->count + 1, sizeof(*order));
        bool ok = layouts && order && fits(selection);

        *plan = (struct plan){ .selection = selection, .seed = seed };
        for (unsigned i = 0; ok && i < selection->count; i++)
                ok = layout_make(&layouts[i], &selection->groups[i]) && append_counted(plan, &layouts[i], i);
        ok = ok && lay_out(plan, layouts, order);
        for (size_t i = 0; layouts && i < selection->count; i++)
                layout_free(&layouts[i]);
        free(layouts);
        free(order);
        return ok;
}

void plan_free(struct plan *plan)
{
        free(plan->blocks);
        free(plan->samples);
        *plan = (struct plan){ 0 };
}

uint64_t plan_seed(const struct plan *plan, const struct block *block)
{
        return random_stream(plan->seed, PURPOSE_SEED, block->round, block->group);
}

const char *plan_row_name(const struct member *member, char *text, size_t bytes)
{
        snprintf(text, bytes, "%s%s", member->row->name, member->again ? "-aa" : "");
        return text;
}

static void write_block(const struct plan *plan, const struct block *block, FILE *f)
{
        const struct group *g = &plan->selection->groups[block->group];

        for (unsigned i = 0; i < block->count; i++) {
                const struct member *m = &g->members[plan->samples[block->first + i]];
                char name[128];

                schedule_write_row(f, &(struct schedule_row){ .order = block->first + i + 1,
                                                              .round = block->round,
                                                              .group = g->number,
                                                              .workload = g->workload->name,
                                                              .variant = m->variant->name,
                                                              .runtime = plan_row_name(m, name, sizeof(name)),
                                                              .params = g->params,
                                                              .seed = plan_seed(plan, block),
                                                              .planned = true,
                                                              .reason = "" });
        }
}

void plan_write(const struct plan *plan, FILE *f)
{
        const struct selection *s = plan->selection;

        schedule_write_head(f);
        for (size_t i = 0; i < plan->block_count; i++)
                write_block(plan, &plan->blocks[i], f);
        for (size_t i = 0; i < s->absent_count; i++)
                schedule_write_row(f, &(struct schedule_row){ .workload = s->absent[i].workload->name,
                                                              .variant = s->absent[i].variant->name,
                                                              .runtime = s->absent[i].row->name,
                                                              .params = "",
                                                              .reason = s->absent[i].reason });
}

static ssize_t crc_write(void *crc, const char *text, size_t bytes)
{
        *(unsigned *)crc = crc32c(*(unsigned *)crc, text, bytes);
        return (ssize_t)bytes;
}

unsigned plan_crc(const struct plan *plan)
{
        unsigned crc = 0;
        FILE *f = fopencookie(&crc, "w", (cookie_io_functions_t){ .write = crc_write });

        if (!f)
                return 0;
        plan_write(plan, f);
        fclose(f);
        return crc;
}
