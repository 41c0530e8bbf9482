/* SPDX-License-Identifier: MIT */
/* Reads schedule.csv: every planned sample, and the cells that were not planned. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/data.h"
#include "harness/report/report.h"

enum { RECORD_BYTES = 16 * 1024, MOST_COLUMNS = 64 };

enum column { ORDER, ROUND, GROUP, WORKLOAD, VARIANT, RUNTIME, PARAMS, SEED, PLANNED, REASON, COLUMNS };

static const char *const column_names[COLUMNS] = { "order",   "round",  "group", "workload", "variant",
                                                   "runtime", "params", "seed",  "planned",  "reason" };

/* One line of the file as it is read: RFC 4180, so a quoted field may hold commas and line ends. */
struct record {
        FILE *file;
        unsigned line;
        char text[RECORD_BYTES];
        size_t length, fields;
        const char *field[MOST_COLUMNS];
};

static bool put(struct record *r, char c)
{
        if (r->length == RECORD_BYTES)
                return false;
        r->text[r->length++] = c;
        return true;
}

/* The characters of a field, without its quotes; *after = what ended it: ',', '\n' or EOF. */
static bool read_field(struct record *r, int *after)
{
        bool quoted = false;
        int c;

        while ((c = getc(r->file)) != EOF) {
                if (c == '\n')
                        r->line++;
                if (c == '"') {
                        int next = quoted ? getc(r->file) : 0;

                        if (next == '"') {
                                if (!put(r, '"'))
                                        return false;
                                continue;
                        }
                        if (quoted && next != EOF)
                                ungetc(next, r->file);
                        quoted = !quoted;
                        continue;
                }
                if (!quoted && (c == ',' || c == '\n'))
                        break;
                if (!put(r, (char)c))
                        return false;
        }
        *after = c;
        return !quoted && put(r, '\0');
}

/* 1 = a record, 0 = end of file, -1 = not CSV or too long. */
static int read_record(struct record *r)
{
        int after = ',';

        r->length = r->fields = 0;
        while (after == ',') {
                if (r->fields == MOST_COLUMNS)
                        return -1;
                r->field[r->fields++] = r->text + r->length;
                if (!read_field(r, &after))
                        return -1;
        }
        return after != EOF || r->length > 1;
}

struct schedule {
        struct report_data *d;
        struct record record;
        size_t columns, at[COLUMNS]; /* where each column stands: further ones may come between */
        char *error;
        size_t error_bytes;
};

static int bad(struct schedule *s, const char *what, const char *word)
{
        snprintf(s->error, s->error_bytes, "%s/schedule.csv line %u: %s%s%s", s->d->dir, s->record.line, what,
                 *word ? ": " : "", word);
        return REPORT_BAD_INPUT;
}

static const char *get(const struct schedule *s, enum column column)
{
        return s->record.field[s->at[column]];
}

static int read_header(struct schedule *s)
{
        if (read_record(&s->record) != 1)
                return bad(s, "no header", "");
        s->columns = s->record.fields;
        for (size_t c = 0; c < COLUMNS; c++) {
                size_t i = 0;

                while (i < s->columns && strcmp(s->record.field[i], column_names[c]) != 0)
                        i++;
                if (i == s->columns)
                        return bad(s, "no column", column_names[c]);
                s->at[c] = i;
        }
        return 0;
}

static int read_number(struct schedule *s, enum column column, uint32_t *number)
{
        const char *text = get(s, column);
        char *end;
        unsigned long value;

        errno = 0;
        value = strtoul(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || errno || value > UINT32_MAX)
                return bad(s, column_names[column], text);
        *number = (uint32_t)value;
        return 0;
}

static const struct workload *find_workload(const struct report_data *d, const char *name)
{
        for (size_t i = 0; d->workloads[i]; i++)
                if (strcmp(d->workloads[i]->name, name) == 0)
                        return d->workloads[i];
        return NULL;
}

static const struct variant *find_variant(const struct workload *w, const char *name)
{
        for (const struct variant *v = w->variants; v->name; v++)
                if (strcmp(v->name, name) == 0)
                        return v;
        return NULL;
}

static uint32_t group_index(struct report_data *d, const struct workload *w, uint32_t number)
{
        for (size_t i = d->group_count; i-- > 0;)
                if (d->groups[i].number == number && d->groups[i].workload == w)
                        return (uint32_t)i;
        d->groups = array_grow(d->groups, d->group_count, &d->group_capacity, sizeof(*d->groups));
        d->groups[d->group_count] = (struct group){ .workload = w, .number = number, .params = "" };
        return (uint32_t)d->group_count++;
}

static struct cell *cell_add(struct report_data *d, uint32_t group, const struct variant *v, uint32_t row,
                             const char *params)
{
        struct group *g = &d->groups[group];
        struct cell *c;

        d->cells = array_grow(d->cells, d->cell_count, &d->cell_capacity, sizeof(*d->cells));
        c = &d->cells[d->cell_count++];
        *c = (struct cell){ .group = group,
                            .row = row,
                            .next = g->cells,
                            .variant = v,
                            .params = arena_intern(&d->arena, params) };
        g->cells = (uint32_t)d->cell_count;
        if (strlen(params) > strlen(g->params))
                g->params = c->params;
        return c;
}

