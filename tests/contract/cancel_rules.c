/* SPDX-License-Identifier: MIT */
/* Rules about cancellation: at each kind of suspension point, from each kind of thread. */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "runtimes/task/sync.h"

/* Where the victim is when it is cancelled. */
enum point { AT_TIMER, AT_WATCH, AT_SELECT, AT_MEMORY, AT_YIELD, AT_START, AT_NOTHING_TO_CLEAN };

/* Who cancels it. */
enum source { FROM_OUTSIDE, FROM_SAME_WORKER, FROM_OTHER_WORKER, SOURCES };

struct victim {
        struct actor actor;
        enum point point;
        _Atomic bool arrived; /* about to suspend */
        struct wait memory;
        unsigned memory_withdrawals;
        struct timer timer;
        struct watch watches[2];
        struct select select;
        int fds[2];
        unsigned cleanups;
};

static enum drop memory_withdraw(struct wait *wait)
{
        struct victim *v = (struct victim *)((char *)wait - offsetof(struct victim, memory));

        v->memory_withdrawals++;
        return DROP_DONE;
}

static void victim_arm(struct victim *v)
{
        struct task *task = &v->actor.task;

        switch (v->point) {
        case AT_TIMER:
        case AT_NOTHING_TO_CLEAN:
                timer_start(&v->timer, task, 3600000000000);
                EXPECT(&v->actor, timer_poll(&v->timer) == POLL_PENDING);
                break;
        case AT_WATCH:
                watch_start(&v->watches[0], task, v->fds[0]);
                EXPECT(&v->actor, watch_poll(&v->watches[0]) == POLL_PENDING);
                break;
        case AT_SELECT:
                timer_start(&v->timer, task, 3600000000000);
                for (unsigned i = 0; i < 2; i++)
                        watch_start(&v->watches[i], task, v->fds[i]);
                select_suspend(&v->select, task, 3, &v->watches[0].wait, &v->timer.wait, &v->watches[1].wait);
                break;
        case AT_MEMORY:
                v->memory.withdraw = memory_withdraw;
                task->wait = &v->memory;
                break;
        case AT_YIELD:
        case AT_START:
                break;
        }
}

static enum step victim_step(struct task *task)
{
        struct victim *v = (struct victim *)task;

        EXPECT(&v->actor, v->cleanups == 0);
        if (v->actor.steps == 0 || v->point == AT_YIELD) {
                v->actor.steps = 1;
                victim_arm(v);
                atomic_store(&v->arrived, true);
                return v->point == AT_YIELD ? STEP_YIELD : STEP_WAIT;
        }
        EXPECT(&v->actor, !"a step of a suspended task that nothing but the cancellation has woken");
        return STEP_DONE;
}

/* Everything is withdrawn by now. */
static void victim_cleanup(struct task *task)
{
        struct victim *v = (struct victim *)task;

        v->cleanups++;
        EXPECT(&v->actor, worker_current() == task->worker);
        EXPECT(&v->actor, v->timer.state == SOURCE_IDLE);
        EXPECT(&v->actor, v->watches[0].state == SOURCE_IDLE && v->watches[1].state == SOURCE_IDLE);
        EXPECT(&v->actor, v->memory_withdrawals == (v->point == AT_MEMORY));
}

struct killer {
        struct actor actor;
        struct victim *victim;
};

static enum step kill_step(struct task *task)
{
        struct killer *k = (struct killer *)task;

        if (k->victim->point != AT_START && !atomic_load(&k->victim->arrived))
                return STEP_YIELD;
        task_cancel(&k->victim->actor.task);
        task_cancel(&k->victim->actor.task); /* is the same as once */
        return STEP_DONE;
}

static void kill_from_outside(struct victim *v)
{
        while (!atomic_load(&v->arrived))
                sched_yield();
        task_cancel(&v->actor.task);
        task_cancel(&v->actor.task);
}

/* Before its first step only a task of the same worker that stands before it can be sure to find it. */
static void cancel_once(const struct runtime *row, enum point point, enum source source)
{
        struct victim v = { .point = point, .fds = { counter_open(0), counter_open(0) } };
        struct killer killer = { .victim = &v };
        struct stage stage;

        if (point != AT_NOTHING_TO_CLEAN)
                v.actor.task.cleanup = victim_cleanup;
        stage_open(&stage, row, 2);
        if (source != FROM_OUTSIDE)
                stage_cast(&stage, &killer.actor, kill_step, source == FROM_OTHER_WORKER);
        stage_cast(&stage, &v.actor, victim_step, 0);
        crew_start(stage.crew);
        if (source == FROM_OUTSIDE)
                kill_from_outside(&v);
        stage_join(&stage);
        assert_played(&v.actor, point == AT_START ? 0 : 1);
        assert_int_equal(v.cleanups, point == AT_NOTHING_TO_CLEAN ? 0 : 1);
        close(v.fds[0]);
        close(v.fds[1]);
}

static void cancelled_at(const struct runtime *row, int point)
{
        for (enum source source = FROM_OUTSIDE; source < SOURCES; source++)
                if (point != AT_START || source == FROM_SAME_WORKER)
                        cancel_once(row, (enum point)point, source);
}

/* ---- too late ------------------------------------------------------------------------------------------ */

static enum step finish_step(struct task *task)
{
        struct victim *v = (struct victim *)task;

        v->actor.steps++;
        atomic_store(&v->arrived, true);
        return STEP_DONE;
}

static void finished_is_left_alone(const struct runtime *row, int argument)
{
        struct victim v = { .point = AT_START };
        struct stage stage;

        (void)argument;
        v.actor.task.cleanup = victim_cleanup;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &v.actor, finish_step, 0);
        crew_start(stage.crew);
        kill_from_outside(&v);
        stage_join(&stage);
        assert_played(&v.actor, 1);
        assert_int_equal(v.cleanups, 0);
}

const struct rule cancel_rules[] = {
        { .hook = "cancel",
          .holds = "at a timer: withdrawn, then cleaned up once",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = cancelled_at,
          .argument = AT_TIMER },
        { .hook = "cancel",
          .holds = "at a watch: withdrawn, then cleaned up once",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = cancelled_at,
          .argument = AT_WATCH },
        { .hook = "cancel",
          .holds = "at a select of watches and a timer: all withdrawn, then cleaned up once",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = cancelled_at,
          .argument = AT_SELECT },
        { .hook = "cancel",
          .holds = "at a wait in memory: withdrawn once, then cleaned up once",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = cancelled_at,
          .argument = AT_MEMORY },
        { .hook = "cancel",
          .holds = "a task without clean-up just ends",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = cancelled_at,
          .argument = AT_NOTHING_TO_CLEAN },
        { .hook = "cancel",
          .holds = "at a yield: cleaned up once",
          .needs = NEED_EXECUTOR | NEED_WAITS | NEED_CANCEL_ANYWHERE,
          .check = cancelled_at,
          .argument = AT_YIELD },
        { .hook = "cancel",
          .holds = "before the first step: cleaned up once, no step",
          .needs = NEED_EXECUTOR | NEED_WAITS | NEED_CANCEL_ANYWHERE,
          .check = cancelled_at,
          .argument = AT_START },
        { .hook = "cancel",
          .holds = "a finished task is left alone",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = finished_is_left_alone },
        { 0 },
};
