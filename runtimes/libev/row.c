/* SPDX-License-Identifier: MIT */
/* Row `libev`: its version, card and mistakes. */
#include <stdio.h>

#include "runtimes/libev/libev.h"

static const char *libev_version(void)
{
        static char text[24]; /* the same text whoever writes it */

        snprintf(text, sizeof(text), "%d.%d", ev_version_major(), ev_version_minor());
        return text;
}

static const struct card card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with an ev_loop of its own; blocking work that is offloaded, on "
                   "threads of the suite's own",
        .buffers = "none: no I/O data in the task workloads; server: one per loop, which every read fills, "
                   "and a "
                   "copy of what a write leaves over",
        .placement = "a task stays on the worker that spawned it; another thread reaches it through "
                     "ev_async_send()",
        .idiom_from = "ev(3): ev_loop_new, \"Be smart about timeouts\" (2), ev_io, ev_async, ev_prepare, "
                      "\"Abusing an ev_idle watcher for its side-effect\"; server: \"Associating custom data "
                      "with a "
                      "watcher\", \"The special problem of accept()ing when you can't\", ev_io_modify",
        .differs = "ev_now_update() before each timer, so that its delay counts from the call; server: at "
                   "most 16 "
                   "accepts per event",
        .timer_granularity_ns = 1000000,
        .released = 2020,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of callbacks for each lock where pthread_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait",
          "pthread_mutex_lock() in one watcher's callback, unlock in a later one", NULL },
        { "mutex", "async-with-send", "unlock only in the ev_io callback that finds room in the queue",
          NULL },
        { "mutex", "set-aside", "a queued lock callback whose watcher was stopped and ignores the grant",
          NULL },
        { "select", "recreated", "ev_io_init() and ev_io_start() before each wait, ev_io_stop() after it",
          NULL },
        { "select", "hoisted-unfused", "waiting on a watcher that has been stopped: it never fires again",
          NULL },
        { "select", "recreated-timer",
          "ev_timer_stop(), init and start for every message where ev_timer_again() restarts the timer",
          NULL },
        { "pool-guard", "held",
          "a connection kept beside the request's watcher until the last callback of the request", NULL },
        { "pool-guard", "nested", "asking the pool for a connection in the callback that was given one",
          NULL },
        { "map-guard", "held",
          "pthread_rwlock_rdlock() of a shard in one watcher's callback, unlock in a later one", NULL },
        { "cancel-leak", "unguarded",
          "ev_io_stop() in the timeout's callback, past the callback that lowers the count", NULL },
        { "cancel-leak", "as-written",
          "a count raised in a watcher's callback, which only a later turn of ev_run() calls", NULL },
        { "cancel-leak", "dropped-handle",
          "a started ev_timer that is forgotten: without ev_timer_stop() it stays active", NULL },
        { "cancel-safety", "buffer-inside",
          "ev_io_stop() in an ev_timer's callback, which also frees what the watcher had read", NULL },
        { "cancel-safety", "send-dropped", "a message that waits for EV_WRITE and is freed by an ev_timer",
          NULL },
        { "heartbeat", "inline",
          "a long computation in a watcher's callback: ev_run() fires no ev_timer meanwhile", NULL },
        { "buffered", "buffered",
          "watchers that only count up in their request, and a loop that looks at the counts after ev_run() "
          "has "
          "waited for another one",
          NULL },
        { "buffered", "semaphore",
          "permits given to requests whose watchers only count, by a loop that waits for a permit itself",
          NULL },
        { "timeout", "monolithic",
          "a computation in one callback and an ev_timer to limit it: ev_run() calls the timer after it",
          NULL },
        { "timeout", "ready-source",
          "an ev_io callback that reads until EAGAIN, from a peer that sends faster", NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of the threads that an ev_async reports for, one of which sleeps in a call", NULL },
        { "fan-out", "tasks",
          "a computation in pieces, from an ev_idle watcher: ev_run() calls them one after the other", NULL },
        { "bridge", "nested",
          "a pool job that calls ev_async_send() to have another job started, and waits for it", NULL },
        { 0 },
};

static const struct knob knobs[] = {
        { "loop_flags", "EVFLAG_AUTO|EVFLAG_NOENV", "libev's own choice of backend, LIBEV_FLAGS not read" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "libev",
          .card = &card,
          .version = libev_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .executor = &libev_executor,
          .server = &libev_server,
          .mistakes = mistakes,
          .knobs = knobs },
        { 0 },
};
