/* SPDX-License-Identifier: MIT */
/* Small reads of /proc and /sys, below a root that tests can make up. */
#ifndef AB_SYSFILE_H
#define AB_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read the file ROOT/PATH (made by FORMAT) into TEXT, zero-terminated, cut at BYTES - 1. False, and an
 * empty TEXT, when it cannot be read. ROOT is "" for this machine. */
bool sysfile_read(char *text, size_t bytes, const char *root, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The same for a file of one line: without its newline. */
bool sysfile_line(char *text, size_t bytes, const char *root, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The number that follows NAME and blanks at the start of a line of TEXT ("oom_kill 3"). False: no such
 * line. */
bool sysfile_field(const char *text, const char *name, uint64_t *value);

/* Where this process's cgroup keeps the files of CONTROLLER, below ROOT: "/sys/fs/cgroup/..." (version 2)
 * or "/sys/fs/cgroup/CONTROLLER/..." (version 1). Returns the version, 0 when there is none. The path is
 * for reading only and never recorded. */
int sysfile_cgroup(const char *root, const char *controller, char *path, size_t bytes);

#endif
