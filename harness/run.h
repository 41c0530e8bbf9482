/* SPDX-License-Identifier: MIT */
/* One sample as the code under test sees it: parameters in; counts, times, checks and outcome out. */
#ifndef AB_RUN_H
#define AB_RUN_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "harness/hist.h"

/* Two lines, because the adjacent-line prefetcher makes neighbours share. */
#define RUN_CACHE_LINE_BYTES 128

/* The value of a parameter given as the word `all`. */
#define RUN_ALL UINT64_MAX

enum outcome { OUTCOME_COMPLETED, OUTCOME_DEADLOCK, OUTCOME_STALLED, OUTCOME_EITHER };

/* One task's own count of finished operations, alone in its cache line. Only its owner adds; the
 * window and the watchdog read it from their threads. */
struct tally {
        _Alignas(RUN_CACHE_LINE_BYTES) _Atomic uint64_t operations;
};

/* The part of a sample that hot loops read; everything else is behind functions. */
struct run {
        _Atomic bool stop; /* set at the end of the window; see run_stopped() */
        const char *workload, *variant, *runtime;
        uint64_t seed;
        struct run_private *private; /* run.c's own */
};

/* ---- parameters ------------------------------------------------------------------------------ */

/* The number behind --set NAME=, or RUN_ALL for `all`. Every parameter of the workload has a value:
 * asking for another one is a mistake in the workload and ends the sample. Any thread. */
uint64_t run_param(const struct run *run, const char *name);

/* Is the parameter NAME the word WORD? Any thread. */
bool run_param_is(const struct run *run, const char *name, const char *word);

/* Is this sample the variant VARIANT? Any thread. */
bool run_variant_is(const struct run *run, const char *variant);

/* A stream of pseudo-random numbers that depends on the sample's seed and STREAM alone (splitmix64,
 * Steele, Lea and Flood, OOPSLA 2014). *state starts as run_random_start(run, STREAM). */
uint64_t run_random_start(const struct run *run, uint64_t stream);
uint64_t run_random(uint64_t *state);

/* ---- counting and the window ----------------------------------------------------------------- */

/* N tallies, zeroed, owned by the run and freed with it. Once per sample, before any task runs. The
 * window and the watchdog read their sum as the sample's progress. */
struct tally *run_tallies(struct run *run, size_t n);

/* The number of tallies, and what tally INDEX counted. Any thread. */
size_t run_tally_count(const struct run *run);
uint64_t run_tally_operations(const struct run *run, size_t index);

/* What all of them counted. Any thread. */
uint64_t run_operations(const struct run *run);

/* Count N finished operations: a plain load, add and store (there is one writer). Owner only. */
static inline void tally_add(struct tally *t, uint64_t n)
{
        uint64_t now = atomic_load_explicit(&t->operations, memory_order_relaxed);

        atomic_store_explicit(&t->operations, now + n, memory_order_relaxed);
}

static inline uint64_t tally_read(const struct tally *t)
{
        return atomic_load_explicit(&t->operations, memory_order_relaxed);
}

/* Has the window ended? Tasks look once per operation or burst. Any thread. */
static inline bool run_stopped(const struct run *run)
{
        return atomic_load_explicit(&run->stop, memory_order_relaxed);
}

/* Warm up for `warmup_ms`, measure for `window_ms`, set stop. Called once, by the thread that
 * called the workload's run(), when every task is able to run. Sleeps; the operations and the time
 * of the window are taken from the tallies on its two edges. */
void run_window(struct run *run);

/* Instead of run_window(): the window was another process's, which has passed all phases up to `drain`. */
void run_window_told(struct run *run, uint64_t operations, uint64_t window_ns);

/* What the window saw: finished operations, and its length. 0 before run_window() has returned. */
uint64_t run_window_operations(const struct run *run);
uint64_t run_window_ns(const struct run *run);

/* Also read *COUNTER on the two edges of the window; run_window_counted() is the difference. One counter
 * per sample, before run_window(). */
void run_window_count(struct run *run, const _Atomic uint64_t *counter);
uint64_t run_window_counted(const struct run *run);

/* N histograms, empty, owned by the run and freed with it: one per recording thread or task, of 216 KiB
 * while they are few, else of 30 KiB. Once per sample, before any task runs. */
struct hist *run_recorders(struct run *run, size_t n);

/* All of them added up, valid as long as the run; NULL when there are none. After recording has ended. */
const struct hist *run_recorded(struct run *run);

/* CLOCK_MONOTONIC in ns: about 22 ns a call. Any thread. */
uint64_t run_now_ns(void);

/* Processor time of the whole process in ns, all threads and those that have ended. Any thread. */
uint64_t run_cpu_ns(void);

/* Work on the processor for NS without a wait or a system call. Any thread. */
void run_spin_ns(uint64_t ns);

/* Block the calling thread for NS or a little longer, whatever signals come. Any thread. */
void run_sleep_ns(uint64_t ns);

/* A step of work is one of Knuth's MMIX generator. */
#define RUN_WORK_FACTOR UINT64_C(6364136223846793005)
#define RUN_WORK_ADDEND UINT64_C(1442695040888963407)

/* VALUE after STEPS more steps, each of which needs the one before: a multiplication and an addition, of four or five
 * clock cycles together. The same machine code in whatever language a workload is written. Any thread. */
uint64_t run_work(uint64_t value, uint64_t steps);

