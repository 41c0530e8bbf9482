/* SPDX-License-Identifier: MIT */
/* The parameter sets of one workload: every combination of its parameters' values. */
#ifndef AB_SWEEP_H
#define AB_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/driver/request.h"
#include "workloads/workload.h"

/* A parameter with the values that it takes in this run, the headline first, none twice. */
struct axis {
        const struct param *param;
        char **values; /* ends at NULL */
        size_t count;
        bool curve; /* its further values belong to a curve of the workload */
        bool shown; /* of the workload, or a common one that the user set: stands in the results' params */
};

struct sweep {
        const struct workload *workload;
        struct axis *axes; /* sorted by name */
        size_t count;
};

/* The sweep of W in PROFILE, with the user's SETS ("tasks=1,4") in place of the profile's values; those
 * that name none of W's parameters are passed over. `workers=all` becomes WORKERS. False, with one
 * line in ERROR, when a value is none. */
bool sweep_make(struct sweep *s, const struct workload *w, enum profile profile, const char *const *sets,
                size_t set_count, unsigned workers, char *error, size_t error_bytes);
void sweep_free(struct sweep *s);

/* The number of combinations; combination 0 is the headline. */
size_t sweep_points(const struct sweep *s);

/* The parameter whose curve POINT is on, or NULL: one that has not its headline value. */
const char *sweep_curve(const struct sweep *s, size_t point);

/* Is POINT to be run? A curve leaves the grid at the headline: everything else has its headline value there. */
bool sweep_runs(const struct sweep *s, size_t point);

/* Combination POINT as "burst=64;tasks=1", sorted; ALL = with the common parameters that are not shown. */
void sweep_text(const struct sweep *s, size_t point, bool all, char *text, size_t bytes);

/* POINT with the parameters in the comma list IGNORED (or NULL) at their headline value: points that differ
 * only in what is ignored come out equal. */
size_t sweep_canonical(const struct sweep *s, size_t point, const char *ignored);

/* The number that parameter NAME has at POINT; 0 when it has none. */
unsigned sweep_number(const struct sweep *s, size_t point, const char *name);

#endif
