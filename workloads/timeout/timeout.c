/* SPDX-License-Identifier: MIT */
/* Workload `timeout`: a caller sets a limit to something that gives up its thread, or does not. */
#include "workloads/timeout/timeout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/workload.h"

/* ---- running --------------------------------------------------------------------------------------------- */

static bool is_source(const struct run *run)
{
        return run_variant_is(run, "ready-source") || run_variant_is(run, "ready-source-yielding");
}

static bool is_shutdown(const struct run *run)
{
        return run_variant_is(run, "shutdown-waits") || run_variant_is(run, "shutdown-bounded");
}

static bool is_mistake(const struct run *run)
{
        return run_variant_is(run, "monolithic") || run_variant_is(run, "ready-source") ||
               run_variant_is(run, "shutdown-waits");
}

/* Pieces of the work. */
static uint64_t total_of(const struct run *run)
{
        uint64_t pieces = run_param(run, "work_ms") * 1000 / run_param(run, "chunk_us");

        return pieces ? pieces : 1;
}

static int sample_make(struct timeout_sample *s, struct run *run)
{
        uint64_t random = run_random_start(run, 0);
        int error = work_open(&s->work, WORK_CPU);

        if (!error)
                error = channel_init(&s->channel, SOURCE_MESSAGES);
        if (error)
                return error;
        s->run = run;
        s->tally = run_tallies(run, 1);
        s->whole = is_mistake(run) != MUTANT("other-variant");
        s->limit_ns = run_param(run, "limit_ms") * 1000000;
        s->late_messages = run_param(run, "late_messages");
        s->total = total_of(run);
        s->piece_steps = run_param(run, "chunk_us") * s->work.steps_per_us;
        s->queued_jobs = run_param(run, "queued_jobs");
        s->load.sample = s;
        s->load.value = is_source(run) ? 0 : run_random(&random);
        s->caller.task.step = is_source(run)                   ? timeout_step_source
                              : is_shutdown(run)               ? timeout_step_shutdown
                              : run_variant_is(run, "offload") ? timeout_step_offload
                                                               : timeout_step_inline;
        return 0;
}

static void report_counts(const struct timeout_sample *s)
{
        struct run *run = s->run;

        run_count(run, "timeouts", s->timeouts);
        run_count(run, "overshoot_ns", s->went_on_ns > s->deadline_ns ? s->went_on_ns - s->deadline_ns : 0);
        run_count(run, "pieces", s->pieces);
        run_count(run, "pieces_late", s->load.late);
        run_count(run, "pieces_on_loop", s->load.on_loop);
        run_count(run, "longest_turn", s->longest_turn);
        run_count(run, "turns", s->crew.polls);
        run_count(run, "piece_steps", s->piece_steps);
        run_count(run, "checksum", is_source(run) ? s->load.value : s->load.value >> 32);
        run_count(run, "cpu_after_ns", s->cpu_after_ns);
        run_count(run, "jobs", s->crew.job_starts);
        run_count(run, "jobs_withdrawn", s->crew.jobs_withdrawn);
        run_count(run, "jobs_abandoned", s->crew.jobs_abandoned);
        run_count(run, "jobs_left", s->crew.jobs_left);
}

static int timeout_run(const struct executor *ex, struct run *run)
{
        struct timeout_sample *s = calloc(1, sizeof(*s));
        struct crew *crew;
        int error = s ? sample_make(s, run) : -ENOMEM;

        if (error) {
                free(s);
                return error;
        }
        crew = crew_open(ex, run, 1);
        if (is_shutdown(run) || run_variant_is(run, "offload"))
                crew_offload(crew, 1);
        crew_spawn(crew, &s->caller.task, 0);
        crew_start(crew);
        crew_join(crew, &s->crew);
        if (is_shutdown(run)) {
                caller_goes_on(s);
                shutdown_report(s);
        }
        report_counts(s);
        channel_destroy(&s->channel);
        work_close(&s->work);
        free(s);
        return 0;
}

/* ---- verification ----------------------------------------------------------------------------------------- */

/* What all pieces from the first on come to. */
static uint64_t serial_checksum(struct run *run, uint64_t pieces)
{
        uint64_t random = run_random_start(run, 0);

        return run_work_result(run_random(&random), pieces * run_counted(run, "piece_steps")) >> 32;
}

