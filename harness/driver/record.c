/* SPDX-License-Identifier: MIT */
/* Where every block stands. */
#include "harness/driver/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/journal.h"

bool record_make(struct record *r, const struct plan *plan)
{
        *r = (struct record){ .plan = plan, .blocks = calloc(plan->block_count + 1, sizeof(*r->blocks)) };
        return r->blocks;
}

void record_free(struct record *r)
{
        free(r->blocks);
        r->blocks = NULL;
}

static void begin_attempt(struct block_state *b, unsigned attempt)
{
        b->attempt = (uint16_t)attempt;
        b->result = BLOCK_OPEN;
        b->unexpected = 0;
        memset(b->statuses, 0, sizeof(b->statuses));
}

void record_begin(struct record *r, size_t i)
{
        begin_attempt(&r->blocks[i], r->blocks[i].attempt + 1u);
}

void record_sample(struct record *r, size_t i, enum judged status, bool as_expected)
{
        r->blocks[i].statuses[status]++;
        r->blocks[i].unexpected += !as_expected;
}

struct record_totals record_totals(const struct record *r)
{
        struct record_totals t = { .not_run = r->plan->sample_count };

        for (size_t i = 0; i < r->plan->block_count; i++) {
                const struct block_state *b = &r->blocks[i];

                for (int s = 0; s < JUDGED_COUNT; s++) {
                        *(b->result == BLOCK_INVALID ? &t.invalid : &t.statuses[s]) += b->statuses[s];
                        t.not_run -= b->statuses[s];
                }
                t.unexpected += b->unexpected;
        }
        return t;
}

const char *record_counts(const struct record_totals *t, char *text, size_t bytes)
{
        size_t used = 0;

        text[0] = '\0';
        for (int s = 0; s < JUDGED_COUNT && used < bytes; s++)
                if (t->statuses[s])
                        used += (size_t)snprintf(text + used, bytes - used, "%s%zu %s", used ? ", " : "",
                                                 t->statuses[s], judge_word((enum judged)s));
        if (t->invalid && used < bytes)
                snprintf(text + used, bytes - used, "%s%zu invalid", used ? ", " : "", t->invalid);
        return text;
}

/* ---- from a journal ------------------------------------------------------------------------------ */

struct loader {
        struct record *record;
        struct record_run *run;
        size_t at; /* the block of the last line */
        char *error;
        size_t error_bytes;
};

static int refuse(struct loader *l, const char *what)
{
        snprintf(l->error, l->error_bytes, "line %zu %s", l->run->lines, what);
        return -1;
}

/* The block of this round and group, or NULL. Most lines are of the block of the line before. */
static struct block_state *find(struct loader *l, json_int_t round, json_int_t group)
{
        const struct plan *plan = l->record->plan;

        for (size_t n = 0; n < plan->block_count; n++) {
                const struct block *b = &plan->blocks[l->at];

                if (b->round == round && plan->selection->groups[b->group].number == group)
                        return &l->record->blocks[l->at];
                l->at = (l->at + 1) % plan->block_count;
        }
        return NULL;
}

static int load_run(struct loader *l, const json_t *record)
{
        const char *environment, *schedule;

        if (json_unpack((json_t *)record, "{s:s, s:s}", "environment_crc", &environment, "schedule_crc",
                        &schedule) < 0)
                return refuse(l, "is no run record");
        l->run->environment_crc = (unsigned)strtoul(environment, NULL, 16);
        l->run->schedule_crc = (unsigned)strtoul(schedule, NULL, 16);
        return 0;
}

static int load_sample(struct loader *l, const json_t *record)
{
        json_int_t round, group, attempt;
        const char *word;
        int expected, status = 0;
        struct block_state *b;

        if (json_unpack((json_t *)record, "{s:I, s:I, s:I, s:s, s:b}", "round", &round, "group", &group,
                        "attempt", &attempt, "status", &word, "as_expected", &expected) < 0)
                return refuse(l, "is no sample record");
        while (status < JUDGED_COUNT && strcmp(word, judge_word((enum judged)status)) != 0)
                status++;
        if (!(b = find(l, round, group)) || status == JUDGED_COUNT)
                return refuse(l, "is of another plan");
        if (attempt > b->attempt)
                begin_attempt(b, (unsigned)attempt);
        b->statuses[status]++;
        b->unexpected += !expected;
        return 0;
}

static int load_group(struct loader *l, const json_t *record)
{
        json_int_t round, group;
        const char *result;
        struct block_state *b;

        if (json_unpack((json_t *)record, "{s:I, s:I, s:s}", "round", &round, "group", &group, "result",
                        &result) < 0 ||
            !(b = find(l, round, group)))
                return refuse(l, "is of another plan");
        if (strcmp(result, "again") == 0)
                b->again++;
        else
                b->result = strcmp(result, "ok") == 0 ? BLOCK_OK : BLOCK_INVALID;
        return 0;
}

static int load_line(void *arg, const json_t *record)
{
        struct loader *l = arg;
        const char *kind = json_string_value(json_object_get(record, "record"));

        l->run->lines++;
        if (l->run->lines == 1)
                return load_run(l, record);
        if (strcmp(kind, "sample") == 0)
                return load_sample(l, record);
        if (strcmp(kind, "group") == 0)
                return load_group(l, record);
        return 0;
}

int record_load(struct record *r, const char *path, struct record_run *run, long *torn, char *error,
                size_t error_bytes)
{
        struct loader l = { .record = r, .run = run, .error = error, .error_bytes = error_bytes };

        *run = (struct record_run){ 0 };
        if (journal_read(path, load_line, &l, torn, error, error_bytes) < 0)
                return -1;
        if (!run->lines) {
                snprintf(error, error_bytes, "has no line that is whole");
                return -1;
        }
        /* What a group left without a verdict is run again as a whole. */
        for (size_t i = 0; i < r->plan->block_count; i++)
                if (r->blocks[i].result == BLOCK_OPEN)
                        begin_attempt(&r->blocks[i], r->blocks[i].attempt);
        return 0;
}
