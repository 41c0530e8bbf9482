/* SPDX-License-Identifier: MIT */
/* What a plan needs, beside what the machine allows. */
#include "harness/driver/estimate.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "harness/driver/store.h"
#include "harness/sysfile.h"
#include "runtimes/runtime.h"

/* Measured on a small virtual machine; the time left is corrected by what samples really take. */
/* The load generator uses so many of one address (connect() takes every second one first), then another address. */
enum { PORTS_PER_SOURCE = 10000 };

enum { START_AND_STOP_MS = 8, PROOF_MS = 160, UNTIMED_MS = 80, COUNTING_MS = 20, CONNECTION_US = 100 };

uint64_t estimate_sample_ns(const struct group *g, const struct member *m, unsigned round)
{
        unsigned ms = START_AND_STOP_MS + g->connections * CONNECTION_US / 1000 +
                      (round == PLAN_COUNTING_ROUND ? COUNTING_MS : 0);

        if (m->hangs)
                ms += PROOF_MS;
        else if (m->variant->rounds == ROUNDS_OUTCOME)
                ms += UNTIMED_MS;
        else
                ms += g->limits.warmup_ms + g->limits.window_ms;
        return ms * 1000000ull;
}

static uint64_t max_of(uint64_t a, uint64_t b)
{
        return a > b ? a : b;
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

void estimate_plan(const struct plan *plan, struct estimate *need)
{
        static const uint64_t base_bytes = 32u << 20, thread_bytes = 64u << 10, sample_disk_bytes = 8u << 10;

        *need = (struct estimate){ .memory_bytes = base_bytes, .descriptors = 64, .disk_bytes = 8u << 20 };
        for (size_t i = 0; i < plan->block_count; i++) {
                const struct block *b = &plan->blocks[i];
                const struct group *g = &plan->selection->groups[b->group];

                for (unsigned k = 0; k < b->count; k++) {
                        const struct member *m = &g->members[plan->samples[b->first + k]];
                        unsigned threads =
                                8 + (m->row->traits & TRAIT_TASKS_SHARE_WORKER ? g->workers
                                                                               : g->tasks + g->connections);

                        need->time_ns += estimate_sample_ns(g, m, b->round);
                        need->threads = max_of(need->threads, threads);
                        need->memory_bytes = max_of(need->memory_bytes, base_bytes + threads * thread_bytes);
                        need->descriptors =
                                max_of(need->descriptors, 128 + 8 * (uint64_t)g->workers +
                                                                  2 * (uint64_t)g->tasks + g->connections);
                        need->ports = max_of(need->ports, 2 * min_of(g->connections, PORTS_PER_SOURCE));
                        if (!(m->row->traits & TRAIT_TASKS_SHARE_WORKER))
                                need->maps = max_of(need->maps, 1024 + 2 * (uint64_t)threads);
                        need->disk_bytes += sample_disk_bytes;
                }
        }
}

/* The hard one: samples raise the soft one, which is only a default. */
static uint64_t limit_of(__rlimit_resource_t resource)
{
        struct rlimit limit;

        return getrlimit(resource, &limit) < 0 || limit.rlim_max == RLIM_INFINITY ? UINT64_MAX
                                                                                  : limit.rlim_max;
}

/* The number in a cgroup file of this process, UINT64_MAX for "max" or none. */
static uint64_t cgroup_limit(const char *root, const char *controller, const char *v1, const char *v2)
{
        char path[PATH_MAX], text[64];
        int version = sysfile_cgroup(root, controller, path, sizeof(path));
        uint64_t value;

        if (!version || !sysfile_line(text, sizeof(text), root, "%s/%s", path, version == 1 ? v1 : v2))
                return UINT64_MAX;
        return sscanf(text, "%" SCNu64, &value) == 1 ? value : UINT64_MAX;
}

/* The number in a file of one line, UINT64_MAX when it is not there. */
static uint64_t number_in(const char *root, const char *path)
{
        char text[64];
        uint64_t value;

        return sysfile_line(text, sizeof(text), root, "%s", path) && sscanf(text, "%" SCNu64, &value) == 1
                       ? value
                       : UINT64_MAX;
}

void estimate_machine(const char *root, const char *dir, struct estimate *have)
{
        char text[8192];
        uint64_t kib, low, high;

        *have = (struct estimate){ .time_ns = UINT64_MAX,
                                   .memory_bytes = UINT64_MAX,
                                   .descriptors = limit_of(RLIMIT_NOFILE),
                                   .threads = limit_of(RLIMIT_NPROC),
                                   .ports = UINT64_MAX,
                                   .maps = number_in(root, "/proc/sys/vm/max_map_count"),
                                   .disk_bytes = store_free_bytes(dir) };
        if (sysfile_read(text, sizeof(text), root, "/proc/meminfo") &&
            sysfile_field(text, "MemAvailable", &kib))
                have->memory_bytes = kib * 1024;
        have->memory_bytes = min_of(have->memory_bytes,
                                    cgroup_limit(root, "memory", "memory.limit_in_bytes", "memory.max"));
        have->threads = min_of(have->threads, cgroup_limit(root, "pids", "pids.max", "pids.max"));
        have->threads = min_of(have->threads, number_in(root, "/proc/sys/kernel/threads-max"));
        have->threads = min_of(have->threads, number_in(root, "/proc/sys/kernel/pid_max"));
        if (sysfile_line(text, sizeof(text), root, "/proc/sys/net/ipv4/ip_local_port_range") &&
            sscanf(text, "%" SCNu64 " %" SCNu64, &low, &high) == 2 && high >= low)
                have->ports = high - low + 1;
}

const char *estimate_duration(uint64_t ns, char *text, size_t bytes)
{
        unsigned long long s = (ns + 500000000) / 1000000000;

        if (s < 60)
                snprintf(text, bytes, "%llu s", s);
        else if (s < 3600)
                snprintf(text, bytes, "%llu min %02llu s", s / 60, s % 60);
        else
                snprintf(text, bytes, "%llu h %02llu min", s / 3600, s % 3600 / 60);
        return text;
}

static void print_count(FILE *f, const char *what, const char *unit, uint64_t need, uint64_t have,
                        uint64_t scale)
{
        fprintf(f, "  %-12s %10" PRIu64 "%s", what, (need + scale - 1) / scale, unit);
        if (have == UINT64_MAX)
                fprintf(f, "   (no limit here)\n");
        else
                fprintf(f, "   (%" PRIu64 "%s here)\n", have / scale, unit);
}

void estimate_print(FILE *f, const struct estimate *need, const struct estimate *have)
{
        char time[64];

        fprintf(f, "  %-12s about %s\n", "time", estimate_duration(need->time_ns, time, sizeof(time)));
        print_count(f, "memory", " MiB", need->memory_bytes, have->memory_bytes, 1u << 20);
        print_count(f, "descriptors", "", need->descriptors, have->descriptors, 1);
        print_count(f, "threads", "", need->threads, have->threads, 1);
        print_count(f, "memory maps", "", need->maps, have->maps, 1);
        print_count(f, "ports", "", need->ports, have->ports, 1);
        print_count(f, "disk", " MiB", need->disk_bytes, have->disk_bytes, 1u << 20);
}

bool estimate_fits(const struct estimate *need, const struct estimate *have, char *reason, size_t bytes)
{
        const struct {
                const char *what, *remedy;
                uint64_t need, have;
        } rows[] = {
                { "bytes of memory", "fewer tasks", need->memory_bytes, have->memory_bytes },
                { "descriptors", "raise `ulimit -Hn`, or ask for fewer connections", need->descriptors,
                  have->descriptors },
                { "threads",
                  "raise `ulimit -Hu`, kernel.threads-max, kernel.pid_max or the cgroup's pids.max",
                  need->threads, have->threads },
                { "memory maps", "raise vm.max_map_count", need->maps, have->maps },
                { "ports", "widen net.ipv4.ip_local_port_range", need->ports, have->ports },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                if (rows[i].need > rows[i].have) {
                        snprintf(reason, bytes, "%" PRIu64 " %s needed, %" PRIu64 " here: %s", rows[i].need,
                                 rows[i].what, rows[i].have, rows[i].remedy);
                        return false;
                }
        return true;
}
