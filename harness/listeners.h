/* SPDX-License-Identifier: MIT */
/* The listening sockets of a server: made by the harness, alike for all rows. */
#ifndef AB_LISTENERS_H
#define AB_LISTENERS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { LISTENERS_BACKLOG = 4096 };

struct listeners {
        int *fds; /* one per worker, each its worker's own to close */
        unsigned count;
};

/*
 * Listen at ADDRESS of BYTES, whose port 0 is replaced by the one that the kernel picks, with COUNT descriptors: of
 * a socket each (OWN, SO_REUSEPORT) or of one socket. They do not block. NODELAY: what is accepted from them has
 * TCP_NODELAY by inheritance. 0 or -errno, and then nothing is left open.
 */
int listeners_open(struct listeners *l, struct sockaddr_storage *address, socklen_t bytes, unsigned count,
                   bool own, bool nodelay);

/* Free the list; its sockets are the server's. */
void listeners_free(struct listeners *l);

#endif
