/* SPDX-License-Identifier: MIT */
/* Rules about open, loop, close and notify: a crew's life, exact steps, homes, wakes. */
#include "tests/contract/contract.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* ---- life of a crew ------------------------------------------------------------------------------------ */

static unsigned entries_of(const char *path)
{
        DIR *dir = opendir(path);
        unsigned count = 0;

        assert_non_null(dir);
        while (readdir(dir))
                count++;
        closedir(dir);
        return count;
}

static enum step done_step(struct task *task)
{
        ((struct actor *)task)->steps++;
        return STEP_DONE;
}

static void crew_life(const struct runtime *row, unsigned tasks)
{
        struct actor actors[2] = { 0 };
        struct stage s;

        stage_open(&s, row, row->executor->never_suspends ? 1 : 2);
        for (unsigned i = 0; i < tasks; i++)
                stage_cast(&s, &actors[i], done_step, i);
        crew_start(s.crew);
        stage_join(&s);
        for (unsigned i = 0; i < tasks; i++)
                assert_played(&actors[i], 1);
}

static void crew_without_tasks_ends(const struct runtime *row, int argument)
{
        (void)argument;
        crew_life(row, 0);
}

/* What a library keeps for the process is there after the first crew; the others may add nothing. */
static void nothing_is_left(const struct runtime *row, int argument)
{
        unsigned descriptors, threads;

        (void)argument;
        crew_life(row, 2);
        descriptors = entries_of("/proc/self/fd");
        threads = entries_of("/proc/self/task");
        crew_life(row, 2);
        crew_life(row, 2);
        assert_int_equal(entries_of("/proc/self/fd"), descriptors);
        /* the kernel removes a joined thread from the folder a moment later */
        for (unsigned tries = 0; tries < 1000 && entries_of("/proc/self/task") > threads; tries++)
                sleep_until(run_now_ns() + 1000000);
        assert_int_equal(entries_of("/proc/self/task"), threads);
}

/* ---- steps --------------------------------------------------------------------------------------------- */

enum { YIELDERS = 10 };

struct yielder {
        struct actor actor;
        unsigned yields; /* still to do */
        pthread_t thread;
};

static enum step yield_step(struct task *task)
{
        struct yielder *y = (struct yielder *)task;

        if (y->actor.steps++ == 0)
                y->thread = pthread_self();
        EXPECT(&y->actor, pthread_equal(y->thread, pthread_self()));
        EXPECT(&y->actor, worker_current() == task->worker);
        return y->yields-- ? STEP_YIELD : STEP_DONE;
}

static void steps_are_exact(const struct runtime *row, int workers)
{
        struct yielder yielders[YIELDERS] = { 0 };
        unsigned expected = 0;
        struct stage s;

        stage_open(&s, row, (unsigned)workers);
        for (unsigned i = 0; i < YIELDERS; i++) {
                yielders[i].yields = 7 + 50 * i; /* also more than a turn's worth */
                expected += yielders[i].yields + 1;
                stage_cast(&s, &yielders[i].actor, yield_step, i);
        }
        crew_start(s.crew);
        stage_join(&s);
        for (unsigned i = 0; i < YIELDERS; i++)
                assert_played(&yielders[i].actor, 7 + 50 * i + 1);
        assert_int_equal(s.counts.steps, expected);
        assert_int_equal(s.counts.suspensions, 0);
}

static void workers_are_threads(const struct runtime *row, int argument)
{
        struct yielder yielders[3] = { 0 };
        struct stage s;

        (void)argument;
        stage_open(&s, row, 2);
        for (unsigned i = 0; i < 3; i++)
                stage_cast(&s, &yielders[i].actor, yield_step, i);
        crew_start(s.crew);
        stage_join(&s);
        assert_false(pthread_equal(yielders[0].thread, yielders[1].thread));
        assert_int_equal(!pthread_equal(yielders[0].thread, yielders[2].thread),
                         row->executor->worker_per_task);
}

/* ---- wakes --------------------------------------------------------------------------------------------- */

static enum step wake_self_step(struct task *task)
{
        struct actor *a = (struct actor *)task;

        if (a->steps++ == 10)
                return STEP_DONE;
        for (unsigned i = 0; i < 3; i++)
                task_wake(task);
        return STEP_WAIT;
}

static void wakes_of_a_running_task_coalesce(const struct runtime *row, int argument)
{
        struct actor a = { 0 };
        struct stage s;

        (void)argument;
        stage_open(&s, row, 1);
        stage_cast(&s, &a, wake_self_step, 0);
        crew_start(s.crew);
        stage_join(&s);
        assert_played(&a, 11);
        assert_int_equal(s.counts.suspensions, 0);
        assert_int_equal(s.counts.wakes, 10);
}

