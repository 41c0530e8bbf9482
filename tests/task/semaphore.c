/* SPDX-License-Identifier: MIT */
/* Games of the semaphore: how many hold a permit, in which order they get one, waiters cancelled at every point. */
#include "tests/task/play.h"

enum { BORROWERS = 8, TURNS = 30, MOST_PERMITS = 3, PAUSE = 4 };

struct library {
        struct semaphore permits;
        unsigned size;
        _Atomic unsigned out;
        bool tickets; /* one worker: the order of the waits is known from outside */
        unsigned drawn, served;
};

struct borrower {
        struct actor actor;
        struct library *library;
        struct waiter waiter;
        uint64_t random;
        unsigned turns, pause, yields, cleanups, ticket;
        bool waited, has;
};

static void borrow(struct borrower *b)
{
        struct library *l = b->library;

        EXPECT(&b->actor, atomic_fetch_add(&l->out, 1) < l->size);
        if (l->tickets && b->waited)
                EXPECT(&b->actor, b->ticket == l->served++);
        b->waited = false;
        b->has = true;
        b->turns++;
}

static void bring_back(struct borrower *b)
{
        b->has = false;
        atomic_fetch_sub(&b->library->out, 1);
        semaphore_release(&b->library->permits);
}

static bool asks(struct borrower *b)
{
        if (semaphore_acquire(&b->library->permits, &b->actor.task, &b->waiter) == POLL_READY)
                return true;
        if (!b->waited && b->library->tickets)
                b->ticket = b->library->drawn++;
        b->waited = true;
        return false;
}

static enum step borrow_step(struct task *task)
{
        struct borrower *b = (struct borrower *)task;

        for (; b->turns < TURNS || b->has; b->pause = random_below(&b->random, PAUSE)) {
                if (b->pause) {
                        b->pause--;
                        b->yields++;
                        return STEP_YIELD;
                }
                if (b->has)
                        bring_back(b);
                else if (asks(b))
                        borrow(b);
                else
                        return STEP_WAIT;
        }
        return STEP_DONE;
}

static void borrow_cleanup(struct task *task)
{
        struct borrower *b = (struct borrower *)task;

        b->cleanups++;
        EXPECT(&b->actor, atomic_load(&b->waiter.state) == WAITER_IDLE);
        if (b->has)
                bring_back(b);
}

static void library_open(struct play *p, struct library *library, struct borrower *borrowers)
{
        uint64_t random = play_random(p, BORROWERS);

        library->size = 1 + random_below(&random, MOST_PERMITS);
        semaphore_init(&library->permits, library->size);
        play_open(p);
        for (unsigned i = 0; i < BORROWERS; i++) {
                borrowers[i].library = library;
                borrowers[i].random = play_random(p, i);
                borrowers[i].actor.task.cleanup = borrow_cleanup;
                play_cast(p, &borrowers[i].actor, borrow_step, i);
        }
        crew_start(p->stage.crew);
}

/* Every permit is back, nobody waits. */
static void library_close(struct play *p, struct library *library)
{
        REQUIRE_EQUAL(p, atomic_load(&library->out), 0);
        REQUIRE_EQUAL(p, library->permits.permits, library->size);
        REQUIRE_EQUAL(p, atomic_load(&library->permits.queued), 0);
        REQUIRE(p, !library->permits.waiters.first);
        semaphore_destroy(&library->permits);
}

/* Returns how often a borrower has yielded. */
static uint64_t borrowers_check(struct play *p, struct library *library, struct borrower *borrowers)
{
        uint64_t yields = 0, turns = 0;

        stage_join(&p->stage);
        for (unsigned i = 0; i < BORROWERS; i++) {
                play_check(p, &borrowers[i].actor);
                REQUIRE(p, borrowers[i].turns == TURNS || borrowers[i].cleanups == 1);
                REQUIRE(p, borrowers[i].cleanups <= 1 && !borrowers[i].has);
                turns += borrowers[i].turns;
                yields += borrowers[i].yields;
        }
        REQUIRE_EQUAL(p, library->permits.acquisitions, turns);
        library_close(p, library);
        return yields;
}

