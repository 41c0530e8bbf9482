/* SPDX-License-Identifier: MIT */
/* Workload `cancel-safety`: what was under way is cancelled, and what it held is lost or not. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/cancel-safety/cancel_safety.h"
#include "workloads/workload.h"

static bool is_gather(const struct run *run)
{
        return run_variant_is(run, "buffer-inside") || run_variant_is(run, "buffer-outside");
}

static bool is_mistake(const struct run *run)
{
        return run_variant_is(run, "buffer-inside") || run_variant_is(run, "send-dropped");
}

/* ---- what both pairs do ------------------------------------------------------------------------------------- */

void safety_deliver(struct safety_delivery *d, uint64_t message)
{
        if (MUTANT("deliver-twice") && d->delivered % 100 == 0)
                d->delivered++;
        if (message < d->expected) {
                d->out_of_sequence++;
                return;
        }
        d->missing += message - d->expected;
        d->expected = message + 1;
        d->delivered++;
        d->sum += message;
        tally_add(d->tally, 1);
}

static enum drop pause_withdraw(struct wait *wait)
{
        (void)wait;
        return DROP_DONE;
}

bool safety_pauses(struct safety_pause *pause, struct safety_sample *s, struct task *task)
{
        uint64_t cancels = atomic_load(&s->cancels);

        if (!pause->begun)
                pause->seen = cancels;
        pause->begun = cancels == pause->seen && !atomic_load(&s->done);
        pause->wait.withdraw = pause_withdraw;
        task->wait = &pause->wait;
        return pause->begun;
}

void safety_cancelled(struct safety_sample *s, bool partial, struct task *waits)
{
        if (partial)
                atomic_fetch_add(&s->partial_cancels, 1);
        atomic_fetch_add(&s->cancels, 1);
        task_wake(waits);
}

/* ---- running ---------------------------------------------------------------------------------------------- */

static void report_counts(const struct safety_sample *s)
{
        bool gather = is_gather(s->run);
        const struct safety_delivery *d = gather ? &s->reader.delivery : &s->consumer.delivery;
        uint64_t offered = gather ? s->producer.sent : s->sender.offered;
        struct run *run = s->run;

        run_count(run, "offered", offered);
        run_count(run, "delivered", d->delivered);
        run_count(run, "delivered_sum", d->sum);
        run_count(run, "missing",
                  d->missing + offered - d->expected); /* also those after the last that arrived */
        run_count(run, "out_of_sequence", d->out_of_sequence);
        run_count(run, "cancels", atomic_load(&s->cancels));
        run_count(run, "partial_cancels", atomic_load(&s->partial_cancels));
        if (gather) {
                run_count(run, "received", s->reader.received);
                run_count(run, "dropped", s->reader.dropped);
        } else {
                run_count(run, "returned", s->sender.returned);
                run_count(run, "returned_sum", s->sender.returned_sum);
                run_count(run, "suspended_sends", s->channel.suspended_sends);
        }
        run_count(run, "steps", s->crew.steps);
        run_count(run, "wakes", s->crew.wakes);
        run_count(run, "context_switches", s->crew.context_switches);
}

static void sides_make(struct safety_sample *s, struct crew *crew)
{
        s->producer = (struct safety_producer){ .task.step = safety_step_producer,
                                                .sample = s,
                                                .random = run_random_start(s->run, 0) };
        s->reader = (struct safety_reader){ .task.step = safety_step_reader, .sample = s };
        s->sender = (struct safety_sender){ .task.step = safety_step_sender, .sample = s };
        s->consumer = (struct safety_consumer){ .task.step = safety_step_consumer,
                                                .sample = s,
                                                .left = s->cancel_every };
        s->reader.delivery.tally = s->consumer.delivery.tally = run_tallies(s->run, 1);
        crew_spawn(crew, is_gather(s->run) ? &s->reader.task : &s->consumer.task, 0);
        crew_spawn(crew, is_gather(s->run) ? &s->producer.task : &s->sender.task, 1);
}

static int safety_run(const struct executor *ex, struct run *run)
{
        struct safety_sample *s = calloc(1, sizeof(*s));
        struct crew *crew;

        if (!s || channel_init(&s->channel, is_gather(run) ? SAFETY_CHANNEL_MESSAGES : 1))
                return -ENOMEM;
        s->run = run;
        s->mistake = is_mistake(run) != MUTANT("other-variant");
        s->period_ns = run_param(run, "timer_ms") * 1000000;
        s->cancel_every = run_param(run, "cancel_every");
        crew = crew_open(ex, run, (unsigned)run_param(run, "workers"));
        sides_make(s, crew);
        crew_start(crew);
        run_window(run);
        crew_join(crew, &s->crew);
        report_counts(s);
        channel_destroy(&s->channel);
        free(s);
        return 0;
}

/* ---- verification -------------------------------------------------------------------------------------------- */

/* By the numbers of the messages and, beside that, by what the side that was cancelled counted. Returns what is lost. */
static uint64_t check_gather(struct run *run, bool mistake)
{
        uint64_t missing = run_counted(run, "missing"), dropped = run_counted(run, "dropped");

        run_check_equal(run, "received = sent", run_counted(run, "received"), run_counted(run, "offered"));
        run_check_equal(run, "missing = dropped with what was gathering them", missing, dropped);
        if (!mistake)
                run_check_equal(run, "lost", missing, 0);
        return missing;
}

