/* SPDX-License-Identifier: MIT */
/* The server of row `threads`: a thread that accepts per worker, and a thread per connection that blocks. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/threads/threads.h"

/* As many accepts per event as keep stop_fd from being overlooked. A stack is larger than any call here needs; what of
 * it is not touched takes no memory. FEW_BYTES lie on it in a page that start_thread() has touched. */
enum { ACCEPTS_PER_EVENT = 16, STACK_BYTES = 64 * 1024, FEW_BYTES = 1024 };

struct serve_acceptor;

struct serve_conn {
        struct serve_acceptor *acceptor;
        pthread_t thread;
        int fd;
        bool ended;                     /* the thread closes fd and returns. Under the lock */
        struct serve_conn *next_ended;  /* under the lock */
        struct serve_conn *prev, *next; /* the acceptor's own */
};

/* Memory for reads: a connection that sends little has little. */
struct serve_buffer {
        char few[FEW_BYTES];
        char *data; /* `few`, or from malloc() */
        size_t bytes;
};

struct serve_acceptor {
        const struct serve_job *job;
        unsigned worker;
        int listener;
        int waiting_fd; /* accepted, and no thread could be had for it; -1 = none */
        pthread_attr_t attr;
        struct serve_conn *conns; /* whose threads have not been joined */
        pthread_mutex_t lock;
        struct serve_conn *ended; /* of these: ready to be joined. Under the lock */
        bool stopping;            /* under the lock */
};

/* ---- a connection's thread ------------------------------------------------------------------------------ */

/* From here on nobody else touches the descriptor. Was it this side that ended the connection? */
static bool serve_leave(struct serve_conn *conn)
{
        struct serve_acceptor *a = conn->acceptor;
        bool stopping;

        pthread_mutex_lock(&a->lock);
        conn->ended = true;
        conn->next_ended = a->ended;
        a->ended = conn;
        stopping = a->stopping;
        pthread_mutex_unlock(&a->lock);
        return stopping;
}

static void serve_close(struct serve_conn *conn, bool reset, uint64_t counts[SERVE_COUNTS])
{
        struct serve_acceptor *a = conn->acceptor;
        bool stopping = serve_leave(conn);

        close(conn->fd);
        counts[SERVE_RESETS] += reset && !stopping;
        counts[SERVE_CLOSED]++;
        serve_flush(a->job, a->worker, counts);
}

/* A blocking send returns when the socket has taken all, except that a signal interrupts it. */
static bool serve_write(const struct serve_conn *conn, const char *data, size_t bytes,
                        uint64_t counts[SERVE_COUNTS])
{
        while (bytes) {
                ssize_t n = send(conn->fd, data, bytes, MSG_NOSIGNAL);

                if (n < 0 && errno != EINTR)
                        return false;
                n = n < 0 ? 0 : n;
                counts[SERVE_SHORT_WRITES] += (size_t)n < bytes;
                counts[SERVE_BYTES_OUT] += (uint64_t)n;
                data += n;
                bytes -= (size_t)n;
        }
        return true;
}

/* A read has filled the buffer: let the next ones have as much as the job allows, if there is memory. */
static void serve_grow(const struct serve_job *job, struct serve_buffer *buffer)
{
        char *more = buffer->bytes < job->buffer_bytes ? malloc(job->buffer_bytes) : NULL;

        if (!more)
                return;
        buffer->data = more;
        buffer->bytes = job->buffer_bytes;
}

/* Read and write until the peer has sent its last. Did it end by an error? */
static bool serve_read(const struct serve_conn *conn, struct serve_buffer *buffer,
                       uint64_t counts[SERVE_COUNTS])
{
        for (;;) {
                ssize_t n = recv(conn->fd, buffer->data, buffer->bytes, 0);

                if (n == 0)
                        return false;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return true;
                counts[SERVE_BYTES_IN] += (uint64_t)n;
                if (!serve_write(conn, buffer->data, (size_t)n, counts))
                        return true;
                if ((size_t)n == buffer->bytes)
                        serve_grow(conn->acceptor->job, buffer);
        }
}

static void *serve_thread(void *arg)
{
        struct serve_conn *conn = arg;
        size_t buffer_bytes = conn->acceptor->job->buffer_bytes;
        struct serve_buffer buffer;
        uint64_t counts[SERVE_COUNTS] = { 0 };
        bool reset;

        buffer.data = buffer.few;
        buffer.bytes = buffer_bytes < FEW_BYTES ? buffer_bytes : FEW_BYTES;
        reset = serve_read(conn, &buffer, counts);
        if (buffer.data != buffer.few)
                free(buffer.data);
        serve_close(conn, reset, counts);
        return NULL;
}

/* ---- accepting ----------------------------------------------------------------------------------------- */

