/* SPDX-License-Identifier: MIT */
/* The server of row `epoll`: one level-triggered loop per worker, and one buffer for all its connections. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/epoll/epoll.h"
#include "runtimes/serve/rest.h"

/* As many accepts per event as keep a burst of connections from holding up those that are open. */
enum { EVENTS_PER_WAIT = 256, ACCEPTS_PER_EVENT = 16 };

/* What a connection needs beyond its descriptor: memory only while a write is left over. */
struct serve_conn {
        bool open;
        struct serve_rest *rest;
};

struct serve_loop {
        const struct serve_job *job;
        unsigned worker;
        int epoll_fd, listener;
        uint64_t resume_ns;       /* when a listener that rests is watched again; 0 = it is watched */
        char *buffer;             /* of one read: it is written back at once */
        struct serve_conn *conns; /* by descriptor */
        size_t conn_count;
        uint64_t counts[SERVE_COUNTS];
};

static void serve_watch(struct serve_loop *l, int operation, int fd, uint32_t events)
{
        struct epoll_event event = { .events = events, .data.fd = fd };

        if (epoll_ctl(l->epoll_fd, operation, fd, &event))
                run_fail(l->job->run, "epoll_ctl of descriptor %d: %s", fd, strerror(errno));
}

static void serve_close(struct serve_loop *l, int fd)
{
        struct serve_conn *conn = &l->conns[fd];

        free(conn->rest);
        *conn = (struct serve_conn){ 0 };
        close(fd); /* leaves the epoll set, too: nobody else has this socket */
        l->counts[SERVE_CLOSED]++;
}

static void serve_reset(struct serve_loop *l, int fd)
{
        l->counts[SERVE_RESETS]++;
        serve_close(l, fd);
}

/* ---- accepting ----------------------------------------------------------------------------------------- */

static void serve_grow(struct serve_loop *l, size_t count)
{
        size_t more = count < 64 ? 64 : 2 * count;
        struct serve_conn *conns = realloc(l->conns, more * sizeof(*conns));

        if (!conns)
                run_fail(l->job->run, "no memory for %zu connections", more);
        memset(conns + l->conn_count, 0, (more - l->conn_count) * sizeof(*conns));
        l->conns = conns;
        l->conn_count = more;
}

/* The connection that could not be taken stays in the queue, and the listener readable. */
static void serve_pause(struct serve_loop *l)
{
        l->counts[SERVE_ACCEPT_FAILURES]++;
        serve_watch(l, EPOLL_CTL_MOD, l->listener, 0);
        l->resume_ns = run_now_ns() + SERVE_ACCEPT_PAUSE_NS;
}

static void serve_accept(struct serve_loop *l)
{
        for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
                int fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (fd < 0) {
                        if (serve_is_exhausted(errno))
                                serve_pause(l);
                        else if (errno != EAGAIN && !serve_is_passing(errno))
                                run_fail(l->job->run, "accept: %s", strerror(errno));
                        return;
                }
                if ((size_t)fd >= l->conn_count)
                        serve_grow(l, (size_t)fd + 1);
                l->conns[fd].open = true;
                l->counts[SERVE_ACCEPTED]++;
                serve_watch(l, EPOLL_CTL_ADD, fd, EPOLLIN);
        }
}

/* Watch a listener again that has rested long enough. Returns how long epoll_wait() may wait, in ms. */
static int serve_resume(struct serve_loop *l)
{
        uint64_t now_ns = l->resume_ns ? run_now_ns() : 0;

        if (!l->resume_ns)
                return -1;
        if (now_ns < l->resume_ns)
                return (int)((l->resume_ns - now_ns) / 1000000) + 1;
        l->resume_ns = 0;
        serve_watch(l, EPOLL_CTL_MOD, l->listener, EPOLLIN);
        return -1;
}

/* ---- reading and writing ------------------------------------------------------------------------------- */

static void serve_keep(struct serve_loop *l, int fd, const char *data, size_t bytes)
{
        l->conns[fd].rest = serve_rest_new(l->job->run, data, bytes);
        l->counts[SERVE_SHORT_WRITES]++;
        serve_watch(l, EPOLL_CTL_MOD, fd, EPOLLOUT);
}

/* Send BYTES of DATA. How many the socket took, or -1 when the connection is gone. */
static ssize_t serve_send(struct serve_loop *l, int fd, const char *data, size_t bytes)
{
        ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                serve_reset(l, fd);
                return -1;
        }
        n = n < 0 ? 0 : n;
        l->counts[SERVE_BYTES_OUT] += (uint64_t)n;
        return n;
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
        serve_watch(l, EPOLL_CTL_MOD, fd, EPOLLIN);
}

/* One read per event: a peer that always has more to say does not keep the others waiting. */
static void serve_read(struct serve_loop *l, int fd)
{
        ssize_t n = recv(fd, l->buffer, l->job->buffer_bytes, 0), sent;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n < 0)
                serve_reset(l, fd);
        if (n == 0)
                serve_close(l, fd);
        if (n <= 0)
                return;
        l->counts[SERVE_BYTES_IN] += (uint64_t)n;
        sent = serve_send(l, fd, l->buffer, (size_t)n);
        if (sent >= 0 && sent < n)
                serve_keep(l, fd, l->buffer + sent, (size_t)(n - sent));
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void serve_event(struct serve_loop *l, int fd)
{
        if (fd == l->listener)
                serve_accept(l);
        else if (l->conns[fd].rest)
                serve_write(l, fd);
        else
                serve_read(l, fd);
}

static void serve_until_stopped(struct serve_loop *l)
{
        struct epoll_event events[EVENTS_PER_WAIT];
        bool stopped = false;

        while (!stopped) {
                int count = epoll_wait(l->epoll_fd, events, EVENTS_PER_WAIT, serve_resume(l));

                if (count < 0 && errno != EINTR)
                        run_fail(l->job->run, "epoll_wait: %s", strerror(errno));
                for (int i = 0; i < count; i++)
                        if (events[i].data.fd == l->job->stop_fd)
                                stopped = true;
                        else
                                serve_event(l, events[i].data.fd);
                serve_flush(l->job, l->worker, l->counts);
        }
}

static void serve_end(struct serve_loop *l)
{
        close(l->listener);
        for (size_t fd = 0; fd < l->conn_count; fd++)
                if (l->conns[fd].open)
                        serve_close(l, (int)fd);
        serve_flush(l->job, l->worker, l->counts);
        close(l->epoll_fd);
        free(l->conns);
        free(l->buffer);
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        struct serve_loop l = { .job = job,
                                .worker = worker,
                                .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                                .listener = job->listeners[worker],
                                .buffer = malloc(job->buffer_bytes) };

        if (l.epoll_fd < 0 || !l.buffer)
                run_fail(job->run, "no descriptor or memory for a loop");
        serve_grow(&l, 1);
        serve_watch(&l, EPOLL_CTL_ADD, l.listener, EPOLLIN);
        serve_watch(&l, EPOLL_CTL_ADD, job->stop_fd, EPOLLIN);
        serve_until_stopped(&l);
        serve_end(&l);
        return 0;
}

static int epoll_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server epoll_server = { .serve = epoll_serve };
