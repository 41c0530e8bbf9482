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
#include "workloads/workload.h"

/* Points of the slope: the first is past what a server takes in one piece whatever comes, such as its first page of a
 * table; more points would tell no more of a straight line. */
enum { STEPS = 5 };

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
        char active[24];
        const char *words[] = { "--message-bytes", "64", "--active", active, NULL };
        struct ramp ramp = { .steps = 0 };
        uint64_t connections = connections_of(run, server);

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
        uint64_t connections = run_counted(run, "connections"), requests = run_counted(run, "requests");

        (void)traits;
        run_check_equal(run, "connected = connections", run_counted(run, "connected"), connections);
        run_check_equal(run, "every connection answered at the end", run_counted(run, "pinged"), connections);
        run_check_equal(run, "replies = requests", run_counted(run, "replies"), requests);
        run_check_equal(run, "the server received what was sent", run_counted(run, "bytes_in"),
                        run_counted(run, "bytes_sent"));
        run_check_equal(run, "the server sent what it received", run_counted(run, "bytes_out"),
                        run_counted(run, "bytes_received"));
        run_check_equal(run, "accepted = connections", run_counted(run, "accepted"), connections);
        run_check_equal(run, "closed = accepted", run_counted(run, "closed"), connections);
        run_check_equal(run, "left open when the client had hung up", run_counted(run, "left_open"), 0);
        run_check_equal(run, "accepts that failed", run_counted(run, "accept_failures"), 0);
        run_check_equal(run, "steps", run_counted(run, "steps"), STEPS);
}

/* ---- the tables ---------------------------------------------------------------------------------------- */

static const char *c10k_excludes(const struct run *run, unsigned traits)
{
        if (!run_param_is(run, "connections", "all") &&
            run_param(run, "connections") < run_param(run, "active"))
                return "fewer connections than active ones";
        return workload_excludes_workers(run, traits, UINT64_MAX);
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
        { .name = "workers",
          .unit = "1",
          .smoke = "1",
          .min = 1,
          .max = 1024,
          .words = "all",
          .text = "threads that serve" },
        { .name = "listeners",
          .unit = "word",
          .smoke = "own",
          .words = "own,shared",
          .text = "a listening socket per worker (SO_REUSEPORT), or one for all" },
        { .name = "buffer_bytes",
          .unit = "bytes",
          .smoke = "16384",
          .min = 64,
          .max = 1048576,
          .text = "the server reads at most so much at a time" },
        { .name = "family",
          .unit = "word",
          .smoke = "ipv4",
          .words = "ipv4,ipv6",
          .text = "of the loopback address" },
        { .name = "nodelay",
          .unit = "word",
          .smoke = "on",
          .words = "on,off",
          .text = "TCP_NODELAY on the server's side" },
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
        { .name = "connects_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .text = "while connections are made, 64 at a time" },
        { .name = "connect_p50_ns", .unit = "ns", .text = "from connect() to an established connection" },
        { .name = "connect_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "connect_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "requests_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .text = "of the active ones, beside the idle" },
        { .name = "service_p50_ns",
          .unit = "ns",
          .text = "of the active ones, from the send of a request to its reply" },
        { .name = "service_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "service_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "fairness",
          .unit = "1",
          .higher_is_better = true,
          .text = "Jain's index over the active ones" },
        { .name = "slowest_share",
          .unit = "1",
          .higher_is_better = true,
          .text = "replies of the active one that got fewest, as a share of the mean" },
        { .name = "load_cpu_share", .unit = "1", .text = "of a processor, of the client" },
        { .name = "little",
          .unit = "1",
          .higher_is_better = true,
          .text = "throughput x mean service time / requests under way: 1 by Little's law" },
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
        .quick_rounds = 3,
        .excludes = c10k_excludes,
        .serve = c10k_serve,
        .expect = workload_completes,
        .verify = c10k_verify,
};
