/* SPDX-License-Identifier: MIT */
/* The folder of a run, and the lock. */
#include "harness/driver/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int store_create(const char *dir)
{
        char path[PATH_MAX];
        size_t length = (size_t)snprintf(path, sizeof(path), "%s", dir);

        if (length >= sizeof(path))
                return -ENAMETOOLONG;
        while (length > 1 && path[length - 1] == '/')
                path[--length] = '\0';
        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return mkdir(path, 0755) < 0 ? -errno : 0;
}

static int write_all(int fd, const char *text, size_t bytes)
{
        while (bytes) {
                ssize_t n = write(fd, text, bytes);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        text += n;
                        bytes -= (size_t)n;
                }
        }
        return fsync(fd) < 0 ? -errno : 0;
}

int store_write(const char *dir, const char *name, const char *text, size_t bytes)
{
        char temporary[PATH_MAX], path[PATH_MAX];
        int fd, rc;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        snprintf(temporary, sizeof(temporary), "%s/.%s.new", dir, name);
        fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;
        rc = write_all(fd, text, bytes);
        if (close(fd) < 0 && rc == 0)
                rc = -errno;
        if (rc == 0 && rename(temporary, path) < 0)
                rc = -errno;
        if (rc < 0)
                unlink(temporary);
        return rc;
}

uint64_t store_free_bytes(const char *dir)
{
        char path[PATH_MAX], *slash;
        struct statvfs fs;

        snprintf(path, sizeof(path), "%s", dir);
        while (statvfs(path, &fs) < 0) {
                slash = strrchr(path, '/');
                if (!slash)
                        return statvfs(".", &fs) < 0 ? 0 : (uint64_t)fs.f_bavail * fs.f_frsize;
                slash[slash == path] = '\0';
        }
        return (uint64_t)fs.f_bavail * fs.f_frsize;
}

int store_lock(const char *nonce, char old[STORE_NONCE_BYTES])
{
        const char *directory = getenv("TMPDIR");
        char path[PATH_MAX];
        ssize_t n;
        int fd;

        snprintf(path, sizeof(path), "%s/asyncbench-%u.lock", directory ? directory : "/tmp",
                 (unsigned)geteuid());
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                int rc = -errno;

                close(fd);
                return rc;
        }
        n = pread(fd, old, STORE_NONCE_BYTES - 1, 0);
        old[n < 0 ? 0 : n] = '\0';
        if (pwrite(fd, nonce, strlen(nonce), 0) < 0)
                return -errno;
        return 0; /* the descriptor stays open: closing it would give the lock up */
}
