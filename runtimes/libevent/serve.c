/* SPDX-License-Identifier: MIT */
/* The server of row `libevent`: an event per connection, and one buffer for all those of a worker. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/libevent/loop.h"
#include "runtimes/serve/rest.h"

struct serve_conn {
        struct serve_loop *loop;
        struct event event;
        struct serve_rest *rest;
        LIST_ENTRY(serve_conn) link;
};

static void serve_close(struct serve_loop *l, struct serve_conn *conn)
{
        event_del(&conn->event);
        close(event_get_fd(&conn->event));
        LIST_REMOVE(conn, link);
        free(conn->rest);
        free(conn);
        l->counts[SERVE_CLOSED]++;
}

static void serve_reset(struct serve_conn *conn)
{
        conn->loop->counts[SERVE_RESETS]++;
        serve_close(conn->loop, conn);
}

static void serve_event(evutil_socket_t fd, short what, void *arg);

/* Wait for WHAT on FD, for nothing else. */
static void serve_watch(struct serve_conn *conn, int fd, short what)
{
        struct serve_loop *l = conn->loop;

        if (event_assign(&conn->event, l->base, fd, (short)(what | EV_PERSIST), serve_event, conn) ||
            event_add(&conn->event, NULL))
                run_fail(l->job->run, "libevent cannot watch descriptor %d: %s", fd, strerror(errno));
}

/* An event that is pending must not be assigned anew. */
static void serve_watch_other(struct serve_conn *conn, int fd, short what)
{
        event_del(&conn->event);
        serve_watch(conn, fd, what);
}

static bool serve_open(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = malloc(sizeof(*conn));

        if (!conn) {
                close(fd);
                return false;
        }
        conn->loop = l;
        conn->rest = NULL;
        LIST_INSERT_HEAD(&l->conns, conn, link);
        serve_watch(conn, fd, EV_READ);
        l->counts[SERVE_ACCEPTED]++;
        return true;
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

static void serve_keep(struct serve_conn *conn, int fd, const char *data, size_t bytes)
{
        conn->rest = serve_rest_new(conn->loop->job->run, data, bytes);
        conn->loop->counts[SERVE_SHORT_WRITES]++;
        serve_watch_other(conn, fd, EV_WRITE);
}

/* Send BYTES of DATA. How many the socket took, or -1 when the connection is gone. */
static ssize_t serve_send(struct serve_conn *conn, int fd, const char *data, size_t bytes)
{
        ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                serve_reset(conn);
                return -1;
        }
        n = n < 0 ? 0 : n;
        conn->loop->counts[SERVE_BYTES_OUT] += (uint64_t)n;
        return n;
}

static void serve_write(struct serve_conn *conn, int fd)
{
        struct serve_rest *rest = conn->rest;
        ssize_t n = serve_send(conn, fd, rest->data + rest->sent, rest->bytes - rest->sent);

        if (n < 0)
                return;
        rest->sent += (size_t)n;
        if (rest->sent < rest->bytes)
                return;
        free(rest);
        conn->rest = NULL;
        serve_watch_other(conn, fd, EV_READ);
}

/* One read per event: a peer that always has more to say does not keep the others waiting. */
static void serve_read(struct serve_conn *conn, int fd)
{
        struct serve_loop *l = conn->loop;
        ssize_t n = recv(fd, l->buffer, l->job->buffer_bytes, 0), sent;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n < 0)
                serve_reset(conn);
        if (n == 0)
                serve_close(l, conn);
        if (n <= 0)
                return;
        l->counts[SERVE_BYTES_IN] += (uint64_t)n;
        sent = serve_send(conn, fd, l->buffer, (size_t)n);
        if (sent >= 0 && sent < n)
                serve_keep(conn, fd, l->buffer + sent, (size_t)(n - sent));
}

static void serve_event(evutil_socket_t fd, short what, void *arg)
{
        struct serve_conn *conn = arg;

        (void)what;
        if (conn->rest)
                serve_write(conn, fd);
        else
                serve_read(conn, fd);
}

/* ---- the row's part of the loop ------------------------------------------------------------------------ */

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        struct serve_loop l = { .job = job,
                                .worker = worker,
                                .open = serve_open,
                                .close = serve_close,
                                .buffer = malloc(job->buffer_bytes) };

        if (!l.buffer)
                run_fail(job->run, "no memory for a buffer");
        serve_loop_run(&l);
        free(l.buffer);
        return 0;
}

static int libevent_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server libevent_server = { .serve = libevent_serve };
