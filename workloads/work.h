/* SPDX-License-Identifier: MIT */
/* Work for the processor that is known to have been done: its result is also to be had without it. */
#ifndef AB_WORK_H
#define AB_WORK_H

#include <stdint.h>

/*
 * Work is a number of steps of run_work() from a seed, whose result is also to be had at once by run_work_result(): so
 * a sample's checksum is compared with the serial one, and no time is spent on it.
 */
enum { WORK_MEMORY_WORDS = 1 << 20 }; /* 8 MiB: more than a core's own caches */

/* What a step does beside: nothing, a dependent load, or it is a microsecond of sleep. */
enum work_kind { WORK_CPU, WORK_MEMORY, WORK_SLEEP };

struct work {
        enum work_kind kind;
        uint64_t *ones; /* memory: words of 1, which the processor has to fetch to know */
        uint64_t steps_per_us;
};

/* Also measures how many steps a microsecond takes. 0 or -ENOMEM. */
int work_open(struct work *w, enum work_kind kind);
void work_close(struct work *w);

/* VALUE after STEPS more steps. Any thread. */
uint64_t work_steps(const struct work *w, uint64_t value, uint64_t steps);

#endif
