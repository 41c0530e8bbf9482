/* SPDX-License-Identifier: MIT */
/* Workload `heartbeat`: a beat is due at each period while work of very unequal length is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/heartbeat/heartbeat.h"
#include "workloads/workload.h"

/* ---- running --------------------------------------------------------------------------------------------- */

static bool is_inline(const struct run *run)
{
        return run_variant_is(run, "inline") || run_variant_is(run, "async-inline");
}

static enum work_kind work_of(const struct run *run)
{
        if (run_param_is(run, "work", "memory"))
                return WORK_MEMORY;
        return run_param_is(run, "work", "sleep") ? WORK_SLEEP : WORK_CPU;
}

static void sample_make(struct heartbeat_sample *s, struct run *run)
{
        bool whole = is_inline(run) != MUTANT("other-variant");

        s->run = run;
        s->tally = run_tallies(run, 1);
        s->late = run_recorders(run, 1);
        deal_open(&s->deal, run, s->work.steps_per_us);
        s->period_ns = run_param(run, "period_ms") * 1000000;
        s->tolerance = run_param(run, "tolerated_beats");
        s->piece_steps = whole ? UINT64_MAX : run_param(run, "chunk_us") * s->work.steps_per_us;
        s->in_flight = (unsigned)run_param(run, "in_flight");
        s->offload = run_variant_is(run, "offload");
        heartbeat_make(s);
}

/* All that verification needs, and what else this executor can tell. */
static void report_counts(const struct heartbeat_sample *s)
{
        struct run *run = s->run;

        run_count(run, "steps_per_us", s->work.steps_per_us);
        run_count(run, "items", s->items);
        run_count(run, "heavy_items", s->heavy);
        run_count(run, "checksum", s->checksum);
        run_count(run, "items_on_loop", s->on_loop);
        run_count(run, "out_of_order", s->out_of_order);
        run_count(run, "pieces", s->pieces);
        run_count(run, "longest_piece_ns", s->longest_piece_ns);
        run_count(run, "blocked_periods", s->blocked_periods);
        run_count(run, "blocked_for_good", s->blocked_for_good);
        run_count(run, "beats_due", s->due);
        run_count(run, "beats", s->beats);
        run_count(run, "missed", s->missed);
        run_count(run, "given_up", s->given_up);
        run_count(run, "elapsed_ns", s->elapsed_ns);
        run_count(run, "turns", s->offload ? s->crew.steps : s->crew.polls);
        run_count(run, "jobs", s->crew.job_starts);
        run_count(run, "jobs_peak", s->crew.jobs_peak);
        run_count(run, "context_switches", s->crew.context_switches);
}

static int heartbeat_run(const struct executor *ex, struct run *run)
{
        struct heartbeat_sample *s = calloc(1, sizeof(*s));
        struct crew *crew;

        if (!s)
                return -ENOMEM;
        if (work_open(&s->work, work_of(run))) {
                free(s);
                return -ENOMEM;
        }
        sample_make(s, run);
        crew = crew_open(ex, run, 1);
        if (s->offload)
                crew_offload(crew, (unsigned)run_param(run, "blocking_threads"));
        crew_spawn(crew, &s->heart.task, 0);
        crew_start(crew);
        crew_join(crew, &s->crew);
        report_counts(s);
        work_close(&s->work);
        free(s);
        return 0;
}

/* ---- verification ----------------------------------------------------------------------------------------- */

/* What the same items come to when they are worked one after the other. */
struct serial {
        uint64_t checksum, heavy, pieces;
};

static struct serial serial_of(struct run *run, uint64_t piece_steps)
{
        struct serial serial = { 0 };
        struct deal deal;
        struct item item;

        deal_open(&deal, run, run_counted(run, "steps_per_us"));
        while (deal_next(&deal, &item)) {
                serial.checksum += run_work_result(item.seed, item.steps) >> 32;
                serial.heavy += item.heavy;
                serial.pieces += item.steps / piece_steps + (item.steps % piece_steps != 0);
        }
        return serial;
}

static void check_items(struct run *run)
{
        uint64_t items = run_param(run, "items");
        bool chunked = run_variant_is(run, "chunked");
        struct serial serial = serial_of(
                run, chunked ? run_param(run, "chunk_us") * run_counted(run, "steps_per_us") : UINT64_MAX);

        run_check_equal(run, "items worked", run_counted(run, "items"), items);
        run_check_equal(run, "items counted", run_operations(run), items);
        run_check_equal(run, "heavy items", run_counted(run, "heavy_items"), serial.heavy);
        run_check_equal(run, "checksum = that of serial work", run_counted(run, "checksum"), serial.checksum);
        run_check_equal(run, "pieces", run_counted(run, "pieces"), serial.pieces);
}

