/* SPDX-License-Identifier: MIT */
/* Workload `mutex`: tasks update a shared counter under a lock that blocks or a lock that suspends. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/mutex/mutex.h"
#include "workloads/workload.h"

enum {
        CONTENDERS = 2, /* of the outcome variants */
};

static const struct mutex_form forms[] = {
        { .variant = "sync", .run = mutex_run_lockers, .step = mutex_step_sync, .other = mutex_step_async },
        { .variant = "async",
          .run = mutex_run_lockers,
          .step = mutex_step_async,
          .other = mutex_step_sync,
          .flags = FORM_ASYNC | FORM_CONTENDS },
        { .variant = "async-barging",
          .run = mutex_run_lockers,
          .step = mutex_step_async,
          .other = mutex_step_async,
          .flags = FORM_ASYNC | FORM_BARGING },
        /* in a runtime's own language only */
        { .variant = "async-unconstrained", .flags = FORM_ASYNC | FORM_CONTENDS },
        { .variant = "bare", .run = mutex_run_plain, .flags = FORM_PER_WORKER },
        { .variant = "none", .run = mutex_run_plain, .flags = FORM_PER_WORKER | FORM_UNLOCKED },
        { .variant = "async-with-send",
          .run = mutex_run_senders,
          .step = mutex_step_async_with_send,
          .other = mutex_step_sync_with_try_send,
          .flags = FORM_ASYNC | FORM_CONTENDS | FORM_SENDS },
        { .variant = "sync-with-try-send",
          .run = mutex_run_senders,
          .step = mutex_step_sync_with_try_send,
          .other = mutex_step_async_with_send,
          .flags = FORM_SENDS },
        { .variant = "sync-held-across-wait",
          .run = mutex_run_held,
          .step = mutex_step_sync_held,
          .other = mutex_step_async_held,
          .flags = FORM_OUTCOME },
        { .variant = "async-held-across-wait",
          .run = mutex_run_held,
          .step = mutex_step_async_held,
          .other = mutex_step_sync_held,
          .flags = FORM_ASYNC | FORM_OUTCOME },
        { .variant = "set-aside", .run = mutex_run_set_aside, .flags = FORM_ASYNC | FORM_OUTCOME },
        { .variant = "set-aside-dropped", .run = mutex_run_set_aside, .flags = FORM_ASYNC | FORM_OUTCOME },
        { 0 },
};

static const struct mutex_form *form_of(const struct run *run)
{
        const struct mutex_form *form = forms;

        while (form->variant && !run_variant_is(run, form->variant))
                form++;
        return form;
}

/* ---- running ------------------------------------------------------------------------------------------- */

static void lockers_make(struct mutex_sample *s, unsigned count)
{
        struct tally *tallies = run_tallies(s->run, count);
        struct hist *recorders = run_recorders(s->run, count);

        s->count = count;
        s->lockers = calloc(count, sizeof(*s->lockers));
        if (!s->lockers)
                run_fail(s->run, "no memory for %u tasks", count);
        for (unsigned i = 0; i < count; i++) {
                s->lockers[i].sample = s;
                s->lockers[i].tally = &tallies[i];
                s->lockers[i].waits = &recorders[i];
        }
}

static void locks_make(struct mutex_sample *s)
{
        pthread_mutexattr_t attr;

        pthread_mutexattr_init(&attr);
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_NORMAL);
        pthread_mutex_init(&s->sync.lock, &attr);
        pthread_mutexattr_destroy(&attr);
        async_mutex_init(&s->async, ((s->form->flags & FORM_BARGING) != 0) != MUTANT("other-variant"));
        if (channel_init(&s->channel, MUTEX_CHANNEL_MESSAGES))
                run_fail(s->run, "no memory for the channel");
}

/* ---- results --------------------------------------------------------------------------------------------- */

/* All that verification needs, and what else this executor can tell. */
static void report_counts(const struct mutex_sample *s)
{
        struct run *run = s->run;

        run_count(run, "counter", s->counter);
        run_count(run, "sync_acquisitions", s->sync.acquisitions);
        run_count(run, "async_acquisitions", s->async.acquisitions);
        run_count(run, "suspended_acquisitions", s->async.suspended);
        if (s->form->flags & FORM_ASYNC)
                run_count(run, "barging", s->async.barging);
        if (s->form->flags & FORM_SENDS) {
                run_count(run, "suspended_sends", s->channel.suspended_sends);
                run_count(run, "received", s->received);
                run_count(run, "received_sum", s->received_sum);
        }
        run_count(run, "steps", s->crew.steps);
        run_count(run, "wakes", s->crew.wakes);
        run_count(run, "remote_wakes", s->crew.remote_wakes);
        run_count(run, "context_switches", s->crew.context_switches);
}

