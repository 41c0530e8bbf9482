/* SPDX-License-Identifier: MIT */
/* Workload `select`: a loop waits for the first of an abort signal and the next message. */
#include <errno.h>
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

static void report_times(struct select_sample *s)
{
        const struct select_consumer *c = &s->consumer;
        struct run *run = s->run;
        double messages = (double)c->received;

        if (run_window_operations(run))
                run_metric(run, "message_ns", "ns",
                           (double)run_window_ns(run) / (double)run_window_operations(run));
        if (c->aborts)
                run_metric(run, "signal_to_exit_ns", "ns", (double)s->exit_ns);
        run_metric(run, "registrations_per_message", "1/op", (double)c->arms / messages);
        run_metric(run, "loop_turns_per_message", "1/op", (double)s->crew.polls / messages);
        run_metric(run, "wakes_per_op", "1/op", (double)s->crew.wakes / messages);
        run_metric(run, "context_switches_per_op", "1/op", (double)s->crew.context_switches / messages);
}

static int select_run(const struct executor *ex, struct run *run)
{
        struct select_sample *s = calloc(1, sizeof(*s));
        struct crew *crew;
        int error;

        if (!s)
                return -ENOMEM;
        run->state = s;
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
        report_times(s);
        return 0;
}

/* ---- verification -------------------------------------------------------------------------------------------- */

/* What the form says about how often the wait is made and dropped, checked in the consumer's own counts
 * and in those of the layer below. */
static void check_registrations(struct select_sample *s)
{
        const struct select_consumer *c = &s->consumer;
        struct run *run = s->run;
        bool recreated = run_variant_is(run, "recreated") || run_variant_is(run, "recreated-timer");
        bool each_turn = recreated || c->timer_form;
        bool kept = c->unfused && !c->descriptor; /* forgotten when it was over */

        run_check_equal(run, recreated ? "registrations = turns" : "registrations of the hoisted form",
                        c->arms, each_turn ? c->armed_turns : 1);
        run_check_equal(run, recreated ? "drops = turns" : "drops of the hoisted form", c->drops,
                        recreated ? c->armed_turns : !kept);
        if (c->timer_form)
                run_check_equal(run, "timers started", s->crew.timer_starts, c->arms);
        else if (c->descriptor)
                run_check(run, "descriptors registered", s->crew.watch_starts > c->arms, "%llu > %llu",
                          (unsigned long long)s->crew.watch_starts, (unsigned long long)c->arms);
        else
                run_check_equal(run, "waiters queued", s->abort.registrations, c->arms);
}

static void select_verify(struct run *run)
{
        struct select_sample *s = run->state;
        const struct select_consumer *c = &s->consumer;
        bool hoisted = !run_variant_is(run, "recreated");

        run_count(run, "messages", c->received);
        run_count(run, "turns", c->turns);
        run_count(run, "registrations", c->arms);
        run_check_equal(run, "received = sent", c->received, atomic_load(&s->sent));
        run_check_equal(run, "out of sequence", c->out_of_sequence, 0);
        run_check_equal(run, "aborts seen", c->aborts, s->pulse || c->timer_form ? 0 : 1);
        check_registrations(s);
        if (s->pulse && !c->timer_form) {
                run_count(run, "pulses_fired", c->pulses_fired);
                run_count(run, "pulses_missed", c->pulses_fired - c->pulses_seen);
                run_check_equal(run, "pulses seen", c->pulses_seen, hoisted ? c->pulses_fired : 0);
        }
        if (c->unfused) {
                run_count(run, "refused", c->refused);
                run_count(run, "shown", c->refused);
        }
        if (!c->unfused)
                run_check_equal(run, "polls of a finished wait", c->refused, 0);
        sources_close(s);
        free(s);
        run->state = NULL;
}

/* ---- the tables ---------------------------------------------------------------------------------------------- */

static bool is_timer_form(const char *variant)
{
        return strcmp(variant, "recreated-timer") == 0 || strcmp(variant, "hoisted-timer") == 0;
}

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
        if ((traits & TRAIT_NEVER_SUSPENDS) && ((descriptor && !timer_form) || !run_param(run, "ready")))
                return "nothing to wait on";
        if (run_param(run, "workers") > 1 && run_param(run, "ready"))
                return "one task: a second worker would have nothing to do";
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
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .absent = select_absent,
        .excludes = select_excludes,
        .run = select_run,
        .expect = select_expect,
        .verify = select_verify,
};