/* The same, without the work: about 2 log2(STEPS) multiplications. */
uint64_t run_work_result(uint64_t value, uint64_t steps);

/* ---- placement ------------------------------------------------------------------------------- */

/* Put the calling thread on the processor of worker INDEX: the INDEXth of those that the process may
 * use, modulo their number. Threads made later inherit it. */
void run_pin(const struct run *run, unsigned index);

/* Let the calling thread use the processors of the first WORKERS workers. */
void run_pin_first(const struct run *run, unsigned workers);

/* Let it use all processors of the process, as a thread that nobody has placed. */
void run_unpin(const struct run *run);

/* How many processors the calling thread may use. */
unsigned run_processors(const struct run *run);

/* ---- reporting: from the thread that called run(), or under the caller's own lock --------------- */

void run_phase(struct run *run, const char *phase);
void run_metric(struct run *run, const char *name, const char *unit, double value);

/* Report a count and keep it for verify(). The same name again is an error. */
void run_count(struct run *run, const char *name, uint64_t value);

/* The count NAME that was reported. A run() that did not report what its verify() asks for ends the
 * sample; run_has_count() is for those that only some runtimes can tell. */
uint64_t run_counted(struct run *run, const char *name);
bool run_has_count(const struct run *run, const char *name);
void run_histogram(struct run *run, const char *name, const struct hist *h);

/* Record a setting that the result depends on. The same name again replaces nothing and is an error. */
void run_knob(struct run *run, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Record a check with both sides as text; returns OK. One failed check fails the sample. */
bool run_check(struct run *run, const char *name, bool ok, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* Record the check LEFT = RIGHT. */
bool run_check_equal(struct run *run, const char *name, uint64_t left, uint64_t right);

/* Threads are left behind that may run on for long: after the last record the process ends by _exit(), since what a
 * library does at exit() may wait for them, as libuv waits for its pool. Any thread. */
void run_leave_threads(struct run *run);

/* End the sample as skipped, with the reason and what would help (or NULL). Before any task runs. */
_Noreturn void run_skip(struct run *run, const char *reason, const char *remedy);

/* End the sample as failed: something that has to work here did not. Any thread. */
_Noreturn void run_fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A broken invariant ends the sample with both values; never compiled out. */
#define CHECK(run, left, op, right)                                                                          \
        do {                                                                                                 \
                long long check_left = (long long)(left), check_right = (long long)(right);                  \
                if (!(check_left op check_right))                                                            \
                        run_fail(run, "%s:%d: %s (%lld) %s %s (%lld) does not hold", __FILE__, __LINE__,     \
                                 #left, check_left, #op, #right, check_right);                               \
        } while (0)

/* ---- what the watchdog asks -------------------------------------------------------------------- */

/*
 * The watchdog reads the tallies. From 100 ms without progress it looks every 50 ms whether the
 * process is deadlocked, which it proves by two passes over /proc/self/task (watchdog.h), and ends
 * the sample at once when it is. Without that proof the sample is `stalled` after `stall_ms`. Its clock starts
 * when the tallies are made, and again when the threads are that run_watch_threads() tells of.
 */

/* How the watchdog learns what thread TID still has armed (timers, watches; no offloaded jobs, see watchdog.h) and
 * whether the wait it sleeps in is its loop's own "nothing to do". Called on the watchdog's thread while the
 * others run; must not block. */
struct run_threads {
        void *arg;
        /* Is TID a worker of the executor? Then *armed = what could still wake it by itself. */
        bool (*worker)(void *arg, pid_t tid, unsigned *armed);
        /* A timed loop wait of at least this many ms is the library's own "for ever" (libev wakes
         * once a minute); 0 = the row's idle wait has no timeout. */
        unsigned idle_wait_ms;
};
void run_watch_threads(struct run *run, const struct run_threads *threads);
void run_unwatch_threads(struct run *run);

/* How the workload names the cycle: fills BUF with who holds what and who waits for it. Called on
 * the watchdog's thread when the sample is stuck; must not block, reads racily. NULL takes
 * it back, before what ARG points to goes. */
void run_explain(struct run *run, void (*explain)(void *arg, char *buf, size_t bytes), void *arg);

/* ---- for workloads in a runtime's own language -------------------------------------------------- */

/*
 * Such a workload includes no header: it holds the run as an opaque pointer and calls what is declared
 * above and here with scalars and strings. Addresses of atomics, so that its hot loops cost what the
 * inline functions above cost in C.
 */

/* The address of run->stop: one byte, 0 or 1, relaxed. */
const _Atomic bool *run_stop_flag(const struct run *run);

/* The address of the count of tally INDEX: as tally_add(), a relaxed load and store by its owner. */
_Atomic uint64_t *run_tally_counter(struct run *run, size_t index);

/* Record one value in recorder INDEX of run_recorders(). Its owner only. */
void run_record(struct run *run, size_t index, uint64_t ns);

/* The calling thread runs tasks of the sample from now on: the watchdog takes its loop's wait for a
 * worker's. PLACED: it goes to the processor of worker INDEX, else it stays where the kernel puts it. */
void run_thread_begin(struct run *run, unsigned index, bool placed);

/* ... and has ended: count its context switches, which run_thread_switches() adds up. */
void run_thread_end(struct run *run);
uint64_t run_thread_switches(const struct run *run);

/* So many more (or fewer) things are armed that could still wake a sleeping worker and that no timeout of
 * its wait shows: descriptors. Any thread. */
void run_thread_armed(struct run *run, int change);

#endif
