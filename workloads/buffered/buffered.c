/* SPDX-License-Identifier: MIT */
/* Workload `buffered`: operations in flight while the body of the loop over their results awaits something. */
#include "workloads/buffered/buffered.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/workload.h"

static const struct buffered_form forms[] = {
        { .variant = "buffered", .other = "drained" },
        { .variant = "spawned", .other = "buffered", .spawns = true },
        { .variant = "drained", .other = "buffered", .drains = true },
        { .variant = "semaphore", .other = "semaphore-spawned", .permits = true },
        { .variant = "semaphore-spawned", .other = "semaphore", .permits = true, .spawns = true },
        { 0 },
};

static const struct buffered_form *form_named(const char *variant)
{
        const struct buffered_form *form = forms;

        while (form->variant && strcmp(form->variant, variant) != 0)
                form++;
        return form;
}

static const struct buffered_form *form_of(const struct run *run)
{
        return form_named(run->variant);
}

static uint64_t param_ns(const struct run *run, const char *name)
{
        return run_param(run, name) * 1000000;
}

static uint64_t in_flight_of(const struct run *run)
{
        return run_param(run, form_of(run)->permits ? "semaphore_in_flight" : "in_flight");
}

/* Each place in the buffer is used twice. */
static uint64_t count_of(const struct run *run)
{
        return 2 * in_flight_of(run);
}

/* ---- the sample ------------------------------------------------------------------------------------------- */

static void sample_make(struct buffered_sample *s, struct run *run)
{
        s->run = run;
        s->form = MUTANT("other-variant") ? form_named(form_of(run)->other) : form_of(run);
        s->late = run_recorders(run, 1);
        s->count = (unsigned)count_of(run);
        s->in_flight = (unsigned)in_flight_of(run);
        s->exchange_ns = param_ns(run, "op_ms") / BUFFERED_EXCHANGES;
        s->timeout_ns = param_ns(run, "timeout_ms");
        s->body_ns = param_ns(run, "body_ms");
        s->consumer =
                (struct consumer){ .task.step = consumer_step, .sample = s, .tally = run_tallies(run, 1) };
        s->operations = calloc(s->count, sizeof(*s->operations));
        if (!s->operations)
                run_fail(run, "no memory for %u operations", s->count);
        for (unsigned i = 0; i < s->count; i++) {
                s->operations[i].sample = s;
                s->operations[i].value = operation_seed(run, i);
        }
        semaphore_init(&s->permits, (unsigned)run_param(run, "permits"));
        if (s->form->spawns)
                carriers_make(s);
}

static void sample_free(struct buffered_sample *s)
{
        if (s->form->spawns)
                carriers_free(s);
        semaphore_destroy(&s->permits);
        free(s->operations);
        free(s);
}

static void report_counts(const struct buffered_sample *s)
{
        struct run *run = s->run;

        run_count(run, "completed", s->completed);
        run_count(run, "timed_out", s->timed_out);
        run_count(run, "checksum", s->checksum);
        run_count(run, "checksum_timed_out", s->checksum_timed_out);
        run_count(run, "bodies", s->bodies);
        run_count(run, "in_flight_at_body", s->in_flight_at_body);
        run_count(run, "to_send_at_body", s->to_send_at_body);
        run_count(run, "driven_in_body", atomic_load(&s->driven_in_body));
        run_count(run, "own_tasks", atomic_load(&s->own_tasks));
        run_count(run, "permits_acquired", s->permits.acquisitions);
        run_count(run, "permits_left", s->permits.permits);
        run_count(run, "elapsed_ns", s->elapsed_ns);
}

static void explain(void *arg, char *buf, size_t bytes)
{
        struct buffered_sample *s = arg;

        snprintf(buf, bytes,
                 "%sthe loop body waits for one of %" PRIu64
                 "; %u operations are in flight, %u of them with a permit in hand",
                 s->form->spawns ? "" : "permits of operations that nobody drives: ",
                 run_param(s->run, "permits"), atomic_load(&s->in_flight_now), atomic_load(&s->holding));
}

static int buffered_run(const struct executor *ex, struct run *run)
{
        struct buffered_sample *s = calloc(1, sizeof(*s));
        struct crew *crew;

        if (!s)
                return -ENOMEM;
        sample_make(s, run);
        crew = crew_open(ex, run, 1);
        run_explain(run, explain, s);
        crew_spawn(crew, &s->consumer.task, 0);
        for (unsigned i = 0; s->form->spawns && i < s->count; i++)
                crew_spawn(crew, &s->carriers[i].task, 0);
        crew_start(crew);
        crew_join(crew, NULL);
        run_explain(run, NULL, NULL);
        report_counts(s);
        sample_free(s);
        return 0;
}

/* ---- results ------------------------------------------------------------------------------------------------ */

