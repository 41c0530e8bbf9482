/* SPDX-License-Identifier: MIT */
/* The record of one run: look-ups, and the order in which it is read. */
#include "harness/report/data.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/report.h"
#include "harness/report/spool.h"
#include "harness/report/text.h"

static const char AA_SUFFIX[] = "-aa";

const char *status_word(enum status status)
{
        static const char *const words[STATUS_COUNT] = {
                [STATUS_NOT_RUN] = "not_run",   [STATUS_OK] = "ok",
                [STATUS_INVALID] = "invalid",   [STATUS_FAILED] = "failed",
                [STATUS_DEADLOCK] = "deadlock", [STATUS_STALLED] = "stalled",
                [STATUS_TIMEOUT] = "timeout",   [STATUS_OOM] = "oom",
                [STATUS_SKIPPED] = "skipped",
        };

        return words[status];
}

static uint32_t find_row(const struct report_data *d, const char *name, size_t length)
{
        uint32_t i = 0;

        while (i < d->row_count &&
               (strlen(d->rows[i].name) != length || memcmp(d->rows[i].name, name, length) != 0))
                i++;
        return i;
}

/* Rows are few, but cells hold their indexes: a second name is resolved only when all are known. */
uint32_t data_row(struct report_data *d, const char *name)
{
        uint32_t at = find_row(d, name, strlen(name));

        if (at < d->row_count)
                return at;
        d->rows = array_grow(d->rows, d->row_count, &d->row_capacity, sizeof(*d->rows));
        d->rows[d->row_count++] = (struct row){
                .name = arena_intern(&d->arena, name),
                .version = "",
                .model = "",
                .effort = "",
                .reason = "",
                .remedy = "",
                .available = true,
                .colour = "#555555",
                .point = 6,
        };
        return at;
}

static void resolve_second_names(struct report_data *d)
{
        for (size_t i = 0; i < d->row_count; i++) {
                struct row *row = &d->rows[i];
                size_t length = strlen(row->name), suffix = sizeof(AA_SUFFIX) - 1;
                uint32_t base;

                if (length <= suffix || strcmp(row->name + length - suffix, AA_SUFFIX) != 0)
                        continue;
                base = find_row(d, row->name, length - suffix);
                if (base == d->row_count)
                        continue;
                row->same_as = &d->rows[base];
                row->version = row->same_as->version;
                row->effort = row->same_as->effort;
                row->released = row->same_as->released;
                row->colour = row->same_as->colour;
                row->point = row->same_as->point;
        }
}

struct cell *data_cell(const struct report_data *d, uint32_t group, const struct variant *v, uint32_t row)
{
        for (uint32_t i = d->groups[group].cells; i; i = d->cells[i - 1].next)
                if (d->cells[i - 1].variant == v && d->cells[i - 1].row == row)
                        return &d->cells[i - 1];
        return NULL;
}

struct sample *data_sample(const struct report_data *d, uint32_t order)
{
        size_t low = 0, high = d->sample_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (d->samples[middle].order < order)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < d->sample_count && d->samples[low].order == order ? &d->samples[low] : NULL;
}

const struct sample *cell_sample(const struct report_data *d, const struct cell *c, size_t i)
{
        return &d->samples[d->by_cell[c->first + i]];
}

const char *const counting_metrics[] = { "syscalls_per_op", "failed_syscalls_per_op", "enters_per_op",
                                         "submissions_per_op", NULL };

const struct sample *cell_counting(const struct report_data *d, const struct cell *c)
{
        return c->counting ? &d->samples[c->counting - 1] : NULL;
}

double cell_counted(const struct report_data *d, const struct cell *c, const char *name)
{
        const struct sample *s = cell_counting(d, c);

        for (size_t i = 0; s && s->status == STATUS_OK && s->shape && i < s->shape->n; i++)
                if (strcmp(s->shape->field[i].name, name) == 0)
                        return s->values[i];
        return NAN;
}

