/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `buffered` share: operations, who consumes their results, a sample. */
#ifndef AB_BUFFERED_H
#define AB_BUFFERED_H

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

enum {
        BUFFERED_EXCHANGES = 2, /* requests that an operation sends, each when the one before is answered */
        BUFFERED_IN_FLIGHT_MAX = 64,
};

struct buffered_sample;

/* Several exchanges one after the other, under one timeout. It goes on when somebody drives it, and not else. */
struct operation {
        struct buffered_sample *sample;
        struct timer reply, timeout; /* of whichever task drives it */
        struct waiter permit;
        uint64_t value; /* what the replies have made of it */
        uint64_t begun_ns, ended_ns;
        unsigned sent; /* requests */
        bool holds;    /* a permit */
        enum { OPERATION_NEW, OPERATION_BEGUN, OPERATION_COMPLETED, OPERATION_TIMED_OUT } at;
};

/* An operation as a task of its own. */
struct carrier {
        struct task task;
        struct operation *operation;
        struct signal spawned;
        struct waiter start;
        bool started;
};

/* The loop over the results, whose body awaits something. */
struct consumer {
        struct task task;
        struct buffered_sample *sample;
        struct tally *tally;
        struct timer timer; /* of the body, and the next */
        struct waiter permit;
        enum { BODY_OVER, BODY_ASKS, BODY_WAITS } body;
        unsigned begun, taken; /* operations; those between the two are in flight, or their results wait */
};

/* What a variant is made of. */
struct buffered_form {
        const char *variant, *other; /* other: the one it is compared with, for MUTANT("other-variant") */
        bool spawns;  /* operations are tasks of their own, and else the consumer drives them: */
        bool drains;  /* ... also while its body waits */
        bool permits; /* each operation needs a permit, and so does each body; there is no timeout */
};

struct buffered_sample {
        struct run *run;
        const struct buffered_form *form;
        struct hist *late;
        unsigned count, in_flight; /* operations: all, and at a time at most */
        uint64_t exchange_ns, timeout_ns, body_ns;
        struct semaphore permits;
        struct channel results; /* of carriers: which operation has ended */
        struct operation *operations;
        struct carrier *carriers; /* NULL when the consumer drives them */
        struct consumer consumer;
        _Atomic bool in_body;            /* the body waits */
        _Atomic unsigned to_send;        /* operations that have begun and have a request to send yet */
        _Atomic unsigned holding;        /* operations with a permit in hand */
        _Atomic unsigned in_flight_now;  /* when the last body began, for the explanation of a hang */
        _Atomic unsigned own_tasks;      /* operations that a task of their own has carried out */
        _Atomic uint64_t driven_in_body; /* how often one was driven while the body waited */
        uint64_t bodies;                 /* that awaited something */
        uint64_t in_flight_at_body, to_send_at_body;
        uint64_t completed, timed_out;
        uint64_t checksum, checksum_timed_out; /* the latter: what their results would have been */
        uint64_t elapsed_ns;
};

/* ---- operation.c --------------------------------------------------------------------------------------- */

/* What the operation INDEX starts from, and what it comes to. */
uint64_t operation_seed(const struct run *run, uint64_t index);
uint64_t operation_result(const struct run *run, uint64_t index);

/* Its timeout counts from here on. */
void operation_begin(struct operation *op);

/* Let OP go as far as it can; TASK is woken when it can go on. True when it has ended. */
bool operation_drive(struct operation *op, struct task *task);

/* False: TASK will be woken when what OP leaves behind is gone. */
bool operation_is_gone(struct operation *op);

/* ---- consumer.c ---------------------------------------------------------------------------------------- */

enum step consumer_step(struct task *task);

/* ---- carrier.c ----------------------------------------------------------------------------------------- */

void carriers_make(struct buffered_sample *s);
void carriers_free(struct buffered_sample *s);

/* Let the task of OP begin. */
void carrier_spawn(struct operation *op);

/* Of the carriers, one that has ended; NULL: the consumer will be woken. */
struct operation *carriers_next(struct consumer *c);

#endif
