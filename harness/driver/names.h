/* SPDX-License-Identifier: MIT */
/* The runtime rows that this build knows, which of them can run here, and why the others cannot. */
#ifndef AB_NAMES_H
#define AB_NAMES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct row {
        const char *name;            /* "epoll" */
        const char *executable;      /* path of the program whose row it is; NULL when it is not built */
        const char *reason;          /* NULL: it can run; else why not */
        const char *remedy;          /* what would help, or "" */
        const char *style;           /* "#0072B2 7", or "" */
        const char *model, *version; /* "" while unknown */
        unsigned traits;             /* enum trait */
        const json_t *described;     /* its object of `describe`, or NULL */
        const json_t *absent;        /* the executable's list of cells that do not exist, or NULL */
};

struct names {
        struct row *rows; /* in the order of the build's table */
        size_t count;
        char **executables; /* the paths that are built */
        size_t executable_count;
        const char *counter; /* path of asyncbench-syscalls; NULL when it is not there */
        json_t *keep;        /* owns every string above */
};

/* Read DIRECTORY/runtimes.json and ask every executable that is built to describe itself. A row of an
 * executable that does not answer is known and cannot run. 0, or -1 with one line in ERROR. */
int names_load(struct names *names, const char *directory, char *error, size_t error_bytes);
void names_free(struct names *names);

/* The row NAME, or NULL. */
const struct row *names_find(const struct names *names, const char *name);

/* NULL: the cell exists and can run here; else why not. */
const char *names_absence(const struct row *row, const char *workload, const char *variant);

/* The directory of the executables: AB_LIBEXEC, else where this program lies. Into PATH. 0 or -errno. */
int names_directory(char *path, size_t bytes);

#endif
