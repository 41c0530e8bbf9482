/* SPDX-License-Identifier: MIT */
/* What a plan needs, beside what the machine allows. */
#ifndef AB_ESTIMATE_H
#define AB_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/driver/plan.h"

struct estimate {
        uint64_t time_ns, memory_bytes, descriptors, threads, ports, maps, disk_bytes;
};

/* One sample of member M of G in ROUND, from its start to the next one's. */
uint64_t estimate_sample_ns(const struct group *g, const struct member *m, unsigned round);

/* What PLAN needs. */
void estimate_plan(const struct plan *plan, struct estimate *need);

/* What the machine below ROOT allows now; disk where DIR is. UINT64_MAX = no limit known. */
void estimate_machine(const char *root, const char *dir, struct estimate *have);

/* Print both side by side. */
void estimate_print(FILE *f, const struct estimate *need, const struct estimate *have);

/* Is there enough of all but time? Else what is short stands in REASON, in one line. */
bool estimate_fits(const struct estimate *need, const struct estimate *have, char *reason, size_t bytes);

/* A duration for people: "38 s", "4 min 10 s", "2 h 05 min". Returns TEXT. */
const char *estimate_duration(uint64_t ns, char *text, size_t bytes);

#endif
