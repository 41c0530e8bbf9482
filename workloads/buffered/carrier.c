/* SPDX-License-Identifier: MIT */
/* `spawned`: each operation is a task of its own, which sends the consumer word when it has ended. */
#include <stdlib.h>

#include "workloads/buffered/buffered.h"

static void tell(struct carrier *carrier)
{
        struct buffered_sample *s = carrier->operation->sample;

        if (!channel_try_send(&s->results, (uint64_t)(carrier->operation - s->operations)))
                run_fail(s->run, "no room for a result");
}

static enum step step_carrier(struct task *task)
{
        struct carrier *carrier = (struct carrier *)task;
        struct operation *op = carrier->operation;

        if (!carrier->started) {
                if (signal_poll(&carrier->spawned, task, &carrier->start) == POLL_PENDING)
                        return STEP_WAIT;
                carrier->started = true;
                atomic_fetch_add(&op->sample->own_tasks, 1);
        }
        if (op->at == OPERATION_BEGUN) {
                if (!operation_drive(op, task))
                        return STEP_WAIT;
                tell(carrier);
        }
        return operation_is_gone(op) ? STEP_DONE : STEP_WAIT;
}

void carrier_spawn(struct operation *op)
{
        signal_fire(&op->sample->carriers[op - op->sample->operations].spawned);
}

struct operation *carriers_next(struct consumer *c)
{
        struct buffered_sample *s = c->sample;
        uint64_t index;
        bool closed;

        if (channel_receive(&s->results, &c->task, &index, &closed) == POLL_PENDING)
                return NULL;
        return &s->operations[index];
}

void carriers_make(struct buffered_sample *s)
{
        s->carriers = calloc(s->count, sizeof(*s->carriers));
        if (!s->carriers || channel_init(&s->results, s->in_flight))
                run_fail(s->run, "no memory for %u tasks", s->count);
        for (unsigned i = 0; i < s->count; i++) {
                s->carriers[i].task.step = step_carrier;
                s->carriers[i].operation = &s->operations[i];
                signal_init(&s->carriers[i].spawned);
        }
}

void carriers_free(struct buffered_sample *s)
{
        for (unsigned i = 0; i < s->count; i++)
                signal_destroy(&s->carriers[i].spawned);
        channel_destroy(&s->results);
        free(s->carriers);
}