static uint64_t check_send(struct run *run, bool mistake)
{
        uint64_t missing = run_counted(run, "missing"), cancels = run_counted(run, "cancels");
        uint64_t returned = run_counted(run, "returned"), offered = run_counted(run, "offered");

        run_check_equal(run, "missing = cancelled", missing, cancels);
        run_check_equal(run, "returned", returned, mistake ? 0 : cancels);
        if (!mistake)
                run_check_equal(run, "sum of delivered and returned",
                                run_counted(run, "delivered_sum") + run_counted(run, "returned_sum"),
                                offered * (offered - 1) / 2);
        if (run_has_count(run, "suspended_sends"))
                run_check(run, "cancelled sends had waited", run_counted(run, "suspended_sends") >= cancels,
                          "%" PRIu64 " of %" PRIu64, run_counted(run, "suspended_sends"), cancels);
        return missing - returned;
}

static void safety_verify(struct run *run, unsigned traits)
{
        bool mistake = is_mistake(run);
        uint64_t lost = is_gather(run) ? check_gather(run, mistake) : check_send(run, mistake);
        uint64_t offered = run_counted(run, "offered"), partial = run_counted(run, "partial_cancels");

        run_check_equal(run, "offered = delivered + missing", offered,
                        run_counted(run, "delivered") + run_counted(run, "missing"));
        run_check_equal(run, "out of sequence", run_counted(run, "out_of_sequence"), 0);
        run_check(run, "something was under way when it was cancelled", partial > 0, "%" PRIu64, partial);
        run_count(run, "lost", lost);
        run_metric(run, "lost_per_million", "1/1M", 1e6 * (double)lost / (double)offered);
        if (run_window_operations(run))
                run_metric(run, "messages_per_s", "1/s",
                           (double)run_window_operations(run) * 1e9 / (double)run_window_ns(run));
        if (mistake) {
                run_check(run, "a cancellation loses messages", lost > 0, "%" PRIu64, lost);
                run_count(run, "shown", lost);
        }
        (void)traits;
}

/* ---- the tables ---------------------------------------------------------------------------------------------- */

static const char *safety_excludes(const struct run *run, unsigned traits)
{
        if (run_param(run, "workers") > 1 && (traits & TRAIT_ONE_WORKER))
                return "one thread runs all tasks";
        return NULL;
}

static const struct variant variants[] = {
        { .name = "buffer-outside",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .text = "three messages are gathered in a buffer that outlives what gathers them" },
        { .name = "buffer-inside",
          .role = ROLE_MISTAKE,
          .price = "messages_per_s",
          .against = "buffer-outside",
          .rounds = ROUNDS_OUTCOME,
          .text = "three messages are gathered in a buffer that goes with what gathers them, when a tick "
                  "comes first" },
        { .name = "send-reserved",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .text = "a place in the channel is reserved under a timeout, and the value is sent when it is "
                  "there" },
        { .name = "send-dropped",
          .role = ROLE_MISTAKE,
          .price = "messages_per_s",
          .against = "send-reserved",
          .rounds = ROUNDS_OUTCOME,
          .text = "the send is under the timeout and owns its value, which goes with it" },
        { 0 },
};

static const struct param params[] = {
        { .name = "cancel_every",
          .unit = "",
          .smoke = "4",
          .quick = "4,1,16",
          .publish = "4,1,2,8,16,32,64,256",
          .min = 1,
          .max = 100000,
          .text = "batches gathered, or messages taken, between two cancellations" },
        { .name = "timer_ms",
          .unit = "ms",
          .smoke = "2",
          .min = 1,
          .max = 1000,
          .text = "period of the tick, or length of the timeout, that cancels" },
        { .name = "workers",
          .unit = "",
          .smoke = "1",
          .standard = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that run the two tasks; with a thread per task, processors these may use" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "lost_per_million",
          .unit = "1/1M",
          .headline = true,
          .text = "messages that were offered, did not arrive and did not come back, of a million" },
        { .name = "messages_per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .text = "messages that arrived in the window; the pauses for each cancellation bound it" },
        { 0 },
};

static const struct curve curves[] = {
        { .param = "cancel_every",
          .variants = "buffer-inside,send-dropped,buffer-outside,send-reserved",
          .metric = "lost_per_million",
          .text = "the more often something is cancelled the more is lost; the fixes lose nothing at any "
                  "rate" },
        { 0 },
};

const struct workload workload_cancel_safety = {
        .name = "cancel-safety",
        .question = "What is lost when what was under way is cancelled?",
        .operation = "one message that arrives",
        .method = "A reader gathers three messages at a time and is raced against a tick; the producer "
                  "pauses in the "
                  "middle of a batch until the tick has come. Or each send to a channel with room for one is "
                  "raced "
                  "against a timeout, and the consumer pauses until one was cancelled. Numbers tell what is "
                  "missing.",
        .expected = "what a cancelled operation owns is lost with it on every row: the messages of a batch "
                    "(github.com/vnvo/pgwire-replication/pull/6), the value of a send "
                    "(github.com/tokio-rs/tokio/pull/5947). Nothing is lost where it only borrows, or asks "
                    "first.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = workload_absent_without_waits,
        .excludes = safety_excludes,
        .run = safety_run,
        .expect = workload_completes,
        .verify = safety_verify,
};
