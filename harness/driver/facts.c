/* SPDX-License-Identifier: MIT */
/* What scripts found about the sources, from the CSV files beside the executables: for the record of a run. */
#include "harness/driver/facts.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 5, LINE_BYTES = 512 };

/* Cut LINE at its commas. False when there are not as many fields as there have to be. */
static bool fields_of(char *line, char *fields[FIELDS])
{
        size_t n = 0;

        line[strcspn(line, "\n")] = '\0';
        for (char *at = line; at; n++) {
                char *comma = strchr(at, ',');

                if (n == FIELDS)
                        return false;
                fields[n] = at;
                if (comma)
                        *comma++ = '\0';
                at = comma;
        }
        return n == FIELDS;
}

static json_t *member(json_t *object, const char *key)
{
        json_t *value = json_object_get(object, key);

        if (!value) {
                value = json_object();
                json_object_set_new(object, key, value);
        }
        return value;
}

json_t *facts_load(const char *directory, const char *name)
{
        char path[PATH_MAX], line[LINE_BYTES], subject[LINE_BYTES], *fields[FIELDS];
        json_t *all = json_object();
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        f = fopen(path, "re");
        if (!f)
                return all;
        while (fgets(line, sizeof(line), f)) {
                if (!fields_of(line, fields) || strcmp(fields[0], "workload") == 0)
                        continue;
                snprintf(subject, sizeof(subject), "%s/%s", fields[0], fields[1]);
                json_object_set_new(member(member(all, subject), fields[2]), fields[3],
                                    json_string(fields[4]));
        }
        fclose(f);
        return all;
}
