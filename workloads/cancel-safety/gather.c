/* SPDX-License-Identifier: MIT */
/* The gathering pair of `cancel-safety`: a batch that is half gathered when a tick comes first. */
#include <string.h>

#include "workloads/cancel-safety/cancel_safety.h"

/* ---- the sending side --------------------------------------------------------------------------------------- */

/* Whole batches, and one or two messages more: the reader has begun a batch when the next pause comes. */
static void plans_next(struct safety_producer *p)
{
        p->left = SAFETY_BATCH * p->sample->cancel_every + 1 + run_random(&p->random) % 2;
}

/* It ends at a pause, so that a short window has its cancellation, too. */
static bool ends(struct safety_producer *p)
{
        struct safety_sample *s = p->sample;

        return p->sent && run_stopped(s->run) && atomic_load(&s->partial_cancels);
}

enum step safety_step_producer(struct task *task)
{
        struct safety_producer *p = (struct safety_producer *)task;
        struct safety_sample *s = p->sample;

        for (unsigned turns = SAFETY_TURNS_PER_STEP; turns; turns--) {
                if (p->at == PRODUCER_BEGIN && !p->left) {
                        if (p->sent && safety_pauses(&p->pause, s, task))
                                return STEP_WAIT;
                        if (ends(p)) {
                                channel_close(&s->channel);
                                return STEP_DONE;
                        }
                        plans_next(p);
                }
                p->at = PRODUCER_SEND;
                if (channel_send(&s->channel, task, &p->waiter, p->sent) == POLL_PENDING)
                        return STEP_WAIT;
                p->at = PRODUCER_BEGIN;
                p->sent += MUTANT("skip-number") && p->sent % 100 == 0 ? 2 : 1;
                p->left--;
        }
        return STEP_YIELD;
}

/* ---- the machine ---------------------------------------------------------------------------------------------- */

static void gather_start(struct safety_gather *g, struct safety_batch *kept)
{
        memset(&g->own, 0, sizeof(g->own));
        g->batch = kept ? kept : &g->own;
}

/* POLL_READY: the batch is whole, or the last one. */
static enum poll gather_poll(struct safety_reader *r)
{
        struct safety_batch *batch = r->gather.batch;

        while (batch->count < SAFETY_BATCH) {
                uint64_t message;

                if (channel_receive(&r->sample->channel, &r->task, &message, &r->closed) == POLL_PENDING)
                        return POLL_PENDING;
                if (r->closed)
                        return POLL_READY;
                batch->messages[batch->count++] = message;
                r->received++;
        }
        return POLL_READY;
}

/* ---- the reading side ------------------------------------------------------------------------------------------- */

static void begins_turn(struct safety_reader *r)
{
        gather_start(&r->gather, r->sample->mistake ? NULL : &r->kept);
        r->at = READER_SELECT;
}

static void delivers(struct safety_reader *r)
{
        struct safety_batch *batch = r->gather.batch;

        for (unsigned i = 0; i < batch->count; i++)
                safety_deliver(&r->delivery, batch->messages[i]);
        batch->count = 0;
        r->at = r->closed ? READER_END : READER_TURN;
}

/* The tick has won: the machine is dropped, with its wait and with what is its own. */
static void drops_gather(struct safety_reader *r)
{
        struct safety_sample *s = r->sample;
        unsigned gathered = r->gather.batch->count;

        s->channel.receive_wait.withdraw(&s->channel.receive_wait);
        if (r->gather.batch == &r->gather.own)
                r->dropped += gathered;
        timer_start(&r->tick, &r->task, s->period_ns);
        r->at = READER_TURN;
        if (!MUTANT("no-cancel"))
                safety_cancelled(s, gathered, &s->producer.task);
}

enum step safety_step_reader(struct task *task)
{
        struct safety_reader *r = (struct safety_reader *)task;

        if (r->at == READER_START) {
                timer_start(&r->tick, task, r->sample->period_ns);
                r->at = READER_TURN;
        }
        for (unsigned turns = SAFETY_TURNS_PER_STEP; turns && r->at != READER_END; turns--) {
                if (r->at == READER_TURN)
                        begins_turn(r);
                if (timer_poll(&r->tick) == POLL_READY) {
                        drops_gather(r);
                        continue;
                }
                if (gather_poll(r) == POLL_PENDING) {
                        select_suspend(&r->select, task, 2, &r->tick.wait, &r->sample->channel.receive_wait);
                        return STEP_WAIT;
                }
                delivers(r);
        }
        if (r->at != READER_END)
                return STEP_YIELD;
        return timer_drop(&r->tick) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
}
