/* SPDX-License-Identifier: MIT */
/* The gates: reads the counters, takes differences, and says whether a stretch of time may be used. */
#include "harness/driver/gates.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/driver/clock.h"
#include "harness/sysfile.h"

static const double steal_worth_retry = 0.005, steal_too_much = 0.02, foreign_too_much = 0.03;

static uint64_t used_by(int who)
{
        struct rusage used;

        if (getrusage(who, &used) < 0)
                return 0;
        return ((uint64_t)used.ru_utime.tv_sec + (uint64_t)used.ru_stime.tv_sec) * 1000000000u +
               ((uint64_t)used.ru_utime.tv_usec + (uint64_t)used.ru_stime.tv_usec) * 1000u;
}

/* "cpu3 user nice system idle iowait irq softirq steal ...", in ticks. Interrupts are left out: those of the
 * samples' own I/O cannot be told from others. */
static void add_processor(struct gates_reading *r, const char *line, uint64_t tick_ns, const cpu_set_t *cpus)
{
        unsigned long long user, nice, system, idle, iowait, irq, softirq, steal = 0;
        int cpu;

        if (sscanf(line, "cpu%d %llu %llu %llu %llu %llu %llu %llu %llu", &cpu, &user, &nice, &system, &idle,
                   &iowait, &irq, &softirq, &steal) < 9 ||
            cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, cpus))
                return;
        r->has_stat = true;
        r->steal_ns += steal * tick_ns;
        r->busy_ns += (user + nice + system) * tick_ns;
}

static void read_stat(struct gates_reading *r, const char *root, const cpu_set_t *cpus)
{
        uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
        char path[PATH_MAX], *line = NULL;
        size_t room = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/proc/stat", root);
        if (!(f = fopen(path, "re")))
                return;
        /* The processors' lines stand first; what follows them is long. */
        while (getline(&line, &room, f) > 0 && strncmp(line, "cpu", 3) == 0)
                add_processor(r, line, tick_ns, cpus);
        free(line);
        fclose(f);
}

/* throttled_usec in version 2, throttled_time in ns in version 1. */
static void read_throttle(struct gates_reading *r, const char *root)
{
        char path[PATH_MAX], text[4096];
        int version = sysfile_cgroup(root, "cpu", path, sizeof(path));

        if (!version || !sysfile_read(text, sizeof(text), root, "%s/cpu.stat", path))
                return;
        if (version == 1) {
                r->has_throttle = sysfile_field(text, "throttled_time", &r->throttled_ns);
        } else if (sysfile_field(text, "throttled_usec", &r->throttled_ns)) {
                r->throttled_ns *= 1000;
                r->has_throttle = true;
        }
}

void gates_read(struct gates_reading *r, const char *root, const cpu_set_t *cpus)
{
        *r = (struct gates_reading){ .at_ns = clock_now_ns(),
                                     .own_ns = used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN) };
        read_stat(r, root, cpus);
        read_throttle(r, root);
}

struct gates_use gates_between(const struct gates_reading *from, const struct gates_reading *to,
                               unsigned count)
{
        struct gates_use use = { NAN, NAN, 0 };
        double time = (double)(to->at_ns - from->at_ns) * count;

        if (to->at_ns <= from->at_ns || !count)
                return use;
        if (from->has_stat && to->has_stat && to->steal_ns >= from->steal_ns)
                use.steal = (double)(to->steal_ns - from->steal_ns) / time;
        if (from->has_stat && to->has_stat && to->busy_ns >= from->busy_ns)
                use.foreign =
                        fmax(0, (double)(to->busy_ns - from->busy_ns) - (double)(to->own_ns - from->own_ns)) /
                        time;
        if (from->has_throttle && to->has_throttle && to->throttled_ns > from->throttled_ns)
                use.throttled_ns = to->throttled_ns - from->throttled_ns;
        return use;
}

enum gates_verdict gates_judge(const struct gates_use *use, char *reason, size_t bytes)
{
        if (use->throttled_ns) {
                snprintf(reason, bytes, "throttled %.1f ms by a CPU quota", (double)use->throttled_ns / 1e6);
                return GATES_INVALID;
        }
        if (use->foreign > foreign_too_much) {
                snprintf(reason, bytes, "foreign CPU use %.1f %%", use->foreign * 100);
                return GATES_INVALID;
        }
        if (use->steal > steal_worth_retry) {
                snprintf(reason, bytes, "steal %.1f %%", use->steal * 100);
                return use->steal > steal_too_much ? GATES_INVALID : GATES_AGAIN;
        }
        reason[0] = '\0';
        return GATES_PASS;
}
