/* SPDX-License-Identifier: MIT */
/* Games of the wake state machine: wakes from everywhere, none lost, no step without a cause. */
#include "tests/task/play.h"

#include <pthread.h>
#include <sched.h>

enum { SLEEPERS = 5, WAKERS = 4, WAKES = 150 };

/* Ends when the level is reached that all wakes together raise it to: the last one must not be lost. */
struct sleeper {
        struct actor actor;
        _Atomic unsigned level; /* raised before each wake */
        unsigned target, seen;
        unsigned yields; /* taken */
        uint64_t random;
};

struct waker {
        struct actor actor; /* of those that are tasks */
        struct sleeper *sleepers;
        unsigned picks[WAKES];  /* whom it wakes, one after the other */
        unsigned wakes, yields; /* taken */
        uint64_t random;
        pthread_t thread; /* of those that are not */
};

static enum step sleep_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;
        unsigned level = atomic_load_explicit(&s->level, memory_order_relaxed);

        EXPECT(&s->actor, !task->finished);
        EXPECT(&s->actor, level >= s->seen);
        s->seen = level;
        if (level == s->target)
                return STEP_DONE;
        if (random_below(&s->random, 4))
                return STEP_WAIT;
        s->yields++;
        return STEP_YIELD;
}

static void waker_open(struct play *p, struct waker *w, struct sleeper *sleepers, unsigned player)
{
        w->sleepers = sleepers;
        w->random = play_random(p, player);
        for (unsigned i = 0; i < WAKES; i++) {
                w->picks[i] = random_below(&w->random, SLEEPERS);
                sleepers[w->picks[i]].target++;
        }
}

/* False when there is none left to do. */
static bool wake_some(struct waker *w)
{
        for (unsigned burst = random_below(&w->random, 4); burst && w->wakes < WAKES; burst--) {
                struct sleeper *s = &w->sleepers[w->picks[w->wakes++]];

                atomic_fetch_add_explicit(&s->level, 1, memory_order_relaxed);
                task_wake(&s->actor.task);
        }
        return w->wakes < WAKES;
}

static enum step wake_step(struct task *task)
{
        struct waker *w = (struct waker *)task;

        if (!wake_some(w))
                return STEP_DONE;
        w->yields++;
        return STEP_YIELD;
}

static void *wake_all(void *arg)
{
        while (wake_some(arg))
                sched_yield();
        return NULL;
}

static void wakes_check(struct play *p, struct sleeper *sleepers, struct waker *wakers, unsigned foreign)
{
        uint64_t yields = 0;

        for (unsigned i = 0; i < SLEEPERS; i++) {
                play_check(p, &sleepers[i].actor);
                REQUIRE_EQUAL(p, sleepers[i].seen, sleepers[i].target);
                yields += sleepers[i].yields;
        }
        for (unsigned i = foreign; i < WAKERS; i++) {
                play_check(p, &wakers[i].actor);
                yields += wakers[i].yields;
        }
        play_check_steps(p, SLEEPERS + WAKERS - foreign, yields);
}

/* The first FOREIGN of the wakers are threads that the crew does not know. */
static void wakes_reach(struct play *p, unsigned foreign)
{
        struct sleeper sleepers[SLEEPERS] = { 0 };
        struct waker wakers[WAKERS] = { 0 };

        play_open(p);
        for (unsigned i = 0; i < WAKERS; i++) {
                waker_open(p, &wakers[i], sleepers, SLEEPERS + i);
                if (i >= foreign)
                        play_cast(p, &wakers[i].actor, wake_step, i);
        }
        for (unsigned i = 0; i < SLEEPERS; i++) {
                sleepers[i].random = play_random(p, i);
                play_cast(p, &sleepers[i].actor, sleep_step, i);
        }
        crew_start(p->stage.crew);
        for (unsigned i = 0; i < foreign; i++)
                assert_int_equal(pthread_create(&wakers[i].thread, NULL, wake_all, &wakers[i]), 0);
        for (unsigned i = 0; i < foreign; i++)
                pthread_join(wakers[i].thread, NULL);
        stage_join(&p->stage);
        wakes_check(p, sleepers, wakers, foreign);
}

static void wakes_of_tasks(struct play *p)
{
        wakes_reach(p, 0);
}

static void wakes_of_threads(struct play *p)
{
        wakes_reach(p, WAKERS);
}

static void wakes_of_both(struct play *p)
{
        wakes_reach(p, WAKERS / 2);
}

const struct game wake_games[] = {
        { .holds = "wake: tasks wake tasks, none is lost, no step without a cause", .play = wakes_of_tasks },
        { .holds = "wake: foreign threads wake tasks, none is lost, no step without a cause",
          .play = wakes_of_threads },
        { .holds = "wake: both at once, none is lost, no step without a cause", .play = wakes_of_both },
        { 0 },
};
