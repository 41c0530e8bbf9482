/* SPDX-License-Identifier: MIT */
/* Whether a sample had enough values for a tail quantile to be printed. */
#include "harness/report/tails.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/spool.h"

enum { FEWEST_ABOVE = 10, ENOUGH_ABOVE = 100 };

/* "acquire_wait_p999_ns", "acquire_wait_p99_9_ns": 0.999, and *digits where the digits begin, *rest what follows them. */
static double quantile_of(const char *name, const char **digits, const char **rest)
{
        for (const char *at = strstr(name, "_p"); at; at = strstr(at + 1, "_p")) {
                const char *end = at + 2;
                double q = 0, place = 1;

                for (; isdigit((unsigned char)*end);
                     end += end[1] == '_' && isdigit((unsigned char)end[2]) ? 2 : 1)
                        q += (*end - '0') * (place /= 10);
                if (end > at + 2 && (*end == '_' || *end == '\0')) {
                        *digits = at;
                        *rest = end;
                        return q;
                }
        }
        return NAN;
}

/* The number of values in the histogram NAME of sample S; 0 without one. */
static uint64_t values_in(struct report_data *d, uint32_t s, const char *name)
{
        size_t first, n = spool_find(d->spool, s, &first);

        for (size_t i = 0; i < n; i++) {
                struct spool_entry e;
                const struct spool_bucket *buckets;

                if (spool_get(d->spool, first + i, &e, &buckets) == 0 && e.name == name &&
                    e.attempt == d->samples[s].attempt)
                        return e.count;
        }
        return 0;
}

enum tail tail_of(struct report_data *d, const struct cell *c, const char *name)
{
        const char *digits = name, *rest = name, *histogram;
        double q = quantile_of(name, &digits, &rest), fewest = INFINITY;
        char stem[256];

        if (isnan(q))
                return TAIL_NONE;
        snprintf(stem, sizeof(stem), "%.*s%s", (int)(digits - name), name, rest);
        histogram = arena_intern(&d->arena, stem);
        for (size_t i = 0; i < c->planned; i++)
                if (cell_sample(d, c, i)->status == STATUS_OK)
                        fewest = fmin(fewest,
                                      (1 - q) * (double)values_in(d, d->by_cell[c->first + i], histogram));
        if (!(fewest >= FEWEST_ABOVE - 1e-6))
                return TAIL_TOO_FEW;
        return fewest >= ENOUGH_ABOVE - 1e-6 ? TAIL_ENOUGH : TAIL_FLAGGED;
}
