/* SPDX-License-Identifier: MIT */
/* The server of row `liburing-poll`: the ring says what is ready, plain calls do the rest. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/liburing/serve_ring.h"
#include "runtimes/serve/rest.h"

/* A poll that goes on by itself tells of each arrival, not of what is left: a socket is read until it is empty, but
 * no more often than keeps the others from waiting, and then its poll is started anew. */
enum { READS_PER_EVENT = 16, ACCEPTS_PER_EVENT = 16 };

/* POLLRDHUP tells an end of input that came together with data, of which no further event would tell. */
enum { READABLE = POLLIN | POLLRDHUP, ENDED = POLLRDHUP | POLLHUP | POLLERR };

/* What a connection needs beyond its descriptor: memory only while a write is left over. */
struct serve_conn {
        bool open, polled, closing;
        struct serve_rest *rest;
};

struct serve_loop {
        struct serve_ring base;   /* first */
        char *buffer;             /* of one read: it is written back at once */
        struct serve_conn *conns; /* by descriptor, which is closed only when its poll has ended */
        size_t conn_count;
};

static struct serve_loop *loop_of(struct serve_ring *r)
{
        return (struct serve_loop *)r;
}

/* ---- polls --------------------------------------------------------------------------------------------- */

static unsigned serve_wants(const struct serve_loop *l, int fd)
{
        return l->conns[fd].rest ? POLLOUT : READABLE;
}

static void serve_watch(struct serve_loop *l, int fd)
{
        struct io_uring_sqe *sqe = serve_request(&l->base);

        io_uring_prep_poll_multishot(sqe, fd, serve_wants(l, fd));
        serve_name(sqe, SERVE_POLL, fd);
        l->conns[fd].polled = true;
}

/* The poll looks again, for what the connection wants now. */
static void serve_rewatch(struct serve_loop *l, int fd)
{
        struct io_uring_sqe *sqe = serve_request(&l->base);

        io_uring_prep_poll_update(sqe, serve_data(SERVE_POLL, fd), 0, serve_wants(l, fd),
                                  IORING_POLL_UPDATE_EVENTS | IORING_POLL_ADD_MULTI);
        serve_name(sqe, SERVE_CHANGE, fd);
}

/* ---- closing ------------------------------------------------------------------------------------------- */

static void serve_closed(struct serve_loop *l, int fd)
{
        free(l->conns[fd].rest);
        l->conns[fd] = (struct serve_conn){ 0 };
        close(fd);
        l->base.counts[SERVE_CLOSED]++;
}

/* close(2) alone would leave the poll its socket, and the socket open. */
static void serve_close(struct serve_loop *l, int fd)
{
        l->conns[fd].closing = true;
        if (l->conns[fd].polled)
                serve_cancel(&l->base, SERVE_POLL, fd);
        else
                serve_closed(l, fd);
}

static void serve_reset(struct serve_loop *l, int fd)
{
        l->base.counts[SERVE_RESETS]++;
        serve_close(l, fd);
}

/* ---- accepting ----------------------------------------------------------------------------------------- */

/* Once, not multishot: when it is armed again it tells of the connections that are left. */
static void serve_listen(struct serve_ring *r)
{
        struct io_uring_sqe *sqe = serve_request(r);

        io_uring_prep_poll_add(sqe, r->listener, POLLIN);
        serve_name(sqe, SERVE_LISTEN, r->listener);
}

static void serve_opened(struct serve_loop *l, int fd)
{
        l->base.counts[SERVE_ACCEPTED]++;
        if ((size_t)fd >= l->conn_count)
                l->conns = serve_grow(&l->base, l->conns, &l->conn_count, sizeof(*l->conns), (size_t)fd);
        l->conns[fd].open = true;
        serve_watch(l, fd);
}

static void serve_accept(struct serve_loop *l)
{
        for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
                int fd = accept4(l->base.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (fd >= 0) {
                        serve_opened(l, fd);
                } else if (serve_is_exhausted(errno)) {
                        serve_pause(&l->base);
                        return;
                } else if (errno == EAGAIN) {
                        break;
                } else if (!serve_is_passing(errno)) {
                        run_fail(l->base.job->run, "accept: %s", strerror(errno));
                }
        }
        serve_listen(&l->base);
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

/* Send BYTES of DATA. How many the socket took, or -1 when the connection is gone. */
static ssize_t serve_send(struct serve_loop *l, int fd, const char *data, size_t bytes)
{
        ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                serve_reset(l, fd);
                return -1;
        }
        n = n < 0 ? 0 : n;
        l->base.counts[SERVE_BYTES_OUT] += (uint64_t)n;
        return n;
}

