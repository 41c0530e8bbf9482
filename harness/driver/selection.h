/* SPDX-License-Identifier: MIT */
/* What a run consists of: groups with their members, and why every other cell is not in it. */
#ifndef AB_SELECTION_H
#define AB_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/driver/child.h"
#include "harness/driver/names.h"
#include "harness/driver/request.h"
#include "workloads/workload.h"

/* A variant on a row, in the first ROUNDS rounds of its group, and in round 0 when its system calls are counted. */
struct member {
        const struct variant *variant;
        const struct row *row;
        bool again; /* the reference row a second time, as ROW-aa */
        bool hangs; /* expected not to complete */
        bool counted;
        unsigned rounds;
};

/* One workload with one parameter set. Members of a row stand together, in the order of the tables. */
struct group {
        const struct workload *workload;
        unsigned number;   /* from 1 */
        bool headline;     /* the parameter set that verdicts are about */
        const char *curve; /* the parameter whose curve it is on, where little is run; NULL: on the grid */
        char *params;      /* as the results show it */
        char *all_params;  /* with the common ones */
        struct child_limits limits;
        unsigned tasks, workers, connections; /* of its parameters; 0 = it has no such one, or a word */
        struct member *members;
        size_t count;
};

/* A cell that is not planned, or (with PARAMS) a combination that its workload leaves out. */
struct gap {
        const struct workload *workload;
        const struct variant *variant;
        const struct row *row;
        char *params; /* NULL: the whole cell */
        char *reason;
};

struct selection {
        struct group *groups;
        size_t count;
        struct gap *absent, *left_out;
        size_t absent_count, left_out_count;
        const struct row *reference; /* NULL when no row can run */
        char common[256];            /* the common parameters at their values, "stall_ms=1000;..." */
        unsigned rounds;
        size_t comparisons;     /* priced mistake/fix pairs x rows at headline parameter sets */
        size_t row_comparisons; /* rows against the reference row, where they are ranked and get a verdict */
};

/* Look up everything that R asks for among NAMES; WORKERS = what `workers=all` means. False, with one line in
 * ERROR that names the wrong word and the nearest right ones. An absent row that is asked for by name is a
 * line on standard error, not an error. */
bool selection_make(struct selection *s, const struct request *r, const struct names *names, unsigned workers,
                    char *error, size_t error_bytes);
void selection_free(struct selection *s);

#endif
