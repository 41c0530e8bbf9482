/* SPDX-License-Identifier: MIT */
/* The accessors of `map-guard`: they read and write entries and drop each reference at once. */
#include "workloads/map-guard/map-guard.h"

enum {
        BURST = 64,       /* accesses between two yields */
        WRITE_ONE_IN = 8, /* accesses; the others read */
};

static void access_once(struct map_accessor *a)
{
        struct map_sample *s = a->sample;
        uint64_t key = run_random(&a->random) % MAP_KEYS;
        struct map_reference reference;

        if (a->accesses++ % WRITE_ONE_IN == 0) {
                reference = map_get_mut(&s->map, key);
                if (!MUTANT("lose-write") || a->writes % 1000)
                        ++*reference.value;
                a->writes++;
        } else {
                reference = map_get(&s->map, key);
                a->sum += *reference.value;
                a->reads++;
        }
        map_drop(&reference);
        tally_add(a->tally, MUTANT("count-twice") && a->accesses % 1000 == 0 ? 2 : 1);
}

enum step map_accessor_step(struct task *task)
{
        struct map_accessor *a = (struct map_accessor *)task;

        for (unsigned left = BURST; left; left--) {
                if (run_stopped(a->sample->run))
                        return STEP_DONE;
                access_once(a);
        }
        return STEP_YIELD;
}
