/* SPDX-License-Identifier: MIT */
/* Work whose result is checked: what it computes, and how fast this machine does. */
#include "workloads/work.h"

#include <errno.h>
#include <stdlib.h>

#include "harness/run.h"

enum { MEASURED_STEPS = 1 << 17, MEASUREMENTS = 5, WORD_SHIFT = 64 - 20 };

_Static_assert(WORK_MEMORY_WORDS == 1 << (64 - WORD_SHIFT), "the upper bits choose a word");

/* Where the next word is follows from the one before. */
static uint64_t memory_steps(const uint64_t *ones, uint64_t value, uint64_t steps)
{
        for (; steps; steps--)
                value = value * RUN_WORK_FACTOR + (RUN_WORK_ADDEND - 1) + ones[value >> WORD_SHIFT];
        return value;
}

uint64_t work_steps(const struct work *w, uint64_t value, uint64_t steps)
{
        switch (w->kind) {
        case WORK_MEMORY:
                return memory_steps(w->ones, value, steps);
        case WORK_SLEEP:
                run_sleep_ns(steps / w->steps_per_us * 1000);
                break;
        case WORK_CPU:
                break;
        }
        return run_work(value, steps);
}

/* The shortest of several tries: nobody else ran meanwhile. */
static uint64_t measure_steps_per_us(const struct work *w)
{
        volatile uint64_t value = 1;
        uint64_t shortest_ns = UINT64_MAX;

        for (unsigned i = 0; i < MEASUREMENTS; i++) {
                uint64_t start_ns = run_now_ns(), ns;

                value = work_steps(w, value, MEASURED_STEPS);
                ns = run_now_ns() - start_ns;
                if (ns < shortest_ns)
                        shortest_ns = ns;
        }
        return MEASURED_STEPS * UINT64_C(1000) / shortest_ns + 1;
}

int work_open(struct work *w, enum work_kind kind)
{
        *w = (struct work){ .kind = kind, .steps_per_us = 1 };
        if (w->kind == WORK_SLEEP)
                return 0;
        if (w->kind == WORK_MEMORY) {
                w->ones = malloc(WORK_MEMORY_WORDS * sizeof(w->ones[0]));
                if (!w->ones)
                        return -ENOMEM;
                for (size_t i = 0; i < WORK_MEMORY_WORDS; i++)
                        w->ones[i] = 1;
        }
        w->steps_per_us = measure_steps_per_us(w);
        return 0;
}

void work_close(struct work *w)
{
        free(w->ones);
}
