/* SPDX-License-Identifier: MIT */
/* The server of row `libuv`: one uv_loop_t per worker, and one buffer for all its connections. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "runtimes/libuv/libuv.h"

/*
 * Descriptors that run out. On EMFILE and ENFILE libuv 1.44 gives up one that it holds in reserve, takes with it what
 * waits in the listener's queue, one after the other, closes each, and says nothing. Where it cannot (the reserve was
 * taken by another thread, or the system wants memory) it calls serve_accept() with the error, and when that returns
 * it tries again at once: what ends this is to close the handle. So the handle has a duplicate of the listener's
 * descriptor, and the socket goes on listening without it.
 */
struct serve_loop {
        const struct serve_job *job;
        unsigned worker;
        uv_loop_t loop;
        uv_tcp_t listener; /* of a duplicate; closed while it rests */
        uv_timer_t rest;   /* active while the listener rests */
        uv_poll_t stop;
        uv_check_t check; /* after each batch of events */
        char *buffer;     /* of one read: it is written back at once */
        uint64_t counts[SERVE_COUNTS];
};

/* What a socket did not take at once, in one piece of memory with its request. */
struct serve_rest {
        uv_write_t request;
        size_t bytes;
        char data[];
};

static void must(struct serve_loop *l, const char *call, int status)
{
        if (status < 0)
                run_fail(l->job->run, "%s: %s", call, uv_strerror(status));
}

/* ---- closing ------------------------------------------------------------------------------------------- */

static void serve_closed(uv_handle_t *conn)
{
        free(conn);
}

static void serve_close(struct serve_loop *l, uv_stream_t *conn)
{
        l->counts[SERVE_CLOSED]++;
        uv_close((uv_handle_t *)conn, serve_closed);
}