static void report_metrics(struct run *run)
{
        const struct hist *late = run_recorded(run);

        run_metric(run, "late_max_ns", "ns", (double)late->max);
        run_metric(run, "late_p50_ns", "ns", (double)hist_quantile(late, 0.50));
        run_metric(run, "timed_out", "1", (double)run_counted(run, "timed_out"));
        run_metric(run, "elapsed_ns", "ns", (double)run_counted(run, "elapsed_ns"));
        run_histogram(run, "late_ns", late);
}

/* What all of them come to when one after the other is carried out. */
static uint64_t serial_checksum(const struct run *run, uint64_t operations)
{
        uint64_t checksum = 0;

        for (uint64_t i = 0; i < operations; i++)
                checksum += operation_result(run, i);
        return checksum;
}

static void check_operations(struct run *run)
{
        uint64_t operations = count_of(run);

        run_check_equal(run, "completed and timed out = operations",
                        run_counted(run, "completed") + run_counted(run, "timed_out"), operations);
        run_check_equal(run, "operations counted", run_operations(run), operations);
        run_check_equal(run, "checksum = that of one after the other",
                        run_counted(run, "checksum") + run_counted(run, "checksum_timed_out"),
                        serial_checksum(run, operations));
        run_check_equal(run, "operations in tasks of their own", run_counted(run, "own_tasks"),
                        form_of(run)->spawns ? operations : 0);
}

static void check_permits(struct run *run)
{
        bool permits = form_of(run)->permits;

        run_check_equal(run, "bodies that awaited something", run_counted(run, "bodies"),
                        permits ? count_of(run) : 1);
        run_check_equal(run, "permits acquired, by operations and bodies",
                        run_counted(run, "permits_acquired"), permits ? 2 * count_of(run) : 0);
        run_check_equal(run, "permits at the end", run_counted(run, "permits_left"),
                        run_param(run, "permits"));
        if (permits)
                run_check_equal(run, "timed out, where there is no timeout", run_counted(run, "timed_out"),
                                0);
        else
                run_check_equal(run, "in flight while the body waits", run_counted(run, "in_flight_at_body"),
                                in_flight_of(run) - 1);
}

/* Who has to send when the body begins, and cannot before it is over, will be too late if it is longer than the
 * timeout; and no result is noticed before. */
static void check_undriven(struct run *run)
{
        uint64_t timed_out = run_counted(run, "timed_out"), to_send = run_counted(run, "to_send_at_body");
        uint64_t body_ns = param_ns(run, "body_ms"), op_ns = param_ns(run, "op_ms");
        uint64_t late_ns = run_recorded(run)->max;

        run_check_equal(run, "driven while the body waited", run_counted(run, "driven_in_body"), 0);
        if (form_of(run)->permits)
                return;
        if (run_param(run, "body_ms") >= run_param(run, "timeout_ms"))
                run_check(run, "timed out for sure", timed_out >= to_send,
                          "%" PRIu64 ", and %" PRIu64 " had something to send when the body began", timed_out,
                          to_send);
        if (in_flight_of(run) > 1)
                run_check(run, "late by the body less an operation", late_ns + op_ns >= body_ns,
                          "%" PRIu64 " ns late at most, the body takes %" PRIu64 " ns", late_ns, body_ns);
        run_count(run, "shown", timed_out);
}

/* An exchange is due before a body that is longer is over, and is looked at first. */
static void check_drained(struct run *run)
{
        uint64_t driven = run_counted(run, "driven_in_body"), to_send = run_counted(run, "to_send_at_body");

        if (run_param(run, "body_ms") > run_param(run, "op_ms"))
                run_check(run, "driven while the body waited", driven >= to_send,
                          "%" PRIu64 " times, and %" PRIu64 " had something to send when the body began",
                          driven, to_send);
}

static void buffered_verify(struct run *run, unsigned traits)
{
        const struct buffered_form *form = form_of(run);

        (void)traits;
        if (!form->permits)
                report_metrics(run);
        check_operations(run);
        check_permits(run);
        if (form->drains)
                check_drained(run);
        else if (!form->spawns)
                check_undriven(run);
}

/* ---- the tables ----------------------------------------------------------------------------------------------- */

static const char *buffered_absent(const struct variant *v, unsigned traits)
{
        if (traits & TRAIT_NEVER_SUSPENDS)
                return "nothing to wait on";
        if (!(traits & TRAIT_TASKS_SHARE_WORKER) && !form_named(v->name)->spawns)
                return "each operation has its own stack and goes on by itself: nobody has to drive it";
        return NULL;
}

static const char *buffered_excludes(const struct run *run, unsigned traits)
{
        (void)traits;
        if (!form_of(run)->permits && run_param(run, "timeout_ms") <= run_param(run, "op_ms"))
                return "the timeout is not longer than an operation: each would time out";
        return NULL;
}

/* Every permit is given back to an operation that is in the queue, as long as there are twice as many operations
 * as permits; and with no more operations than permits one is always left for the body. */
static enum outcome buffered_expect(const struct run *run, unsigned traits)
{
        uint64_t permits = run_param(run, "permits"), in_flight = in_flight_of(run);

