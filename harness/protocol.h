/* SPDX-License-Identifier: MIT */
/* The sample protocol: how the driver and the executable of one runtime talk. */
#ifndef AB_PROTOCOL_H
#define AB_PROTOCOL_H

/*
 * An executable `asyncbench-NAME` in any language is a runtime when it answers the first two calls.
 *
 *   asyncbench-NAME describe
 *       writes one JSON object on standard output and exits 0:
 *         {"protocol": 1, "name": "libuv",
 *          "rows": [{"runtime": "libuv", "version": "1.44.2", "released": 2022,
 *                    "model": "...", "effort": "as-documented", "traits": ["TASKS_SHARE_WORKER"],
 *                    "available": true, "reason": null, "remedy": null,
 *                    "timer_granularity_ns": 1000000,
 *                    "card": {"threads": "...", "buffers": "...", "placement": "...",
 *                             "idiom_from": "...", "differs": "..."},
 *                    "mistakes": [{"workload": "mutex", "variant": "async",
 *                                  "looks_like": "...", "report": "https://..." or null}],
 *                    "knobs": [{"name": "poll_interval", "value": "61", "meaning": "..."}]}],
 *          "absent": [{"runtime": "null", "workload": "mutex",
 *                      "variant": "set-aside", "reason": "..."}]}
 *       A row that cannot run here is "available": false, with the reason in a sentence and, where
 *       there is one, the remedy. Every workload x variant that is not in "absent" is a cell.
 *
 *   asyncbench-NAME sample --runtime ROW --workload W --variant V --set k=v ... --seed S --out-fd N
 *                          [--load-cpus LIST]
 *       runs one sample of one cell and writes JSON lines, each a whole line of at most
 *       PROTOCOL_LINE_BYTES, on descriptor N. Every line has a "record":
 *
 *         {"record":"expect","outcome":"completed"}            first, from the parameters:
 *                                        completed | deadlock | stalled | either
 *         {"record":"phase","phase":"ready","at_ns":123}       ready warm-up window drain done,
 *                                        in this order; at_ns is CLOCK_MONOTONIC and never goes back.
 *                                        A sample without a timed window goes from ready to drain
 *         {"record":"metric","name":"acquire_ns","unit":"ns","value":12.25}
 *         {"record":"histogram","name":"acquire_wait_ns","significant_digits":2,"count":3,"min":1,
 *          "max":9,"sum":15,"overflow":0,"buckets":[[index,count],...]}    indexes as in hist.h
 *         {"record":"count","name":"operations","value":123}     exact; equal work is compared on it.
 *                                        `operations`: all that finished, outside the window too
 *         {"record":"check","name":"counter = sum of counts","ok":true,"detail":"5 = 5"}
 *         {"record":"knob","name":"backend","value":"epoll"}
 *         {"record":"skip","reason":"...","remedy":"..."}          then exit 77
 *         {"record":"outcome","outcome":"completed"}           last: completed | deadlock | stalled;
 *                                        the latter two with "evidence": one sentence that names
 *                                        threads, waits, lock or pool, holders and waiters
 *
 *       --load-cpus are the processors of a load generator that the sample starts, where they are not those of
 *       the server's workers or what these leave over.
 *
 *       A hung sample writes its outcome from its watchdog thread with one write(2) and leaves by
 *       _exit(0), because exit() would hang as well.
 *
 * What has a server also takes, for people and their clients:
 *
 *   asyncbench-NAME serve --listen ADDRESS:PORT [--runtime ROW] [--workers N] [--listeners own|shared]
 *                         [--buffer-bytes N]
 *       serves at that address (127.0.0.1:7 or [::1]:7; port 0 is any that is free) with the row's echo server, by
 *       default that of the first row and with one worker. When it listens it writes on standard output
 *         listening on 127.0.0.1:40123, row epoll, 1 worker
 *       and on SIGINT or SIGTERM ends all connections, writes a line `NAME VALUE` for each count of its server
 *       (accepted, closed, resets, bytes_in, ...) and exits 0. It raises the soft limit of descriptors to the hard
 *       one. Workers are placed on the first processors that the process may use: `taskset` chooses them.
 *
 * A metric is one of the workload's, in its unit. No metric, count, knob or histogram is named twice.
 *
 * Bad arguments are an unknown or missing word, a value out of range, a descriptor that is not open and a
 * cell that is absent: they get exit 64 and one line on standard error that names the word, nothing else.
 *
 * Exit status: one of enum protocol_exit. A signal or the driver's deadline is a status of its own.
 * Standard output and error of a sample are shown only when it fails. A sample that sends more than
 * PROTOCOL_SAMPLE_BYTES, a line that is no such object, records out of order, or no outcome at all
 * are `failed(protocol)`.
 *
 * By hand, also under gdb, without a deadline: `asyncbench-NAME sample ... --out-fd 1`.
 *
 * `contract_test --exe PATH` puts all of this to an executable.
 */

enum {
        PROTOCOL_VERSION = 1,
        PROTOCOL_LINE_BYTES = 512 * 1024,
        PROTOCOL_SAMPLE_BYTES = 1024 * 1024,
};

enum protocol_exit {
        PROTOCOL_MEASURED = 0,     /* see the outcome record */
        PROTOCOL_CHECK_FAILED = 1, /* a check record says which */
        PROTOCOL_USAGE = 64,       /* bad arguments, one line on standard error */
        PROTOCOL_SKIPPED = 77,     /* a skip record says why */
};

#endif
