/* SPDX-License-Identifier: MIT */
/* asyncbench-syscalls: runs one sample under ptrace and adds the system calls per operation to its records. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/protocol.h"

/*
 *   asyncbench-syscalls EXECUTABLE sample --runtime ROW ... --out-fd N
 *
 * To whoever reads descriptor N this is the executable itself, and it ends in the same way: its records pass
 * through, and before the outcome come syscalls_per_op, failed_syscalls_per_op, enters_per_op and
 * submissions_per_op (io_uring). Counted are the calls that ended between the phases `ready` and `done` on all
 * threads but main and the watchdog, divided by the first `count` record, which is the number of finished
 * operations. Each call stops its thread twice, so times are worthless: the sample's own metrics and histograms
 * do not pass. Refused ptrace is a skip record and exit 77; so is a sanitizer, whose own calls would be counted.
 */

enum { THREADS_MAX = 16384 };

struct thread_count {
        pid_t tid;
        bool left_out; /* the watchdog */
        uint64_t calls, failed, enters, submissions;
};

struct trace {
        pid_t child;
        int out_fd;
        int records_fd; /* a file in memory: a pipe that is full would stop the sample while nobody reads */
        off_t read_bytes;
        bool counting;
        double operations; /* as the sample counts them; 0 = not yet */
        char buffer[PROTOCOL_LINE_BYTES];
        size_t buffered;
        struct thread_count threads[THREADS_MAX];
        size_t thread_count;
};

static _Noreturn void die(const char *what)
{
        fprintf(stderr, "asyncbench-syscalls: %s: %s\n", what, strerror(errno));
        exit(PROTOCOL_CHECK_FAILED);
}

static void write_all(int fd, const char *data, size_t bytes)
{
        while (bytes) {
                ssize_t n = write(fd, data, bytes);

                if (n < 0 && errno != EINTR)
                        die("write");
                if (n > 0) {
                        data += n;
                        bytes -= (size_t)n;
                }
        }
}

/* ---- the records, as they pass ------------------------------------------------------------------------- */

static void add_metric(const struct trace *t, const char *name, uint64_t value)
{
        char line[256];
        int length = snprintf(line, sizeof(line),
                              "{\"record\":\"metric\",\"name\":\"%s\",\"unit\":\"1/op\",\"value\":%.9g}\n",
                              name, (double)value / t->operations);

        write_all(t->out_fd, line, (size_t)length);
}

static void add_metrics(const struct trace *t)
{
        struct thread_count sum = { 0 };

        if (t->operations <= 0)
                return;
        for (size_t i = 0; i < t->thread_count; i++) {
                const struct thread_count *c = &t->threads[i];

                if (c->left_out || c->tid == t->child)
                        continue;
                sum.calls += c->calls;
                sum.failed += c->failed;
                sum.enters += c->enters;
                sum.submissions += c->submissions;
        }
        add_metric(t, "syscalls_per_op", sum.calls);
        add_metric(t, "failed_syscalls_per_op", sum.failed);
        if (sum.enters) {
                add_metric(t, "enters_per_op", sum.enters);
                add_metric(t, "submissions_per_op", sum.submissions);
        }
}

static bool is_operations(const json_t *record)
{
        const char *name = json_string_value(json_object_get(record, "name"));

        return name && strcmp(name, "operations") == 0;
}

/* Does the record pass on? */
static bool see_record(struct trace *t, const json_t *record)
{
        const char *kind = json_string_value(json_object_get(record, "record"));
        const char *phase = json_string_value(json_object_get(record, "phase"));

        if (!kind)
                return true;
        if (strcmp(kind, "phase") == 0 && phase) {
                if (strcmp(phase, "ready") == 0)
                        t->counting = true;
                else if (strcmp(phase, "done") == 0)
                        t->counting = false;
        } else if (strcmp(kind, "count") == 0 && is_operations(record)) {
                t->operations = json_number_value(json_object_get(record, "value"));
        } else if (strcmp(kind, "outcome") == 0) {
                add_metrics(t);
        }
        return strcmp(kind, "metric") != 0 && strcmp(kind, "histogram") != 0;
}

/* Whole lines pass on; what is not JSON does too, for the reader to judge. */
static void pass_whole_lines(struct trace *t)
{
        char *line = t->buffer, *end;

        while ((end = memchr(line, '\n', t->buffered - (size_t)(line - t->buffer)))) {
                json_t *record = json_loadb(line, (size_t)(end - line), 0, NULL);

                if (see_record(t, record))
                        write_all(t->out_fd, line, (size_t)(end + 1 - line));
                json_decref(record);
                line = end + 1;
        }
        t->buffered -= (size_t)(line - t->buffer);
        memmove(t->buffer, line, t->buffered);
}

static void pass_rest(struct trace *t)
{
        write_all(t->out_fd, t->buffer, t->buffered);
        t->buffered = 0;
}

static void pass_records(struct trace *t)
{
        ssize_t n;

        while ((n = pread(t->records_fd, t->buffer + t->buffered, sizeof(t->buffer) - t->buffered,
                          t->read_bytes)) > 0) {
                t->read_bytes += n;
                t->buffered += (size_t)n;
                pass_whole_lines(t);
                if (t->buffered == sizeof(t->buffer)) /* longer than a line may be */
                        pass_rest(t);
        }
}

