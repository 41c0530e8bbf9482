/* SPDX-License-Identifier: MIT */
/* asyncbench-load: what is asked of the load generator, and what came of it. */
#ifndef AB_LOAD_H
#define AB_LOAD_H

#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/hist.h"

/*
 * Messages go over `connections` TCP connections to an echo server; each reply is compared byte for byte.
 *
 * Closed loop (rate_per_s = 0): `depth` messages are under way on every connection, and each reply is followed by the
 * next message: what the server can do at most. A reply belongs to the window in which it arrives.
 *
 * Open loop: arrivals are planned ahead from the seed, Poisson or evenly spaced, without a look at the server. A
 * message is sent at its planned time, or as soon after as a connection has less than `depth` under way; none is
 * dropped. It belongs to the window in which it was planned, whenever its reply comes. Its response time counts from
 * the planned time, its service time from when it was sent; lateness is between the two. (Closed and open loops
 * answer different questions: Schroeder, Wierman and Harchol-Balter, NSDI 2006. What a closed loop leaves out when
 * the server stops is coordinated omission: Gil Tene, "How NOT to measure latency".)
 *
 * An error ends its connection alone; one to connect, or a stall, ends the run. What has no reply by then is never
 * a reply in a rate, and enters the times with what it has waited. A run with one error is no result.
 */
struct load_options {
        struct sockaddr_storage target;
        socklen_t target_bytes;
        unsigned connections, depth, threads;
        unsigned active; /* so many of each thread's connections send, the others are idle; 0: all do */
        unsigned
                steps; /* connections are made in so many equal steps; after each the reader of the records is waited for */
        size_t message_bytes;
        uint64_t rate_per_s; /* 0: closed loop */
        bool fixed;          /* arrivals evenly spaced */
        bool spin;           /* wait for arrivals on the processor: for one that nobody else needs */
        bool reset;          /* end connections by a reset, which leaves no TIME_WAIT */
        uint64_t hold_ns;    /* clients come and go: each asks once and stays so long after it; see churn.h */
        bool churn;
        uint64_t warmup_ns, window_ns, stall_ns, seed;
        bool pinned;
        cpu_set_t cpus; /* of the threads, when pinned */
        int out_fd;     /* records go there; -1: a summary for people goes to standard output */
        int go_fd;      /* with steps: a byte is read from it before the next one; -1: nobody has to say so */
};

/* Read the command line. False after one line on standard error that names the wrong word. */
bool load_options_read(struct load_options *o, int argc, char **argv);

/* Why connections ended otherwise than they should, and what came back wrong. */
enum load_error {
        LOAD_REFUSED,   /* connect: nobody listens there */
        LOAD_TIMED_OUT, /* connect: no answer in time */
        LOAD_NO_PORT,   /* connect: no local port was free */
        LOAD_NO_DESCRIPTOR,
        LOAD_RESET,   /* a read or write, or a connect: the peer broke it off */
        LOAD_CLOSED,  /* the peer closed while replies were owed */
        LOAD_WRONG,   /* a reply, or a byte too many, that is not what was sent */
        LOAD_STALLED, /* no reply of any connection for stall_ns */
        LOAD_OTHER,   /* whatever else a call said */
        LOAD_ERRORS
};

/* What one thread or all of them saw. */
struct load_result {
        uint64_t errors[LOAD_ERRORS];
        char detail[256]; /* of the first error */

        uint64_t connected;
        uint64_t requests, replies;          /* all of the run; equal when nothing is lost */
        uint64_t bytes_sent, bytes_received; /* of these, verified */
        uint64_t short_writes, short_reads;  /* transfers that cut a message */
        uint64_t incomplete;                 /* messages without a reply at the end of the drain */
        uint64_t unsent;                     /* open loop: planned, due by the end, and never sent */
        uint64_t closed;                     /* connections that the server closed after our last byte */
        uint64_t syn_retried;                /* connections whose first packet had to be sent again */
        uint64_t pinged;                     /* connections that answered one more message at the end */
        uint64_t connecting_ns;              /* time spent in connecting, of the thread that took longest */

        uint64_t window_replies;  /* that arrived in the window */
        uint64_t planned;         /* open loop: messages planned in the window and due by the end */
        uint64_t in_flight_ns;    /* integral of messages under way over the window */
        uint64_t answered_ns;     /* what of the window each message with a reply was under way, added up */
        uint64_t cpu_ns;          /* of the busiest thread in the window */
        uint64_t starved;         /* connections with a message that took a second or more */
        uint64_t slowest_replies; /* of the connection with the fewest in the window */
        double replies_squared;   /* sum over connections, for Jain's index */

        struct hist connect, service, response, lateness;
};

/* Make R empty, or add FROM to it. 0 or -ENOMEM. */
int load_result_init(struct load_result *r);
void load_result_add(struct load_result *r, const struct load_result *from);
void load_result_free(struct load_result *r);

/* The number of errors of all kinds. */
uint64_t load_result_errors(const struct load_result *r);

/* Every message had its reply, each right, and nothing else went wrong. */
bool load_result_is_whole(const struct load_result *r);

/* Marks: what there is to doubt although nothing went wrong. */
enum load_mark {
        LOAD_DELAYED_ACK,  /* half of the replies took as long as an acknowledgement is delayed */
        LOAD_LOST_TIME,    /* closed loop: for a twentieth of the time messages lay in this client */
        LOAD_CLIENT_BOUND, /* four fifths of a processor went into this client, without --spin */
        LOAD_MARKS
};
bool load_result_is(const struct load_options *o, const struct load_result *r, enum load_mark mark);

/* Keep the words for the first error, and count it. */
void load_result_error(struct load_result *r, enum load_error which, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Write the records of R, or a summary for people. */
void load_report(const struct load_options *o, const struct load_result *r);

/* Tell the reader of the records which phase begins: "warm-up", "window", "drain". */
void load_report_phase(const struct load_options *o, const char *phase);

/* Tell it that so many connections stand, and wait until it says that the next may be made. */
void load_report_step(const struct load_options *o, unsigned connections);

/* What all threads agree on. */
struct load_times {
        uint64_t start_ns, window_ns, end_ns; /* warm-up begins, window begins, window ends */
};

/*
 * One thread's part of the load: its connections and its share of the arrivals. Made, connected and run on its own
 * thread; the result is read after that.
 */
struct engine;

/* INDEX counts from 0 to options->threads - 1. NULL without memory. */
struct engine *engine_new(const struct load_options *o, unsigned index);
void engine_free(struct engine *e);

/* Connect the part of its connections that STEP of options->steps asks for, a limited number at a time. STEP counts
 * from 1. False when one failed; the result has the errors. */
bool engine_connect(struct engine *e, unsigned step);

/* Send and receive until the window is over and every reply is there or has been waited for, then close. */
void engine_run(struct engine *e, const struct load_times *times);

struct load_result *engine_result(struct engine *e);

#endif
