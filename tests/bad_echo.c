/* SPDX-License-Identifier: MIT */
/* An echo server with a defect of one's choice, to see what a client says of it: a thread for each connection.
 *
 *   bad_echo MODE [MESSAGE_BYTES [N]]      listens on a port of 127.0.0.1, which it prints, until it is killed
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TINY_BYTES = 4096, BACKLOG = 1024, FLIPPED_BYTE = 40 };

/* A connection, and what came on it last. */
struct peer {
        int fd;
        unsigned long number;
        char *message;
};

static size_t size; /* of a message */
static unsigned long
        nth; /* which message of all, counted from 0, or every how many connections: what N says */
static atomic_ulong seen; /* messages of all connections */
static pthread_barrier_t swap_met;
static int swap_fds[2];

static bool put(int fd, const char *data, size_t bytes)
{
        while (bytes) {
                ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

                if (n <= 0)
                        return false;
                data += n;
                bytes -= (size_t)n;
        }
        return true;
}

static bool is_nth(void)
{
        return atomic_fetch_add(&seen, 1) == nth;
}

static void reset(const struct peer *p)
{
        struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* ---- one reply: false ends the connection -------------------------------------------------------------- */

static bool honest(struct peer *p)
{
        return put(p->fd, p->message, size);
}

static bool flip(struct peer *p)
{
        if (is_nth())
                p->message[FLIPPED_BYTE] ^= 4;
        return honest(p);
}

static bool duplicate(struct peer *p)
{
        return honest(p) && (!is_nth() || honest(p));
}

static bool cut(struct peer *p)
{
        if (!is_nth())
                return honest(p);
        put(p->fd, p->message, size / 2);
        return false;
}

static bool constant(struct peer *p)
{
        memset(p->message, 'x', size);
        return honest(p);
}

static bool delay(struct peer *p)
{
        struct timespec ms = { .tv_nsec = 1000000 };

        nanosleep(&ms, NULL);
        return honest(p);
}

static bool byte_by_byte(struct peer *p)
{
        for (size_t i = 0; i < size; i++)
                if (!put(p->fd, p->message + i, 1))
                        return false;
        return true;
}

static bool two_writes(struct peer *p)
{
        return put(p->fd, p->message, size / 2) && put(p->fd, p->message + size / 2, size - size / 2);
}

/* Every nth connection is broken off instead of its first reply. */
static bool reset_some(struct peer *p)
{
        if (p->number % nth != 0)
                return honest(p);
        reset(p);
        return false;
}

/* Two connections, each of which gets what belongs to the other. */
static bool swap(struct peer *p)
{
        unsigned long own = p->number % 2;

        swap_fds[own] = p->fd;
        pthread_barrier_wait(&swap_met);
        if (!put(swap_fds[1 - own], p->message, size))
                return false;
        pthread_barrier_wait(&swap_met);
        return true;
}

/* The last message once more, when the client has said that it is done. */
static void repeat(struct peer *p)
{
        honest(p);
}

/* ---- the modes ----------------------------------------------------------------------------------------- */

static const struct mode {
        const char *name;
        bool (*answer)(struct peer *p);
        void (*part)(struct peer *p); /* after the client's last byte */
        bool nodelay, tiny;           /* the sockets: TCP_NODELAY, buffers as small as they can be */
} modes[] = {
        { "honest", honest, NULL, true, false },
        { "flip", flip, NULL, true, false },
        { "duplicate", duplicate, NULL, true, false },
        { "cut", cut, NULL, true, false },
        { "swap", swap, NULL, true, false },
        { "constant", constant, NULL, true, false },
        { "reset", reset_some, NULL, true, false },
        { "repeat", honest, repeat, true, false },
        { "delay", delay, NULL, true, false },
        { "byte-by-byte", byte_by_byte, NULL, true, false },
        { "tiny-buffers", honest, NULL, true, true },
        { "two-writes", two_writes, NULL, false, false },
        { "two-writes-nodelay", two_writes, NULL, true, false },
};
static const struct mode *mode;

static void *peer_main(void *arg)
{
        struct peer *p = arg;

        while (recv(p->fd, p->message, size, MSG_WAITALL) == (ssize_t)size)
                if (!mode->answer(p))
                        break;
        if (mode->part)
                mode->part(p);
        close(p->fd);
        free(p->message);
        free(p);
        return NULL;
}

static void set(int fd, int level, int option, int value)
{
        if (setsockopt(fd, level, option, &value, sizeof(value)))
                perror("setsockopt");
}

/* What is set here, accepted sockets inherit. */
static int listen_anywhere(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t bytes = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        set(fd, IPPROTO_TCP, TCP_NODELAY, mode->nodelay);
        if (mode->tiny) {
                set(fd, SOL_SOCKET, SO_SNDBUF, TINY_BYTES);
                set(fd, SOL_SOCKET, SO_RCVBUF, TINY_BYTES);
        }
        if (bind(fd, (struct sockaddr *)&address, bytes) || listen(fd, BACKLOG) ||
            getsockname(fd, (struct sockaddr *)&address, &bytes)) {
                perror("listen");
                exit(1);
        }
        printf("listening on 127.0.0.1:%u, %s\n", ntohs(address.sin_port), mode->name);
        fflush(stdout);
        return fd;
}

static void accept_all(int listener)
{
        for (unsigned long number = 0;; number++) {
                struct peer *p = malloc(sizeof(*p));
                pthread_t thread;

                if (p)
                        *p = (struct peer){ .fd = accept(listener, NULL, NULL),
                                            .number = number,
                                            .message = malloc(size) };
                if (!p || p->fd < 0 || !p->message || pthread_create(&thread, NULL, peer_main, p)) {
                        perror("a connection");
                        exit(1);
                }
                pthread_detach(thread);
        }
}

int main(int argc, char **argv)
{
        for (const struct mode *m = modes; m < modes + sizeof(modes) / sizeof(modes[0]); m++)
                if (argc > 1 && strcmp(argv[1], m->name) == 0)
                        mode = m;
        size = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
        nth = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
        if (!mode || size <= FLIPPED_BYTE || nth == 0) {
                fputs("usage: bad_echo MODE [MESSAGE_BYTES [N]]\n", stderr);
                return 1;
        }
        pthread_barrier_init(&swap_met, NULL, 2);
        accept_all(listen_anywhere());
}
