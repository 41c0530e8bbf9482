/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `cancel-safety` share: a sample, its two sides, and what arrives. */
#ifndef AB_CANCEL_SAFETY_H
#define AB_CANCEL_SAFETY_H

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

enum {
        SAFETY_BATCH = 3,             /* messages that are gathered before they are delivered */
        SAFETY_CHANNEL_MESSAGES = 64, /* room of the channel that a batch is gathered from */
        SAFETY_TURNS_PER_STEP = 64,   /* between two yields of a side that never has to wait */
};

struct safety_sample;

/* What arrived, by the numbers that the messages carry. */
struct safety_delivery {
        struct tally *tally;
        uint64_t expected, delivered, missing, out_of_sequence, sum;
};

/* One side waits until the other one has cancelled something. */
struct safety_pause {
        struct wait wait;
        bool begun;
        uint64_t seen; /* cancellations when it began */
};

/* Sends numbered messages, and pauses in the middle of a batch. */
struct safety_producer {
        struct task task;
        struct safety_sample *sample;
        struct waiter waiter;
        struct safety_pause pause;
        enum { PRODUCER_BEGIN, PRODUCER_SEND } at;
        uint64_t random, sent, left; /* left: until the next pause */
};

struct safety_batch {
        uint64_t messages[SAFETY_BATCH];
        unsigned count;
};

/* The machine that loses the race: it gathers a batch, in a buffer of its own or in its caller's. */
struct safety_gather {
        struct safety_batch own, *batch;
};

/* Races a gather against a tick. */
struct safety_reader {
        struct task task;
        struct safety_sample *sample;
        struct timer tick;
        struct select select;
        struct safety_gather gather;
        struct safety_batch kept; /* the caller's */
        enum { READER_START, READER_TURN, READER_SELECT, READER_END } at;
        bool closed;
        uint64_t received, dropped;
        struct safety_delivery delivery;
};

/* Races each send against a timeout. */
struct safety_sender {
        struct task task;
        struct safety_sample *sample;
        struct waiter waiter;
        struct timer timeout;
        struct select select;
        enum { SENDER_BEGIN, SENDER_SELECT, SENDER_END } at;
        bool armed;
        uint64_t value;   /* the caller's */
        uint64_t message; /* the send's own, once it has been handed over */
        uint64_t offered, returned, returned_sum;
};

/* Takes some messages and pauses. */
struct safety_consumer {
        struct task task;
        struct safety_sample *sample;
        struct safety_pause pause;
        uint64_t left; /* until the next pause */
        struct safety_delivery delivery;
};

struct safety_sample {
        struct run *run;
        bool mistake; /* the buffer is inside, the value is the send's */
        uint64_t period_ns, cancel_every;
        struct channel channel;
        _Atomic uint64_t cancels, partial_cancels; /* partial: something was gathered or offered */
        _Atomic bool done;                         /* no further cancellation will come */
        struct safety_producer producer;
        struct safety_reader reader;
        struct safety_sender sender;
        struct safety_consumer consumer;
        struct crew_counts crew;
};

/* cancel-safety.c */
void safety_deliver(struct safety_delivery *d, uint64_t message);
bool safety_pauses(struct safety_pause *pause, struct safety_sample *s, struct task *task);
void safety_cancelled(struct safety_sample *s, bool partial, struct task *waits);

/* gather.c */
enum step safety_step_producer(struct task *task);
enum step safety_step_reader(struct task *task);

/* send.c */
enum step safety_step_sender(struct task *task);
enum step safety_step_consumer(struct task *task);

#endif