static int add_planned(struct schedule *s, const struct workload *w, const struct variant *v)
{
        struct report_data *d = s->d;
        struct sample sample = {
                .outcome = OUTCOME_NONE, .expected = OUTCOME_NONE, .reason = "", .knobs = ""
        };
        uint32_t number, group, row;
        struct cell *c;

        if (read_number(s, ORDER, &sample.order) || read_number(s, ROUND, &sample.round) ||
            read_number(s, GROUP, &number))
                return REPORT_BAD_INPUT;
        if (d->sample_count && d->samples[d->sample_count - 1].order >= sample.order)
                return bad(s, "order does not rise", get(s, ORDER));
        row = data_row(d, get(s, RUNTIME));
        group = group_index(d, w, number);
        c = data_cell(d, group, v, row);
        if (!c)
                c = cell_add(d, group, v, row, get(s, PARAMS));
        c->planned++;
        sample.cell = (uint32_t)(c - d->cells);
        d->samples = array_grow(d->samples, d->sample_count, &d->sample_capacity, sizeof(*d->samples));
        d->samples[d->sample_count++] = sample;
        return 0;
}

static void add_absent(struct schedule *s)
{
        struct arena *a = &s->d->arena;

        gaps_add(&s->d->absent,
                 (struct gap){ arena_intern(a, get(s, RUNTIME)), arena_intern(a, get(s, WORKLOAD)),
                               arena_intern(a, get(s, VARIANT)), arena_intern(a, ""),
                               arena_intern(a, get(s, REASON)) });
}

/* "variant 'asink' is unknown; lock has sync, async": *has lists the words, each after a comma. */
static int unknown(struct schedule *s, enum column column, const char *owner, const char *has)
{
        char text[512];

        snprintf(text, sizeof(text), "%s '%.60s' is unknown; %s has%.400s", column_names[column],
                 get(s, column), owner, has);
        return bad(s, text, "");
}

static void append(char list[400], const char *name)
{
        size_t n = strlen(list);

        snprintf(list + n, 400 - n, "%s %s", n ? "," : "", name);
}

static int unknown_workload(struct schedule *s)
{
        char has[400] = "";

        for (size_t i = 0; s->d->workloads[i]; i++)
                append(has, s->d->workloads[i]->name);
        return unknown(s, WORKLOAD, "this version", has);
}

static int unknown_variant(struct schedule *s, const struct workload *w)
{
        char has[400] = "";

        for (const struct variant *v = w->variants; v->name; v++)
                append(has, v->name);
        return unknown(s, VARIANT, w->name, has);
}

static int add_record(struct schedule *s)
{
        const struct workload *w;
        const struct variant *v;

        if (s->record.fields != s->columns)
                return bad(s, "not as many fields as columns", "");
        w = find_workload(s->d, get(s, WORKLOAD));
        if (!w)
                return unknown_workload(s);
        v = find_variant(w, get(s, VARIANT));
        if (!v)
                return unknown_variant(s, w);
        if (strcmp(get(s, PLANNED), "1") == 0)
                return add_planned(s, w, v);
        add_absent(s);
        return 0;
}

static size_t position(const struct report_data *d, const struct workload *w)
{
        size_t i = 0;

        while (d->workloads[i] != w)
                i++;
        return i;
}

static int compare_groups(const void *left, const void *right, void *arg)
{
        const struct report_data *d = arg;
        const struct group *a = &d->groups[*(const uint32_t *)left],
                           *b = &d->groups[*(const uint32_t *)right];
        size_t at_a = position(d, a->workload), at_b = position(d, b->workload);

        if (at_a != at_b)
                return at_a < at_b ? -1 : 1;
        return a->number < b->number ? -1 : a->number > b->number;
}

static void order_groups(struct report_data *d)
{
        d->group_order = arena_alloc(&d->arena, (d->group_count + 1) * sizeof(*d->group_order));
        for (size_t i = 0; i < d->group_count; i++)
                d->group_order[i] = (uint32_t)i;
        qsort_r(d->group_order, d->group_count, sizeof(*d->group_order), compare_groups, d);
}

int load_schedule(struct report_data *d, char *error, size_t error_bytes)
{
        char path[PATH_MAX];
        struct schedule s = { .d = d, .record.line = 1, .error = error, .error_bytes = error_bytes };
        int result, more = 1;

        snprintf(path, sizeof(path), "%s/schedule.csv", d->dir);
        s.record.file = fopen(path, "re");
        if (!s.record.file) {
                snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
                return REPORT_BAD_INPUT;
        }
        result = read_header(&s);
        while (result == 0 && (more = read_record(&s.record)) == 1)
                result = add_record(&s);
        if (result == 0 && more < 0)
                result = bad(&s, "not CSV, or a line that is too long", "");
        if (result == 0 && ferror(s.record.file))
                result = bad(&s, "cannot be read", strerror(errno));
        fclose(s.record.file);
        if (result == 0)
                order_groups(d);
        return result;
}
