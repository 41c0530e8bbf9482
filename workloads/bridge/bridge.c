/* SPDX-License-Identifier: MIT */
/* Workload `bridge`: one request pipeline as tasks, as threads that call a runtime at its edge, and as threads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/bridge/bridge.h"
#include "workloads/workload.h"

/* ---- verification ---------------------------------------------------------------------------------------------- */

/* The replies to the first REQUESTS requests of client INDEX, served one after the other. */
static uint64_t serial_checksum(const struct run *run, size_t index, uint64_t requests, char *text)
{
        uint64_t random = run_random_start(run, index), passes = run_param(run, "passes"), checksum = 0;
        size_t fields = bridge_fields_of(run);

        for (; requests; requests--) {
                uint64_t key, hash;

                text_write(text, fields, run_random(&random));
                key = text_sum(text, fields);
                hash = text_hash(text, fields * FIELD_BYTES, passes, row_of(key) ^ key);
                text_write(text, fields, hash);
                checksum += text_sum(text, fields);
        }
        return checksum;
}

/* Also what one request takes of a processor. */
static void check_replies(struct run *run)
{
        uint64_t start_ns = run_now_ns(), checksum = 0;
        char *text = malloc(bridge_fields_of(run) * FIELD_BYTES);

        if (!text)
                run_fail(run, "no memory for a text");
        for (size_t i = 0; i < run_tally_count(run); i++)
                checksum += serial_checksum(run, i, run_tally_operations(run, i), text);
        free(text);
        run_check_equal(run, "checksum of the replies = that of serial work", run_counted(run, "checksum"),
                        checksum);
        run_metric(run, "work_ns", "ns", (double)(run_now_ns() - start_ns) / (double)run_operations(run));
}

static void check_requests(struct run *run)
{
        uint64_t lent = run_counted(run, "lent_most"), connections = run_param(run, "connections");

        check_replies(run);
        run_check_equal(run, "waits on a connection", run_counted(run, "waits"), run_operations(run));
        run_check(run, "connections lent at a time", lent >= 1 && lent <= connections,
                  "%" PRIu64 " of %" PRIu64, lent, connections);
}

/* A call of its own starts the runtime, and is none of the operations. */
static void check_hops(struct run *run, const struct bridge_form *form)
{
        uint64_t operations = run_operations(run), first = form->requests ? 0 : 1;
        uint64_t jobs = bridge_hands_over(run, form) ? operations : 0;

        run_check_equal(run, "calls into the runtime", run_counted(run, "bridged"),
                        form->bridged ? operations + first : 0);
        run_check_equal(run, "jobs handed over", run_counted(run, "jobs"), jobs);
        run_check_equal(run, "jobs that ran on no worker", run_counted(run, "jobs_elsewhere"), jobs);
}

static void report_times(struct run *run, const struct bridge_form *form)
{
        const struct hist *times = run_recorded(run);
        uint64_t operations = run_window_operations(run);

        if (operations) /* none on a machine that did not let a thread run for so long */
                run_metric(run, "call_ns", "ns", (double)run_window_ns(run) / (double)operations);
        run_metric(run, "latency_p50_ns", "ns", (double)hist_quantile(times, 0.50));
        run_metric(run, "latency_p99_ns", "ns", (double)hist_quantile(times, 0.99));
        run_histogram(run, "latency_ns", times);
        if (form->bridged && !form->requests)
                run_metric(run, "first_call_ns", "ns", (double)run_counted(run, "first_call_ns"));
}

static void check_nested(struct run *run)
{
        uint64_t jobs = run_param(run, "nested_jobs");

        run_check_equal(run, "pairs of jobs", run_operations(run), jobs);
        run_check_equal(run, "outer jobs", run_counted(run, "outer_jobs"), jobs);
        run_check_equal(run, "inner jobs", run_counted(run, "inner_jobs"), jobs);
        run_check_equal(run, "jobs handed over", run_counted(run, "jobs"), 2 * jobs);
        run_check_equal(run, "outer jobs that waited for their inner one", run_counted(run, "waited_in_job"),
                        run_variant_is(run, "nested") ? jobs : 0);
}

static void bridge_verify(struct run *run, unsigned traits)
{
        const struct bridge_form *form = bridge_form_of(run);

        (void)traits;
        if (form->nested) {
                check_nested(run);
                return;
        }
        report_times(run, form);
        check_hops(run, form);
        if (form->requests)
                check_requests(run);
}

/* ---- the tables ---------------------------------------------------------------------------------------------------- */

static const char *bridge_excludes(const struct run *run, unsigned traits)
{
        if (!bridge_form_of(run)->requests)
                return NULL;
        return workload_excludes_workers(run, traits, run_param(run, "clients"));
}

/* Each thread of the pool has an outer job before the first inner one is asked for: then none can run. */
static enum outcome bridge_expect(const struct run *run, unsigned traits)
{
        (void)traits;
        if (run_variant_is(run, "nested") &&
            run_param(run, "nested_jobs") >= run_param(run, "blocking_threads") &&
            !MUTANT("expect-completed"))
                return OUTCOME_DEADLOCK;
        return OUTCOME_COMPLETED;
}

#define PIPELINE "clients,connections,wait_ms,passes,bytes,cpu,workers"

