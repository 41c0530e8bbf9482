/* SPDX-License-Identifier: MIT */
/* The protocol of harness/protocol.h, put to any executable in any language. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/driver/tree.h"
#include "harness/nearest.h"
#include "harness/protocol.h"
#include "tests/exe/exe.h"

#define PREFIX "asyncbench-"

static const char usage[] =
        "contract_test: usage: contract_test --exe PATH [--row ROW] [--only WORKLOAD[/VARIANT]]";

static bool refuse(const char *line)
{
        fprintf(stderr, "%s\n", line);
        return false;
}

/* WORD is no WHAT of the table whose COUNT names are KNOWN. */
static bool refuse_unknown(const char *what, const char *word, const char *const *known, size_t count)
{
        char near[512];

        fprintf(stderr, "contract_test: unknown %s '%s'%s\n", what, word,
                nearest_words(word, known, count, near, sizeof(near)));
        return false;
}

static bool take_variant(struct exe *exe, const char *name)
{
        const char *known[64];
        size_t count = 0;

        exe->only_variant = workload_variant(exe->only_workload, name);
        for (const struct variant *v = exe->only_workload->variants; v->name && count < 64; v++)
                known[count++] = v->name;
        return exe->only_variant || refuse_unknown("variant", name, known, count);
}

/* TEXT is WORKLOAD or WORKLOAD/VARIANT. */
static bool take_only(struct exe *exe, char *text)
{
        char *slash = strchr(text, '/');
        const char *known[64];
        size_t count = 0;

        if (slash)
                *slash = '\0';
        exe->only_workload = workload_find(text);
        for (; workloads[count] && count < 64; count++)
                known[count] = workloads[count]->name;
        if (!exe->only_workload)
                return refuse_unknown("workload", text, known, count);
        return !slash || take_variant(exe, slash + 1);
}

static bool take_path(struct exe *exe, const char *path)
{
        const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;

        exe->path = path;
        exe->name = file + strlen(PREFIX);
        if (strncmp(file, PREFIX, strlen(PREFIX)) == 0 && *exe->name)
                return true;
        fprintf(stderr, "contract_test: '%s' is not named " PREFIX "NAME, which says what its rows are\n",
                file);
        return false;
}

static bool take_arguments(struct exe *exe, int argc, char **argv)
{
        bool good = argc % 2 == 1 || refuse(usage);

        for (int i = 1; good && i < argc; i += 2) {
                if (strcmp(argv[i], "--exe") == 0)
                        good = take_path(exe, argv[i + 1]);
                else if (strcmp(argv[i], "--row") == 0)
                        exe->only_row = argv[i + 1];
                else if (strcmp(argv[i], "--only") == 0)
                        good = take_only(exe, argv[i + 1]);
                else
                        good = refuse(usage);
        }
        return good && (exe->path || refuse(usage));
}

int main(int argc, char **argv)
{
        struct exe exe = { 0 };
        int status;

        if (!take_arguments(&exe, argc, argv))
                return PROTOCOL_USAGE;
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (tree_adopt_orphans() < 0)
                perror("contract_test: cannot adopt what samples leave behind");
        if (describe_rules(&exe)) {
                exe_find_cells(&exe);
                tap_check(exe.cell_count > 0, "describe", "has what was asked for", "it has no such row");
                usage_rules(&exe);
                sample_rules(&exe);
        }
        status = tap_finish();
        exe_free(&exe);
        return status;
}