/* ---- the threads ----------------------------------------------------------------------------------------- */

static struct thread_count *thread_of(struct trace *t, pid_t tid)
{
        for (size_t i = t->thread_count; i-- > 0;)
                if (t->threads[i].tid == tid)
                        return &t->threads[i];
        if (t->thread_count == THREADS_MAX) {
                errno = E2BIG;
                die("threads");
        }
        t->threads[t->thread_count].tid = tid;
        return &t->threads[t->thread_count++];
}

/* A thread's name is known when it uses it for the last time: when it ends, or at the end of the sample. */
static bool is_watchdog(pid_t child, pid_t tid)
{
        char path[64], name[32] = "";
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", child, tid);
        file = fopen(path, "re");
        if (!file)
                return false;
        if (!fgets(name, sizeof(name), file))
                name[0] = '\0';
        fclose(file);
        return strcmp(name, "watchdog\n") == 0;
}

static void see_call_end(struct trace *t, pid_t tid, const struct __ptrace_syscall_info *info,
                         uint64_t number)
{
        struct thread_count *c = thread_of(t, tid);

        if (number == SYS_write)
                pass_records(t); /* a phase may have been written */
        if (!t->counting)
                return;
        c->calls++;
        c->failed += info->exit.is_error;
        if (number == SYS_io_uring_enter) {
                c->enters++;
                c->submissions += info->exit.rval > 0 ? (uint64_t)info->exit.rval : 0;
        }
}

/* The number of a call is told at its start only. */
static void see_syscall(struct trace *t, pid_t tid, uint64_t *numbers)
{
        struct __ptrace_syscall_info info;
        size_t slot = (size_t)(thread_of(t, tid) - t->threads);

        if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
                return;
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
                numbers[slot] = info.entry.nr;
        else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
                see_call_end(t, tid, &info, numbers[slot]);
}

static int trace_loop(struct trace *t)
{
        static uint64_t numbers[THREADS_MAX];
        int status;

        for (;;) {
                pid_t tid = waitpid(-1, &status, __WALL);
                int deliver = 0;

                if (tid < 0)
                        die("waitpid");
                if (WIFEXITED(status) || WIFSIGNALED(status)) {
                        if (tid == t->child)
                                return status;
                        continue;
                }
                if (WSTOPSIG(status) == (SIGTRAP | 0x80))
                        see_syscall(t, tid, numbers);
                else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
                        thread_of(t, tid)->left_out = is_watchdog(t->child, tid);
                else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP)
                        deliver = WSTOPSIG(status);
                ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)deliver);
        }
}

/* ---- starting ---------------------------------------------------------------------------------------------- */

static int out_fd_of(int argc, char **argv)
{
        for (int i = 2; i + 1 < argc; i++)
                if (strcmp(argv[i], "--out-fd") == 0)
                        return atoi(argv[i + 1]);
        return -1;
}

static _Noreturn void start_sample(char **argv, int records_fd, int out_fd)
{
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) || dup2(records_fd, out_fd) < 0 ||
            ptrace(PTRACE_TRACEME, 0, NULL, NULL))
                _exit(PROTOCOL_SKIPPED);
        raise(SIGSTOP);
        execv(argv[1], argv + 1);
        _exit(PROTOCOL_USAGE);
}

static int refuse(const struct trace *t, const char *why, const char *remedy)
{
        char line[512];
        int length = snprintf(line, sizeof(line),
                              "{\"record\":\"skip\",\"reason\":\"system calls cannot be counted: %s\","
                              "\"remedy\":\"%s\"}\n",
                              why, remedy);

        write_all(t->out_fd, line, (size_t)length);
        return PROTOCOL_SKIPPED;
}

/* As the sample ended, without a second core file. */
static int end_as(int status)
{
        if (WIFEXITED(status))
                return WEXITSTATUS(status);
        prctl(PR_SET_DUMPABLE, 0);
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
        return 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
        static struct trace t;
        int status;
        long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC |
                       PTRACE_O_EXITKILL;

        t.out_fd = out_fd_of(argc, argv);
        if (t.out_fd < 0) {
                fprintf(stderr, "usage: asyncbench-syscalls EXECUTABLE sample ... --out-fd N\n");
                return PROTOCOL_USAGE;
        }
        if (*AB_SANITIZE)
                return refuse(&t, "this build has a sanitizer, which makes calls of its own",
                              "build without AB_SANITIZE");
        t.records_fd = memfd_create("sample-records", MFD_CLOEXEC);
        if (t.records_fd < 0)
                die("memfd_create");
        t.child = fork();
        if (t.child < 0)
                die("fork");
        if (t.child == 0)
                start_sample(argv, t.records_fd, t.out_fd);
        if (waitpid(t.child, &status, 0) != t.child || !WIFSTOPPED(status) ||
            ptrace(PTRACE_SETOPTIONS, t.child, NULL, (void *)options) ||
            ptrace(PTRACE_SYSCALL, t.child, NULL, NULL))
                return refuse(
                        &t, "ptrace is refused here",
                        "allow ptrace: kernel.yama.ptrace_scope below 3, no seccomp profile against it");
        status = trace_loop(&t);
        pass_records(&t);
        pass_rest(&t);
        return end_as(status);
}
