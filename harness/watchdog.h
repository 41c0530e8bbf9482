/* SPDX-License-Identifier: MIT */
/* The watchdog of a sample: proves a deadlock, and calls anything else that makes no progress stalled. */
#ifndef AB_WATCHDOG_H
#define AB_WATCHDOG_H

#include "harness/run.h"

/*
 * What is proved. Two looks, at least 20 ms apart, at every thread of the process find each of them
 * asleep in a futex wait without a timeout, or (a worker of the executor with nothing armed) in a wait
 * of its loop without one; the same threads both times, and no context-switch counter has moved, so
 * none of them ran in between. Then all slept at the same time, each waiting for another to wake it.
 * Neither a timeout nor what the workload expects plays a part.
 *
 * Blocking work that was handed over is not armed, however much of it is outstanding: a thread of this process
 * has to run it, a pool's, and is looked at as any other. One that computes, sleeps, reads, or waits with a timeout
 * stands against the proof. When all of them are asleep until they are woken, be it within a job or without one,
 * then no job can begin, go on or end either. Where idle threads of a pool wait with a timeout to end (Tokio's, for
 * 10 s), a hang beside them is called stalled.
 *
 * Left out of the looks: the watchdog itself; threads that existed before main() (a sanitizer's); kernel
 * threads of an io_uring, as long as no worker has anything armed. The main thread counts.
 *
 * What could still wake a process from outside, a signal or another process that shares its memory, is
 * not looked for: a sample has neither.
 *
 * While run_window() sleeps, nothing is called stalled: its sleep ends, and the proof can come then.
 */

struct watchdog;

/* Remember the threads that exist now as none of the sample's. First thing in main(). */
void watchdog_note_early_threads(void);

/* Watch RUN from now on, on a thread of its own. One at a time. A sample that is stuck ends here: its
 * outcome is written and the process exits. Ends the sample when there is no thread or memory. */
struct watchdog *watchdog_start(struct run *run);

/* Stop watching and free W. */
void watchdog_stop(struct watchdog *w);

#endif
