/* SPDX-License-Identifier: MIT */
/* Rows `tokio-1`, `tokio-mt` and `tokio-mt-shipped`: the workloads in plain async Rust, in the files beside this. */
#include <string.h>

#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"
#include "tokio_crates.h" /* written by the build: the versions that cargo resolved */

enum flavour { CURRENT_THREAD, MULTI_THREAD, AS_SHIPPED };

/* lib.rs: run one sample and return 0; whatever fails ends the sample. */
int tokio_mutex(struct run *run, int flavour);
int tokio_select(struct run *run, int flavour);
int tokio_pool_guard(struct run *run, int flavour);
int tokio_map_guard(struct run *run, int flavour);
int tokio_cancel_leak(struct run *run, int flavour);
int tokio_cancel_safety(struct run *run, int flavour);
int tokio_heartbeat(struct run *run, int flavour);
int tokio_buffered(struct run *run, int flavour);
int tokio_future_set(struct run *run, int flavour);
int tokio_timeout(struct run *run, int flavour);
int tokio_fan_out(struct run *run, int flavour);
int tokio_bridge(struct run *run, int flavour);
int tokio_serve(const struct serve_job *job, int flavour);

#define NATIVES(flavour)                                                                                     \
        {                                                                                                    \
                { "mutex", tokio_mutex, (flavour) }, { "select", tokio_select, (flavour) },                  \
                        { "cancel-leak", tokio_cancel_leak, (flavour) },                                     \
                        { "cancel-safety", tokio_cancel_safety, (flavour) },                                 \
                        { "pool-guard", tokio_pool_guard, (flavour) },                                       \
                        { "map-guard", tokio_map_guard, (flavour) },                                         \
                        { "heartbeat", tokio_heartbeat, (flavour) },                                         \
                        { "buffered", tokio_buffered, (flavour) },                                           \
                        { "future-set", tokio_future_set, (flavour) },                                       \
                        { "timeout", tokio_timeout, (flavour) }, { "fan-out", tokio_fan_out, (flavour) },    \
                        { "bridge", tokio_bridge, (flavour) },                                               \
                {                                                                                            \
                        0                                                                                    \
                }                                                                                            \
        }

static const struct native natives_current_thread[] = NATIVES(CURRENT_THREAD);
static const struct native natives_multi_thread[] = NATIVES(MULTI_THREAD);
static const struct native natives_as_shipped[] = NATIVES(AS_SHIPPED);

static const struct server server_current_thread = { .serve = tokio_serve, .form = CURRENT_THREAD };
static const struct server server_multi_thread = { .serve = tokio_serve, .form = MULTI_THREAD };
static const struct server server_as_shipped = { .serve = tokio_serve, .form = AS_SHIPPED };

static const char *tokio_version(void)
{
        return TOKIO_VERSION;
}

static const char *tokio_absent(const struct runtime *rt, const char *workload, const char *variant)
{
        if (strcmp(workload, "mutex") != 0)
                return NULL;
        if (strcmp(variant, "async-barging") == 0)
                return "tokio::sync::Mutex hands the lock to the longest waiter; there is no other form of "
                       "it";
        if (strcmp(variant, "sync-held-across-wait") == 0 && !(rt->traits & TRAIT_ONE_WORKER))
                return "the compiler refuses: a std guard is not Send, so no task that may change threads "
                       "holds "
                       "one across an await";
        return NULL;
}

