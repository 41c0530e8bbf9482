/* SPDX-License-Identifier: MIT */
/* Connections of one thread made, a limited number at a time, and closed. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/load/engine.h"

/* A burst larger than the server's queue of pending connections is answered by silence, and TCP tries again after a
 * second: so many at a time are under way, far fewer than any queue holds. */
enum { CONNECTING_AT_A_TIME = 64, EVENTS = 64 };

/* connect() looks for a free port among the even ones first (net/ipv4/inet_hashtables.c, since Linux 4.2), 14,116 of the
 * usual range, and goes through all of them when few are left: far fewer are used of each address. */
enum { PORTS_PER_SOURCE = 10000 };

static enum load_error kind_of(int error)
{
        switch (error) {
        case ECONNREFUSED:
                return LOAD_REFUSED;
        case ETIMEDOUT:
                return LOAD_TIMED_OUT;
        case EADDRNOTAVAIL:
        case EADDRINUSE:
                return LOAD_NO_PORT;
        case EMFILE:
        case ENFILE:
                return LOAD_NO_DESCRIPTOR;
        }
        return LOAD_RESET;
}

void conn_close(struct engine *e, struct conn *c)
{
        if (c->open)
                close(c->fd);
        c->open = false;
        e->under_way -= c->issued - c->answered;
        e->result.incomplete += c->issued - c->answered;
        c->answered = c->issued;
}

void conn_fail(struct engine *e, struct conn *c, const char *call, int error)
{
        load_result_error(&e->result, kind_of(error), "connection %u: %s: %s", c->number, call,
                          strerror(error));
        e->broken = true;
        conn_close(e, c);
}

/* Loopback has many addresses; each is a source with ports of its own. Bound without a port, the kernel picks one that
 * is free towards this target (ip(7), IP_BIND_ADDRESS_NO_PORT). False with errno. */
static bool bind_source(const struct engine *e, const struct conn *c)
{
        const struct sockaddr_in *target = (const void *)&e->options->target;
        struct sockaddr_in source = { .sin_family = AF_INET };
        uint32_t host = ntohl(target->sin_addr.s_addr), step = c->number / PORTS_PER_SOURCE;
        int one = 1;

        if (target->sin_family != AF_INET || host >> 24 != 127 || step == 0)
                return true;
        source.sin_addr.s_addr = htonl(host + step);
        return setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) == 0 &&
               bind(c->fd, (struct sockaddr *)&source, sizeof(source)) == 0;
}

static bool watch(struct engine *e, struct conn *c, int operation, uint32_t events)
{
        struct epoll_event event = { .events = events, .data.ptr = c };

        return epoll_ctl(e->epoll_fd, operation, c->fd, &event) == 0;
}

/* Begin to connect C. */
static bool begin(struct engine *e, struct conn *c)
{
        const struct sockaddr *target = (const struct sockaddr *)&e->options->target;
        int one = 1;

        c->start_ns = engine_now_ns();
        c->fd = socket(target->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        c->open = c->fd >= 0;
        if (c->open && setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0 &&
            bind_source(e, c) &&
            (connect(c->fd, target, e->options->target_bytes) == 0 || errno == EINPROGRESS) &&
            watch(e, c, EPOLL_CTL_ADD, EPOLLOUT))
                return true;
        conn_fail(e, c, "connect", errno);
        return false;
}

/* C is connected, or is not. */
static bool finish(struct engine *e, struct conn *c)
{
        int error = 0;
        socklen_t bytes = sizeof(error);

        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 && error == 0 &&
            watch(e, c, EPOLL_CTL_MOD, EPOLLIN)) {
                hist_record(&e->result.connect, engine_now_ns() - c->start_ns);
                e->result.connected++;
                return true;
        }
        conn_fail(e, c, "connect", error ? error : errno);
        return false;
}

bool engine_connect(struct engine *e, unsigned step)
{
        struct epoll_event events[EVENTS];
        unsigned steps = e->options->steps, want = (unsigned)((uint64_t)e->count * step / steps);
        unsigned begun = (unsigned)e->result.connected, done = begun;
        uint64_t start_ns = engine_now_ns();

        while (done < want) {
                uint64_t deadline_ns = engine_now_ns() + e->options->stall_ns;
                int n;

                while (begun < want && begun - done < CONNECTING_AT_A_TIME)
                        if (!begin(e, &e->conns[begun++]))
                                return false;
                n = engine_wait(e, events, EVENTS, deadline_ns);
                for (int i = 0; i < n; i++, done++)
                        if (!finish(e, events[i].data.ptr))
                                return false;
                if (n == 0) {
                        load_result_error(&e->result, LOAD_TIMED_OUT, "%u of %u connections are not answered",
                                          begun - done, e->count);
                        return false;
                }
        }
        e->result.connecting_ns += engine_now_ns() - start_ns;
        return true;
}
