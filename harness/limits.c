/* SPDX-License-Identifier: MIT */
/* Limits of descriptors, threads and memory maps, as numbers of connections. */
#include "harness/limits.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>

#include "harness/sysfile.h"

/* What a process has open, runs and maps beside its connections; a thread maps its stack and a guard. */
enum { OTHER_DESCRIPTORS = 128, OTHER_THREADS = 256, OTHER_MAPS = 1024, MAPS_PER_THREAD = 2 };

static uint64_t hard_limit(__rlimit_resource_t resource)
{
        struct rlimit limit;

        return getrlimit(resource, &limit) < 0 || limit.rlim_max == RLIM_INFINITY ? UINT64_MAX
                                                                                  : limit.rlim_max;
}

/* The number in a file, UINT64_MAX when it says "max" or is not there. */
static uint64_t number_in(const char *root, const char *path)
{
        char text[64];
        uint64_t value;

        return sysfile_line(text, sizeof(text), root, "%s", path) && sscanf(text, "%" SCNu64, &value) == 1
                       ? value
                       : UINT64_MAX;
}

static uint64_t pids_of_cgroup(const char *root)
{
        char path[PATH_MAX], file[PATH_MAX + 16];

        if (!sysfile_cgroup(root, "pids", path, sizeof(path)))
                return UINT64_MAX;
        snprintf(file, sizeof(file), "%s/pids.max", path);
        return number_in(root, file);
}

static void add(struct limit *limits, size_t *count, const char *name, const char *remedy, uint64_t value,
                uint64_t others, unsigned each)
{
        limits[(*count)++] = (struct limit){ .name = name,
                                             .remedy = remedy,
                                             .value = value,
                                             .connections = value == UINT64_MAX ? UINT64_MAX
                                                            : value > others    ? (value - others) / each
                                                                                : 0 };
}

size_t limits_read(struct limit *limits, const char *root, bool thread_each)
{
        size_t n = 0;

        add(limits, &n, "descriptors of a process", "raise `ulimit -Hn`", hard_limit(RLIMIT_NOFILE),
            OTHER_DESCRIPTORS, 1);
        if (!thread_each)
                return n;
        add(limits, &n, "processes of a user", "raise `ulimit -Hu`", hard_limit(RLIMIT_NPROC), OTHER_THREADS,
            1);
        add(limits, &n, "kernel.threads-max", "sysctl kernel.threads-max",
            number_in(root, "/proc/sys/kernel/threads-max"), OTHER_THREADS, 1);
        add(limits, &n, "kernel.pid_max", "sysctl kernel.pid_max",
            number_in(root, "/proc/sys/kernel/pid_max"), OTHER_THREADS, 1);
        add(limits, &n, "vm.max_map_count", "sysctl vm.max_map_count",
            number_in(root, "/proc/sys/vm/max_map_count"), OTHER_MAPS, MAPS_PER_THREAD);
        add(limits, &n, "the cgroup's pids.max", "raise pids.max", pids_of_cgroup(root), OTHER_THREADS, 1);
        return n;
}

const struct limit *limits_lowest(const struct limit *limits, size_t count)
{
        const struct limit *lowest = limits;

        for (size_t i = 1; i < count; i++)
                if (limits[i].connections < lowest->connections)
                        lowest = &limits[i];
        return lowest;
}