/* What all rows have in common; the arguments are what sets them apart. */
#define CARD(model_, threads_, placement_)                                                                   \
        {                                                                                                    \
                .model = (model_), .effort = "as-documented", .threads = (threads_),                         \
                .buffers = "the server: one per connection that has something to read, made when it has "    \
                           "and gone when all is written back; an idle one has none, unless its last read "  \
                           "filled the buffer. None in the task workloads: no I/O data",                     \
                .placement = (placement_),                                                                   \
                .idiom_from =                                                                                \
                        "docs.rs/tokio: runtime::Builder, sync::Mutex (which of the two mutexes to use), "   \
                        "sync::mpsc, sync::oneshot, sync::Semaphore (OwnedSemaphorePermit), select!, "       \
                        "time::Sleep (re-arming by reset), time::timeout(_at), io::unix::AsyncFd, "          \
                        "net::TcpListener, net::TcpStream (try_read: a buffer made after the wait is not "   \
                        "kept by the task; poll_read_ready, try_write), io::AsyncReadExt (read_buf), "       \
                        "Runtime (shutdown_timeout), task (spawn_blocking, unconstrained, yield_now), "      \
                        "task::JoinHandle (abort; dropped, it detaches); "                                   \
                        "docs.rs/scopeguard; "                                                               \
                        "docs.rs/dashmap; docs.rs/rayon; tokio.rs/tokio/tutorial: shared state, select",     \
                .differs =                                                                                   \
                        "each task of a workload runs behind a gate and a counter of its turns; the "        \
                        "channel's receiver is lent to the loop under test, so that what a panic leaves in " \
                        "it can be counted; the server writes by try_write() and, of what is left, by "      \
                        "write(), since write_all() does not tell that a write was short; "                  \
                        "main() is C, which ignores SIGPIPE as Rust's start-up does; thread names are "      \
                        "Tokio's own",                                                                       \
                .timer_granularity_ns = 1000000, .released = TOKIO_RELEASED,                                 \
        }
#define STEALING "a woken task runs next on the worker that woke it (LIFO slot) or is stolen by an idle one"

static const struct card card_current_thread = CARD(
        "async/await, one thread", "one, which runs the scheduler, the timer wheel and mio's epoll in turn",
        "all tasks on the one thread");

static const struct card card_multi_thread = CARD(
        "async/await, work stealing",
        "as many workers as asked for, each on a processor of its own, and one thread that waits for the "
        "root future",
        STEALING);

static const struct card card_as_shipped = CARD(
        "async/await, work stealing",
        "a worker per processor, placed by the kernel, whatever number is asked for, and one thread that "
        "waits for the root future",
        STEALING);

