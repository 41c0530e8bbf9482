/* SPDX-License-Identifier: MIT */
/* From the words of a request to groups and members, and to the reason of every cell that is left. */
#include "harness/driver/selection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/driver/filter.h"
#include "harness/driver/sweep.h"
#include "harness/sample.h"
#include "harness/stats.h"
#include "runtimes/runtime.h"

enum { PARAMS_BYTES = 1024, OUTCOME_ROUNDS = 3 };

/* With more of them no system calls are counted: ptrace stops a thread at each call, and to follow thousands of threads
 * takes minutes. */
enum { COUNTED_CONNECTIONS = 100 };

/* What the functions below share while a selection is made. */
struct maker {
        struct selection *s;
        const struct request *r;
        const struct names *names;
        const struct filter *filter;
        char *error;
        size_t error_bytes;
};

static bool fail(struct maker *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct maker *m, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(m->error, m->error_bytes, format, args);
        va_end(args);
        return false;
}

/* One more element at the end of an array, or NULL. */
static void *grow(void *array, size_t *count, size_t bytes)
{
        char **base = array;
        char *more = realloc(*base, (*count + 1) * bytes);

        if (!more)
                return NULL;
        *base = more;
        return memset(more + (*count)++ * bytes, 0, bytes);
}

static bool add_gap(struct gap **gaps, size_t *count, struct gap gap, const char *params, const char *reason)
{
        struct gap *g = grow(gaps, count, sizeof(*g));

        if (!g)
                return false;
        gap.params = params ? strdup(params) : NULL;
        gap.reason = strdup(reason);
        *g = gap;
        return g->reason && (g->params || !params);
}

/* ---- members ------------------------------------------------------------------------------------- */

static unsigned member_rounds(const struct maker *m, const struct workload *w, const struct variant *v,
                              enum outcome expected)
{
        unsigned rounds = m->s->rounds;
        bool quick = m->r->profile == PROFILE_QUICK && !m->r->rounds;
        bool aside = v->role == ROLE_BASELINE || v->role == ROLE_ALTERNATIVE;

        if (v->rounds == ROUNDS_OUTCOME && expected != OUTCOME_EITHER)
                return rounds < OUTCOME_ROUNDS ? rounds : OUTCOME_ROUNDS;
        if (v->rounds == ROUNDS_PRICED && aside && quick)
                return 1;
        return quick && w->quick_rounds ? w->quick_rounds : rounds;
}

/* Is there a member for V on ROW with these parameters? Then *member is it, else *reason why not. */
static bool consider(struct maker *m, const struct workload *w, const struct variant *v,
                     const struct row *row, const char *params, struct member *member, const char **reason)
{
        struct run *run = run_new(w, v, row->name, params, 0, m->error, m->error_bytes);
        enum outcome expected;

        *reason = NULL;
        if (!run)
                return false;
        *reason = w->excludes ? w->excludes(run, row->traits) : NULL;
        expected = w->expect(run, row->traits);
        run_free(run);
        *member = (struct member){ .variant = v,
                                   .row = row,
                                   .hangs = expected != OUTCOME_COMPLETED,
                                   .counted = m->names->counter && v->rounds == ROUNDS_PRICED &&
                                              expected == OUTCOME_COMPLETED,
                                   .rounds = member_rounds(m, w, v, expected) };
        return true;
}

static bool add_member(struct group *g, struct member member)
{
        struct member *more = grow(&g->members, &g->count, sizeof(*more));

        if (more)
                *more = member;
        return more;
}

/* The parameter points at which a variant has run on a row already, seen without what it ignores. */
struct taken {
        bool *points; /* variant x row x point */
        size_t rows, count;
};

static bool *taken_at(const struct taken *t, size_t variant, size_t row, size_t point)
{
        return &t->points[(variant * t->rows + row) * t->count + point];
}

static size_t variant_count(const struct workload *w)
{
        size_t n = 0;

        while (w->variants[n].name)
                n++;
        return n;
}

/* On a curve little is asked of a member: it is drawn, not judged. */
static void put_on_curve(struct member *member)
{
        member->counted = false;
        if (member->variant->rounds == ROUNDS_PRICED && member->rounds > OUTCOME_ROUNDS)
                member->rounds = OUTCOME_ROUNDS;
}

