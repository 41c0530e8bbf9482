/* SPDX-License-Identifier: MIT */
/* Rules about timer_start and timer_drop, and about the loop while a timer is all there is. */
#include "tests/contract/contract.h"

#include <string.h>

static const uint64_t ms = 1000000;

/* ---- one timer after the other ------------------------------------------------------------------------- */

static const uint64_t durations_ns[] = { 0, 1, 999, 300000, 1000000, 1000001, 1700000, 2500000, 4999999 };

enum { DURATIONS = sizeof(durations_ns) / sizeof(durations_ns[0]) };

struct sleeper {
        struct actor actor;
        struct timer timer, other;
        uint64_t due_ns;
        unsigned naps;
};

static enum step nap(struct sleeper *s, struct timer *t, uint64_t after_ns)
{
        s->due_ns = run_now_ns() + after_ns;
        timer_start(t, &s->actor.task, after_ns);
        EXPECT(&s->actor, timer_poll(t) == POLL_PENDING);
        return STEP_WAIT;
}

static bool napped(struct sleeper *s, struct timer *t)
{
        if (timer_poll(t) == POLL_PENDING)
                return false;
        EXPECT(&s->actor, run_now_ns() >= s->due_ns);
        return true;
}

/* Each nap is one step, since nothing else wakes it; ends with the timer dropped. */
static enum step naps_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        if (s->actor.at == 0) {
                if (s->naps) {
                        s->actor.steps++;
                        EXPECT(&s->actor, napped(s, &s->timer));
                }
                if (s->naps < DURATIONS)
                        return nap(s, &s->timer, durations_ns[s->naps++]);
                s->actor.at = 1;
        }
        return timer_drop(&s->timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
}

/* Armed again after it has fired, in place, each time. */
static void never_early(const struct runtime *row, int argument)
{
        struct sleeper s = { 0 };
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &s.actor, naps_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&s.actor, DURATIONS);
        assert_int_equal(stage.counts.timer_starts, DURATIONS);
}

enum { MANY = 50 };

static enum step nap_once_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        switch (s->actor.at) {
        case 0:
                s->actor.at = 1;
                return nap(s, &s->timer, s->naps * 7 % 20 * ms);
        case 1:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->timer));
                s->actor.at = 2;
                /* fall through */
        default:
                return timer_drop(&s->timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
        }
}

static void many_fire_once(const struct runtime *row, int argument)
{
        struct sleeper sleepers[MANY] = { 0 };
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 2);
        for (unsigned i = 0; i < MANY; i++) {
                sleepers[i].naps = i;
                stage_cast(&stage, &sleepers[i].actor, nap_once_step, i);
        }
        crew_start(stage.crew);
        stage_join(&stage);
        for (unsigned i = 0; i < MANY; i++)
                assert_played(&sleepers[i].actor, 1);
}

/* The step outlasts the timer before it arms it. */
static enum step late_nap_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        if (s->actor.at == 0)
                sleep_until(run_now_ns() + 8 * ms);
        return nap_once_step(task);
}

static void counts_from_the_call(const struct runtime *row, int argument)
{
        struct sleeper s = { .naps = 1 }; /* 7 ms */
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &s.actor, late_nap_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&s.actor, 1);
}

/* ---- re-armed in place --------------------------------------------------------------------------------- */

static const uint64_t far_ns = 3600000000000;

static enum step rearm_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        switch (s->actor.at) {
        case 0: /* later */
                timer_start(&s->timer, task, 2 * ms);
                s->actor.at = 1;
                return nap(s, &s->timer, 12 * ms);
        case 1:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->timer));
                timer_start(&s->timer, task, far_ns); /* earlier: or this test would take an hour */
                s->actor.at = 2;
                return nap(s, &s->timer, 3 * ms);
        case 2:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->timer));
                s->actor.at = 3;
                /* fall through */
        default:
                return timer_drop(&s->timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
        }
}

static void rearm_moves_the_deadline(const struct runtime *row, int argument)
{
        struct sleeper s = { 0 };
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &s.actor, rearm_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&s.actor, 2);
        assert_int_equal(stage.counts.timer_starts, 4);
}

/* ---- dropped ------------------------------------------------------------------------------------------- */

/* Drop an armed timer, wait past its deadline on another; then drop that one, which has fired. */
static enum step drop_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        switch (s->actor.at) {
        case 0:
                EXPECT(&s->actor, timer_drop(&s->timer) == DROP_DONE); /* idle */
                EXPECT(&s->actor, timer_poll(&s->timer) == POLL_REFUSED);
                timer_start(&s->timer, task, 2 * ms);
                s->actor.at = 1;
                /* fall through */
        case 1:
                if (timer_drop(&s->timer) == DROP_PENDING)
                        return STEP_WAIT;
                EXPECT(&s->actor, timer_poll(&s->timer) == POLL_REFUSED);
                memory_spoil(&s->timer, sizeof(s->timer));
                s->actor.at = 2;
                return nap(s, &s->other, 8 * ms);
        case 2:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->other));
                EXPECT(&s->actor, memory_is_spoiled(&s->timer, sizeof(s->timer)));
                s->actor.at = 3;
                /* fall through */
        case 3:
                if (timer_drop(&s->other) == DROP_PENDING)
                        return STEP_WAIT;
                memory_spoil(&s->other, sizeof(s->other));
                memset(&s->timer, 0, sizeof(s->timer));
                s->actor.at = 4;
                return nap(s, &s->timer, 2 * ms); /* a dropped timer can be started afresh */
        case 4:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->timer));
                EXPECT(&s->actor, memory_is_spoiled(&s->other, sizeof(s->other)));
                s->actor.at = 5;
                /* fall through */
        default:
                return timer_drop(&s->timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
        }
}

