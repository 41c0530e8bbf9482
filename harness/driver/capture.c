/* SPDX-License-Identifier: MIT */
/* Run a short command and take what it prints. */
#include "harness/driver/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/driver/clock.h"

char *const capture_environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", NULL };

/* Start ARGV with its standard output on descriptor OUT, in a process group of its own. 0 or an errno. */
static int start(char *const argv[], int out, pid_t *pid)
{
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        int rc;

        if (posix_spawn_file_actions_init(&files) != 0)
                return ENOMEM;
        if (posix_spawnattr_init(&attributes) != 0) {
                posix_spawn_file_actions_destroy(&files);
                return ENOMEM;
        }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, out, 1);
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        rc = posix_spawnp(pid, argv[0], &files, &attributes, argv, capture_environment);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&files);
        return rc;
}

/* Read FD to its end. NULL, or why not. */
static const char *read_all(int fd, char *text, size_t max_bytes, uint64_t deadline_ns)
{
        size_t used = 0;

        for (;;) {
                struct pollfd ready = { .fd = fd, .events = POLLIN };
                uint64_t now = clock_now_ns();
                ssize_t n;

                if (now >= deadline_ns || poll(&ready, 1, (int)((deadline_ns - now) / 1000000) + 1) == 0)
                        return "it did not answer in time";
                n = read(fd, text + used, max_bytes - used);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return strerror(errno);
                used += (size_t)n;
                text[used] = '\0';
                if (n == 0)
                        return NULL;
                if (used == max_bytes)
                        return "it answered too much";
        }
}

static int finish(pid_t pid)
{
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int capture_run(char *const argv[], size_t max_bytes, unsigned deadline_ms, char **text, char *error,
                size_t error_bytes)
{
        uint64_t deadline_ns = clock_now_ns() + deadline_ms * 1000000ull;
        const char *why;
        int ends[2], rc, status = -1;
        pid_t pid;

        *text = malloc(max_bytes + 1);
        if (!*text || pipe2(ends, O_CLOEXEC) < 0) {
                snprintf(error, error_bytes, "%s", strerror(errno));
                free(*text);
                *text = NULL;
                return -1;
        }
        (*text)[0] = '\0';
        rc = start(argv, ends[1], &pid);
        close(ends[1]);
        why = rc ? strerror(rc) : read_all(ends[0], *text, max_bytes, deadline_ns);
        close(ends[0]);
        if (rc == 0) {
                if (why)
                        kill(-pid, SIGKILL);
                status = finish(pid);
        }
        if (why) {
                snprintf(error, error_bytes, "%s", why);
                free(*text);
                *text = NULL;
                return -1;
        }
        return status;
}