/* Add the members that ROW has in G, at POINT of SWEEP. */
static bool add_row(struct maker *m, struct group *g, const struct sweep *sweep, size_t point, size_t row,
                    const struct taken *taken)
{
        const struct row *r = &m->names->rows[row];
        const struct variant *v = g->workload->variants;

        for (size_t i = 0; v[i].name; i++) {
                bool *done = taken_at(taken, i, row, sweep_canonical(sweep, point, v[i].ignores));
                struct member member;
                const char *reason;

                if (*done || filter_refuses(m->filter, g->workload, &v[i], r) ||
                    names_absence(r, g->workload->name, v[i].name) ||
                    (g->curve && !workload_has_curve(g->workload, g->curve, &v[i])))
                        continue;
                if (!consider(m, g->workload, &v[i], r, g->all_params, &member, &reason))
                        return false;
                if (g->curve)
                        put_on_curve(&member);
                if (g->connections > COUNTED_CONNECTIONS)
                        member.counted = false;
                if (!reason) {
                        *done = true;
                        if (!add_member(g, member))
                                return fail(m, "out of memory");
                } else if (!add_gap(&m->s->left_out, &m->s->left_out_count,
                                    (struct gap){ .workload = g->workload, .variant = &v[i], .row = r },
                                    g->params, reason)) {
                        return fail(m, "out of memory");
                }
        }
        return true;
}

/* The reference row runs the group's first fix a second time: what two runs of the same differ by. */
static bool add_again(const struct selection *s, struct group *g)
{
        for (size_t i = 0; i < g->count; i++)
                if (g->members[i].row == s->reference && g->members[i].variant->role == ROLE_FIX) {
                        struct member again = g->members[i];

                        again.again = true;
                        again.counted = false;
                        return add_member(g, again);
                }
        return true;
}

static bool is_priced_mistake(const struct member *m)
{
        return m->variant->role == ROLE_MISTAKE && m->variant->rounds == ROUNDS_PRICED;
}

/* The row against the reference row: the pair that is named in advance wherever its rounds allow an interval, all others
 * at the headline parameter set, and not in the few rounds of `quick`. */
static bool is_compared_with_reference(const struct maker *m, const struct group *g, const struct member *of)
{
        if (of->again || of->row == m->s->reference || of->variant->against ||
            (of->row->traits & TRAIT_NEVER_SUSPENDS))
                return false;
        if (!(of->row->traits & TRAIT_TASKS_SHARE_WORKER))
                return g->headline || of->rounds >= stats_rounds_needed(1, 0.05);
        return g->headline && m->r->profile > PROFILE_QUICK;
}

static void count_row_comparisons(const struct maker *m, const struct group *g)
{
        bool reference = false;

        for (size_t i = 0; i < g->count; i++)
                reference |= g->members[i].row == m->s->reference && !g->members[i].variant->against;
        for (size_t i = 0; reference && g->workload->ranks && i < g->count; i++)
                m->s->row_comparisons += is_compared_with_reference(m, g, &g->members[i]);
}

static void count_comparisons(struct selection *s, const struct group *g)
{
        for (size_t i = 0; g->headline && i < g->count; i++)
                for (size_t j = 0; is_priced_mistake(&g->members[i]) && j < g->count; j++)
                        s->comparisons +=
                                g->members[j].row == g->members[i].row && !g->members[j].again &&
                                strcmp(g->members[j].variant->name, g->members[i].variant->against) == 0;
}

static void group_free(struct group *g)
{
        free(g->params);
        free(g->all_params);
        free(g->members);
}

/* ---- groups -------------------------------------------------------------------------------------- */

static bool add_group(struct maker *m, const struct sweep *sweep, size_t point, const struct taken *taken)
{
        char shown[PARAMS_BYTES], all[PARAMS_BYTES];
        struct group g = { .workload = sweep->workload,
                           .number = (unsigned)m->s->count + 1,
                           .headline = point == 0,
                           .curve = sweep_curve(sweep, point) };
        struct group *more;
        bool ok = true;

        sweep_text(sweep, point, false, shown, sizeof(shown));
        sweep_text(sweep, point, true, all, sizeof(all));
        g.params = strdup(shown);
        g.all_params = strdup(all);
        g.tasks = sweep_number(sweep, point, "tasks");
        g.workers = sweep_number(sweep, point, "workers");
        g.connections = g.workload->serve ? sweep_number(sweep, point, "connections") : 0;
        g.limits.warmup_ms = sweep_number(sweep, point, "warmup_ms");
        g.limits.window_ms = sweep_number(sweep, point, "window_ms");
        g.limits.stall_ms = sweep_number(sweep, point, "stall_ms");
        for (size_t row = 0; ok && row < m->names->count; row++)
                ok = g.params && g.all_params && add_row(m, &g, sweep, point, row, taken);
        ok = ok && (g.curve || add_again(m->s, &g));
        if (!ok || !g.count) {
                group_free(&g);
                return ok;
        }
        count_comparisons(m->s, &g);
        count_row_comparisons(m, &g);
        more = grow(&m->s->groups, &m->s->count, sizeof(*more));
        if (more)
                *more = g;
        return more || fail(m, "out of memory");
}

/* Point 0 with everything, the shown parameters taken off: the common ones at this run's values. A workload that
 * replaces some of them says nothing new. */
