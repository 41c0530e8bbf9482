/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `bridge` share: requests, clients, the edge between threads and tasks, a sample. */
#ifndef AB_BRIDGE_H
#define AB_BRIDGE_H

#include "harness/mutant.h"
#include "runtimes/task/offload.h"
#include "runtimes/task/sync.h"

struct bridge_sample;

/* ---- text.c: what a request and a reply are --------------------------------------------------------------- */

enum { FIELD_BYTES = 8 };

/* FIELDS numbers of seven digits, each with a space behind it, that follow from NUMBER. */
void text_write(char *text, size_t fields, uint64_t number);

/* Parse TEXT: the sum of its numbers. */
uint64_t text_sum(const char *text, size_t fields);

/* PASSES times FNV-1a over the BYTES of TEXT, from START on. */
uint64_t text_hash(const char *text, size_t bytes, uint64_t passes, uint64_t start);

/* What the other end of a connection answers to KEY. */
uint64_t row_of(uint64_t key);

/* ---- query.c: the wait on a pooled connection, for tasks and for threads ------------------------------------ */

/* One caller's, used again for each query. */
struct query {
        struct bridge_sample *sample;
        struct task *task; /* that waits; NULL: a thread does */
        struct waiter waiter;
        struct timer timer;
        bool lent, fetching;
        uint64_t key, row;
        uint64_t waits; /* that were slept through */
};

/* POLL_READY: q->row is the answer to q->key. */
enum poll query_poll(struct query *q);

/* The same on a thread of its own, which blocks. */
uint64_t query_blocking(struct query *q, uint64_t key);

/* The pool that threads block on. */
struct plain_pool {
        pthread_mutex_t lock;
        pthread_cond_t given_back;
        unsigned free;
};

/* ---- edge.c: calls of a thread into the runtime ---------------------------------------------------------------- */

/* A resident task that answers the calls of one thread. */
struct edge {
        struct task task; /* first */
        struct query query;
        bool empty; /* a call does nothing */
        pthread_mutex_t lock;
        pthread_cond_t answered;
        enum { EDGE_IDLE, EDGE_ASKED, EDGE_CLOSED } state; /* under lock */
        uint64_t served;
};

void edge_open(struct edge *e, struct bridge_sample *s, struct crew *crew, unsigned index);
uint64_t edge_call(struct edge *e, uint64_t key); /* its thread waits for the answer */
void edge_close(struct edge *e);                  /* no further call: the task ends */
void edge_destroy(struct edge *e);                /* after crew_join() */

/* ---- client.c ------------------------------------------------------------------------------------------------- */

struct client;

/* What is handed over to the blocking pool. */
struct chore {
        struct job job; /* first */
        struct client *client;
        uint64_t elsewhere; /* times that it ran on no worker */
};

/* Serves one request after the other: a task, or a thread. */
struct client {
        struct task task; /* first */
        struct bridge_sample *sample;
        struct tally *tally;
        struct hist *times;
        struct query query;
        struct chore chore;
        struct edge *edge; /* what its thread waits through; NULL: it waits itself */
        pthread_t thread;
        enum { AT_START, AT_LOOK_UP, AT_WORK, AT_END } at;
        bool working;
        char *request, *reply;
        uint64_t random, start_ns, key, row, checksum;
};

enum step bridge_step_client(struct task *task); /* async-core */
enum step bridge_step_caller(struct task *task); /* offload */
void *bridge_thread_client(void *client);        /* sync-core, sync-only */
void *bridge_thread_caller(void *client);        /* block-on */

/* ---- nested.c --------------------------------------------------------------------------------------------------- */

void bridge_run_nested(const struct executor *ex, struct bridge_sample *s);

/* ---- forms.c --------------------------------------------------------------------------------------------------- */

struct bridge_form {
        const char *variant;
        void (*run)(const struct executor *ex, struct bridge_sample *s);
        bool requests;   /* an operation is a request, not an empty call */
        bool bridged;    /* it goes through an edge */
        bool hands_over; /* it hands a job over, whatever `cpu` says */
        bool nested;     /* outcome */
};

const struct bridge_form *bridge_form_of(const struct run *run);
bool bridge_hands_over(const struct run *run,
                       const struct bridge_form *form); /* an operation is, or has, a job */
size_t bridge_fields_of(const struct run *run);         /* numbers of a request */
int bridge_run(const struct executor *ex, struct run *run);

struct bridge_sample {
        struct run *run;
        const struct bridge_form *form;
        unsigned count, workers;
        size_t fields;
        uint64_t passes, wait_ns;
        bool offload; /* the processor's part is a job */
        struct client *clients;
        struct edge *edges;
        struct semaphore connections;
        struct plain_pool plain;
        _Atomic unsigned lent, lent_most;
        uint64_t first_call_ns;
        uint64_t waits, served, jobs, elsewhere, checksum; /* sums */
        uint64_t outer, inner, beside;                     /* of the nested variants */
};

#endif
