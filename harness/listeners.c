/* SPDX-License-Identifier: MIT */
/* Listening sockets, one for each worker or one for all. */
#include "harness/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/address.h"

static bool set(int fd, int level, int option, int value)
{
        return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* A port that was asked for by its number may still have connections that wait for their end. */
static int listen_at(struct sockaddr_storage *address, socklen_t bytes, bool reuse_port, bool nodelay)
{
        int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

        if (fd < 0)
                return -errno;
        if ((!reuse_port || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
            (!address_port(address) || set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) &&
            set(fd, IPPROTO_TCP, TCP_NODELAY, nodelay) && bind(fd, (struct sockaddr *)address, bytes) == 0 &&
            listen(fd, LISTENERS_BACKLOG) == 0 && getsockname(fd, (struct sockaddr *)address, &bytes) == 0)
                return fd;
        error = -errno;
        close(fd);
        return error;
}

static int share(int fd)
{
        int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        return other < 0 ? -errno : other;
}

int listeners_open(struct listeners *l, struct sockaddr_storage *address, socklen_t bytes, unsigned count,
                   bool own, bool nodelay)
{
        *l = (struct listeners){ .fds = calloc(count, sizeof(*l->fds)) };
        if (!l->fds)
                return -ENOMEM;
        while (l->count < count) {
                int fd = l->count && !own ? share(l->fds[0])
                                          : listen_at(address, bytes, own && count > 1, nodelay);

                if (fd < 0) {
                        while (l->count)
                                close(l->fds[--l->count]);
                        listeners_free(l);
                        return fd;
                }
                l->fds[l->count++] = fd;
        }
        return 0;
}

void listeners_free(struct listeners *l)
{
        free(l->fds);
        *l = (struct listeners){ 0 };
}
