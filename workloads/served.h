/* SPDX-License-Identifier: MIT */
/* What the workloads over servers have in common: parameters, metrics of the client, and what must hold. */
#ifndef AB_SERVED_H
#define AB_SERVED_H

#include "workloads/workload.h"

/* The parameters that serving_run() reads, but for the common ones. */
#define SERVED_PARAMS                                                                                        \
        { .name = "workers",                                                                                 \
          .unit = "1",                                                                                       \
          .smoke = "1",                                                                                      \
          .words = "all",                                                                                    \
          .min = 1,                                                                                          \
          .max = 1024,                                                                                       \
          .text = "threads that serve" },                                                                    \
                { .name = "listeners",                                                                       \
                  .unit = "word",                                                                            \
                  .smoke = "own",                                                                            \
                  .words = "own,shared",                                                                     \
                  .text = "a listening socket per worker (SO_REUSEPORT), or one for all" },                  \
                { .name = "buffer_bytes",                                                                    \
                  .unit = "bytes",                                                                           \
                  .smoke = "16384",                                                                          \
                  .min = 64,                                                                                 \
                  .max = 1048576,                                                                            \
                  .text = "the server reads at most so much at a time" },                                    \
                { .name = "family",                                                                          \
                  .unit = "word",                                                                            \
                  .smoke = "ipv4",                                                                           \
                  .words = "ipv4,ipv6",                                                                      \
                  .text = "of the loopback address" },                                                       \
        {                                                                                                    \
                .name = "nodelay", .unit = "word", .smoke = "on", .words = "on,off",                         \
                .text = "TCP_NODELAY on the server's side; off, a small segment waits for the "              \
                        "acknowledgement of the one before"                                                  \
        }

/* What the client tells of connections that stay. */
#define SERVED_METRICS                                                                                       \
        { .name = "service_p50_ns", .unit = "ns", .text = "from the send of a request to its reply" },       \
                { .name = "service_p99_ns", .unit = "ns", .text = "the same" },                              \
                { .name = "service_p99_9_ns", .unit = "ns", .text = "the same" },                            \
                { .name = "connects_per_s",                                                                  \
                  .unit = "1/s",                                                                             \
                  .higher_is_better = true,                                                                  \
                  .text = "while connections are made, 64 at a time" },                                      \
                { .name = "connect_p50_ns",                                                                  \
                  .unit = "ns",                                                                              \
                  .text = "from connect() to an established connection" },                                   \
                { .name = "connect_p99_ns", .unit = "ns", .text = "the same" },                              \
                { .name = "connect_p99_9_ns", .unit = "ns", .text = "the same" },                            \
                { .name = "fairness",                                                                        \
                  .unit = "1",                                                                               \
                  .higher_is_better = true,                                                                  \
                  .text = "Jain's index over the replies in the window of the connections that send: 1 = "   \
                          "all alike" },                                                                     \
                { .name = "slowest_share",                                                                   \
                  .unit = "1",                                                                               \
                  .higher_is_better = true,                                                                  \
                  .text = "replies of the one of these that got fewest, as a share of the mean" },           \
                { .name = "cpu_per_request_ns",                                                              \
                  .unit = "ns",                                                                              \
                  .text = "processor time of the server's process, the kernel's share for it included" },    \
                { .name = "context_switches_per_request",                                                    \
                  .unit = "1/op",                                                                            \
                  .text = "of all threads of the server's process" },                                        \
                { .name = "server_cpu_share",                                                                \
                  .unit = "1",                                                                               \
                  .text = "of the workers' processors, in the window" },                                     \
                { .name = "load_cpu_share",                                                                  \
                  .unit = "1",                                                                               \
                  .text = "of a processor, of the client's busiest thread" },                                \
                { .name = "starved_connections",                                                             \
                  .unit = "1",                                                                               \
                  .text = "that waited a second or more for a reply" },                                      \
        {                                                                                                    \
                .name = "little", .unit = "1", .higher_is_better = true,                                     \
                .text = "messages under way that were answered, over those that had to be: 1 by Little's "   \
                        "law; less was lost in the client"                                                   \
        }

/* An excludes() of CONNECTIONS (UINT64_MAX: enough) on the parameters of RUN for a row with TRAITS. */
const char *served_excludes(const struct run *run, unsigned traits, uint64_t connections);

/* Part of a verify(): the metrics above that follow from counts, for a sample whose CLIENT and server share processors or
 * are APART; records the knob `limit`: what kept the rate from being higher. */
void served_report(struct run *run, bool apart);

/* Part of a verify(): CONNECTIONS were taken, each ended by both sides in order, and nothing that was sent on them in
 * messages of MESSAGE_BYTES was lost, doubled or invented on either side. */
void served_check(struct run *run, uint64_t connections, uint64_t message_bytes);

#endif
