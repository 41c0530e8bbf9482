/* SPDX-License-Identifier: MIT */
/* The waiter lists that the objects of sync.h are made of; for their sources alone. */
#ifndef AB_WAITERS_H
#define AB_WAITERS_H

#include "runtimes/task/sync.h"

/* All of a list, and its waiters' states but for a look, under the guard of the object that has it. */

static inline void list_append(struct waiter_list *list, struct waiter *w)
{
        w->next = NULL;
        w->prev = list->last;
        if (list->last)
                list->last->next = w;
        else
                list->first = w;
        list->last = w;
}

static inline void list_remove(struct waiter_list *list, struct waiter *w)
{
        if (w->prev)
                w->prev->next = w->next;
        else
                list->first = w->next;
        if (w->next)
                w->next->prev = w->prev;
        else
                list->last = w->prev;
}

static inline unsigned waiter_state(const struct waiter *w)
{
        return atomic_load_explicit(&w->state, memory_order_acquire);
}

static inline void waiter_set(struct waiter *w, enum waiter_state state)
{
        atomic_store_explicit(&w->state, state, memory_order_release);
}

/* Under the object's guard. After this store the waiter may be gone, so its task is read before it. */
static inline void waiter_grant(struct waiter_list *list, struct waiter *w)
{
        struct task *task = w->task;

        list_remove(list, w);
        waiter_set(w, WAITER_GRANTED);
        task_wake(task);
}

static inline void waiter_queue(struct waiter_list *list, struct waiter *w, struct task *task, void *object,
                                enum drop (*withdraw)(struct wait *))
{
        w->task = task;
        w->object = object;
        w->wait.withdraw = withdraw;
        waiter_set(w, WAITER_QUEUED);
        list_append(list, w);
}

static inline enum poll waiter_pending(struct waiter *w, struct task *task)
{
        task->wait = &w->wait;
        return POLL_PENDING;
}

#endif
