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
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE:
                return LOAD_RESET;
        }
        return LOAD_OTHER;
}

void conn_close(struct engine *e, struct conn *c)
{
        if (!c->open)
                return;
        close(c->fd);
        c->open = false;
        e->live--;
        if (c->issued > c->answered)
                engine_under_way(e, engine_now_ns(), -(int64_t)(c->issued - c->answered));
}

void conn_fail(struct engine *e, struct conn *c, const char *call, int error)
{
        load_result_error(&e->result, kind_of(error), "connection %u: %s: %s", c->number, call,
                          strerror(error));
        conn_close(e, c);
}

static unsigned local_ports(void)
{
        FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
        unsigned ports[2] = { 32768, 60999 };
        char line[64];

        if (file && fgets(line, sizeof(line), file)) {
                char *rest;

                ports[0] = (unsigned)strtoul(line, &rest, 10);
                ports[1] = (unsigned)strtoul(rest, NULL, 10);
        }
        if (file)
                fclose(file);
        return ports[1] > ports[0] ? ports[1] - ports[0] + 1 : 1;
}

/* A third of the local ports. connect() looks for a free one among every second port first (net/ipv4/inet_hashtables.c,
 * since Linux 4.2) and goes through all of these when few are left: close to half of the range it takes a millisecond
 * for each. */
static unsigned ports_per_source(void)
{
        return local_ports() / 3 + 1;
}

/* Loopback has many addresses; each is a source with ports of its own. Bound without a port, the kernel picks one that
 * is free towards this target (ip(7), IP_BIND_ADDRESS_NO_PORT). False with errno. */
static bool bind_source(const struct engine *e, const struct conn *c)
{
        const struct sockaddr_in *target = (const void *)&e->options->target;
        struct sockaddr_in source = { .sin_family = AF_INET };
        uint32_t host = ntohl(target->sin_addr.s_addr), step = c->number / e->ports_per_source;
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

/* The rest of a connect that could not be begun. */
static bool refuse(struct engine *e, struct conn *c, int error)
{
        if (kind_of(error) == LOAD_NO_PORT)
                load_result_error(&e->result, LOAD_NO_PORT,
                                  "connection %u: no local port is left for this target: "
                                  "net.ipv4.ip_local_port_range has %u, those of connections just closed "
                                  "included, and only loopback's IPv4 has several source addresses",
                                  c->number, local_ports());
        else
                conn_fail(e, c, "connect", error);
        conn_close(e, c);
        return false;
}

/* Begin to connect C. */
static bool begin(struct engine *e, struct conn *c)
{
        const struct sockaddr *target = (const struct sockaddr *)&e->options->target;
        int one = 1;

        c->start_ns = engine_now_ns();
        c->fd = socket(target->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        c->open = c->fd >= 0;
        e->live += c->open;
        if (c->open && setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0 &&
            bind_source(e, c) &&
            (connect(c->fd, target, e->options->target_bytes) == 0 || errno == EINPROGRESS) &&
            watch(e, c, EPOLL_CTL_ADD, EPOLLOUT))
                return true;
        return refuse(e, c, errno);
}

/* C is connected, or is not. One that was before has news that nobody asked for: the server ended it, or speaks. */
static bool finish(struct engine *e, struct conn *c)
{
        int error = 0;
        socklen_t bytes = sizeof(error);

        if (c->connected) {
                conn_receive(e, c);
                return c->open;
        }
        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 && error == 0 &&
            watch(e, c, EPOLL_CTL_MOD, EPOLLIN)) {
                hist_record(&e->result.connect, engine_now_ns() - c->start_ns);
                e->result.connected++;
                c->connected = true;
                return true;
        }
        return refuse(e, c, error ? error : errno);
}

bool engine_connect(struct engine *e, unsigned step)
{
        struct epoll_event events[EVENTS];
        unsigned want = (unsigned)((uint64_t)e->count * step / e->options->steps);
        unsigned begun = (unsigned)e->result.connected;
        uint64_t start_ns = engine_now_ns();

        e->ports_per_source = ports_per_source();
        while (e->result.connected < want) {
                unsigned done = (unsigned)e->result.connected;
                uint64_t deadline_ns = engine_now_ns() + e->options->stall_ns;
                int n;

                while (begun < want && begun - done < CONNECTING_AT_A_TIME)
                        if (!begin(e, &e->conns[begun++]))
                                return false;
                n = engine_wait(e, events, EVENTS, deadline_ns);
                for (int i = 0; i < n; i++)
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