double sample_number(const struct sample *s, const char *name)
{
        for (size_t i = 0; s->shape && i < s->shape->n; i++)
                if (s->shape->field[i].name == name)
                        return s->values[i];
        return NAN;
}

double sample_value(const struct sample *s, const char *name)
{
        return s->status == STATUS_OK ? sample_number(s, name) : NAN;
}

size_t cell_values(const struct report_data *d, const struct cell *c, const char *name, double *values)
{
        size_t n = 0;

        for (size_t i = 0; i < c->planned; i++) {
                double value = sample_value(cell_sample(d, c, i), name);

                if (!isnan(value))
                        values[n++] = value;
        }
        return n;
}

double sample_operations(const struct sample *s)
{
        for (size_t i = 0; s->shape && i < s->shape->n; i++)
                if (s->shape->field[i].exact && strcmp(s->shape->field[i].name, "operations") == 0)
                        return s->values[i];
        return NAN;
}

bool data_has_workload(const struct report_data *d, const char *name)
{
        for (size_t i = 0; i < d->group_count; i++)
                if (strcmp(d->groups[i].workload->name, name) == 0)
                        return true;
        return false;
}

void gaps_add(struct gaps *gaps, struct gap gap)
{
        for (size_t i = 0; i < gaps->n; i++) {
                const struct gap *g = &gaps->item[i];

                if (g->runtime == gap.runtime && g->workload == gap.workload && g->variant == gap.variant &&
                    g->params == gap.params)
                        return;
        }
        gaps->item = array_grow(gaps->item, gaps->n, &gaps->capacity, sizeof(*gaps->item));
        gaps->item[gaps->n++] = gap;
}

const char *environment_text(struct report_data *d, const char *key)
{
        const json_t *value = json_object_get(d->environment, key);
        char buf[NUMBER_BYTES];

        if (json_is_string(value))
                return json_string_value(value);
        if (json_is_number(value))
                return arena_intern(&d->arena, number_shortest(buf, json_number_value(value)));
        return "";
}

const char *environment_sanitizer(struct report_data *d)
{
        const char *name = environment_text(d, "sanitizer");

        return *name ? name : environment_text(d, "sanitize");
}

/* The samples of each cell stand together, in round order: samples are ordered already, so counting
 * is enough, unless a later round comes first, which the plan never does. */
static void index_cells(struct report_data *d)
{
        uint32_t at = 0;

        d->by_cell = arena_alloc(&d->arena, (d->sample_count + 1) * sizeof(*d->by_cell));
        for (size_t i = 0; i < d->cell_count; i++) {
                d->cells[i].first = at;
                at += d->cells[i].planned;
                d->cells[i].planned = 0;
        }
        for (size_t i = 0; i < d->sample_count; i++) {
                struct cell *c = &d->cells[d->samples[i].cell];

                if (d->samples[i].round == 0)
                        c->counting = (uint32_t)i + 1;
                else
                        d->by_cell[c->first + c->planned++] = (uint32_t)i;
        }
}

int data_load(struct report_data *d, const char *dir, const struct workload *const *tables, char *error,
              size_t error_bytes)
{
        int rc;

        *d = (struct report_data){ .dir = dir, .workloads = tables, .torn = -1 };
        rc = load_environment(d, error, error_bytes);
        if (rc == REPORT_OK)
                rc = load_schedule(d, error, error_bytes);
        if (rc != REPORT_OK)
                return rc;
        resolve_second_names(d);
        index_cells(d);
        return load_journal(d, error, error_bytes);
}

void data_free(struct report_data *d)
{
        json_decref(d->environment);
        spool_close(d->spool);
        free(d->rows);
        free(d->groups);
        free(d->cells);
        free(d->samples);
        free(d->attempts);
        free(d->absent.item);
        free(d->left_out.item);
        arena_free(&d->arena);
        *d = (struct report_data){ 0 };
}
