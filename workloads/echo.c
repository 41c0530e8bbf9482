/* SPDX-License-Identifier: MIT */
/* Workload `echo`: what a request over TCP costs each runtime's server, and how long it takes at a given rate. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/serving.h"
#include "runtimes/runtime.h"
#include "workloads/workload.h"

enum { WORDS_MAX = 16 };

static bool is_open(const struct run *run)
{
        return run_variant_is(run, "open");
}

static int echo_serve(const struct server *server, struct run *run)
{
        char depth[24], bytes[24], rate[24];
        const char *words[WORDS_MAX] = { "--depth", depth, "--message-bytes", bytes };
        size_t n = 4;

        sprintf(depth, "%" PRIu64, run_param(run, "depth"));
        sprintf(bytes, "%" PRIu64, run_param(run, "message_bytes"));
        if (is_open(run)) {
                sprintf(rate, "%" PRIu64, run_param(run, "rate_per_s"));
                words[n++] = "--rate";
                words[n++] = rate;
                words[n++] = "--arrivals";
                words[n++] = run_param_is(run, "arrivals", "fixed") ? "fixed" : "poisson";
                words[n++] = "--spin";
        }
        serving_run(run, server,
                    &(struct serving_client){ .connections = run_param(run, "connections"),
                                              .apart = !run_variant_is(run, "closed"),
                                              .words = words });
        return 0;
}

/* ---- verifying ----------------------------------------------------------------------------------------- */

/* Nothing was lost, doubled or invented, on either side. */
static void check_work(struct run *run)
{
        uint64_t connections = run_param(run, "connections"), bytes = run_param(run, "message_bytes");
        uint64_t requests = run_counted(run, "requests");

        run_check_equal(run, "connected = connections", run_counted(run, "connected"), connections);
        run_check_equal(run, "replies = requests", run_counted(run, "replies"), requests);
        run_check_equal(run, "bytes compared = requests x message_bytes", run_counted(run, "bytes_received"),
                        requests * bytes);
        run_check_equal(run, "the server received what was sent", run_counted(run, "bytes_in"),
                        requests * bytes);
        run_check_equal(run, "the server sent what it received", run_counted(run, "bytes_out"),
                        requests * bytes);
        run_check(run, "the window has requests", run_counted(run, "window_replies") > 0, "%" PRIu64,
                  run_counted(run, "window_replies"));
}

/* Every connection was taken, none for nothing, and each was ended by both sides in order. */
static void check_connections(struct run *run)
{
        uint64_t connections = run_param(run, "connections");

        run_check_equal(run, "accepted = connections", run_counted(run, "accepted"), connections);
        run_check_equal(run, "closed = accepted", run_counted(run, "closed"), connections);
        run_check_equal(run, "closed by the server after the client's last byte",
                        run_counted(run, "closed_by_server"), connections);
        run_check_equal(run, "left open when the client had hung up", run_counted(run, "left_open"), 0);
        run_check_equal(run, "accepts that failed", run_counted(run, "accept_failures"), 0);
        run_check_equal(run, "resets", run_counted(run, "resets"), 0);
}

/* What kept the rate from being higher. */
static const char *limit_of(struct run *run, double server_share, double load_share)
{
        if (run_variant_is(run, "closed"))
                return "shared-core";
        if (is_open(run))
                return (double)run_counted(run, "window_replies") < 0.99 * (double)run_counted(run, "planned")
                               ? "saturated"
                               : "rate";
        if (load_share >= 0.8 && load_share >= server_share)
                return "client";
        return server_share >= 0.8 ? "server" : "wake-ups";
}

static void echo_verify(struct run *run, unsigned traits)
{
        double window_ns = (double)run_window_ns(run), replies = (double)run_counted(run, "window_replies");
        double cpu_ns = (double)run_counted(run, "server_cpu_ns");
        double server_share = cpu_ns / window_ns / (double)run_param(run, "workers");

        (void)traits;
        if (replies > 0) {
                run_metric(run, "cpu_per_request_ns", "ns", cpu_ns / replies);
                run_metric(run, "context_switches_per_request", "1/op",
                           (double)run_counted(run, "context_switches") / replies);
        }
        run_metric(run, "server_cpu_share", "1", server_share);
        run_metric(run, "starved_connections", "1", (double)run_counted(run, "starved"));
        run_knob(run, "limit", "%s",
                 limit_of(run, server_share, (double)run_counted(run, "load_cpu_ns") / window_ns));
        check_work(run);
        check_connections(run);
}

/* ---- the tables ---------------------------------------------------------------------------------------- */

static const char *echo_excludes(const struct run *run, unsigned traits)
{
        if (run_param(run, "connections") < run_param(run, "workers"))
                return "fewer connections than workers: some would have nothing to do";
        return workload_excludes_workers(run, traits, UINT64_MAX);
}

static const struct variant variants[] = {
        { .name = "closed",
          .role = ROLE_FIX,
          .ignores = "rate_per_s,arrivals",
          .text = "every reply is followed by the next request; client and workers share their processors, "
                  "so that "
                  "both halves of a request are paid from one purse" },
        { .name = "closed-apart",
          .role = ROLE_ALTERNATIVE,
          .against = "closed",
          .ignores = "rate_per_s,arrivals",
          .text = "the same with the client on processors of its own" },
        { .name = "open",
          .role = ROLE_ALTERNATIVE,
          .against = "closed-apart",
          .text = "requests arrive at planned times, whatever the server does; the client has processors of "
                  "its own" },
        { 0 },
};

