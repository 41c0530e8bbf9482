/* SPDX-License-Identifier: MIT */
/* Rules about a row's table: complete, and in agreement with itself and with the workloads. */
#include "tests/contract/contract.h"

#include <errno.h>
#include <string.h>

#include "workloads/workload.h"

static void assert_text(const char *text, const char *what)
{
        if (!text || !text[0])
                fail_msg("%s is empty", what);
}

static void name_is_a_word(const struct runtime *row, int argument)
{
        (void)argument;
        assert_true(row->name[0]);
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(row->name));
        for (const struct runtime *other = runtime_rows; other->name; other++)
                if (other != row)
                        assert_string_not_equal(row->name, other->name);
}

/* contract-NAME tests NAME; a row is NAME or NAME-suffix. */
static void name_starts_with_the_executable(const struct runtime *row, int argument)
{
        const char *dash = strchr(program_invocation_short_name, '-');
        size_t length;

        (void)argument;
        assert_non_null(dash);
        length = strlen(dash + 1);
        assert_int_equal(strncmp(row->name, dash + 1, length), 0);
        assert_true(row->name[length] == '\0' || row->name[length] == '-');
}

static void card_is_full(const struct runtime *row, int argument)
{
        const struct card *c = row->card;

        (void)argument;
        assert_non_null(c);
        assert_text(c->model, "card.model");
        assert_text(c->threads, "card.threads");
        assert_text(c->buffers, "card.buffers");
        assert_text(c->placement, "card.placement");
        assert_text(c->idiom_from, "card.idiom_from");
        assert_text(c->differs, "card.differs");
        assert_true(strcmp(c->effort, "as-documented") == 0 || strcmp(c->effort, "tuned") == 0);
        assert_true(c->released == 0 || (c->released > 2000 && c->released < 2100));
}

static void version_is_said(const struct runtime *row, int argument)
{
        (void)argument;
        assert_non_null(row->version);
        assert_text(row->version(), "version");
}

static void probe_gives_a_sentence(const struct runtime *row, int argument)
{
        const char *remedy = NULL, *reason = row->probe ? row->probe(&remedy) : NULL;

        (void)argument;
        if (reason)
                assert_text(reason, "the probe's reason");
        if (remedy)
                assert_text(remedy, "the probe's remedy");
}

static bool runs_tasks(const struct runtime *row)
{
        return row->executor || row->natives;
}

static void executor_or_natives(const struct runtime *row, int argument)
{
        (void)argument;
        assert_false(row->executor && row->natives);
        assert_true(runs_tasks(row) || row->server);
        assert_int_equal((row->traits & TRAIT_NATIVE) != 0, row->natives != NULL);
        for (const struct native *n = row->natives; n && n->workload; n++) {
                assert_non_null(workload_find(n->workload));
                assert_non_null(n->run);
        }
}

static void traits_agree_with_the_executor(const struct runtime *row, int argument)
{
        const struct executor *ex = row->executor;

        (void)argument;
        assert_int_equal(ex->never_suspends, (row->traits & TRAIT_NEVER_SUSPENDS) != 0);
        if (ex->worker_per_task)
                assert_int_equal(row->traits & (TRAIT_TASKS_SHARE_WORKER | TRAIT_TASKS_MIGRATE), 0);
        else
                assert_true(row->traits & TRAIT_TASKS_SHARE_WORKER);
}

static void hooks_are_there(const struct runtime *row, int argument)
{
        const struct executor *ex = row->executor;

        (void)argument;
        assert_true(ex->worker_bytes >= sizeof(struct worker));
        assert_non_null(ex->open);
        assert_non_null(ex->loop);
        assert_non_null(ex->close);
        if (ex->never_suspends)
                return;
        assert_non_null(ex->notify);
        assert_non_null(ex->timer_start);
        assert_non_null(ex->timer_drop);
        assert_non_null(ex->watch_start);
        assert_non_null(ex->watch_drop);
}

static const struct mistake *mistake_of(const struct runtime *row, const char *workload, const char *variant)
{
        for (const struct mistake *m = row->mistakes; m && m->workload; m++)
                if (strcmp(m->workload, workload) == 0 && strcmp(m->variant, variant) == 0)
                        return m;
        return NULL;
}

static bool cell_exists(const struct runtime *row, const struct workload *w, const struct variant *v)
{
        return (w->serve ? row->server != NULL : runs_tasks(row)) &&
               !(w->absent && w->absent(v, row->traits)) &&
               !(row->absent && row->absent(row, w->name, v->name));
}

/* A row that never suspends has no API of its own that a mistake could look like. */
static void mistakes_are_shown(const struct runtime *row, int argument)
{
        (void)argument;
        for (const struct workload *const *w = workloads; *w; w++)
                for (const struct variant *v = (*w)->variants; v->name; v++)
                        if (v->role == ROLE_MISTAKE && cell_exists(row, *w, v) &&
                            !mistake_of(row, (*w)->name, v->name))
                                fail_msg("no word on what %s/%s looks like in this API", (*w)->name, v->name);
}

static void mistakes_name_what_exists(const struct runtime *row, int argument)
{
        (void)argument;
        for (const struct mistake *m = row->mistakes; m && m->workload; m++) {
                const struct workload *w = workload_find(m->workload);
                const struct variant *v = w ? workload_variant(w, m->variant) : NULL;

                if (!v || v->role != ROLE_MISTAKE)
                        fail_msg("%s/%s is no mistake", m->workload, m->variant);
                assert_text(m->looks_like, "looks_like");
                if (m->report)
                        assert_int_equal(strncmp(m->report, "https://", 8), 0);
        }
}

static void knobs_are_full(const struct runtime *row, int argument)
{
        (void)argument;
        for (const struct knob *k = row->knobs; k && k->name; k++) {
                assert_text(k->name, "a knob's name");
                assert_text(k->value, k->name);
                assert_text(k->meaning, k->name);
        }
}

const struct rule row_rules[] = {
        { .hook = "name", .holds = "is one word that no other row has", .check = name_is_a_word },
        { .hook = "name", .holds = "starts with the executable's", .check = name_starts_with_the_executable },
        { .hook = "card", .holds = "has every field", .check = card_is_full },
        { .hook = "version", .holds = "is said", .check = version_is_said },
        { .hook = "probe", .holds = "says why not in a sentence", .check = probe_gives_a_sentence },
        { .hook = "executor",
          .holds = "or natives run tasks, or the row only serves",
          .check = executor_or_natives },
        { .hook = "traits",
          .holds = "agree with the executor",
          .needs = NEED_EXECUTOR,
          .check = traits_agree_with_the_executor },
        { .hook = "executor", .holds = "has no hole", .needs = NEED_EXECUTOR, .check = hooks_are_there },
        { .hook = "mistakes",
          .holds = "are shown for each that exists here",
          .needs = NEED_WAITS,
          .check = mistakes_are_shown },
        { .hook = "mistakes", .holds = "name variants that exist", .check = mistakes_name_what_exists },
        { .hook = "knobs", .holds = "have value and meaning", .check = knobs_are_full },
        { 0 },
};
