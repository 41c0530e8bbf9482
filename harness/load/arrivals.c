/* SPDX-License-Identifier: MIT */
/* Planned arrivals: gaps from splitmix64 by the inverse of their distribution. */
#include "harness/load/arrivals.h"

#include <math.h>

/* Steele, Lea and Flood, OOPSLA 2014. */
static uint64_t random_next(uint64_t *state)
{
        uint64_t z = *state += 0x9e3779b97f4a7c15;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
}

void arrivals_init(struct arrivals *a, uint64_t seed, uint64_t rate_per_s, bool fixed, uint64_t start_ns,
                   unsigned threads, unsigned index)
{
        *a = (struct arrivals){ .state = seed,
                                .start_ns = start_ns,
                                .mean_ns = 1e9 / (double)rate_per_s,
                                .fixed = fixed,
                                .threads = threads,
                                .skip = index };
}

/* Times are kept from the start on: a double of the clock itself, which counts from the boot, would round each gap to
 * nanoseconds after some months. The uniform number lies in (0, 1] and has 53 bits: its logarithm is finite. */
static void draw(struct arrivals *a)
{
        double u = (double)((random_next(&a->state) >> 11) + 1) * 0x1p-53;

        a->drawn++;
        a->after_ns = a->fixed ? (double)a->drawn * a->mean_ns : a->after_ns - log(u) * a->mean_ns;
}

uint64_t arrivals_next(struct arrivals *a)
{
        for (unsigned i = 0; i <= a->skip; i++)
                draw(a);
        a->skip = a->threads - 1;
        return a->start_ns + (uint64_t)a->after_ns;
}
