/* SPDX-License-Identifier: MIT */
/* One sample as a process, from fork to the last of its descendants. */
#include "harness/driver/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/driver/capture.h"
#include "harness/driver/clock.h"
#include "harness/driver/interrupt.h"
#include "harness/driver/plain.h"
#include "harness/driver/tree.h"
#include "harness/sysfile.h"

enum { RECORDS_FD = 3, PAD_MAX = 4096, KILL_AFTER_MS = 1000, LEAVE_MS = 100 };

/* A sample while it runs. */
struct child {
        const struct child_job *job;
        struct records *records;
        struct child_end *end;
        pid_t pid;
        int pidfd, pipe, output; /* output is a file in memory for what it prints */
        uint64_t phase_start_ns;
        sigset_t open; /* the mask that lets signals in */
};

static unsigned untraced_limit_ms(const struct child_limits *limits, enum phase phase)
{
        switch (phase) {
        case PHASE_START:
                return 5000;
        case PHASE_WARM_UP:
                return limits->warmup_ms + limits->warmup_ms / 5 + 1000;
        case PHASE_WINDOW:
                return limits->window_ms + limits->window_ms / 5 + 1000;
        case PHASE_READY:
        case PHASE_DRAIN:
                return 5000 + limits->stall_ms;
        case PHASE_DONE:
                break;
        }
        return 2000;
}

unsigned child_phase_limit_ms(const struct child_limits *limits, enum phase phase)
{
        return untraced_limit_ms(limits, phase) * (limits->counted ? 3 : 1);
}

/* ---- in the new process, between fork and exec ------------------------------------------------- */

/* The kernel should rather kill a sample than the driver or the user's editor. */
static void prefer_as_victim(void)
{
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return;
        if (write(fd, "500", 3) < 0)
                errno = 0; /* it works without */
        close(fd);
}

static _Noreturn void become_sample(const struct child *c, int records, pid_t driver,
                                    char *const environment[])
{
        sigset_t none;

        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != driver)
                _exit(127);
        sched_setaffinity(0, sizeof(c->job->cpus), &c->job->cpus);
        prefer_as_victim();
        if (dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(c->output, 1) < 0 || dup2(c->output, 2) < 0)
                _exit(127);
        if (records == RECORDS_FD ? fcntl(records, F_SETFD, 0) < 0 : dup2(records, RECORDS_FD) < 0)
                _exit(127);
        close_range(RECORDS_FD + 1, ~0u, 0);
        signal(SIGPIPE, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve(c->job->argv[0], c->job->argv, environment);
        dprintf(2, "%s\n", strerror(errno));
        _exit(127);
}

/* ---- in the driver ------------------------------------------------------------------------------- */

/* Start the sample. 0 or -errno. */
static int start(struct child *c)
{
        char pad[PAD_MAX + 8], session[128];
        char *environment[8];
        pid_t driver = getpid();
        size_t n = 0;
        int ends[2];

        for (; capture_environment[n]; n++)
                environment[n] = capture_environment[n];
        snprintf(session, sizeof(session), "AB_SESSION=%s", c->job->nonce);
        memset(pad, 'x', sizeof(pad));
        memcpy(pad, "AB_PAD=", 7);
        pad[7 + c->job->pad_bytes % PAD_MAX] = '\0';
        environment[n++] = session;
        environment[n++] = pad;
        environment[n] = NULL;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        c->pid = fork();
        if (c->pid == 0)
                become_sample(c, ends[1], driver, environment);
        close(ends[1]);
        c->pipe = ends[0];
        if (c->pid < 0)
                return -errno;
        setpgid(c->pid, c->pid);
        interrupt_guard(c->pid);
        fcntl(c->pipe, F_SETFL, O_NONBLOCK);
        c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
        return c->pidfd < 0 ? -errno : 0;
}

/* Take what the pipe holds. False when it broke the protocol. */
static bool listen_now(struct child *c)
{
        char block[65536];
        ssize_t n;

        while (c->pipe >= 0) {
                enum phase before = c->records->phase;

                n = read(c->pipe, block, sizeof(block));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return true;
                if (n == 0) {
                        close(c->pipe);
                        c->pipe = -1;
                        return records_finish(c->records);
                }
                if (!records_feed(c->records, block, (size_t)n))
                        return false;
                if (c->records->phase != before)
                        c->phase_start_ns = clock_now_ns();
        }
        return true;
}

/* Wait until the sample speaks or ends. 0 when DEADLINE_NS came first. */
static int wait_for_news(struct child *c, uint64_t deadline_ns, bool *ended)
{
        struct pollfd news[] = { { .fd = c->pidfd, .events = POLLIN }, { .fd = c->pipe, .events = POLLIN } };
        uint64_t now = clock_now_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
        struct timespec wait = { .tv_sec = (time_t)(left / 1000000000u),
                                 .tv_nsec = (long)(left % 1000000000u) };
        int n = ppoll(news, 2, &wait, &c->open);

        *ended = n > 0 && news[0].revents;
        return n;
}

