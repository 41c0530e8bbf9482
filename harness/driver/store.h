/* SPDX-License-Identifier: MIT */
/* The folder of a run, and the lock that keeps a second run off the machine. */
#ifndef AB_STORE_H
#define AB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make the new folder DIR, with the folders above it. 0, or -errno: -EEXIST when it is there already. */
int store_create(const char *dir);

/* Write TEXT as DIR/NAME: beside its place, synced, renamed. 0 or -errno. */
int store_write(const char *dir, const char *name, const char *text, size_t bytes);

/* Bytes that may still be written where DIR is or would be made. */
uint64_t store_free_bytes(const char *dir);

enum { STORE_NONCE_BYTES = 17 };

/* Take the lock of this machine and user. It is held until the process ends, and keeps NONCE, this session's;
 * *old is that of the session before, empty when there was none. 0, -EWOULDBLOCK when another run holds it,
 * or -errno. */
int store_lock(const char *nonce, char old[STORE_NONCE_BYTES]);

#endif
