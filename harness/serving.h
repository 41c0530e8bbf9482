/* SPDX-License-Identifier: MIT */
/* A sample of a server: it listens on loopback in this process while the load generator asks it from another one. */
#ifndef AB_SERVING_H
#define AB_SERVING_H

#include "harness/run.h"

struct server;

/* The client of a sample: asyncbench-load, which stands beside this executable. */
struct serving_client {
        uint64_t connections;
        bool apart;               /* on processors that the workers leave; false: on the workers' own */
        const char *const *words; /* further options; ends at NULL */
        unsigned steps;           /* in which connections are made; 0: at once */
        /* Called after each step, when the server has accepted as many; the client waits meanwhile. NULL: no steps. */
        void (*at_step)(struct run *run, uint64_t connections, void *arg);
        void *arg;
};

/*
 * Run one sample of SERVER from its listening sockets to the last close, with CLIENT in a process of its own, and
 * report what both saw:
 *
 * - the metrics and histograms of the client as it sends them;
 * - the counts of the client (requests, replies, ...) and of the server (accepted, closed, bytes_in, ...);
 * - listen_overflows and listen_drops: how often, anywhere on this machine, a queue of pending connections was full;
 * - server_cpu_ns and context_switches: what this process used between the edges of the window, and left_open: the
 *   connections that the server still had when the client had hung up.
 *
 * The phases and the window are the client's. Parameters that are read: workers, listeners, buffer_bytes, family,
 * nodelay, stall_ms, warmup_ms, window_ms. Skips the sample when a limit of this machine does not allow it, and fails
 * it when client or server cannot go on. Called once, by the thread that called the workload.
 */
void serving_run(struct run *run, const struct server *server, const struct serving_client *client);

#endif
