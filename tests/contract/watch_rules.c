/* SPDX-License-Identifier: MIT */
/* Rules about watch_start and watch_drop, on eventfds of which each read takes one. */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum { SOURCES = 2 };

struct reader {
        struct actor actor;
        struct watch watches[SOURCES];
        struct timer timer;
        int fds[SOURCES];
        unsigned sources;
        unsigned wanted; /* from each source */
        unsigned taken[SOURCES];
};

static void reader_open(struct reader *r, unsigned sources, unsigned count)
{
        *r = (struct reader){ .sources = sources };
        for (unsigned i = 0; i < sources; i++)
                r->fds[i] = counter_open(count);
}

static void reader_close(struct reader *r)
{
        for (unsigned i = 0; i < r->sources; i++)
                close(r->fds[i]);
}

static void reader_play(const struct runtime *row, struct reader *r, enum step (*step)(struct task *))
{
        struct stage stage;

        stage_open(&stage, row, 1);
        stage_cast(&stage, &r->actor, step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
}

static bool withdrawn(struct reader *r)
{
        bool over = true;

        for (unsigned i = 0; i < r->sources; i++)
                if (watch_drop(&r->watches[i]) == DROP_PENDING)
                        over = false;
        return over;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* One is taken for each readiness, so that what is left must be reported again. */
static enum step read_step(struct task *task)
{
        struct reader *r = (struct reader *)task;
        unsigned finished = 0;

        if (r->actor.at == 0) {
                for (unsigned i = 0; i < r->sources; i++)
                        watch_start(&r->watches[i], task, r->fds[i]);
                r->actor.at = 1;
        }
        for (unsigned i = 0; i < r->sources && r->actor.at == 1; i++) {
                while (watch_poll(&r->watches[i]) == POLL_READY)
                        r->taken[i] += counter_take(r->fds[i]);
                EXPECT(&r->actor, r->taken[i] <= r->wanted);
                finished += r->taken[i] == r->wanted;
        }
        if (r->actor.at == 1 && finished < r->sources)
                return STEP_WAIT;
        r->actor.at = 2;
        return withdrawn(r) ? STEP_DONE : STEP_WAIT;
}

static void reports_until_empty(const struct runtime *row, int sources)
{
        struct reader r;

        reader_open(&r, (unsigned)sources, 5);
        r.wanted = 5;
        reader_play(row, &r, read_step);
        assert_played(&r.actor, 0);
        for (unsigned i = 0; i < r.sources; i++)
                assert_int_equal(r.taken[i], 5);
        reader_close(&r);
}

enum { WRITES = 200 };

static void *write_all(void *arg)
{
        struct reader *r = arg;

        for (unsigned n = 0; n < WRITES; n++) {
                for (unsigned i = 0; i < r->sources; i++)
                        counter_add(r->fds[i], 1);
                if (n % 16 == 0)
                        sleep_until(run_now_ns() + 100000); /* let the loop come to rest */
                else
                        sched_yield();
        }
        return NULL;
}

static void sees_each_write(const struct runtime *row, int sources)
{
        pthread_t writer;
        struct reader r;
        struct stage stage;

        reader_open(&r, (unsigned)sources, 0);
        r.wanted = WRITES;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &r.actor, read_step, 0);
        crew_start(stage.crew);
        assert_int_equal(pthread_create(&writer, NULL, write_all, &r), 0);
        pthread_join(writer, NULL);
        stage_join(&stage);
        assert_played(&r.actor, 0);
        for (unsigned i = 0; i < r.sources; i++) {
                assert_int_equal(r.taken[i], WRITES);
                assert_false(counter_take(r.fds[i]));
        }
        reader_close(&r);
}

/* ---- dropped ------------------------------------------------------------------------------------------- */

/* The step of a task that has nothing to wait for but the timer; true when it has fired and is dropped. */
static bool nap_is_over(struct reader *r, enum step *answer)
{
        *answer = STEP_WAIT;
        if (r->timer.state != SOURCE_DROPPING && timer_poll(&r->timer) == POLL_PENDING)
                return false;
        return timer_drop(&r->timer) == DROP_DONE;
}

static enum step nap(struct reader *r)
{
        timer_start(&r->timer, &r->actor.task, 3000000);
        EXPECT(&r->actor, timer_poll(&r->timer) == POLL_PENDING);
        return STEP_WAIT;
}

/* Of a readable descriptor: dropped before the loop has looked once. Then watched afresh. */
static enum step drop_step(struct task *task)
{
        struct reader *r = (struct reader *)task;
        struct watch *w = &r->watches[0];
        enum step answer;

        switch (r->actor.at) {
        case 0:
                EXPECT(&r->actor, watch_drop(w) == DROP_DONE); /* idle */
                EXPECT(&r->actor, watch_poll(w) == POLL_REFUSED);
                watch_start(w, task, r->fds[0]);
                r->actor.at = 1;
                /* fall through */
        case 1:
                if (watch_drop(w) == DROP_PENDING)
                        return STEP_WAIT;
                EXPECT(&r->actor, watch_poll(w) == POLL_REFUSED);
                memory_spoil(w, sizeof(*w));
                r->actor.at = 2;
                return nap(r);
        case 2:
                if (!nap_is_over(r, &answer))
                        return answer;
                r->actor.steps++;
                EXPECT(&r->actor, memory_is_spoiled(w, sizeof(*w)));
                memset(w, 0, sizeof(*w));
                r->actor.at = 3;
                watch_start(w, task, r->fds[0]);
                EXPECT(&r->actor, watch_poll(w) == POLL_PENDING);
                return STEP_WAIT;
        case 3:
                r->actor.steps++;
                EXPECT(&r->actor, watch_poll(w) == POLL_READY && counter_take(r->fds[0]));
                r->actor.at = 4;
                /* fall through */
        default:
                return watch_drop(w) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
        }
}

static void dropped_never_fires(const struct runtime *row, int argument)
{
        struct reader r;

        (void)argument;
        reader_open(&r, 1, 1);
        reader_play(row, &r, drop_step);
        assert_played(&r.actor, 2);
        reader_close(&r);
}

/* Two watches whose descriptors are readable at once: the first to be seen drops both, and neither is ready
 * afterwards. */
static enum step drop_batch_step(struct task *task)
{
        struct reader *r = (struct reader *)task;
        enum step answer;

        switch (r->actor.at) {
        case 0:
                for (unsigned i = 0; i < SOURCES; i++) {
                        watch_start(&r->watches[i], task, r->fds[i]);
                        EXPECT(&r->actor, watch_poll(&r->watches[i]) == POLL_PENDING);
                }
                r->actor.at = 1;
                return STEP_WAIT;
        case 1:
                EXPECT(&r->actor, r->watches[0].ready || r->watches[1].ready);
                r->actor.at = 2;
                /* fall through */
        case 2:
                if (!withdrawn(r))
                        return STEP_WAIT;
                for (unsigned i = 0; i < SOURCES; i++)
                        EXPECT(&r->actor, watch_poll(&r->watches[i]) == POLL_REFUSED);
                memory_spoil(r->watches, sizeof(r->watches));
                r->actor.at = 3;
                return nap(r);
        default:
                if (!nap_is_over(r, &answer))
                        return answer;
                r->actor.steps++;
                EXPECT(&r->actor, memory_is_spoiled(r->watches, sizeof(r->watches)));
                return STEP_DONE;
        }
}

static void dropped_in_a_batch_never_fires(const struct runtime *row, int argument)
{
        struct reader r;

        (void)argument;
        reader_open(&r, SOURCES, 1);
        reader_play(row, &r, drop_batch_step);
        assert_played(&r.actor, 1);
        reader_close(&r);
}

enum { REGISTRATIONS = 300 };

/* A fresh registration for each message, as a select that makes its arms anew. */
static enum step recreate_step(struct task *task)
{
        struct reader *r = (struct reader *)task;
        struct watch *w = &r->watches[0];

        for (;;)
                switch (r->actor.at) {
                case 0:
                        counter_add(r->fds[0], 1);
                        watch_start(w, task, r->fds[0]);
                        r->actor.at = 1;
                        break;
                case 1:
                        if (watch_poll(w) == POLL_PENDING)
                                return STEP_WAIT;
                        r->taken[0] += counter_take(r->fds[0]);
                        r->actor.at = 2;
                        break;
                default:
                        if (watch_drop(w) == DROP_PENDING)
                                return STEP_WAIT;
                        if (++r->actor.steps == REGISTRATIONS)
                                return STEP_DONE;
                        r->actor.at = 0;
                }
}

static void registered_again_and_again(const struct runtime *row, int argument)
{
        struct stage stage;
        struct reader r;

        (void)argument;
        reader_open(&r, 1, 0);
        stage_open(&stage, row, 1);
        stage_cast(&stage, &r.actor, recreate_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&r.actor, REGISTRATIONS);
        assert_int_equal(r.taken[0], REGISTRATIONS);
        assert_int_equal(stage.counts.watch_starts, REGISTRATIONS);
        reader_close(&r);
}

/* ---- fairness ------------------------------------------------------------------------------------------ */

struct hog {
        struct actor actor;
        struct reader *victim;
        unsigned extra; /* steps from when the descriptor was readable until the victim ran */
        bool readable;
};

/* Yields always; makes the descriptor readable once the victim waits for it. */
static enum step hog_step(struct task *task)
{
        struct hog *h = (struct hog *)task;

        if (h->victim->taken[0])
                return STEP_DONE;
        if (h->readable) {
                h->extra++;
        } else if (h->victim->actor.at == 1) {
                counter_add(h->victim->fds[0], 1);
                h->readable = true;
        }
        return STEP_YIELD;
}

static void yielding_task_does_not_starve_watches(const struct runtime *row, int argument)
{
        struct hog hog = { 0 };
        struct stage stage;
        struct reader r;

        (void)argument;
        reader_open(&r, 1, 0);
        r.wanted = 1;
        hog.victim = &r;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &r.actor, read_step, 0);
        stage_cast(&stage, &hog.actor, hog_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&r.actor, 0);
        assert_in_range(hog.extra, 0, 2 * POLL_INTERVAL + 1);
        reader_close(&r);
}

const struct rule watch_rules[] = {
        { .hook = "watch_start",
          .holds = "reports a readable descriptor until it is empty",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = reports_until_empty,
          .argument = 1 },
        { .hook = "watch_start",
          .holds = "reports each of two readable descriptors until it is empty",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = reports_until_empty,
          .argument = 2 },
        { .hook = "watch_start",
          .holds = "no write of another thread is missed",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = sees_each_write,
          .argument = 1 },
        { .hook = "watch_start",
          .holds = "no write to either of a task's two descriptors is missed",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = sees_each_write,
          .argument = 2 },
        { .hook = "watch_drop",
          .holds = "a dropped watch never fires, its memory may go, it can start afresh",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = dropped_never_fires },
        { .hook = "watch_drop",
          .holds = "watches dropped while both are readable never fire",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = dropped_in_a_batch_never_fires },
        { .hook = "watch_drop",
          .holds = "a descriptor is registered anew for each message, none lost",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = registered_again_and_again },
        { .hook = "loop",
          .holds = "a task that always yields delays a readable descriptor by two turns at most",
          .needs = NEED_EXECUTOR | NEED_WAITS | NEED_SHARED_WORKER,
          .check = yielding_task_does_not_starve_watches },
        { 0 },
};
