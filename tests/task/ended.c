/* SPDX-License-Identifier: MIT */
/* Games of the end: whoever waits for a task's `ended` learns of it once, however it ends, and after its clean-up. */
#include "tests/task/play.h"

#include <sched.h>

enum { PAIRS = 6, LATEST = 20, CANCELS = 8 };

enum end { ENDS_BY_ITSELF, ENDS_CANCELLED, ENDS_UNCLEANED, ENDS };

struct child {
        struct actor actor;
        struct signal ended;
        struct signal never;
        struct waiter waiter;
        enum end end;
        unsigned pause;
        unsigned cleanups, last_words; /* written without a lock, read by the guardian */
};

/* Looks for the end of its child at a moment of its own, and may ask for it. */
struct guardian {
        struct actor actor;
        struct child *child;
        struct waiter waiter;
        uint64_t random;
        unsigned pause, turns_back, ends;
        bool cancels;
};

static enum step child_step(struct task *task)
{
        struct child *c = (struct child *)task;

        EXPECT(&c->actor, !c->cleanups && !c->last_words);
        if (c->pause) {
                c->pause--;
                return STEP_YIELD;
        }
        if (c->end != ENDS_BY_ITSELF && signal_poll(&c->never, task, &c->waiter) == POLL_PENDING)
                return STEP_WAIT;
        c->last_words = 1;
        return STEP_DONE;
}

static void child_cleanup(struct task *task)
{
        struct child *c = (struct child *)task;

        EXPECT(&c->actor, !c->ended.fired);
        c->cleanups++;
}

static bool ended_in_order(const struct child *c)
{
        if (!c->actor.task.finished)
                return false;
        return c->last_words ? !c->cleanups : c->cleanups == (c->end != ENDS_UNCLEANED);
}

static enum step guardian_step(struct task *task)
{
        struct guardian *g = (struct guardian *)task;
        struct child *c = g->child;

        if (g->pause) {
                g->pause--;
                return STEP_YIELD;
        }
        EXPECT(&g->actor, !g->ends);
        if (signal_poll(&c->ended, task, &g->waiter) == POLL_PENDING) {
                if (g->cancels)
                        task_cancel(&c->actor.task);
                if (!g->turns_back)
                        return STEP_WAIT;
                g->turns_back--; /* takes the waiter back and comes again */
                signal_drop(&c->ended, &g->waiter);
                return STEP_YIELD;
        }
        g->ends++;
        EXPECT(&g->actor, ended_in_order(c));
        return STEP_DONE;
}

static void pair_cast(struct play *p, struct child *c, struct guardian *g, unsigned i)
{
        uint64_t random = play_random(p, i);

        signal_init(&c->ended);
        signal_init(&c->never);
        c->end = (enum end)random_below(&random, ENDS);
        c->pause = random_below(&random, LATEST);
        c->actor.task.cleanup = c->end == ENDS_UNCLEANED ? NULL : child_cleanup;
        c->actor.task.ended = &c->ended;
        g->child = c;
        g->pause = random_below(&random, LATEST);
        g->turns_back = random_below(&random, 3);
        /* a child that waits for nothing that comes needs somebody to end it */
        g->cancels = c->end != ENDS_BY_ITSELF;
        play_cast(p, &c->actor, child_step, random_below(&random, p->workers));
        play_cast(p, &g->actor, guardian_step, random_below(&random, p->workers));
}

/* A thread from outside cancels at the same time, also those that would have ended by themselves. */
static void end_is_seen_once(struct play *p)
{
        struct child children[PAIRS] = { 0 };
        struct guardian guardians[PAIRS] = { 0 };
        struct prankster prankster = { .tasks = children,
                                       .size = sizeof(children[0]),
                                       .count = PAIRS,
                                       .cancels = p->seed % 2 ? CANCELS : 0,
                                       .random = play_random(p, PAIRS) };

        play_open(p);
        for (unsigned i = 0; i < PAIRS; i++)
                pair_cast(p, &children[i], &guardians[i], i);
        crew_start(p->stage.crew);
        prankster_start(&prankster);
        prankster_join(&prankster);
        stage_join(&p->stage);
        for (unsigned i = 0; i < PAIRS; i++) {
                play_check(p, &children[i].actor);
                play_check(p, &guardians[i].actor);
                REQUIRE_EQUAL(p, guardians[i].ends, 1);
                REQUIRE(p, children[i].ended.fired && !children[i].ended.waiters.first);
                signal_destroy(&children[i].ended);
                signal_destroy(&children[i].never);
        }
}

const struct game ended_games[] = {
        { .holds = "ended: whoever waits for a task's end sees it once, and all that the task and its "
                   "clean-up did",
          .play = end_is_seen_once },
        { 0 },
};
