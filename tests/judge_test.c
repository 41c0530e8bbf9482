/* SPDX-License-Identifier: MIT */
/* From a sample's lines and its end to its status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/driver/judge.h"
#include "harness/protocol.h"

#define EXPECT(outcome) "{\"record\":\"expect\",\"outcome\":\"" outcome "\"}\n"
#define PHASE(phase) "{\"record\":\"phase\",\"phase\":\"" phase "\",\"at_ns\":1}\n"
#define OUTCOME(outcome) "{\"record\":\"outcome\",\"outcome\":\"" outcome "\",\"evidence\":\"why\"}\n"
#define PHASES PHASE("ready") PHASE("warm-up") PHASE("window") PHASE("drain") PHASE("done")
#define METRIC "{\"record\":\"metric\",\"name\":\"x_ns\",\"unit\":\"ns\",\"value\":1.5}\n"
#define COUNT "{\"record\":\"count\",\"name\":\"n\",\"value\":3}\n"
#define CHECK_LINE(ok) "{\"record\":\"check\",\"name\":\"sum\",\"ok\":" ok ",\"detail\":\"5 = 4\"}\n"
#define KNOB "{\"record\":\"knob\",\"name\":\"backend\",\"value\":\"epoll\"}\n"
#define HISTOGRAM                                                                                            \
        "{\"record\":\"histogram\",\"name\":\"w_ns\",\"significant_digits\":2,\"count\":1,\"min\":1,"        \
        "\"max\":1,"                                                                                         \
        "\"sum\":1,\"overflow\":0,\"buckets\":[[1,1]]}\n"

/* Feed TEXT in pieces of PIECE bytes. */
static bool feed(struct records *r, const char *text, size_t piece)
{
        size_t left = strlen(text);

        assert_int_equal(records_init(r), 0);
        while (left) {
                size_t bytes = left < piece ? left : piece;

                if (!records_feed(r, text, bytes))
                        return false;
                text += bytes;
                left -= bytes;
        }
        return records_finish(r);
}

static void a_whole_sample_is_kept(void **state)
{
        static const char text[] = EXPECT("completed") PHASES METRIC COUNT CHECK_LINE("true")
                KNOB HISTOGRAM OUTCOME("completed");
        struct records r;

        (void)state;
        for (size_t piece = 1; piece < sizeof(text); piece++) {
                assert_true(feed(&r, text, piece));
                assert_string_equal(r.expected, "completed");
                assert_string_equal(r.outcome, "completed");
                assert_int_equal(r.phase, PHASE_DONE);
                assert_string_equal(json_string_value(json_array_get(json_array_get(r.metrics, 0), 0)),
                                    "x_ns");
                assert_int_equal(json_integer_value(json_array_get(json_array_get(r.counts, 0), 1)), 3);
                assert_int_equal(json_array_size(r.checks), 1);
                assert_int_equal(json_array_size(r.knobs), 1);
                assert_null(json_object_get(json_array_get(r.histograms, 0), "record"));
                records_free(&r);
        }
}

static void a_sample_without_a_window_goes_from_ready_to_drain(void **state)
{
        struct records r;

        (void)state;
        assert_true(feed(&r,
                         EXPECT("completed") PHASE("ready") PHASE("drain") PHASE("done") OUTCOME("completed"),
                         99));
        records_free(&r);
}

static void what_breaks_the_protocol_is_named(void **state)
{
        static const struct {
                const char *text, *error;
        } cases[] = {
                { "nonsense\n", "a line that is no JSON object with a record" },
                { "[1]\n", "a line that is no JSON object with a record" },
                { "{\"record\":7}\n", "a line that is no JSON object with a record" },
                { EXPECT("perhaps"), "an expect record without a known outcome" },
                { EXPECT("either") EXPECT("either"), "a second expect record" },
                { METRIC, "a record 'metric' before expect" },
                { EXPECT("completed") "{\"record\":\"song\"}\n", "an unknown record 'song'" },
                { EXPECT("completed") PHASE("lunch"), "an unknown phase 'lunch'" },
                { EXPECT("completed") PHASE("warm-up"), "phase warm-up after start" },
                { EXPECT("completed") PHASE("ready") PHASE("window"), "phase window after ready" },
                { EXPECT("completed") PHASE("ready") PHASE("ready"), "phase ready after ready" },
                { EXPECT("completed") PHASE("ready") PHASE("warm-up") PHASE("drain"),
                  "phase drain after warm-up" },
                { EXPECT("completed")
                          PHASE("ready") "{\"record\":\"phase\",\"phase\":\"warm-up\",\"at_ns\":0}\n",
                  "phase warm-up at an earlier time than ready" },
                { EXPECT("completed") PHASES OUTCOME("completed") METRIC,
                  "a record 'metric' after the last one" },
                { EXPECT("completed") "{\"record\":\"outcome\",\"outcome\":\"deadlock\"}\n",
                  "deadlock without evidence" },
                { EXPECT("completed") OUTCOME("either"), "an outcome record without a known outcome" },
                { EXPECT("completed") "{\"record\":\"metric\",\"name\":\"x\",\"unit\":\"ns\"}\n",
                  "a metric record without name, unit or value" },
                { EXPECT("completed") "{\"record\":\"count\",\"name\":\"n\",\"value\":-1}\n",
                  "a count record without name or value" },
                { EXPECT("completed") "{\"record\":\"metric\"", "the last line is not whole" },
        };
        struct records r;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                assert_false(feed(&r, cases[i].text, 1000));
                assert_string_equal(r.error, cases[i].error);
                records_free(&r);
        }
}

