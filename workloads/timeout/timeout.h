/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `timeout` share: who waits under a limit, the work, a sample. */
#ifndef AB_TIMEOUT_H
#define AB_TIMEOUT_H

#include "harness/mutant.h"
#include "runtimes/task/offload.h"
#include "runtimes/task/sync.h"
#include "workloads/work.h"

struct timeout_sample;

/* Work that is done a piece at a time, by whoever runs it. The tally counts the pieces. */
struct load {
        struct job job; /* first; of `offload` */
        struct timeout_sample *sample;
        _Atomic bool begun; /* as a job */
        uint64_t value;
        uint64_t deadline_ns; /* when its caller's limit passes; a job is not told */
        uint64_t late;        /* pieces that were begun after the limit had passed */
        uint64_t on_loop;     /* done by the loop's own thread */
};

/* The one task. It asks for something that may take as long as the limit, and no longer. */
struct caller {
        struct task task;
        struct timer timer;
        struct select select;
        enum { AT_START, AT_HANDED_OVER, AT_WORK, AT_DRAIN, AT_END } at; /* handed over: not begun yet */
};

struct timeout_sample {
        struct run *run;
        struct tally *tally;
        struct caller caller;
        struct work work;
        struct load load;
        struct channel channel; /* of the sources: always ready */
        struct job **jobs;      /* of the shutdowns; NULL: over, or left */
        bool whole;             /* the mistakes: nothing in between */
        uint64_t limit_ns;
        uint64_t late_messages;           /* after which a source's reader ends by itself */
        uint64_t total, piece_steps;      /* pieces of the load */
        uint64_t queued_jobs;             /* of the shutdowns */
        uint64_t deadline_ns, went_on_ns; /* when the limit passes, and when the caller went on */
        uint64_t timeouts;                /* times that the limit acted */
        uint64_t pieces, longest_turn;    /* done when the caller went on; most without a look at the loop */
        uint64_t cpu_ns, cpu_after_ns; /* of the process, when the caller went on and from then to the end */
        struct crew_counts crew;
};

/* caller.c: the limit begins; it is looked at, and counted when it acts; the caller goes on; its last step. */
struct timeout_sample *timeout_sample_of(struct task *task);
void caller_begins(struct timeout_sample *s);
bool limit_acts(struct timeout_sample *s);
void caller_goes_on(struct timeout_sample *s);
enum step caller_ends(struct timeout_sample *s);

/* N pieces or messages were done without a look at the loop. */
void turn_ends(struct timeout_sample *s, uint64_t n);

/* limited.c */
enum step timeout_step_inline(struct task *task);
enum step timeout_step_offload(struct task *task);

/* source.c */
enum {
        SOURCE_MESSAGES = 64,
        TIMEOUT_BUDGET = 128, /* messages per turn where the runtime has a budget: Tokio's */
};
enum step timeout_step_source(struct task *task);

/* shutdown.c */
enum step timeout_step_shutdown(struct task *task);
void shutdown_report(struct timeout_sample *s); /* when the crew has ended: until then the caller waits */

#endif
