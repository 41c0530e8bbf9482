/* SPDX-License-Identifier: MIT */
/* Games of cancellation: at every suspension point, while what is waited for comes at the same time. */
#include "tests/task/play.h"

#include <sched.h>

/* ---- one victim, one wait ----------------------------------------------------------------------------------- */

enum point { AT_MUTEX, AT_BARGING, AT_SIGNAL, AT_SEND, AT_RECEIVE, AT_TIMER, AT_SELECT, POINTS };

enum give { GIVE_NOTHING, GIVE_BEFORE, GIVE_AFTER, GIVES };

/* What the victim waits for: two locks that are held, a channel that is full, one that is empty. */
struct trap {
        struct async_mutex mutex, barging;
        struct signal signal;
        struct channel full, empty;
};

struct victim {
        struct actor actor;
        struct trap *trap;
        enum point point;
        struct waiter mutex, signal, send;
        struct timer timer;
        struct select select;
        _Atomic bool arrived; /* about to suspend */
        bool got;             /* what it waited for */
        bool ended;           /* by itself: it may be cancelled when it has got it */
        unsigned cleanups;
};

static void trap_open(struct trap *t)
{
        struct waiter w = { 0 };

        async_mutex_init(&t->mutex, false);
        async_mutex_init(&t->barging, true);
        assert_int_equal(async_mutex_lock(&t->mutex, NULL, &w), POLL_READY);
        assert_int_equal(async_mutex_lock(&t->barging, NULL, &w), POLL_READY);
        signal_init(&t->signal);
        assert_int_equal(channel_init(&t->full, 1), 0);
        assert_int_equal(channel_init(&t->empty, 1), 0);
        assert_true(channel_try_send(&t->full, 0));
}

/* Let the victim have what it waits for. */
static void trap_give(struct trap *t, enum point point)
{
        uint64_t message;
        bool closed;

        if (point == AT_MUTEX || point == AT_SELECT)
                async_mutex_unlock(&t->mutex);
        if (point == AT_BARGING)
                async_mutex_unlock(&t->barging);
        if (point == AT_SIGNAL || point == AT_SELECT)
                signal_fire(&t->signal);
        if (point == AT_SEND || point == AT_SELECT)
                channel_receive(&t->full, NULL, &message, &closed);
        if (point == AT_RECEIVE)
                channel_try_send(&t->empty, 1);
}

/* Whatever was granted to a task that did not take it has been passed on: the locks that were given up are free,
 * the channels have all their places, nobody is queued. */
static void trap_check(struct play *p, struct trap *t, const struct victim *v, bool given)
{
        bool mutex = given && (v->point == AT_MUTEX || v->point == AT_SELECT);
        bool sent = v->got && v->point == AT_SEND;
        bool room = given && !sent && (v->point == AT_SEND || v->point == AT_SELECT);

        REQUIRE_EQUAL(p, atomic_load(&t->mutex.state), !mutex);
        REQUIRE_EQUAL(p, atomic_load(&t->barging.state), !(given && v->point == AT_BARGING));
        REQUIRE_EQUAL(p, atomic_load(&t->mutex.queued) + atomic_load(&t->barging.queued), 0);
        REQUIRE(p, !t->mutex.waiters.first && !t->barging.waiters.first && !t->signal.waiters.first);
        REQUIRE(p, !t->full.senders.first && !t->empty.receiver);
        REQUIRE_EQUAL(p, t->full.promised, 0);
        REQUIRE_EQUAL(p, channel_try_send(&t->full, 0), room);
        REQUIRE_EQUAL(p, t->empty.count, given && v->point == AT_RECEIVE && !v->got);
        async_mutex_destroy(&t->mutex);
        async_mutex_destroy(&t->barging);
        signal_destroy(&t->signal);
        channel_destroy(&t->full);
        channel_destroy(&t->empty);
}

static bool locked(struct victim *v, struct async_mutex *m)
{
        if (async_mutex_lock(m, &v->actor.task, &v->mutex) != POLL_READY)
                return false;
        async_mutex_unlock(m);
        return true;
}

static bool received(struct victim *v)
{
        uint64_t message;
        bool closed;

        return channel_receive(&v->trap->empty, &v->actor.task, &message, &closed) == POLL_READY;
}

/* Two of the arms may have come when it looks again; it takes the first and withdraws the rest. */
static bool selected(struct victim *v)
{
        struct trap *t = v->trap;
        bool got = locked(v, &t->mutex) ||
                   signal_poll(&t->signal, &v->actor.task, &v->signal) == POLL_READY || received(v) ||
                   timer_poll(&v->timer) == POLL_READY;

        if (!got) {
                select_suspend(&v->select, &v->actor.task, 4, &v->mutex.wait, &v->signal.wait,
                               &t->empty.receive_wait, &v->timer.wait);
                return false;
        }
        v->select.wait.withdraw(&v->select.wait);
        return true;
}

static bool attempt(struct victim *v)
{
        struct trap *t = v->trap;

        switch (v->point) {
        case AT_MUTEX:
                return locked(v, &t->mutex);
        case AT_BARGING:
                return locked(v, &t->barging);
        case AT_SIGNAL:
                return signal_poll(&t->signal, &v->actor.task, &v->signal) == POLL_READY;
        case AT_SEND:
                return channel_send(&t->full, &v->actor.task, &v->send, 1) == POLL_READY;
        case AT_RECEIVE:
                return received(v);
        case AT_TIMER:
                return timer_poll(&v->timer) == POLL_READY;
        default:
                return selected(v);
        }
}