static const struct variant variants[] = {
        { .name = "sync-core",
          .role = ROLE_FIX,
          .ignores = "cpu,nested_jobs,blocking_threads",
          .text = "each request is served by a thread, which calls into the runtime for the wait on a "
                  "connection" },
        { .name = "async-core",
          .role = ROLE_ALTERNATIVE,
          .against = "sync-core",
          .ignores = "nested_jobs",
          .text = "each request is served by a task, all the way through" },
        { .name = "sync-only",
          .role = ROLE_ALTERNATIVE,
          .against = "sync-core",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "cpu,nested_jobs,blocking_threads",
          .text = "each request is served by a thread, which blocks for a connection and sleeps: no runtime "
                  "takes part" },
        { .name = "block-on",
          .role = ROLE_BASELINE,
          .against = "sync-core",
          .rounds = ROUNDS_OUTCOME,
          .ignores = PIPELINE ",nested_jobs,blocking_threads",
          .text = "a thread has a task do nothing and waits for it: from sync code into the runtime and "
                  "back" },
        { .name = "offload",
          .role = ROLE_BASELINE,
          .against = "sync-core",
          .rounds = ROUNDS_OUTCOME,
          .ignores = PIPELINE ",nested_jobs",
          .text = "a task has the blocking pool do nothing and waits for it: from async code out and back" },
        { .name = "nested",
          .role = ROLE_MISTAKE,
          .against = "flat",
          .rounds = ROUNDS_OUTCOME,
          .ignores = PIPELINE,
          .text = "jobs of the blocking pool, all of them begun, each wait for another job of the same "
                  "pool" },
        { .name = "flat",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = PIPELINE,
          .text = "a job ends when it has asked for the other one, and their task waits for both" },
        { 0 },
};

static const struct param params[] = {
        { .name = "clients",
          .unit = "",
          .smoke = "16",
          .standard = "16,1,4,64",
          .publish = "16,1,4,64,256",
          .min = 1,
          .max = 1000,
          .text = "requests in flight: tasks or threads that serve one after the other" },
        { .name = "connections",
          .unit = "connections",
          .smoke = "8",
          .publish = "8,64",
          .min = 1,
          .max = 1000,
          .text = "downstream connections in the pool; a request needs one while it waits" },
        { .name = "wait_ms",
          .unit = "ms",
          .smoke = "2",
          .min = 1,
          .max = 60000,
          .text = "what the downstream takes to answer" },
        { .name = "passes",
          .unit = "passes",
          .smoke = "80",
          .publish = "80,800",
          .min = 0,
          .max = 1000000,
          .text = "the processor's part of a request: times that its bytes are hashed, about 0.6 us each at "
                  "512 "
                  "bytes" },
        { .name = "bytes",
          .unit = "B",
          .smoke = "512",
          .min = FIELD_BYTES,
          .max = 65536,
          .text = "of a request, which is parsed, and of its reply; cut to a multiple of 8" },
        { .name = "cpu",
          .unit = "word",
          .smoke = "inline",
          .standard = "inline,offload",
          .words = "inline,offload",
          .text = "async-core: where the processor's part runs, in the task or on the blocking pool, which "
                  "may "
                  "use all processors" },
        { .name = "workers",
          .unit = "",
          .smoke = "1",
          .standard = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that run the tasks; processors that threads which serve requests may use" },
        { .name = "nested_jobs",
          .unit = "jobs",
          .smoke = "4,3",
          .quick = "4",
          .standard = "4,3,5",
          .min = 1,
          .max = 1000,
          .text = "nested, flat: jobs that need another job each" },
        { .name = "blocking_threads",
          .unit = "",
          .smoke = "4",
          .min = 1,
          .max = 64,
          .text = "threads of the blocking pool" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "call_ns",
          .unit = "ns",
          .headline = true,
          .text = "the window, divided by the requests or empty calls that ended in it" },
        { .name = "latency_p50_ns",
          .unit = "ns",
          .text = "from the start of a request or call to its end, half of them" },
        { .name = "latency_p99_ns", .unit = "ns", .text = "the same, 99 in 100" },
        { .name = "first_call_ns",
          .unit = "ns",
          .text = "block-on: the very first call, which makes and starts the runtime" },
        { .name = "work_ns",
          .unit = "ns",
          .text = "what a request takes of a processor when all are served one after the other, without a "
                  "wait" },
        { 0 },
};

/* Nothing can be faster than the pool, or than one request after the other of so few clients. */
static double pool_bound_ns(const struct run *run)
{
        uint64_t clients = run_param(run, "clients"), connections = run_param(run, "connections");

        return 1e6 * (double)run_param(run, "wait_ms") /
               (double)(clients < connections ? clients : connections);
}

static const struct curve curves[] = {
        { .param = "clients",
          .variants = "sync-core,async-core,sync-only",
          .metric = "call_ns",
          .expected = pool_bound_ns,
          .text = "more clients help until the pool has none of them to wait for, in all three forms" },
        { 0 },
};

const struct workload workload_bridge = {
        .name = "bridge",
        .question = "Is a sync core with async only at its edge enough, and what does each way across cost?",
        .operation =
                "one request: parsed, one wait on a pooled connection, hashed, answered; or one empty call",
        .method =
                "Clients serve one request after the other, over a pool of fewer connections; no server is "
                "asked, "
                "the wait is a sleep. `sync-core` waits inside the runtime and its thread waits for that: a "
                "resident task answers on the C rows, Tokio's block_on() runs the query on the calling "
                "thread. "
                "The pool of `sync-only` is a condition variable, on which a newcomer may overtake; that of "
                "the "
                "others is FIFO. The "
                "empty calls, one at a time, are the price of each way across.",
        .expected =
                "the three forms serve alike as long as the pool or the wait is what is short, since a way "
                "across "
                "takes microseconds and a wait milliseconds; what async saves is threads. `nested` ends in a "
                "deadlock as soon as the outer jobs take all threads of the pool "
                "(github.com/graphprotocol/graph-node/pull/2354).",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = workload_absent_without_waits,
        .excludes = bridge_excludes,
        .run = bridge_run,
        .expect = bridge_expect,
        .verify = bridge_verify,
};
