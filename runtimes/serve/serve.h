/* SPDX-License-Identifier: MIT */
/* The role `serve`: a TCP echo server, whole, in a runtime's own idiom, from its listening sockets to the last close. */
#ifndef AB_SERVE_H
#define AB_SERVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/run.h"

/*
 * What every server here does, so that all do equal work:
 *
 * - It accepts from the listeners that it is given, reads what comes (at most buffer_bytes at a time) and writes the
 *   same bytes back in the same order, until the peer has sent its last; then it closes the connection.
 * - A write that the socket takes only in part is continued when it is writable again. Until then nothing more is
 *   read from that connection: memory stays bounded by one buffer a connection.
 * - A read or write that fails with a reset or a broken pipe ends that connection alone (SERVE_RESETS).
 * - When a descriptor (or thread, or memory) for one more connection cannot be had, that is counted
 *   (SERVE_ACCEPT_FAILURES) and the listener rests for SERVE_ACCEPT_PAUSE_NS: it stays readable all the while, and a
 *   loop that only goes on spins. Connections that are open are served meanwhile.
 * - When stop_fd becomes readable it closes its listeners and every connection, releases what it made and returns.
 *
 * The listeners are non-blocking, and what is accepted from them has TCP_NODELAY by inheritance: no server sets socket
 * options of its own beyond what its library does by itself.
 */
enum { SERVE_ACCEPT_PAUSE_NS = 50000000 };

/* What is counted per worker, exactly. */
enum serve_count {
        SERVE_ACCEPTED,
        SERVE_CLOSED,       /* of those: again closed by this server, for whatever reason */
        SERVE_RESETS,       /* connections that ended by an error of a read or write */
        SERVE_BYTES_IN,     /* received */
        SERVE_BYTES_OUT,    /* taken by the sockets */
        SERVE_SHORT_WRITES, /* writes that were not taken whole at once */
        SERVE_ACCEPT_FAILURES, /* connections that could not be taken for want of a descriptor, thread or memory */
        SERVE_REARMS,          /* completion rings: receives started again after the kernel had ended them */
        SERVE_OVERFLOWS, /* completion rings: times that completions did not fit the queue and were fetched */
        SERVE_COUNTS
};

/* One worker's counts, alone in their cache lines. */
struct serve_counts {
        _Alignas(RUN_CACHE_LINE_BYTES) _Atomic uint64_t of[SERVE_COUNTS];
};

struct serve_job {
        struct run *run;
        unsigned workers;
        const int *listeners; /* one per worker, each its worker's own to close */
        int stop_fd;          /* becomes readable once and stays so; nobody reads it. The caller's */
        size_t buffer_bytes;  /* of one read */
        unsigned completion_entries,
                receive_buffers;     /* sizes of completion rings; 0 = as the row's card says */
        struct serve_counts *counts; /* one per worker */
};

/* How a row serves. Returns 0 when it was stopped and everything is closed, -errno when it could not be set up.
 * Called once, on a thread of its own. FORM tells rows of one file apart. */
struct server {
        int (*serve)(const struct serve_job *job, int form);
        int form;
        bool thread_each; /* it makes a thread for each connection */
};

/* N more of WHICH at WORKER. Any thread; about 5 ns, so that what is busy adds up for itself first. */
static inline void serve_count(const struct serve_job *job, unsigned worker, enum serve_count which,
                               uint64_t n)
{
        atomic_fetch_add_explicit(&job->counts[worker].of[which], n, memory_order_relaxed);
}

/* Add what a loop counted for itself, and set it to 0: once per batch of events. */
void serve_flush(const struct serve_job *job, unsigned worker, uint64_t counts[SERVE_COUNTS]);

/* What all workers counted. Any thread. */
uint64_t serve_counted(const struct serve_job *job, enum serve_count which);

/* The name of WHICH in results: "accepted", ... */
const char *serve_count_name(enum serve_count which);

/* For a runtime whose server is one loop per worker: call LOOP for each worker on a thread that is pinned to its
 * processor (with one worker on the calling thread), and return when all have: 0, or the first error. */
int serve_workers(const struct serve_job *job, int (*loop)(const struct serve_job *job, unsigned worker));

/* Does ERROR (an errno) of an accept say that this process or machine has no room for one more connection? */
bool serve_is_exhausted(int error);

/* Does ERROR of an accept concern that connection alone, which is gone by now (accept(2), "Error handling")? */
bool serve_is_passing(int error);

/* ---- for servers in another language, which see the job as an opaque pointer ------------------------------- */

struct run *serve_run(const struct serve_job *job);
unsigned serve_worker_count(const struct serve_job *job);
int serve_listener(const struct serve_job *job, unsigned worker);
int serve_stop_fd(const struct serve_job *job);
size_t serve_buffer_bytes(const struct serve_job *job);

/* serve_count() as a function. */
void serve_add(const struct serve_job *job, unsigned worker, int which, uint64_t n);

#endif
