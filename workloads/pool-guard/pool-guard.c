/* SPDX-License-Identifier: MIT */
/* Workload `pool-guard`: how long a pooled connection stays out, and who asks for one while holding one. */
#include "workloads/pool-guard/pool-guard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/workload.h"

/* ---- the variants' programs ------------------------------------------------------------------------------ */

static const enum action held[] = { ACQUIRE, FETCH, PROCESS, STORE, RELEASE, END };
static const enum action early_drop[] = { ACQUIRE, FETCH, RELEASE, PROCESS, ACQUIRE, STORE, RELEASE, END };
static const enum action held_unused[] = { ACQUIRE, FETCH, PROCESS, STORE_ELSEWHERE, RELEASE, END };
static const enum action nested[] = { ACQUIRE, ARRIVE, PASS_GATE, ACQUIRE, FETCH, RELEASE, RELEASE, END };
static const enum action nested_returned[] = { ACQUIRE, ARRIVE, PASS_GATE, RELEASE,
                                               ACQUIRE, FETCH,  RELEASE,   END };
static const enum action settled[] = {
        SETTLE, ACQUIRE, FETCH, RELEASE, PROCESS, ACQUIRE, STORE, RELEASE, END
};
static const enum action settled_held[] = { SETTLE, ACQUIRE, FETCH, PROCESS, STORE, RELEASE, END };

static const struct pool_form forms[] = {
        { .variant = "held",
          .actions = held,
          .other = early_drop,
          .run = pool_run_clients,
          .acquisitions = 1,
          .uses = 2,
          .sleeps = 3,
          .processes = true },
        { .variant = "early-drop",
          .actions = early_drop,
          .other = held,
          .run = pool_run_clients,
          .acquisitions = 2,
          .uses = 2,
          .sleeps = 3 },
        { .variant = "held-unused",
          .actions = held_unused,
          .other = held,
          .run = pool_run_clients,
          .acquisitions = 1,
          .uses = 1,
          .sleeps = 3,
          .processes = true },
        { .variant = "waiters-cancelled",
          .actions = settled,
          .other = settled_held,
          .run = pool_run_waiters_cancelled,
          .acquisitions = 2,
          .uses = 2,
          .sleeps = 3,
          .cancels = true },
        { .variant = "nested",
          .actions = nested,
          .other = nested_returned,
          .run = pool_run_clients,
          .acquisitions = 2,
          .uses = 1,
          .sleeps = 1,
          .beside = true,
          .outcome = true },
        { .variant = "nested-returned",
          .actions = nested_returned,
          .other = nested,
          .run = pool_run_clients,
          .acquisitions = 2,
          .uses = 1,
          .sleeps = 1,
          .outcome = true },
        { 0 },
};

static const struct pool_form *form_of(const struct run *run)
{
        const struct pool_form *form = forms;

        while (form->variant && !run_variant_is(run, form->variant))
                form++;
        return form;
}

static uint64_t param_ns(const struct run *run, const char *name)
{
        return run_param(run, name) * 1000000;
}

static uint64_t tasks_of(const struct run *run, const struct pool_form *form)
{
        return run_param(run, form->outcome ? "nested_tasks" : "tasks");
}

/* ---- the sample -------------------------------------------------------------------------------------------- */

