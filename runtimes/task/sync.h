/* SPDX-License-Identifier: MIT */
/* What C loops lack: an async mutex, a semaphore, a signal and a channel for tasks. */
#ifndef AB_SYNC_H
#define AB_SYNC_H

#include "runtimes/task/task.h"

/*
 * All of them follow one pattern. xxx_poll(object, task, waiter) either finds what it asks for or queues
 * the waiter, and is called again when the task was woken; xxx_drop() takes a waiter back. A waiter is
 * zeroed memory in the task, in one queue at a time. Any worker's tasks may share one object.
 */

enum waiter_state { WAITER_IDLE, WAITER_QUEUED, WAITER_GRANTED, WAITER_FINISHED };

struct waiter {
        struct wait wait; /* for cancellation */
        void *object;     /* the mutex, semaphore, signal or channel */
        struct task *task;
        struct waiter *next, *prev;
        _Atomic unsigned state; /* enum waiter_state; GRANTED is written by the waker */
        uint64_t pulses;        /* signal: pulses seen while queued; read after the drop */
};

struct waiter_list {
        struct waiter *first, *last;
};

/* ---- async mutex ---------------------------------------------------------------------------------- */

/*
 * FIFO hand-off, as Tokio's: a state word, and a waiter list under a short internal lock. Free: one
 * compare-and-exchange. Taken: queue and suspend. Unlock gives the lock to the oldest waiter and wakes
 * it at its home; nobody passes the queue. With `barging`, unlock frees the lock and wakes the oldest
 * waiter, which competes with whoever comes.
 */
struct async_mutex {
        _Atomic unsigned state; /* held, waiters: sync.c */
        bool barging;
        bool woken;            /* barging: a waiter is on its way */
        pthread_mutex_t guard; /* of waiters and woken */
        struct waiter_list waiters;
        uint64_t acquisitions;      /* counted by the holder */
        _Atomic uint64_t suspended; /* of these, after having waited; others may read it */
        _Atomic unsigned queued;    /* waiters now, for the watchdog's explanation */
};

void async_mutex_init(struct async_mutex *m, bool barging);
void async_mutex_destroy(struct async_mutex *m); /* nobody holds it or waits */

/* POLL_READY: the task holds M. From the task's own step. */
enum poll async_mutex_lock(struct async_mutex *m, struct task *task, struct waiter *w);

/* By the task that holds M. */
void async_mutex_unlock(struct async_mutex *m);

/* Take W back: before the grant it is unlinked, after it the grant is passed on. */
void async_mutex_drop(struct async_mutex *m, struct waiter *w);

/* ---- semaphore ------------------------------------------------------------------------------------- */

/*
 * A number of permits, handed over in FIFO order as Tokio's are: a permit that is given back goes to the
 * oldest waiter, whose own it is from then on, and wakes it at its home. While anybody waits no permit is
 * free, so nobody passes the queue.
 */
struct semaphore {
        pthread_mutex_t guard; /* of all that is no atomic */
        unsigned permits;      /* free ones */
        struct waiter_list waiters;
        uint64_t acquisitions, suspended; /* all; and of these, after having waited */
        _Atomic unsigned queued;          /* waiters now, for others to look at */
};

void semaphore_init(struct semaphore *s, unsigned permits);
void semaphore_destroy(struct semaphore *s); /* nobody waits */

/* POLL_READY: one permit is the caller's, until somebody calls semaphore_release() for it. From the task's
 * own step. */
enum poll semaphore_acquire(struct semaphore *s, struct task *task, struct waiter *w);

/* Give one permit back. Any thread. */
void semaphore_release(struct semaphore *s);

/* Take W back: before the grant it is unlinked, after it the permit is passed on; idle again in any case. */
void semaphore_drop(struct semaphore *s, struct waiter *w);

/* ---- signal ---------------------------------------------------------------------------------------- */

/* Set once for all (`fire`: latched, a later look still sees it) or passing by (`pulse`: only waiters
 * that are queued at that moment see it). As a task's `ended` it is what to wait for another task's end by. */
struct signal {
        pthread_mutex_t guard;
        bool fired;
        struct waiter_list waiters;
        uint64_t registrations; /* waiters queued, under guard */
        uint64_t refused;       /* polls of a finished waiter, under guard */
};

void signal_init(struct signal *s);
void signal_destroy(struct signal *s);

/* Any thread. */
void signal_fire(struct signal *s);
void signal_pulse(struct signal *s);

/* POLL_READY once when the signal has fired; W is finished then, and a further poll of it is
 * POLL_REFUSED. A waiter that only saw pulses stays queued: POLL_PENDING. */
enum poll signal_poll(struct signal *s, struct task *task, struct waiter *w);

/* Unlink W when it is queued; idle again in any case. W->pulses stands. */
void signal_drop(struct signal *s, struct waiter *w);

/* ---- select ----------------------------------------------------------------------------------------- */

/* A wait for the first of several: its withdrawal takes all of them back. Lives in the task. */
enum { SELECT_ARMS = 4 };
struct select {
        struct wait wait;
        unsigned count;
        struct wait *arms[SELECT_ARMS];
};

/* Make SELECT of the COUNT waits behind it; the caller has polled each and found none ready. */
void select_suspend(struct select *select, struct task *task, unsigned count, ...);

/* ---- channel --------------------------------------------------------------------------------------- */

/* A bounded FIFO of 64-bit messages: any number of senders, one receiving task. */
struct channel {
        struct wait receive_wait; /* for cancellation; first, see channel.c */
        pthread_mutex_t guard;
        uint64_t *ring;
        unsigned capacity, first, count;
        unsigned promised; /* places that belong to woken senders or are reserved */
        bool closed;
        struct task *receiver;      /* waits for a message or the close */
        struct waiter_list senders; /* wait for room, FIFO */
        uint64_t sent, received, suspended_sends, suspended_receives;
};

/* CAPACITY >= 1 messages. 0 or -ENOMEM. */
int channel_init(struct channel *c, unsigned capacity);
void channel_destroy(struct channel *c);

/* False when the channel is full. Any thread. */
bool channel_try_send(struct channel *c, uint64_t message);

/* POLL_READY: sent; POLL_REFUSED: closed. Senders that wait get their places in their order. */
enum poll channel_send(struct channel *c, struct task *task, struct waiter *w, uint64_t message);

/* The same in two parts. POLL_READY: a place is kept for W until channel_send_reserved() or channel_send_drop();
 * until then nobody needs to let go of the message. No further channel_reserve() with W in between. */
enum poll channel_reserve(struct channel *c, struct task *task, struct waiter *w);

/* Use the place that W has. POLL_READY: sent, at once; POLL_REFUSED: closed in the meantime. */
enum poll channel_send_reserved(struct channel *c, struct waiter *w, uint64_t message);

/* Take a sender's waiter back, with the place that it may have; its message was not sent. */
void channel_send_drop(struct channel *c, struct waiter *w);

/* POLL_READY with a message, or with *closed = true when none will come. A receive that answered
 * POLL_PENDING has taken nothing and needs no drop. */
enum poll channel_receive(struct channel *c, struct task *task, uint64_t *message, bool *closed);

/* No further send; the receiver sees it after the messages that are there. Any thread. */
void channel_close(struct channel *c);

#endif
