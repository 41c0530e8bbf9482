/* SPDX-License-Identifier: MIT */
/* One sample: its making and its end, counting, the window, random numbers and placement. */
#include "harness/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/run_private.h"
#include "harness/sample.h"

enum { FEW_RECORDERS = 16 };

/* ---- making --------------------------------------------------------------------------------------- */

static bool private_init(struct run *run, const char *runtime, const char *params, char *error,
                         size_t error_bytes)
{
        struct run_private *p = run->private;

        p->fd = -1;
        p->runtime = strdup(runtime);
        p->knobs = json_object();
        p->counts = json_object();
        pthread_mutex_init(&p->line_lock, NULL);
        pthread_mutex_init(&p->watch_lock, NULL);
        if (!p->runtime || !p->knobs || !p->counts) {
                snprintf(error, error_bytes, "no memory for a sample");
                return false;
        }
        run->runtime = p->runtime;
        if (sched_getaffinity(0, sizeof(p->cpus), p->cpus) < 0) {
                snprintf(error, error_bytes, "cannot read the usable processors: %s", strerror(errno));
                return false;
        }
        p->cpu_count = (unsigned)CPU_COUNT_S(sizeof(p->cpus), p->cpus);
        return params_read(run, params, error, error_bytes);
}

struct run *run_new(const struct workload *w, const struct variant *v, const char *runtime,
                    const char *params, uint64_t seed, char *error, size_t error_bytes)
{
        struct run *run = calloc(1, sizeof(*run));
        struct run_private *p = calloc(1, sizeof(*p));

        if (!run || !p) {
                snprintf(error, error_bytes, "no memory for a sample");
                free(run);
                free(p);
                return NULL;
        }
        p->workload = w;
        run->private = p;
        run->workload = w->name;
        run->variant = v->name;
        run->seed = seed;
        if (private_init(run, runtime, params, error, error_bytes))
                return run;
        run_free(run);
        return NULL;
}

void run_report_to(struct run *run, int fd)
{
        run->private->fd = fd;
}

static void recorders_free(struct run_private *p)
{
        for (size_t i = 0; i < p->recorder_count; i++)
                hist_free(&p->recorders[i]);
        free(p->recorders);
        hist_free(&p->recorded);
}

void run_free(struct run *run)
{
        struct run_private *p;

        if (!run)
                return;
        p = run->private;
        pthread_mutex_destroy(&p->watch_lock);
        json_decref(p->knobs);
        json_decref(p->counts);
        run_native_free(run);
        recorders_free(p);
        free(p->tallies);
        free(p->values);
        free(p->text);
        free(p->runtime);
        free(p->load_cpus);
        free(p);
        free(run);
}

/* ---- random numbers ------------------------------------------------------------------------------- */

uint64_t run_random(uint64_t *state)
{
        uint64_t z = *state += 0x9e3779b97f4a7c15;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
}

/* Mixed twice: neighbouring seeds or streams must not start at neighbouring places of one sequence. */
uint64_t run_random_start(const struct run *run, uint64_t stream)
{
        uint64_t state = run->seed;

        state = run_random(&state) + stream;
        return run_random(&state);
}

/* ---- counting and the window ------------------------------------------------------------------------ */

struct tally *run_tallies(struct run *run, size_t n)
{
        struct run_private *p = run->private;

        CHECK(run, p->tallies == NULL, ==, true);
        CHECK(run, n, >, 0);
        p->tallies = aligned_alloc(RUN_CACHE_LINE_BYTES, n * sizeof(struct tally));
        if (!p->tallies)
                run_fail(run, "no memory for %zu tallies", n);
        for (size_t i = 0; i < n; i++)
                atomic_init(&p->tallies[i].operations, 0);
        atomic_store(&p->ready_at_ns, run_now_ns());
        atomic_store(&p->tally_count, n);
        return p->tallies;
}

size_t run_tally_count(const struct run *run)
{
        return atomic_load(&run->private->tally_count);
}

uint64_t run_tally_operations(const struct run *run, size_t index)
{
        return tally_read(&run->private->tallies[index]);
}

uint64_t run_operations(const struct run *run)
{
        size_t n = run_tally_count(run);
        uint64_t sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += run_tally_operations(run, i);
        return sum;
}

static void recorder_make(struct run *run, struct hist *h, unsigned digits)
{
        if (hist_init(h, digits))
                run_fail(run, "no memory for a histogram");
}

struct hist *run_recorders(struct run *run, size_t n)
{
        struct run_private *p = run->private;
        unsigned digits = n <= FEW_RECORDERS ? 3 : 2;

        CHECK(run, p->recorders == NULL, ==, true);
        p->recorders = calloc(n, sizeof(*p->recorders));
        if (!p->recorders)
                run_fail(run, "no memory for %zu histograms", n);
        for (; p->recorder_count < n; p->recorder_count++)
                recorder_make(run, &p->recorders[p->recorder_count], digits);
        return p->recorders;
}

const struct hist *run_recorded(struct run *run)
{
        struct run_private *p = run->private;

        if (!p->recorder_count)
                return NULL;
        hist_free(&p->recorded);
        recorder_make(run, &p->recorded, p->recorders[0].digits);
        for (size_t i = 0; i < p->recorder_count; i++)
                CHECK(run, hist_add(&p->recorded, &p->recorders[i]), ==, 0);
        return &p->recorded;
}