static void a_sample_may_say_only_so_much(void **state)
{
        char *line = malloc(PROTOCOL_LINE_BYTES + 2);
        struct records r;

        (void)state;
        memset(line, ' ', PROTOCOL_LINE_BYTES + 1);
        line[PROTOCOL_LINE_BYTES + 1] = '\0';
        assert_false(feed(&r, line, 4096));
        assert_non_null(strstr(r.error, "a line of more than"));
        records_free(&r);
        assert_int_equal(records_init(&r), 0);
        assert_true(records_feed(&r, EXPECT("completed"), strlen(EXPECT("completed"))));
        while (records_feed(&r, COUNT, strlen(COUNT)))
                assert_true(r.total <= PROTOCOL_SAMPLE_BYTES);
        assert_non_null(strstr(r.error, "in one sample"));
        records_free(&r);
        free(line);
}

/* The judgement of a sample that said TEXT and ended as END says. */
static struct judgement judge(enum role role, const char *text, struct child_end end)
{
        struct judgement j;
        struct records r;

        feed(&r, text, 1000);
        end.phase = r.phase;
        judge_sample(role, &end, &r, &j);
        records_free(&r);
        return j;
}

static void assert_outcome(enum role role, const char *text, enum judged status, bool as_expected,
                           const char *reason)
{
        struct judgement j = judge(role, text, (struct child_end){ .cause = CHILD_EXITED });

        assert_int_equal(j.status, status);
        assert_int_equal(j.as_expected, as_expected);
        assert_string_equal(j.reason, reason);
}

#define ENDED(expected, outcome) EXPECT(expected) PHASES OUTCOME(outcome)

static void a_mistake_ends_as_it_ended(void **state)
{
        (void)state;
        assert_outcome(ROLE_MISTAKE, ENDED("deadlock", "deadlock"), JUDGED_DEADLOCK, true, "");
        assert_outcome(ROLE_MISTAKE, ENDED("deadlock", "completed"), JUDGED_OK, true, "");
        assert_outcome(ROLE_MISTAKE, ENDED("stalled", "stalled"), JUDGED_STALLED, true, "");
        assert_outcome(ROLE_MISTAKE, ENDED("either", "deadlock"), JUDGED_DEADLOCK, true, "");
        assert_outcome(ROLE_MISTAKE, ENDED("either", "completed"), JUDGED_OK, true, "");
        assert_outcome(ROLE_MISTAKE, ENDED("completed", "completed"), JUDGED_OK, true, "");
        assert_outcome(ROLE_MISTAKE, ENDED("completed", "deadlock"), JUDGED_DEADLOCK, false, "");
}

static void another_variant_must_end_as_expected(void **state)
{
        static const enum role roles[] = { ROLE_FIX, ROLE_BASELINE, ROLE_ALTERNATIVE };

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                assert_outcome(roles[i], ENDED("completed", "completed"), JUDGED_OK, true, "");
                assert_outcome(roles[i], ENDED("deadlock", "deadlock"), JUDGED_DEADLOCK, true, "");
                assert_outcome(roles[i], ENDED("either", "stalled"), JUDGED_STALLED, true, "");
                assert_outcome(roles[i], ENDED("completed", "stalled"), JUDGED_FAILED, false,
                               "check: outcome stalled, expected completed: why");
                assert_outcome(roles[i], ENDED("deadlock", "completed"), JUDGED_FAILED, false,
                               "check: outcome completed, expected deadlock");
        }
}