static void dropped_never_fires(const struct runtime *row, int argument)
{
        struct sleeper s = { 0 };
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &s.actor, drop_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&s.actor, 2);
}

/* ---- the loop between timers --------------------------------------------------------------------------- */

/* More yields than a turn has steps, so that the loop has to go on without blocking and to stop doing so.
 * Then one timer fires at once and stays, fired; the task waits for the other. */
static enum step two_naps_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        switch (s->actor.at) {
        case 0:
                if (s->naps++ < 3 * POLL_INTERVAL)
                        return STEP_YIELD;
                s->actor.at = 1;
                return nap(s, &s->timer, 1 * ms);
        case 1:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->timer));
                s->actor.at = 2;
                return nap(s, &s->other, 50 * ms);
        case 2:
                s->actor.steps++;
                EXPECT(&s->actor, napped(s, &s->other));
                s->actor.at = 3;
                /* fall through */
        default:
                if (timer_drop(&s->timer) == DROP_PENDING || timer_drop(&s->other) == DROP_PENDING)
                        return STEP_WAIT;
                return STEP_DONE;
        }
}

/* The yields, the first timer, the second, a look that came too early for each, the withdrawals and the end;
 * for the workers without tasks the beginning and the end. */
enum { IDLE_TURNS = 20, IDLE_WORKERS = 3 };

static void idle_loop_blocks(const struct runtime *row, int argument)
{
        struct sleeper s = { 0 };
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, IDLE_WORKERS);
        stage_cast(&stage, &s.actor, two_naps_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&s.actor, 2);
        assert_in_range(stage.counts.polls, 2, IDLE_TURNS);
}

struct hog {
        struct actor actor;
        struct sleeper *victim;
        enum step gives_way;
        unsigned turns; /* until the victim's timer is surely armed, also in the kernel */
        unsigned extra; /* steps from when the timer was due until the victim ran */
        bool due;
};

/* Gives way always; once, a step outlasts the victim's deadline by far more than any timer's granularity. */
static enum step hog_step(struct task *task)
{
        struct hog *h = (struct hog *)task;

        if (h->victim->actor.steps)
                return STEP_DONE;
        if (h->due)
                h->extra++;
        else if (h->turns)
                h->turns -= h->victim->due_ns != 0;
        else {
                sleep_until(h->victim->due_ns + 5 * ms);
                h->due = true;
        }
        return h->gives_way;
}

static void hog_does_not_starve_timers(const struct runtime *row, int gives_way)
{
        struct sleeper victim = { .naps = 2 };
        struct hog hog = { .victim = &victim, .gives_way = (enum step)gives_way, .turns = 2 };
        struct stage stage;

        stage_open(&stage, row, 1);
        stage_cast(&stage, &victim.actor, nap_once_step, 0);
        stage_cast(&stage, &hog.actor, hog_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&victim.actor, 1);
        assert_in_range(hog.extra, 0, gives_way == STEP_POLL ? 1 : 2 * POLL_INTERVAL + 1);
}

/* A step outlasts the task's own timer, which was armed a poll before. */
static enum step outlast_step(struct task *task)
{
        struct sleeper *s = (struct sleeper *)task;

        switch (s->actor.at) {
        case 0:
                nap(s, &s->timer, 2 * ms);
                s->actor.at = 1;
                return STEP_POLL;
        case 1:
                sleep_until(s->due_ns + 5 * ms);
                s->actor.at = 2;
                return STEP_POLL;
        case 2:
                s->actor.steps++;
                if (!napped(s, &s->timer))
                        return STEP_POLL;
                s->actor.at = 3;
                /* fall through */
        default:
                return timer_drop(&s->timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
        }
}

static void own_timer_is_seen(const struct runtime *row, int argument)
{
        struct sleeper s = { 0 };
        struct stage stage;

        (void)argument;
        stage_open(&stage, row, 1);
        stage_cast(&stage, &s.actor, outlast_step, 0);
        crew_start(stage.crew);
        stage_join(&stage);
        assert_played(&s.actor, s.actor.steps);
        assert_in_range(s.actor.steps, 1, 2);
}

const struct rule timer_rules[] = {
        { .hook = "timer_start",
          .holds = "fires once and never early, again and again in place",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = never_early },
        { .hook = "timer_start",
          .holds = "many timers each fire once, none early",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = many_fire_once },
        { .hook = "timer_start",
          .holds = "counts from the call, not from the start of the turn",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = counts_from_the_call },
        { .hook = "timer_start",
          .holds = "re-arming in place moves the deadline later and earlier",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = rearm_moves_the_deadline },
        { .hook = "timer_drop",
          .holds = "a dropped timer never fires, its memory may go, it can start afresh",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = dropped_never_fires },
        { .hook = "loop",
          .holds = "blocks while nothing is ready, and a fired timer keeps silent",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = idle_loop_blocks },
        { .hook = "loop",
          .holds = "a task that always yields delays a due timer by two turns at most",
          .needs = NEED_EXECUTOR | NEED_WAITS | NEED_SHARED_WORKER,
          .check = hog_does_not_starve_timers,
          .argument = STEP_YIELD },
        { .hook = "loop",
          .holds = "a task that asks for a poll each time delays a due timer by one step at most",
          .needs = NEED_EXECUTOR | NEED_WAITS | NEED_SHARED_WORKER,
          .check = hog_does_not_starve_timers,
          .argument = STEP_POLL },
        { .hook = "loop",
          .holds = "a task that asks for a poll sees its own due timer one step later at most",
          .needs = NEED_EXECUTOR | NEED_WAITS,
          .check = own_timer_is_seen },
        { 0 },
};
