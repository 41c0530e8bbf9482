/* SPDX-License-Identifier: MIT */
/* One short call of an executable, its three streams kept in memory. */
#include "tests/exe/exe.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/driver/capture.h"

enum { DEADLINE_MS = 5000, STREAMS = 3, KEEP_BYTES = 1 << 20 };

/* Start ARGV with descriptors 1 to 3 on STREAMS. -1 when it cannot be started. */
static pid_t start(const char *const *argv, const int *streams)
{
        posix_spawn_file_actions_t files;
        pid_t pid;
        int rc;

        if (posix_spawn_file_actions_init(&files) != 0)
                errx(1, "out of memory");
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        for (int i = 0; i < STREAMS; i++)
                posix_spawn_file_actions_adddup2(&files, streams[i], i + 1);
        rc = posix_spawn(&pid, argv[0], &files, NULL, (char *const *)argv, capture_environment);
        posix_spawn_file_actions_destroy(&files);
        return rc ? -1 : pid;
}

static int finish(pid_t pid)
{
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status;
        struct pollfd gone = { .fd = pidfd, .events = POLLIN };
        bool late = pidfd >= 0 && poll(&gone, 1, DEADLINE_MS) == 0;

        if (late)
                kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        err(1, "waitpid");
        close(pidfd);
        if (late)
                return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What was written into the file in memory FD, which is closed. */
static char *take_text(int fd)
{
        char *text = malloc(KEEP_BYTES + 1);
        ssize_t n;

        if (!text)
                errx(1, "out of memory");
        n = pread(fd, text, KEEP_BYTES, 0);
        text[n > 0 ? n : 0] = '\0';
        close(fd);
        return text;
}

void call_run(struct call *call, const char *const *argv)
{
        int streams[STREAMS];
        pid_t pid;

        for (int i = 0; i < STREAMS; i++) {
                streams[i] = memfd_create("stream", MFD_CLOEXEC);
                if (streams[i] < 0)
                        err(1, "memfd_create");
        }
        pid = start(argv, streams);
        call->status = pid < 0 ? -1 : finish(pid);
        call->out = take_text(streams[0]);
        call->err = take_text(streams[1]);
        call->records = take_text(streams[2]);
}

void call_free(struct call *call)
{
        free(call->out);
        free(call->err);
        free(call->records);
}