static const struct mistake mistakes[] = {
        { "mutex", "async", "tokio::sync::Mutex around an update that awaits nothing",
          "https://github.com/tokio-rs/tokio/issues/2599" },
        { "mutex", "sync-held-across-wait",
          "let guard = mutex.lock().unwrap(); sleep(..).await; where tasks stay on a thread, as in a "
          "LocalSet",
          "https://github.com/tokio-rs/tokio/issues/4588" },
        { "mutex", "async-with-send", "let guard = mutex.lock().await; sender.send(..).await", NULL },
        { "mutex", "set-aside",
          "a lock() future that was polled once and is then kept, not polled, not dropped",
          "https://github.com/tokio-rs/tokio/issues/6450" },
        { "select", "recreated", "loop { select! { _ = abort.closed() => .., m = rx.recv() => .. } }", NULL },
        { "select", "hoisted-unfused", "select! { _ = &mut abort => .. } in a loop that goes on after it",
          NULL },
        { "select", "recreated-timer", "loop { select! { _ = sleep(..) => .., m = rx.recv() => .. } }",
          "https://github.com/scylladb/latte/pull/152" },
        { "pool-guard", "held",
          "let mut conn = pool.acquire().await; query(&mut conn).await; call_a_service().await", NULL },
        { "pool-guard", "nested", "let a = pool.acquire().await; ..; let b = pool.acquire().await",
          "https://github.com/graphprotocol/graph-node/pull/1620" },
        { "map-guard", "held", "if let Some(entry) = map.get(&key) { call(entry.id).await }, with a DashMap",
          "https://github.com/xacrimon/dashmap/issues/79" },
        { "cancel-leak", "unguarded",
          "count.fetch_add(1); timeout(d, work()).await; with count.fetch_sub(1) behind an await in work()",
          "https://github.com/apache/opendal/issues/7300" },
        { "cancel-leak", "as-written",
          "spawn(async { count.fetch_add(1); .. }), and a look at the count right after it", NULL },
        { "cancel-leak", "panicked", "count.fetch_sub(1) behind what may panic, in a spawned task",
          "https://github.com/cloudwego/volo/pull/337" },
        { "cancel-leak", "dropped-handle",
          "drop(handle): the JoinHandle of a task detaches it, and stops nothing",
          "https://github.com/tokio-rs/tokio/issues/1830" },
        { "cancel-safety", "buffer-inside",
          "select! { _ = tick.tick() => .., batch = gather(&mut rx) => .. }, where gather() has the buffer",
          "https://github.com/vnvo/pgwire-replication/pull/6" },
        { "cancel-safety", "send-dropped",
          "timeout(d, tx.send(value)).await, and no word of the value after it",
          "https://github.com/tokio-rs/tokio/pull/5947" },
        { "heartbeat", "inline",
          "a long computation in the task that also waits for a timer, or beside it on a busy worker",
          "https://github.com/succinctlabs/sp1-cluster/pull/163" },
        { "heartbeat", "async-inline", "compute(item).await, where compute() is an async fn without an await",
          NULL },
        { "buffered", "buffered",
          "requests.buffered(5), or a FuturesUnordered: while let Some(r) = stream.next().await { "
          "save(r).await }",
          "https://github.com/rust-lang/futures-rs/issues/2387" },
        { "buffered", "semaphore",
          "requests that acquire() a permit in buffer_unordered(4), and another acquire() in the loop's body",
          "https://github.com/rust-lang/futures-rs/issues/2387" },
        { "timeout", "monolithic",
          "timeout(d, async { compute() }).await: compute() is over before d is looked at",
          "https://github.com/tokio-rs/tokio/issues/1035" },
        { "timeout", "ready-source",
          "timeout(d, unconstrained(async { loop { rx.recv().await } })), or a source outside of the budget",
          "https://github.com/tokio-rs/tokio/issues/4291" },
        { "timeout", "shutdown-waits",
          "handle.abort() on what spawn_blocking() runs already, then the end of the runtime, which waits "
          "for it",
          "https://github.com/tokio-rs/tokio/issues/1923" },
        { "fan-out", "tasks",
          "a computation in each of many futures that are spawned, joined or buffered: none of them awaits",
          "https://github.com/lance-format/lance/pull/1386" },
        { "bridge", "nested", "spawn_blocking(|| handle.block_on(spawn_blocking(job)))",
          "https://github.com/graphprotocol/graph-node/pull/2354" },
        { 0 },
};

static const struct knob knobs[] = {
        { "crates", TOKIO_CRATES, "the versions that cargo resolved" },
        { "budget", "128", "operations after which a task must yield: Tokio's own, unless unconstrained" },
        { "lifo_slot", "on", "a woken task runs next on its waker's worker: Tokio's own" },
        { "event_interval", "61", "turns between two looks at timers and descriptors: Tokio's own" },
        { "allocator", "malloc", "Rust's default: the C library's" },
        { 0 },
};

#define TRAITS                                                                                               \
        (TRAIT_NATIVE | TRAIT_TASKS_SHARE_WORKER | TRAIT_CANCEL_ANYWHERE | TRAIT_BUDGET | TRAIT_LAZY_WAITS)

const struct runtime runtime_rows[] = {
        { .name = "tokio-1",
          .card = &card_current_thread,
          .version = tokio_version,
          .traits = TRAITS | TRAIT_ONE_WORKER,
          .absent = tokio_absent,
          .natives = natives_current_thread,
          .server = &server_current_thread,
          .mistakes = mistakes,
          .knobs = knobs },
        { .name = "tokio-mt",
          .card = &card_multi_thread,
          .version = tokio_version,
          .traits = TRAITS | TRAIT_TASKS_MIGRATE,
          .absent = tokio_absent,
          .natives = natives_multi_thread,
          .server = &server_multi_thread,
          .mistakes = mistakes,
          .knobs = knobs },
        { .name = "tokio-mt-shipped",
          .card = &card_as_shipped,
          .version = tokio_version,
          .traits = TRAITS | TRAIT_TASKS_MIGRATE | TRAIT_OWN_WORKERS,
          .absent = tokio_absent,
          .natives = natives_as_shipped,
          .server = &server_as_shipped,
          .mistakes = mistakes,
          .knobs = knobs },
        { 0 },
};
