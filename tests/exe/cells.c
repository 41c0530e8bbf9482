/* SPDX-License-Identifier: MIT */
/* The cells of an executable, and the words that ask for a sample of one. */
#include "tests/exe/exe.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "harness/driver/sweep.h"
#include "harness/sample.h"
#include "harness/traits.h"

/* Long enough for some operations, short enough for a hundred cells in a few seconds. */
static const char *const tiny[] = { "warmup_ms=1", "window_ms=5", "stall_ms=300" };

enum { TINY = sizeof(tiny) / sizeof(*tiny), PARAMS_BYTES = 1024, ERROR_BYTES = 1024 };

/* ---- cells --------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

/* Why the description leaves CELL out, or NULL. */
static const char *absence(const struct exe *exe, const struct cell *cell)
{
        json_t *entry;
        size_t i;

        json_array_foreach(json_object_get(exe->description, "absent"), i, entry)
        {
                if (strcmp(text_of(entry, "runtime"), cell->row) == 0 &&
                    strcmp(text_of(entry, "workload"), cell->workload->name) == 0 &&
                    strcmp(text_of(entry, "variant"), cell->variant->name) == 0)
                        return text_of(entry, "reason");
        }
        return NULL;
}

static unsigned traits_of(const json_t *row)
{
        unsigned bits = 0;
        json_t *word;
        size_t i;

        json_array_foreach(json_object_get(row, "traits"), i, word)
        {
                bits |= trait_of(json_string_value(word));
        }
        return bits;
}

/* Why the workload excludes PARAMS on the cell's row, or NULL. */
static const char *exclusion(const struct cell *cell, const char *params)
{
        char error[ERROR_BYTES];
        struct run *run = run_new(cell->workload, cell->variant, cell->row, params, 0, error, sizeof(error));
        const char *reason;

        if (!run)
                errx(1, "%s: %s", cell->workload->name, error);
        reason = cell->workload->excludes ? cell->workload->excludes(run, cell->traits) : NULL;
        run_free(run);
        return reason;
}

static void choose_params(struct cell *cell)
{
        char text[PARAMS_BYTES], error[ERROR_BYTES];
        struct sweep sweep;

        if (!sweep_make(&sweep, cell->workload, PROFILE_SMOKE, tiny, TINY, 1, error, sizeof(error)))
                errx(1, "%s: %s", cell->workload->name, error);
        for (size_t point = 0; !cell->params && point < sweep_points(&sweep); point++) {
                sweep_text(&sweep, point, true, text, sizeof(text));
                cell->excluded = exclusion(cell, text);
                if (!cell->excluded && !(cell->params = strdup(text)))
                        errx(1, "out of memory");
        }
        sweep_free(&sweep);
}

static void add_cell(struct exe *exe, struct cell cell)
{
        struct cell *more = realloc(exe->cells, (exe->cell_count + 1) * sizeof(*more));

        if (!more)
                errx(1, "out of memory");
        exe->cells = more;
        cell.absent = absence(exe, &cell);
        if (!cell.absent)
                choose_params(&cell);
        more[exe->cell_count++] = cell;
}

static void add_row(struct exe *exe, const json_t *row)
{
        struct cell cell = { .row = text_of(row, "runtime"),
                             .available = json_is_true(json_object_get(row, "available")),
                             .traits = traits_of(row) };

        for (size_t i = 0; (cell.workload = workloads[i]); i++) {
                if (exe->only_workload && exe->only_workload != cell.workload)
                        continue;
                for (cell.variant = cell.workload->variants; cell.variant->name; cell.variant++)
                        if (!exe->only_variant || exe->only_variant == cell.variant)
                                add_cell(exe, cell);
        }
}

void exe_find_cells(struct exe *exe)
{
        json_t *row;
        size_t i;

        json_array_foreach(json_object_get(exe->description, "rows"), i, row)
        {
                if (!exe->only_row || strcmp(exe->only_row, text_of(row, "runtime")) == 0)
                        add_row(exe, row);
        }
}

void exe_free(struct exe *exe)
{
        for (size_t i = 0; i < exe->cell_count; i++)
                free(exe->cells[i].params);
        free(exe->cells);
        json_decref(exe->description);
}

/* ---- words --------------------------------------------------------------------------------------------- */

void words_add(struct words *w, const char *option, const char *value)
{
        if (w->count + 2 >= WORDS_MAX)
                errx(1, "more than %d words in a call", WORDS_MAX);
        w->at[w->count++] = option;
        w->at[w->count++] = value;
        w->at[w->count] = NULL;
}

void words_of_sample(struct words *w, const struct exe *exe, const struct cell *cell)
{
        char *save = NULL;

        *w = (struct words){ .text = strdup(cell->params) };
        if (!w->text)
                errx(1, "out of memory");
        words_add(w, exe->path, "sample");
        words_add(w, "--runtime", cell->row);
        words_add(w, "--workload", cell->workload->name);
        words_add(w, "--variant", cell->variant->name);
        for (char *set = strtok_r(w->text, ";", &save); set; set = strtok_r(NULL, ";", &save))
                words_add(w, "--set", set);
        words_add(w, "--seed", "1");
        words_add(w, "--out-fd", "3");
}

void words_free(struct words *w)
{
        free(w->text);
        *w = (struct words){ 0 };
}
