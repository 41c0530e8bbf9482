/* SPDX-License-Identifier: MIT */
/* Workload `select`: a loop waits for the first of an abort signal and the next message. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/runtime.h"
#include "workloads/select/select.h"
#include "workloads/workload.h"

/* ---- running ---------------------------------------------------------------------------------------------- */
static int sources_open(struct select_sample *s)
{
        signal_init(&s->abort);
        if (channel_init(&s->channel, SELECT_CHANNEL_MESSAGES))
                return -ENOMEM;
        s->abort_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        s->message_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
        return s->abort_fd < 0 || s->message_fd < 0 ? -errno : 0;
}

static void sources_close(struct select_sample *s)
{
        close(s->abort_fd);
        close(s->message_fd);
        channel_destroy(&s->channel);
        signal_destroy(&s->abort);
}

/* All that verification needs, and what else this executor can tell. */
static void report_counts(const struct select_sample *s)
{
        const struct select_consumer *c = &s->consumer;
        struct run *run = s->run;

        run_count(run, "sent", atomic_load(&s->sent));
        run_count(run, "messages", c->received);
        run_count(run, "out_of_sequence", c->out_of_sequence);
        run_count(run, "turns", c->turns);
        run_count(run, "armed_turns", c->armed_turns);
        run_count(run, "registrations", c->arms);
        run_count(run, "drops", c->drops);
        run_count(run, "aborts", c->aborts);
        run_count(run, "refused", c->refused);
        run_count(run, "pulses_fired", c->pulses_fired);
        run_count(run, "pulses_seen", c->pulses_seen);
        run_count(run, "exit_ns", s->exit_ns);
        run_count(run,
                  c->timer_form   ? "timers_started"
                  : c->descriptor ? "watches_started"
                                  : "waiters_queued",
                  c->timer_form   ? s->crew.timer_starts
                  : c->descriptor ? s->crew.watch_starts
                                  : s->abort.registrations);
        run_count(run, "loop_turns", s->crew.polls);
        run_count(run, "wakes", s->crew.wakes);
        run_count(run, "context_switches", s->crew.context_switches);
}

static int select_run(const struct executor *ex, struct run *run)
{
        struct select_sample *s = calloc(1, sizeof(*s));
        struct crew *crew;
        int error;

        if (!s)
                return -ENOMEM;
        s->run = run;
        s->ready = (unsigned)run_param(run, "ready");
        s->pulse = run_param_is(run, "signal", "pulse");
        error = sources_open(s);
        if (error)
                return error;
        select_consumer_make(s);
        crew = crew_open(ex, run, (unsigned)run_param(run, "workers"));
        crew_spawn(crew, &s->consumer.task, 0);
        if (!s->ready) {
                select_producer_make(s);
                crew_spawn(crew, &s->producer.task, 1);
        }
        crew_start(crew);
        run_window(run);
        crew_join(crew, &s->crew);
        report_counts(s);
        sources_close(s);
        free(s);
        return 0;
}

/* ---- verification -------------------------------------------------------------------------------------------- */

/* The form under test, as its variant and parameters say. */
struct form {
        bool recreated, timer, descriptor, unfused, pulse;
};

static bool is_timer_form(const char *variant)
{
        return strcmp(variant, "recreated-timer") == 0 || strcmp(variant, "hoisted-timer") == 0;
}

static struct form form_of(const struct run *run)
{
        struct form f = { .timer = is_timer_form(run->variant) };

        f.recreated = run_variant_is(run, "recreated") || run_variant_is(run, "recreated-timer");
        f.unfused = run_variant_is(run, "hoisted-unfused");
        f.descriptor = run_param_is(run, "source", "descriptor") && !f.timer;
        f.pulse = run_param_is(run, "signal", "pulse") && !f.timer;
        return f;
}

/* What the layer below counted of its own. */
static void check_layer(struct run *run, uint64_t registrations)
{
        if (run_has_count(run, "timers_started"))
                run_check_equal(run, "timers started", run_counted(run, "timers_started"), registrations);
        if (run_has_count(run, "waiters_queued"))
                run_check_equal(run, "waiters queued", run_counted(run, "waiters_queued"), registrations);
        if (run_has_count(run, "watches_started"))
                run_check(run, "descriptors registered", run_counted(run, "watches_started") > registrations,
                          "%" PRIu64 " > %" PRIu64, run_counted(run, "watches_started"), registrations);
}

