/* SPDX-License-Identifier: MIT */
/* What both servers on a ring share: its loop, its listener's rests, and how a request is named. */
#ifndef AB_SERVE_RING_H
#define AB_SERVE_RING_H

#include "runtimes/liburing/ring.h"
#include "runtimes/serve/serve.h"

/* What a completion carries beside the descriptor: the kind of request that it belongs to. */
enum serve_request {
        SERVE_QUIET,   /* completes only when it failed, and then needs nothing */
        SERVE_STOP,    /* the poll of stop_fd */
        SERVE_RESUME,  /* the timeout of a listener that rests */
        SERVE_LISTEN,  /* at the listener */
        SERVE_RECEIVE, /* these at a connection */
        SERVE_SEND,
        SERVE_POLL,
        SERVE_CHANGE,
};

struct serve_ring;

/* The parts in which the two differ. */
struct serve_style {
        void (*listen)(struct serve_ring *r); /* arm the listener */
        void (*event)(struct serve_ring *r, enum serve_request request, int fd,
                      const struct io_uring_cqe *cqe);
        bool (*after)(struct serve_ring *r); /* the completions of a turn; is there more to do at once? */
        void (*stop)(struct serve_ring *r);  /* end every connection */
};

struct serve_ring {
        const struct serve_job *job;
        unsigned worker;
        const struct serve_style *style;
        struct io_uring ring;
        int listener;
        bool stopped;
        unsigned requests; /* whose last completion has not come: none of them outlives the loop */
        struct __kernel_timespec pause;
        uint64_t counts[SERVE_COUNTS];
};

/* On the worker's own thread, which is the ring's only issuer. 0 or -errno. */
int serve_ring_open(struct serve_ring *r);

/* Serve until stop_fd is readable and every request has completed. */
void serve_ring_run(struct serve_ring *r);

void serve_ring_close(struct serve_ring *r);

/* A place for a request whose completions go to style->event(). */
struct io_uring_sqe *serve_request(struct serve_ring *r);
void serve_name(struct io_uring_sqe *sqe, enum serve_request request, int fd);
uint64_t serve_data(enum serve_request request, int fd);

/* End REQUEST at FD early; its own completion says when it has ended. */
void serve_cancel(struct serve_ring *r, enum serve_request request, int fd);

/* The listener's request has ended for want of room: arm it again in a while. */
void serve_pause(struct serve_ring *r);

/* TABLE of *COUNT items of so many BYTES, with more of them so that INDEX is one. The new ones are zeroed. */
void *serve_grow(const struct serve_ring *r, void *table, size_t *count, size_t bytes, size_t index);

#endif