static const struct param params[] = {
        { .name = "connections",
          .unit = "1",
          .smoke = "10",
          .quick = "50,1000",
          .standard = "50,1,200,1000,5000,10000",
          .min = 1,
          .max = 1000000,
          .text = "TCP connections, all open during the whole sample" },
        { .name = "rate_per_s",
          .unit = "1/s",
          .smoke = "2000",
          .quick = "20000,80000",
          .standard = "20000,5000,10000,40000,60000,80000,100000,120000,160000,200000",
          .min = 1,
          .max = 100000000,
          .text = "planned arrivals over all connections" },
        { .name = "message_bytes",
          .unit = "bytes",
          .smoke = "64",
          .publish = "64,1024,16384,65536",
          .min = 16,
          .max = 65536,
          .text = "of a request and of its reply" },
        { .name = "depth",
          .unit = "1",
          .smoke = "1",
          .publish = "1,16",
          .min = 1,
          .max = 1024,
          .text = "requests under way on a connection (pipelining)" },
        { .name = "workers",
          .unit = "1",
          .smoke = "1",
          .words = "all",
          .min = 1,
          .max = 1024,
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
        { .name = "arrivals",
          .unit = "word",
          .smoke = "poisson",
          .words = "poisson,fixed",
          .text = "of an open loop: at random or evenly spaced" },
        { .name = "family",
          .unit = "word",
          .smoke = "ipv4",
          .words = "ipv4,ipv6",
          .text = "of the loopback address" },
        { .name = "nodelay",
          .unit = "word",
          .smoke = "on",
          .words = "on,off",
          .text = "TCP_NODELAY on the server's side; off, a small segment waits for the acknowledgement of "
                  "the one "
                  "before" },
        { .name = "warmup_ms",
          .unit = "ms",
          .smoke = "10",
          .quick = "30",
          .standard = "100",
          .publish = "200",
          .min = 0,
          .max = 60000,
          .text = "time before the window, with all connections busy" },
        { .name = "window_ms",
          .unit = "ms",
          .smoke = "50",
          .quick = "200",
          .standard = "500",
          .publish = "1000",
          .min = 1,
          .max = 600000,
          .text = "time that is measured" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "requests_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .headline = true,
          .text = "replies in the window; every one was compared byte for byte" },
        { .name = "cpu_per_request_ns",
          .unit = "ns",
          .text = "processor time of the server's process, the kernel's share for it included" },
        { .name = "service_p50_ns", .unit = "ns", .text = "from the send of a request to its reply" },
        { .name = "service_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "service_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "response_p50_ns",
          .unit = "ns",
          .text = "open loop: from the planned time of a request to its reply, the wait for a free "
                  "connection included" },
        { .name = "response_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "response_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "lateness_p50_ns", .unit = "ns", .text = "open loop: from the planned time to the send" },
        { .name = "lateness_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "lateness_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "connects_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .text = "while connections are made, 64 at a time" },
        { .name = "connect_p50_ns", .unit = "ns", .text = "from connect() to an established connection" },
        { .name = "connect_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "connect_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "fairness",
          .unit = "1",
          .higher_is_better = true,
          .text = "Jain's index over the connections' replies in the window: 1 = all alike" },
        { .name = "slowest_share",
          .unit = "1",
          .higher_is_better = true,
          .text = "replies of the connection that got fewest, as a share of the mean" },
        { .name = "starved_connections", .unit = "1", .text = "that waited a second or more for a reply" },
        { .name = "context_switches_per_request",
          .unit = "1/op",
          .text = "of all threads of the server's process" },
        { .name = "server_cpu_share", .unit = "1", .text = "of the workers' processors, in the window" },
        { .name = "load_cpu_share", .unit = "1", .text = "of a processor, of the client's busiest thread" },
        { .name = "little",
          .unit = "1",
          .higher_is_better = true,
          .text = "time that answered requests were under way / requests asked for x window: 1 by Little's "
                  "law; less was lost in the client" },
        { 0 },
};

static const struct curve curves[] = {
        { .param = "connections",
          .variants = "closed",
          .metric = "requests_per_s",
          .text = "up to how many connections a thread for each is as good as a loop" },
        { .param = "message_bytes",
          .variants = "closed",
          .metric = "requests_per_s",
          .text = "what larger messages cost" },
        { .param = "depth",
          .variants = "closed",
          .metric = "requests_per_s",
          .text = "what several requests at once on a connection gain" },
        { .param = "rate_per_s",
          .variants = "open",
          .metric = "response_p99_ns",
          .text = "latency against offered load, from the planned start, up to saturation and past it" },
        { 0 },
};

const struct workload workload_echo = {
        .name = "echo",
        .question = "What does a request over TCP cost each server, and how long does it take?",
        .operation = "one request and its reply",
        .method = "A load generator in a process of its own sends messages to the row's echo server over "
                  "loopback and "
                  "compares every reply byte for byte. The two together tell requests, bytes, connections "
                  "and closes, "
                  "which must agree exactly.",
        .expected =
                "Most of a request is the kernel's TCP, so that loops differ by less than a tenth; a thread "
                "per "
                "connection pays a switch of threads for each request where a loop takes a batch at a time.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .quick_rounds = 7,
        .ranks = true,
        .excludes = echo_excludes,
        .serve = echo_serve,
        .expect = workload_completes,
        .verify = echo_verify,
};
