/* SPDX-License-Identifier: MIT */
/* Reads journal.jsonl: what came of each planned sample, and which attempts count. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/journal.h"
#include "harness/report/data.h"
#include "harness/report/outputs.h"
#include "harness/report/report.h"
#include "harness/report/spool.h"

enum { JOURNAL_SCHEMA = 1, KEY_BYTES = 64 * 1024, MOST_FIELDS = 1024 };

struct loading {
        struct report_data *d;
        size_t records, hint; /* hint: the attempt that was asked for last */
        int result;           /* enum report_result, when the reading stops */
        char why[512];        /* what stopped the reading */
        char key[KEY_BYTES];
        struct field fields[MOST_FIELDS];
        double values[MOST_FIELDS];
};

static const char *string_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

static const char *intern_of(struct loading *l, const json_t *object, const char *key)
{
        return arena_intern(&l->d->arena, json_string_value(json_object_get(object, key)));
}

static uint32_t number_of(const json_t *object, const char *key)
{
        json_int_t value = json_integer_value(json_object_get(object, key));

        return value < 0 || value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static int __attribute__((format(printf, 2, 3))) stop(struct loading *l, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vsnprintf(l->why, sizeof(l->why), format, ap);
        va_end(ap);
        return 1;
}

/* ---- the first line, resumes and the end */

static int cannot_write(struct loading *l, int why)
{
        stop(l, "histograms cannot be kept: %s", strerror(why));
        return l->result = REPORT_CANNOT_WRITE;
}

static int check_crc(struct loading *l, const json_t *record, const char *key, const char *name)
{
        const char *told = string_of(record, key);
        char path[PATH_MAX], now[9];
        unsigned crc;
        int rc;

        snprintf(path, sizeof(path), "%s/%s", l->d->dir, name);
        rc = file_crc(path, &crc);
        if (rc != 0)
                return stop(l, "%s: %s", name, strerror(-rc));
        snprintf(now, sizeof(now), "%08x", crc);
        if (*told && strcmp(told, now) != 0)
                return stop(l, "%s is not the one of this journal: its CRC-32C is %s, not %s", name, now,
                            told);
        return 0;
}

static int load_run(struct loading *l, const json_t *record)
{
        struct report_data *d = l->d;

        if (number_of(record, "schema") != JOURNAL_SCHEMA)
                return stop(l, "schema %u, this version reads %d", number_of(record, "schema"),
                            JOURNAL_SCHEMA);
        d->run = intern_of(l, record, "run");
        d->profile = intern_of(l, record, "profile");
        d->seed = intern_of(l, record, "seed");
        d->reference = intern_of(l, record, "reference");
        d->started = intern_of(l, record, "started_utc");
        d->rounds = number_of(record, "rounds");
        return check_crc(l, record, "environment_crc", "environment.json") ||
               check_crc(l, record, "schedule_crc", "schedule.csv");
}

/* ---- attempts */

static struct attempt *attempt_of(struct loading *l, uint32_t round, uint32_t group)
{
        struct report_data *d = l->d;
        size_t i = l->hint;

        /* Samples come in the order of the plan, so it is nearly always this one or the next. */
        while (i < d->attempt_count && i < l->hint + 2) {
                if (d->attempts[i].round == round && d->attempts[i].group == group)
                        return &d->attempts[l->hint = i];
                i++;
        }
        for (i = d->attempt_count; i-- > 0;)
                if (d->attempts[i].round == round && d->attempts[i].group == group)
                        return &d->attempts[l->hint = i];
        d->attempts = array_grow(d->attempts, d->attempt_count, &d->attempt_capacity, sizeof(*d->attempts));
        l->hint = d->attempt_count++;
        d->attempts[l->hint] = (struct attempt){ .round = round, .group = group, .reason = "" };
        return &d->attempts[l->hint];
}

static int load_group(struct loading *l, const json_t *record)
{
        uint32_t number = number_of(record, "group"), attempt = number_of(record, "attempt");

        for (uint32_t g = 0; g < l->d->group_count; g++) {
                struct attempt *a;

                if (l->d->groups[g].number != number)
                        continue;
                a = attempt_of(l, number_of(record, "round"), g);
                if (attempt > a->last)
                        a->last = attempt;
                if (attempt < a->judged)
                        continue;
                a->judged = attempt;
                a->unfit = strcmp(string_of(record, "result"), "ok") != 0;
                a->reason = intern_of(l, record, "reason");
        }
        return 0;
}

/* ---- one sample */

static int parse_status(const char *word)
{
        for (int i = 0; i < STATUS_COUNT; i++)
                if (strcmp(word, status_word((enum status)i)) == 0)
                        return i;
        return -1;
}

static uint8_t parse_outcome(const char *word)
{
        static const char *const words[] = { [OUTCOME_COMPLETED] = "completed",
                                             [OUTCOME_DEADLOCK] = "deadlock",
                                             [OUTCOME_STALLED] = "stalled",
                                             [OUTCOME_EITHER] = "either" };

        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
                if (strcmp(word, words[i]) == 0)
                        return (uint8_t)i;
        return OUTCOME_NONE;
}

static size_t add_fields(struct loading *l, const json_t *list, size_t n, bool exact)
{
        size_t i, value_at = exact ? 1 : 2;
        json_t *item;

        json_array_foreach(list, i, item)
        {
                const json_t *value = json_array_get(item, value_at);

                if (n == MOST_FIELDS)
                        break;
                l->fields[n] = (struct field){
                        .name = arena_intern(&l->d->arena, json_string_value(json_array_get(item, 0))),
                        .unit = arena_intern(&l->d->arena,
                                             exact ? "count" : json_string_value(json_array_get(item, 1))),
                        .exact = exact,
                };
                l->values[n++] = json_is_number(value) ? json_number_value(value) : NAN;
        }
        return n;
}

static const struct shape *find_shape(struct loading *l, size_t n)
{
        struct report_data *d = l->d;
        const char *key;
        struct shape *shape;
        size_t at = 0;

        for (size_t i = 0; i < n && at < KEY_BYTES; i++)
                at += (size_t)snprintf(l->key + at, KEY_BYTES - at, "%s\x1f%s\x1e", l->fields[i].name,
                                       l->fields[i].unit);
        key = arena_intern(&d->arena, l->key);
        for (shape = d->shapes; shape; shape = shape->next)
                if (shape->key == key)
                        return shape;
        shape = arena_alloc(&d->arena, sizeof(*shape) + n * sizeof(*shape->field));
        shape->next = d->shapes;
        shape->key = key;
        shape->n = n;
        memcpy(shape->field, l->fields, n * sizeof(*shape->field));
        return d->shapes = shape;
}

static void load_numbers(struct loading *l, const json_t *record, struct sample *s)
{
        size_t n = add_fields(l, json_object_get(record, "metrics"), 0, false);
        double *values;

        n = add_fields(l, json_object_get(record, "counts"), n, true);
        s->shape = NULL;
        if (n == 0)
                return;
        s->shape = find_shape(l, n);
        values = arena_alloc(&l->d->arena, n * sizeof(*values));
        memcpy(values, l->values, n * sizeof(*values));
        s->values = values;
}

static const char *load_knobs(struct loading *l, const json_t *record)
{
        size_t i, at = 0;
        json_t *knob;

        l->key[0] = '\0';
        json_array_foreach(json_object_get(record, "knobs"), i, knob)
        {
                const char *name = json_string_value(json_array_get(knob, 0));
                const char *value = json_string_value(json_array_get(knob, 1));

                if (!name || !value || at + strlen(name) + strlen(value) + 3 > KEY_BYTES)
                        continue;
                at += (size_t)snprintf(l->key + at, KEY_BYTES - at, "%s\x1f%s\x1e", name, value);
        }
        return arena_intern(&l->d->arena, l->key);
}

/* The first text of a cell stands for it, and goes when its sample is superseded. */
static void keep_note(struct loading *l, struct note *note, uint32_t sample, const json_t *record,
                      const char *key)
{
        const char *text = string_of(record, key);

        if (note->text && note->sample != sample)
                return;
        note->sample = sample;
        note->text = *text ? arena_intern(&l->d->arena, text) : NULL;
}

static int load_histograms(struct loading *l, const json_t *record, uint32_t sample)
{
        struct report_data *d = l->d;
        size_t i;
        json_t *histogram;

        json_array_foreach(json_object_get(record, "histograms"), i, histogram)
        {
                struct spool_entry e = { .sample = sample,
                                         .attempt = d->samples[sample].attempt,
                                         .name = intern_of(l, histogram, "name") };
                int rc = spool_add(d->spool, e, histogram);

                if (rc == -EINVAL)
                        return stop(l, "sample %u: histogram %s is not one", d->samples[sample].order,
                                    e.name);
                if (rc != 0)
                        return cannot_write(l, -rc);
        }
        return 0;
}

static bool same_cell(const struct loading *l, const struct sample *s, const json_t *record)
{
        const struct cell *c = &l->d->cells[s->cell];

        return strcmp(string_of(record, "workload"), l->d->groups[c->group].workload->name) == 0 &&
               strcmp(string_of(record, "variant"), c->variant->name) == 0 &&
               strcmp(string_of(record, "runtime"), l->d->rows[c->row].name) == 0;
}

static int load_sample(struct loading *l, const json_t *record)
{
        struct sample *s = data_sample(l->d, number_of(record, "order"));
        uint32_t attempt = number_of(record, "attempt"), index;
        int status = parse_status(string_of(record, "status"));
        struct attempt *group;
        struct cell *c;

        if (!s || !same_cell(l, s, record))
                return stop(l, "sample %u is not the one of schedule.csv", number_of(record, "order"));
        if (status < 0)
                return stop(l, "sample %u has the unknown status '%s'", s->order,
                            string_of(record, "status"));
        c = &l->d->cells[s->cell];
        group = attempt_of(l, s->round, c->group);
        if (attempt > group->last)
                group->last = attempt;
        if (s->attempt)
                l->d->superseded++;
        if (attempt < s->attempt)
                return 0;
        index = (uint32_t)(s - l->d->samples);
        s->attempt = attempt;
        s->status = (uint8_t)status;
        s->outcome = parse_outcome(string_of(record, "outcome"));
        s->expected = parse_outcome(string_of(record, "expected"));
        s->cpu_ns = (uint64_t)json_integer_value(json_object_get(record, "cpu_ns"));
        s->reason = intern_of(l, record, "reason");
        s->knobs = load_knobs(l, record);
        keep_note(l, &c->evidence, index, record, "evidence");
        keep_note(l, &c->diagnosis, index, record, "diagnosis");
        keep_note(l, &c->remedy, index, record, "remedy");
        load_numbers(l, record, s);
        return load_histograms(l, record, index);
}

static int load_record(void *arg, const json_t *record)
{
        struct loading *l = arg;
        struct report_data *d = l->d;
        const char *what = string_of(record, "record");

        if (l->records++ == 0)
                return strcmp(what, "run") == 0 ? load_run(l, record)
                                                : stop(l, "its first line is not a run record");
        if (strcmp(what, "sample") == 0)
                return load_sample(l, record);
        if (strcmp(what, "group") == 0)
                return load_group(l, record);
        if (strcmp(what, "resume") == 0) {
                d->end = NULL;
                d->resumes++;
                return 0;
        }
        if (strcmp(what, "end") == 0) {
                d->end = intern_of(l, record, "result");
                d->environment_changed = intern_of(l, record, "environment_changed");
                return 0;
        }
        return stop(l, "unknown record '%s'", what);
}

/* ---- which of them count */

static void forget(struct report_data *d, uint32_t index, const char *reason)
{
        struct sample *s = &d->samples[index];
        struct cell *c = &d->cells[s->cell];
        struct note *const notes[] = { &c->evidence, &c->diagnosis, &c->remedy };

        for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
                if (notes[i]->sample == index)
                        notes[i]->text = NULL;
        s->status = STATUS_NOT_RUN;
        s->outcome = OUTCOME_NONE;
        s->reason = reason;
        s->shape = NULL;
        s->attempt = 0;
}

static const char *not_run_reason(struct report_data *d)
{
        if (!d->end)
                return arena_intern(&d->arena, "interrupted");
        return strcmp(d->end, "complete") == 0 ? arena_intern(&d->arena, "no record") : d->end;
}

/* Times of a group's part that was judged unfit are no times; how a sample ended stays true. */
static void settle(struct loading *l)
{
        struct report_data *d = l->d;
        const char *missing = not_run_reason(d);

        for (uint32_t i = 0; i < d->sample_count; i++) {
                struct sample *s = &d->samples[i];
                struct cell *c = &d->cells[s->cell];
                const struct attempt *a = attempt_of(l, s->round, c->group);

                if (s->attempt && s->attempt < a->last)
                        d->superseded++;
                if (!s->attempt || s->attempt < a->last)
                        forget(d, i, missing);
                else if (a->unfit && a->judged == a->last && s->status == STATUS_OK) {
                        s->status = STATUS_INVALID;
                        s->reason = *a->reason ? a->reason : arena_intern(&d->arena, "its group was unfit");
                }
                c->statuses[s->status] += s->round > 0;
        }
}

static int read_all(struct loading *l, char *error, size_t error_bytes)
{
        char path[PATH_MAX];
        int rc;

        snprintf(path, sizeof(path), "%s/journal.jsonl", l->d->dir);
        rc = journal_read(path, load_record, l, &l->d->torn, l->why, sizeof(l->why));
        if (rc == 0 && l->records == 0)
                rc = stop(l, "empty");
        if (rc != 0)
                snprintf(error, error_bytes, "%s: %s", path, l->why);
        return rc == 0 ? REPORT_OK : l->result;
}

int load_journal(struct report_data *d, char *error, size_t error_bytes)
{
        struct loading *l = arena_alloc(&d->arena, sizeof(*l));
        int rc;

        l->d = d;
        l->result = REPORT_BAD_INPUT;
        d->spool = spool_open(d->dir);
        if (!d->spool) {
                snprintf(error, error_bytes, "%s: %s", d->dir, strerror(errno));
                return REPORT_CANNOT_WRITE;
        }
        rc = read_all(l, error, error_bytes);
        if (rc != REPORT_OK)
                return rc;
        settle(l);
        rc = spool_seal(d->spool);
        if (rc == 0)
                return REPORT_OK;
        snprintf(error, error_bytes, "%s: %s", d->dir, strerror(-rc));
        return REPORT_CANNOT_WRITE;
}
