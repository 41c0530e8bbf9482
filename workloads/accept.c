/* SPDX-License-Identifier: MIT */
/* Workload `accept`: what clients wait for when a server handles one before it accepts the next. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/serving.h"
#include "workloads/workload.h"

static unsigned max_live_of(const struct run *run)
{
        if (run_variant_is(run, "inline"))
                return 1;
        return run_variant_is(run, "spawned-bounded") ? (unsigned)run_param(run, "bound") : 0;
}

static int accept_serve(const struct server *server, struct run *run)
{
        char hold[24], rate[24], stall[24];
        const char *words[] = { "--hold-ms",  hold,    "--rate",          rate, "--stall-ms", stall,
                                "--arrivals", "fixed", "--message-bytes", "64", NULL };

        snprintf(hold, sizeof(hold), "%" PRIu64, run_param(run, "hold_ms"));
        snprintf(rate, sizeof(rate), "%" PRIu64, run_param(run, "clients_per_s"));
        snprintf(stall, sizeof(stall), "%" PRIu64, run_param(run, "patience_ms"));
        serving_run(run, server,
                    &(struct serving_client){ .connections = run_param(run, "clients"),
                                              .apart = false,
                                              .words = words,
                                              .max_live = max_live_of(run),
                                              .backlog = (int)run_param(run, "backlog") });
        return 0;
}

/* Turned away, in the ways that a client can tell. */
static uint64_t turned_away(struct run *run)
{
        return run_counted(run, "refused") + run_counted(run, "reset") + run_counted(run, "timed_out");
}

static void accept_verify(struct run *run, unsigned traits)
{
        uint64_t clients = run_param(run, "clients"), replies = run_counted(run, "replies");
        uint64_t peak = run_counted(run, "peak_live"), bound = max_live_of(run) * run_param(run, "workers");

        (void)traits;
        run_metric(run, "turned_away", "1", (double)turned_away(run));
        run_metric(run, "syn_retried", "1", (double)run_counted(run, "syn_retried"));
        run_metric(run, "listen_overflows", "1", (double)run_counted(run, "listen_overflows"));
        run_metric(run, "peak_live", "1", (double)peak);
        run_check_equal(run, "clients = answered + turned away", replies + turned_away(run), clients);
        run_check_equal(run, "bytes compared = answered x 64", run_counted(run, "bytes_received"),
                        64 * replies);
        run_check_equal(run, "closed = accepted", run_counted(run, "closed"), run_counted(run, "accepted"));
        run_check_equal(run, "left open when the clients had gone", run_counted(run, "left_open"), 0);
        run_check_equal(run, "accepts that failed", run_counted(run, "accept_failures"), 0);
        run_check(run, "no more connections at once than allowed", !bound || peak <= bound,
                  "%" PRIu64 " of %" PRIu64, peak, bound);
        if (!run_variant_is(run, "spawned"))
                return;
        run_check_equal(run, "turned away", turned_away(run), 0);
        run_check(run, "connections were open at the same time", clients == 1 || peak > 1, "%" PRIu64, peak);
}

/* ---- the tables ---------------------------------------------------------------------------------------- */

static const char *accept_excludes(const struct run *run, unsigned traits)
{
        if (run_param(run, "clients") < run_param(run, "workers"))
                return "fewer clients than workers";
        return workload_excludes_workers(run, traits, UINT64_MAX);
}

static const struct variant variants[] = {
        { .name = "spawned",
          .role = ROLE_FIX,
          .ignores = "bound",
          .text = "every connection is accepted at once and served beside the others" },
        { .name = "inline",
          .role = ROLE_MISTAKE,
          .against = "spawned",
          .ignores = "bound",
          .price = "peak_live",
          .text = "a connection is served to its end before the next one is accepted" },
        { .name = "spawned-bounded",
          .role = ROLE_ALTERNATIVE,
          .against = "spawned",
          .text = "as many as the bound are served at once; the others wait in the kernel's queue" },
        { 0 },
};

static const struct param params[] = {
        { .name = "clients",
          .unit = "1",
          .smoke = "20",
          .quick = "100",
          .min = 1,
          .max = 100000,
          .text = "that come, one connection each" },
        { .name = "clients_per_s",
          .unit = "1/s",
          .smoke = "1000",
          .min = 1,
          .max = 1000000,
          .text = "at which they come, evenly spaced" },
        { .name = "hold_ms",
          .unit = "ms",
          .smoke = "2",
          .standard = "2,4,8,16",
          .min = 0,
          .max = 60000,
          .text = "a client keeps its connection so long after its answer, in case it has another question" },
        { .name = "patience_ms",
          .unit = "ms",
          .smoke = "5000",
          .min = 10,
          .max = 600000,
          .text = "a client that is not through by then gives up" },
        { .name = "bound",
          .unit = "1",
          .smoke = "16",
          .min = 1,
          .max = 100000,
          .text = "connections of a worker at once" },
        { .name = "backlog",
          .unit = "1",
          .smoke = "4096",
          .min = 1,
          .max = 65535,
          .text = "of the listener: clients that the kernel may keep waiting" },
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
        { 0 },
};

/* A server that takes one client at a time lets the Kth wait until the K before it have gone, less what has passed
 * since they began to come: the middle one, in ns. */
static double expected_first_byte(const struct run *run)
{
        double hold_ns = (double)run_param(run, "hold_ms") * 1e6;
        double between_ns = 1e9 / (double)run_param(run, "clients_per_s");

        return hold_ns > between_ns ? (double)run_param(run, "clients") / 2 * (hold_ns - between_ns) : 0;
}

static const struct metric metrics[] = {
        { .name = "first_byte_p50_ns",
          .unit = "ns",
          .headline = true,
          .text = "from the planned start of a client's connection to the first byte of its reply" },
        { .name = "first_byte_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "first_byte_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "first_byte_max_ns", .unit = "ns", .text = "the same" },
        { .name = "connect_p50_ns",
          .unit = "ns",
          .text = "to an established connection, which the kernel makes whether or not the server accepts" },
        { .name = "connect_p99_ns", .unit = "ns", .text = "the same" },
        { .name = "connect_p99_9_ns", .unit = "ns", .text = "the same" },
        { .name = "turned_away", .unit = "1", .text = "clients that were refused, reset or gave up" },
        { .name = "syn_retried",
          .unit = "1",
          .text = "clients whose first packet got no answer: the queue was full" },
        { .name = "listen_overflows",
          .unit = "1",
          .text = "times that the queue was full, as the kernel counts" },
        { .name = "peak_live", .unit = "1", .text = "connections that the server had open at once" },
        { 0 },
};

static const struct curve curves[] = {
        { .param = "hold_ms",
          .variants = "inline",
          .metric = "first_byte_p50_ns",
          .expected = expected_first_byte,
          .text = "what clients that stay cost those behind them" },
        { 0 },
};

const struct workload workload_accept = {
        .name = "accept",
        .question = "What do clients wait for when each is handled before the next is accepted?",
        .operation = "one client served",
        .method = "Clients come at a fixed rate, ask once, keep their connection for a while and go. Each "
                  "reply is "
                  "compared, and the ways of being turned away are counted apart.",
        .expected = "Served one by one, clients that stay for longer than they come apart wait for all "
                    "before them: the "
                    "Kth K times the difference. The kernel completes their handshakes meanwhile, so that "
                    "connecting "
                    "looks fast.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .quick_rounds = 7,
        .excludes = accept_excludes,
        .serve = accept_serve,
        .expect = workload_completes,
        .verify = accept_verify,
};
