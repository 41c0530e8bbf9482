/* SPDX-License-Identifier: MIT */
/* What a library's timer does when it is set in a callback that has worked for long. */
#ifndef AB_STALE_H
#define AB_STALE_H

#include <stdbool.h>
#include <stdint.h>

enum { STALE_WORK_MS = 60, STALE_TIMER_MS = 40 };

/* Work for STALE_WORK_MS in a callback of a loop, there set a timer of STALE_TIMER_MS, having renewed the loop's time before if RENEW
 * says so, and return how long after it was set it fired. One source per library. */
uint64_t stale_measure_ns(bool renew);

/* For these sources. */
uint64_t stale_now_ns(void);
void stale_work(void);

#endif
