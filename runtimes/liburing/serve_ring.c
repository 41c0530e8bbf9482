/* SPDX-License-Identifier: MIT */
/* The loop of both servers on a ring: requests out, completions in, until it is stopped and nothing is under way. */
#include "runtimes/liburing/serve_ring.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- requests ------------------------------------------------------------------------------------------ */

uint64_t serve_data(enum serve_request request, int fd)
{
        return (uint64_t)fd << 8 | request;
}

void serve_name(struct io_uring_sqe *sqe, enum serve_request request, int fd)
{
        io_uring_sqe_set_data64(sqe, serve_data(request, fd));
}

/* A full submission queue is handed to the kernel first. */
static struct io_uring_sqe *place(struct serve_ring *r)
{
        struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);
        int taken = 0;

        if (!sqe) {
                taken = io_uring_submit(&r->ring);
                sqe = io_uring_get_sqe(&r->ring);
        }
        if (!sqe)
                run_fail(r->job->run, "the submission queue stays full: %s",
                         strerror(taken < 0 ? -taken : 0));
        return sqe;
}

struct io_uring_sqe *serve_request(struct serve_ring *r)
{
        r->requests++;
        return place(r);
}

/* What is too late to cancel has ended or is about to. */
void serve_cancel(struct serve_ring *r, enum serve_request request, int fd)
{
        struct io_uring_sqe *sqe = place(r);

        io_uring_prep_cancel64(sqe, serve_data(request, fd), 0);
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        serve_name(sqe, SERVE_QUIET, 0);
}

/* An accept takes a descriptor before it looks for a connection, so that it may have failed with nobody there. */
static bool somebody_asks(const struct serve_ring *r)
{
        struct pollfd listener = { .fd = r->listener, .events = POLLIN };

        return poll(&listener, 1, 0) > 0;
}

void serve_pause(struct serve_ring *r)
{
        struct io_uring_sqe *sqe = serve_request(r);

        r->counts[SERVE_ACCEPT_FAILURES] += somebody_asks(r);
        io_uring_prep_timeout(sqe, &r->pause, 0, 0);
        serve_name(sqe, SERVE_RESUME, 0);
}

static void watch_stop(struct serve_ring *r)
{
        struct io_uring_sqe *sqe = serve_request(r);

        io_uring_prep_poll_add(sqe, r->job->stop_fd, POLLIN);
        serve_name(sqe, SERVE_STOP, 0);
}

void *serve_grow(const struct serve_ring *r, void *table, size_t *count, size_t bytes, size_t index)
{
        size_t more = index < 32 ? 64 : 2 * (index + 1);
        char *grown = realloc(table, more * bytes);

        if (!grown)
                run_fail(r->job->run, "no memory for %zu connections", more);
        memset(grown + *count * bytes, 0, (more - *count) * bytes);
        *count = more;
        return grown;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void stop(struct serve_ring *r)
{
        r->stopped = true;
        serve_cancel(r, SERVE_LISTEN, r->listener);
        serve_cancel(r, SERVE_RESUME, 0);
        r->style->stop(r);
}

static void completion(struct serve_ring *r, const struct io_uring_cqe *cqe)
{
        uint64_t data = io_uring_cqe_get_data64(cqe);
        enum serve_request request = (enum serve_request)(data & 0xff);

        if (request == SERVE_QUIET)
                return;
        if (!(cqe->flags & IORING_CQE_F_MORE))
                r->requests--;
        if (request == SERVE_STOP)
                stop(r);
        else if (request != SERVE_RESUME)
                r->style->event(r, request, (int)(data >> 8), cqe);
        else if (!r->stopped)
                r->style->listen(r);
}

static void completions(struct serve_ring *r)
{
        struct io_uring_cqe *cqe;
        unsigned head, count = 0;

        io_uring_for_each_cqe(&r->ring, head, cqe)
        {
                completion(r, cqe);
                count++;
        }
        io_uring_cq_advance(&r->ring, count);
}

/* With DEFER_TASKRUN completions appear only when the kernel is entered to get events, which both calls do. What did
 * not fit the queue the kernel keeps, and a ring that is only read never shows it: it is asked for. */
static void turn(struct serve_ring *r, bool more)
{
        int taken = more ? io_uring_submit_and_get_events(&r->ring) : io_uring_submit_and_wait(&r->ring, 1);

        if (taken < 0 && taken != -EINTR && taken != -EBUSY && taken != -EAGAIN)
                run_fail(r->job->run, "io_uring_enter: %s", strerror(-taken));
        completions(r);
        if (io_uring_cq_has_overflow(&r->ring)) {
                r->counts[SERVE_OVERFLOWS]++;
                io_uring_get_events(&r->ring);
                completions(r);
        }
        serve_flush(r->job, r->worker, r->counts);
}

void serve_ring_run(struct serve_ring *r)
{
        bool more = false;

        watch_stop(r);
        r->style->listen(r);
        while (r->requests > 0) {
                turn(r, more);
                more = r->style->after && r->style->after(r);
        }
}

/* ---- open and close ------------------------------------------------------------------------------------ */

/* The ring's own descriptor is registered, which spares each call its look-up. Where that is refused all works
 * without. */
int serve_ring_open(struct serve_ring *r)
{
        unsigned completions_max = r->job->completion_entries ? r->job->completion_entries : RING_COMPLETIONS;
        unsigned entries = completions_max < RING_ENTRIES ? completions_max : RING_ENTRIES;
        int error = ring_open(&r->ring, entries, completions_max);

        if (error)
                return error;
        io_uring_register_ring_fd(&r->ring);
        r->pause.tv_nsec = SERVE_ACCEPT_PAUSE_NS;
        r->listener = r->job->listeners[r->worker];
        return 0;
}

void serve_ring_close(struct serve_ring *r)
{
        io_uring_queue_exit(&r->ring);
        close(r->listener);
        serve_flush(r->job, r->worker, r->counts);
}
