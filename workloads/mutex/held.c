/* SPDX-License-Identifier: MIT */
/* The outcome variants of `mutex`: a lock held across a wait, a waiter that was set aside. */
#include <stdio.h>

#include "workloads/mutex/mutex.h"

#define HELD_WAIT_NS 10000000

/* The holder sleeps until every other contender has asked, so that the second asks while it sleeps. */
static bool holder_sleeps(struct locker *l)
{
        if (l->at == AT_SLEEP && timer_poll(&l->timer) == POLL_PENDING)
                return true;
        if (l->at == AT_SLEEP && atomic_load(&l->sample->asked) == l->sample->count) {
                timer_drop(&l->timer);
                return false;
        }
        l->at = AT_SLEEP;
        timer_start(&l->timer, &l->task, HELD_WAIT_NS);
        return timer_poll(&l->timer) == POLL_PENDING;
}

static void note_holder(struct mutex_sample *s, const struct locker *l)
{
        atomic_store(&s->holder, l ? (int)(l - s->lockers) : -1);
}

enum step mutex_step_sync_held(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        if (l->at == AT_START) {
                atomic_fetch_add(&s->asked, 1);
                sync_lock(&s->sync);
                note_holder(s, l);
                update(s, l);
        }
        if (holder_sleeps(l))
                return STEP_WAIT;
        note_holder(s, NULL);
        sync_unlock(&s->sync);
        count(l);
        return STEP_DONE;
}

enum step mutex_step_async_held(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        if (l->at == AT_START) {
                atomic_fetch_add(&s->asked, 1);
                l->at = AT_LOCK;
        }
        if (l->at == AT_LOCK) {
                if (async_mutex_lock(&s->async, task, &l->waiter) == POLL_PENDING)
                        return STEP_WAIT;
                note_holder(s, l);
                update(s, l);
        }
        if (holder_sleeps(l))
                return STEP_WAIT;
        note_holder(s, NULL);
        async_mutex_unlock(&s->async);
        count(l);
        return STEP_DONE;
}

/* Starts one acquisition, turns to another, and (set-aside-dropped) gives the first one up. */
static enum step step_set_aside(struct task *task)
{
        struct locker *l = (struct locker *)task;
        struct mutex_sample *s = l->sample;

        if (l->at == AT_START) {
                CHECK(s->run, async_mutex_lock(&s->async, task, &l->waiter), ==, POLL_PENDING);
                if (run_variant_is(s->run, "set-aside-dropped"))
                        async_mutex_drop(&s->async, &l->waiter);
                atomic_fetch_add(&s->asked, 1);
                l->at = AT_LOCK;
        }
        if (async_mutex_lock(&s->async, task, &l->second) == POLL_PENDING)
                return STEP_WAIT;
        update(s, l);
        async_mutex_unlock(&s->async);
        count(l);
        return STEP_DONE;
}

/* Comes second: the task that holds the lock must do so before the set-aside one asks. */
static enum step step_set_aside_after_holder(struct task *task)
{
        struct mutex_sample *s = ((struct locker *)task)->sample;

        return atomic_load(&s->asked) == 0 ? STEP_YIELD : step_set_aside(task);
}

static void explain(void *arg, char *buf, size_t bytes)
{
        struct mutex_sample *s = arg;
        int holder = atomic_load(&s->holder);

        if (run_variant_is(s->run, "set-aside"))
                snprintf(buf, bytes,
                         "the async lock was handed to a waiter that task 1 has set aside and does not poll; "
                         "task 1 waits for it with a second one (waiters in the queue: %u)",
                         atomic_load(&s->async.queued));
        else if (holder >= 0)
                snprintf(buf, bytes,
                         "the lock is held by task %d, which sleeps across a wait; %u of %u tasks have asked "
                         "for it",
                         holder, atomic_load(&s->asked), s->count);
        else
                snprintf(buf, bytes, "nobody holds the lock");
}
/* No window: each contender comes once, in the order of its number, on one worker. */
static void run_contenders(const struct executor *ex, struct mutex_sample *s,
                           enum step (*first)(struct task *), enum step (*others)(struct task *))
{
        struct crew *crew = crew_open(ex, s->run, 1);

        run_explain(s->run, explain, s);
        for (unsigned i = 0; i < s->count; i++) {
                s->lockers[i].task.step = i ? others : first;
                crew_spawn(crew, &s->lockers[i].task, i);
        }
        crew_start(crew);
        crew_join(crew, &s->crew);
        run_explain(s->run, NULL, NULL);
}

void mutex_run_held(const struct executor *ex, struct mutex_sample *s)
{
        run_contenders(ex, s, mutex_step_of(s), mutex_step_of(s));
}

void mutex_run_set_aside(const struct executor *ex, struct mutex_sample *s)
{
        run_contenders(ex, s, mutex_step_async_held, step_set_aside_after_holder);
}