static void report_waits(struct run *run)
{
        const struct hist *waits = run_recorded(run);

        run_metric(run, "acquire_wait_p50_ns", "ns", (double)hist_quantile(waits, 0.50));
        run_metric(run, "acquire_wait_p99_ns", "ns", (double)hist_quantile(waits, 0.99));
        run_histogram(run, "acquire_wait_ns", waits);
        run_knob(run, "timed_one_in", "%d", MUTEX_TIMED_ONE_IN);
}

/* (sum x)^2 / (n * sum x^2): 1 when all got the same, 1/n when one got all (Jain, Chiu and Hawe 1984). */
static double jain(const struct run *run)
{
        size_t n = run_tally_count(run);
        double sum = 0, squares = 0;

        for (size_t i = 0; i < n; i++) {
                double x = (double)run_tally_operations(run, i);

                sum += x;
                squares += x * x;
        }
        return squares > 0 ? sum * sum / ((double)n * squares) : 0;
}

static void report_per_operation(struct run *run)
{
        static const struct {
                const char *count, *metric;
        } per_op[] = {
                { "suspended_acquisitions", "suspended_per_op" },  { "wakes", "wakes_per_op" },
                { "remote_wakes", "remote_wakes_per_op" },         { "moves", "moves_per_op" },
                { "context_switches", "context_switches_per_op" },
        };
        double operations = (double)run_operations(run);

        if (run_window_operations(run))
                run_metric(run, "acquire_ns", "ns",
                           (double)run_window_ns(run) / (double)run_window_operations(run));
        for (size_t i = 0; operations > 0 && i < sizeof(per_op) / sizeof(per_op[0]); i++)
                if (run_has_count(run, per_op[i].count))
                        run_metric(run, per_op[i].metric, "1/op",
                                   (double)run_counted(run, per_op[i].count) / operations);
        run_metric(run, "jain_fairness", "1", jain(run));
}

/* ---- verification ------------------------------------------------------------------------------------------ */

static bool is_contended(const struct run *run, const struct mutex_form *form)
{
        return (form->flags & FORM_CONTENDS) && run_param(run, "workers") > 1 && run_param(run, "tasks") > 1;
}

static void check_messages(struct run *run, uint64_t operations)
{
        uint64_t n = run_counted(run, "counter");

        run_check_equal(run, "received = sent", run_counted(run, "received"), operations);
        run_check_equal(run, "sum of the messages", run_counted(run, "received_sum"), n * (n + 1) / 2);
}

/* A contended cell that does not suspend is failed, not fast. Where tasks stay on workers, those of a worker that is
 * not running are in the queue, so one acquisition in ten is little to ask. A thread may be preempted on its way
 * back to the queue, and when all but one are, that one has the lock to itself for its time slice: there the kernel
 * decides how many suspend, and none at all is the defect. Where tasks move, one worker may come to run them all
 * one after another, and they do not meet until another one steals: all that is sure is the meeting at the start,
 * and the share of the rest stands beside the time. */
static void check_contention(struct run *run, unsigned traits)
{
        uint64_t suspended = run_window_counted(run), operations = run_window_operations(run), least = 1;

        if (traits & TRAIT_TASKS_MIGRATE)
                suspended = run_counted(run, "suspended_acquisitions");
        else if (traits & TRAIT_TASKS_SHARE_WORKER)
                least = operations / 10;
        run_check(run, "a contended lock suspends", suspended >= least,
                  "%" PRIu64 " acquisitions suspended, of %" PRIu64 " in the window, at least %" PRIu64
                  " were asked for",
                  suspended, operations, least);
}

static void check_counts(struct run *run, const struct mutex_form *form, unsigned traits)
{
        uint64_t operations = run_operations(run), locked = form->flags & FORM_UNLOCKED ? 0 : operations;
        bool async = form->flags & FORM_ASYNC;

        run_check_equal(run, "counter = sum of the tasks' counts", run_counted(run, "counter"), operations);
        run_check_equal(run, "acquisitions of the blocking lock", run_counted(run, "sync_acquisitions"),
                        async ? 0 : locked);
        run_check_equal(run, "acquisitions of the suspending lock", run_counted(run, "async_acquisitions"),
                        async ? locked : 0);
        if (async && run_has_count(run, "barging"))
                run_check_equal(run, "barging", run_counted(run, "barging"),
                                (form->flags & FORM_BARGING) != 0);
        if (is_contended(run, form))
                check_contention(run, traits);
        if (run_variant_is(run, "async-held-across-wait"))
                run_check_equal(run, "contenders that waited", run_counted(run, "suspended_acquisitions"),
                                run_tally_count(run) - 1);
        if (form->flags & FORM_SENDS)
                check_messages(run, operations);
}