static enum step victim_step(struct task *task)
{
        struct victim *v = (struct victim *)task;

        EXPECT(&v->actor, !v->cleanups);
        if (!v->actor.at && (v->point == AT_TIMER || v->point == AT_SELECT))
                timer_start(&v->timer, task, 3600000000000);
        v->actor.at = 1;
        v->got = v->got || attempt(v);
        atomic_store(&v->arrived, true);
        if (!v->got)
                return STEP_WAIT;
        v->ended = timer_drop(&v->timer) == DROP_DONE;
        return v->ended ? STEP_DONE : STEP_WAIT;
}

static bool waits(const struct waiter *w)
{
        unsigned state = atomic_load(&w->state);

        return state == WAITER_QUEUED || state == WAITER_GRANTED;
}

static void victim_cleanup(struct task *task)
{
        struct victim *v = (struct victim *)task;

        v->cleanups++;
        EXPECT(&v->actor, worker_current() == task->worker);
        EXPECT(&v->actor, !waits(&v->mutex) && !waits(&v->signal) && !waits(&v->send));
        EXPECT(&v->actor, v->timer.state == SOURCE_IDLE);
}

struct killer {
        struct actor actor; /* when it is a task */
        struct victim *victim;
        enum give give;
};

static void kill_victim(struct killer *k)
{
        if (k->give == GIVE_BEFORE)
                trap_give(k->victim->trap, k->victim->point);
        task_cancel(&k->victim->actor.task);
        if (k->give == GIVE_AFTER)
                trap_give(k->victim->trap, k->victim->point);
}

static enum step kill_step(struct task *task)
{
        struct killer *k = (struct killer *)task;

        if (!atomic_load(&k->victim->arrived))
                return STEP_YIELD;
        kill_victim(k);
        return STEP_DONE;
}

/* From a foreign thread, or from a task on the same or another worker. */
static void cancel_at(struct play *p, enum point point, enum give give, unsigned source)
{
        struct trap trap = { 0 };
        struct victim victim = { .trap = &trap, .point = point };
        struct killer killer = { .victim = &victim, .give = give };

        trap_open(&trap);
        victim.actor.task.cleanup = victim_cleanup;
        play_open(p);
        play_cast(p, &victim.actor, victim_step, 0);
        if (source)
                play_cast(p, &killer.actor, kill_step, source - 1);
        crew_start(p->stage.crew);
        while (!source && !atomic_load(&victim.arrived))
                sched_yield();
        if (!source)
                kill_victim(&killer);
        stage_join(&p->stage);
        play_check(p, &victim.actor);
        REQUIRE_EQUAL(p, victim.cleanups, !victim.ended);
        REQUIRE(p, give != GIVE_NOTHING || !victim.got);
        trap_check(p, &trap, &victim, give != GIVE_NOTHING);
}

static void cancelled_everywhere(struct play *p)
{
        for (unsigned point = 0; point < POINTS; point++)
                for (unsigned give = 0; give < GIVES; give++)
                        cancel_at(p, (enum point)point, (enum give)give, (unsigned)(p->seed + point) % 3);
}

/* ---- withdrawals that take their time --------------------------------------------------------------------------- */

/* As a timer whose end is told later: wakes its task when it is over, and has the task wait for that. */
struct slow {
        struct wait wait;
        struct task *task;
        unsigned turns; /* until it is over */
};

struct patient {
        struct actor actor;
        struct slow slow[3];
        struct select select;
        unsigned cleanups;
};

static enum drop slow_withdraw(struct wait *wait)
{
        struct slow *s = (struct slow *)wait;

        if (!s->turns)
                return DROP_DONE;
        s->turns--;
        s->task->wait = wait;
        task_wake(s->task);
        return DROP_PENDING;
}

static enum step patient_step(struct task *task)
{
        struct patient *patient = (struct patient *)task;

        EXPECT(&patient->actor, patient->actor.steps++ == 0);
        select_suspend(&patient->select, task, 3, &patient->slow[0].wait, &patient->slow[1].wait,
                       &patient->slow[2].wait);
        task_cancel(task);
        return STEP_WAIT;
}

static void patient_cleanup(struct task *task)
{
        struct patient *patient = (struct patient *)task;

        patient->cleanups++;
        for (unsigned i = 0; i < 3; i++)
                EXPECT(&patient->actor, patient->slow[i].turns == 0);
}

static void every_arm_is_taken_back(struct play *p)
{
        struct patient patient = { .actor.task.cleanup = patient_cleanup };
        uint64_t random = play_random(p, 0);

        play_open(p);
        for (unsigned i = 0; i < 3; i++)
                patient.slow[i] = (struct slow){ .wait.withdraw = slow_withdraw,
                                                 .task = &patient.actor.task,
                                                 .turns = random_below(&random, 4) };
        play_cast(p, &patient.actor, patient_step, 0);
        crew_start(p->stage.crew);
        stage_join(&p->stage);
        play_check(p, &patient.actor);
        REQUIRE_EQUAL(p, patient.cleanups, 1);
}

const struct game cancel_games[] = {
        { .holds = "cancel: at every wait, whatever comes with it, all is taken back or taken; cleaned up "
                   "once",
          .play = cancelled_everywhere },
        { .holds = "cancel: a select is over when the slowest of its arms is taken back",
          .play = every_arm_is_taken_back,
          .needs_shared_worker = true },
        { 0 },
};
