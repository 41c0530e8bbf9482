/* SPDX-License-Identifier: MIT */
/* Lists of processors as the kernel writes them: "0-3,8". */
#ifndef AB_CPUS_H
#define AB_CPUS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

/* Parse "0-3,8" into SET; numbers below CPU_SETSIZE. False when TEXT is no such list or empty. */
bool cpus_parse(const char *text, cpu_set_t *set);

/* SET as "0-3,8" into TEXT, empty for none. Returns TEXT. */
const char *cpus_format(const cpu_set_t *set, char *text, size_t bytes);

/* Are all processors of A in B? */
bool cpus_within(const cpu_set_t *a, const cpu_set_t *b);

/* Do A and B share a processor? */
bool cpus_meet(const cpu_set_t *a, const cpu_set_t *b);

/* The lowest number in SET, or -1. */
int cpus_first(const cpu_set_t *set);

#endif
