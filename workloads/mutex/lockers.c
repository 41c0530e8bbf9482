/* SPDX-License-Identifier: MIT */
/* The priced variants of `mutex`: tasks that lock, update and unlock until the window ends. */
#include "workloads/mutex/mutex.h"

enum step mutex_step_sync(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        for (uint64_t left = s->burst; left; left--) {
                if (run_stopped(s->run))
                        return STEP_DONE;
                acquire_sync(s, l);
        }
        return STEP_YIELD;
}

/* With hand-off, a lock that has waiters always has waiters: whoever gives it up comes back behind them. But
 * until two tasks have met, one worker may have it to itself for a whole time slice and count a thousand cheap
 * acquisitions for each dear one. So the first holder keeps the lock until all others are in the queue. */
static bool gathers(struct mutex_sample *s)
{
        s->gather = atomic_load(&s->async.queued) + 1 < s->count && !run_stopped(s->run);
        return s->gather;
}

/* The same loop as mutex_step_sync() with a place to come back to where the lock is not free. */
enum step mutex_step_async(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        if (l->at == AT_START)
                l->left = s->burst;
        for (; l->left; l->left--) {
                if (l->at == AT_START) {
                        if (run_stopped(s->run))
                                return STEP_DONE;
                        wait_begins(l);
                }
                if (l->at != AT_HELD) {
                        l->at = AT_LOCK;
                        if (async_mutex_lock(&s->async, task, &l->waiter) == POLL_PENDING)
                                return STEP_WAIT;
                        wait_ends(l);
                }
                l->at = AT_HELD;
                if (s->gather && gathers(s))
                        return STEP_YIELD;
                update(s, l);
                async_mutex_unlock(&s->async);
                count(l);
                l->at = AT_START;
        }
        return STEP_YIELD;
}

/* ---- a message sent from the critical section, or outside it ---------------------------------------------- */

static enum step sender_ends(struct mutex_sample *s)
{
        if (atomic_fetch_sub(&s->senders, 1) == 1)
                channel_close(&s->channel);
        return STEP_DONE;
}

/* The wait for room happens with the lock held. */
enum step mutex_step_async_with_send(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        for (uint64_t left = s->burst; left; left--) {
                if (l->at == AT_START) {
                        if (run_stopped(s->run))
                                return sender_ends(s);
                        wait_begins(l);
                        l->at = AT_LOCK;
                }
                if (l->at == AT_LOCK) {
                        if (async_mutex_lock(&s->async, task, &l->waiter) == POLL_PENDING)
                                return STEP_WAIT;
                        wait_ends(l);
                        l->at = AT_HELD;
                }
                if (l->at == AT_HELD) {
                        if (s->gather && gathers(s))
                                return STEP_YIELD;
                        update(s, l);
                        l->message = s->counter;
                        l->at = AT_SEND_HELD;
                }
                if (channel_send(&s->channel, task, &l->second, l->message) == POLL_PENDING)
                        return STEP_WAIT;
                async_mutex_unlock(&s->async);
                count(l);
                l->at = AT_START;
        }
        return STEP_YIELD;
}

/* Only what cannot wait is under the lock; without room, the wait comes after it. */
enum step mutex_step_sync_with_try_send(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        for (uint64_t left = s->burst; left; left--) {
                if (l->at == AT_START) {
                        bool sent;

                        if (run_stopped(s->run))
                                return sender_ends(s);
                        wait_begins(l);
                        sync_lock(&s->sync);
                        wait_ends(l);
                        update(s, l);
                        l->message = s->counter;
                        sent = channel_try_send(&s->channel, l->message);
                        sync_unlock(&s->sync);
                        l->at = sent ? AT_START : AT_SEND;
                }
                if (l->at == AT_SEND &&
                    channel_send(&s->channel, task, &l->second, l->message) == POLL_PENDING)
                        return STEP_WAIT;
                count(l);
                l->at = AT_START;
        }
        return STEP_YIELD;
}

static enum step step_consumer(struct task *task)
{
        struct mutex_sample *s = ((struct locker *)task)->sample;
        uint64_t message;
        bool closed;

        for (unsigned i = 0; i < MUTEX_CHANNEL_MESSAGES; i++) {
                if (channel_receive(&s->channel, task, &message, &closed) == POLL_PENDING)
                        return STEP_WAIT;
                if (closed)
                        return STEP_DONE;
                s->received++;
                s->received_sum += message;
        }
        return STEP_YIELD;
}
void mutex_run_lockers(const struct executor *ex, struct mutex_sample *s)
{
        struct crew *crew = crew_open(ex, s->run, (unsigned)run_param(s->run, "workers"));

        for (unsigned i = 0; i < s->count; i++) {
                s->lockers[i].task.step = mutex_step_of(s);
                crew_spawn(crew, &s->lockers[i].task, i);
        }
        crew_start(crew);
        run_window(s->run);
        crew_join(crew, &s->crew);
}

void mutex_run_senders(const struct executor *ex, struct mutex_sample *s)
{
        struct locker consumer = { .task.step = step_consumer, .sample = s };
        struct crew *crew = crew_open(ex, s->run, (unsigned)run_param(s->run, "workers"));

        atomic_store(&s->senders, s->count);
        for (unsigned i = 0; i < s->count; i++) {
                s->lockers[i].task.step = mutex_step_of(s);
                crew_spawn(crew, &s->lockers[i].task, i);
        }
        crew_spawn(crew, &consumer.task, 0);
        crew_start(crew);
        run_window(s->run);
        crew_join(crew, &s->crew);
}
