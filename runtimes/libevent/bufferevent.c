/* SPDX-License-Identifier: MIT */
/* The server of row `libevent-bufferevent`: libevent reads and writes, and what came in is moved to what goes out. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtimes/libevent/loop.h"

/* As much as libevent writes at a time. What is more waits for a socket that does not take it. */
enum { UNSENT_MOST = 16384 };

struct serve_conn {
        struct serve_loop *loop;
        struct bufferevent *stream; /* has the socket */
        bool ended; /* the peer has sent its last: what is left goes out, then this is closed */
        LIST_ENTRY(serve_conn) link;
};

static size_t serve_unsent(const struct serve_conn *conn)
{
        return evbuffer_get_length(bufferevent_get_output(conn->stream));
}

static void serve_close(struct serve_loop *l, struct serve_conn *conn)
{
        bufferevent_free(conn->stream);
        LIST_REMOVE(conn, link);
        free(conn);
        l->counts[SERVE_CLOSED]++;
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

/* A peer that does not take what it is sent is not read from until it has taken all. */
static void serve_read(struct bufferevent *stream, void *arg)
{
        struct serve_conn *conn = arg;
        struct evbuffer *input = bufferevent_get_input(stream);

        conn->loop->counts[SERVE_BYTES_IN] += evbuffer_get_length(input);
        if (evbuffer_add_buffer(bufferevent_get_output(stream), input))
                run_fail(conn->loop->job->run, "evbuffer_add_buffer does not succeed");
        if (serve_unsent(conn) <= UNSENT_MOST)
                return;
        conn->loop->counts[SERVE_SHORT_WRITES]++;
        bufferevent_disable(stream, EV_READ);
}

/* All has been sent. */
static void serve_write(struct bufferevent *stream, void *arg)
{
        struct serve_conn *conn = arg;

        if (conn->ended)
                serve_close(conn->loop, conn);
        else if (!(bufferevent_get_enabled(stream) & EV_READ))
                bufferevent_enable(stream, EV_READ);
}

/* The output has grown by a read or shrunk by a write, of which libevent says nothing else. */
static void serve_sent(struct evbuffer *output, const struct evbuffer_cb_info *change, void *arg)
{
        struct serve_conn *conn = arg;

        (void)output;
        conn->loop->counts[SERVE_BYTES_OUT] += change->n_deleted;
}

static void serve_event(struct bufferevent *stream, short what, void *arg)
{
        struct serve_conn *conn = arg;

        (void)stream;
        if (what & BEV_EVENT_ERROR)
                conn->loop->counts[SERVE_RESETS]++;
        if ((what & BEV_EVENT_ERROR) || !serve_unsent(conn))
                serve_close(conn->loop, conn);
        else
                conn->ended = true;
}

/* ---- the row's part of the loop ------------------------------------------------------------------------ */

static bool serve_open(struct serve_loop *l, int fd)
{
        struct bufferevent *stream = bufferevent_socket_new(l->base, fd, BEV_OPT_CLOSE_ON_FREE);
        struct serve_conn *conn = malloc(sizeof(*conn));

        if (!stream || !conn || bufferevent_set_max_single_read(stream, l->job->buffer_bytes) ||
            !evbuffer_add_cb(bufferevent_get_output(stream), serve_sent, conn)) {
                if (stream)
                        bufferevent_free(stream);
                else
                        close(fd);
                free(conn);
                return false;
        }
        *conn = (struct serve_conn){ .loop = l, .stream = stream };
        LIST_INSERT_HEAD(&l->conns, conn, link);
        bufferevent_setcb(stream, serve_read, serve_write, serve_event, conn);
        if (bufferevent_enable(stream, EV_READ | EV_WRITE))
                run_fail(l->job->run, "libevent cannot watch descriptor %d", fd);
        l->counts[SERVE_ACCEPTED]++;
        return true;
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        struct serve_loop l = { .job = job, .worker = worker, .open = serve_open, .close = serve_close };

        serve_loop_run(&l);
        return 0;
}

static int bufferevent_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server libevent_bufferevent_server = { .serve = bufferevent_serve };