static void serve_reset(struct serve_loop *l, uv_stream_t *conn)
{
        l->counts[SERVE_RESETS]++;
        serve_close(l, conn);
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

static void serve_read(uv_stream_t *conn, ssize_t n, const uv_buf_t *buffer);

static void serve_buffer(uv_handle_t *conn, size_t suggested_bytes, uv_buf_t *buffer)
{
        struct serve_loop *l = conn->loop->data;

        (void)suggested_bytes; /* always 64 KiB */
        *buffer = uv_buf_init(l->buffer, (unsigned)l->job->buffer_bytes);
}

/* The rest is written, or its connection ended. Of a rest that failed libuv does not tell how much was taken. */
static void serve_write(uv_write_t *request, int status)
{
        struct serve_rest *rest = (struct serve_rest *)request;
        uv_stream_t *conn = request->handle;
        struct serve_loop *l = conn->loop->data;

        if (status == 0) {
                l->counts[SERVE_BYTES_OUT] += rest->bytes;
                must(l, "uv_read_start", uv_read_start(conn, serve_buffer, serve_read));
        } else if (status != UV_ECANCELED) { /* which says that it is being closed */
                serve_reset(l, conn);
        }
        free(rest);
}

static void serve_keep(struct serve_loop *l, uv_stream_t *conn, const char *data, size_t bytes)
{
        struct serve_rest *rest = malloc(sizeof(*rest) + bytes);
        uv_buf_t buffer;

        if (!rest)
                run_fail(l->job->run, "no memory for %zu bytes of a connection", bytes);
        memcpy(rest->data, data, bytes);
        rest->bytes = bytes;
        l->counts[SERVE_SHORT_WRITES]++;
        uv_read_stop(conn);
        buffer = uv_buf_init(rest->data, (unsigned)bytes);
        must(l, "uv_write", uv_write(&rest->request, conn, &buffer, 1, serve_write));
}

static void serve_send(struct serve_loop *l, uv_stream_t *conn, const char *data, size_t bytes)
{
        uv_buf_t buffer = uv_buf_init((char *)data, (unsigned)bytes);
        int n = uv_try_write(conn, &buffer, 1);

        if (n < 0 && n != UV_EAGAIN) {
                serve_reset(l, conn);
                return;
        }
        n = n < 0 ? 0 : n;
        l->counts[SERVE_BYTES_OUT] += (uint64_t)n;
        if ((size_t)n < bytes)
                serve_keep(l, conn, data + n, bytes - (size_t)n);
}

/* 0 bytes is libuv's word for "nothing now". */
static void serve_read(uv_stream_t *conn, ssize_t n, const uv_buf_t *buffer)
{
        struct serve_loop *l = conn->loop->data;

        if (n == UV_EOF)
                serve_close(l, conn);
        else if (n < 0)
                serve_reset(l, conn);
        if (n <= 0)
                return;
        l->counts[SERVE_BYTES_IN] += (uint64_t)n;
        serve_send(l, conn, buffer->base, (size_t)n);
}

/* ---- accepting ----------------------------------------------------------------------------------------- */

static void serve_listen(struct serve_loop *l);

static void serve_resume(uv_timer_t *timer)
{
        serve_listen(timer->data);
}

static void serve_pause(struct serve_loop *l)
{
        l->counts[SERVE_ACCEPT_FAILURES]++;
        uv_close((uv_handle_t *)&l->listener, NULL);
        must(l, "uv_timer_start", uv_timer_start(&l->rest, serve_resume, SERVE_ACCEPT_PAUSE_NS / 1000000, 0));
}

static void serve_accept(uv_stream_t *listener, int status)
{
        struct serve_loop *l = listener->loop->data;
        uv_tcp_t *conn = status < 0 ? NULL : malloc(sizeof(*conn));

        if (status < 0 && !serve_is_exhausted(-status)) {
                if (!serve_is_passing(-status))
                        must(l, "accept", status);
                return;
        }
        if (!conn) {
                serve_pause(l);
                return;
        }
        must(l, "uv_tcp_init", uv_tcp_init(&l->loop, conn));
        must(l, "uv_accept", uv_accept(listener, (uv_stream_t *)conn));
        l->counts[SERVE_ACCEPTED]++;
        must(l, "uv_read_start", uv_read_start((uv_stream_t *)conn, serve_buffer, serve_read));
}

/* Without a descriptor for the duplicate there would be none for a connection either. uv_listen() has to be told the
 * length of the queue once more: the longest that the system allows, which it has already. */
static void serve_listen(struct serve_loop *l)
{
        int fd = fcntl(l->job->listeners[l->worker], F_DUPFD_CLOEXEC, 0);

        must(l, "uv_tcp_init", uv_tcp_init(&l->loop, &l->listener));
        if (fd < 0) {
                if (!serve_is_exhausted(errno))
                        run_fail(l->job->run, "a duplicate of the listener: %s", strerror(errno));
                serve_pause(l);
                return;
        }
        must(l, "uv_tcp_open", uv_tcp_open(&l->listener, fd));
        must(l, "uv_listen", uv_listen((uv_stream_t *)&l->listener, SOMAXCONN, serve_accept));
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void serve_checked(uv_check_t *check)
{
        struct serve_loop *l = check->data;

        serve_flush(l->job, l->worker, l->counts);
}

static void serve_end_one(uv_handle_t *handle, void *arg)
{
        struct serve_loop *l = arg;

        if (uv_is_closing(handle))
                return;
        if (handle->type == UV_TCP && handle != (uv_handle_t *)&l->listener)
                serve_close(l, (uv_stream_t *)handle);
        else
                uv_close(handle, NULL);
}

/* Without handles the loop ends by itself. */
static void serve_stopped(uv_poll_t *stop, int status, int events)
{
        struct serve_loop *l = stop->data;

        (void)events;
        must(l, "uv_poll_t", status);
        uv_walk(&l->loop, serve_end_one, l);
}

static void serve_begin(struct serve_loop *l)
{
        must(l, "uv_loop_init", uv_loop_init(&l->loop));
        l->loop.data = l->rest.data = l->stop.data = l->check.data = l;
        must(l, "uv_timer_init", uv_timer_init(&l->loop, &l->rest));
        must(l, "uv_poll_init", uv_poll_init(&l->loop, &l->stop, l->job->stop_fd));
        must(l, "uv_poll_start", uv_poll_start(&l->stop, UV_READABLE, serve_stopped));
        uv_check_init(&l->loop, &l->check);
        uv_check_start(&l->check, serve_checked);
        serve_listen(l);
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        struct serve_loop l = { .job = job, .worker = worker, .buffer = malloc(job->buffer_bytes) };

        if (!l.buffer)
                run_fail(job->run, "no memory for a loop");
        serve_begin(&l);
        uv_run(&l.loop, UV_RUN_DEFAULT);
        must(&l, "uv_loop_close", uv_loop_close(&l.loop));
        close(job->listeners[worker]);
        serve_flush(job, worker, l.counts);
        free(l.buffer);
        return 0;
}

static int libuv_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server libuv_server = { .serve = libuv_serve };