static void keep_common(struct selection *s, const struct sweep *sweep)
{
        char common[sizeof(s->common)] = "";
        size_t used = 0;

        for (size_t i = 0; i < sweep->count && used < sizeof(common); i++)
                if (!sweep->axes[i].shown)
                        used += (size_t)snprintf(common + used, sizeof(common) - used, "%s%s=%s",
                                                 used ? ";" : "", sweep->axes[i].param->name,
                                                 sweep->axes[i].values[0]);
        if (strlen(common) > strlen(s->common))
                snprintf(s->common, sizeof(s->common), "%s", common);
}

static bool add_workload(struct maker *m, const struct workload *w, unsigned workers)
{
        struct sweep sweep;
        struct taken taken = { .rows = m->names->count };
        bool ok = sweep_make(&sweep, w, m->r->profile, m->r->set, m->r->set_count, workers, m->error,
                             m->error_bytes);

        if (ok) {
                keep_common(m->s, &sweep);
                taken.count = sweep_points(&sweep);
                taken.points = calloc(variant_count(w) * taken.rows * taken.count + 1, sizeof(*taken.points));
                ok = taken.points || fail(m, "too many combinations of parameters");
        }
        for (size_t point = 0; ok && point < taken.count; point++)
                ok = !sweep_runs(&sweep, point) || add_group(m, &sweep, point, &taken);
        free(taken.points);
        sweep_free(&sweep);
        return ok;
}

/* ---- what is not planned ------------------------------------------------------------------------- */

static bool is_planned(const struct selection *s, const struct variant *v, const struct row *row)
{
        for (size_t i = 0; i < s->count; i++)
                for (size_t j = 0; j < s->groups[i].count; j++)
                        if (s->groups[i].members[j].variant == v && s->groups[i].members[j].row == row)
                                return true;
        return false;
}

/* Why the cell is in no group: it is not here, not asked for, or excluded at every parameter set. */
static const char *why_absent(const struct maker *m, const struct workload *w, const struct variant *v,
                              const struct row *row)
{
        const char *reason = names_absence(row, w->name, v->name);

        if (!reason)
                reason = filter_refuses(m->filter, w, v, row);
        for (size_t i = 0; !reason && i < m->s->left_out_count; i++)
                if (m->s->left_out[i].variant == v && m->s->left_out[i].row == row)
                        reason = m->s->left_out[i].reason;
        return reason ? reason : "no parameter set of this run has it";
}

static bool add_absent(struct maker *m, const struct workload *w)
{
        for (const struct variant *v = w->variants; v->name; v++)
                for (size_t i = 0; i < m->names->count; i++) {
                        const struct row *row = &m->names->rows[i];
                        struct gap gap = { .workload = w, .variant = v, .row = row };

                        if (!is_planned(m->s, v, row) &&
                            !add_gap(&m->s->absent, &m->s->absent_count, gap, NULL, why_absent(m, w, v, row)))
                                return fail(m, "out of memory");
                }
        return true;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static const struct row *find_reference(const struct names *names, const struct filter *filter)
{
        const struct row *first = NULL;

        for (size_t i = 0; i < names->count; i++) {
                const struct row *row = &names->rows[i];

                if (row->reason || filter_refuses_row(filter, row))
                        continue;
                if (row->traits & TRAIT_REFERENCE)
                        return row;
                if (!first || (first->traits & TRAIT_NEVER_SUSPENDS))
                        first = row;
        }
        return first;
}

bool selection_make(struct selection *s, const struct request *r, const struct names *names, unsigned workers,
                    char *error, size_t error_bytes)
{
        struct filter filter;
        struct maker m = { s, r, names, &filter, error, error_bytes };
        bool ok;

        *s = (struct selection){ .rounds = r->rounds ? r->rounds : profile_rounds(r->profile) };
        ok = filter_make(&filter, r, names, error, error_bytes);
        if (ok)
                s->reference = find_reference(names, &filter);
        for (size_t i = 0; ok && workloads[i]; i++)
                ok = (filter_refuses_workload(&filter, workloads[i]) ||
                      add_workload(&m, workloads[i], workers));
        for (size_t i = 0; ok && workloads[i]; i++)
                ok = add_absent(&m, workloads[i]);
        filter_free(&filter);
        return ok;
}

static void free_gaps(struct gap *gaps, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                free(gaps[i].params);
                free(gaps[i].reason);
        }
        free(gaps);
}

void selection_free(struct selection *s)
{
        for (size_t i = 0; i < s->count; i++)
                group_free(&s->groups[i]);
        free(s->groups);
        free_gaps(s->absent, s->absent_count);
        free_gaps(s->left_out, s->left_out_count);
        *s = (struct selection){ 0 };
}
