/* SPDX-License-Identifier: MIT */
/* The baselines of `mutex`: the lock in a plain loop, and no lock at all. */
#include <stdlib.h>

#include "workloads/mutex/mutex.h"

struct plain_thread {
        struct locker *locker;
        unsigned index;
        bool locked;
        pthread_t thread;
        pthread_barrier_t *gate;
};

static void *plain_main(void *arg)
{
        struct plain_thread *p = arg;
        struct locker *l = p->locker;
        struct mutex_sample *s = l->sample;
        struct mutex_sample own = { .run = s->run, .hold_ns = s->hold_ns };

        run_pin(s->run, p->index);
        pthread_barrier_wait(p->gate);
        if (p->locked)
                while (!run_stopped(s->run))
                        acquire_sync(s, l);
        else
                while (!run_stopped(s->run)) {
                        wait_begins(l);
                        wait_ends(l);
                        update(&own, l);
                        count(l);
                }
        l->message = own.counter; /* `none`: each has a counter of its own */
        return NULL;
}

void mutex_run_plain(const struct executor *ex, struct mutex_sample *s)
{
        bool locked = ((s->form->flags & FORM_UNLOCKED) == 0) != MUTANT("other-variant");
        struct plain_thread *threads = calloc(s->count, sizeof(*threads));
        pthread_barrier_t gate;

        (void)ex;
        if (!threads)
                run_fail(s->run, "no memory for %u threads", s->count);
        run_knob(s->run, "backend", "pthread loop");
        pthread_barrier_init(&gate, NULL, s->count + 1);
        for (unsigned i = 0; i < s->count; i++) {
                threads[i] = (struct plain_thread){ &s->lockers[i], i, locked, 0, &gate };
                if (pthread_create(&threads[i].thread, NULL, plain_main, &threads[i]))
                        run_fail(s->run, "cannot start thread %u", i);
        }
        pthread_barrier_wait(&gate);
        run_window(s->run);
        for (unsigned i = 0; i < s->count; i++)
                pthread_join(threads[i].thread, NULL);
        for (unsigned i = 0; i < s->count; i++)
                s->counter += s->lockers[i].message;
        pthread_barrier_destroy(&gate);
        free(threads);
}
