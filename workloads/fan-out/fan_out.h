/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `fan-out` share: an array, a part of it, who works it, a sample. */
#ifndef AB_FAN_OUT_H
#define AB_FAN_OUT_H

#include "harness/mutant.h"
#include "runtimes/task/offload.h"

enum { FAN_COUNT_EVERY = 16 }; /* items, for the window's edges to see a map under way */

/* ---- array.c ------------------------------------------------------------------------------------------- */

/* An item is STEPS steps of run_work() from SEED; its result is the better half of what comes out. */
struct fan_item {
        uint64_t seed, steps;
};

struct fan_array {
        struct fan_item *items;
        uint64_t count;
};

/* The same array for the same seed and parameters. */
struct fan_array fan_array_make(struct run *run);

/* The first item of part INDEX of so many, and of the part behind the last the array's end. */
uint64_t fan_part_first(const struct fan_array *array, unsigned index, unsigned parts);

/* Of each thread that works parts at a time: it alone counts here. */
struct fan_lane {
        _Alignas(RUN_CACHE_LINE_BYTES) struct tally *tally;
        uint64_t steps; /* in the map that is under way */
        uint64_t parts, parts_on_workers;
};

struct fan_sample {
        struct run *run;
        const struct fan_form *form;
        struct fan_array array; /* nobody writes it while maps run */
        uint64_t number;        /* of the samples of this process */
        struct fan_lane *lanes;
        unsigned lane_count;      /* threads that work parts at a time, at most */
        _Atomic unsigned threads, /* that have worked parts, all told */
                processors;       /* that each of them may use, at least */
        struct fan_part *parts;   /* of a map */
        unsigned part_count;
        uint64_t maps, checksum;
        uint64_t steps, most_steps; /* of all maps; of the busiest thread of each */
        uint64_t cpu_ns;            /* of the process while maps ran */
        uint64_t threads_made, task_parts;
        struct crew_counts crew;
};

/* A variant: who works how many parts of the array. */
struct fan_form {
        const char *variant;
        void (*run)(const struct executor *ex, struct fan_sample *s);
        void (*other)(const struct executor *ex, struct fan_sample *s); /* for a defect */
        const char *parts, *lanes; /* the parameters that say how many; NULL: one */
        bool unplaced;             /* the kernel may put its threads on any processor */
};

/* Some items next to each other, to be worked by one thread. */
struct fan_part {
        struct fan_sample *sample;
        uint64_t first, end;
        uint64_t checksum;
        pthread_t thread; /* of scoped-threads */
        struct job job;   /* of offload-pool */
};

/* Make PART_COUNT parts. */
void fan_parts_make(struct fan_sample *s);

/* On the calling thread. */
void fan_part_work(struct fan_part *part);

/* All parts of a map are worked: add up what they came to. By whoever waited for them. */
void fan_map_ends(struct fan_sample *s);

/* ---- plain.c: without a runtime ------------------------------------------------------------------------- */

void fan_run_serial(const struct executor *ex, struct fan_sample *s);
void fan_run_scoped(const struct executor *ex, struct fan_sample *s);

/* ---- crew.c: by a task that waits for what it started ---------------------------------------------------- */

void fan_run_offload(const struct executor *ex, struct fan_sample *s);
void fan_run_tasks(const struct executor *ex, struct fan_sample *s);

#endif
