/* SPDX-License-Identifier: MIT */
/* A loop's idea of the time is that of the last turn: a timer that counts from there is early. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "tests/stale/stale.h"

uint64_t stale_now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void stale_work(void)
{
        uint64_t end_ns = stale_now_ns() + STALE_WORK_MS * 1000000ull;

        while (stale_now_ns() < end_ns)
                ;
}

int main(void)
{
        /* libuv and libev keep the time in milliseconds or in floating point. */
        const uint64_t asked_ns = (STALE_TIMER_MS - 1) * 1000000ull;
        uint64_t stale_ns = stale_measure_ns(false), renewed_ns = stale_measure_ns(true);

        printf("asked for %d ms; fired after %" PRIu64 " us, with the time renewed after %" PRIu64 " us\n",
               STALE_TIMER_MS, stale_ns / 1000, renewed_ns / 1000);
        return !(stale_ns < asked_ns && renewed_ns >= asked_ns);
}
