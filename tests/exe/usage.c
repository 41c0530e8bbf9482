/* SPDX-License-Identifier: MIT */
/* Bad arguments: one word of a good call is changed at a time, and each must be refused by name. */
#include "tests/exe/exe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/protocol.h"

enum { RULE_BYTES = 200 };

#define NONESUCH "nonesuch"

/* ---- one refusal --------------------------------------------------------------------------------------- */

static bool is_one_line(const char *text)
{
        const char *end = strchr(text, '\n');

        return end && end > text && !end[1];
}

/* WORDS must be refused, by a line that has NAMED in it. */
static void refused(const char *rule, const char *const *words, const char *named)
{
        char why[WHY_BYTES] = "";
        struct call call;

        call_run(&call, words);
        if (call.status != PROTOCOL_USAGE)
                snprintf(why, sizeof(why), "status %d, not %d", call.status, PROTOCOL_USAGE);
        else if (!is_one_line(call.err))
                snprintf(why, sizeof(why), "on standard error is not one line: '%.400s'", call.err);
        else if (!strstr(call.err, named))
                snprintf(why, sizeof(why), "the line does not name '%s': %.400s", named, call.err);
        else if (*call.out || *call.records)
                snprintf(why, sizeof(why), "it printed '%.80s' and recorded '%.80s'", call.out, call.records);
        tap_check(!*why, "bad arguments", rule, why);
        call_free(&call);
}

/* ---- a good call with one change ----------------------------------------------------------------------- */

/* The call of a cell that exists. */
struct good {
        const struct exe *exe;
        const struct cell *cell;
};

/* Does the pair at I give the option or the parameter NAME? */
static bool gives(const struct words *w, size_t i, const char *name)
{
        size_t length = strlen(name);

        if (strcmp(w->at[i], name) == 0)
                return true;
        return strcmp(w->at[i], "--set") == 0 && strncmp(w->at[i + 1], name, length) == 0 &&
               w->at[i + 1][length] == '=';
}

static size_t pair_find(const struct words *w, const char *name)
{
        size_t i = 2;

        while (i < w->count && !gives(w, i, name))
                i += 2;
        return i;
}

/* Without the option or the parameter NAME. */
static void refused_without(const struct good *good, const char *name)
{
        char rule[RULE_BYTES];
        struct words w;
        size_t i;

        words_of_sample(&w, good->exe, good->cell);
        i = pair_find(&w, name);
        memmove(&w.at[i], &w.at[i + 2], (w.count - i - 1) * sizeof(*w.at));
        snprintf(rule, sizeof(rule), "%s missing is refused", name);
        refused(rule, w.at, name);
        words_free(&w);
}

/* With VALUE, in which WORD is the bad one, in place of what the option or the parameter NAME has. */
static void refused_with(const struct good *good, const char *name, const char *value, const char *word)
{
        char rule[RULE_BYTES];
        struct words w;

        words_of_sample(&w, good->exe, good->cell);
        w.at[pair_find(&w, name) + 1] = value;
        snprintf(rule, sizeof(rule), "%s %s is refused", name, word);
        refused(rule, w.at, word);
        words_free(&w);
}

static void refused_value(const struct good *good, const struct param *p, const char *value)
{
        char pair[RULE_BYTES];

        snprintf(pair, sizeof(pair), "%s=%s", p->name, value);
        refused_with(good, p->name, pair, value);
}

/* ---- the changes --------------------------------------------------------------------------------------- */

static void options(const struct good *good)
{
        static const char *const needed[] = { "--runtime", "--workload", "--variant", "--seed", "--out-fd" };

        for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
                refused_without(good, needed[i]);
        for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
                refused_with(good, needed[i], NONESUCH, NONESUCH);
        refused_with(good, "--out-fd", "1000000", "1000000"); /* no such descriptor */
        refused_with(good, "--seed", "-1", "-1");
}

/* A parameter left out, and with what is none of its values. */
static void parameter(const struct good *good, const struct param *p)
{
        char number[32];

        refused_without(good, p->name);
        refused_value(good, p, NONESUCH);
        if (!p->max)
                return;
        snprintf(number, sizeof(number), "%" PRIu64, p->max + 1);
        refused_value(good, p, number);
        if (!p->min)
                return;
        snprintf(number, sizeof(number), "%" PRIu64, p->min - 1);
        refused_value(good, p, number);
}

static void parameters(const struct good *good)
{
        const struct param *const tables[] = { good->cell->workload->params, common_params };
        struct words w;

        for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
                for (const struct param *p = tables[t]; p->name; p++)
                        if (!workload_replaces(good->cell->workload, p))
                                parameter(good, p);
        words_of_sample(&w, good->exe, good->cell);
        words_add(&w, "--set", NONESUCH "=1");
        refused("an unknown parameter is refused", w.at, NONESUCH);
        words_free(&w);
}

static void commands(const struct exe *exe)
{
        refused("no command is refused", (const char *const[]){ exe->path, NULL }, "");
        refused("an unknown command is refused", (const char *const[]){ exe->path, NONESUCH, NULL },
                NONESUCH);
}

/* A cell that is absent is no better than an unknown one: it may not end in a number. */
static void absent_cell(const struct good *good)
{
        const struct exe *exe = good->exe;

        for (size_t i = 0; i < exe->cell_count; i++) {
                const struct cell *c = &exe->cells[i];

                if (c->absent && c->workload == good->cell->workload &&
                    strcmp(c->row, good->cell->row) == 0) {
                        refused_with(good, "--variant", c->variant->name, c->variant->name);
                        return;
                }
        }
}

/* The first cell of W that can be called stands for the others. */
static const struct cell *first_cell(const struct exe *exe, const struct workload *w)
{
        for (size_t i = 0; i < exe->cell_count; i++)
                if (exe->cells[i].workload == w && exe->cells[i].available && exe->cells[i].params)
                        return &exe->cells[i];
        return NULL;
}

void usage_rules(const struct exe *exe)
{
        bool first = true;

        commands(exe);
        for (size_t i = 0; workloads[i]; i++) {
                struct good good = { .exe = exe, .cell = first_cell(exe, workloads[i]) };

                if (!good.cell)
                        continue;
                if (first)
                        options(&good);
                first = false;
                parameters(&good);
                absent_cell(&good);
        }
}
