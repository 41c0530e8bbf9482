/* SPDX-License-Identifier: MIT */
/* Games of the async mutex: exclusion, order of the grants, cancelled waiters. */
#include "tests/task/play.h"

#include <pthread.h>

enum { LOCKERS = 7, ROUNDS = 40, PAUSE = 3 };

/* What the lock protects, and what its holders note for each other. */
struct arena {
        struct async_mutex lock;
        bool inside;
        unsigned long entered;
        bool fifo;           /* nobody is cancelled and nobody barges: the oldest waiter is next */
        struct waiter *next; /* who it is */
        bool tickets;        /* one worker: the order of the waits is known from outside, too */
        unsigned drawn, served;
};

struct locker {
        struct actor actor;
        struct arena *arena;
        struct waiter waiter;
        uint64_t random;
        unsigned pause, entered, yields, cleanups;
        bool waiting, holding;
        unsigned ticket;
};

static void enter(struct locker *l)
{
        struct arena *a = l->arena;

        EXPECT(&l->actor, !a->inside);
        EXPECT(&l->actor, !a->next || a->next == &l->waiter);
        if (a->tickets && l->waiting) {
                EXPECT(&l->actor, l->ticket == a->served);
                a->served++;
        }
        a->inside = true;
        a->entered++;
        l->entered++;
        l->waiting = false;
        l->holding = true;
}

static void leave(struct locker *l)
{
        struct arena *a = l->arena;

        if (a->fifo) {
                pthread_mutex_lock(&a->lock.guard);
                a->next = a->lock.waiters.first;
                pthread_mutex_unlock(&a->lock.guard);
        }
        a->inside = false;
        l->holding = false;
        async_mutex_unlock(&a->lock);
}

static bool take(struct locker *l)
{
        if (async_mutex_lock(&l->arena->lock, &l->actor.task, &l->waiter) == POLL_READY)
                return true;
        if (!l->waiting && l->arena->tickets)
                l->ticket = l->arena->drawn++;
        l->waiting = true;
        return false;
}

/* Pause, enter, pause inside, leave; again and again. */
static enum step lock_step(struct task *task)
{
        struct locker *l = (struct locker *)task;

        EXPECT(&l->actor, !l->cleanups);
        while (l->entered < ROUNDS || l->holding) {
                if (l->pause) {
                        l->pause--;
                        l->yields++;
                        return STEP_YIELD;
                }
                if (!l->holding && !take(l))
                        return STEP_WAIT;
                if (!l->holding)
                        enter(l);
                else
                        leave(l);
                l->pause = random_below(&l->random, PAUSE);
        }
        return STEP_DONE;
}

static void lock_cleanup(struct task *task)
{
        struct locker *l = (struct locker *)task;

        l->cleanups++;
        EXPECT(&l->actor, atomic_load(&l->waiter.state) == WAITER_IDLE);
        if (l->holding)
                leave(l);
}

static void lockers_open(struct play *p, struct arena *arena, struct locker *lockers)
{
        play_open(p);
        for (unsigned i = 0; i < LOCKERS; i++) {
                lockers[i].arena = arena;
                lockers[i].random = play_random(p, i);
                lockers[i].actor.task.cleanup = lock_cleanup;
                play_cast(p, &lockers[i].actor, lock_step, i);
        }
        crew_start(p->stage.crew);
}

/* Returns how often a locker has yielded. */
static uint64_t lockers_check(struct play *p, struct arena *arena, struct locker *lockers)
{
        unsigned long entered = 0;
        uint64_t yields = 0;

        stage_join(&p->stage);
        for (unsigned i = 0; i < LOCKERS; i++) {
                play_check(p, &lockers[i].actor);
                REQUIRE(p, lockers[i].entered == ROUNDS || lockers[i].cleanups == 1);
                REQUIRE(p, lockers[i].cleanups <= 1 && !lockers[i].holding);
                entered += lockers[i].entered;
                yields += lockers[i].yields;
        }
        REQUIRE_EQUAL(p, arena->entered, entered);
        REQUIRE_EQUAL(p, arena->lock.acquisitions, entered);
        REQUIRE_EQUAL(p, atomic_load(&arena->lock.state), 0);
        REQUIRE_EQUAL(p, atomic_load(&arena->lock.queued), 0);
        REQUIRE(p, !arena->lock.waiters.first);
        async_mutex_destroy(&arena->lock);
        return yields;
}

static void play_uncancelled(struct play *p, bool barging)
{
        struct locker lockers[LOCKERS] = { 0 };
        bool in_turn = p->workers == 1 && (p->row->traits & TRAIT_TASKS_SHARE_WORKER);
        struct arena arena = { .fifo = !barging, .tickets = in_turn && !barging };
        uint64_t yields;

        async_mutex_init(&arena.lock, barging);
        lockers_open(p, &arena, lockers);
        yields = lockers_check(p, &arena, lockers);
        REQUIRE_EQUAL(p, arena.entered, LOCKERS * ROUNDS);
        play_check_steps(p, LOCKERS, yields);
        REQUIRE(p, !in_turn || arena.lock.suspended > 0);
        REQUIRE_EQUAL(p, arena.served, arena.drawn);
}

static void hands_off_in_order(struct play *p)
{
        play_uncancelled(p, false);
}

static void barging_loses_no_wake(struct play *p)
{
        play_uncancelled(p, true);
}

static void play_cancelled(struct play *p, bool barging)
{
        struct locker lockers[LOCKERS] = { 0 };
        struct arena arena = { 0 };
        struct prankster prankster = { .tasks = lockers,
                                       .size = sizeof(lockers[0]),
                                       .count = LOCKERS,
                                       .cancels = 1 + (unsigned)p->seed % LOCKERS,
                                       .random = play_random(p, 100) };

        async_mutex_init(&arena.lock, barging);
        lockers_open(p, &arena, lockers);
        prankster_start(&prankster);
        prankster_join(&prankster);
        lockers_check(p, &arena, lockers);
}

static void survives_cancelled_waiters(struct play *p)
{
        play_cancelled(p, false);
}

static void barging_survives_cancelled_waiters(struct play *p)
{
        play_cancelled(p, true);
}

const struct game mutex_games[] = {
        { .holds = "mutex: one holder at a time, granted in the order of the waits",
          .play = hands_off_in_order },
        { .holds = "mutex, barging: one holder at a time, no wake-up lost", .play = barging_loses_no_wake },
        { .holds = "mutex: ends free whoever is cancelled, each cleaned up once",
          .play = survives_cancelled_waiters },
        { .holds = "mutex, barging: ends free whoever is cancelled, each cleaned up once",
          .play = barging_survives_cancelled_waiters },
        { 0 },
};