        (void)traits;
        if (!run_variant_is(run, "semaphore") || in_flight <= permits || MUTANT("expect-completed"))
                return OUTCOME_COMPLETED;
        return in_flight >= 2 * permits ? OUTCOME_DEADLOCK : OUTCOME_EITHER;
}

#define OF_SEMAPHORE "permits,semaphore_in_flight"
#define OF_TIMEOUT "in_flight,timeout_ms,body_ms"

static const struct variant variants[] = {
        { .name = "spawned",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SEMAPHORE,
          .text = "each operation is a task of its own, and its result waits for the loop" },
        { .name = "buffered",
          .role = ROLE_MISTAKE,
          .against = "spawned",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SEMAPHORE,
          .price = "elapsed_ns",
          .text = "the loop drives the operations when it asks for the next result, and not while its body "
                  "waits" },
        { .name = "drained",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SEMAPHORE,
          .text = "the loop drives the operations and its body together" },
        { .name = "semaphore",
          .role = ROLE_MISTAKE,
          .against = "semaphore-spawned",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_TIMEOUT,
          .text = "as buffered, and each operation needs a permit of a semaphore, as the loop's body does" },
        { .name = "semaphore-spawned",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_TIMEOUT,
          .text = "the same with a task for each operation, which gives its permit back by itself" },
        { 0 },
};

static const struct param params[] = {
        { .name = "in_flight",
          .unit = "operations",
          .smoke = "5",
          .quick = "5,1,20",
          .standard = "5,1,2,10,20",
          .publish = "5,1,2,10,20,40",
          .min = 1,
          .max = BUFFERED_IN_FLIGHT_MAX,
          .text = "operations at a time; twice as many in all" },
        { .name = "op_ms",
          .unit = "ms",
          .smoke = "10",
          .min = 2,
          .max = 1000,
          .text = "what an operation takes: two exchanges, each a wait of half of it" },
        { .name = "timeout_ms",
          .unit = "ms",
          .smoke = "30",
          .min = 1,
          .max = 10000,
          .text = "after which an operation that has not completed ends" },
        { .name = "body_ms",
          .unit = "ms",
          .smoke = "40",
          .publish = "40,20,80",
          .min = 1,
          .max = 10000,
          .text = "what the loop's body awaits, once: when it has as many results as there are in flight" },
        { .name = "permits",
          .unit = "permits",
          .smoke = "2",
          .min = 1,
          .max = 1000,
          .text = "of the semaphore" },
        { .name = "semaphore_in_flight",
          .unit = "operations",
          .smoke = "4,2",
          .quick = "4",
          .standard = "4,2,3",
          .min = 1,
          .max = BUFFERED_IN_FLIGHT_MAX,
          .text = "the semaphore variants: operations at a time; twice as many in all" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "late_max_ns",
          .unit = "ns",
          .headline = true,
          .text = "from when an operation was due until it was noticed as completed or timed out, the "
                  "worst" },
        { .name = "late_p50_ns", .unit = "ns", .text = "the same, half of the operations" },
        { .name = "timed_out", .unit = "1", .text = "operations that ended by their timeout" },
        { .name = "elapsed_ns",
          .unit = "ns",
          .text = "from the first operation's beginning to the last result" },
        { 0 },
};

/* All that are in flight but the one whose result the body has, where nobody drives them. */
static double times_out(const struct run *run)
{
        return run_variant_is(run, "buffered") ? (double)run_param(run, "in_flight") - 1 : 0;
}

static const struct curve curves[] = {
        { .param = "in_flight",
          .variants = "spawned,buffered,drained",
          .metric = "timed_out",
          .expected = times_out,
          .text = "all that are in flight time out but the one whose result the body has; in the fixes none "
                  "does" },
        { 0 },
};

const struct workload workload_buffered = {
        .name = "buffered",
        .question = "What happens to the operations in flight while the loop over their results awaits "
                    "something else?",
        .operation = "one request of two exchanges under one timeout",
        .method =
                "A loop takes the results of operations of which several are in flight, and its body awaits "
                "something that takes longer than their timeout, once. Those in flight then have a request "
                "to send "
                "yet: in an array the first is under way, in a stream of futures it may be that none has "
                "been polled. "
                "How late each is noticed as completed, or as timed out, is recorded. No server is asked: an "
                "exchange "
                "is a wait.",
        .expected =
                "in a buffered stream all that are in flight time out, whether they are futures in a set or "
                "requests in "
                "an array, because only the await that is executed is driven "
                "(github.com/rust-lang/futures-rs/issues/2387; the status-quo story of wg-async about "
                "buffered "
                "streams). Spawned, or driven together with the body, none does and each is on time. With a "
                "semaphore the buffered form is a deadlock as soon as the next permits belong to what nobody "
                "drives. With one in flight nothing is in the buffer, and threads need nobody to drive them.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = buffered_absent,
        .excludes = buffered_excludes,
        .run = buffered_run,
        .expect = buffered_expect,
        .verify = buffered_verify,
};
