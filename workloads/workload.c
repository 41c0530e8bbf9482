/* SPDX-License-Identifier: MIT */
/* The table of workloads, and look-ups in it. */
#include "workloads/workload.h"

#include <string.h>

#include "runtimes/runtime.h"

const struct workload *const workloads[] = {
#define WORKLOAD(name) &workload_##name,
#include "workloads/list.h"
#undef WORKLOAD
        NULL,
};

const struct workload *workload_find(const char *name)
{
        for (size_t i = 0; workloads[i]; i++)
                if (strcmp(workloads[i]->name, name) == 0)
                        return workloads[i];
        return NULL;
}

const struct variant *workload_variant(const struct workload *w, const char *name)
{
        for (const struct variant *v = w->variants; v->name; v++)
                if (strcmp(v->name, name) == 0)
                        return v;
        return NULL;
}

const char *workload_absent_without_waits(const struct variant *variant, unsigned traits)
{
        (void)variant;
        return traits & TRAIT_NEVER_SUSPENDS ? "nothing to wait on" : NULL;
}

const char *workload_excludes_workers(const struct run *run, unsigned traits, uint64_t tasks)
{
        uint64_t workers = run_param(run, "workers");

        if (tasks < workers)
                return "fewer tasks than workers: some would have nothing to do";
        if ((traits & TRAIT_ONE_WORKER) && workers > 1)
                return "one thread runs all tasks";
        if ((traits & TRAIT_OWN_WORKERS) && workers == 1)
                return "as shipped it has a worker per processor";
        return NULL;
}

enum outcome workload_completes(const struct run *run, unsigned traits)
{
        (void)run, (void)traits;
        return OUTCOME_COMPLETED;
}

bool workload_list_has(const char *list, const char *name)
{
        size_t length = strlen(name);

        for (const char *at = list; at; at = strchr(at, ','), at += at != NULL)
                if (strncmp(at, name, length) == 0 && (!at[length] || at[length] == ','))
                        return true;
        return false;
}

bool workload_has_curve(const struct workload *w, const char *param, const struct variant *v)
{
        for (const struct curve *c = w->curves; c && c->param; c++)
                if (strcmp(c->param, param) == 0 && workload_list_has(c->variants, v->name))
                        return true;
        return false;
}

bool workload_replaces(const struct workload *w, const struct param *p)
{
        for (const struct param *own = w->params; own->name; own++)
                if (own != p && strcmp(own->name, p->name) == 0)
                        return true;
        return false;
}

const struct metric *workload_headline(const struct workload *w)
{
        const struct metric *m = w->metrics;

        while (!m->headline)
                m++;
        return m;
}

/* The windows are short because a fresh process is the unit of replication: more rounds say more than
 * a longer window. */
const struct param common_params[] = {
        { .name = "warmup_ms",
          .unit = "ms",
          .smoke = "5",
          .quick = "10",
          .standard = "20",
          .publish = "50",
          .min = 0,
          .max = 60000,
          .text = "time before the window, not counted" },
        { .name = "window_ms",
          .unit = "ms",
          .smoke = "20",
          .quick = "50",
          .standard = "100",
          .publish = "200",
          .min = 1,
          .max = 600000,
          .text = "time that is measured" },
        { .name = "stall_ms",
          .unit = "ms",
          .smoke = "1000",
          .min = 200,
          .max = 600000,
          .text = "time without a finished operation after which a sample counts as stalled" },
        { 0 },
};
