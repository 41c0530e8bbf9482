/* SPDX-License-Identifier: MIT */
/* Row `epoll`: its version, card and mistakes. */
#include <stddef.h>
#include <sys/utsname.h>

#include "runtimes/epoll/epoll.h"

static const char *epoll_version(void)
{
        static struct utsname name;

        return uname(&name) == 0 ? name.release : "unknown";
}

static const struct card card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with an epoll instance of its own; blocking work that is offloaded, "
                   "on threads of the suite's own",
        .buffers = "none: no I/O data in the task workloads",
        .placement =
                "a task stays on the worker that spawned it; another thread reaches it through an eventfd",
        .idiom_from = "epoll(7), eventfd(2), timerfd_create(2)",
        .differs = "nothing",
        .timer_granularity_ns = 1,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of callbacks for each lock where pthread_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait", "pthread_mutex_lock() in one callback, unlock in a later one",
          NULL },
        { "mutex", "async-with-send", "unlock only in the callback that reports room in the queue", NULL },
        { "mutex", "set-aside", "a queued lock callback whose owner ignores the grant", NULL },
        { "select", "recreated", "EPOLL_CTL_ADD before each epoll_wait(), EPOLL_CTL_DEL after it", NULL },
        { "select", "hoisted-unfused", "reading a one-shot event source again after it was consumed", NULL },
        { "select", "recreated-timer", "a timer made and cancelled for every message", NULL },
        { "pool-guard", "held",
          "a connection kept in the request's struct until its last EPOLLIN, whatever comes between", NULL },
        { "pool-guard", "nested", "asking the pool for a connection in the callback that was given one",
          NULL },
        { "map-guard", "held", "pthread_rwlock_rdlock() of a shard in one callback, unlock in a later one",
          NULL },
        { "cancel-leak", "unguarded",
          "a timeout that removes the descriptor and frees the connection, and leaves the count of "
          "connections raised",
          NULL },
        { "cancel-leak", "as-written",
          "a count raised in the first callback of a connection, not where it was accepted", NULL },
        { "cancel-leak", "dropped-handle",
          "forgetting a connection whose descriptor is still in the epoll set", NULL },
        { "cancel-safety", "buffer-inside",
          "a half-read frame that the timeout frees together with the state of its read", NULL },
        { "cancel-safety", "send-dropped", "a message that waits for EPOLLOUT and is freed by the timeout",
          NULL },
        { "heartbeat", "inline",
          "a long computation between two calls of epoll_wait(), which also waits for a timerfd", NULL },
        { "buffered", "buffered",
          "an array of requests that is gone through for the next result, and a body that polls for another "
          "descriptor until it is readable",
          NULL },
        { "buffered", "semaphore",
          "an array of requests that permits are granted to, which is gone through again when the body has "
          "got one too",
          NULL },
        { "timeout", "monolithic",
          "a computation in the handler of an event, under a timeout of epoll_wait() that comes after it",
          NULL },
        { "timeout", "ready-source",
          "read() until EAGAIN, from a peer that sends faster: the edge-triggered idiom without a bound",
          NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of a pool's threads at the end, one of which sleeps in a call", NULL },
        { "fan-out", "tasks",
          "a computation that is cut into steps of one loop, run between two calls of epoll_wait()", NULL },
        { "bridge", "nested",
          "a pool job that writes to the loop's eventfd to have another job started, and waits for it",
          NULL },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "epoll",
          .card = &card,
          .version = epoll_version,
          .traits = TRAIT_REFERENCE | TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .executor = &epoll_executor,
          .server = &epoll_server,
          .mistakes = mistakes },
        { 0 },
};
