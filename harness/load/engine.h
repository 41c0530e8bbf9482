/* SPDX-License-Identifier: MIT */
/* What connecting, sending and receiving share of one thread of the load generator. */
#ifndef AB_ENGINE_H
#define AB_ENGINE_H

#include "harness/load/arrivals.h"
#include "harness/load/load.h"
#include "harness/load/message.h"

/* When a message was due and when it went out. */
struct stamp {
        uint64_t planned_ns, sent_ns;
};

struct conn {
        int fd;
        uint32_t number; /* over all threads */
        bool open, connected, waits_to_write, starved, finished;
        uint64_t issued, answered;     /* messages */
        uint64_t sent_at, received_at; /* places in the stream, in bytes */
        uint64_t window_replies;
        uint64_t start_ns;    /* of its connect */
        struct stamp *stamps; /* depth of them, in turn */
};

struct engine {
        const struct load_options *options;
        const struct load_times *times;
        unsigned index;
        int epoll_fd;
        struct conn *conns;
        unsigned count, live;      /* all, and those that are open */
        unsigned ports_per_source; /* connections from one source address */
        struct stamp *stamps;
        char *out, *in; /* one buffer each: streams are made and compared as they go */

        uint64_t under_way, last_ns; /* messages, and since when so many */
        uint64_t last_reply_ns;
        bool broken; /* by a stall: nothing more is sent */

        struct arrivals arrivals; /* open loop */
        uint64_t next_ns;         /* the next arrival */
        unsigned *free;           /* connections with room for a message, longest waiting first */
        size_t free_first, free_count, free_room;

        struct load_result result;
};

/* The time on CLOCK_MONOTONIC. */
uint64_t engine_now_ns(void);

/* Wait for events of the connections: until DEADLINE_NS, or for ever when that is UINT64_MAX. The number of events. */
struct epoll_event;
int engine_wait_on(int epoll_fd, struct epoll_event *events, int room, uint64_t deadline_ns, bool spin);
int engine_wait(struct engine *e, struct epoll_event *events, int room, uint64_t deadline_ns);

/* Messages under way change by CHANGE at NOW_NS: keep their integral over the window. */
void engine_under_way(struct engine *e, uint64_t now_ns, int64_t change);

/* Take what has come on C, or see that it ended. */
void conn_receive(struct engine *e, struct conn *c);

/* Send as much of what was issued on C as its socket takes. */
void conn_flush(struct engine *e, struct conn *c);

/* Close C; what it still owes is no longer under way, and stays without a reply. */
void conn_close(struct engine *e, struct conn *c);

/* Count an error of C by ERROR, an errno of a read, write or connect, and close it. */
void conn_fail(struct engine *e, struct conn *c, const char *call, int error);

#endif