static void mutex_verify(struct run *run, unsigned traits)
{
        report_waits(run);
        report_per_operation(run);
        check_counts(run, form_of(run), traits);
}

/* ---- the sample ------------------------------------------------------------------------------------------------ */

static unsigned lockers_count(const struct mutex_sample *s)
{
        if (s->form->flags & FORM_OUTCOME)
                return CONTENDERS;
        return (unsigned)run_param(s->run, s->form->flags & FORM_PER_WORKER ? "workers" : "tasks");
}

static void sample_free(struct mutex_sample *s)
{
        channel_destroy(&s->channel);
        async_mutex_destroy(&s->async);
        pthread_mutex_destroy(&s->sync.lock);
        free(s->lockers);
        free(s);
}

static int mutex_run(const struct executor *ex, struct run *run)
{
        struct mutex_sample *s = aligned_alloc(RUN_CACHE_LINE_BYTES, sizeof(*s));

        if (!s)
                return -ENOMEM;
        *s = (struct mutex_sample){ .run = run, .form = form_of(run), .holder = -1 };
        s->burst = run_param(run, "burst");
        s->hold_ns = run_param(run, "hold_ns");
        locks_make(s);
        lockers_make(s, lockers_count(s));
        s->gather = is_contended(run, s->form);
        run_window_count(run, &s->async.suspended);
        s->form->run(ex, s);
        report_counts(s);
        sample_free(s);
        return 0;
}

/* ---- the tables ---------------------------------------------------------------------------------------------------- */

static const char *mutex_absent(const struct variant *v, unsigned traits)
{
        const char *name = v->name;

        if (strcmp(name, "async-unconstrained") == 0 && !(traits & TRAIT_BUDGET))
                return "no budget of operations per turn that could be lifted";
        if ((traits & TRAIT_NEVER_SUSPENDS) &&
            (strstr(name, "-wait") || strstr(name, "-send") || strstr(name, "set-aside")))
                return "nothing to wait on";
        return NULL;
}

static const char *mutex_excludes(const struct run *run, unsigned traits)
{
        uint64_t tasks = run_param(run, "tasks"), workers = run_param(run, "workers");

        if (form_of(run)->flags & FORM_OUTCOME)
                return NULL;
        if (run_param(run, "burst") == RUN_ALL && tasks > workers)
                return "burst=all with more tasks than workers: the others would never run";
        if ((traits & TRAIT_NEVER_SUSPENDS) && workers > 1)
                return "one thread, and nothing to wait on";
        return workload_excludes_workers(run, traits, tasks);
}

static enum outcome mutex_expect(const struct run *run, unsigned traits)
{
        if (MUTANT("expect-completed"))
                return OUTCOME_COMPLETED;
        if (run_variant_is(run, "sync-held-across-wait") && (traits & TRAIT_TASKS_SHARE_WORKER))
                return OUTCOME_DEADLOCK;
        if (run_variant_is(run, "set-aside"))
                return OUTCOME_DEADLOCK;
        return OUTCOME_COMPLETED;
}

#define ALL_PARAMS "tasks,workers,burst,hold_ns"

