/* SPDX-License-Identifier: MIT */
/* The variants of `fan-out` that need no runtime: a plain loop, and threads that live as long as a map. */
#include <string.h>

#include "workloads/fan-out/fan_out.h"

struct caller {
        struct fan_sample *sample;
        void (*map)(struct fan_sample *s);
};

/* Who wants the map: one after the other. */
static void *caller_main(void *arg)
{
        struct caller *c = arg;
        uint64_t start_ns = run_cpu_ns();

        do {
                c->map(c->sample);
                fan_map_ends(c->sample);
        } while (!run_stopped(c->sample->run));
        c->sample->cpu_ns = run_cpu_ns() - start_ns;
        return NULL;
}

/* The calling thread measures, so that another one maps. */
static void run_plain(struct fan_sample *s, void (*map)(struct fan_sample *s))
{
        struct caller caller = { s, map };
        pthread_t thread;
        int error;

        run_knob(s->run, "backend", "pthread");
        error = pthread_create(&thread, NULL, caller_main, &caller);
        if (error)
                run_fail(s->run, "cannot start the thread that maps: %s", strerror(error));
        run_window(s->run);
        pthread_join(thread, NULL);
}

static void map_serial(struct fan_sample *s)
{
        for (unsigned i = 0; i < s->part_count; i++)
                fan_part_work(&s->parts[i]);
}

static void *part_main(void *arg)
{
        fan_part_work(arg);
        return NULL;
}

/* Nobody owns the array but the caller, who sees to it that no thread outlives the call. */
static void map_scoped(struct fan_sample *s)
{
        for (unsigned i = 0; i < s->part_count; i++) {
                int error = pthread_create(&s->parts[i].thread, NULL, part_main, &s->parts[i]);

                if (error)
                        run_fail(s->run, "cannot start thread %u of %u: %s", i, s->part_count,
                                 strerror(error));
        }
        for (unsigned i = 0; i < s->part_count; i++)
                pthread_join(s->parts[i].thread, NULL);
        s->threads_made += s->part_count;
}

/* A defect: each part is worked when its thread would be made. */
static void map_unscoped(struct fan_sample *s)
{
        map_serial(s);
        s->threads_made += s->part_count;
}

void fan_run_serial(const struct executor *ex, struct fan_sample *s)
{
        (void)ex;
        run_plain(s, map_serial);
}

void fan_run_scoped(const struct executor *ex, struct fan_sample *s)
{
        (void)ex;
        run_plain(s, MUTANT("run-serially") ? map_unscoped : map_scoped);
}