static void check_work(struct run *run)
{
        uint64_t total = total_of(run), done = run_operations(run), pieces = run_counted(run, "pieces");

        run_check_equal(run, "checksum = that of serial work", run_counted(run, "checksum"),
                        serial_checksum(run, done));
        run_count(run, "pieces_after", done - pieces);
        run_count(run, "pieces_left", total - done);
        run_check_equal(run, "pieces worked by the loop", run_counted(run, "pieces_on_loop"),
                        run_variant_is(run, "offload") ? 0 : done);
        if (run_variant_is(run, "offload"))
                return;
        run_check_equal(run, "pieces after the caller went on", done - pieces, 0);
        run_check_equal(run, "jobs", run_counted(run, "jobs"), 0);
        run_check_equal(run, "pieces without a look at the loop", run_counted(run, "longest_turn"),
                        is_mistake(run) ? total : 1);
}

/* Messages are numbered from 0: what was received says how many. */
static void check_source(struct run *run, unsigned traits)
{
        uint64_t done = run_operations(run), longest = run_counted(run, "longest_turn");
        uint64_t most = traits & TRAIT_BUDGET ? TIMEOUT_BUDGET : POLL_INTERVAL;

        run_check_equal(run, "sum of the messages", run_counted(run, "checksum"), done * (done - 1) / 2);
        if (is_mistake(run)) {
                run_check_equal(run, "messages without a look at the loop", longest, done);
                run_check_equal(run, "messages after the limit", run_counted(run, "pieces_late"),
                                run_param(run, "late_messages"));
                return;
        }
        run_check(run, "messages without a look at the loop", longest > 0 && longest <= most,
                  "%" PRIu64 ", at most %" PRIu64, longest, most);
}

/* One thread: one job has begun, and nothing stops it; all others are still queued, of which a runtime that leaves its
 * queue behind cannot say more. Where the caller waits until the
 * limit, the job is left, unless the caller comes to look only when it is over already. */
static void check_shutdown(struct run *run)
{
        uint64_t jobs = run_param(run, "queued_jobs"), left = run_counted(run, "jobs_left");
        bool outlasted = run_counted(run, "waited_ns") >= run_param(run, "blocking_ms") * 1000000;

        run_check_equal(run, "jobs", run_counted(run, "jobs"), jobs);
        run_check_equal(run, "jobs begun", run_counted(run, "jobs_begun"), 1);
        if (run_has_count(run, "jobs_withdrawn")) {
                run_check_equal(run, "jobs withdrawn", run_counted(run, "jobs_withdrawn"), jobs - 1);
                run_check_equal(run, "jobs abandoned", run_counted(run, "jobs_abandoned"), 1);
        }
        run_check_equal(run, "jobs left behind or ended", left + run_counted(run, "jobs_ended"), 1);
        run_check_equal(run, "times that the limit acted", run_counted(run, "timeouts"), left);
        if (is_mistake(run))
                run_check_equal(run, "jobs left behind", left, 0);
        run_check(run, "left, or waited for", left || outlasted, "%" PRIu64 " left after %" PRIu64 " ns",
                  left, run_counted(run, "waited_ns"));
}

/* The work that cannot be stopped is done to its end. The limit acts, unless the caller comes to look only when the
 * work is over already. */
static void check_offload(struct run *run)
{
        run_check_equal(run, "pieces", run_operations(run), total_of(run));
        run_check_equal(run, "jobs", run_counted(run, "jobs"), 1);
        run_check_equal(run, "jobs abandoned", run_counted(run, "jobs_abandoned"),
                        run_counted(run, "timeouts"));
        run_check_equal(run, "jobs left behind", run_counted(run, "jobs_left"), 0);
        if (!run_counted(run, "timeouts"))
                run_check_equal(run, "pieces when the caller went on", run_counted(run, "pieces"),
                                total_of(run));
        run_metric(run, "cpu_after_ns", "ns", (double)run_counted(run, "cpu_after_ns"));
}

static void timeout_verify(struct run *run, unsigned traits)
{
        run_metric(run, "overshoot_ns", "ns", (double)run_counted(run, "overshoot_ns"));
        if (run_variant_is(run, "offload"))
                check_offload(run);
        else if (!is_shutdown(run))
                run_check_equal(run, "times that the limit acted", run_counted(run, "timeouts"),
                                !is_mistake(run));
        if (is_shutdown(run))
                check_shutdown(run);
        else if (is_source(run))
                check_source(run, traits);
        else
                check_work(run);
        if (run_variant_is(run, "shutdown-waits"))
                run_count(run, "shown", run_counted(run, "jobs_ended"));
        else if (is_mistake(run))
                run_count(run, "shown", run_counted(run, "pieces_late") > 0);
}

/* ---- the tables ------------------------------------------------------------------------------------------- */

