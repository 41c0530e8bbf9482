/* SPDX-License-Identifier: MIT */
/* asyncbench-load: the load generator, the same for all servers, ours and others. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "harness/descriptors.h"
#include "harness/load/churn.h"
#include "harness/load/engine.h"

enum { OTHER_DESCRIPTORS = 32 };

struct lane {
        struct engine *engine;
        const struct load_options *options;
        unsigned index;
        bool connected;
        pthread_t thread;
};

static struct load_times times;
static pthread_barrier_t connected, stepped, scheduled;

/* The INDEXth processor of the list, from the start again when there are more threads. */
static void pin(const struct load_options *o, unsigned index)
{
        unsigned rank = index % (unsigned)CPU_COUNT(&o->cpus);
        cpu_set_t one;

        CPU_ZERO(&one);
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, &o->cpus) && rank-- == 0)
                        CPU_SET(cpu, &one);
        if (sched_setaffinity(0, sizeof(one), &one))
                perror("asyncbench-load: cannot choose a processor");
}

static void *lane_main(void *arg)
{
        struct lane *lane = arg;

        prctl(PR_SET_TIMERSLACK, 1); /* ns: what is due is to be sent then, not 50 us later */
        if (lane->options->pinned)
                pin(lane->options, lane->index);
        for (unsigned step = 1; step <= lane->options->steps; step++) {
                lane->connected = step > 1 && !lane->connected ? false : engine_connect(lane->engine, step);
                pthread_barrier_wait(&connected);
                pthread_barrier_wait(&stepped);
        }
        pthread_barrier_wait(&scheduled);
        if (times.end_ns)
                engine_run(lane->engine, &times);
        return NULL;
}

static void sleep_until(uint64_t at_ns)
{
        struct timespec at = { .tv_sec = (time_t)(at_ns / 1000000000),
                               .tv_nsec = (long)(at_ns % 1000000000) };

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
                continue;
}

/* Let all lanes begin at once, and say on the edges of the window that they are there. */
static void conduct(const struct load_options *o, bool all_connected)
{
        if (all_connected) {
                times.start_ns = engine_now_ns();
                times.window_ns = times.start_ns + o->warmup_ns;
                times.end_ns = times.window_ns + o->window_ns;
                load_report_phase(o, "warm-up");
        }
        pthread_barrier_wait(&scheduled);
        if (!all_connected)
                return;
        sleep_until(times.window_ns);
        load_report_phase(o, "window");
        sleep_until(times.end_ns);
        load_report_phase(o, "drain");
}

static bool run_lanes(const struct load_options *o, struct lane *lanes, struct load_result *sum)
{
        bool all_connected = true;

        pthread_barrier_init(&connected, NULL, o->threads + 1);
        pthread_barrier_init(&stepped, NULL, o->threads + 1);
        pthread_barrier_init(&scheduled, NULL, o->threads + 1);
        for (unsigned i = 0; i < o->threads; i++) {
                lanes[i] = (struct lane){ .options = o, .index = i, .engine = engine_new(o, i) };
                if (!lanes[i].engine || pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i]))
                        return false;
        }
        for (unsigned step = 1; step <= o->steps; step++) {
                pthread_barrier_wait(&connected);
                for (unsigned i = 0; i < o->threads; i++)
                        all_connected &= lanes[i].connected;
                if (all_connected)
                        load_report_step(o, (unsigned)((uint64_t)o->connections * step / o->steps));
                pthread_barrier_wait(&stepped);
        }
        conduct(o, all_connected);
        for (unsigned i = 0; i < o->threads; i++) {
                pthread_join(lanes[i].thread, NULL);
                load_result_add(sum, engine_result(lanes[i].engine));
                engine_free(lanes[i].engine);
        }
        return true;
}

static bool have_descriptors(const struct load_options *o)
{
        uint64_t need = (uint64_t)o->connections + o->threads + OTHER_DESCRIPTORS, limit;

        if (descriptors_raise(need, &limit))
                return true;
        fprintf(stderr,
                "asyncbench-load: %u connections need %llu descriptors, and the limit is %llu: raise it by "
                "ulimit -Hn, or ask for fewer\n",
                o->connections, (unsigned long long)need, (unsigned long long)limit);
        return false;
}

/* One thread is enough: the process's own. */
static bool run_churn(const struct load_options *o, struct load_result *sum)
{
        prctl(PR_SET_TIMERSLACK, 1);
        if (o->pinned)
                pin(o, 0);
        return churn_run(o, sum);
}

static bool run(const struct load_options *o, struct load_result *sum)
{
        struct lane *lanes = calloc(o->threads, sizeof(*lanes));
        bool ran = lanes && load_result_init(sum) == 0 &&
                   (o->churn ? run_churn(o, sum) : run_lanes(o, lanes, sum));

        free(lanes);
        if (!ran)
                fprintf(stderr, "asyncbench-load: no memory for %u connections\n", o->connections);
        return ran;
}

int main(int argc, char **argv)
{
        struct load_options options;
        struct load_result sum;
        bool good;

        signal(SIGPIPE, SIG_IGN);
        if (!load_options_read(&options, argc, argv) || !have_descriptors(&options))
                return 1;
        message_table_fill(options.seed);
        if (!run(&options, &sum))
                return 1;
        load_report(&options, &sum);
        good = load_result_is_whole(&sum);
        load_result_free(&sum);
        return !good;
}
