/* SPDX-License-Identifier: MIT */
/* Games of the signal: latched for whoever looks, passing by for whoever is queued at that moment. */
#include "tests/task/play.h"

#include <pthread.h>
#include <sched.h>

/* ---- fired -------------------------------------------------------------------------------------------------- */

enum { HEARERS = 7, LATEST = 30 };

struct hearer {
        struct actor actor;
        struct signal *signal;
        struct waiter waiter;
        unsigned pause, yields;
        unsigned heard, refused;
};

/* Look at a moment of its own, which may be before or after the signal; ask once too often; then look again,
 * afresh, at a signal that has fired long ago. */
static enum step hear_step(struct task *task)
{
        struct hearer *h = (struct hearer *)task;

        if (h->pause) {
                h->pause--;
                h->yields++;
                return STEP_YIELD;
        }
        if (signal_poll(h->signal, task, &h->waiter) == POLL_PENDING)
                return STEP_WAIT;
        h->heard++;
        h->refused += signal_poll(h->signal, task, &h->waiter) == POLL_REFUSED;
        signal_drop(h->signal, &h->waiter);
        h->heard += signal_poll(h->signal, task, &h->waiter) == POLL_READY;
        return STEP_DONE;
}

struct caller {
        struct actor actor; /* when it is a task */
        struct signal *signal;
        unsigned pause, yields;
};

static enum step call_step(struct task *task)
{
        struct caller *c = (struct caller *)task;

        if (c->pause) {
                c->pause--;
                c->yields++;
                return STEP_YIELD;
        }
        signal_fire(c->signal);
        signal_fire(c->signal); /* is the same as once */
        return STEP_DONE;
}

static void hearers_check(struct play *p, struct signal *signal, struct hearer *hearers, uint64_t yields)
{
        for (unsigned i = 0; i < HEARERS; i++) {
                play_check(p, &hearers[i].actor);
                REQUIRE_EQUAL(p, hearers[i].heard, 2);
                REQUIRE_EQUAL(p, hearers[i].refused, 1);
                yields += hearers[i].yields;
        }
        play_check_steps(p, HEARERS + 1, yields);
        REQUIRE_EQUAL(p, signal->registrations, 2 * HEARERS);
        REQUIRE_EQUAL(p, signal->refused, HEARERS);
        REQUIRE(p, !signal->waiters.first);
        signal_destroy(signal);
}

static void fired_is_seen_once(struct play *p)
{
        struct hearer hearers[HEARERS] = { 0 };
        struct signal signal;
        struct caller caller = { .signal = &signal };
        uint64_t random = play_random(p, 0);

        signal_init(&signal);
        play_open(p);
        caller.pause = random_below(&random, LATEST);
        play_cast(p, &caller.actor, call_step, random_below(&random, p->workers));
        for (unsigned i = 0; i < HEARERS; i++) {
                hearers[i].signal = &signal;
                hearers[i].pause = random_below(&random, LATEST);
                play_cast(p, &hearers[i].actor, hear_step, i);
        }
        crew_start(p->stage.crew);
        stage_join(&p->stage);
        play_check(p, &caller.actor);
        hearers_check(p, &signal, hearers, caller.pause + caller.yields);
}

/* ---- pulses -------------------------------------------------------------------------------------------------- */

enum { DANCERS = 5, BARS = 12, BEATS = 4 };

/* In each bar every dancer first takes its place, queued or not; then come the beats, which whoever is queued
 * must answer; then the next bar. */
struct dance {
        struct signal signal;
        struct dancer *dancers;
        _Atomic unsigned bar, placed, answers_due;
        unsigned beats[BARS];
};

struct dancer {
        struct actor actor;
        struct dance *dance;
        struct waiter waiter;
        uint64_t random;
        unsigned bar, expected;
        bool placed, answers;
};

static void dancer_place(struct dancer *d)
{
        struct dance *dance = d->dance;
        bool queue = random_below(&d->random, 2);

        if (queue)
                EXPECT(&d->actor, signal_poll(&dance->signal, &d->actor.task, &d->waiter) == POLL_PENDING);
        else
                signal_drop(&dance->signal, &d->waiter);
        d->placed = true;
        d->answers = queue && dance->beats[d->bar];
        d->expected += queue ? dance->beats[d->bar] : 0;
        atomic_fetch_add(&dance->answers_due, d->answers);
        atomic_fetch_add(&dance->placed, 1);
}

static enum step dance_step(struct task *task)
{
        struct dancer *d = (struct dancer *)task;

        if (d->placed && d->answers) {
                d->answers = false;
                atomic_fetch_sub(&d->dance->answers_due, 1);
        }
        if (d->placed && atomic_load(&d->dance->bar) > d->bar) {
                d->placed = false;
                d->bar++;
        }
        if (d->bar == BARS) {
                signal_drop(&d->dance->signal, &d->waiter);
                EXPECT(&d->actor, d->waiter.pulses == d->expected);
                return STEP_DONE;
        }
        if (!d->placed)
                dancer_place(d);
        return STEP_WAIT;
}

static void *drum(void *arg)
{
        struct dance *dance = arg;

        for (unsigned bar = 0; bar < BARS; bar++) {
                while (atomic_load(&dance->placed) < (bar + 1) * DANCERS)
                        sched_yield();
                for (unsigned beat = 0; beat < dance->beats[bar]; beat++)
                        signal_pulse(&dance->signal);
                while (atomic_load(&dance->answers_due))
                        sched_yield();
                atomic_store(&dance->bar, bar + 1);
                for (unsigned i = 0; i < DANCERS; i++)
                        task_wake(&dance->dancers[i].actor.task);
        }
        return NULL;
}

static void pulses_are_counted(struct play *p)
{
        struct dancer dancers[DANCERS] = { 0 };
        struct dance dance = { .dancers = dancers };
        uint64_t random = play_random(p, 0);
        pthread_t drummer;

        signal_init(&dance.signal);
        for (unsigned bar = 0; bar < BARS; bar++)
                dance.beats[bar] = random_below(&random, BEATS);
        play_open(p);
        for (unsigned i = 0; i < DANCERS; i++) {
                dancers[i].dance = &dance;
                dancers[i].random = play_random(p, 1 + i);
                play_cast(p, &dancers[i].actor, dance_step, i);
        }
        crew_start(p->stage.crew);
        assert_int_equal(pthread_create(&drummer, NULL, drum, &dance), 0);
        pthread_join(drummer, NULL);
        stage_join(&p->stage);
        for (unsigned i = 0; i < DANCERS; i++)
                play_check(p, &dancers[i].actor);
        REQUIRE(p, !dance.signal.waiters.first);
        signal_destroy(&dance.signal);
}

const struct game signal_games[] = {
        { .holds = "signal: fired, it is seen exactly once by each, whenever it looks",
          .play = fired_is_seen_once },
        { .holds = "signal: pulses count for who is queued, for nobody else, exactly",
          .play = pulses_are_counted },
        { 0 },
};