static const char *timeout_excludes(const struct run *run, unsigned traits)
{
        (void)traits;
        if (!is_source(run) &&
            run_param(run, is_shutdown(run) ? "blocking_ms" : "work_ms") <= run_param(run, "limit_ms"))
                return "it ends within the limit";
        if (!is_source(run) && !is_shutdown(run) &&
            (total_of(run) - 1) * run_param(run, "chunk_us") <= run_param(run, "limit_ms") * 1000)
                return "the last piece begins before the limit";
        return NULL;
}

#define OF_WORK "late_messages,queued_jobs,blocking_ms"
#define OF_SOURCE "work_ms,chunk_us,queued_jobs,blocking_ms"
#define OF_SHUTDOWN "work_ms,chunk_us,late_messages"

static const struct variant variants[] = {
        { .name = "chunked",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_WORK,
          .text = "the work is done in pieces, and the loop goes round between two of them" },
        { .name = "monolithic",
          .role = ROLE_MISTAKE,
          .against = "chunked",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_WORK,
          .text = "the same pieces, one after the other: the limit is looked at when all are done" },
        { .name = "offload",
          .role = ROLE_ALTERNATIVE,
          .against = "chunked",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_WORK,
          .text = "the work is done by a thread of the blocking pool, and goes on when the caller does" },
        { .name = "ready-source-yielding",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SOURCE,
          .text = "the reader of a source that is always ready gives up its turn after so many messages: by "
                  "Tokio's budget, or by hand" },
        { .name = "ready-source",
          .role = ROLE_MISTAKE,
          .against = "ready-source-yielding",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SOURCE,
          .text = "it reads as long as there is something; for the sample's sake it ends after so many late "
                  "ones" },
        { .name = "shutdown-bounded",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SHUTDOWN,
          .text = "blocking jobs are aborted, and waited for until the limit: the one that runs is left "
                  "behind" },
        { .name = "shutdown-waits",
          .role = ROLE_MISTAKE,
          .against = "shutdown-bounded",
          .rounds = ROUNDS_OUTCOME,
          .ignores = OF_SHUTDOWN,
          .text = "they are aborted, and waited for: the one that runs is not stopped by that" },
        { 0 },
};

static const struct param params[] = {
        { .name = "limit_ms",
          .unit = "ms",
          .smoke = "10",
          .min = 1,
          .max = 10000,
          .text = "after which the caller wants to go on" },
        { .name = "work_ms",
          .unit = "ms",
          .smoke = "100",
          .publish = "100,500",
          .min = 1,
          .max = 100000,
          .text = "processor time of the work" },
        { .name = "chunk_us",
          .unit = "us",
          .smoke = "1000",
          .publish = "1000,250,5000",
          .min = 1,
          .max = 1000000,
          .text = "what a piece of the work takes" },
        { .name = "late_messages",
          .unit = "messages",
          .smoke = "500000",
          .min = 1,
          .max = 1000000000,
          .text = "sources: received after the limit has passed, before the reader ends by itself" },
        { .name = "queued_jobs",
          .unit = "",
          .smoke = "8",
          .publish = "8,100",
          .min = 1,
          .max = 10000,
          .text = "blocking jobs at the shutdown, for one thread" },
        { .name = "blocking_ms",
          .unit = "ms",
          .smoke = "200",
          .min = 1,
          .max = 3600000,
          .text = "what such a job sleeps from the abort on, which nothing interrupts" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "overshoot_ns",
          .unit = "ns",
          .headline = true,
          .text = "from when the limit passed until the caller went on" },
        { .name = "cpu_after_ns",
          .unit = "ns",
          .text = "processor time that the work still takes when the caller has gone on" },
        { 0 },
};

const struct workload workload_timeout = {
        .name = "timeout",
        .question = "What does a time limit do to work that does not suspend?",
        .operation = "one piece of work, one message, or one job that is over",
        .method = "One task sets a limit and starts what takes longer. When it goes on is compared with the "
                  "limit, and what was done until then and after it is counted.",
        .expected =
                "a limit is a timer of the same loop, and acts where the work suspends "
                "(github.com/tokio-rs/tokio/issues/1035). In one piece the caller goes on when the work is "
                "done; in pieces, about a piece after the limit; offloaded, at the limit, and the work goes "
                "on. A source that is always ready never suspends its reader, unless it or the reader gives "
                "up its turn (github.com/tokio-rs/tokio/issues/4291). Blocking work that has begun is not "
                "stopped by aborting it, and a shutdown waits for it, unless that is bounded "
                "(github.com/tokio-rs/tokio/issues/1923); what is still queued never runs "
                "(github.com/tokio-rs/tokio/pull/7501).",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .absent = workload_absent_without_waits,
        .excludes = timeout_excludes,
        .run = timeout_run,
        .expect = workload_completes,
        .verify = timeout_verify,
};
