/* SPDX-License-Identifier: MIT */
/* One sample from its words to its judgement. */
#include "harness/driver/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cpus.h"

enum { SETS_MAX = 64, CPUS_BYTES = 1024 };

/* The words of the executable's command line; TEXT is room for the parameters, cut up here. */
static void make_argv(const struct trial *t, char *text, char *seed, char *cpus, const char **argv)
{
        size_t n = 0;
        char *save = NULL;

        if (t->counter)
                argv[n++] = t->counter;
        argv[n++] = t->member->row->executable;
        argv[n++] = "sample";
        argv[n++] = "--runtime";
        argv[n++] = t->member->row->name;
        argv[n++] = "--workload";
        argv[n++] = t->group->workload->name;
        argv[n++] = "--variant";
        argv[n++] = t->member->variant->name;
        for (char *set = strtok_r(text, ";", &save); set && n < 2 * SETS_MAX;
             set = strtok_r(NULL, ";", &save)) {
                argv[n++] = "--set";
                argv[n++] = set;
        }
        sprintf(seed, "%" PRIu64, t->seed);
        argv[n++] = "--seed";
        argv[n++] = seed;
        argv[n++] = "--out-fd";
        argv[n++] = "3";
        if (t->group->workload->serve && CPU_COUNT(t->load_cpus)) {
                argv[n++] = "--load-cpus";
                argv[n++] = cpus_format(t->load_cpus, cpus, CPUS_BYTES);
        }
        argv[n] = NULL;
}

bool trial_run(const struct trial *t, struct trial_end *end)
{
        const char *argv[2 * SETS_MAX + 16];
        char seed[32], cpus[CPUS_BYTES], *text = strdup(t->group->all_params);
        struct child_job job = { .argv = (char *const *)argv,
                                 .cpus = *t->cpus,
                                 .nonce = t->nonce,
                                 .pad_bytes = t->pad_bytes,
                                 .limits = t->group->limits,
                                 .root = t->root };

        job.limits.counted = t->counter;
        if (!text || records_init(&end->records) < 0) {
                free(text);
                return false;
        }
        make_argv(t, text, seed, cpus, argv);
        child_run(&job, &end->records, &end->end);
        judge_sample(t->member->variant->role, &end->end, &end->records, &end->judgement);
        free(text);
        return true;
}

void trial_free(struct trial_end *end)
{
        records_free(&end->records);
}
