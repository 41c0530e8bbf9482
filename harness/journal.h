/* SPDX-License-Identifier: MIT */
/* The journal: the append-only record of a run, one checksummed JSON line each, and its reader. */
#ifndef AB_JOURNAL_H
#define AB_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A run's record is three files: environment.json and schedule.csv, both written before the first
 * sample starts, and journal.jsonl. Everything else in the folder is derived from them.
 *
 * Each line of the journal is one JSON object whose last member is "crc": the CRC-32C (Castagnoli,
 * RFC 3720) of the line up to and without `,"crc":"xxxxxxxx"}`, as eight hex digits. A line is written
 * with one write(2) in O_APPEND mode and synced. Its "record" says what it is:
 *
 *   {"record":"run","schema":1,"run":"20261125T031500-7","profile":"quick","rounds":13,"seed":"7",
 *    "planned":412,"reference":"epoll","started_utc":"...","environment_crc":"..","schedule_crc":".."}
 *        first line; the crcs are of the two other files
 *
 *   {"record":"sample","order":17,"attempt":1,"round":2,"group":3,"workload":"mutex",
 *    "variant":"async","runtime":"epoll-aa","params":"burst=64;tasks=1;workers=1",
 *    "status":"ok","reason":"","remedy":"","expected":"completed","outcome":"completed",
 *    "as_expected":true,"evidence":"","wall_ns":71234567,"cpu_ns":61234567,
 *    "metrics":[["acquire_ns","ns",12.25],...],"counts":[["operations",123],...],
 *    "checks":[["name",true,"5 = 5"],...],"knobs":[["backend","epoll"],...],
 *    "histograms":[{as in protocol.h}],"diagnosis":"..."}
 *        one a planned sample that ended. Round 0 is the one that counts system calls: no time of it is
 *        one. status is the word alone (ok invalid failed deadlock stalled
 *        timeout oom skipped not_run); reason holds what stands in its brackets and why:
 *        "check: counter = sum of counts: 5 = 4", "window", "steal 0.8 %". as_expected: does it
 *        leave the run's exit status at 0
 *
 *   {"record":"group","round":2,"group":3,"attempt":1,"result":"ok","reason":"","wall_ns":...,
 *    "steal":0.001,"foreign_cpu":0.002,"throttled_ns":0}
 *        after the last sample of a group's part of a round. result: ok | again | invalid. Of the
 *        attempts of one round and group only the last counts; the samples of the others, and those of
 *        an attempt that has no group line but a later attempt, are superseded
 *
 *   {"record":"resume","started_utc":"..."}   what follows was run by a later call
 *   {"record":"end","result":"complete"|"interrupted"|"budget","exit":0,"environment_changed":""}
 *        A planned sample without a line is not_run; its reason is the last end's result, `interrupted`
 *        when there is none or the run was resumed after it
 */

struct journal;

/* Create PATH, which must not exist, or (APPEND) open it at its end. NULL with errno. */
struct journal *journal_create(const char *path, bool append);

/* Write RECORD, a JSON object without "crc", as one line and sync it; takes the reference.
 * 0, or -errno: nothing further may be written then. */
int journal_append(struct journal *j, json_t *record);

void journal_close(struct journal *j);

/* Call EACH for the lines of PATH in order; it borrows the object. Returns 0, or -1 with one line in
 * ERROR that names the line number and what is wrong. A last line that is torn (no newline, or a bad
 * checksum) is dropped and *torn set to its byte offset; -1 when there was none. EACH stops the reading
 * by returning non-zero, which is returned. */
int journal_read(const char *path, int (*each)(void *arg, const json_t *record), void *arg, long *torn,
                 char *error, size_t error_bytes);

/* CRC-32C of DATA, continuing from CRC (0 at the start). */
unsigned crc32c(unsigned crc, const void *data, size_t bytes);

#endif
