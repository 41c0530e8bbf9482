/* SPDX-License-Identifier: MIT */
/* What must hold of a sample of a server, whatever its client does. */
#include "workloads/served.h"

#include <inttypes.h>

const char *served_excludes(const struct run *run, unsigned traits, uint64_t connections)
{
        if (connections < run_param(run, "workers"))
                return "fewer connections than workers: some would have nothing to do";
        return workload_excludes_workers(run, traits, UINT64_MAX);
}

/* A client that has a processor nearly to itself and fills it may be what is measured, however busy the server is. */
static const char *limit_of(struct run *run, bool apart, double server_share, double load_share)
{
        uint64_t planned = run_counted(run, "planned");

        if (!apart)
                return "shared-core";
        if (planned)
                return (double)run_counted(run, "window_replies") < 0.99 * (double)planned ? "saturated"
                                                                                           : "rate";
        if (load_share >= 0.8)
                return "client";
        return server_share >= 0.8 ? "server" : "wake-ups";
}

void served_report(struct run *run, bool apart)
{
        double window_ns = (double)run_window_ns(run), replies = (double)run_counted(run, "window_replies");
        double cpu_ns = (double)run_counted(run, "server_cpu_ns");
        double server_share = cpu_ns / window_ns / (double)run_param(run, "workers");

        if (replies > 0) {
                run_metric(run, "cpu_per_request_ns", "ns", cpu_ns / replies);
                run_metric(run, "context_switches_per_request", "1/op",
                           (double)run_counted(run, "context_switches") / replies);
        }
        run_metric(run, "server_cpu_share", "1", server_share);
        run_metric(run, "starved_connections", "1", (double)run_counted(run, "starved"));
        run_knob(run, "limit", "%s",
                 limit_of(run, apart, server_share, (double)run_counted(run, "load_cpu_ns") / window_ns));
}

static void check_messages(struct run *run, uint64_t message_bytes)
{
        uint64_t requests = run_counted(run, "requests");

        run_check_equal(run, "replies = requests", run_counted(run, "replies"), requests);
        run_check_equal(run, "bytes compared = requests x message_bytes", run_counted(run, "bytes_received"),
                        requests * message_bytes);
        run_check_equal(run, "the server received what was sent", run_counted(run, "bytes_in"),
                        requests * message_bytes);
        run_check_equal(run, "the server sent what it received", run_counted(run, "bytes_out"),
                        requests * message_bytes);
        run_check(run, "the window has requests", run_counted(run, "window_replies") > 0, "%" PRIu64,
                  run_counted(run, "window_replies"));
}

void served_check(struct run *run, uint64_t connections, uint64_t message_bytes)
{
        check_messages(run, message_bytes);
        run_check_equal(run, "connected = connections", run_counted(run, "connected"), connections);
        run_check_equal(run, "accepted = connections", run_counted(run, "accepted"), connections);
        run_check_equal(run, "closed = accepted", run_counted(run, "closed"), connections);
        run_check_equal(run, "closed by the server after the client's last byte",
                        run_counted(run, "closed_by_server"), connections);
        run_check_equal(run, "left open when the client had hung up", run_counted(run, "left_open"), 0);
        run_check_equal(run, "accepts that failed", run_counted(run, "accept_failures"), 0);
        run_check_equal(run, "resets", run_counted(run, "resets"), 0);
}
