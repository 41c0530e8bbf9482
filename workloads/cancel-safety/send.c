/* SPDX-License-Identifier: MIT */
/* The sending pair of `cancel-safety`: a send that is cancelled while it waits for room. */
#include "workloads/cancel-safety/cancel_safety.h"

/* ---- the sending side --------------------------------------------------------------------------------------- */

/* One send waits for room and owns its message meanwhile; the other first has the place, then takes the message. */
static enum poll sends(struct safety_sender *w)
{
        struct channel *c = &w->sample->channel;
        enum poll answer;

        if (w->sample->mistake)
                return channel_send(c, &w->task, &w->waiter, w->message);
        answer = channel_reserve(c, &w->task, &w->waiter);
        return answer == POLL_READY ? channel_send_reserved(c, &w->waiter, w->value) : answer;
}

static void begins(struct safety_sender *w)
{
        w->value = w->offered;
        w->offered += MUTANT("skip-number") && w->offered % 100 == 0 ? 2 : 1;
        if (w->sample->mistake)
                w->message = w->value;
        w->armed = false;
        w->at = SENDER_SELECT;
}

/* The timeout has won: the send is dropped, with its place in the queue and with what is its own. */
static void drops_send(struct safety_sender *w)
{
        struct safety_sample *s = w->sample;

        channel_send_drop(&s->channel, &w->waiter);
        if (s->mistake) {
                w->message = 0;
        } else {
                w->returned++;
                w->returned_sum += w->value;
        }
        w->at = SENDER_BEGIN;
        if (!MUTANT("no-cancel"))
                safety_cancelled(s, true, &s->consumer.task);
}

static bool timed_out(struct safety_sender *w)
{
        if (!w->armed)
                timer_start(&w->timeout, &w->task, w->sample->period_ns);
        w->armed = true;
        return timer_poll(&w->timeout) == POLL_READY;
}

/* A short window has its cancellation, too. */
static bool ends(struct safety_sample *s)
{
        return run_stopped(s->run) && atomic_load(&s->cancels);
}

static enum step sender_ends(struct safety_sender *w)
{
        struct safety_sample *s = w->sample;

        if (timer_drop(&w->timeout) == DROP_PENDING)
                return STEP_WAIT;
        atomic_store(&s->done, true);
        channel_close(&s->channel);
        task_wake(&s->consumer.task);
        return STEP_DONE;
}

enum step safety_step_sender(struct task *task)
{
        struct safety_sender *w = (struct safety_sender *)task;

        for (unsigned turns = SAFETY_TURNS_PER_STEP; turns && w->at != SENDER_END; turns--) {
                if (w->at == SENDER_BEGIN && ends(w->sample)) {
                        w->at = SENDER_END;
                        break;
                }
                if (w->at == SENDER_BEGIN)
                        begins(w);
                if (sends(w) != POLL_PENDING) {
                        w->at = SENDER_BEGIN;
                } else if (timed_out(w)) {
                        drops_send(w);
                } else {
                        select_suspend(&w->select, task, 2, &w->waiter.wait, &w->timeout.wait);
                        return STEP_WAIT;
                }
        }
        return w->at == SENDER_END ? sender_ends(w) : STEP_YIELD;
}

/* ---- the slow consumer -------------------------------------------------------------------------------------- */

enum step safety_step_consumer(struct task *task)
{
        struct safety_consumer *c = (struct safety_consumer *)task;
        struct safety_sample *s = c->sample;

        for (unsigned turns = SAFETY_TURNS_PER_STEP; turns; turns--) {
                uint64_t message;
                bool closed;

                if (!c->left && safety_pauses(&c->pause, s, task))
                        return STEP_WAIT;
                if (!c->left)
                        c->left = s->cancel_every;
                if (channel_receive(&s->channel, task, &message, &closed) == POLL_PENDING)
                        return STEP_WAIT;
                if (closed)
                        return STEP_DONE;
                safety_deliver(&c->delivery, message);
                c->left--;
        }
        return STEP_YIELD;
}
