/* SPDX-License-Identifier: MIT */
/* Looking at the threads of this process through /proc/self/task. */
#include "harness/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILE_BYTES = 4096, ARGUMENTS = 6 };

/* ---- reading ---------------------------------------------------------------------------------------- */

/* All of a small file as a string. False when it is not there. */
static bool file_read(pid_t tid, const char *file, char *text, size_t bytes)
{
        char path[64];
        ssize_t n;
        int fd;

        snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)tid, file);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        do
                n = read(fd, text, bytes - 1);
        while (n < 0 && errno == EINTR);
        close(fd);
        text[n > 0 ? n : 0] = '\0';
        return n > 0;
}

/* What stands behind "\nKEY:" in /proc/self/task/TID/status. */
static const char *status_field(const char *status, const char *key)
{
        const char *at = strstr(status, key);

        if (!at)
                return "";
        at += strlen(key);
        return at + strspn(at, " \t");
}

/* getdents64() and not readdir(), which allocates. */
ssize_t look_list(pid_t *tids, size_t max)
{
        _Alignas(struct dirent64) char buffer[FILE_BYTES];
        int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
        size_t count = 0;
        ssize_t n;

        if (fd < 0)
                return -errno;
        while ((n = getdents64(fd, buffer, sizeof(buffer))) > 0)
                for (ssize_t at = 0; at < n;) {
                        const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);

                        at += entry->d_reclen;
                        if (entry->d_name[0] == '.' || count > max)
                                continue;
                        if (count < max)
                                tids[count] = (pid_t)strtol(entry->d_name, NULL, 10);
                        count++;
                }
        error = errno;
        close(fd);
        return n < 0 ? -error : (ssize_t)count;
}

/* ---- system calls that wait --------------------------------------------------------------------------- */

enum timeout { NEVER_WAITS, BY_POINTER, BY_MS, BY_FUTEX, BY_RING };

/* Where each call says how long it waits: NULL or a negative number of ms is for ever. */
static const struct call {
        long number;
        const char *name;
        enum look_state state;
        enum timeout timeout;
        unsigned argument;
} calls[] = {
        { SYS_futex, "futex", LOOK_LOCK, BY_FUTEX, 3 },
#ifdef SYS_futex_waitv
        { SYS_futex_waitv, "futex_waitv", LOOK_LOCK, BY_POINTER, 3 },
#endif
#ifdef SYS_epoll_wait /* aarch64 has only the newer calls of each kind */
        { SYS_epoll_wait, "epoll_wait", LOOK_LOOP, BY_MS, 3 },
#endif
        { SYS_epoll_pwait, "epoll_pwait", LOOK_LOOP, BY_MS, 3 },
#ifdef SYS_epoll_pwait2
        { SYS_epoll_pwait2, "epoll_pwait2", LOOK_LOOP, BY_POINTER, 3 },
#endif
#ifdef SYS_poll
        { SYS_poll, "poll", LOOK_LOOP, BY_MS, 2 },
#endif
        { SYS_ppoll, "ppoll", LOOK_LOOP, BY_POINTER, 2 },
#ifdef SYS_select
        { SYS_select, "select", LOOK_LOOP, BY_POINTER, 4 },
#endif
        { SYS_pselect6, "pselect6", LOOK_LOOP, BY_POINTER, 4 },
        { SYS_io_uring_enter, "io_uring_enter", LOOK_LOOP, BY_RING, 2 },
        /* never part of a proof; named so that the evidence can be read */
        { SYS_clock_nanosleep, "clock_nanosleep", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_nanosleep, "nanosleep", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_read, "read", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_write, "write", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_recvfrom, "recvfrom", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_recvmsg, "recvmsg", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_sendto, "sendto", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_accept4, "accept4", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_wait4, "wait4", LOOK_OTHER, NEVER_WAITS, 0 },
        { SYS_rt_sigtimedwait, "rt_sigtimedwait", LOOK_OTHER, NEVER_WAITS, 0 },
};

static const struct call *call_find(long number)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (calls[i].number == number)
                        return &calls[i];
        return NULL;
}

static bool futex_waits(unsigned long operation)
{
        switch ((int)operation & FUTEX_CMD_MASK) {
        case FUTEX_WAIT:
        case FUTEX_WAIT_BITSET:
        case FUTEX_LOCK_PI:
                return true;
        default:
                return false;
        }
}

/* Does a wait with these arguments end by itself? What is not understood does. */
static bool is_timed(const struct call *call, const unsigned long *arguments, int64_t *timeout_ms)
{
        unsigned long value = arguments[call->argument];

        switch (call->timeout) {
        case BY_POINTER:
                return value != 0;
        case BY_MS:
                *timeout_ms = (int)value < 0 ? -1 : (int)value;
                return (int)value >= 0;
        case BY_FUTEX:
                return value != 0 || !futex_waits(arguments[1]);
        case BY_RING: /* it must wait for a completion, and bring no struct with a timeout */
                return value == 0 || (arguments[3] & IORING_ENTER_EXT_ARG);
        case NEVER_WAITS:
                break;
        }
        return true;
}

/* "NUMBER 0xARG0 ... 0xARG5 0xSP 0xPC", "-1 0xSP 0xPC", or "running" */
static void look_at_call(struct look *look, const char *text)
{
        unsigned long arguments[ARGUMENTS];
        const struct call *call;
        char *at;

        look->number = strtol(text, &at, 10);
        if (at == text) {
                look->state = LOOK_RUNNING;
                return;
        }
        look->state = LOOK_OTHER;
        call = call_find(look->number);
        if (!call)
                return;
        for (size_t i = 0; i < ARGUMENTS; i++)
                arguments[i] = strtoul(at, &at, 16);
        look->call = call->name;
        look->state = call->state;
        look->timed = is_timed(call, arguments, &look->timeout_ms);
}

static void look_at_status(struct look *look, const char *status)
{
        const char *name = status_field(status, "Name:");
        size_t length = strcspn(name, "\n");

        if (length >= sizeof(look->name))
                length = sizeof(look->name) - 1;
        memcpy(look->name, name, length);
        look->name[length] = '\0';
        look->of_ring = strncmp(look->name, "iou-", 4) == 0;
        look->switches = strtoull(status_field(status, "\nvoluntary_ctxt_switches:"), NULL, 10) +
                         strtoull(status_field(status, "\nnonvoluntary_ctxt_switches:"), NULL, 10);
}

/* The state comes from `status`, the wait from `syscall`. A thread that wakes between the two, or
 * between two looks, cannot fall asleep again without a further context switch. */
void look_at(struct look *look, pid_t tid)
{
        char text[FILE_BYTES];
        char state;

        *look = (struct look){ .tid = tid, .state = LOOK_GONE, .timeout_ms = -1, .number = -1 };
        if (!file_read(tid, "status", text, sizeof(text)))
                return;
        look_at_status(look, text);
        state = *status_field(text, "\nState:");
        if (state == 'Z' || state == 'X')
                return;
        look->state = LOOK_RUNNING;
        if (state != 'S' && state != 'D')
                return;
        if (file_read(tid, "syscall", text, sizeof(text)))
                look_at_call(look, text);
        else
                look->state = file_read(tid, "status", text, sizeof(text)) ? LOOK_UNKNOWN : LOOK_GONE;
}
