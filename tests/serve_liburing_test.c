/* SPDX-License-Identifier: MIT */
/* The servers of the rows over liburing with queues and buffers that are far too small: nothing is lost or freezes. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "runtimes/liburing/ring.h"
#include "runtimes/runtime.h"

/* A client whose answer does not come in this time has been forgotten. */
enum { PATIENCE_S = 30, MESSAGE_BYTES = 64, CONNECTIONS_MAX = 3000 };

struct host {
        struct serve_job job;
        struct serve_counts counts;
        const struct server *server;
        struct sockaddr_in address;
        int listener;
        pthread_t thread;
        int result;
};

static const char *broken; /* why rings cannot be had here */

/* ---- a server ------------------------------------------------------------------------------------------ */

static struct run *sample_of_nothing(void)
{
        static const struct variant variants[] = { { .name = "any" }, { 0 } };
        static const struct param params[] = { { 0 } };
        static const struct workload w = { .name = "any", .variants = variants, .params = params };
        char error[256] = "";
        struct run *run = run_new(&w, variants, "liburing", "warmup_ms=1;window_ms=1;stall_ms=1000", 1, error,
                                  sizeof(error));

        if (!run)
                fail_msg("run_new: %s", error);
        return run;
}

static void *host_main(void *arg)
{
        struct host *h = arg;

        h->result = h->server->serve(&h->job, h->server->form);
        return NULL;
}