static void lends_in_order(struct play *p)
{
        struct borrower borrowers[BORROWERS] = { 0 };
        bool in_turn = p->workers == 1 && (p->row->traits & TRAIT_TASKS_SHARE_WORKER);
        struct library library = { .tickets = in_turn };

        library_open(p, &library, borrowers);
        play_check_steps(p, BORROWERS, borrowers_check(p, &library, borrowers));
        REQUIRE(p, !in_turn || library.permits.suspended > 0);
        REQUIRE_EQUAL(p, library.served, library.drawn);
}

static void cancelled_borrowers_lose_no_permit(struct play *p)
{
        struct borrower borrowers[BORROWERS] = { 0 };
        struct library library = { 0 };
        struct prankster prankster = { .tasks = borrowers,
                                       .size = sizeof(borrowers[0]),
                                       .count = BORROWERS,
                                       .cancels = 1 + (unsigned)p->seed % BORROWERS,
                                       .random = play_random(p, 100) };

        library_open(p, &library, borrowers);
        prankster_start(&prankster);
        prankster_join(&prankster);
        borrowers_check(p, &library, borrowers);
}

/* ---- a grant that comes just before or after the cancellation ------------------------------------------ */

enum { QUEUE = 4 };

/* Holds the only permit until all others are in the queue; then gives it back and cancels, in either order,
 * some of them, the oldest among these. */
struct librarian {
        struct actor actor;
        struct library *library;
        struct waiter waiter;
        struct borrower *queue;
        unsigned cancelled; /* a bit for each */
        bool cancels_first;
};

static void cancel_some(struct librarian *l)
{
        for (unsigned i = 0; i < QUEUE; i++)
                if (l->cancelled & 1u << i)
                        task_cancel(&l->queue[i].actor.task);
}

static enum step librarian_step(struct task *task)
{
        struct librarian *l = (struct librarian *)task;
        struct semaphore *permits = &l->library->permits;

        if (l->actor.at == 0)
                EXPECT(&l->actor, semaphore_acquire(permits, task, &l->waiter) == POLL_READY);
        l->actor.at = 1;
        if (atomic_load(&permits->queued) < QUEUE)
                return STEP_YIELD;
        if (l->cancels_first)
                cancel_some(l);
        semaphore_release(permits);
        if (!l->cancels_first)
                cancel_some(l);
        return STEP_DONE;
}

/* All live on one worker: no step of theirs comes between, so that those who were cancelled never get it. */
static void a_grant_to_the_cancelled_is_passed_on(struct play *p)
{
        struct borrower queue[QUEUE] = { 0 };
        struct library library = { .size = 1 };
        struct librarian librarian = { .library = &library,
                                       .queue = queue,
                                       .cancelled = 1 | (unsigned)p->seed,
                                       .cancels_first = p->seed & 16 };

        semaphore_init(&library.permits, 1);
        play_open(p);
        play_cast(p, &librarian.actor, librarian_step, 0);
        for (unsigned i = 0; i < QUEUE; i++) {
                queue[i].library = &library;
                queue[i].actor.task.cleanup = borrow_cleanup;
                queue[i].turns = TURNS - 1;
                play_cast(p, &queue[i].actor, borrow_step, 0);
        }
        crew_start(p->stage.crew);
        stage_join(&p->stage);
        play_check(p, &librarian.actor);
        for (unsigned i = 0; i < QUEUE; i++) {
                bool cancelled = librarian.cancelled & 1u << i;

                play_check(p, &queue[i].actor);
                REQUIRE(p, queue[i].cleanups == cancelled);
                REQUIRE_EQUAL(p, queue[i].turns, cancelled ? TURNS - 1 : TURNS);
        }
        library_close(p, &library);
}

const struct game semaphore_games[] = {
        { .holds = "semaphore: no more holders than permits, granted in the order of the waits",
          .play = lends_in_order },
        { .holds = "semaphore: no permit is lost whoever is cancelled, each cleaned up once",
          .play = cancelled_borrowers_lose_no_permit },
        { .holds = "semaphore: a grant to a waiter that is cancelled goes to the next",
          .play = a_grant_to_the_cancelled_is_passed_on,
          .needs_shared_worker = true },
        { 0 },
};
