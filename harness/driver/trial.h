/* SPDX-License-Identifier: MIT */
/* One sample of a member of a group: its words, its process, and what is made of its end. */
#ifndef AB_TRIAL_H
#define AB_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/driver/child.h"
#include "harness/driver/judge.h"
#include "harness/driver/records.h"
#include "harness/driver/selection.h"

struct trial {
        const struct group *group;
        const struct member *member;
        const char
                *counter; /* path of the program that counts its system calls; NULL = nothing counts them */
        const cpu_set_t *load_cpus; /* of a load generator; empty: where the workers leave room */
        const cpu_set_t *cpus;
        const char *nonce; /* of the session */
        const char *root;  /* "" or a made-up machine */
        uint64_t seed;
        unsigned pad_bytes; /* as in struct child_job */
};

struct trial_end {
        struct records records; /* what it said */
        struct child_end end;
        struct judgement judgement;
};

/* Run T in a process of its own and judge it. False without memory, else trial_free() once *END is read. One at
 * a time, from the main thread. */
bool trial_run(const struct trial *t, struct trial_end *end);
void trial_free(struct trial_end *end);

#endif
