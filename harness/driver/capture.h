/* SPDX-License-Identifier: MIT */
/* Run a short command and take what it prints. */
#ifndef AB_CAPTURE_H
#define AB_CAPTURE_H

#include <stddef.h>

/* Run ARGV, a path or a name on PATH, and put its standard output into *TEXT, zero-terminated and freed by
 * the caller. It gets a fixed environment, no input, DEADLINE_MS and room for MAX_BYTES, and is killed
 * beyond these. Returns its exit status, or -1 with one line in ERROR; then *TEXT is NULL. */
int capture_run(char *const argv[], size_t max_bytes, unsigned deadline_ms, char **text, char *error,
                size_t error_bytes);

/* The environment of every program that the driver starts: what a library would read from the user's own
 * (LIBEV_FLAGS, EVENT_*, UV_*, TOKIO_*, GLIBC_TUNABLES, MALLOC_*, LD_*) is not in it. Ends at NULL. */
extern char *const capture_environment[];

#endif
