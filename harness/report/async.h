/* SPDX-License-Identifier: MIT */
/* A thread for each connection beside the loops, as connections grow. */
#ifndef AB_REPORT_ASYNC_H
#define AB_REPORT_ASYNC_H

#include "harness/report/curves.h"

/* Level = at most the smallest effect that matters behind; the interval decides where there is one, else the median. */
enum level {
        LEVEL_UNKNOWN, /* one of them has no number, or was limited by the client */
        LEVEL_HOLDS,
        LEVEL_UNRESOLVED,
        LEVEL_BEHIND,
};

/* One number of connections. */
struct async_point {
        double connections;
        uint32_t group;
        const struct cell *threads,
                *best;                  /* best = the loop with the highest median rate here; NULL = none */
        struct measure rate, tail, cpu; /* of threads, against it */
        enum level level;
};

struct async_view {
        const struct workload *w; /* NULL: not in this run */
        const struct variant *v;
        const struct row *threads; /* NULL: no row whose connections have a thread each was measured */
        struct curve_view curve;
        size_t n;
        struct async_point points[CURVE_MOST_POINTS];
};

/* Look it up. There is something to compare when n > 0. */
struct async_view async_view(const struct analysis *a);

/* The names of its metrics. */
extern const char ASYNC_TAIL[], ASYNC_CPU[];

/* Do connections share a thread on ROW, which is a row of its own and of the same effort as the threads of VIEW? */
bool async_is_loop(const struct async_view *view, const struct row *row);

/* Write plots/NAME.dat and plots/NAME.gp: a panel per metric, threads against the band of all loops. *panels = 0 and no file
 * when there are fewer than two numbers of connections. 0 or -errno. */
int async_write(const struct analysis *a, const struct async_view *view, const char *name,
                const char *const title[3], struct outputs *o, size_t *panels);

#endif
