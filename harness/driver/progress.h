/* SPDX-License-Identifier: MIT */
/* What a long run shows meanwhile: one changing line on a terminal, a plain line now and then elsewhere. */
#ifndef AB_PROGRESS_H
#define AB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
        bool terminal;
        uint64_t start_ns, shown_ns;
        uint64_t expected_ns,
                expected_done_ns; /* by the estimate: all that is to do, and what is done of it */
        size_t samples, done;
        unsigned rounds;
};

/* What the line names. */
struct progress_now {
        const char *workload, *variant, *runtime;
        unsigned round;
        const char *counts; /* "410 ok, 2 failed" */
};

/* Begin with SAMPLES to run in ROUNDS, EXPECTED_NS by the estimate. */
void progress_start(struct progress *p, size_t samples, unsigned rounds, uint64_t expected_ns);

/* Is it time to show something? */
bool progress_due(const struct progress *p);

/* Show where the run is. */
void progress_show(struct progress *p, const struct progress_now *now);

/* A sample has ended that was expected to take EXPECTED_NS. */
void progress_add(struct progress *p, uint64_t expected_ns);

/* Take the changing line away, before something else is printed. */
void progress_clear(const struct progress *p);

#endif