/* Listen until the sample has ended by itself, or something else has ended it. */
static enum child_cause watch(struct child *c)
{
        for (;;) {
                uint64_t limit_ms = child_phase_limit_ms(&c->job->limits, c->records->phase);
                bool ended;
                int news = wait_for_news(c, c->phase_start_ns + limit_ms * 1000000, &ended);

                if (interrupt_pending())
                        return CHILD_INTERRUPTED;
                if (news == 0)
                        return CHILD_TIMEOUT;
                if (!listen_now(c))
                        return CHILD_PROTOCOL;
                if (ended)
                        return CHILD_EXITED;
        }
}

/* TERM to all of it; what is left after a second is killed. */
static void terminate(struct child *c)
{
        uint64_t deadline_ns = clock_now_ns() + KILL_AFTER_MS * 1000000ull;
        struct pollfd gone = { .fd = c->pidfd, .events = POLLIN };

        tree_signal(SIGTERM);
        while (clock_now_ns() < deadline_ns && poll(&gone, 1, 10) == 0)
                continue;
        kill(-c->pid, SIGKILL);
        tree_signal(SIGKILL);
}

/* Reap the sample itself: its status and what it used. */
static void reap(struct child *c)
{
        struct rusage used = { 0 };
        int status = 0;

        while (wait4(c->pid, &status, 0, &used) < 0 && errno == EINTR)
                continue;
        c->end->cpu_ns = ((uint64_t)used.ru_utime.tv_sec + (uint64_t)used.ru_stime.tv_sec) * 1000000000u +
                         ((uint64_t)used.ru_utime.tv_usec + (uint64_t)used.ru_stime.tv_usec) * 1000u;
        if (c->end->cause != CHILD_EXITED)
                return;
        if (WIFSIGNALED(status)) {
                c->end->cause = CHILD_SIGNALLED;
                c->end->code = WTERMSIG(status);
        } else {
                c->end->code = WEXITSTATUS(status);
        }
}

/* A child of the sample that is only slow to go is not left over; one that stays is. */
static void sweep(struct child *c)
{
        uint64_t deadline_ns = clock_now_ns() + LEAVE_MS * 1000000ull;

        while (tree_alive() && clock_now_ns() < deadline_ns)
                clock_sleep_ms(5);
        if (!tree_alive())
                return;
        c->end->leftover = true;
        tree_kill();
}

/* How often the kernel has killed for want of memory: in this cgroup, and on the whole machine. */
static uint64_t oom_kills(const char *root)
{
        char path[PATH_MAX], text[16384];
        uint64_t here = 0, everywhere = 0;
        int version = sysfile_cgroup(root, "memory", path, sizeof(path));

        if (version)
                sysfile_read(text, sizeof(text), root, "%s/%s", path,
                             version == 1 ? "memory.oom_control" : "memory.events");
        if (!version || !sysfile_field(text, "oom_kill", &here))
                here = 0;
        if (!sysfile_read(text, sizeof(text), root, "/proc/vmstat") ||
            !sysfile_field(text, "oom_kill", &everywhere))
                everywhere = 0;
        return here + everywhere;
}

/* The end of what the sample printed, without what a terminal or JSON would choke on. */
static void keep_output(struct child *c)
{
        char *text = c->end->output;
        off_t size = lseek(c->output, 0, SEEK_END), keep = (off_t)sizeof(c->end->output) - 1;
        ssize_t n = pread(c->output, text, (size_t)keep, size > keep ? size - keep : 0);

        n = n < 0 ? 0 : n;
        while (n > 0 && text[n - 1] == '\n')
                n--;
        text[n] = '\0';
        plain_text(text);
}

static void run_started(struct child *c)
{
        c->end->cause = watch(c);
        c->end->phase = c->records->phase;
        if (c->end->cause == CHILD_TIMEOUT) {
                tree_describe(c->pid, c->end->threads, sizeof(c->end->threads));
                plain_text(c->end->threads);
                terminate(c);
        } else if (c->end->cause != CHILD_EXITED) {
                terminate(c);
        }
        reap(c);
        if (c->end->cause == CHILD_EXITED || c->end->cause == CHILD_SIGNALLED)
                sweep(c);
        else
                tree_kill();
}

void child_run(const struct child_job *job, struct records *r, struct child_end *end)
{
        struct child c = { .job = job, .records = r, .end = end, .pidfd = -1, .pipe = -1 };
        uint64_t kills = oom_kills(job->root), start_ns = clock_now_ns();
        int rc;

        *end = (struct child_end){ .cause = CHILD_NOT_STARTED };
        interrupt_block(&c.open);
        c.output = memfd_create("sample-output", MFD_CLOEXEC);
        c.phase_start_ns = start_ns;
        rc = c.output < 0 ? -errno : start(&c);
        if (rc == 0)
                run_started(&c);
        else
                end->code = -rc;
        interrupt_guard(0);
        end->wall_ns = clock_now_ns() - start_ns;
        end->oom = end->cause == CHILD_SIGNALLED && end->code == SIGKILL && oom_kills(job->root) > kills;
        if (c.output >= 0)
                keep_output(&c);
        for (int *fd = (int[]){ c.pipe, c.pidfd, c.output, -2 }; *fd != -2; fd++)
                if (*fd >= 0)
                        close(*fd);
        interrupt_unblock(&c.open);
}
