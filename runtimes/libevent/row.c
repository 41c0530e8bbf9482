/* SPDX-License-Identifier: MIT */
/* Rows `libevent` and `libevent-bufferevent`: their version, cards and mistakes. */
#include "runtimes/libevent/libevent.h"

static const char *libevent_version(void)
{
        return event_get_version();
}

static const struct card card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with an event_base of its own; blocking work that is offloaded, on "
                   "threads of the suite's own; the bases of tasks are locked, whatever the "
                   "number of workers, those of the server are not",
        .buffers = "none: no I/O data in the task workloads; server: one per base, which every read fills, "
                   "and a "
                   "copy of what a write leaves over",
        .placement = "a task stays on the worker that spawned it; another thread reaches it through "
                     "event_active()",
        .idiom_from =
                "Fast portable non-blocking network programming with Libevent: R1 (locks and threading), "
                "R2 (event_base), R3 (EVLOOP_ONCE), R4 (event_new, event_active, pure timeout events); "
                "server: R4 "
                "(event_assign, EV_PERSIST), R8 (evconnlistener)",
        .differs =
                "own loop: tasks run between two calls of event_base_loop(), which caches the time within "
                "one; a timer that comes before its deadline, which it does by up to a tick of the kernel's "
                "coarse clock, is armed again; no precise timers and no change list, as by default; "
                "server: own loop too, which adds up its counts between two passes",
        .timer_granularity_ns = 4000000, /* CLOCK_MONOTONIC_COARSE at CONFIG_HZ=250 */
        .released = 2020,
};

static const struct card bufferevent_card = {
        .model = "readiness loop",
        .effort = "as-documented",
        .threads = "one per worker, each with an event_base of its own, which is not locked",
        .buffers = "libevent's: two evbuffers per connection, between which data is moved and not copied",
        .placement = "a connection stays on the worker that accepted it",
        .idiom_from = "Fast portable non-blocking network programming with Libevent: R6 (bufferevents), R7 "
                      "(evbuffer_add_cb), R8 (evconnlistener, its echo server)",
        .differs = "unlike the manual's echo server it stops reading while more than 16384 bytes are "
                   "unsent (counted as a short write: libevent tells of none), sends what is left "
                   "before it closes, and counts what is sent by a callback of the output; own loop, "
                   "which adds up the counts between two passes; libevent 2.1 reads at most 4096 bytes "
                   "at a time",
        .timer_granularity_ns = 4000000, /* CLOCK_MONOTONIC_COARSE at CONFIG_HZ=250 */
        .released = 2020,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a queue of callbacks for each lock where pthread_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait",
          "a mutex held in event_del(), which waits for a callback of the loop that takes the same mutex",
          "https://github.com/libevent/libevent/issues/512" },
        { "mutex", "async-with-send", "unlock only in the write callback of the bufferevent that has room",
          NULL },
        { "mutex", "set-aside", "a queued lock callback whose event was freed and ignores the grant", NULL },
        { "select", "recreated", "event_new() and event_add() before each wait, event_free() after it",
          NULL },
        { "select", "hoisted-unfused",
          "waiting on an event that was not EV_PERSIST and has fired: it is no longer pending", NULL },
        { "select", "recreated-timer",
          "event_free() and evtimer_new() for every message where evtimer_add() replaces the timeout",
          "https://github.com/coturn/coturn/pull/1926" },
        { "pool-guard", "held",
          "a bufferevent of the pool kept until evhttp_send_reply(), also while another service is asked",
          NULL },
        { "pool-guard", "nested", "asking the pool for a bufferevent in the callback that was given one",
          NULL },
        { "map-guard", "held",
          "pthread_rwlock_rdlock() of a shard in one event's callback, unlock in a later one", NULL },
        { "cancel-leak", "unguarded",
          "event_free() in the timeout's callback, past the callback that lowers the count", NULL },
        { "cancel-leak", "as-written",
          "a count raised in an event's callback, which only a later turn of event_base_loop() calls", NULL },
        { "cancel-leak", "dropped-handle",
          "a pending struct event that is forgotten: without event_del() it is still called", NULL },
        { "cancel-safety", "buffer-inside",
          "bufferevent_free() at BEV_EVENT_TIMEOUT, with half a frame in its input buffer", NULL },
        { "cancel-safety", "send-dropped",
          "bufferevent_free() at BEV_EVENT_TIMEOUT, with a message in its output buffer", NULL },
        { "heartbeat", "inline", "a long computation in a callback, which clogs the base and its timeouts",
          "https://github.com/google/certificate-transparency/issues/313" },
        { "buffered", "buffered",
          "callbacks that set a flag in their request, and a loop that reads the flags after "
          "event_base_loop() has "
          "answered something else",
          NULL },
        { "buffered", "semaphore",
          "permits granted to requests whose callbacks set a flag, and a reader of the flags that waits for "
          "a permit",
          NULL },
        { "timeout", "monolithic",
          "a computation in one callback and an evtimer to limit it: the loop calls the timer after it",
          NULL },
        { "timeout", "ready-source",
          "an EV_READ callback that reads until EAGAIN, from a peer that sends faster", NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of the threads that call event_active(), one of which sleeps in a call", NULL },
        { "fan-out", "tasks",
          "a computation in pieces, each of which event_active() makes due: one base runs one at a time",
          NULL },
        { "bridge", "nested",
          "a pool job that calls event_active() to have another job started, and waits for it", NULL },
        { 0 },
};

static const struct knob knobs[] = {
        { "threading", "evthread_use_pthreads",
          "a base that runs tasks has a lock: a wake-up may come from any thread" },
        { "base_flags", "EVENT_BASE_FLAG_IGNORE_ENV",
          "libevent's own choice of backend and clock, EVENT_* not read" },
        { 0 },
};

static const struct knob bufferevent_knobs[] = {
        { "base_flags", "EVENT_BASE_FLAG_IGNORE_ENV",
          "libevent's own choice of backend and clock, EVENT_* not read" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "libevent",
          .card = &card,
          .version = libevent_version,
          .traits = TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE,
          .executor = &libevent_executor,
          .server = &libevent_server,
          .mistakes = mistakes,
          .knobs = knobs },
        { .name = "libevent-bufferevent",
          .card = &bufferevent_card,
          .version = libevent_version,
          .traits = TRAIT_TASKS_SHARE_WORKER,
          .server = &libevent_bufferevent_server,
          .knobs = bufferevent_knobs },
        { 0 },
};
