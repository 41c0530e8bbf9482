/* SPDX-License-Identifier: MIT */
/* The server of row `liburing`: a receive per connection that goes on by itself into buffers of the ring, and a send
 * straight from each. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/liburing/serve_ring.h"

/* A turn sends all that it received, so that few buffers are out at a time: more would only be colder. */
enum { BUFFERS = 256, BUFFERS_MIN = 16, BUFFERS_BYTES = 16 << 20, BUFFER_GROUP = 0 };

/* Between two buffers, or the first bytes of all would share the same few sets of the cache. */
enum { BUFFER_SHIFT_BYTES = 64 };

/* Something received that is not sent yet: in a buffer of the ring, or kept in memory of its own. */
struct serve_part {
        struct serve_part *next;
        char *data;
        size_t bytes, sent;
        bool kept;
};

struct serve_conn {
        bool open, receiving, sending;
        bool over;        /* nothing more is to be received */
        bool failed;      /* nor anything sent */
        bool cancelled;   /* the receive that is under way */
        bool ended;       /* by the kernel: the receive that was */
        int next_waiting; /* behind it in the queue for buffers; -1 = none */
        struct serve_part *first, *last;
};

struct serve_loop {
        struct serve_ring base;   /* first */
        struct serve_conn *conns; /* by descriptor, which is closed only when its requests have ended */
        size_t conn_count;
        struct io_uring_buf_ring *buffer_ring;
        unsigned ring_entries, buffer_count, buffers_out;
        char *memory;
        size_t memory_bytes;
        struct serve_part *parts; /* by buffer */
        int waiting_first, waiting_last;
};

static struct serve_loop *loop_of(struct serve_ring *r)
{
        return (struct serve_loop *)r;
}

/* ---- buffers ------------------------------------------------------------------------------------------- */

/* The kernel has the buffer again. */
static void buffer_return(struct serve_loop *l, struct serve_part *part)
{
        io_uring_buf_ring_add(l->buffer_ring, part->data, (unsigned)l->base.job->buffer_bytes,
                              (unsigned short)(part - l->parts), io_uring_buf_ring_mask(l->ring_entries), 0);
        io_uring_buf_ring_advance(l->buffer_ring, 1);
        l->buffers_out--;
}

static void part_free(struct serve_loop *l, struct serve_part *part)
{
        if (part->kept)
                free(part);
        else
                buffer_return(l, part);
}

/* What waits for its peer leaves the ring's buffers to the others. */
static struct serve_part *part_keep(struct serve_loop *l, struct serve_part *part)
{
        size_t bytes = part->bytes - part->sent;
        struct serve_part *kept = malloc(sizeof(*kept) + bytes);

        if (!kept)
                run_fail(l->base.job->run, "no memory for %zu bytes of a connection", bytes);
        *kept = (struct serve_part){
                .next = part->next, .data = (char *)(kept + 1), .bytes = bytes, .kept = true
        };
        memcpy(kept->data, part->data + part->sent, bytes);
        buffer_return(l, part);
        return kept;
}

static unsigned buffers_of(const struct serve_job *job)
{
        size_t fit = BUFFERS_BYTES / job->buffer_bytes;

        if (job->receive_buffers)
                return job->receive_buffers;
        return fit >= BUFFERS ? BUFFERS : fit > BUFFERS_MIN ? (unsigned)fit : BUFFERS_MIN;
}

