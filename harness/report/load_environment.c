/* SPDX-License-Identifier: MIT */
/* Reads environment.json: the rows, how they are drawn, and the cells that do not exist here. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "harness/report/data.h"
#include "harness/report/report.h"

static const char *text_of(struct report_data *d, const json_t *object, const char *key)
{
        return arena_intern(&d->arena, json_string_value(json_object_get(object, key)));
}

static bool has_trait(const json_t *row, const char *name)
{
        size_t i;
        json_t *trait;

        json_array_foreach(json_object_get(row, "traits"), i, trait)
        {
                const char *word = json_string_value(trait);

                if (word && strcmp(word, name) == 0)
                        return true;
        }
        return false;
}

/* The rows that may become one column: tasks share a worker and stay on it, over a loop or a ring. */
static bool is_loop(const json_t *row, const char *model)
{
        return has_trait(row, "TASKS_SHARE_WORKER") && !has_trait(row, "TASKS_MIGRATE") &&
               !has_trait(row, "NEVER_SUSPENDS") && (strcasestr(model, "loop") || strcasestr(model, "ring"));
}

static bool valid_colour(const char *colour)
{
        return strlen(colour) == 7 && colour[0] == '#' && strspn(colour + 1, "0123456789abcdefABCDEF") == 6;
}

/* "#0072B2 7": the colour and gnuplot's point type. Anything else leaves the row grey. */
static void load_style(struct report_data *d, struct row *row)
{
        const char *style =
                json_string_value(json_object_get(json_object_get(d->environment, "styles"), row->name));
        char colour[8];
        int point;

        if (!style || sscanf(style, "%7s %d", colour, &point) != 2 || !valid_colour(colour) || point < 1 ||
            point > 99)
                return;
        row->colour = arena_intern(&d->arena, colour);
        row->point = point;
}

static void load_row(struct report_data *d, const json_t *object)
{
        const char *name = json_string_value(json_object_get(object, "runtime"));
        const json_t *available = json_object_get(object, "available");
        struct row *row;
        size_t index;

        if (!name)
                return;
        index = data_row(d, name); /* may move the rows */
        row = &d->rows[index];
        row->described = true;
        row->version = text_of(d, object, "version");
        row->model = text_of(d, object, "model");
        row->effort = text_of(d, object, "effort");
        row->reason = text_of(d, object, "reason");
        row->remedy = text_of(d, object, "remedy");
        row->released = (int)json_integer_value(json_object_get(object, "released"));
        row->available = !available || json_is_true(available);
        row->never_suspends = has_trait(object, "NEVER_SUSPENDS");
        row->own_threads = !row->never_suspends && !has_trait(object, "TASKS_SHARE_WORKER");
        row->native = has_trait(object, "NATIVE");
        row->loop = is_loop(object, row->model);
        load_style(d, row);
}

/* The row that costs least to believe stands first: rows that never suspend, then the rest as described. */
static void load_rows(struct report_data *d)
{
        json_t *rows = json_object_get(d->environment, "runtimes"), *row;
        size_t i;

        json_array_foreach(rows, i, row)
        {
                if (has_trait(row, "NEVER_SUSPENDS"))
                        load_row(d, row);
        }
        json_array_foreach(rows, i, row)
        {
                if (!has_trait(row, "NEVER_SUSPENDS"))
                        load_row(d, row);
        }
}

static void load_gaps(struct report_data *d, const char *key, struct gaps *gaps)
{
        size_t i;
        json_t *gap;

        json_array_foreach(json_object_get(d->environment, key), i, gap)
                gaps_add(gaps, (struct gap){ text_of(d, gap, "runtime"), text_of(d, gap, "workload"),
                                             text_of(d, gap, "variant"), text_of(d, gap, "params"),
                                             text_of(d, gap, "reason") });
}

int load_environment(struct report_data *d, char *error, size_t error_bytes)
{
        char path[4096];
        json_error_t why;

        snprintf(path, sizeof(path), "%s/environment.json", d->dir);
        d->environment = json_load_file(path, 0, &why);
        if (!json_is_object(d->environment)) {
                snprintf(error, error_bytes, "%s: %s", path, d->environment ? "not a JSON object" : why.text);
                return REPORT_BAD_INPUT;
        }
        load_rows(d);
        load_gaps(d, "absent", &d->absent);
        load_gaps(d, "left_out", &d->left_out);
        return 0;
}