/* How often the wait for the abort or the idle timeout was made and dropped; where the language drops what goes
 * out of scope, there is nothing to count. */
static void check_registrations(struct run *run, const struct form *f)
{
        uint64_t made = run_counted(run, "registrations"), turns = run_counted(run, "armed_turns");
        uint64_t again = run_has_count(run, "made_again") ? run_counted(run, "made_again") : 0;

        if (f->recreated || f->timer)
                run_check_equal(run, "registrations = turns", made, turns);
        else
                run_check_equal(run, "registrations of the hoisted form", made, 1 + again);
        check_layer(run, made);
        if (run_has_count(run, "made")) /* re-armed in place is not made anew */
                run_check_equal(run, "waits made", run_counted(run, "made"),
                                f->recreated ? turns : 1 + again);
        if (!run_has_count(run, "drops"))
                return;
        if (f->unfused) /* in memory it is forgotten when it is over */
                run_check_equal(run, "drops of the unfused form", run_counted(run, "drops"), f->descriptor);
        else
                run_check_equal(run, "drops", run_counted(run, "drops"),
                                f->timer && !f->recreated ? 1 : made);
}

static void check_counts(struct run *run, const struct form *f)
{
        uint64_t received = run_counted(run, "messages"), refused = run_counted(run, "refused");
        uint64_t left = run_has_count(run, "undelivered") ? run_counted(run, "undelivered") : 0;

        run_check_equal(run, "received = sent", received + left, run_counted(run, "sent"));
        run_check_equal(run, "out of sequence", run_counted(run, "out_of_sequence"), 0);
        run_check_equal(run, "aborts seen", run_counted(run, "aborts"), f->pulse || f->timer ? 0 : 1);
        check_registrations(run, f);
        if (f->pulse) {
                uint64_t fired = run_counted(run, "pulses_fired"), seen = run_counted(run, "pulses_seen");

                run_count(run, "pulses_missed", fired - seen);
                run_check(run, "pulses were fired", fired > 0, "%" PRIu64, fired);
                run_check_equal(run, "pulses seen", seen, f->recreated ? 0 : fired);
        }
        if (f->unfused)
                run_count(run, "shown", refused);
        else
                run_check_equal(run, "polls of a finished wait", refused, 0);
}

static void report_times(struct run *run, const struct form *f)
{
        static const struct {
                const char *count, *metric;
        } per_message[] = {
                { "registrations", "registrations_per_message" },
                { "loop_turns", "loop_turns_per_message" },
                { "wakes", "wakes_per_op" },
                { "moves", "moves_per_op" },
                { "context_switches", "context_switches_per_op" },
        };
        double messages = (double)run_counted(run, "messages");

        if (run_window_operations(run))
                run_metric(run, "message_ns", "ns",
                           (double)run_window_ns(run) / (double)run_window_operations(run));
        if (!f->pulse && !f->timer)
                run_metric(run, "signal_to_exit_ns", "ns", (double)run_counted(run, "exit_ns"));
        for (size_t i = 0; i < sizeof(per_message) / sizeof(per_message[0]); i++)
                if (run_has_count(run, per_message[i].count))
                        run_metric(run, per_message[i].metric, "1/op",
                                   (double)run_counted(run, per_message[i].count) / messages);
}

static void select_verify(struct run *run, unsigned traits)
{
        struct form f = form_of(run);

        report_times(run, &f);
        check_counts(run, &f);
        (void)traits;
}

/* ---- the tables ---------------------------------------------------------------------------------------------- */

static const char *select_absent(const struct variant *v, unsigned traits)
{
        return (traits & TRAIT_NEVER_SUSPENDS) && is_timer_form(v->name) ? "nothing to wait on" : NULL;
}

static const char *select_excludes(const struct run *run, unsigned traits)
{
        bool descriptor = run_param_is(run, "source", "descriptor");
        bool timer_form = is_timer_form(run->variant);

        if (!timer_form && descriptor && run_param_is(run, "signal", "pulse"))
                return "an eventfd latches: there is no pulse";
        if (run_variant_is(run, "hoisted-unfused") && run_param_is(run, "signal", "pulse"))
                return "a pulse does not finish a wait";
        if (!timer_form && (traits & TRAIT_LAZY_WAITS) && run_param_is(run, "signal", "pulse") &&
            run_param_is(run, "biased", "off"))
                return "looked at in random order, a wait may meet a second pulse before the first was seen";
        if ((traits & TRAIT_NEVER_SUSPENDS) && ((descriptor && !timer_form) || !run_param(run, "ready")))
                return "nothing to wait on";
        if (run_param(run, "workers") > 1 && run_param(run, "ready"))
                return "one task: a second worker would have nothing to do";
        if (run_param(run, "workers") > 1 && (traits & TRAIT_ONE_WORKER))
                return "one thread runs all tasks";
        return NULL;
}