enum { RALLIES = 2000 };

struct player {
        struct actor actor;
        struct player *other;
        _Atomic unsigned *ball; /* whose turn it is: place in the match */
        unsigned place, hits;
};

static enum step play_step(struct task *task)
{
        struct player *p = (struct player *)task;

        if (atomic_load(p->ball) != p->place)
                return STEP_WAIT; /* a wake that came with the ball before */
        p->hits++;
        p->actor.steps++;
        atomic_store(p->ball, !p->place);
        task_wake(&p->other->actor.task);
        return p->hits == RALLIES ? STEP_DONE : STEP_WAIT;
}

static void ping_pong(const struct runtime *row, int second_worker)
{
        struct player players[2] = { 0 };
        _Atomic unsigned ball = 0;
        struct stage s;

        stage_open(&s, row, 2);
        for (unsigned i = 0; i < 2; i++) {
                players[i].place = i;
                players[i].other = &players[!i];
                players[i].ball = &ball;
                stage_cast(&s, &players[i].actor, play_step, i * (unsigned)second_worker);
        }
        crew_start(s.crew);
        stage_join(&s);
        for (unsigned i = 0; i < 2; i++)
                assert_played(&players[i].actor, RALLIES);
        assert_true(s.counts.remote_wakes <= 2 * RALLIES);
        if (second_worker == 0 && !row->executor->worker_per_task)
                assert_int_equal(s.counts.notifies, 0);
        else
                assert_true(s.counts.notifies > 0);
}

enum { FLOOD = 10000 };

struct drain {
        struct actor actor;
        _Atomic unsigned level; /* raised before each wake */
        unsigned seen;
};

static enum step drain_step(struct task *task)
{
        struct drain *d = (struct drain *)task;
        unsigned level = atomic_load(&d->level);

        d->actor.steps++;
        EXPECT(&d->actor, level >= d->seen);
        d->seen = level;
        return level == FLOOD ? STEP_DONE : STEP_WAIT;
}

static void *flood(void *arg)
{
        struct drain *d = arg;

        for (unsigned i = 0; i < FLOOD; i++) {
                atomic_fetch_add(&d->level, 1);
                task_wake(&d->actor.task);
        }
        return NULL;
}

/* Lost would be the last wake: the task would sleep for ever below the level. */
static void foreign_wakes_coalesce(const struct runtime *row, int argument)
{
        struct drain d = { 0 };
        pthread_t thread;
        struct stage s;

        (void)argument;
        stage_open(&s, row, 1);
        stage_cast(&s, &d.actor, drain_step, 0);
        crew_start(s.crew);
        assert_int_equal(pthread_create(&thread, NULL, flood, &d), 0);
        pthread_join(thread, NULL);
        stage_join(&s);
        assert_played(&d.actor, d.actor.steps);
        assert_in_range(d.actor.steps, 1, FLOOD + 1);
        assert_int_equal(d.seen, FLOOD);
        assert_true(s.counts.notifies <= FLOOD + 1); /* and one for the end of the crew */
}

const struct rule task_rules[] = {
        { .hook = "loop",
          .holds = "a crew without tasks ends",
          .needs = NEED_EXECUTOR,
          .check = crew_without_tasks_ends },
        { .hook = "close",
          .holds = "leaves no descriptor and no thread",
          .needs = NEED_EXECUTOR,
          .check = nothing_is_left },
        { .hook = "loop",
          .holds = "each yield is one more step, exactly",
          .needs = NEED_EXECUTOR,
          .check = steps_are_exact,
          .argument = 1 },
        { .hook = "loop",
          .holds = "all steps of a task run on its home's thread",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = steps_are_exact,
          .argument = 3 },
        { .hook = "open",
          .holds = "each worker is a thread of its own",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = workers_are_threads },
        { .hook = "loop",
          .holds = "wakes of a running task are one more step",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = wakes_of_a_running_task_coalesce },
        { .hook = "loop",
          .holds = "two tasks of a worker wake each other without notify",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = ping_pong,
          .argument = 0 },
        { .hook = "notify",
          .holds = "two tasks of two workers wake each other, none lost",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = ping_pong,
          .argument = 1 },
        { .hook = "notify",
          .holds = "a foreign thread's wakes coalesce, the last is seen",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = foreign_wakes_coalesce },
        { 0 },
};