static void serve_keep(struct serve_loop *l, int fd, const char *data, size_t bytes)
{
        l->conns[fd].rest = serve_rest_new(l->base.job->run, data, bytes);
        l->base.counts[SERVE_SHORT_WRITES]++;
        serve_rewatch(l, fd);
}

static void serve_write(struct serve_loop *l, int fd)
{
        struct serve_rest *rest = l->conns[fd].rest;
        ssize_t n = serve_send(l, fd, rest->data + rest->sent, rest->bytes - rest->sent);

        if (n < 0)
                return;
        rest->sent += (size_t)n;
        if (rest->sent < rest->bytes)
                return;
        free(rest);
        l->conns[fd].rest = NULL;
        serve_rewatch(l, fd);
}

/* One read and its write. How much was read, or 0: there is nothing to go on with. */
static size_t serve_read(struct serve_loop *l, int fd)
{
        ssize_t n = recv(fd, l->buffer, l->base.job->buffer_bytes, 0), sent;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n < 0)
                serve_reset(l, fd);
        if (n == 0)
                serve_close(l, fd);
        if (n <= 0)
                return 0;
        l->base.counts[SERVE_BYTES_IN] += (uint64_t)n;
        sent = serve_send(l, fd, l->buffer, (size_t)n);
        if (sent >= 0 && sent < n)
                serve_keep(l, fd, l->buffer + sent, (size_t)(n - sent));
        return sent == n ? (size_t)n : 0;
}

/* A read that does not fill the buffer has emptied the socket, and the next arrival is told of: but for the end of
 * input, when that was there already. */
static void serve_read_all(struct serve_loop *l, int fd, bool ended)
{
        for (int i = 0; i < READS_PER_EVENT; i++) {
                size_t n = serve_read(l, fd);

                if (n == 0 || (n < l->base.job->buffer_bytes && !ended))
                        return;
        }
        serve_rewatch(l, fd);
}

/* ---- events -------------------------------------------------------------------------------------------- */

static void serve_ready(struct serve_loop *l, int fd, const struct io_uring_cqe *cqe)
{
        struct serve_conn *conn = &l->conns[fd];

        conn->polled = cqe->flags & IORING_CQE_F_MORE;
        if (conn->closing) {
                if (!conn->polled)
                        serve_closed(l, fd);
                return;
        }
        if (conn->rest)
                serve_write(l, fd);
        else
                serve_read_all(l, fd, cqe->res & ENDED);
        if (conn->open && !conn->closing && !conn->polled)
                serve_watch(l, fd);
}

/* A poll that has something to tell cannot be changed before it has; one that has ended starts anew by itself. */
static void serve_changed(struct serve_loop *l, int fd, int result)
{
        if (result == -EALREADY && l->conns[fd].open && !l->conns[fd].closing)
                serve_rewatch(l, fd);
        else if (result < 0 && result != -ENOENT && result != -EALREADY)
                run_fail(l->base.job->run, "update of a poll: %s", strerror(-result));
}

static void serve_event(struct serve_ring *r, enum serve_request request, int fd,
                        const struct io_uring_cqe *cqe)
{
        if (request == SERVE_POLL)
                serve_ready(loop_of(r), fd, cqe);
        else if (request == SERVE_CHANGE)
                serve_changed(loop_of(r), fd, cqe->res);
        else if (!r->stopped)
                serve_accept(loop_of(r));
}

static void serve_stop(struct serve_ring *r)
{
        struct serve_loop *l = loop_of(r);

        for (size_t fd = 0; fd < l->conn_count; fd++)
                if (l->conns[fd].open && !l->conns[fd].closing)
                        serve_close(l, (int)fd);
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        static const struct serve_style style = { .listen = serve_listen,
                                                  .event = serve_event,
                                                  .stop = serve_stop };
        struct serve_loop l = { .base = { .job = job, .worker = worker, .style = &style },
                                .buffer = malloc(job->buffer_bytes) };
        int error = serve_ring_open(&l.base);

        if (!l.buffer)
                run_fail(job->run, "no memory for a buffer");
        if (!error) {
                serve_ring_run(&l.base);
                serve_ring_close(&l.base);
        }
        free(l.conns);
        free(l.buffer);
        return error;
}

static int liburing_poll_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server liburing_poll_server = { .serve = liburing_poll_serve };
