/* SPDX-License-Identifier: MIT */
/* gnuplot as another program: running it without trusting it to end. */
#include "harness/report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- the process */

static int spawn(const char *dir, const char *name, int output, pid_t *pid)
{
        char *const argv[] = { (char *)"gnuplot", (char *)"-d", (char *)name, NULL };
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        int rc;

        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
        posix_spawn_file_actions_addchdir_np(&files, dir);
        /* A group of its own, so that all it started can be killed with it. */
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        posix_spawnattr_setpgroup(&attributes, 0);
        rc = posix_spawnp(pid, "gnuplot", &files, &attributes, argv, environ);
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
        return rc;
}

/* False when PID did not end in time, and was killed. */
static bool wait_for(pid_t pid, unsigned timeout_ms, int *status)
{
        struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
        int rc = 0;

        if (ended.fd >= 0) {
                do
                        rc = poll(&ended, 1, (int)timeout_ms);
                while (rc < 0 && errno == EINTR);
                close(ended.fd);
        }
        if (rc <= 0)
                kill(-pid, SIGKILL);
        while (waitpid(pid, status, 0) < 0 && errno == EINTR)
                continue;
        return rc > 0;
}

static void first_line(int fd, char *line, size_t bytes)
{
        char text[2048];
        ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
        char *at = text;

        text[n > 0 ? n : 0] = '\0';
        /* gnuplot shows the line it stumbled over and a caret first, then what is wrong. */
        while (*at == '\n' || *at == ' ' || *at == '^')
                at++;
        snprintf(line, bytes, "%.*s", (int)strcspn(at, "\n"), at);
}

static bool judge(int status, bool in_time, unsigned timeout_ms, int output, char *why, size_t why_bytes)
{
        char line[256];

        if (!in_time)
                snprintf(why, why_bytes, "gnuplot did not end within %g s and was killed",
                         timeout_ms / 1000.0);
        else if (WIFSIGNALED(status))
                snprintf(why, why_bytes, "gnuplot was ended by signal %d", WTERMSIG(status));
        else if (WEXITSTATUS(status) == 127)
                snprintf(why, why_bytes, "gnuplot is not installed");
        else if (WEXITSTATUS(status) != 0) {
                first_line(output, line, sizeof(line));
                snprintf(why, why_bytes, "gnuplot failed with status %d: %s", WEXITSTATUS(status), line);
        } else
                return true;
        return false;
}

bool gnuplot_run(const char *dir, const char *name, unsigned timeout_ms, char *why, size_t why_bytes)
{
        int output = memfd_create("gnuplot", MFD_CLOEXEC), status = 0, rc;
        bool in_time, ok = false;
        pid_t pid;

        if (output < 0) {
                snprintf(why, why_bytes, "no memory for gnuplot's messages: %s", strerror(errno));
                return false;
        }
        rc = spawn(dir, name, output, &pid);
        if (rc != 0) {
                snprintf(why, why_bytes,
                         rc == ENOENT ? "gnuplot is not installed" : "gnuplot cannot be started: %s",
                         strerror(rc));
        } else {
                in_time = wait_for(pid, timeout_ms, &status);
                ok = judge(status, in_time, timeout_ms, output, why, why_bytes);
        }
        close(output);
        return ok;
}
