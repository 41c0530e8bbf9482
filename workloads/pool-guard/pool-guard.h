/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `pool-guard` share: a pool, its clients, a sample. */
#ifndef AB_POOL_GUARD_H
#define AB_POOL_GUARD_H

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

/* A model of a connection: no server stands behind it. */
struct connection {
        unsigned id;
        bool lent;        /* under the pool's lock */
        uint64_t uses;    /* the borrower's */
        uint64_t lent_ns; /* since when; the borrower's */
};

/* Permits in FIFO order, and a list of what is free: one permit stands for one connection. */
struct pool {
        struct semaphore permits;
        pthread_mutex_t lock; /* of the rest */
        unsigned size, free_count;
        struct connection *connections;
        struct connection **free; /* the one that came back last is lent next */
        uint64_t lent_twice;
};

/* pool.c */
void pool_init(struct pool *p, struct run *run, unsigned size);
void pool_destroy(struct pool *p); /* all connections are back */

/* By a task that has got a permit; the connection is its own until it gives it back, permit and all. */
struct connection *pool_take(struct pool *p, struct run *run);
void pool_give(struct pool *p, struct connection *c);

/* What a client does next. A variant is a list of these: a mistake and its fix differ in nothing else. */
enum action {
        END,             /* zero: the end of a list */
        ACQUIRE,         /* one connection more */
        RELEASE,         /* the one that was acquired last */
        FETCH,           /* wait for an answer on the last connection */
        PROCESS,         /* wait for something that needs no connection */
        STORE,           /* as FETCH */
        STORE_ELSEWHERE, /* the same wait, on no connection */
        ARRIVE,          /* say that a connection is held; the last one to come opens the gate */
        PASS_GATE,       /* wait until all connections that can be lent are */
        SETTLE,          /* wait until the cancelled waiters have gone */
};

enum { CLIENT_CONNECTIONS = 2 };

struct pool_sample;

struct client {
        struct task task;
        struct pool_sample *sample;
        struct tally *tally;       /* this and the next: NULL for one whose work is no job */
        struct hist *waits;        /* the run's */
        const enum action *action; /* the next one of the list */
        bool begun;                /* it has been started and waits */
        struct waiter waiter, gate;
        struct timer timer;
        struct connection *held[CLIENT_CONNECTIONS];
        unsigned held_count;
        _Atomic unsigned *waits_among;                    /* where it is counted while it waits */
        uint64_t asked_ns, started_ns, ended_ns;          /* this acquisition; the first; the end */
        uint64_t lent_ns;                                 /* that it had connections out of the pool */
        uint64_t acquisitions, suspended, beside, sleeps; /* beside: while it held another */
};

struct pool_sample {
        struct run *run;
        const struct pool_form *form;
        struct pool pool;
        struct client *clients; /* one job each */
        unsigned count;
        struct client *waiters; /* of waiters-cancelled: who asks while everything is lent */
        unsigned waiter_count;
        struct signal gate, settled;
        unsigned arrivals; /* that open the gate */
        _Atomic unsigned arrived, cancelled, served, gone;
        _Atomic unsigned ask_first, ask_another, at_work; /* clients, for the explanation of a hang */
        uint64_t fetch_ns, process_ns, store_ns;
};

/* What a variant is made of, and what one job of it comes to. */
struct pool_form {
        const char *variant;
        const enum action *actions, *other; /* other: of the variant it is compared with, for a defect */
        void (*run)(const struct executor *ex, struct pool_sample *s);
        unsigned acquisitions, uses, sleeps;
        bool beside;    /* a connection is asked for while another is held */
        bool processes; /* the connection is out of the pool while its client processes */
        bool outcome;   /* no times: `nested_tasks` clients meet at the gate */
        bool cancels;
};

/* client.c */
enum step client_step(struct task *task);
struct client *clients_make(struct pool_sample *s, unsigned count, const enum action *actions);
void client_give_all(struct client *c);
void pool_run_clients(const struct executor *ex, struct pool_sample *s);
void clients_spawn(struct pool_sample *s, struct crew *crew);
void clients_join(struct pool_sample *s, struct crew *crew);

/* waiters.c */
void pool_run_waiters_cancelled(const struct executor *ex, struct pool_sample *s);

#endif