static void serve_join(struct serve_acceptor *a, struct serve_conn *conn)
{
        pthread_join(conn->thread, NULL);
        if (conn->prev)
                conn->prev->next = conn->next;
        else
                a->conns = conn->next;
        if (conn->next)
                conn->next->prev = conn->prev;
        free(conn);
}

/* Join the threads that have ended. Their connections are closed; what waits for this is memory. */
static void serve_reap(struct serve_acceptor *a)
{
        struct serve_conn *conn, *next;

        pthread_mutex_lock(&a->lock);
        conn = a->ended;
        a->ended = NULL;
        pthread_mutex_unlock(&a->lock);
        for (; conn; conn = next) {
                next = conn->next_ended;
                serve_join(a, conn);
        }
}

/* 0, or why the connection gets no thread. */
static int serve_start(struct serve_acceptor *a, int fd)
{
        struct serve_conn *conn = malloc(sizeof(*conn));
        int error;

        if (!conn)
                return ENOMEM;
        *conn = (struct serve_conn){ .acceptor = a, .fd = fd, .next = a->conns };
        error = pthread_create(&conn->thread, &a->attr, serve_thread, conn);
        if (error) {
                free(conn);
                return error;
        }
        if (a->conns)
                a->conns->prev = conn;
        a->conns = conn;
        return 0;
}

/* The next connection: one that waits for a thread goes first. Returns its descriptor, or -1. */
static int serve_next(struct serve_acceptor *a)
{
        int fd = a->waiting_fd;

        if (fd < 0) {
                fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC);
                if (fd >= 0)
                        serve_count(a->job, a->worker, SERVE_ACCEPTED, 1);
        }
        a->waiting_fd = -1;
        return fd;
}

/* Returns how long the listener has to rest, in ms; -1 = not at all. */
static int serve_accept(struct serve_acceptor *a)
{
        serve_reap(a);
        for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
                int fd = serve_next(a), error = fd < 0 ? errno : serve_start(a, fd);

                if (!error)
                        continue;
                if (fd < 0 && !serve_is_exhausted(error)) {
                        if (error != EAGAIN && !serve_is_passing(error))
                                run_fail(a->job->run, "accept: %s", strerror(error));
                        return -1;
                }
                a->waiting_fd = fd;
                serve_count(a->job, a->worker, SERVE_ACCEPT_FAILURES, 1);
                return SERVE_ACCEPT_PAUSE_NS / 1000000;
        }
        return -1;
}

static void serve_until_stopped(struct serve_acceptor *a)
{
        struct pollfd fds[] = { { .fd = a->job->stop_fd, .events = POLLIN },
                                { .fd = a->listener, .events = POLLIN } };
        int rest_ms = -1;

        while (!fds[0].revents) {
                int count = poll(fds, rest_ms < 0 ? 2 : 1,
                                 rest_ms); /* the listener is not asked while it rests */

                if (count < 0 && errno != EINTR)
                        run_fail(a->job->run, "poll: %s", strerror(errno));
                if (count == 0 || (count > 0 && !fds[0].revents))
                        rest_ms = serve_accept(a);
        }
}

/* ---- the acceptor --------------------------------------------------------------------------------------- */

/* A shutdown wakes a thread that receives or sends; the descriptor stays its own to close. */
static void serve_end(struct serve_acceptor *a)
{
        close(a->listener);
        if (a->waiting_fd >= 0) {
                close(a->waiting_fd);
                serve_count(a->job, a->worker, SERVE_CLOSED, 1);
        }
        pthread_mutex_lock(&a->lock);
        a->stopping = true;
        for (struct serve_conn *conn = a->conns; conn; conn = conn->next)
                if (!conn->ended)
                        shutdown(conn->fd, SHUT_RDWR);
        pthread_mutex_unlock(&a->lock);
        for (struct serve_conn *conn = a->conns, *next; conn; conn = next) {
                next = conn->next;
                serve_join(a, conn);
        }
}

static int serve_worker(const struct serve_job *job, unsigned worker)
{
        struct serve_acceptor a = { .job = job,
                                    .worker = worker,
                                    .listener = job->listeners[worker],
                                    .waiting_fd = -1,
                                    .lock = PTHREAD_MUTEX_INITIALIZER };

        run_pin_first(job->run,
                      job->workers); /* connections inherit it: no thread has a processor of its own */
        pthread_attr_init(&a.attr);
        pthread_attr_setstacksize(&a.attr, STACK_BYTES);
        serve_until_stopped(&a);
        serve_end(&a);
        pthread_attr_destroy(&a.attr);
        pthread_mutex_destroy(&a.lock);
        return 0;
}

static int threads_serve(const struct serve_job *job, int form)
{
        (void)form;
        return serve_workers(job, serve_worker);
}

const struct server threads_server = { .serve = threads_serve, .thread_each = true };