/* One mapping: the ring that names the buffers, which has to start a page, then the buffers. */
static int buffers_open(struct serve_loop *l)
{
        size_t stride = l->base.job->buffer_bytes + BUFFER_SHIFT_BYTES, names;
        struct io_uring_buf_reg registration = { .bgid = BUFFER_GROUP };

        l->buffer_count = buffers_of(l->base.job);
        for (l->ring_entries = 1; l->ring_entries < l->buffer_count; l->ring_entries *= 2)
                continue;
        names = l->ring_entries * sizeof(struct io_uring_buf);
        l->memory_bytes = names + l->buffer_count * stride;
        l->memory = mmap(NULL, l->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        l->parts = calloc(l->buffer_count, sizeof(*l->parts));
        if (l->memory == MAP_FAILED || !l->parts)
                run_fail(l->base.job->run, "no memory for %u buffers", l->buffer_count);
        l->buffer_ring = (struct io_uring_buf_ring *)l->memory;
        io_uring_buf_ring_init(l->buffer_ring);
        registration.ring_addr = (uintptr_t)l->buffer_ring;
        registration.ring_entries = l->ring_entries;
        for (unsigned i = 0; i < l->buffer_count; i++) {
                l->parts[i].data = l->memory + names + i * stride;
                l->buffers_out++;
                buffer_return(l, &l->parts[i]);
        }
        return io_uring_register_buf_ring(&l->base.ring, &registration, 0);
}

static void buffers_close(struct serve_loop *l)
{
        io_uring_unregister_buf_ring(&l->base.ring, BUFFER_GROUP);
        munmap(l->memory, l->memory_bytes);
        free(l->parts);
}

/* ---- a connection's queue ------------------------------------------------------------------------------ */

/* Behind what is kept no buffer waits either. */
static void queue_add(struct serve_loop *l, struct serve_conn *conn, struct serve_part *part)
{
        part->next = NULL;
        if (conn->first && conn->first->kept)
                part = part_keep(l, part);
        if (conn->first)
                conn->last->next = part;
        else
                conn->first = part;
        conn->last = part;
}

static void queue_pop(struct serve_loop *l, struct serve_conn *conn)
{
        struct serve_part *part = conn->first;

        conn->first = part->next;
        part_free(l, part);
}

/* The peer does not take what it gets: nothing more is read from it, and what there is needs no buffer. */
static void queue_keep(struct serve_loop *l, struct serve_conn *conn)
{
        for (struct serve_part **at = &conn->first; *at; at = &(*at)->next) {
                if (!(*at)->kept)
                        *at = part_keep(l, *at);
                conn->last = *at;
        }
}

/* ---- what a connection does next ----------------------------------------------------------------------- */

static void serve_receive(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = &l->conns[fd];
        struct io_uring_sqe *sqe = serve_request(&l->base);

        io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
        sqe->buf_group = BUFFER_GROUP;
        serve_name(sqe, SERVE_RECEIVE, fd);
        l->base.counts[SERVE_REARMS] += conn->ended;
        conn->receiving = true;
        conn->cancelled = conn->ended = false;
}

/* From a buffer at most what the socket takes now; of what is kept, all, however long its peer needs. */
static void serve_write(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = &l->conns[fd];
        struct serve_part *part = conn->first;
        struct io_uring_sqe *sqe = serve_request(&l->base);

        io_uring_prep_send(sqe, fd, part->data + part->sent, part->bytes - part->sent,
                           MSG_NOSIGNAL | (part->kept ? MSG_WAITALL : MSG_DONTWAIT));
        serve_name(sqe, SERVE_SEND, fd);
        conn->sending = true;
}

static void serve_close(struct serve_loop *l, int fd)
{
        l->conns[fd] = (struct serve_conn){ 0 };
        close(fd);
        l->base.counts[SERVE_CLOSED]++;
}

/* A receive is armed behind those that wait already: there may be no buffer now. */
static void serve_wait(struct serve_loop *l, int fd)
{
        l->conns[fd].next_waiting = -1;
        if (l->waiting_first < 0)
                l->waiting_first = fd;
        else
                l->conns[l->waiting_last].next_waiting = fd;
        l->waiting_last = fd;
}

/* Nothing more is to be received for now. */
static void serve_leave(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = &l->conns[fd];

        if (conn->receiving && !conn->cancelled)
                serve_cancel(&l->base, SERVE_RECEIVE, fd);
        conn->cancelled = conn->receiving;
}

/* close(2) alone would leave an armed receive its socket, and the socket open: it is cancelled first, and the
 * connection is closed when its last completion has come. */
static void serve_finish(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = &l->conns[fd];

        serve_leave(l, fd);
        if (!conn->receiving && !conn->sending)
                serve_close(l, fd);
}

/* After each of its completions: one send at a time, in the order in which it came. */
static void serve_go_on(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = &l->conns[fd];

        while (conn->failed && conn->first && !conn->sending)
                queue_pop(l, conn);
        if (conn->first && !conn->sending)
                serve_write(l, fd);
        if (conn->over && (conn->failed || !conn->first))
                serve_finish(l, fd);
        else if (!conn->over && !conn->first && !conn->receiving)
                serve_wait(l, fd);
}

static void serve_reset(struct serve_loop *l, struct serve_conn *conn)
{
        if (!conn->failed)
                l->base.counts[SERVE_RESETS]++;
        conn->failed = conn->over = true;
}

/* ---- completions --------------------------------------------------------------------------------------- */

static void serve_read(struct serve_loop *l, int fd, const struct io_uring_cqe *cqe)
{
        struct serve_conn *conn = &l->conns[fd];
        int n = cqe->res;

        conn->receiving = cqe->flags & IORING_CQE_F_MORE;
        if (cqe->flags & IORING_CQE_F_BUFFER) {
                struct serve_part *part = &l->parts[cqe->flags >> IORING_CQE_BUFFER_SHIFT];

                l->buffers_out++;
                part->bytes = n > 0 ? (size_t)n : 0;
                part->sent = 0;
                queue_add(l, conn, part);
        }
        if (n > 0)
                l->base.counts[SERVE_BYTES_IN] += (uint64_t)n;
        if (n == 0)
                conn->over = true;
        else if (n < 0 && n != -ENOBUFS && n != -ECANCELED)
                serve_reset(l, conn);
        conn->ended = !conn->receiving && !conn->cancelled;
        serve_go_on(l, fd);
}

static void serve_sent(struct serve_loop *l, int fd, int n)
{
        struct serve_conn *conn = &l->conns[fd];
        struct serve_part *part = conn->first;

        conn->sending = false;
        if (n < 0 && n != -EAGAIN && n != -ECANCELED) {
                serve_reset(l, conn);
        } else {
                l->base.counts[SERVE_BYTES_OUT] += n > 0 ? (uint64_t)n : 0;
                part->sent += n > 0 ? (size_t)n : 0;
                if (part->sent == part->bytes) {
                        queue_pop(l, conn);
                } else if (!part->kept) {
                        l->base.counts[SERVE_SHORT_WRITES]++;
                        queue_keep(l, conn);
                        serve_leave(l, fd);
                }
        }
        serve_go_on(l, fd);
}

static void serve_listen(struct serve_ring *r)
{
        struct io_uring_sqe *sqe = serve_request(r);

        io_uring_prep_multishot_accept(sqe, r->listener, NULL, NULL, SOCK_CLOEXEC);
        serve_name(sqe, SERVE_LISTEN, r->listener);
}

static void serve_opened(struct serve_loop *l, int fd)
{
        l->base.counts[SERVE_ACCEPTED]++;
        if ((size_t)fd >= l->conn_count)
                l->conns = serve_grow(&l->base, l->conns, &l->conn_count, sizeof(*l->conns), (size_t)fd);
        l->conns[fd].open = true;
        if (l->base.stopped)
                serve_close(l, fd);
        else
                serve_wait(l, fd);
}

static void serve_accept(struct serve_loop *l, const struct io_uring_cqe *cqe)
{
        int error = cqe->res < 0 ? -cqe->res : 0;

        if (!error)
                serve_opened(l, cqe->res);
        else if (error != ECANCELED && error != EAGAIN && !serve_is_exhausted(error) &&
                 !serve_is_passing(error))
                run_fail(l->base.job->run, "accept: %s", strerror(error));
        if (l->base.stopped || (cqe->flags & IORING_CQE_F_MORE))
                return;
        if (serve_is_exhausted(error))
                serve_pause(&l->base);
        else
                serve_listen(&l->base);
}

static void serve_event(struct serve_ring *r, enum serve_request request, int fd,
                        const struct io_uring_cqe *cqe)
{
        if (request == SERVE_LISTEN)
                serve_accept(loop_of(r), cqe);
        else if (request == SERVE_SEND)
                serve_sent(loop_of(r), fd, cqe->res);
        else
                serve_read(loop_of(r), fd, cqe);
}

/* As many receives as there are buffers; without one, each would end at once. Those that are out come back with the
 * sends of this turn. */
static bool serve_arm(struct serve_ring *r)
{
        struct serve_loop *l = loop_of(r);

        for (unsigned n = l->buffer_count - l->buffers_out; n > 0 && l->waiting_first >= 0; n--) {
                int fd = l->waiting_first;

                l->waiting_first = l->conns[fd].next_waiting;
                serve_receive(l, fd);
        }
        return l->waiting_first >= 0;
}

static void serve_stop(struct serve_ring *r)
{
        struct serve_loop *l = loop_of(r);

        l->waiting_first = -1;
        for (size_t fd = 0; fd < l->conn_count; fd++) {
                struct serve_conn *conn = &l->conns[fd];

                if (!conn->open)
                        continue;
                conn->failed = conn->over = true;
                if (conn->sending)
                        serve_cancel(r, SERVE_SEND, (int)fd);
                serve_go_on(l, (int)fd);
        }
}

/* On a non-blocking listener the accept would end with EAGAIN in place of waiting. */
static void wait_in_accept(const struct serve_ring *r)
{
        if (fcntl(r->listener, F_SETFL, fcntl(r->listener, F_GETFL) & ~O_NONBLOCK))
                run_fail(r->job->run, "O_NONBLOCK of the listener: %s", strerror(errno));
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        static const struct serve_style style = {
                .listen = serve_listen, .event = serve_event, .after = serve_arm, .stop = serve_stop
        };
        struct serve_loop l = { .base = { .job = job, .worker = worker, .style = &style },
                                .waiting_first = -1 };
        int error = serve_ring_open(&l.base);

        if (error)
                return error;
        wait_in_accept(&l.base);
        error = buffers_open(&l);
        if (!error)
                serve_ring_run(&l.base);
        buffers_close(&l);
        serve_ring_close(&l.base);
        free(l.conns);
        return error;
}

static int liburing_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server liburing_server = { .serve = liburing_serve };