/* A piece of the loop's own work is followed by a turn of the loop, and whatever was due in it came after it. */
static void check_inline(struct run *run)
{
        uint64_t piece_ns = run_counted(run, "longest_piece_ns");
        uint64_t period_ns = run_param(run, "period_ms") * 1000000;
        uint64_t least_ns = piece_ns > period_ns ? piece_ns - period_ns : 0;
        uint64_t missed = run_counted(run, "missed"), blocked = run_counted(run, "blocked_periods");
        uint64_t late_ns = run_recorded(run)->max;

        run_check_equal(run, "items worked by the loop", run_counted(run, "items_on_loop"),
                        run_param(run, "items"));
        run_check_equal(run, "jobs", run_counted(run, "jobs"), 0);
        run_check(run, "a turn after each piece", run_counted(run, "turns") >= run_counted(run, "pieces"),
                  "%" PRIu64 " turns, %" PRIu64 " pieces", run_counted(run, "turns"),
                  run_counted(run, "pieces"));
        run_check(run, "late by the longest piece less a period", late_ns >= least_ns,
                  "%" PRIu64 " ns late at most, the longest piece took %" PRIu64 " ns", late_ns, piece_ns);
        run_check(run, "missed for sure", missed >= blocked, "%" PRIu64 " >= %" PRIu64, missed, blocked);
        run_check(run, "given up for sure",
                  run_counted(run, "given_up") >= run_counted(run, "blocked_for_good"),
                  "%" PRIu64 " >= %" PRIu64, run_counted(run, "given_up"),
                  run_counted(run, "blocked_for_good"));
}

static void check_offload(struct run *run)
{
        uint64_t items = run_param(run, "items"), in_flight = run_param(run, "in_flight");

        run_check_equal(run, "items worked by the loop", run_counted(run, "items_on_loop"), 0);
        run_check_equal(run, "jobs", run_counted(run, "jobs"), items);
        run_check_equal(run, "jobs outstanding at most", run_counted(run, "jobs_peak"),
                        in_flight < items ? in_flight : items);
        if (in_flight == 1)
                run_check_equal(run, "items out of order", run_counted(run, "out_of_order"), 0);
}

static void report_metrics(struct run *run)
{
        const struct hist *late = run_recorded(run);
        double elapsed_s = (double)run_counted(run, "elapsed_ns") / 1e9;

        run_metric(run, "beat_late_p50_ns", "ns", (double)hist_quantile(late, 0.50));
        run_metric(run, "beat_late_p99_ns", "ns", (double)hist_quantile(late, 0.99));
        run_metric(run, "beat_late_max_ns", "ns", (double)late->max);
        if (run_counted(run, "beats_due"))
                run_metric(run, "missed_share", "1",
                           (double)run_counted(run, "missed") / (double)run_counted(run, "beats_due"));
        run_metric(run, "given_up", "1", (double)run_counted(run, "given_up"));
        run_metric(run, "items_per_s", "1/s", (double)run_counted(run, "items") / elapsed_s);
        if (run_variant_is(run, "offload"))
                run_metric(run, "out_of_order_share", "1",
                           (double)run_counted(run, "out_of_order") / (double)run_counted(run, "items"));
        else
                run_metric(run, "longest_piece_ns", "ns", (double)run_counted(run, "longest_piece_ns"));
        run_histogram(run, "beat_late_ns", late);
}

/* Who gives up has missed enough, and each beat is missed once. */
static void check_beats(struct run *run)
{
        uint64_t given_up = run_counted(run, "given_up"), missed = run_counted(run, "missed");

        run_check_equal(run, "beats made and missed = beats due", run_counted(run, "beats") + missed,
                        run_counted(run, "beats_due"));
        run_check(run, "gives up after enough missed beats",
                  given_up * run_param(run, "tolerated_beats") <= missed,
                  "%" PRIu64 " times in %" PRIu64 " missed beats", given_up, missed);
}

static void heartbeat_verify(struct run *run, unsigned traits)
{
        (void)traits;
        report_metrics(run);
        check_items(run);
        check_beats(run);
        if (run_variant_is(run, "offload"))
                check_offload(run);
        else
                check_inline(run);
        if (is_inline(run))
                run_count(run, "shown", run_counted(run, "missed"));
}

/* ---- the tables ------------------------------------------------------------------------------------------- */

static const char *heartbeat_absent(const struct variant *v, unsigned traits)
{
        if (traits & TRAIT_NEVER_SUSPENDS)
                return "nothing to wait on";
        if (strcmp(v->name, "async-inline") == 0 && !(traits & TRAIT_NATIVE))
                return "the same machine code as inline: C has no async functions";
        return NULL;
}

#define NO_POOL "in_flight,blocking_threads"

static const struct variant variants[] = {
        { .name = "offload",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = "chunk_us",
          .text = "an item goes to the blocking pool, and the task waits for the first of the timer and the "
                  "item" },
        { .name = "inline",
          .role = ROLE_MISTAKE,
          .price = "items_per_s",
          .against = "offload",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "chunk_us," NO_POOL,
          .text = "an item is worked whole by the task that beats, which lets the loop go round between "
                  "two" },
        { .name = "async-inline",
          .role = ROLE_MISTAKE,
          .price = "items_per_s",
          .against = "offload",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "chunk_us," NO_POOL,
          .text = "the same, and the item's code is an async function that awaits nothing" },
        { .name = "chunked",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = NO_POOL,
          .text = "an item is worked in pieces, and the loop goes round between two of them" },
        { 0 },
};

