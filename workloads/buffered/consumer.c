/* SPDX-License-Identifier: MIT */
/* The loop of `buffered` over the results: what is in flight, what comes next, and the body. */
#include "workloads/buffered/buffered.h"

/* ---- the body ------------------------------------------------------------------------------------------ */

static void body_begins(struct consumer *c)
{
        struct buffered_sample *s = c->sample;

        s->bodies++;
        s->in_flight_at_body = c->begun - c->taken;
        s->to_send_at_body = atomic_load(&s->to_send);
        atomic_store(&s->in_flight_now, c->begun - c->taken);
        atomic_store(&s->in_body, true);
        c->body = s->form->permits ? BODY_ASKS : BODY_WAITS;
        if (c->body == BODY_WAITS)
                timer_start(&c->timer, &c->task, s->body_ns);
}

/* With permits each body makes an exchange of its own; else one of them takes long. */
static bool body_awaits(const struct consumer *c)
{
        return c->sample->form->permits || c->taken == c->sample->in_flight;
}

static bool body_is_over(struct consumer *c)
{
        struct buffered_sample *s = c->sample;

        if (c->body == BODY_ASKS) {
                if (semaphore_acquire(&s->permits, &c->task, &c->permit) == POLL_PENDING)
                        return false;
                c->body = BODY_WAITS;
                timer_start(&c->timer, &c->task, s->exchange_ns);
        }
        if (timer_poll(&c->timer) == POLL_PENDING)
                return false;
        if (s->form->permits)
                semaphore_release(&s->permits);
        atomic_store(&s->in_body, false);
        c->body = BODY_OVER;
        return true;
}

/* ---- a result ------------------------------------------------------------------------------------------ */

static void record(struct buffered_sample *s, const struct operation *op)
{
        uint64_t due_ns = op->begun_ns + BUFFERED_EXCHANGES * s->exchange_ns;

        CHECK(s->run, op->ended_ns, >=, due_ns);
        hist_record(s->late, op->ended_ns - due_ns);
        s->elapsed_ns = run_now_ns() - s->operations[0].begun_ns;
}

static void take(struct consumer *c, const struct operation *op)
{
        struct buffered_sample *s = c->sample;
        uint64_t index = (uint64_t)(op - s->operations);

        record(s, op);
        c->taken++;
        if (op->at == OPERATION_TIMED_OUT) {
                s->timed_out++;
                s->checksum_timed_out += operation_result(s->run, index);
        } else if (!MUTANT("lose-result") || index) {
                s->completed++;
                s->checksum += op->value >> 32;
        }
        tally_add(c->tally, MUTANT("count-twice") && !index ? 2 : 1);
        if (body_awaits(c))
                body_begins(c);
}

static enum step end(struct consumer *c)
{
        struct buffered_sample *s = c->sample;
        bool gone = timer_drop(&c->timer) == DROP_DONE;

        for (unsigned i = 0; !s->form->spawns && i < s->count; i++)
                gone = operation_is_gone(&s->operations[i]) && gone;
        return gone ? STEP_DONE : STEP_WAIT;
}

/* ---- operations ---------------------------------------------------------------------------------------- */

static void begin_more(struct consumer *c)
{
        struct buffered_sample *s = c->sample;

        for (; c->begun < s->count && c->begun - c->taken < s->in_flight; c->begun++) {
                operation_begin(&s->operations[c->begun]);
                if (s->form->spawns)
                        carrier_spawn(&s->operations[c->begun]);
        }
}

/* Those that have no task of their own. */
static void drive_all(struct consumer *c)
{
        struct buffered_sample *s = c->sample;

        for (unsigned i = c->taken; !s->form->spawns && i < c->begun; i++)
                if (s->operations[i].at == OPERATION_BEGUN)
                        operation_drive(&s->operations[i], &c->task);
}

/* The one whose result comes next: in the order of their beginning when the consumer drives them. */
static struct operation *next(struct consumer *c)
{
        struct operation *op = &c->sample->operations[c->taken];

        if (c->sample->form->spawns)
                return carriers_next(c);
        return op->at == OPERATION_BEGUN ? NULL : op;
}

/* Nobody cancels the task, so that its wait names one of all that may wake it. */
enum step consumer_step(struct task *task)
{
        struct consumer *c = (struct consumer *)task;
        struct buffered_sample *s = c->sample;
        struct operation *op;

        for (;;) {
                if (c->body == BODY_OVER || s->form->drains) {
                        begin_more(c);
                        drive_all(c);
                }
                if (c->body != BODY_OVER) {
                        if (!body_is_over(c))
                                return STEP_WAIT;
                        continue;
                }
                if (c->taken == s->count)
                        return end(c);
                op = next(c);
                if (!op)
                        return STEP_WAIT;
                take(c, op);
        }
}
