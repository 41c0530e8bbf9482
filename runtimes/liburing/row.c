/* SPDX-License-Identifier: MIT */
/* Row `liburing`: whether it can run here, its version, card, mistakes and knobs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "runtimes/liburing/ring.h"
#include "runtimes/runtime.h"

/* ---- can it run here? ----------------------------------------------------------------------------------- */

/* The number after KEY at the start of a line of PATH; -1: there is none. */
static long number_in(const char *path, const char *key)
{
        FILE *file = fopen(path, "re");
        char line[256];
        long number = -1;

        while (file && number < 0 && fgets(line, sizeof(line), file))
                if (strncmp(line, key, strlen(key)) == 0)
                        number = strtol(line + strlen(key), NULL, 10);
        if (file)
                fclose(file);
        return number;
}

/* Both a filter and the kernel's own setting may say EPERM, a filter also that there is no such call. */
static const char *refusal(int error, const char **remedy)
{
        bool forbidden = error == -EPERM || error == -EACCES || error == -ENOSYS;

        if (forbidden && number_in("/proc/sys/kernel/io_uring_disabled", "") > 0) {
                *remedy = "sysctl kernel.io_uring_disabled=0";
                return "the setting kernel.io_uring_disabled forbids io_uring";
        }
        if (forbidden && number_in("/proc/self/status", "Seccomp:") == 2) {
                *remedy = "allow io_uring_setup, io_uring_enter and io_uring_register in the seccomp profile";
                return "a seccomp filter forbids io_uring";
        }
        switch (error) {
        case -ENOSYS:
                *remedy = "a kernel with CONFIG_IO_URING";
                return "this kernel is built without io_uring";
        case -ENOMEM:
                *remedy = "raise the limit of locked memory (ulimit -l)";
                return "the limit of locked memory is too low for a ring";
        case -EINVAL:
                *remedy = "Linux 6.1 or later";
                return "this kernel has no single-issuer ring with deferred task work";
        case -EAGAIN:
                *remedy = "Linux 6.1 or later";
                return "a message to another ring does not arrive";
        }
        return strerror(-error);
}

