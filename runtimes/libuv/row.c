/* SPDX-License-Identifier: MIT */
/* Row `libuv`: its version, card and mistakes. */
#include <stddef.h>
#include <uv.h>

#include "runtimes/libuv/libuv.h"

static const char *libuv_version(void)
{
        return uv_version_string();
}

static const struct card card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with a uv_loop_t of its own; the library's thread pool only where "
                   "blocking "
                   "work is offloaded",
        .buffers =
                "none in the task workloads; a server: one per loop, which is written back at once; what a "
                "socket does not take is copied",
        .placement = "a task stays on the worker that spawned it; another thread reaches it through "
                     "uv_async_send()",
        .idiom_from = "docs.libuv.org/en/v1.x: loop, handle (uv_close), async, prepare, idle, timer, poll; "
                      "guide/threads (one loop per thread), guide/utilities (idle, external descriptors); "
                      "threadpool (uv_queue_work, uv_cancel); a server: stream (uv_listen, uv_accept, "
                      "uv_read_start, uv_try_write, uv_write), tcp (uv_tcp_open)",
        .differs = "a timer that libuv reports before its deadline, which it does by up to 1 ms, is armed "
                   "again; out of descriptors, libuv by itself accepts and closes all connections that wait, "
                   "and does not tell: only what it cannot close so is counted",
        .timer_granularity_ns = 1000000,
        .released = 2022,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of callbacks for each lock where uv_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait",
          "uv_mutex_lock(), then a wait for the loop, one of whose callbacks takes the same lock",
          "https://github.com/pytorch/tensorpipe/pull/44" },
        { "mutex", "async-with-send", "unlock only in the uv_write() callback or when a queue has room",
          NULL },
        { "mutex", "set-aside", "a queued lock callback whose handle was closed and ignores the grant",
          NULL },
        { "select", "recreated", "uv_poll_init() and uv_poll_start() before each wait, uv_close() after it",
          "https://github.com/libuv/libuv/issues/2201" },
        { "select", "hoisted-unfused", "a call on a handle for which uv_is_closing() already holds",
          "https://github.com/warmcat/libwebsockets/pull/902" },
        { "select", "recreated-timer",
          "uv_timer_init() and uv_close() for every message where uv_timer_start() updates the timer", NULL },
        { "pool-guard", "held",
          "a connection kept in req->data while a uv_write() to another service is answered", NULL },
        { "pool-guard", "nested", "asking the pool for a connection in the callback that was given one",
          NULL },
        { "map-guard", "held", "uv_rwlock_rdlock() of a shard in one callback, unlock in a later one", NULL },
        { "cancel-leak", "unguarded",
          "uv_close() on a timeout, with a close callback that does not lower the count", NULL },
        { "cancel-leak", "as-written",
          "a count raised in the callback of uv_async_send(), which only a later turn of uv_run() calls",
          NULL },
        { "cancel-leak", "dropped-handle",
          "an active uv_timer_t that is forgotten: without uv_close() the loop still calls it", NULL },
        { "cancel-safety", "buffer-inside",
          "uv_read_stop() in a uv_timer_t, whose callback also frees the half frame that was read", NULL },
        { "cancel-safety", "send-dropped",
          "uv_close() in a uv_timer_t: UV_ECANCELED comes to a write callback that only frees the request",
          NULL },
        { "heartbeat", "inline",
          "a long computation in a callback where uv_queue_work() would take it off the loop",
          "https://github.com/saghul/pyuv/issues/226" },
        { "buffered", "buffered",
          "callbacks that set a flag in their request, and a loop that reads the flags after uv_run() has "
          "answered "
          "something else",
          NULL },
        { "buffered", "semaphore",
          "permits granted to requests whose callbacks set a flag, and a reader of the flags that waits for "
          "a permit",
          NULL },
        { "timeout", "monolithic",
          "a computation in one callback and a uv_timer_t to limit it: uv_run() calls the timer after it",
          NULL },
        { "timeout", "ready-source",
          "a read callback that goes on as long as there is data: libuv ends its own such loops after 32 "
          "reads",
          "https://github.com/libuv/libuv/issues/2027" },
        { "timeout", "shutdown-waits",
          "uv_cancel() of what runs (UV_EBUSY), and a loop that is run until the request is over",
          "https://github.com/libuv/libuv/issues/364" },
        { "fan-out", "tasks",
          "a computation in pieces, from uv_idle_t or uv_async_send(), where uv_queue_work() has threads",
          NULL },
        { "bridge", "nested",
          "uv_sem_wait() in a uv_queue_work() callback for another uv_work_t of the same pool", NULL },
        { 0 },
};

static const struct knob knobs[] = {
        { "reused", "no",
          "a fresh uv_poll_t per registration, not uv_poll_stop() and uv_poll_start() of one" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "libuv",
          .card = &card,
          .version = libuv_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .executor = &libuv_executor,
          .server = &libuv_server,
          .mistakes = mistakes,
          .knobs = knobs },
        { 0 },
};