static inline uint64_t clock_ns(clockid_t clock)
{
        struct timespec now;

        clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t run_now_ns(void)
{
        return clock_ns(CLOCK_MONOTONIC);
}

uint64_t run_cpu_ns(void)
{
        return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void run_spin_ns(uint64_t ns)
{
        uint64_t start = run_now_ns();

        while (run_now_ns() - start < ns)
                continue;
}

void run_sleep_ns(uint64_t ns)
{
        struct timespec left = { .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };

        while (nanosleep(&left, &left) && errno == EINTR)
                ;
}

static void sleep_until(struct run *run, uint64_t at_ns)
{
        struct timespec at = { .tv_sec = (time_t)(at_ns / 1000000000),
                               .tv_nsec = (long)(at_ns % 1000000000) };
        int error;

        do
                error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        while (error == EINTR);
        if (error)
                run_fail(run, "clock_nanosleep: %s", strerror(error));
}

static uint64_t window_counter(const struct run_private *p)
{
        return p->window_counter ? atomic_load_explicit(p->window_counter, memory_order_relaxed) : 0;
}

/* The lines of the two edges are written before the window opens and after it has closed. On both
 * edges the clock is read first, so that the time to add up the tallies cancels out. */
void run_window(struct run *run)
{
        struct run_private *p = run->private;
        uint64_t warmup_ns = run_param(run, "warmup_ms") * 1000000;
        uint64_t window_ns = run_param(run, "window_ms") * 1000000;
        uint64_t start_ns, end_ns, operations, counted;

        atomic_store(&p->window_end_ns, run_now_ns() + warmup_ns + window_ns);
        run_phase(run, "warm-up");
        sleep_until(run, run_now_ns() + warmup_ns);
        run_phase(run, "window");
        start_ns = run_now_ns();
        operations = run_operations(run);
        counted = window_counter(p);
        atomic_store(&p->window_end_ns, start_ns + window_ns);
        sleep_until(run, start_ns + window_ns);
        end_ns = run_now_ns();
        p->window_operations = run_operations(run) - operations;
        p->window_counted = window_counter(p) - counted;
        atomic_store(&run->stop, true);
        if (end_ns < start_ns)
                run_fail(run, "clock went backwards by %llu ns", (unsigned long long)(start_ns - end_ns));
        p->window_ns = end_ns - start_ns;
        run_phase(run, "drain");
}

void run_window_count(struct run *run, const _Atomic uint64_t *counter)
{
        run->private->window_counter = counter;
}

void run_window_told(struct run *run, uint64_t operations, uint64_t window_ns)
{
        run->private->window_operations = operations;
        run->private->window_ns = window_ns;
}

uint64_t run_window_counted(const struct run *run)
{
        return run->private->window_counted;
}

uint64_t run_window_operations(const struct run *run)
{
        return run->private->window_operations;
}

uint64_t run_window_ns(const struct run *run)
{
        return run->private->window_ns;
}

/* ---- placement -------------------------------------------------------------------------------------- */

static void use_only(const struct run *run, const cpu_set_t *cpus)
{
        if (sched_setaffinity(0, sizeof(run->private->cpus), cpus) < 0)
                run_fail((struct run *)run, "cannot choose a processor: %s", strerror(errno));
}

/* The processors FIRST to FIRST + COUNT - 1 of those that may be used, by rank, not by number. */
static void use_ranks(const struct run *run, unsigned first, unsigned count)
{
        const struct run_private *p = run->private;
        cpu_set_t chosen[RUN_CPU_SETS];
        unsigned rank = 0;

        memset(chosen, 0, sizeof(chosen));
        for (size_t cpu = 0; cpu < sizeof(p->cpus) * 8; cpu++) {
                if (!CPU_ISSET_S(cpu, sizeof(p->cpus), p->cpus))
                        continue;
                if (rank >= first && rank - first < count)
                        CPU_SET_S(cpu, sizeof(chosen), chosen);
                rank++;
        }
        use_only(run, chosen);
}

void run_pin(const struct run *run, unsigned index)
{
        use_ranks(run, index % run->private->cpu_count, 1);
}

void run_pin_first(const struct run *run, unsigned workers)
{
        use_ranks(run, 0, workers);
}

void run_unpin(const struct run *run)
{
        use_only(run, run->private->cpus);
}

unsigned run_processors(const struct run *run)
{
        cpu_set_t usable[RUN_CPU_SETS];

        if (sched_getaffinity(0, sizeof(usable), usable) < 0)
                run_fail((struct run *)run, "cannot ask for the processors: %s", strerror(errno));
        return (unsigned)CPU_COUNT_S(sizeof(usable), usable);
}

/* ---- what the watchdog asks --------------------------------------------------------------------------- */

void run_watch_threads(struct run *run, const struct run_threads *threads)
{
        struct run_private *p = run->private;

        if (threads->worker) /* the many of a thread per task take their time to be made */
                atomic_store(&p->ready_at_ns, run_now_ns());
        pthread_mutex_lock(&p->watch_lock);
        p->threads = *threads;
        pthread_mutex_unlock(&p->watch_lock);
}

void run_unwatch_threads(struct run *run)
{
        run_watch_threads(run, &(struct run_threads){ 0 });
}

void run_explain(struct run *run, void (*explain)(void *arg, char *buf, size_t bytes), void *arg)
{
        struct run_private *p = run->private;

        pthread_mutex_lock(&p->watch_lock);
        p->explain = explain;
        p->explain_arg = arg;
        pthread_mutex_unlock(&p->watch_lock);
}
