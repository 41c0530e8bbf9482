/* SPDX-License-Identifier: MIT */
/* Work on the processor whose result is also to be had without it: a linear congruential generator. */
#include "harness/run.h"

uint64_t run_work(uint64_t value, uint64_t steps)
{
        for (; steps; steps--) {
                value = value * RUN_WORK_FACTOR + RUN_WORK_ADDEND;
                __asm__("" : "+r"(value)); /* or some compilers make one step of several */
        }
        return value;
}

/* A step squared is a step too: of factor a * a and addend (a + 1) * c. */
uint64_t run_work_result(uint64_t value, uint64_t steps)
{
        uint64_t factor = RUN_WORK_FACTOR, addend = RUN_WORK_ADDEND;

        for (; steps; steps /= 2) {
                if (steps & 1)
                        value = value * factor + addend;
                addend *= factor + 1;
                factor *= factor;
        }
        return value;
}
