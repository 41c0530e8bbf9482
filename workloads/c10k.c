/* SPDX-License-Identifier: MIT */
/* Workload `c10k`: what a connection costs that has little to say, in memory and in the latency of the others. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/limits.h"
#include "harness/memory.h"
#include "harness/serving.h"
#include "harness/stats.h"
#include "runtimes/serve/serve.h"
#include "workloads/served.h"

/* Points of the slope: the first is past what a server takes in one piece whatever comes, such as its first page of a
 * table; more points would tell no more of a straight line. */
enum { STEPS = 5, MESSAGE_BYTES = 64 };

/* What was read at each step. */
struct ramp {
        double connections[STEPS], rss[STEPS], pss[STEPS], kernel[STEPS];
        size_t steps;
};

static void at_step(struct run *run, uint64_t connections, void *arg)
{
        struct ramp *ramp = arg;
        struct memory memory;

        if (!memory_read(&memory))
                run_fail(run, "/proc does not tell this process's memory");
        CHECK(run, ramp->steps, <, STEPS);
        ramp->connections[ramp->steps] = (double)connections;
        ramp->rss[ramp->steps] = (double)memory.rss_bytes;
        ramp->pss[ramp->steps] = (double)memory.pss_bytes;
        ramp->kernel[ramp->steps++] = (double)memory.kernel_bytes;
}

static void report_slope(struct run *run, const char *name, const struct ramp *ramp, const double *bytes)
{
        double slope = stats_slope(ramp->connections, bytes, ramp->steps);

        if (!isnan(slope))
                run_metric(run, name, "bytes", slope < 0 ? 0 : slope);
}

/* As many as were asked for, or as this machine's limits allow: then which of them stopped it. */
static uint64_t connections_of(struct run *run, const struct server *server)
{
        struct limit limits[LIMITS_MAX];
        const struct limit *lowest = limits_lowest(limits, limits_read(limits, "", server->thread_each));

        if (!run_param_is(run, "connections", "all")) {
                run_knob(run, "stopped_by", "the number that was asked for");
                return run_param(run, "connections");
        }
        run_knob(run, "stopped_by", "the limit of %s, %" PRIu64 " (%s)", lowest->name, lowest->value,
                 lowest->remedy);
        return lowest->connections;
}

static int c10k_serve(const struct server *server, struct run *run)
{
        char active[24], bytes[24];
        const char *words[] = { "--message-bytes", bytes, "--active", active, NULL };
        struct ramp ramp = { .steps = 0 };
        uint64_t connections = connections_of(run, server);

        snprintf(bytes, sizeof(bytes), "%d", MESSAGE_BYTES);
        snprintf(active, sizeof(active), "%" PRIu64, run_param(run, "active"));
        serving_run(run, server,
                    &(struct serving_client){ .connections = connections,
                                              .apart = false,
                                              .words = words,
                                              .steps = STEPS,
                                              .at_step = at_step,
                                              .arg = &ramp });
        run_count(run, "connections", connections);
        run_count(run, "steps", ramp.steps);
        report_slope(run, "rss_per_connection_bytes", &ramp, ramp.rss);
        report_slope(run, "pss_per_connection_bytes", &ramp, ramp.pss);
        report_slope(run, "kernel_per_connection_bytes", &ramp, ramp.kernel);
        return 0;
}

static void c10k_verify(struct run *run, unsigned traits)
{
        uint64_t connections = run_counted(run, "connections");

        (void)traits;
        served_report(run, false);
        served_check(run, connections, MESSAGE_BYTES);
        run_check_equal(run, "every connection answered at the end", run_counted(run, "pinged"), connections);
        run_check_equal(run, "steps", run_counted(run, "steps"), STEPS);
}

/* ---- the tables ---------------------------------------------------------------------------------------- */

static const char *c10k_excludes(const struct run *run, unsigned traits)
{
        bool all = run_param_is(run, "connections", "all");
        uint64_t connections = all ? UINT64_MAX : run_param(run, "connections");

        if (connections < run_param(run, "active"))
                return "fewer connections than active ones";
        return served_excludes(run, traits, connections);
}

static const struct variant variants[] = {
        { .name = "ramp",
          .role = ROLE_FIX,
          .text = "connections are made in five equal steps and kept; a few of them go on talking, and at "
                  "the end every "
                  "one is asked once" },
        { 0 },
};

static const struct param params[] = {
        { .name = "connections",
          .unit = "1",
          .smoke = "100",
          .quick = "10000,100,1000",
          .standard = "10000,100,300,1000,3000,all",
          .words = "all",
          .min = 10,
          .max = 1000000,
          .text = "TCP connections at the end of the ramp; all: as many as this machine's limits allow" },
        { .name = "active",
          .unit = "1",
          .smoke = "10",
          .min = 1,
          .max = 10000,
          .text = "connections that send, each one request at a time" },
        SERVED_PARAMS,
        { .name = "stall_ms",
          .unit = "ms",
          .smoke = "10000",
          .min = 200,
          .max = 600000,
          .text = "time without a reply, or for a step, after which the sample has failed" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "rss_per_connection_bytes",
          .unit = "bytes",
          .headline = true,
          .text = "resident memory of the server's process per connection: the slope over the steps" },
        { .name = "pss_per_connection_bytes",
          .unit = "bytes",
          .text = "the same without the part of what is shared" },
        { .name = "kernel_per_connection_bytes",
          .unit = "bytes",
          .text = "of the kernel, both ends together: sockets, descriptors, watches, thread stacks, page "
                  "tables" },
        { .name = "requests_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .text = "of the active ones, beside the idle" },
        SERVED_METRICS,
        { 0 },
};

static const struct curve curves[] = {
        { .param = "connections",
          .variants = "ramp",
          .metric = "service_p99_ns",
          .text = "what idle connections do to those that talk" },
        { 0 },
};

const struct workload workload_c10k = {
        .name = "c10k",
        .question = "What does a connection cost that is mostly idle?",
        .operation = "one request of an active connection and its reply",
        .method = "Connections are made in five equal steps; after each the client waits while the server's "
                  "memory is "
                  "read, and the slope over the steps is the cost of one. Then a few talk beside the idle "
                  "ones, and at the "
                  "end every connection answers one more message.",
        .expected = "A loop needs next to nothing beside the kernel's two sockets; a thread needs its kernel "
                    "stack of 16 "
                    "KiB and the touched pages of its own (jimblandy/context-switch#4 on memory that only "
                    "RSS was "
                    "counted for).",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .ranks = true,
        .quick_rounds = 3,
        .excludes = c10k_excludes,
        .serve = c10k_serve,
        .expect = workload_completes,
        .verify = c10k_verify,
};
