/* SPDX-License-Identifier: MIT */
/* The sending side of `select`: messages, the abort, the close. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "workloads/select/select.h"

static void eventfd_add(struct select_sample *s, int fd, uint64_t n)
{
        if (write(fd, &n, sizeof(n)) != sizeof(n))
                run_fail(s->run, "write to an eventfd: %s", strerror(errno));
}

bool select_eventfd_take(struct select_sample *s, int fd)
{
        uint64_t n;

        if (read(fd, &n, sizeof(n)) == sizeof(n))
                return true;
        if (errno != EAGAIN)
                run_fail(s->run, "read of an eventfd: %s", strerror(errno));
        return false;
}

/* N messages are there when this returns; memory messages are numbered. */
static void send_messages(struct select_sample *s, unsigned n)
{
        uint64_t first = atomic_fetch_add(&s->sent, n);

        if (MUTANT("lose-message") && first % 1000 < n)
                atomic_fetch_add(&s->sent, 1); /* counted, and never arrives */
        if (s->consumer.descriptor)
                eventfd_add(s, s->message_fd, n);
        else
                for (unsigned i = 0; i < n; i++)
                        if (!channel_try_send(&s->channel, first + i))
                                run_fail(s->run, "no room for message %" PRIu64, first + i);
        atomic_fetch_add(&s->put, n);
}

static void fire_abort(struct select_sample *s)
{
        atomic_store(&s->aborted_ns, run_now_ns());
        if (s->consumer.descriptor)
                eventfd_add(s, s->abort_fd, 1);
        else
                signal_fire(&s->abort);
}

/* The end: the last message, the abort, a few messages more, the close. */
void select_send_end(struct select_sample *s)
{
        send_messages(s, 1);
        if (!s->pulse && !s->consumer.timer_form)
                fire_abort(s);
        atomic_store(&s->last,
                     atomic_load(&s->put) + SELECT_MESSAGES_AFTER); /* an eventfd cannot be closed */
        send_messages(s, SELECT_MESSAGES_AFTER);
        channel_close(&s->channel);
}

/* ready=0: a message is sent only when the loop has begun its turn and found none. */
static enum step step_producer(struct task *task)
{
        struct select_producer *p = (struct select_producer *)task;
        struct select_sample *s = p->sample;

        if (run_stopped(s->run)) {
                select_send_end(s);
                return STEP_DONE;
        }
        if (atomic_exchange(&s->wanted, false))
                send_messages(s, 1);
        task->wait = &p->wait;
        return STEP_WAIT;
}

static enum drop producer_withdraw(struct wait *wait)
{
        (void)wait;
        return DROP_DONE;
}

/* ready >= 1: the messages are there before the turn begins. */
void select_refill(struct select_sample *s)
{
        struct select_consumer *c = &s->consumer;

        if (!s->ready || c->taken != atomic_load(&s->put) || atomic_load(&s->last))
                return;
        if (run_stopped(s->run))
                select_send_end(s);
        else
                send_messages(s, s->ready);
}
void select_producer_make(struct select_sample *s)
{
        s->producer = (struct select_producer){ .task.step = step_producer,
                                                .sample = s,
                                                .wait.withdraw = producer_withdraw };
}
