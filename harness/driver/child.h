/* SPDX-License-Identifier: MIT */
/* One sample as a process: start it, listen to it, hold its deadlines, leave nothing of it behind. */
#ifndef AB_CHILD_H
#define AB_CHILD_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/driver/records.h"

/* What a sample may take. The time of a phase is its own length plus a fifth and a second, so that a busy
 * machine does not fail it; the rest is fixed: 5 s until ready, 5 s + stall_ms for an untimed body and for
 * the drain, where the sample's own watchdog must have its say first, and 2 s to exit; three times all this when
 * each of its system calls is stopped twice to be counted. */
struct child_limits {
        unsigned warmup_ms, window_ms, stall_ms;
        bool counted;
};

/* How long PHASE may last, in ms. */
unsigned child_phase_limit_ms(const struct child_limits *limits, enum phase phase);

struct child_job {
        char *const *argv;  /* argv[0] is the executable's path; ends at NULL */
        cpu_set_t cpus;     /* where it may run */
        const char *nonce;  /* of the session, in its environment as AB_SESSION */
        unsigned pad_bytes; /* length of AB_PAD: moves the stack as a user's environment would */
        struct child_limits limits;
        const char *root; /* "" or, for the memory cgroup's files, a made-up machine */
};

enum child_cause {
        CHILD_EXITED,
        CHILD_SIGNALLED,
        CHILD_TIMEOUT,     /* a phase took too long */
        CHILD_PROTOCOL,    /* it said something that breaks the protocol */
        CHILD_INTERRUPTED, /* the driver was told to stop */
        CHILD_NOT_STARTED,
};

struct child_end {
        enum child_cause cause;
        int code;         /* exit status or signal; the errno of CHILD_NOT_STARTED */
        enum phase phase; /* where it was when it ended */
        bool leftover;    /* it left processes behind, which are killed */
        bool oom;         /* it was killed for want of memory */
        uint64_t wall_ns, cpu_ns;
        char output[1024];  /* the end of what it printed, as plain text */
        char threads[1024]; /* at a timeout: what its threads were doing */
};

/* Run JOB to its end; its records go to R, which is initialised. Nothing of the sample runs afterwards.
 * One at a time, from the main thread. */
void child_run(const struct child_job *job, struct records *r, struct child_end *end);

#endif
