/* SPDX-License-Identifier: MIT */
/* The loop under test of `select`: what it waits for is made once, or anew in each turn. */
#include <string.h>

#include "workloads/select/select.h"

enum {
        TURNS_PER_STEP = 64,  /* turns between two yields of a loop that never has to wait */
        TURNS_PER_PULSE = 16, /* signal=pulse: one is fired in every 16th body */
};

#define IDLE_TIMEOUT_NS 10000000000ull

/* ---- the two forms: what is made per turn, and what once ------------------------------------------------ */

static void arm(struct select_consumer *c)
{
        c->arms++;
        if (c->timer_form)
                timer_start(&c->idle_timer, &c->task, IDLE_TIMEOUT_NS);
        else if (c->descriptor)
                watch_start(&c->abort_watch, &c->task, c->sample->abort_fd);
        else
                c->found_at_arm = signal_poll(&c->sample->abort, &c->task, &c->abort_waiter) == POLL_READY;
}

static enum drop drop(struct select_consumer *c)
{
        if (c->timer_form)
                return timer_drop(&c->idle_timer);
        if (c->descriptor)
                return watch_drop(&c->abort_watch);
        c->pulses_seen += c->abort_waiter.pulses;
        signal_drop(&c->sample->abort, &c->abort_waiter);
        memset(&c->abort_waiter, 0, sizeof(c->abort_waiter));
        return DROP_DONE;
}

/* The recreated form makes it anew each turn; the hoisted timer is re-armed in place for each message. */
static void begin_turn(struct select_consumer *c)
{
        if (!c->aborted && (c->recreated || c->timer_form || !c->turns))
                arm(c);
        c->armed_turns += !c->aborted;
        c->turns++;
}

/* ---- looking ---------------------------------------------------------------------------------------------- */

static enum poll poll_abort(struct select_consumer *c)
{
        struct select_sample *s = c->sample;
        enum poll answer;

        if (c->timer_form)
                return timer_poll(&c->idle_timer);
        if (!c->descriptor && c->found_at_arm) {
                c->found_at_arm = false;
                return POLL_READY;
        }
        if (!c->descriptor)
                return signal_poll(&s->abort, &c->task, &c->abort_waiter);
        answer = watch_poll(&c->abort_watch);
        if (answer == POLL_READY && !select_eventfd_take(s, s->abort_fd))
                answer = POLL_PENDING;
        return answer;
}

static bool look_at_abort(struct select_consumer *c)
{
        if (c->aborted && !c->unfused)
                return false;
        switch (poll_abort(c)) {
        case POLL_READY:
                c->event = EVENT_ABORT;
                return true;
        case POLL_REFUSED:
                c->refused++;
                return false;
        default:
                return false;
        }
}

static bool look_at_message(struct select_consumer *c)
{
        struct select_sample *s = c->sample;
        bool closed = false;

        if (c->descriptor) {
                if (c->taken && c->taken == atomic_load(&s->last))
                        closed = true;
                else if (watch_poll(&c->message_watch) != POLL_READY ||
                         !select_eventfd_take(s, s->message_fd))
                        return false;
                c->message = c->expected; /* an eventfd has no numbers to compare */
        } else if (channel_receive(&s->channel, &c->task, &c->message, &closed) == POLL_PENDING) {
                return false;
        }
        if (closed && !c->aborted && !s->pulse && !c->timer_form)
                return false; /* the abort was sent before the close, and is still to be seen */
        c->event = closed ? EVENT_CLOSED : EVENT_MESSAGE;
        return true;
}

static bool look(struct select_consumer *c)
{
        if (c->biased || run_random(&c->random) & 1)
                return look_at_abort(c) || look_at_message(c);
        return look_at_message(c) || look_at_abort(c);
}

static void suspend(struct select_consumer *c)
{
        struct wait *message = c->descriptor ? &c->message_watch.wait : &c->sample->channel.receive_wait;
        struct wait *abort = c->timer_form   ? &c->idle_timer.wait
                             : c->descriptor ? &c->abort_watch.wait
                                             : &c->abort_waiter.wait;

        if (c->aborted)
                select_suspend(&c->select, &c->task, 1, message);
        else
                select_suspend(&c->select, &c->task, 2, abort, message);
        if (!c->sample->ready && !atomic_exchange(&c->sample->wanted, true))
                task_wake(&c->sample->producer.task);
}

/* ---- the loop --------------------------------------------------------------------------------------------- */

static void body(struct select_consumer *c)
{
        struct select_sample *s = c->sample;

        if (c->event == EVENT_ABORT) {
                c->aborts++;
                c->aborted = true;
                s->exit_ns = run_now_ns() - atomic_load(&s->aborted_ns);
                return;
        }
        c->taken++;
        c->out_of_sequence += c->message != c->expected;
        c->expected = c->message + 1;
        c->received += MUTANT("count-twice") && c->received % 1000 == 0 ? 2 : 1;
        tally_add(c->tally, 1);
        if (s->pulse && c->received % TURNS_PER_PULSE == 0) {
                signal_pulse(&s->abort);
                c->pulses_fired++;
        }
}

/* What ends with the turn: the recreated wait, and at the abort the hoisted one too; unfused forgets that
 * it is finished. */
static bool turn_drops(const struct select_consumer *c)
{
        bool over = c->event == EVENT_ABORT || c->event == EVENT_CLOSED;

        if (c->unfused && !c->descriptor && c->event == EVENT_ABORT)
                return false;
        return !c->aborted && (c->recreated || over);
}

static enum step end(struct select_consumer *c)
{
        return c->descriptor && watch_drop(&c->message_watch) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
}

static enum step step_consumer(struct task *task)
{
        struct select_consumer *c = (struct select_consumer *)task;

        if (c->at == AT_END)
                return end(c);
        for (unsigned turns = 0; turns < TURNS_PER_STEP; turns++) {
                if (c->at == AT_TURN) {
                        select_refill(c->sample);
                        begin_turn(c);
                        c->at = AT_POLL;
                }
                if (c->at == AT_POLL) {
                        if (!look(c)) {
                                suspend(c);
                                return STEP_WAIT;
                        }
                        c->drops += turn_drops(c);
                        c->at = AT_DROP;
                }
                if (turn_drops(c) && drop(c) == DROP_PENDING)
                        return STEP_WAIT;
                if (c->event == EVENT_CLOSED) {
                        c->at = AT_END;
                        return end(c);
                }
                body(c);
                c->at = AT_TURN;
        }
        return STEP_YIELD;
}

static enum step step_consumer_start(struct task *task)
{
        struct select_consumer *c = (struct select_consumer *)task;

        if (c->descriptor)
                watch_start(&c->message_watch, task, c->sample->message_fd);
        task->step = step_consumer;
        return step_consumer(task);
}
void select_consumer_make(struct select_sample *s)
{
        struct select_consumer *c = &s->consumer;
        struct run *run = s->run;

        c->task.step = step_consumer_start;
        c->sample = s;
        c->tally = run_tallies(run, 1);
        c->timer_form = run_variant_is(run, "recreated-timer") || run_variant_is(run, "hoisted-timer");
        c->recreated = (run_variant_is(run, "recreated") || run_variant_is(run, "recreated-timer")) !=
                       MUTANT("other-variant");
        c->unfused = run_variant_is(run, "hoisted-unfused");
        c->descriptor = run_param_is(run, "source", "descriptor") && !c->timer_form;
        c->biased = run_param_is(run, "biased", "on");
        c->random = run_random_start(run, 0);
}
