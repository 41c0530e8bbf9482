/* SPDX-License-Identifier: MIT */
/* When the messages of an open loop are due: planned from the seed alone, the same for every server. */
#ifndef AB_ARRIVALS_H
#define AB_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

/* The arrivals of one thread: of all planned ones those whose number modulo `threads` is `index`. */
struct arrivals {
        uint64_t state;           /* of the random numbers */
        uint64_t start_ns, drawn; /* all that are planned so far, the other threads' too */
        double after_ns, mean_ns; /* of the last one: the time after start_ns */
        bool fixed;
        unsigned threads, skip;
};

/* RATE_PER_S over all THREADS, from time START_NS on. FIXED: evenly spaced, else exponential gaps (a Poisson process,
 * which falls into step with nothing periodic: RFC 2330, 11.1.1). */
void arrivals_init(struct arrivals *a, uint64_t seed, uint64_t rate_per_s, bool fixed, uint64_t start_ns,
                   unsigned threads, unsigned index);

/* The time of the next one, in ns. */
uint64_t arrivals_next(struct arrivals *a);

#endif
