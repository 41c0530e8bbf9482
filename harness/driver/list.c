/* SPDX-License-Identifier: MIT */
/* `asyncbench list`. */
#include "harness/driver/list.h"

#include <stdio.h>
#include <string.h>

#include "workloads/workload.h"

static const char *role_word(enum role role)
{
        static const char *const words[] = { "mistake", "fix", "baseline", "alternative" };

        return words[role];
}

/* Text, or null for none. */
static json_t *text_or_null(const char *text)
{
        return text && *text ? json_string(text) : json_null();
}

static json_t *runtimes_json(const struct names *names)
{
        json_t *list = json_array();

        for (size_t i = 0; i < names->count; i++) {
                const struct row *row = &names->rows[i];

                json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:b, s:o}", "name", row->name, "model",
                                                      text_or_null(row->model), "version",
                                                      text_or_null(row->version), "available", !row->reason,
                                                      "reason", text_or_null(row->reason)));
        }
        return list;
}

static void add_cell(json_t *list, const struct workload *w, const struct variant *v, const struct row *row,
                     bool absent_only)
{
        const char *reason = names_absence(row, w->name, v->name);

        if (absent_only && !reason)
                return;
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "workload", w->name, "variant",
                                        v->name, "runtime", row->name, "role", role_word(v->role),
                                        "available", !reason, "reason", text_or_null(reason)));
}

static void print_json(const struct names *names, bool absent_only)
{
        json_t *cells = json_array(), *all;

        for (size_t i = 0; workloads[i]; i++)
                for (const struct variant *v = workloads[i]->variants; v->name; v++)
                        for (size_t k = 0; k < names->count; k++)
                                add_cell(cells, workloads[i], v, &names->rows[k], absent_only);
        all = json_pack("{s:o, s:o}", "runtimes", runtimes_json(names), "cells", cells);
        json_dumpf(all, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(all);
}

static void print_runtimes(const struct names *names)
{
        int name = 0, version = 0;

        for (size_t i = 0; i < names->count; i++) {
                int length = (int)strlen(names->rows[i].name);

                name = length > name ? length : name;
                length = (int)strlen(names->rows[i].version);
                version = length > version ? length : version;
        }
        for (size_t i = 0; i < names->count; i++) {
                const struct row *row = &names->rows[i];

                printf("%-*s  %-*s  %s%s%s%s\n", name, row->name, version, row->version,
                       row->reason ? "absent: " : row->model, row->reason ? row->reason : "",
                       row->reason && *row->remedy ? "; " : "", row->reason ? row->remedy : "");
        }
}

/* The rows that have the variant, in one line. */
static void print_rows(const struct names *names, const struct workload *w, const struct variant *v)
{
        for (size_t i = 0; i < names->count; i++)
                printf(" %s", names_absence(&names->rows[i], w->name, v->name) ? "-" : names->rows[i].name);
        putchar('\n');
}

static void print_absent(const struct names *names, const struct workload *w, const struct variant *v)
{
        for (size_t i = 0; i < names->count; i++) {
                const char *reason = names_absence(&names->rows[i], w->name, v->name);

                if (reason)
                        printf("%s/%s on %s: %s\n", w->name, v->name, names->rows[i].name, reason);
        }
}

static void print_workload(const struct names *names, const struct workload *w)
{
        printf("\n%s: %s\n", w->name, w->question);
        for (const struct variant *v = w->variants; v->name; v++) {
                printf("  %-24s %-12s", v->name, role_word(v->role));
                print_rows(names, w, v);
        }
}

bool list_print(const struct names *names, bool json, bool absent_only)
{
        if (json)
                print_json(names, absent_only);
        else if (!absent_only)
                print_runtimes(names);
        for (size_t i = 0; !json && workloads[i]; i++)
                if (!absent_only)
                        print_workload(names, workloads[i]);
                else
                        for (const struct variant *v = workloads[i]->variants; v->name; v++)
                                print_absent(names, workloads[i], v);
        return fflush(stdout) == 0 && !ferror(stdout);
}