/* Really send one, since no version number says whether that works. -EAGAIN: it does not come. */
static int message_try(struct io_uring *to, struct io_uring *from)
{
        struct io_uring_sqe *sqe = io_uring_get_sqe(from);
        struct io_uring_cqe *cqe;
        int result;

        io_uring_prep_msg_ring(sqe, to->ring_fd, 0, 0, 0);
        io_uring_sqe_set_data64(sqe, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        result = io_uring_submit(from);
        if (result >= 0)
                result = io_uring_get_events(to);
        return result < 0 ? result : io_uring_peek_cqe(to, &cqe);
}

static const char *liburing_probe(const char **remedy)
{
        struct io_uring to, from;
        int error = ring_open(&to, RING_ENTRIES, RING_COMPLETIONS);

        if (error)
                return refusal(error, remedy);
        error = ring_open(&from, RING_ENTRIES, RING_COMPLETIONS);
        if (!error) {
                error = message_try(&to, &from);
                io_uring_queue_exit(&from);
        }
        io_uring_queue_exit(&to);
        return error ? refusal(error, remedy) : NULL;
}

/* ---- the row -------------------------------------------------------------------------------------------- */

#ifdef IO_URING_VERSION_MAJOR
static void library_version(char *text, size_t bytes)
{
        snprintf(text, bytes, "%d.%d", io_uring_major_version(), io_uring_minor_version());
}
#else
/* Before 2.4 the library cannot say; the file that is loaded is named for its version. */
static void library_version(char *text, size_t bytes)
{
        static const char name[] = "/liburing.so.";
        FILE *maps = fopen("/proc/self/maps", "re");
        char line[PATH_MAX + 128];

        snprintf(text, bytes, "before 2.4");
        while (maps && fgets(line, sizeof(line), maps)) {
                const char *at = strstr(line, name);

                if (at)
                        snprintf(text, bytes, "%.*s", (int)strcspn(at + sizeof(name) - 1, "\n"),
                                 at + sizeof(name) - 1);
        }
        if (maps)
                fclose(maps);
}
#endif

static const char *liburing_version(void)
{
        static char text[128]; /* the same text whoever writes it */
        struct utsname kernel;
        char library[32];

        library_version(library, sizeof(library));
        if (uname(&kernel))
                return "unknown";
        snprintf(text, sizeof(text), "%s, kernel %s", library, kernel.release);
        return text;
}

static const struct card card = {
        .model = "completion ring",
        .effort = "as-documented",
        .threads = "one per worker, each with a ring of its own; no kernel thread works for it; blocking "
                   "work that is offloaded, on threads of the suite's own",
        .buffers =
                "none in the task workloads; the server's are lent to the kernel by a buffer ring of 256 per "
                "worker, of 16 MiB at most, that all connections share",
        .placement =
                "a task stays on the worker that spawned it; another worker reaches it through a message "
                "to its ring, any other thread through an eventfd",
        .idiom_from =
                "io_uring(7), io_uring_setup(2) (SINGLE_ISSUER, DEFER_TASKRUN), io_uring_get_events(3), "
                "io_uring_prep_timeout(3), io_uring_prep_timeout_update(3), io_uring_prep_poll_add(3), "
                "io_uring_prep_poll_remove(3), io_uring_prep_msg_ring(3); the server: "
                "io_uring_prep_multishot_accept(3), io_uring_prep_recv_multishot(3), "
                "io_uring_register_buf_ring(3), io_uring_register_ring_fd(3), io_uring_prep_send(3), "
                "io_uring_prep_cancel64(3)",
        .differs =
                "a watch is a one-shot poll, since tasks ask for readiness; a timer or watch that is dropped "
                "while armed is gone only with its completion, one turn of the loop later. The server sends "
                "no "
                "more than the socket takes and copies what is left over, so that a peer that does not read "
                "holds none of the buffers; what its receive had delivered before it could be cancelled is "
                "copied too. An armed receive is kernel memory that a registration of epoll is not. "
                "Descriptors are not registered",
        .timer_granularity_ns = 1,
        .released = 2022,
};

static const struct card poll_card = {
        .model = "readiness on a ring",
        .effort = "as-documented",
        .threads = "one per worker, each with a ring of its own; no kernel thread works for it",
        .buffers = "one per worker; a connection has one of its own only while a write is left over",
        .placement = "a connection stays on the worker that accepted it",
        .idiom_from = "io_uring_setup(2) (SINGLE_ISSUER, DEFER_TASKRUN), io_uring_prep_poll_multishot(3), "
                      "io_uring_prep_poll_update(3), io_uring_prep_cancel64(3), "
                      "io_uring_register_ring_fd(3), recv(2), send(2), accept4(2)",
        .differs = "the listener's poll is one-shot, and armed again after 16 accepts",
        .timer_granularity_ns = 1,
        .released = 2022,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of completions for each lock where pthread_mutex_lock() would do",
          NULL },
        { "mutex", "sync-held-across-wait",
          "a mutex held across io_uring_submit_and_wait(), which another asks for to submit",
          "https://github.com/axboe/liburing/issues/1478" },
        { "mutex", "async-with-send", "unlock only when the completion of the send has come", NULL },
        { "mutex", "set-aside", "a lock request that completes and whose completion nobody looks at", NULL },
        { "select", "recreated",
          "io_uring_prep_poll_add() before each wait, io_uring_prep_poll_remove() after it", NULL },
        { "select", "hoisted-unfused",
          "waiting for a further completion of a poll that has ended (no IORING_CQE_F_MORE)",
          "https://github.com/ClickHouse/silk/pull/80" },
        { "select", "recreated-timer",
          "io_uring_prep_timeout_remove() and a new timeout for every message, not "
          "io_uring_prep_timeout_update()",
          "https://github.com/axboe/liburing/issues/1162" },
        { "pool-guard", "held",
          "a connection kept in the request that user_data points to until its last completion", NULL },
        { "pool-guard", "nested", "asking the pool for a connection at the completion that was given one",
          NULL },
        { "map-guard", "held",
          "pthread_rwlock_rdlock() of a shard at the submission, unlock at the completion", NULL },
        { "cancel-leak", "unguarded",
          "a completion with -ECANCELED, and a return before the line that lowers the count", NULL },
        { "cancel-leak", "as-written",
          "a count raised when the first completion has come, not when the request was submitted", NULL },
        { "cancel-leak", "dropped-handle",
          "a multishot timeout that is forgotten: without io_uring_prep_timeout_remove() it goes on", NULL },
        { "cancel-safety", "buffer-inside",
          "a read with io_uring_prep_link_timeout() whose completion with -ECANCELED is taken for no data",
          "https://github.com/axboe/liburing/issues/1422" },
        { "cancel-safety", "send-dropped",
          "a send with io_uring_prep_link_timeout() that frees its buffer at -ECANCELED", NULL },
        { "heartbeat", "inline",
          "a long computation between two completions, the timeout's among those that wait", NULL },
        { "buffered", "buffered",
          "completions that are marked in their request, and a loop that goes on with the requests when "
          "the completion of something else has come",
          NULL },
        { "buffered", "semaphore",
          "permits granted to requests that go on when the loop looks at them, which waits for a permit "
          "itself",
          NULL },
        { "timeout", "monolithic",
          "a computation between two io_uring_wait_cqe(), and an IORING_OP_TIMEOUT whose completion waits "
          "behind it",
          NULL },
        { "timeout", "ready-source",
          "a loop over io_uring_peek_cqe() that submits again and never finds the queue empty", NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of the threads that wake the ring, one of which sleeps in a call", NULL },
        { "fan-out", "tasks", "a computation in pieces that IORING_OP_NOP completions of one ring set off",
          NULL },
        { "bridge", "nested",
          "a pool job that sends the ring a message to have another job started, and waits for it", NULL },
        { 0 },
};

_Static_assert(RING_ENTRIES == 256 && RING_COMPLETIONS == 4096, "ring_entries says so");

static const struct knob knobs[] = {
        { "ring_flags", "SINGLE_ISSUER|DEFER_TASKRUN|CQSIZE", "made on its worker's own thread" },
        { "ring_entries", "256 submissions, 4096 completions",
          "an overflow fails a sample of tasks; a server fetches what did not fit" },
        { "receive_buffers", "256 of buffer_bytes each, or 16 MiB of them", "the server's, per worker" },
        { "wake", "MSG_RING from workers, eventfd from others", "how another thread reaches a worker" },
        { 0 },
};

static const struct knob poll_knobs[] = {
        { "ring_flags", "SINGLE_ISSUER|DEFER_TASKRUN|CQSIZE", "made on its worker's own thread" },
        { "ring_entries", "256 submissions, 4096 completions", "what did not fit is fetched" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "liburing",
          .card = &card,
          .version = liburing_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .probe = liburing_probe,
          .executor = &liburing_executor,
          .server = &liburing_server,
          .mistakes = mistakes,
          .knobs = knobs },
        { .name = "liburing-poll",
          .card = &poll_card,
          .version = liburing_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .probe = liburing_probe,
          .server = &liburing_poll_server,
          .knobs = poll_knobs },
        { 0 },
};
