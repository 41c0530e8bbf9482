/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `select` share: a sample, its consumer and its producer. */
#ifndef AB_SELECT_H
#define AB_SELECT_H

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

enum {
        SELECT_MESSAGES_AFTER = 8,     /* sent after the abort: the loop goes on until the close */
        SELECT_CHANNEL_MESSAGES = 256, /* more than `ready` and SELECT_MESSAGES_AFTER together */
};

/* The loop under test, and the state of both its forms. */
struct select_consumer {
        struct task task;
        struct select_sample *sample;
        struct tally *tally;
        enum { AT_TURN, AT_POLL, AT_DROP, AT_END } at;
        enum { EVENT_NONE, EVENT_ABORT, EVENT_MESSAGE, EVENT_CLOSED } event;
        bool recreated, timer_form, descriptor, unfused;
        bool biased;       /* the abort is always looked at first; else either */
        bool aborted;      /* the abort has been seen */
        bool found_at_arm; /* it had fired before the wait for it was made */
        struct waiter abort_waiter;
        struct watch abort_watch, message_watch;
        struct timer idle_timer;
        struct select select;
        uint64_t random;
        uint64_t message, expected; /* the last one received; the next in sequence */
        uint64_t turns, taken, received, out_of_sequence, aborts, refused;
        uint64_t armed_turns; /* turns that waited for the abort or the idle timer too */
        uint64_t arms, drops; /* of that wait */
        uint64_t pulses_seen, pulses_fired;
};

struct select_producer {
        struct task task;
        struct select_sample *sample;
        struct wait wait;
};

struct select_sample {
        struct run *run;
        unsigned ready;
        bool pulse;
        struct signal abort;
        struct channel channel;
        int abort_fd, message_fd;
        _Atomic uint64_t sent, put;  /* messages counted by the sender; really made available */
        _Atomic bool wanted;         /* ready=0: the loop has begun a turn and found none */
        _Atomic uint64_t last;       /* messages put until the close; 0 while it is not near */
        _Atomic uint64_t aborted_ns; /* when the abort was fired */
        uint64_t exit_ns;            /* from there until the loop saw it */
        struct select_consumer consumer;
        struct select_producer producer;
        struct crew_counts crew;
};

/* sender.c */
void select_send_end(struct select_sample *s);
void select_refill(struct select_sample *s);
bool select_eventfd_take(struct select_sample *s, int fd);
void select_producer_make(struct select_sample *s);

/* consumer.c */
void select_consumer_make(struct select_sample *s);

#endif
