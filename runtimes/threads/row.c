/* SPDX-License-Identifier: MIT */
/* Row `threads`, "async is not needed": its version, card and mistakes. */
#include <gnu/libc-version.h>
#include <stddef.h>

#include "runtimes/threads/threads.h"

static const char *threads_version(void)
{
        return gnu_get_libc_version();
}

static const struct card card = {
        .model = "thread per task",
        .effort = "as-documented",
        .threads = "one per task, 256 KiB stack; `workers` = the processors they may run on; blocking work "
                   "that is offloaded, on threads of the suite's own; a server: one per worker that accepts, "
                   "one per connection, 64 KiB stack",
        .buffers = "none in the task workloads; a server: 1 KiB on the stack of each "
                   "connection's thread, and what the job allows from malloc() once a read has filled that",
        .placement = "a task or a connection is a thread; the kernel places it",
        .idiom_from = "pthread_cond_wait(3p), poll(2), pthread_cancel(3p); a server: accept(2), recv(2), "
                      "pthread_attr_setstacksize(3)",
        .differs = "a yield is nothing: the kernel preempts; `async` is the same FIFO hand-off queue over "
                   "condition variables, a fair lock; a send blocks until the socket has taken all, so that "
                   "short writes are not seen",
        .timer_granularity_ns = 1,
};

static const struct mistake mistakes[] = {
        { "mutex", "async", "a fair (FIFO hand-off) lock where pthread_mutex_lock() would do", NULL },
        { "mutex", "sync-held-across-wait", "sleeping with a mutex held; the others wait, nothing more",
          NULL },
        { "mutex", "async-with-send", "a blocking push to a bounded queue under the lock", NULL },
        { "mutex", "set-aside", "a ticket of a fair lock that its owner forgets", NULL },
        { "select", "recreated", "a pollfd array built for each call; poll() registers at each call anyway",
          NULL },
        { "select", "hoisted-unfused", "waiting again on an event that was consumed", NULL },
        { "select", "recreated-timer", "a new deadline for every pthread_cond_timedwait()", NULL },
        { "pool-guard", "held", "pool_get(), a query, a call to another service, a query, pool_put()", NULL },
        { "pool-guard", "nested", "pool_get() in a function whose caller already has a connection",
          "https://github.com/brettwooldridge/HikariCP/issues/442" },
        { "map-guard", "held",
          "a read lock on the shard kept while another service answers; the writers wait, nothing more",
          NULL },
        { "cancel-leak", "unguarded",
          "pthread_cancel() of a thread that has raised a count and pushed no clean-up handler",
          "https://github.com/Samsung/TizenRT/pull/7526" },
        { "cancel-leak", "as-written",
          "a count that the start routine raises, when pthread_create() has returned long ago; seldom shown, "
          "since "
          "the new threads begin at once",
          NULL },
        { "cancel-leak", "dropped-handle", "pthread_detach() to be rid of a thread: it goes on", NULL },
        { "cancel-safety", "buffer-inside",
          "pthread_cond_timedwait() in a function that gathers on its stack and returns at ETIMEDOUT", NULL },
        { "cancel-safety", "send-dropped",
          "a timed push to a bounded queue that frees its message at ETIMEDOUT", NULL },
        { "heartbeat", "inline", "one thread that works and keeps time, where a second one would work",
          NULL },
        { "timeout", "monolithic",
          "one thread that computes and looks at the clock when it is done, where a second would wait with "
          "pthread_cond_timedwait()",
          NULL },
        { "timeout", "ready-source",
          "a thread that reads until its queue is empty and looks at the clock then: it never is", NULL },
        { "timeout", "shutdown-waits",
          "pthread_join() of a thread that sleeps in a call, where pthread_timedjoin_np() would give up",
          NULL },
        { "bridge", "nested",
          "a job of a fixed pool of threads that adds a job to the same pool and waits for it",
          "https://github.com/AcademySoftwareFoundation/OpenImageIO/pull/1560" },
        { 0 },
};

const struct runtime runtime_rows[] = {
        { .name = "threads",
          .card = &card,
          .version = threads_version,
          .traits = 0,
          .executor = &threads_executor,
          .server = &threads_server,
          .mistakes = mistakes },
        { 0 },
};
