/* SPDX-License-Identifier: MIT */
/* The rows: runtimes.json says which exist, each executable says the rest about itself. */
#include "harness/driver/names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/driver/capture.h"
#include "harness/protocol.h"
#include "harness/traits.h"

enum { DESCRIBE_BYTES = 4 * 1024 * 1024, DESCRIBE_MS = 5000 };

int names_directory(char *path, size_t bytes)
{
        const char *given = getenv("AB_LIBEXEC");
        ssize_t n;
        char *slash;

        if (given) {
                snprintf(path, bytes, "%s", given);
                return 0;
        }
        n = readlink("/proc/self/exe", path, bytes - 1);
        if (n < 0)
                return -errno;
        path[n] = '\0';
        slash = strrchr(path, '/');
        if (slash)
                *slash = '\0';
        return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

/* Keep TEXT as long as the names live. */
static const char *keep(struct names *names, const char *text)
{
        json_t *string = json_string(text);

        return json_array_append_new(names->keep, string) == 0 ? json_string_value(string) : "";
}

/* What the executable PATH says about itself, or NULL with why not in ERROR. */
static json_t *describe(struct names *names, const char *path, char *error, size_t error_bytes)
{
        char *argv[] = { (char *)path, (char *)"describe", NULL }, *text;
        int status = capture_run(argv, DESCRIBE_BYTES, DESCRIBE_MS, &text, error, error_bytes);
        json_t *described = status == 0 ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

        free(text);
        if (status > 0)
                snprintf(error, error_bytes, "status %d", status);
        if (status == 0 && !json_is_array(json_object_get(described, "rows")))
                snprintf(error, error_bytes, "no JSON object with rows");
        else if (status == 0 &&
                 json_integer_value(json_object_get(described, "protocol")) != PROTOCOL_VERSION)
                snprintf(error, error_bytes, "it speaks another version of the protocol than %d",
                         PROTOCOL_VERSION);
        else if (status == 0 && json_array_append_new(names->keep, described) == 0)
                return described;
        else if (status == 0)
                return NULL;
        json_decref(described);
        return NULL;
}

static const json_t *described_row(const json_t *described, const char *name)
{
        json_t *row;
        size_t i;

        json_array_foreach(json_object_get(described, "rows"), i,
                           row) if (strcmp(text_of(row, "runtime"), name) == 0) return row;
        return NULL;
}

/* Fill ROW from what its executable said about it. */
static void fill_described(struct row *row, const json_t *described)
{
        const char *reason;
        json_t *trait;
        size_t i;

        row->described = described_row(described, row->name);
        row->absent = json_object_get(described, "absent");
        if (!row->described) {
                row->reason = "its executable does not know this row";
                return;
        }
        row->model = text_of(row->described, "model");
        row->version = text_of(row->described, "version");
        row->remedy = text_of(row->described, "remedy");
        json_array_foreach(json_object_get(row->described, "traits"), i, trait) row->traits |=
                trait_of(json_string_value(trait));
        reason = text_of(row->described, "reason");
        if (!json_is_true(json_object_get(row->described, "available")))
                row->reason = *reason ? reason : "it says it is not available";
}

static int add_executable(struct names *names, const char *path)
{
        char **more = realloc(names->executables, (names->executable_count + 1) * sizeof(*more));

        if (!more)
                return -1;
        names->executables = more;
        more[names->executable_count++] = (char *)path;
        return 0;
}

static int add_row(struct names *names, struct row row, const json_t *described)
{
        struct row *more = realloc(names->rows, (names->count + 1) * sizeof(*more));

        if (!more)
                return -1;
        names->rows = more;
        if (described)
                fill_described(&row, described);
        more[names->count++] = row;
        return 0;
}

/* One entry of runtimes.json: an executable with its rows. */
static int add_runtime(struct names *names, const char *directory, const json_t *entry)
{
        const char *file = text_of(entry, "name"), *path = NULL, *reason = text_of(entry, "reason");
        json_t *described = NULL, *name;
        char text[PATH_MAX], answer[128] = "", why[256];
        size_t i;

        if (json_is_true(json_object_get(entry, "built"))) {
                snprintf(text, sizeof(text), "%s/asyncbench-%s", directory, file);
                path = keep(names, text);
                described = describe(names, path, answer, sizeof(answer));
                snprintf(why, sizeof(why), "asyncbench-%s does not describe itself: %s", file, answer);
                if (add_executable(names, path) < 0)
                        return -1;
        } else {
                snprintf(why, sizeof(why), "not built: %s", *reason ? reason : "no reason given");
        }
        json_array_foreach(json_object_get(entry, "rows"), i, name)
        {
                const char *style = json_string_value(json_array_get(json_object_get(entry, "styles"), i));
                struct row row = { .name = json_string_value(name),
                                   .executable = described ? path : NULL,
                                   .reason = described ? NULL : keep(names, why),
                                   .remedy = text_of(entry, "remedy"),
                                   .style = style ? style : "",
                                   .model = "",
                                   .version = "" };

                if (row.name && add_row(names, row, described) < 0)
                        return -1;
        }
        return 0;
}

static const char *find_counter(struct names *names, const char *directory)
{
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/asyncbench-syscalls", directory);
        return access(path, X_OK) == 0 ? keep(names, path) : NULL;
}

int names_load(struct names *names, const char *directory, char *error, size_t error_bytes)
{
        char path[PATH_MAX];
        json_t *table, *entry;
        json_error_t why;
        size_t i;

        *names = (struct names){ .keep = json_array() };
        snprintf(path, sizeof(path), "%s/runtimes.json", directory);
        table = json_load_file(path, 0, &why);
        if (!json_is_array(json_object_get(table, "runtimes"))) {
                snprintf(error, error_bytes, "%s: %s", path, table ? "no table of runtimes" : why.text);
                json_decref(table);
                return -1;
        }
        json_array_append_new(names->keep, table);
        names->counter = find_counter(names, directory);
        json_array_foreach(json_object_get(table, "runtimes"), i,
                           entry) if (add_runtime(names, directory, entry) < 0)
        {
                snprintf(error, error_bytes, "out of memory");
                return -1;
        }
        return 0;
}

void names_free(struct names *names)
{
        free(names->rows);
        free(names->executables);
        json_decref(names->keep);
        *names = (struct names){ 0 };
}

const struct row *names_find(const struct names *names, const char *name)
{
        for (size_t i = 0; i < names->count; i++)
                if (strcmp(names->rows[i].name, name) == 0)
                        return &names->rows[i];
        return NULL;
}

const char *names_absence(const struct row *row, const char *workload, const char *variant)
{
        json_t *cell;
        size_t i;

        if (row->reason)
                return row->reason;
        json_array_foreach(row->absent, i, cell) if (strcmp(text_of(cell, "runtime"), row->name) == 0 &&
                                                     strcmp(text_of(cell, "workload"), workload) == 0 &&
                                                     strcmp(text_of(cell, "variant"), variant) ==
                                                             0) return text_of(cell, "reason");
        return NULL;
}
