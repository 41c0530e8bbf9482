/* SPDX-License-Identifier: MIT */
/* The channel of the task layer: bounded, from any number of tasks to one. */
#include <errno.h>
#include <stdlib.h>

#include "runtimes/task/waiters.h"

/* A receive that has not answered has taken nothing: the next channel_receive() may come from anybody. */
static enum drop channel_receive_withdraw(struct wait *wait)
{
        struct channel *c = (struct channel *)wait;

        pthread_mutex_lock(&c->guard);
        c->receiver = NULL;
        pthread_mutex_unlock(&c->guard);
        return DROP_DONE;
}

int channel_init(struct channel *c, unsigned capacity)
{
        *c = (struct channel){ .capacity = capacity,
                               .ring = calloc(capacity, sizeof(*c->ring)),
                               .receive_wait.withdraw = channel_receive_withdraw };
        pthread_mutex_init(&c->guard, NULL);
        return c->ring ? 0 : -ENOMEM;
}

void channel_destroy(struct channel *c)
{
        pthread_mutex_destroy(&c->guard);
        free(c->ring);
}

/* Under the guard. */
static void channel_put(struct channel *c, uint64_t message)
{
        unsigned last = c->first + c->count;

        c->ring[last < c->capacity ? last : last - c->capacity] = message;
        c->count++;
        c->sent++;
        if (c->receiver) {
                struct task *receiver = c->receiver;

                c->receiver = NULL;
                task_wake(receiver);
        }
}

/* Under the guard: a place that was promised to a woken sender is not free for others. */
static bool channel_has_room(const struct channel *c)
{
        return c->count + c->promised < c->capacity && !c->senders.first;
}

/* Under the guard: promise places to the oldest senders, as many as there are. */
static void channel_promise(struct channel *c)
{
        while (c->senders.first && c->count + c->promised < c->capacity) {
                c->promised++;
                waiter_grant(&c->senders, c->senders.first);
        }
}

bool channel_try_send(struct channel *c, uint64_t message)
{
        bool sent;

        pthread_mutex_lock(&c->guard);
        sent = channel_has_room(c) && !c->closed;
        if (sent)
                channel_put(c, message);
        pthread_mutex_unlock(&c->guard);
        return sent;
}

static enum drop channel_withdraw(struct wait *wait)
{
        struct waiter *w = (struct waiter *)wait;

        channel_send_drop(w->object, w);
        return DROP_DONE;
}

/* Under the guard. READY: one of the promised places is W's. */
static enum poll channel_claim(struct channel *c, struct task *task, struct waiter *w)
{
        bool granted = waiter_state(w) == WAITER_GRANTED;

        waiter_set(w, WAITER_IDLE);
        if (c->closed) {
                c->promised -= granted;
                return POLL_REFUSED;
        }
        if (!granted && !channel_has_room(c)) {
                waiter_queue(&c->senders, w, task, c, channel_withdraw);
                c->suspended_sends++;
                return POLL_PENDING;
        }
        c->promised += !granted;
        waiter_set(w, WAITER_FINISHED);
        return POLL_READY;
}

/* Under the guard: the place that W claimed is a message's, or free again. */
static void channel_use(struct channel *c, struct waiter *w)
{
        waiter_set(w, WAITER_IDLE);
        c->promised--;
}

enum poll channel_send(struct channel *c, struct task *task, struct waiter *w, uint64_t message)
{
        enum poll answer;

        if (waiter_state(w) == WAITER_QUEUED)
                return waiter_pending(w, task);
        pthread_mutex_lock(&c->guard);
        answer = channel_claim(c, task, w);
        if (answer == POLL_READY) {
                channel_use(c, w);
                channel_put(c, message);
        }
        pthread_mutex_unlock(&c->guard);
        return answer == POLL_PENDING ? waiter_pending(w, task) : answer;
}

enum poll channel_reserve(struct channel *c, struct task *task, struct waiter *w)
{
        enum poll answer;

        if (waiter_state(w) == WAITER_QUEUED)
                return waiter_pending(w, task);
        pthread_mutex_lock(&c->guard);
        answer = channel_claim(c, task, w);
        pthread_mutex_unlock(&c->guard);
        return answer == POLL_PENDING ? waiter_pending(w, task) : answer;
}

enum poll channel_send_reserved(struct channel *c, struct waiter *w, uint64_t message)
{
        enum poll answer = POLL_REFUSED;

        pthread_mutex_lock(&c->guard);
        channel_use(c, w);
        if (!c->closed) {
                channel_put(c, message);
                answer = POLL_READY;
        }
        pthread_mutex_unlock(&c->guard);
        return answer;
}

void channel_send_drop(struct channel *c, struct waiter *w)
{
        unsigned state;

        pthread_mutex_lock(&c->guard);
        state = waiter_state(w);
        if (state == WAITER_QUEUED)
                list_remove(&c->senders, w);
        waiter_set(w, WAITER_IDLE);
        if (state == WAITER_GRANTED || state == WAITER_FINISHED) {
                c->promised--;
                channel_promise(c);
        }
        pthread_mutex_unlock(&c->guard);
}

enum poll channel_receive(struct channel *c, struct task *task, uint64_t *message, bool *closed)
{
        enum poll answer = POLL_READY;

        pthread_mutex_lock(&c->guard);
        *closed = false;
        if (c->count) {
                *message = c->ring[c->first];
                c->first = c->first + 1 < c->capacity ? c->first + 1 : 0;
                c->count--;
                c->received++;
                channel_promise(c);
        } else if (c->closed) {
                *closed = true;
        } else {
                c->receiver = task;
                c->suspended_receives++;
                answer = POLL_PENDING;
        }
        pthread_mutex_unlock(&c->guard);
        if (answer == POLL_PENDING)
                task->wait = &c->receive_wait;
        return answer;
}

void channel_close(struct channel *c)
{
        struct task *receiver;

        pthread_mutex_lock(&c->guard);
        c->closed = true;
        while (c->senders.first) {
                c->promised++;
                waiter_grant(&c->senders, c->senders.first);
        }
        receiver = c->receiver;
        c->receiver = NULL;
        if (receiver)
                task_wake(receiver);
        pthread_mutex_unlock(&c->guard);
}