static enum outcome select_expect(const struct run *run, unsigned traits)
{
        (void)run, (void)traits;
        return OUTCOME_COMPLETED;
}

static const struct variant variants[] = {
        { .name = "hoisted",
          .role = ROLE_FIX,
          .text = "the wait for the abort is made once, before the loop" },
        { .name = "recreated",
          .role = ROLE_MISTAKE,
          .against = "hoisted",
          .text = "the wait for the abort is made anew in each turn and dropped at its end" },
        { .name = "hoisted-unfused",
          .role = ROLE_MISTAKE,
          .against = "hoisted",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "signal,ready,biased,workers",
          .text = "the loop goes on after the abort and asks the finished wait again" },
        { .name = "hoisted-timer",
          .role = ROLE_FIX,
          .ignores = "source,signal,biased",
          .text = "one idle timeout, re-armed in place for each message" },
        { .name = "recreated-timer",
          .role = ROLE_MISTAKE,
          .against = "hoisted-timer",
          .ignores = "source,signal,biased",
          .text = "an idle timeout made for each message and cancelled when it has come" },
        { 0 },
};

static const struct param params[] = {
        { .name = "source",
          .unit = "word",
          .smoke = "memory,descriptor",
          .words = "memory,descriptor",
          .text = "what the loop waits for: a one-shot and a channel, or two eventfds" },
        { .name = "signal",
          .unit = "word",
          .smoke = "latched,pulse",
          .quick = "latched",
          .standard = "latched,pulse",
          .words = "latched,pulse",
          .text = "latched: a later look still sees the abort; pulse: only registered waiters see it" },
        { .name = "ready",
          .unit = "messages",
          .smoke = "1,0",
          .quick = "1",
          .standard = "1,0",
          .publish = "1,0,8,64",
          .max = 64,
          .text = "messages that are there when a turn begins; 0: each is sent when the loop has found "
                  "none" },
        { .name = "biased",
          .unit = "word",
          .smoke = "on",
          .publish = "on,off",
          .words = "on,off",
          .text = "on: the abort is looked at first; off: either, at random" },
        { .name = "workers",
          .smoke = "1",
          .standard = "1,all",
          .words = "all",
          .unit = "",
          .min = 1,
          .max = 64,
          .text = "threads that run the tasks; with a thread per task, processors these may use" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "message_ns",
          .unit = "ns",
          .headline = true,
          .text = "length of the window divided by the messages received in it" },
        { .name = "signal_to_exit_ns",
          .unit = "ns",
          .text = "from firing the abort until the loop has seen it" },
        { .name = "registrations_per_message",
          .unit = "1/op",
          .text = "waits made for the abort or the idle timeout, per message" },
        { .name = "loop_turns_per_message",
          .unit = "1/op",
          .text = "turns of the runtime's own loop per message" },
        { .name = "wakes_per_op", .unit = "1/op", .text = "tasks made ready per message" },
        { .name = "moves_per_op",
          .unit = "1/op",
          .text = "turns of a task on another worker than its last, per message" },
        { .name = "context_switches_per_op",
          .unit = "1/op",
          .text = "of the workers' threads, voluntary and not, per message" },
        { 0 },
};

const struct workload workload_select = {
        .name = "select",
        .question = "What does it cost to make a wait anew in each turn of a select loop?",
        .operation = "one turn: wait for the first of an abort and the next message, take the message",
        .method = "A loop waits for the first of an abort signal and the next message until the window ends; "
                  "then "
                  "the last message is sent, the abort fires, eight more messages follow and the channel "
                  "closes.",
        .expected = "what is made anew in each turn costs what its registration costs. Little or nothing in "
                    "memory, "
                    "so Tokio's `closed()` of a one-shot may show no difference; more for a timer (1.37 "
                    "times at most "
                    "in github.com/scylladb/latte/pull/152) and for a descriptor that the kernel has to be "
                    "told of.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .absent = select_absent,
        .excludes = select_excludes,
        .run = select_run,
        .expect = select_expect,
        .verify = select_verify,
};