static uint64_t min_of(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static uint64_t uses_of(const struct pool *p)
{
        uint64_t uses = 0;

        for (unsigned i = 0; i < p->size; i++)
                uses += p->connections[i].uses;
        return uses;
}

static void report_counts(const struct pool_sample *s)
{
        struct client sum = { .started_ns = UINT64_MAX };

        for (unsigned i = 0; i < s->count; i++) {
                const struct client *c = &s->clients[i];

                sum.acquisitions += c->acquisitions;
                sum.suspended += c->suspended;
                sum.beside += c->beside;
                sum.sleeps += c->sleeps;
                sum.lent_ns += c->lent_ns;
                sum.started_ns = min_of(sum.started_ns, c->started_ns);
                if (c->ended_ns > sum.ended_ns)
                        sum.ended_ns = c->ended_ns;
        }
        run_count(s->run, "acquisitions", sum.acquisitions);
        run_count(s->run, "suspended_acquisitions", sum.suspended);
        run_count(s->run, "beside", sum.beside);
        run_count(s->run, "sleeps", sum.sleeps);
        run_count(s->run, "lent_ns", sum.lent_ns);
        run_count(s->run, "elapsed_ns", sum.ended_ns - sum.started_ns);
        run_count(s->run, "uses", uses_of(&s->pool));
        run_count(s->run, "in_pool", s->pool.free_count);
        run_count(s->run, "lent_twice", s->pool.lent_twice);
        run_count(s->run, "cancelled", s->cancelled);
        run_count(s->run, "served_waiters", s->served);
}

static void sample_make(struct pool_sample *s)
{
        struct run *run = s->run;
        struct tally *tallies;
        struct hist *recorders;

        s->count = (unsigned)tasks_of(run, s->form);
        tallies = run_tallies(run, s->count);
        recorders = run_recorders(run, s->count);
        s->clients = clients_make(s, s->count, MUTANT("other-variant") ? s->form->other : s->form->actions);
        for (unsigned i = 0; i < s->count; i++) {
                s->clients[i].tally = &tallies[i];
                s->clients[i].waits = &recorders[i];
        }
        s->fetch_ns = param_ns(run, "fetch_ms");
        s->process_ns = param_ns(run, "process_ms");
        s->store_ns = param_ns(run, "store_ms");
        s->arrivals = (unsigned)min_of(s->count, s->pool.size);
        signal_init(&s->gate);
        signal_init(&s->settled);
}

static int pool_run(const struct executor *ex, struct run *run)
{
        struct pool_sample s = { .run = run, .form = form_of(run) };

        pool_init(&s.pool, run, (unsigned)run_param(run, "pool"));
        sample_make(&s);
        s.form->run(ex, &s);
        report_counts(&s);
        signal_destroy(&s.settled);
        signal_destroy(&s.gate);
        free(s.clients);
        pool_destroy(&s.pool);
        return 0;
}

/* ---- results ------------------------------------------------------------------------------------------------- */

/* How long a job needs a connection, as the parameters say. */
static uint64_t out_of_pool_ns(const struct run *run, const struct pool_form *form)
{
        uint64_t ns = param_ns(run, "fetch_ms");

        if (form->outcome)
                return ns;
        return ns + param_ns(run, "store_ms") + (form->processes ? param_ns(run, "process_ms") : 0);
}

static void report_times(struct run *run, const struct pool_form *form)
{
        const struct hist *waits = run_recorded(run);
        double jobs = (double)run_operations(run), elapsed = (double)run_counted(run, "elapsed_ns");
        double connections = (double)run_param(run, "pool");

        run_metric(run, "acquire_wait_p50_ns", "ns", (double)hist_quantile(waits, 0.50));
        run_metric(run, "acquire_wait_p99_ns", "ns", (double)hist_quantile(waits, 0.99));
        run_histogram(run, "acquire_wait_ns", waits);
        if (form->outcome)
                return;
        run_metric(run, "job_ns", "ns", elapsed / jobs);
        run_metric(run, "acquisitions_per_job", "1/op", (double)run_counted(run, "acquisitions") / jobs);
        run_metric(run, "pool_use", "1", (double)run_counted(run, "lent_ns") / (connections * elapsed));
        run_metric(run, "bound_ratio", "1",
                   jobs * (double)out_of_pool_ns(run, form) / (connections * elapsed));
}

static void check_pool(struct run *run, const struct pool_form *form)
{
        uint64_t connections = run_param(run, "pool"), lent_ns = run_counted(run, "lent_ns");
        uint64_t least_ns = run_operations(run) * out_of_pool_ns(run, form);
        uint64_t most_ns = connections * run_counted(run, "elapsed_ns");

        run_check_equal(run, "connections in the pool at the end", run_counted(run, "in_pool"), connections);
        run_check_equal(run, "connections lent twice", run_counted(run, "lent_twice"), 0);
        run_check(run, "time out of the pool", lent_ns >= least_ns && lent_ns <= most_ns,
                  "%" PRIu64 " ns, of at least %" PRIu64 " that the waits take and at most %" PRIu64
                  " that there are",
                  lent_ns, least_ns, most_ns);
}

static void check_jobs(struct run *run, const struct pool_form *form)
{
        uint64_t jobs = run_operations(run), tasks = tasks_of(run, form);
        uint64_t suspended = run_counted(run, "suspended_acquisitions");

        run_check_equal(run, "jobs", jobs, tasks);
        run_check_equal(run, "acquisitions", run_counted(run, "acquisitions"), form->acquisitions * jobs);
        run_check_equal(run, "acquisitions beside another", run_counted(run, "beside"),
                        form->beside ? jobs : 0);
        run_check_equal(run, "uses of a connection", run_counted(run, "uses"), form->uses * jobs);
        run_check_equal(run, "waits of the jobs", run_counted(run, "sleeps"), form->sleeps * jobs);
        if (tasks > run_param(run, "pool"))
                run_check(run, "some had to wait for a connection", suspended > 0, "%" PRIu64, suspended);
}

static void pool_verify(struct run *run, unsigned traits)
{
        const struct pool_form *form = form_of(run);
        uint64_t waiters = form->cancels ? run_param(run, "tasks") : 0;

        report_times(run, form);
        check_jobs(run, form);
        check_pool(run, form);
        run_check_equal(run, "waiters that were cancelled", run_counted(run, "cancelled"), waiters / 2);
        run_check_equal(run, "waiters that were served", run_counted(run, "served_waiters"),
                        waiters - waiters / 2);
        (void)traits;
}

/* ---- the tables ------------------------------------------------------------------------------------------------ */

static const char *pool_excludes(const struct run *run, unsigned traits)
{
        if (form_of(run)->outcome)
                return NULL;
        return workload_excludes_workers(run, traits, run_param(run, "tasks"));
}

/* All connections are lent before the first of their holders asks for another: then none is ever given back. */
static enum outcome pool_expect(const struct run *run, unsigned traits)
{
        (void)traits;
        if (run_variant_is(run, "nested") && run_param(run, "nested_tasks") >= run_param(run, "pool") &&
            !MUTANT("expect-completed"))
                return OUTCOME_DEADLOCK;
        return OUTCOME_COMPLETED;
}

#define OF_NESTED "tasks,workers,process_ms,store_ms"

static const struct variant variants[] = {
        { .name = "early-drop",
          .role = ROLE_FIX,
          .ignores = "nested_tasks",
          .text = "the connection goes back before the processing and is acquired again for the store" },
        { .name = "held",
          .role = ROLE_MISTAKE,
          .price = "acquisitions_per_job",
          .against = "early-drop",
          .ignores = "nested_tasks",
          .text = "the connection stays out of the pool while its task processes" },
        { .name = "held-unused",
          .role = ROLE_ALTERNATIVE,
          .against = "held",
          .ignores = "nested_tasks",
          .text = "the connection is not used after the fetch, but still in scope: it is as long out" },
        { .name = "waiters-cancelled",
          .role = ROLE_ALTERNATIVE,
          .against = "early-drop",
          .ignores = "nested_tasks",
          .text = "early-drop on a pool of which half of the waiters were cancelled before: it must serve as "
                  "a "
                  "fresh one" },
        { .name = "nested",
          .role = ROLE_MISTAKE,
          .against = "nested-returned",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_NESTED,
          .text = "each task holds one connection and asks for another when all that can be lent are" },
        { .name = "nested-returned",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_NESTED,
          .text = "the first connection goes back before another is asked for" },
        { 0 },
};

static const struct param params[] = {
        { .name = "pool",
          .unit = "connections",
          .smoke = "4",
          .quick = "4,1,2",
          .min = 1,
          .max = 1000,
          .text = "connections in the pool" },
        { .name = "tasks",
          .unit = "",
          .smoke = "16",
          .min = 1,
          .max = 1000,
          .text = "tasks that need connections, one job each; as many more wait in `waiters-cancelled`" },
        { .name = "nested_tasks",
          .unit = "",
          .smoke = "4,3",
          .standard = "4,3,5",
          .min = 1,
          .max = 1000,
          .text = "tasks of the nested variants: they need a connection more than they hold together" },
        { .name = "workers",
          .unit = "",
          .smoke = "1",
          .standard = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that run the tasks; with a thread per task, processors these may use" },
        { .name = "fetch_ms",
          .unit = "ms",
          .smoke = "4",
          .min = 1,
          .max = 1000,
          .text = "wait on a connection" },
        { .name = "process_ms",
          .unit = "ms",
          .smoke = "8",
          .min = 1,
          .max = 1000,
          .text = "wait that needs no connection" },
        { .name = "store_ms",
          .unit = "ms",
          .smoke = "4",
          .min = 1,
          .max = 1000,
          .text = "wait on a connection" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "job_ns",
          .unit = "ns",
          .headline = true,
          .text = "from the first request for a connection to the end of the last job, divided by the jobs" },
        { .name = "acquire_wait_p50_ns",
          .unit = "ns",
          .text = "from asking for a connection to having it, half of the acquisitions" },
        { .name = "acquire_wait_p99_ns", .unit = "ns", .text = "the same, 99 in 100" },
        { .name = "acquisitions_per_job", .unit = "1/op", .text = "connections acquired per job" },
        { .name = "pool_use",
          .unit = "1",
          .higher_is_better = true,
          .text = "share of the time that a connection is out of the pool" },
        { .name = "bound_ratio",
          .unit = "1",
          .higher_is_better = true,
          .text = "jobs per second, divided by connections / (time that a job needs one): the most that the "
                  "pool allows" },
        { 0 },
};

/* What a job takes when no connection is ever idle: with so many tasks there is always another that wants it. */
static double job_bound_ns(const struct run *run)
{
        return (double)out_of_pool_ns(run, form_of(run)) / (double)run_param(run, "pool");
}

static const struct curve curves[] = {
        { .param = "pool",
          .variants = "held,early-drop",
          .metric = "job_ns",
          .expected = job_bound_ns,
          .slope_low = 0.8,
          .slope_high = 1.3, /* three waits, each of which a timer may round up by a millisecond */
          .text = "twice the connections, half the time of a job: the pool is what is short" },
        { 0 },
};

const struct workload workload_pool_guard = {
        .name = "pool-guard",
        .question = "What does it cost to keep a pooled connection longer than it is needed?",
        .operation = "one job: fetch, process, store; for the first and the last it needs a connection",
        .method = "Each task does one job over a pool of connections with a FIFO queue; fetch, process and "
                  "store "
                  "are waits, no server is asked. The sample ends with the last job.",
        .expected = "the pool's time is what is short: with `held` a job takes (fetch + process + store) / "
                    "connections, "
                    "with `early-drop` (fetch + store) / connections, half of it here, and no runtime can "
                    "change that "
                    "(connections held during HTTP calls: github.com/IBM/mcp-context-forge/issues/2518). "
                    "`nested` ends "
                    "in a deadlock as soon as as many tasks as connections hold one "
                    "(github.com/brettwooldridge/HikariCP/issues/442). A pool that loses what was granted to "
                    "cancelled waiters serves nobody in the end (github.com/djc/bb8/issues/67).",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = workload_absent_without_waits,
        .excludes = pool_excludes,
        .run = pool_run,
        .expect = pool_expect,
        .verify = pool_verify,
};
