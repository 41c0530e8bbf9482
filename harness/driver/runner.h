/* SPDX-License-Identifier: MIT */
/* The loop: rounds, groups, samples; gates; what goes into the journal. */
#ifndef AB_RUNNER_H
#define AB_RUNNER_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/driver/placement.h"
#include "harness/driver/plan.h"
#include "harness/driver/progress.h"
#include "harness/driver/record.h"
#include "harness/journal.h"

struct runner {
        const struct plan *plan;
        struct record *record;
        struct journal *journal;
        struct progress progress;
        const struct placement *placement;
        const char *root; /* "" or a made-up machine */
        const char *nonce;
        const char *counter;  /* path of asyncbench-syscalls; NULL = the plan has no round for it */
        bool gated;           /* false: gates are recorded and judge nothing */
        uint64_t deadline_ns; /* no group starts that would end after it; 0 = none */
        uint64_t pad_state;   /* random lengths of the samples' environment */
        size_t reruns_left;   /* samples that gates may still send back */
        int write_error;      /* -errno after RUNNER_CANNOT_WRITE */
};

enum runner_end { RUNNER_COMPLETE, RUNNER_INTERRUPTED, RUNNER_BUDGET, RUNNER_CANNOT_WRITE };

/* Run every block that the record has open. */
enum runner_end runner_run(struct runner *r);

/* The estimate of what is open. */
uint64_t runner_open_ns(const struct runner *r, size_t *samples);

#endif
