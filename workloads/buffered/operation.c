/* SPDX-License-Identifier: MIT */
/* The operations of `buffered`: each a few exchanges under a timeout, or under a permit. */
#include "workloads/buffered/buffered.h"

uint64_t operation_seed(const struct run *run, uint64_t index)
{
        uint64_t random = run_random_start(run, index);

        return run_random(&random);
}

/* The better bits of it. */
uint64_t operation_result(const struct run *run, uint64_t index)
{
        return run_work_result(operation_seed(run, index), BUFFERED_EXCHANGES) >> 32;
}

void operation_begin(struct operation *op)
{
        op->begun_ns = run_now_ns();
        op->at = OPERATION_BEGUN;
        atomic_fetch_add(&op->sample->to_send, 1);
}

static bool has_to_send(const struct operation *op)
{
        return op->sent < BUFFERED_EXCHANGES;
}

static void sends(struct operation *op, struct task *task)
{
        op->sent++;
        if (!has_to_send(op))
                atomic_fetch_sub(&op->sample->to_send, 1);
        timer_start(&op->reply, task, op->sample->exchange_ns);
}

/* Has the last reply come? */
static bool exchanges_are_over(struct operation *op, struct task *task)
{
        if (!op->sent)
                sends(op, task);
        while (timer_poll(&op->reply) == POLL_READY) {
                if (!MUTANT("skip-reply"))
                        op->value = run_work(op->value, 1);
                if (!has_to_send(op))
                        return true;
                sends(op, task);
        }
        return false;
}

static bool has_permit(struct operation *op, struct task *task)
{
        struct buffered_sample *s = op->sample;

        if (!s->form->permits || op->holds)
                return true;
        if (semaphore_acquire(&s->permits, task, &op->permit) == POLL_PENDING)
                return false;
        op->holds = true;
        atomic_fetch_add(&s->holding, 1);
        return true;
}

static void gives_permit_back(struct operation *op)
{
        struct buffered_sample *s = op->sample;

        if (!op->holds)
                return;
        op->holds = false;
        atomic_fetch_sub(&s->holding, 1);
        if (!MUTANT("lose-permit") || op != &s->operations[s->count - 1])
                semaphore_release(&s->permits);
}

static bool is_timed_out(struct operation *op, struct task *task)
{
        struct buffered_sample *s = op->sample;
        uint64_t deadline_ns = op->begun_ns + s->timeout_ns, now_ns;

        if (s->form->permits)
                return false;
        if (op->timeout.state == SOURCE_IDLE) {
                now_ns = run_now_ns();
                timer_start(&op->timeout, task, deadline_ns > now_ns ? deadline_ns - now_ns : 0);
        }
        return timer_poll(&op->timeout) == POLL_READY;
}

static bool ends(struct operation *op, bool completed)
{
        if (has_to_send(op))
                atomic_fetch_sub(&op->sample->to_send, 1);
        op->at = completed ? OPERATION_COMPLETED : OPERATION_TIMED_OUT;
        op->ended_ns = run_now_ns();
        gives_permit_back(op);
        timer_drop(&op->reply);
        timer_drop(&op->timeout);
        return true;
}

/* A reply that is there counts, also after the deadline: one looks at the replies first. */
bool operation_drive(struct operation *op, struct task *task)
{
        struct buffered_sample *s = op->sample;

        if (atomic_load(&s->in_body))
                atomic_fetch_add(&s->driven_in_body, 1);
        if (!has_permit(op, task))
                return false;
        if (exchanges_are_over(op, task))
                return ends(op, true);
        return is_timed_out(op, task) && ends(op, false);
}

bool operation_is_gone(struct operation *op)
{
        bool reply_is = timer_drop(&op->reply) == DROP_DONE;

        return timer_drop(&op->timeout) == DROP_DONE && reply_is;
}
