/* SPDX-License-Identifier: MIT */
/* What the games of the task layer's tests share. */
#include "tests/task/play.h"

#include <pthread.h>
#include <sched.h>

uint64_t play_random(const struct play *p, unsigned player)
{
        uint64_t random = p->seed << 20 | p->workers << 16 | player;

        return run_random(&random);
}

unsigned random_below(uint64_t *random, unsigned bound)
{
        return (unsigned)(run_random(random) >> 32) % bound;
}

void play_open(struct play *p)
{
        stage_open(&p->stage, p->row, p->workers);
}

void play_cast(struct play *p, struct actor *a, enum step (*step)(struct task *), unsigned index)
{
        stage_cast(&p->stage, a, step, index);
}

void play_check(const struct play *p, const struct actor *a)
{
        if (a->broken)
                fail_msg("seed %llu, workers %u: does not hold: %s", (unsigned long long)p->seed, p->workers,
                         a->broken);
        REQUIRE(p, a->task.finished);
}

void play_check_steps(const struct play *p, unsigned tasks, uint64_t yields)
{
        REQUIRE_EQUAL(p, p->stage.counts.steps, p->stage.counts.wakes + yields + tasks);
}

static void *prank(void *arg)
{
        struct prankster *p = arg;

        for (unsigned i = 0; i < p->cancels; i++) {
                for (unsigned pause = random_below(&p->random, 20); pause; pause--)
                        sched_yield();
                task_cancel((void *)((char *)p->tasks + random_below(&p->random, p->count) * p->size));
        }
        return NULL;
}

void prankster_start(struct prankster *p)
{
        assert_int_equal(pthread_create(&p->thread, NULL, prank, p), 0);
}

void prankster_join(struct prankster *p)
{
        pthread_join(p->thread, NULL);
}
