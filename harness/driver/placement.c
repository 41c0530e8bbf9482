/* SPDX-License-Identifier: MIT */
/* Which processors run what: physical cores of one node, from sysfs. */
#include "harness/driver/placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cpus.h"
#include "harness/sysfile.h"

enum { SEPARATE_CORES = 4 };

/* The processors of node NODE, or false when there is no such node. */
static bool node_cpus(const char *root, int node, cpu_set_t *set)
{
        char list[4096];

        return sysfile_line(list, sizeof(list), root, "/sys/devices/system/node/node%d/cpulist", node) &&
               cpus_parse(list, set);
}

/* The hardware threads of CPU's core, CPU itself when the machine does not tell. */
static void core_cpus(const char *root, int cpu, cpu_set_t *set)
{
        char list[4096];

        if (sysfile_line(list, sizeof(list), root,
                         "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu) &&
            cpus_parse(list, set) && CPU_ISSET(cpu, set))
                return;
        CPU_ZERO(set);
        CPU_SET(cpu, set);
}

/* One processor, the lowest, of every physical core in SET. */
static void one_per_core(const char *root, const cpu_set_t *set, cpu_set_t *firsts)
{
        cpu_set_t left = *set, core, both;

        CPU_ZERO(firsts);
        for (int cpu; (cpu = cpus_first(&left)) >= 0;) {
                CPU_SET(cpu, firsts);
                core_cpus(root, cpu, &core);
                CPU_AND(&both, &left, &core);
                CPU_XOR(&left, &left, &both);
        }
}

/* Into BEST the cores of the node that has most of the allowed ones; the lower number wins a tie. */
static void pick_node(struct placement *p, const char *root, cpu_set_t *best)
{
        enum { NODES_MAX = 1024 };
        cpu_set_t node, cores;

        CPU_ZERO(best);
        for (int i = 0; i < NODES_MAX; i++) {
                if (!node_cpus(root, i, &node))
                        continue;
                CPU_AND(&node, &node, &p->allowed);
                if (!CPU_COUNT(&node))
                        continue;
                p->nodes++;
                one_per_core(root, &node, &cores);
                if (CPU_COUNT(&cores) > CPU_COUNT(best))
                        *best = cores;
        }
        if (!p->nodes) {
                p->nodes = 1;
                one_per_core(root, &p->allowed, best);
        }
}

/* Keep the COUNT lowest of SET. */
static void keep_lowest(cpu_set_t *set, int count)
{
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, set) && count-- <= 0)
                        CPU_CLR(cpu, set);
}

/* A quota of 1.5 processors cannot keep two cores busy, so that it counts as one. */
static void apply_quota(struct placement *p, cpu_set_t *cores)
{
        int whole = p->quota < 1 ? 1 : (int)p->quota;

        if (p->quota <= 0 || whole >= CPU_COUNT(cores))
                return;
        keep_lowest(cores, whole);
        snprintf(p->note, sizeof(p->note), "a CPU quota of %.2f limits this run to %d", p->quota, whole);
}

static void share_cores(struct placement *p, const char *root, const cpu_set_t *cores)
{
        p->shared_cores = true;
        p->server = *cores;
        if (CPU_COUNT(cores) == 1 && !p->note[0]) {
                core_cpus(root, cpus_first(cores), &p->server);
                CPU_AND(&p->server, &p->server, &p->allowed);
                if (CPU_COUNT(&p->server) > 1)
                        snprintf(p->note, sizeof(p->note),
                                 "one physical core: its %d hardware threads stand for cores",
                                 CPU_COUNT(&p->server));
        }
}

/* Lowest numbers to the server, highest to the driver. */
static void separate_cores(struct placement *p, const cpu_set_t *cores)
{
        int count = CPU_COUNT(cores), servers = count / 2, at = 0;

        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
                if (!CPU_ISSET(cpu, cores))
                        continue;
                CPU_SET(cpu, at < servers ? &p->server : at < count - 1 ? &p->load : &p->driver);
                at++;
        }
}