static void a_failed_check_fails_whatever_the_exit_status(void **state)
{
        (void)state;
        assert_outcome(ROLE_MISTAKE, EXPECT("completed") PHASES CHECK_LINE("false") OUTCOME("completed"),
                       JUDGED_FAILED, false, "check: sum: 5 = 4");
}

static void every_other_end_has_its_status(void **state)
{
        static const char hung[] = EXPECT("completed") PHASE("ready") PHASE("warm-up") PHASE("window");
        static const char skip[] = "{\"record\":\"skip\",\"reason\":\"no ring\",\"remedy\":null}\n";
        static const struct {
                const char *text;
                struct child_end end;
                enum judged status;
                const char *reason;
        } cases[] = {
                { hung, { .cause = CHILD_TIMEOUT }, JUDGED_TIMEOUT, "window" },
                { "", { .cause = CHILD_TIMEOUT }, JUDGED_TIMEOUT, "start" },
                { hung, { .cause = CHILD_SIGNALLED, .code = SIGSEGV }, JUDGED_FAILED, "signal: SIGSEGV" },
                { hung,
                  { .cause = CHILD_SIGNALLED, .code = SIGKILL, .oom = true },
                  JUDGED_OOM,
                  "the kernel killed it for want of memory" },
                { hung, { .cause = CHILD_EXITED }, JUDGED_FAILED, "protocol: no outcome record" },
                { hung,
                  { .cause = CHILD_EXITED, .code = 64, .output = "first\nlast" },
                  JUDGED_FAILED,
                  "exit: 64: last" },
                { hung,
                  { .cause = CHILD_EXITED, .code = 1, .output = "said why" },
                  JUDGED_FAILED,
                  "check: said why" },
                { skip, { .cause = CHILD_EXITED, .code = 77 }, JUDGED_SKIPPED, "no ring" },
                { hung,
                  { .cause = CHILD_EXITED, .code = 77 },
                  JUDGED_FAILED,
                  "protocol: exit 77 without a skip record" },
                { skip,
                  { .cause = CHILD_EXITED, .code = 0 },
                  JUDGED_FAILED,
                  "protocol: a skip record and exit 0" },
                { "what?\n",
                  { .cause = CHILD_PROTOCOL },
                  JUDGED_FAILED,
                  "protocol: a line that is no JSON object with a record" },
                { ENDED("completed", "completed"),
                  { .cause = CHILD_EXITED, .leftover = true },
                  JUDGED_FAILED,
                  "leftover: it ended and left processes behind, now killed" },
                { hung, { .cause = CHILD_INTERRUPTED }, JUDGED_NOT_RUN, "interrupted" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                struct judgement j = judge(ROLE_FIX, cases[i].text, cases[i].end);

                assert_string_equal(j.reason, cases[i].reason);
                assert_int_equal(j.status, cases[i].status);
                assert_int_equal(j.as_expected, j.status == JUDGED_SKIPPED || j.status == JUDGED_NOT_RUN);
        }
}

static void a_phase_is_granted_more_than_it_asks_for(void **state)
{
        const struct child_limits limits = { .warmup_ms = 10, .window_ms = 50, .stall_ms = 1000 };

        (void)state;
        assert_int_equal(child_phase_limit_ms(&limits, PHASE_START), 5000);
        assert_int_equal(child_phase_limit_ms(&limits, PHASE_WARM_UP), 1012);
        assert_int_equal(child_phase_limit_ms(&limits, PHASE_WINDOW), 1060);
        /* The sample's own watchdog speaks after stall_ms: it must not be cut off. */
        assert_int_equal(child_phase_limit_ms(&limits, PHASE_READY), 6000);
        assert_int_equal(child_phase_limit_ms(&limits, PHASE_DRAIN), 6000);
        assert_int_equal(child_phase_limit_ms(&limits, PHASE_DONE), 2000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_whole_sample_is_kept),
                cmocka_unit_test(a_sample_without_a_window_goes_from_ready_to_drain),
                cmocka_unit_test(what_breaks_the_protocol_is_named),
                cmocka_unit_test(a_sample_may_say_only_so_much),
                cmocka_unit_test(a_mistake_ends_as_it_ended),
                cmocka_unit_test(another_variant_must_end_as_expected),
                cmocka_unit_test(a_failed_check_fails_whatever_the_exit_status),
                cmocka_unit_test(every_other_end_has_its_status),
                cmocka_unit_test(a_phase_is_granted_more_than_it_asks_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
