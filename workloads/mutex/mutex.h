/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `mutex` share: a sample, a task that locks, and one acquisition. */
#ifndef AB_MUTEX_H
#define AB_MUTEX_H

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

enum {
        MUTEX_TIMED_ONE_IN = 64,     /* acquisitions whose wait is timed: two clock reads each */
        MUTEX_CHANNEL_MESSAGES = 64, /* room of the channel of the `-send` variants */
};

/* The blocking lock: an explicit PTHREAD_MUTEX_NORMAL, whose relock by its owner is a defined hang. It
 * counts as the suspending one does. */
struct sync_mutex {
        pthread_mutex_t lock;
        uint64_t acquisitions;
};

struct mutex_sample;

/* Where a task's step goes on. */
enum place { AT_START, AT_LOCK, AT_HELD, AT_SLEEP, AT_SEND, AT_SEND_HELD };

struct locker {
        struct task task;
        struct mutex_sample *sample;
        struct tally *tally;
        struct waiter waiter, second; /* second: of the send and set-aside variants */
        struct timer timer;
        struct hist *waits; /* the run's */
        enum place at;
        uint64_t left;       /* acquisitions until the next yield */
        uint64_t asked_ns;   /* when a timed acquisition asked; 0 = this one is not timed */
        uint64_t message;    /* taken under the lock, to be sent outside */
        uint64_t operations; /* finished */
};

/* How a variant is made of the parts. */
struct mutex_form {
        const char *variant;
        /* run the sample's tasks until they have ended */
        void (*run)(const struct executor *ex, struct mutex_sample *s);
        enum step (*step)(struct task *); /* of each locker */
        enum step (*other)(
                struct task *); /* of the variant it is compared with, for MUTANT("other-variant") */
        unsigned flags;         /* enum mutex_form_flag */
};

enum mutex_form_flag {
        FORM_ASYNC = 1,       /* the suspending lock */
        FORM_BARGING = 2,     /* ... without hand-off */
        FORM_CONTENDS = 4,    /* several workers meet at the lock, so some acquisitions must suspend */
        FORM_SENDS = 8,       /* a message per acquisition */
        FORM_PER_WORKER = 16, /* one locker a worker, a plain thread */
        FORM_OUTCOME = 32,    /* two contenders, no window */
        FORM_UNLOCKED = 64,
};

struct mutex_sample {
        _Alignas(RUN_CACHE_LINE_BYTES) struct sync_mutex sync;
        _Alignas(RUN_CACHE_LINE_BYTES) struct async_mutex async;
        _Alignas(RUN_CACHE_LINE_BYTES) volatile uint64_t counter; /* what the lock protects */
        _Alignas(RUN_CACHE_LINE_BYTES) struct run *run;
        const struct mutex_form *form;
        bool gather; /* the first holder waits for the others to queue: see lockers.c */
        uint64_t burst, hold_ns;
        struct locker *lockers;
        unsigned count;
        struct channel channel;
        _Atomic unsigned senders;        /* producers that have not finished */
        uint64_t received_sum, received; /* by the consumer */
        _Atomic unsigned asked;          /* contenders that have come to the lock */
        _Atomic int holder;              /* for the explanation of a hang; -1 = nobody */
        struct crew_counts crew;
};

/* lockers.c */
void mutex_run_lockers(const struct executor *ex, struct mutex_sample *s);
void mutex_run_senders(const struct executor *ex, struct mutex_sample *s);
enum step mutex_step_sync(struct task *task);
enum step mutex_step_async(struct task *task);
enum step mutex_step_async_with_send(struct task *task);
enum step mutex_step_sync_with_try_send(struct task *task);

/* plain.c; no executor takes part */
void mutex_run_plain(const struct executor *ex, struct mutex_sample *s);

/* held.c */
void mutex_run_held(const struct executor *ex, struct mutex_sample *s);
void mutex_run_set_aside(const struct executor *ex, struct mutex_sample *s);
enum step mutex_step_sync_held(struct task *task);
enum step mutex_step_async_held(struct task *task);

/* The step of the sample's variant. */
static inline enum step (*mutex_step_of(const struct mutex_sample *s))(struct task *)
{
        return MUTANT("other-variant") ? s->form->other : s->form->step;
}

static inline void sync_lock(struct sync_mutex *m)
{
        if (!MUTANT("no-lock"))
                pthread_mutex_lock(&m->lock);
        m->acquisitions++;
}

static inline void sync_unlock(struct sync_mutex *m)
{
        if (!MUTANT("no-lock"))
                pthread_mutex_unlock(&m->lock);
}

static inline void wait_begins(struct locker *l)
{
        l->asked_ns = l->operations % MUTEX_TIMED_ONE_IN ? 0 : run_now_ns();
}

static inline void wait_ends(struct locker *l)
{
        if (l->asked_ns)
                hist_record(l->waits, run_now_ns() - l->asked_ns);
}

/* Under the lock. */
static inline void update(struct mutex_sample *s, struct locker *l)
{
        if (!MUTANT("lose-update") || l->operations % 1000)
                s->counter++;
        if (MUTANT("update-twice") && l->operations % 1000 == 0)
                s->counter++;
        if (s->hold_ns)
                run_spin_ns(s->hold_ns);
}

static inline void count(struct locker *l)
{
        l->operations++;
        tally_add(l->tally, 1);
}

static inline void acquire_sync(struct mutex_sample *s, struct locker *l)
{
        wait_begins(l);
        sync_lock(&s->sync);
        wait_ends(l);
        update(s, l);
        sync_unlock(&s->sync);
        count(l);
}

#endif