static const struct variant variants[] = {
        { .name = "sync",
          .role = ROLE_FIX,
          .text = "a pthread mutex around the update, held across no wait" },
        { .name = "async",
          .role = ROLE_MISTAKE,
          .against = "sync",
          .text = "the suspending lock around an update that never waits: FIFO hand-off, as Tokio's" },
        { .name = "async-barging",
          .role = ROLE_ALTERNATIVE,
          .against = "sync",
          .text = "the suspending lock, but a released lock is free and the woken waiter competes for it" },
        { .name = "async-unconstrained",
          .role = ROLE_ALTERNATIVE,
          .against = "async",
          .text = "the suspending lock without the runtime's budget of operations per turn" },
        { .name = "bare",
          .role = ROLE_BASELINE,
          .against = "sync",
          .text = "the pthread mutex in a plain loop, one thread per worker, no executor" },
        { .name = "none",
          .role = ROLE_BASELINE,
          .against = "sync",
          .text = "a counter of its own per thread, no lock at all" },
        { .name = "sync-held-across-wait",
          .role = ROLE_MISTAKE,
          .against = "async-held-across-wait",
          .rounds = ROUNDS_OUTCOME,
          .ignores = ALL_PARAMS,
          .text = "the pthread mutex is held while its task sleeps, and a second task asks for it" },
        { .name = "async-held-across-wait",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = ALL_PARAMS,
          .text = "the suspending lock is held while its task sleeps: the one case where it is right" },
        { .name = "async-with-send",
          .role = ROLE_MISTAKE,
          .against = "sync-with-try-send",
          .text = "a message is sent to a bounded channel while the suspending lock is held" },
        { .name = "sync-with-try-send",
          .role = ROLE_FIX,
          .text = "under a pthread mutex the send is only tried; the wait for room comes after the unlock" },
        { .name = "set-aside",
          .role = ROLE_MISTAKE,
          .against = "set-aside-dropped",
          .rounds = ROUNDS_OUTCOME,
          .ignores = ALL_PARAMS,
          .text = "a waiter for the FIFO lock is started and polled no more: the lock is handed to it" },
        { .name = "set-aside-dropped",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = ALL_PARAMS,
          .text = "the waiter that is not wanted any more is dropped, and the queue moves on" },
        { 0 },
};

static const struct param params[] = {
        { .name = "tasks",
          .unit = "",
          .smoke = "1,16",
          .publish = "1,16,64,256",
          .min = 1,
          .max = 10000,
          .text = "tasks that contend for the lock" },
        { .name = "workers",
          .unit = "",
          .smoke = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that run the tasks; with a thread per task, processors these may use" },
        { .name = "hold_ns",
          .unit = "ns",
          .smoke = "0",
          .standard = "0,1000",
          .max = 1000000,
          .text = "work inside the lock beside the update" },
        { .name = "burst",
          .unit = "acquisitions",
          .smoke = "64",
          .standard = "64,1",
          .words = "all",
          .min = 1,
          .max = 1000000,
          .text = "acquisitions between two yields; `all`: never yields, the uncontended form" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "acquire_ns",
          .unit = "ns",
          .headline = true,
          .text = "length of the window divided by the acquisitions of all tasks in it" },
        { .name = "acquire_wait_p50_ns",
          .unit = "ns",
          .text = "from asking for the lock to having it, half of the acquisitions" },
        { .name = "acquire_wait_p99_ns", .unit = "ns", .text = "the same, 99 in 100" },
        { .name = "jain_fairness",
          .unit = "1",
          .higher_is_better = true,
          .text = "1 = every task got as often as the others, 1/tasks = one got all" },
        { .name = "suspended_per_op", .unit = "1/op", .text = "acquisitions that had to wait for the lock" },
        { .name = "wakes_per_op", .unit = "1/op", .text = "tasks made ready per acquisition" },
        { .name = "remote_wakes_per_op",
          .unit = "1/op",
          .text = "of these, from another thread than the task's worker" },
        { .name = "moves_per_op",
          .unit = "1/op",
          .text = "turns of a task on another worker than its last, where the runtime moves tasks" },
        { .name = "context_switches_per_op",
          .unit = "1/op",
          .text = "of the workers' threads, voluntary and not" },
        { 0 },
};

const struct workload workload_mutex = {
        .name = "mutex",
        .question = "What does an async mutex cost when a sync one would do?",
        .operation = "one acquisition: lock, update a counter, unlock",
        .method = "Tasks take a lock, add one to a shared counter and release it, `burst` times between two "
                  "yields, until the window ends. The wait for the lock is timed on one acquisition in 64.",
        .expected = "uncontended, a suspending lock costs 1.2 to 4 times a blocking one: 1.7 times was "
                    "measured for "
                    "async-std in 2019 (github.com/async-rs/async-std/pull/530), and nobody published a "
                    "figure for "
                    "Tokio's. Contended, it is dearer by the price of a wake-up. A blocking lock held across "
                    "a wait "
                    "ends in a deadlock wherever tasks share a thread "
                    "(github.com/tokio-rs/tokio/issues/4588), and a "
                    "waiter that is set aside stops the queue on every row "
                    "(github.com/tokio-rs/tokio/issues/6450).",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .absent = mutex_absent,
        .excludes = mutex_excludes,
        .run = mutex_run,
        .expect = mutex_expect,
        .verify = mutex_verify,
};
