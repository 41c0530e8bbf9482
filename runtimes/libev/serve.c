/* SPDX-License-Identifier: MIT */
/* The server of row `libev`: one ev_loop per worker, an ev_io per connection, and one buffer for all of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/libev/libev.h"
#include "runtimes/serve/rest.h"

/* As many accepts per event as keep a burst of connections from holding up those that are open. */
enum { ACCEPTS_PER_EVENT = 16 };

/* 72 bytes, of which 48 are libev's. */
struct serve_conn {
        ev_io io; /* first: its callback gets this */
        struct serve_rest *rest;
        LIST_ENTRY(serve_conn) link;
};

struct serve_loop {
        const struct serve_job *job;
        unsigned worker;
        struct ev_loop *loop; /* its user data is this struct */
        ev_io listener, stop;
        ev_timer pause;    /* active while the listener rests */
        ev_prepare counts; /* comes after each batch of events */
        char *buffer;      /* of one read: it is written back at once */
        LIST_HEAD(, serve_conn) conns;
        uint64_t counted[SERVE_COUNTS];
};

static void serve_close(struct serve_loop *l, struct serve_conn *conn)
{
        ev_io_stop(l->loop, &conn->io);
        close(conn->io.fd);
        LIST_REMOVE(conn, link);
        free(conn->rest);
        free(conn);
        l->counted[SERVE_CLOSED]++;
}

static void serve_reset(struct serve_loop *l, struct serve_conn *conn)
{
        l->counted[SERVE_RESETS]++;
        serve_close(l, conn);
}

/* Wait for EVENTS in place of those before. libev tells the kernel so when it polls next. */
static void serve_watch(struct serve_loop *l, struct serve_conn *conn, int events)
{
        ev_io_stop(l->loop, &conn->io);
        ev_io_modify(&conn->io, events);
        ev_io_start(l->loop, &conn->io);
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

static void serve_keep(struct serve_loop *l, struct serve_conn *conn, const char *data, size_t bytes)
{
        conn->rest = serve_rest_new(l->job->run, data, bytes);
        l->counted[SERVE_SHORT_WRITES]++;
        serve_watch(l, conn, EV_WRITE);
}

/* Send BYTES of DATA. How many the socket took, or -1 when the connection is gone. */
static ssize_t serve_send(struct serve_loop *l, struct serve_conn *conn, const char *data, size_t bytes)
{
        ssize_t n = send(conn->io.fd, data, bytes, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                serve_reset(l, conn);
                return -1;
        }
        n = n < 0 ? 0 : n;
        l->counted[SERVE_BYTES_OUT] += (uint64_t)n;
        return n;
}

static void serve_write(struct serve_loop *l, struct serve_conn *conn)
{
        struct serve_rest *rest = conn->rest;
        ssize_t n = serve_send(l, conn, rest->data + rest->sent, rest->bytes - rest->sent);

        if (n < 0)
                return;
        rest->sent += (size_t)n;
        if (rest->sent < rest->bytes)
                return;
        free(rest);
        conn->rest = NULL;
        serve_watch(l, conn, EV_READ);
}

/* One read per event: a peer that always has more to say does not keep the others waiting. */
static void serve_read(struct serve_loop *l, struct serve_conn *conn)
{
        ssize_t n = recv(conn->io.fd, l->buffer, l->job->buffer_bytes, 0), sent;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n < 0)
                serve_reset(l, conn);
        if (n == 0)
                serve_close(l, conn);
        if (n <= 0)
                return;
        l->counted[SERVE_BYTES_IN] += (uint64_t)n;
        sent = serve_send(l, conn, l->buffer, (size_t)n);
        if (sent >= 0 && sent < n)
                serve_keep(l, conn, l->buffer + sent, (size_t)(n - sent));
}

static void serve_event(struct ev_loop *loop, ev_io *io, int events)
{
        struct serve_loop *l = ev_userdata(loop);
        struct serve_conn *conn = (struct serve_conn *)io;

        if (events & EV_ERROR)
                run_fail(l->job->run, "libev has stopped watching descriptor %d", io->fd);
        if (conn->rest)
                serve_write(l, conn);
        else
                serve_read(l, conn);
}