static const struct param params[] = {
        { .name = "period_ms",
          .unit = "ms",
          .smoke = "10",
          .min = 1,
          .max = 10000,
          .text = "between two beats" },
        { .name = "tolerated_beats",
          .unit = "",
          .smoke = "3",
          .min = 1,
          .max = 1000,
          .text = "missed in a row, so many beats make the peer give up" },
        { .name = "items",
          .unit = "",
          .smoke = "100",
          .quick = "300",
          .min = 1,
          .max = 1000000,
          .text = "items to work, one after the other" },
        { .name = "item_us",
          .unit = "us",
          .smoke = "200",
          .min = 1,
          .max = 100000,
          .text = "what a usual item takes; a heavy one takes 100 times that" },
        { .name = "heavy_one_in",
          .unit = "items",
          .smoke = "50",
          .quick = "25,50,100",
          .publish = "25,10,50,100,200",
          .min = 1,
          .max = 1000000,
          .text = "one in each so many is heavy, at a place that the seed chooses" },
        { .name = "chunk_us",
          .unit = "us",
          .smoke = "500",
          .quick = "500,2000,4000,8000",
          .publish = "500,250,1000,2000,4000,8000",
          .min = 1,
          .max = 1000000,
          .text = "chunked: what a piece takes" },
        { .name = "work",
          .unit = "word",
          .smoke = "cpu",
          .publish = "cpu,memory,sleep",
          .words = "cpu,memory,sleep",
          .text = "what an item does: dependent arithmetic, dependent loads from 8 MiB, or sleep" },
        { .name = "in_flight",
          .unit = "items",
          .smoke = "1",
          .publish = "1,4,16",
          .min = 1,
          .max = HEARTBEAT_IN_FLIGHT_MAX,
          .text = "offload: items that are handed over at a time" },
        { .name = "blocking_threads",
          .unit = "",
          .smoke = "4",
          .min = 1,
          .max = 64,
          .text = "offload: threads of the blocking pool" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "beat_late_max_ns",
          .unit = "ns",
          .headline = true,
          .text = "from when a beat was due until it was made, the worst" },
        { .name = "beat_late_p50_ns", .unit = "ns", .text = "the same, half of the beats that were made" },
        { .name = "beat_late_p99_ns", .unit = "ns", .text = "the same, 99 in 100" },
        { .name = "missed_share", .unit = "1", .text = "beats that were missed, of those that were due" },
        { .name = "given_up",
          .unit = "1",
          .text = "times that the peer gave up, having missed enough beats in a row" },
        { .name = "items_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .text = "items worked per second, beats and hand-over included" },
        { .name = "longest_piece_ns",
          .unit = "ns",
          .text = "the longest that the task worked without a look at the loop" },
        { .name = "out_of_order_share",
          .unit = "1",
          .text = "items that ended in another place than they were handed over" },
        { 0 },
};

/* The longest that the loop is away: a piece, or all of a heavy item where that is shorter. */
static double piece_ns(const struct run *run)
{
        uint64_t heavy_us = run_param(run, "item_us") * HEARTBEAT_HEAVY_TIMES,
                 chunk_us = run_param(run, "chunk_us");

        return 1000 * (double)(chunk_us < heavy_us ? chunk_us : heavy_us);
}

static const struct curve curves[] = {
        { .param = "chunk_us",
          .variants = "chunked",
          .metric = "beat_late_max_ns",
          .expected = piece_ns,
          .slope_low = 0.8,
          .slope_high = 1.2,
          .text = "the worst beat is late by a piece, whatever the loop" },
        { .param = "chunk_us",
          .variants = "chunked",
          .metric = "items_per_s",
          .text = "what smaller pieces cost in work done" },
        { .param = "heavy_one_in",
          .variants = "inline,offload",
          .metric = "missed_share",
          .text = "the rarer the heavy items, the fewer beats are missed; offloaded, none is" },
        { 0 },
};

const struct workload workload_heartbeat = {
        .name = "heartbeat",
        .question = "What does a long computation do to the timers of the loop that it runs on?",
        .operation = "one item of work",
        .method =
                "One task beats at each period and works a fixed number of items, of which few are a hundred "
                "times as long as the others. How late each beat is made is recorded; a whole period without "
                "one is a missed beat.",
        .expected =
                "inline, a beat is late by the longest item less a period or more, on every row, whether the "
                "item's code is called async or not (tokio.rs/blog/2020-04-preemption: only what awaits can "
                "be "
                "preempted). Offloaded, by the timer's own granularity. In pieces, by about one piece more.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = heartbeat_absent,
        .run = heartbeat_run,
        .expect = workload_completes,
        .verify = heartbeat_verify,
};
