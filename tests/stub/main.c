/* SPDX-License-Identifier: MIT */
/* The two calls of the made-up runtime: what it says about itself, and the words that ask for a sample. */
#include "tests/stub/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stub stub = { .out_fd = -1 };

/* ---- describe ------------------------------------------------------------------------------------------- */

static int describe(void)
{
        printf("{\"protocol\": 1, \"name\": \"stub\", \"rows\": [");
        for (int i = 0; stub_rows[i].name; i++)
                printf("%s{\"runtime\": \"%s\", \"version\": \"1\", \"released\": 2020, \"model\": \"made "
                       "up\", "
                       "\"effort\": \"as-documented\", \"traits\": [], \"available\": true, \"reason\": "
                       "null, "
                       "\"remedy\": null, \"timer_granularity_ns\": 1, \"card\": "
                       "{\"threads\": \"one\", \"buffers\": \"none\", \"placement\": \"anywhere\", "
                       "\"idiom_from\": \"nowhere\", \"differs\": \"in everything\"}, \"mistakes\": [], "
                       "\"knobs\": []}",
                       i ? ", " : "", stub_rows[i].name);
        printf("], \"absent\": []}\n");
        return 0;
}

static void find_directory(void)
{
        ssize_t n = readlink("/proc/self/exe", stub.directory, sizeof(stub.directory) - 1);

        stub.directory[n < 0 ? 0 : n] = '\0';
        *strrchr(stub.directory, '/') = '\0';
}

/* ---- arguments ------------------------------------------------------------------------------------------ */

/* What the cell takes; all are needed. */
static struct {
        const char *name;
        unsigned long min, max;
        int all; /* the word `all` is a value, too */
        unsigned *into;
        int given;
} params[] = {
        { "tasks", 1, 10000, 0, NULL, 0 },
        { "workers", 1, 64, 1, NULL, 0 },
        { "hold_ns", 0, 1000000, 0, NULL, 0 },
        { "burst", 1, 1000000, 1, NULL, 0 },
        { "stall_ms", 200, 600000, 0, NULL, 0 },
        { "warmup_ms", 0, 60000, 0, &stub.warmup_ms, 0 },
        { "window_ms", 1, 600000, 0, &stub.window_ms, 0 },
};

/* The options, each needed once; --set beside them. */
static struct {
        const char *name, *value;
} options[] = {
        { "--runtime", NULL }, { "--workload", NULL }, { "--variant", NULL },
        { "--seed", NULL },    { "--out-fd", NULL },
};

enum {
        PARAMS = sizeof(params) / sizeof(*params),
        OPTIONS = sizeof(options) / sizeof(*options),
        ROW = 0,
        WORKLOAD,
        VARIANT,
        SEED,
        OUT_FD,
};

static int refuse(const char *what, const char *word)
{
        fprintf(stderr, "asyncbench-stub: %s %s\n", what, word);
        return 64;
}

/* 0 when TEXT is a number of digits only, up to MAX. */
static int read_number(const char *text, unsigned long max, unsigned long *number)
{
        if (!*text || text[strspn(text, "0123456789")])
                return -1;
        errno = 0;
        *number = strtoul(text, NULL, 10);
        return errno || *number > max ? -1 : 0;
}

static int take_param(const char *pair)
{
        size_t length = strcspn(pair, "=");
        const char *text = pair + length + (pair[length] == '=');
        unsigned long number = 0;

        for (int i = 0; i < PARAMS; i++) {
                if (strncmp(pair, params[i].name, length) != 0 || params[i].name[length])
                        continue;
                if ((!params[i].all || strcmp(text, "all") != 0) &&
                    (read_number(text, params[i].max, &number) || number < params[i].min))
                        return refuse("bad value", pair);
                if (params[i].into)
                        *params[i].into = (unsigned)number;
                params[i].given = 1;
                return 0;
        }
        return refuse("unknown parameter", pair);
}

static int take_option(const char *name, const char *value)
{
        if (strcmp(name, "--set") == 0)
                return take_param(value);
        for (int i = 0; i < OPTIONS; i++)
                if (strcmp(name, options[i].name) == 0) {
                        options[i].value = value;
                        return 0;
                }
        return refuse("unknown option", name);
}

static int find_missing(void)
{
        for (int i = 0; i < OPTIONS; i++)
                if (!options[i].value)
                        return refuse("missing:", options[i].name);
        for (int i = 0; i < PARAMS; i++)
                if (!params[i].given)
                        return refuse("missing:", params[i].name);
        return 0;
}

static int check_options(void)
{
        unsigned long number;

        if (strcmp(options[WORKLOAD].value, "mutex") != 0)
                return refuse("unknown workload", options[WORKLOAD].value);
        if (strcmp(options[VARIANT].value, "sync") != 0)
                return refuse("unknown variant", options[VARIANT].value);
        if (read_number(options[SEED].value, ULONG_MAX, &number))
                return refuse("bad seed", options[SEED].value);
        if (read_number(options[OUT_FD].value, INT_MAX, &number) || fcntl((int)number, F_GETFD) < 0)
                return refuse("bad descriptor", options[OUT_FD].value);
        stub.out_fd = (int)number;
        return 0;
}

/* 0 when ARGV asks for a sample. */
static int take_arguments(int argc, char **argv)
{
        int status = 0;

        if (argc < 2 || strcmp(argv[1], "sample") != 0)
                return refuse("unknown command", argc < 2 ? "" : argv[1]);
        if (argc % 2)
                return refuse("without a value:", argv[argc - 1]);
        for (int i = 2; i < argc && status == 0; i += 2)
                status = take_option(argv[i], argv[i + 1]);
        if (status == 0)
                status = find_missing();
        return status ? status : check_options();
}

int main(int argc, char **argv)
{
        int status;

        find_directory();
        if (argc == 2 && strcmp(argv[1], "describe") == 0)
                return describe();
        status = take_arguments(argc, argv);
        if (status)
                return status;
        for (int i = 0; stub_rows[i].name; i++)
                if (strcmp(options[ROW].value, stub_rows[i].name) == 0)
                        return stub_rows[i].run();
        return refuse("unknown row", options[ROW].value);
}