/* ---- accepting ----------------------------------------------------------------------------------------- */

/* The connection that could not be taken stays in the queue, and the listener readable. */
static void serve_pause(struct serve_loop *l)
{
        l->counted[SERVE_ACCEPT_FAILURES]++;
        ev_io_stop(l->loop, &l->listener);
        ev_timer_set(&l->pause, SERVE_ACCEPT_PAUSE_NS * 1e-9, 0.);
        ev_timer_start(l->loop, &l->pause);
}

static void serve_resume(struct ev_loop *loop, ev_timer *pause, int events)
{
        struct serve_loop *l = ev_userdata(loop);

        (void)pause;
        (void)events;
        ev_io_start(loop, &l->listener);
}

/* False when there is no memory for one more. */
static bool serve_open(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = malloc(sizeof(*conn));

        if (!conn)
                return false;
        conn->rest = NULL;
        LIST_INSERT_HEAD(&l->conns, conn, link);
        ev_io_init(&conn->io, serve_event, fd, EV_READ);
        ev_io_start(l->loop, &conn->io);
        l->counted[SERVE_ACCEPTED]++;
        return true;
}

/* Take one connection. False when none waits, or there is no room for it. */
static bool serve_take(struct serve_loop *l)
{
        int fd = accept4(l->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0 && serve_open(l, fd))
                return true;
        if (fd >= 0)
                close(fd);
        if (fd >= 0 || serve_is_exhausted(errno))
                serve_pause(l);
        else if (errno != EAGAIN && !serve_is_passing(errno))
                run_fail(l->job->run, "accept: %s", strerror(errno));
        return false;
}

static void serve_accept(struct ev_loop *loop, ev_io *listener, int events)
{
        struct serve_loop *l = ev_userdata(loop);

        (void)listener;
        if (events & EV_ERROR)
                run_fail(l->job->run, "libev has stopped watching the listener");
        for (int i = 0; i < ACCEPTS_PER_EVENT && serve_take(l); i++)
                continue;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void serve_stop(struct ev_loop *loop, ev_io *stop, int events)
{
        (void)stop;
        (void)events;
        ev_break(loop, EVBREAK_ALL);
}

static void serve_batch(struct ev_loop *loop, ev_prepare *counts, int events)
{
        struct serve_loop *l = ev_userdata(loop);

        (void)counts;
        (void)events;
        serve_flush(l->job, l->worker, l->counted);
}

static void serve_start(struct serve_loop *l)
{
        ev_set_userdata(l->loop, l);
        ev_io_init(&l->listener, serve_accept, l->job->listeners[l->worker], EV_READ);
        ev_io_start(l->loop, &l->listener);
        ev_io_init(&l->stop, serve_stop, l->job->stop_fd, EV_READ);
        ev_io_start(l->loop, &l->stop);
        ev_init(&l->pause, serve_resume);
        ev_prepare_init(&l->counts, serve_batch);
        ev_prepare_start(l->loop, &l->counts);
}

static void serve_end(struct serve_loop *l)
{
        ev_io_stop(l->loop, &l->listener);
        close(l->listener.fd);
        for (struct serve_conn *conn = LIST_FIRST(&l->conns), *next; conn; conn = next) {
                next = LIST_NEXT(conn, link);
                serve_close(l, conn);
        }
        serve_flush(l->job, l->worker, l->counted);
        ev_io_stop(l->loop, &l->stop);
        ev_timer_stop(l->loop, &l->pause);
        ev_prepare_stop(l->loop, &l->counts);
        ev_loop_destroy(l->loop);
        free(l->buffer);
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        struct serve_loop l = { .job = job,
                                .worker = worker,
                                .loop = libev_loop_new(job->run),
                                .buffer = malloc(job->buffer_bytes) };

        if (!l.loop || !l.buffer)
                run_fail(job->run, "no descriptor or memory for a loop");
        if (worker == 0)
                run_knob(job->run, "backend", LIBEV_BACKEND);
        LIST_INIT(&l.conns);
        serve_start(&l);
        ev_run(l.loop, 0);
        serve_end(&l);
        return 0;
}

static int libev_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server libev_server = { .serve = libev_serve };
