/* SPDX-License-Identifier: MIT */
/* Addresses and ports as they are written on a command line: "127.0.0.1:7" or "[::1]:7". */
#ifndef AB_ADDRESS_H
#define AB_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

/* Parse TEXT into ADDRESS of *BYTES. NULL, or what is wrong with it, as words that go on after a colon. */
const char *address_parse(const char *text, struct sockaddr_storage *address, socklen_t *bytes);

/* ADDRESS into TEXT. Returns TEXT. */
const char *address_format(const struct sockaddr_storage *address, char *text, size_t bytes);

/* Its port. */
unsigned address_port(const struct sockaddr_storage *address);

#endif
