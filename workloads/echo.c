/* SPDX-License-Identifier: MIT */
/* Workload `echo`: what a request over TCP costs each runtime's server, and how long it takes at a given rate. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/serving.h"
#include "workloads/served.h"

enum { WORDS_MAX = 16 };

static bool is_open(const struct run *run)
{
        return run_variant_is(run, "open");
}

static bool is_apart(const struct run *run)
{
        return !run_variant_is(run, "closed");
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
                                              .apart = is_apart(run),
                                              .words = words });
        return 0;
}

static void echo_verify(struct run *run, unsigned traits)
{
        (void)traits;
        served_report(run, is_apart(run));
        served_check(run, run_param(run, "connections"), run_param(run, "message_bytes"));
}

/* ---- the tables ---------------------------------------------------------------------------------------- */

static const char *echo_excludes(const struct run *run, unsigned traits)
{
        return served_excludes(run, traits, run_param(run, "connections"));
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
        SERVED_PARAMS,
        { .name = "arrivals",
          .unit = "word",
          .smoke = "poisson",
          .words = "poisson,fixed",
          .text = "of an open loop: at random or evenly spaced" },
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
        SERVED_METRICS,
        { .name = "response_p50_ns",
          .unit = "ns",
          .text = "open loop: from the planned time of a request to its reply, the wait for a free "
                  "connection "
                  "included" },
        { .name = "response_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "response_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "lateness_p50_ns", .unit = "ns", .text = "open loop: from the planned time to the send" },
        { .name = "lateness_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "lateness_p99_9_ns", .unit = "ns", .text = "the same" },
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
