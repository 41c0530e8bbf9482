/* SPDX-License-Identifier: MIT */
/* Was the machine this run's own while it measured? Steal, throttling and foreign CPU use. */
#ifndef AB_GATES_H
#define AB_GATES_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A shorter stretch than this says nothing: one tick of steal is a large share of it. */
#define GATES_SHORTEST_NS 2000000000ull

/* Counters of the processors that are looked at, all growing. A source that is not there is 0 and its flag
 * false. */
struct gates_reading {
        uint64_t at_ns;
        bool has_stat, has_throttle;
        uint64_t steal_ns, busy_ns; /* /proc/stat: steal; user, nice and system */
        uint64_t throttled_ns;      /* cpu.stat: time that the quota held tasks back */
        uint64_t own_ns;            /* this process and the samples it has reaped */
};

/* Read the counters of CPUS below ROOT ("" = this machine). */
void gates_read(struct gates_reading *r, const char *root, const cpu_set_t *cpus);

struct gates_use {
        double steal, foreign; /* shares of the processors' time; NAN = unknown */
        uint64_t throttled_ns;
};

/* What happened between two readings of COUNT processors. A counter that ran backwards is unknown. */
struct gates_use gates_between(const struct gates_reading *from, const struct gates_reading *to,
                               unsigned count);

enum gates_verdict { GATES_PASS, GATES_AGAIN, GATES_INVALID };

/* PASS; or, with why in REASON ("steal 0.8 %"), AGAIN: worth another try (steal > 0.5 %), or INVALID: not to
 * be used if trying again does not help (steal > 2 %, foreign use > 3 %, any throttling). */
enum gates_verdict gates_judge(const struct gates_use *use, char *reason, size_t bytes);

#endif
