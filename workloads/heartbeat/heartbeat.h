/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `heartbeat` share: items and what they cost, the beat, a sample. */
#ifndef AB_HEARTBEAT_H
#define AB_HEARTBEAT_H

#include "harness/mutant.h"
#include "runtimes/task/offload.h"
#include "runtimes/task/sync.h"
#include "workloads/work.h"

enum {
        HEARTBEAT_HEAVY_TIMES = 100, /* what a heavy item takes, in usual ones */
        HEARTBEAT_IN_FLIGHT_MAX = 64,
};

/* ---- deal.c -------------------------------------------------------------------------------------------- */

/* STEPS steps of work (work.h) from SEED. */
struct item {
        uint64_t index, seed, steps;
        bool heavy;
};

/* Deals the items of a sample out, the same ones for the same seed; one in each `heavy_one_in` is heavy. */
struct deal {
        uint64_t items, one_in, usual_steps; /* of the sample */
        uint64_t next, heavy_at, random;
};

void deal_open(struct deal *d, const struct run *run, uint64_t steps_per_us);

/* False when there is none left. */
bool deal_next(struct deal *d, struct item *item);

/* ---- loop.c -------------------------------------------------------------------------------------------- */

/* An item under way: a piece of it at a time, or as a job. */
struct chore {
        struct job job; /* first */
        struct heartbeat_sample *sample;
        struct item item;
        uint64_t value, left;
        bool taken;     /* from the deal, and not counted yet */
        bool on_loop;   /* worked by the loop's own thread */
        uint64_t ended; /* as the how manieth of all */
};

/* The one task: it beats, and it works or has it worked. */
struct heart {
        struct task task;
        struct timer timer;
        struct select select;
        struct chore chores[HEARTBEAT_IN_FLIGHT_MAX];
        uint64_t start_ns, next; /* the beat that is due next: at start + next * period */
        enum { AT_START, AT_WORK, AT_END } at;
};

struct heartbeat_sample {
        struct run *run;
        struct tally *tally;
        struct hist *late;
        struct deal deal;
        struct work work;
        uint64_t period_ns, piece_steps;
        unsigned in_flight; /* chores at a time */
        bool offload;
        _Atomic uint64_t ended; /* items */
        uint64_t tolerance;     /* beats that may be missed in a row: the peer gives up at the last of them */
        uint64_t beats, missed, due, given_up, elapsed_ns;
        uint64_t items, heavy, checksum, on_loop, out_of_order;
        uint64_t pieces, longest_piece_ns;
        uint64_t blocked_periods;  /* of pieces that are longer than a period: beats missed for sure */
        uint64_t blocked_for_good; /* pieces that alone make the peer give up */
        struct heart heart;
        struct crew_counts crew;
};

void heartbeat_make(struct heartbeat_sample *s);

#endif