static void host_start(struct host *h, const struct server *server, unsigned completions, unsigned buffers)
{
        socklen_t bytes = sizeof(h->address);
        int one = 1;

        memset(h, 0, sizeof(*h));
        h->server = server;
        h->address.sin_family = AF_INET;
        h->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        h->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_int_equal(setsockopt(h->listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
        assert_int_equal(bind(h->listener, (struct sockaddr *)&h->address, bytes), 0);
        assert_int_equal(listen(h->listener, 4096), 0);
        assert_int_equal(getsockname(h->listener, (struct sockaddr *)&h->address, &bytes), 0);
        h->job = (struct serve_job){ .run = sample_of_nothing(),
                                     .workers = 1,
                                     .listeners = &h->listener,
                                     .stop_fd = eventfd(0, EFD_CLOEXEC),
                                     .buffer_bytes = MESSAGE_BYTES,
                                     .completion_entries = completions,
                                     .receive_buffers = buffers,
                                     .counts = &h->counts };
        assert_int_equal(pthread_create(&h->thread, NULL, host_main, h), 0);
}

static uint64_t host_counted(const struct host *h, enum serve_count which)
{
        return serve_counted(&h->job, which);
}

/* Every connection that was taken is closed again by then, and no more was sent than received. */
static void host_stop(struct host *h)
{
        uint64_t one = 1;

        assert_int_equal(write(h->job.stop_fd, &one, sizeof(one)), sizeof(one));
        pthread_join(h->thread, NULL);
        assert_int_equal(h->result, 0);
        assert_int_equal(host_counted(h, SERVE_ACCEPTED), host_counted(h, SERVE_CLOSED));
        close(h->job.stop_fd);
        run_free(h->job.run);
}

/* ---- its clients --------------------------------------------------------------------------------------- */

static int client_make(void)
{
        struct timeval patience = { .tv_sec = PATIENCE_S };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
        return fd;
}

static void client_connect(int fd, const struct host *h)
{
        assert_int_equal(connect(fd, (const struct sockaddr *)&h->address, sizeof(h->address)), 0);
}

static int client_open(const struct host *h)
{
        int fd = client_make();

        client_connect(fd, h);
        return fd;
}

static void message_make(char *message, int client, int number)
{
        for (int i = 0; i < MESSAGE_BYTES; i++)
                message[i] = (char)(client * 31 + number * 7 + i);
}

static void client_send(int fd, int client, int number)
{
        char message[MESSAGE_BYTES];

        message_make(message, client, number);
        assert_int_equal(send(fd, message, sizeof(message), MSG_NOSIGNAL), sizeof(message));
}

static void client_receive(int fd, int client, int number)
{
        char message[MESSAGE_BYTES], reply[MESSAGE_BYTES];

        message_make(message, client, number);
        assert_int_equal(recv(fd, reply, sizeof(reply), MSG_WAITALL), sizeof(reply));
        assert_memory_equal(reply, message, sizeof(reply));
}

/* Each client sends so many before any reads. */
static void burst(const int *clients, int count, int messages)
{
        for (int n = 0; n < messages; n++)
                for (int i = 0; i < count; i++)
                        client_send(clients[i], i, n);
        for (int n = 0; n < messages; n++)
                for (int i = 0; i < count; i++)
                        client_receive(clients[i], i, n);
}

static void clients_close(const int *clients, int count)
{
        for (int i = 0; i < count; i++)
                close(clients[i]);
}

/* Both ends are in this process. */
static int connections_allowed(void)
{
        struct rlimit limit;
        int allowed;

        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        allowed = limit.rlim_cur > 2 * CONNECTIONS_MAX + 100 ? CONNECTIONS_MAX : (int)limit.rlim_cur / 2 - 50;
        return allowed;
}

/* ---- the servers --------------------------------------------------------------------------------------- */

static const struct server *server_of(void **state)
{
        if (broken) {
                print_message("%s\n", broken);
                skip();
        }
        return *state;
}

static void more_completions_than_the_queue_holds(void **state)
{
        struct host h;
        int count = connections_allowed(), *clients = calloc((size_t)count, sizeof(*clients));

        assert_non_null(clients);
        host_start(&h, server_of(state), 64, 0);
        for (int i = 0; i < count; i++)
                clients[i] = client_open(&h);
        for (int round = 0; round < 3; round++)
                burst(clients, count, 2);
        burst(clients, count, 1);
        assert_int_equal(host_counted(&h, SERVE_ACCEPTED), count);
        print_message("%d connections, %llu overflows, %llu receives started again\n", count,
                      (unsigned long long)host_counted(&h, SERVE_OVERFLOWS),
                      (unsigned long long)host_counted(&h, SERVE_REARMS));
        clients_close(clients, count);
        host_stop(&h);
        assert_int_equal(host_counted(&h, SERVE_BYTES_OUT), (uint64_t)count * 7 * MESSAGE_BYTES);
        free(clients);
}

static void a_burst_beyond_the_buffers(void **state)
{
        struct host h;
        int clients[50];

        host_start(&h, server_of(state), 0, 4);
        for (int i = 0; i < 50; i++)
                clients[i] = client_open(&h);
        for (int round = 0; round < 20; round++)
                burst(clients, 50, 20);
        burst(clients, 50, 1);
        if (*state == &liburing_server)
                assert_true(host_counted(&h, SERVE_REARMS) > 0);
        clients_close(clients, 50);
        host_stop(&h);
        assert_int_equal(host_counted(&h, SERVE_BYTES_IN), 50 * 401 * MESSAGE_BYTES);
        assert_int_equal(host_counted(&h, SERVE_BYTES_OUT), 50 * 401 * MESSAGE_BYTES);
        assert_int_equal(host_counted(&h, SERVE_RESETS), 0);
}

/* Until neither side takes any more: how many messages that were. */
static int fill(int fd)
{
        int messages = 0, tries = 0;
        char message[MESSAGE_BYTES];
        size_t sent = 0;

        while (tries < 20) {
                ssize_t n;

                message_make(message, 9, messages);
                n = send(fd, message + sent, sizeof(message) - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n < 0) {
                        assert_int_equal(errno, EAGAIN);
                        run_sleep_ns(10000000);
                        tries++;
                        continue;
                }
                tries = 0;
                sent += (size_t)n;
                messages += sent == sizeof(message);
                sent %= sizeof(message);
        }
        shutdown(fd, SHUT_WR);
        return messages;
}

static void a_peer_that_does_not_read(void **state)
{
        struct host h;
        int clients[10], slow, messages;
        char rest[MESSAGE_BYTES];

        host_start(&h, server_of(state), 0, 4);
        slow = client_open(&h);
        for (int i = 0; i < 10; i++)
                clients[i] = client_open(&h);
        messages = fill(slow);
        burst(clients, 10, 10);
        assert_true(host_counted(&h, SERVE_SHORT_WRITES) > 0);
        for (int n = 0; n < messages; n++)
                client_receive(slow, 9, n);
        while (recv(slow, rest, sizeof(rest), 0) > 0) /* a part of one that did not fit */
                continue;
        close(slow);
        clients_close(clients, 10);
        host_stop(&h);
        assert_int_equal(host_counted(&h, SERVE_BYTES_IN), host_counted(&h, SERVE_BYTES_OUT));
}

/* Three descriptors are the server's own, and four are left for ten connections; who leaves makes room. */
static void fewer_descriptors_than_connections(void **state)
{
        struct rlimit limit, low;
        struct host h;
        int clients[10], next;

        server_of(state);
        for (int i = 0; i < 10; i++)
                clients[i] = client_make();
        next = dup(STDERR_FILENO);
        close(next);
        getrlimit(RLIMIT_NOFILE, &limit);
        low = (struct rlimit){ .rlim_cur = (rlim_t)next + 7, .rlim_max = limit.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        host_start(&h, server_of(state), 0, 0);
        for (int i = 0; i < 10; i++) {
                client_connect(clients[i], &h);
                client_send(clients[i], i, 0);
        }
        for (int i = 0; i < 10; i++) {
                client_receive(clients[i], i, 0);
                if (i == 3) /* all that there is room for: some of the others have been turned away by then */
                        run_sleep_ns(2 * SERVE_ACCEPT_PAUSE_NS);
                if (i >= 3)
                        close(clients[i - 3]);
        }
        clients_close(&clients[7], 3);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        assert_true(host_counted(&h, SERVE_ACCEPT_FAILURES) > 0);
        host_stop(&h);
        assert_int_equal(host_counted(&h, SERVE_ACCEPTED), 10);
}

/* Idle, in the middle of a message to a peer that reads, and to one that does not. */
static void stopped_with_receives_and_sends_armed(void **state)
{
        struct host h;
        int clients[100], slow;
        char byte;

        host_start(&h, server_of(state), 0, 4);
        slow = client_open(&h);
        fill(slow);
        for (int i = 0; i < 100; i++)
                clients[i] = client_open(&h);
        burst(clients, 100, 1);
        host_stop(&h);
        assert_int_equal(host_counted(&h, SERVE_CLOSED), 101);
        for (int i = 0; i < 100; i++)
                assert_int_equal(recv(clients[i], &byte, 1, 0), 0);
        clients_close(clients, 100);
        close(slow);
}

/* ---- what the servers rely on -------------------------------------------------------------------------- */

struct armed {
        struct io_uring ring;
        int peer, fd; /* the ends of a connection, fd with a multishot receive */
        _Alignas(4096) char names[4096];
        char buffer[4][MESSAGE_BYTES];
};

static void armed_open(struct armed *a)
{
        struct io_uring_buf_ring *buffers = (struct io_uring_buf_ring *)a->names;
        struct io_uring_buf_reg registration = { .ring_addr = (uintptr_t)buffers, .ring_entries = 4 };
        struct io_uring_sqe *sqe;
        int ends[2];

        assert_int_equal(ring_open(&a->ring, 8, 16), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        a->fd = ends[0];
        a->peer = ends[1];
        io_uring_buf_ring_init(buffers);
        for (int i = 0; i < 4; i++)
                io_uring_buf_ring_add(buffers, a->buffer[i], MESSAGE_BYTES, (unsigned short)i, 3, i);
        io_uring_buf_ring_advance(buffers, 4);
        assert_int_equal(io_uring_register_buf_ring(&a->ring, &registration, 0), 0);
        sqe = io_uring_get_sqe(&a->ring);
        io_uring_prep_recv_multishot(sqe, a->fd, NULL, 0, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
        io_uring_sqe_set_data64(sqe, 7);
        assert_int_equal(io_uring_submit(&a->ring), 1);
}

/* The result of the next completion, which is of the receive; *more = another will come. */
static int armed_next(struct armed *a, bool *more)
{
        struct io_uring_cqe *cqe;
        int result;

        assert_int_equal(io_uring_wait_cqe(&a->ring, &cqe), 0);
        assert_int_equal(io_uring_cqe_get_data64(cqe), 7);
        result = cqe->res;
        *more = cqe->flags & IORING_CQE_F_MORE;
        io_uring_cqe_seen(&a->ring, cqe);
        return result;
}

static void close_alone_leaves_the_receive(void **state)
{
        struct armed *a = aligned_alloc(4096, (sizeof(*a) + 4095) / 4096 * 4096);
        bool more;

        (void)state;
        server_of(state);
        assert_non_null(a);
        armed_open(a);
        close(a->fd);
        assert_int_equal(send(a->peer, "here", 4, MSG_NOSIGNAL), 4);
        assert_int_equal(armed_next(a, &more), 4);
        assert_true(more);
        close(a->peer);
        assert_int_equal(armed_next(a, &more), 0);
        assert_false(more);
        io_uring_queue_exit(&a->ring);
        free(a);
}

static void cancel_and_close_leave_nothing(void **state)
{
        struct armed *a = aligned_alloc(4096, (sizeof(*a) + 4095) / 4096 * 4096);
        struct io_uring_sqe *sqe;
        bool more;

        server_of(state);
        assert_non_null(a);
        armed_open(a);
        sqe = io_uring_get_sqe(&a->ring);
        io_uring_prep_cancel64(sqe, 7, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        assert_int_equal(io_uring_submit(&a->ring), 1);
        assert_int_equal(armed_next(a, &more), -ECANCELED);
        assert_false(more);
        close(a->fd);
        assert_int_equal(send(a->peer, "gone", 4, MSG_NOSIGNAL), -1);
        assert_int_equal(errno, EPIPE);
        close(a->peer);
        io_uring_queue_exit(&a->ring);
        free(a);
}

#define OF(row, test, server)                                                                                \
        {                                                                                                    \
                .name = row ": " #test, .test_func = (test), .initial_state = (void *)&(server)              \
        }

int main(void)
{
        static const struct CMUnitTest tests[] = {
                OF("liburing", more_completions_than_the_queue_holds, liburing_server),
                OF("liburing", a_burst_beyond_the_buffers, liburing_server),
                OF("liburing", a_peer_that_does_not_read, liburing_server),
                OF("liburing", fewer_descriptors_than_connections, liburing_server),
                OF("liburing", stopped_with_receives_and_sends_armed, liburing_server),
                OF("liburing-poll", more_completions_than_the_queue_holds, liburing_poll_server),
                OF("liburing-poll", a_burst_beyond_the_buffers, liburing_poll_server),
                OF("liburing-poll", a_peer_that_does_not_read, liburing_poll_server),
                OF("liburing-poll", fewer_descriptors_than_connections, liburing_poll_server),
                OF("liburing-poll", stopped_with_receives_and_sends_armed, liburing_poll_server),
                OF("ring", close_alone_leaves_the_receive, liburing_server),
                OF("ring", cancel_and_close_leave_nothing, liburing_server),
        };
        const char *remedy = NULL;

        broken = runtime_rows[0].probe(&remedy);
        return cmocka_run_group_tests_name("serve_liburing", tests, NULL, NULL);
}