static int take_list(const struct placement *p, const char *option, const char *text, cpu_set_t *set,
                     char *error, size_t error_bytes)
{
        char allowed[4096];

        if (!text)
                return 0;
        if (cpus_parse(text, set) && cpus_within(set, &p->allowed))
                return 0;
        snprintf(error, error_bytes, "%s: '%s' is not a list of the processors allowed here, which are %s",
                 option, text, cpus_format(&p->allowed, allowed, sizeof(allowed)));
        return -1;
}

/* Where the user's own lists leave no core over, the driver shares. */
static void settle_driver(struct placement *p)
{
        cpu_set_t used, left;

        CPU_OR(&used, &p->server, &p->load);
        if (!cpus_meet(&p->driver, &used) && CPU_COUNT(&p->driver))
                return;
        CPU_AND(&left, &p->allowed, &used);
        CPU_XOR(&left, &p->allowed, &left);
        CPU_ZERO(&p->driver);
        if (CPU_COUNT(&left))
                CPU_SET(cpus_first(&left), &p->driver);
}

static int apply_lists(struct placement *p, const char *server, const char *load, char *error,
                       size_t error_bytes)
{
        if (!server && !load)
                return 0;
        if (take_list(p, "--server-cpus", server, &p->server, error, error_bytes) < 0 ||
            take_list(p, "--load-cpus", load, &p->load, error, error_bytes) < 0)
                return -1;
        if (server && !load) {
                cpu_set_t both;

                CPU_AND(&both, &p->load, &p->server);
                CPU_XOR(&p->load, &p->load, &both);
        }
        settle_driver(p);
        p->shared_cores = !CPU_COUNT(&p->load) || !CPU_COUNT(&p->driver) || cpus_meet(&p->server, &p->load);
        return 0;
}

int placement_make(struct placement *p, const char *root, const cpu_set_t *allowed, double quota,
                   const char *server, const char *load, char *error, size_t error_bytes)
{
        cpu_set_t cores, all_cores;

        *p = (struct placement){ .allowed = *allowed, .quota = quota };
        one_per_core(root, allowed, &all_cores);
        p->cores = (unsigned)CPU_COUNT(&all_cores);
        pick_node(p, root, &cores);
        apply_quota(p, &cores);
        if (CPU_COUNT(&cores) < SEPARATE_CORES)
                share_cores(p, root, &cores);
        else
                separate_cores(p, &cores);
        return apply_lists(p, server, load, error, error_bytes);
}

/* "max 100000" or "20000 100000" (version 2), one number a file (version 1). */
static double read_quota(const char *root)
{
        char path[4096], text[64], period[64];
        int version = sysfile_cgroup(root, "cpu", path, sizeof(path));
        double quota = 0, per = 100000;

        if (version == 2 && sysfile_line(text, sizeof(text), root, "%s/cpu.max", path)) {
                if (sscanf(text, "%lf %lf", &quota, &per) != 2)
                        return 0;
        } else if (version == 1 && sysfile_line(text, sizeof(text), root, "%s/cpu.cfs_quota_us", path) &&
                   sysfile_line(period, sizeof(period), root, "%s/cpu.cfs_period_us", path)) {
                quota = strtod(text, NULL);
                per = strtod(period, NULL);
        }
        return quota > 0 && per > 0 ? quota / per : 0;
}

void placement_limits(const char *root, cpu_set_t *allowed, double *quota)
{
        CPU_ZERO(allowed);
        /* The kernel has already cut the affinity down to the cpuset. */
        if (sched_getaffinity(0, sizeof(*allowed), allowed) < 0)
                CPU_SET(0, allowed);
        *quota = read_quota(root);
}

void placement_measured(const struct placement *p, cpu_set_t *set)
{
        CPU_OR(set, &p->server, &p->load);
        CPU_OR(set, set, &p->driver);
}
