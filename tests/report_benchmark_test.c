/* SPDX-License-Identifier: MIT */
/* benchmark.json: what Google Benchmark's tools find in it, and that nothing has a time that was not measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "reported.h"

#define SYNC_ON_EPOLL "lock/sync/epoll/burst=1/tasks=1/manual_time"
#define NEAR 1e-9

/* RUN as benchmark.json has it; to be given up by json_decref(). */
static json_t *benchmarks_of(const struct made_run *run)
{
        struct reported r = report(run);
        size_t bytes = 0;
        char *text = made_read(r.dir, "benchmark.json", &bytes);
        json_error_t error;
        json_t *whole = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);

        if (!whole)
                fail_msg("line %d: %s", error.line, error.text);
        free(text);
        reported_free(&r);
        return whole;
}

static const char *text_in(const json_t *entry, const char *key)
{
        const char *text = json_string_value(json_object_get(entry, key));

        return text ? text : "";
}

static double number_in(const json_t *entry, const char *key)
{
        const json_t *value = json_object_get(entry, key);

        if (!json_is_number(value))
                fail_msg("%s of %s is no number", key, text_in(entry, "name"));
        return json_number_value(value);
}

/* Entry number INDEX that is called NAME, or NULL. */
static const json_t *entry_of(const json_t *whole, const char *name, size_t index)
{
        const json_t *entry;
        size_t i;

        json_array_foreach(json_object_get(whole, "benchmarks"), i, entry)
        {
                if (is(text_in(entry, "name"), name) && index-- == 0)
                        return entry;
        }
        return NULL;
}

static size_t entries_of(const json_t *whole, const char *name)
{
        size_t n = 0;

        while (entry_of(whole, name, n))
                n++;
        return n;
}

static void assert_near(const json_t *entry, const char *key, double value)
{
        double found = number_in(entry, key);

        if (!(found > value - NEAR && found < value + NEAR))
                fail_msg("%s of %s is %g, not %g", key, text_in(entry, "name"), found, value);
}

/* Round R of a priced cell takes 100 + R ns per operation, of which 40 ran. */
static struct made_sample counted(const struct made_cell *cell)
{
        return (struct made_sample){
                .value = 100.0 + cell->round, .operations = 40, .shown = 3, .waits = 10
        };
}

/* ---- samples */

static void a_sample_is_a_repetition(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = counted };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_int_equal(entries_of(whole, SYNC_ON_EPOLL), 3);
        for (unsigned i = 0; i < 3; i++) {
                const json_t *entry = entry_of(whole, SYNC_ON_EPOLL, i);

                assert_string_equal(text_in(entry, "run_name"), SYNC_ON_EPOLL);
                assert_string_equal(text_in(entry, "run_type"), "iteration");
                assert_string_equal(text_in(entry, "time_unit"), "ns");
                assert_near(entry, "repetitions", 3);
                assert_near(entry, "repetition_index", i);
                assert_near(entry, "threads", 1);
                assert_near(entry, "iterations", 40);
                assert_near(entry, "real_time", 101 + i);
                assert_near(entry, "cpu_time", 20);
                assert_near(entry, "wait_p99_ns", 9900);
                assert_near(entry, "shown", 3);
                assert_null(json_object_get(entry, "lock_ns"));
                assert_null(json_object_get(entry, "error_occurred"));
        }
        assert_int_equal(entries_of(whole, "lock/sync/epoll-aa/burst=1/tasks=1/manual_time"), 3);
        json_decref(whole);
}

static struct made_sample without_operations(const struct made_cell *cell)
{
        struct made_sample s = counted(cell);

        s.operations = s.shown = 0;
        return s;
}

static void an_unknown_cpu_time_says_the_same_as_the_real_one(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 1, .sample = without_operations };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_near(entry_of(whole, SYNC_ON_EPOLL, 0), "iterations", 0);
        assert_near(entry_of(whole, SYNC_ON_EPOLL, 0), "cpu_time", 101);
        json_decref(whole);
}

static void the_round_that_counts_calls_has_no_entry(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 2, .sample = counted, .counting = true };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_int_equal(entries_of(whole, SYNC_ON_EPOLL), 2);
        assert_near(entry_of(whole, SYNC_ON_EPOLL, 0), "real_time", 101);
        json_decref(whole);
}

/* ---- aggregates */

static void assert_aggregate(const json_t *whole, const char *suffix, const char *unit, double real,
                             double cpu)
{
        char name[128];
        const json_t *entry;

        snprintf(name, sizeof(name), "%s_%s", SYNC_ON_EPOLL, suffix);
        assert_int_equal(entries_of(whole, name), 1);
        entry = entry_of(whole, name, 0);
        assert_string_equal(text_in(entry, "run_name"), SYNC_ON_EPOLL);
        assert_string_equal(text_in(entry, "run_type"), "aggregate");
        assert_string_equal(text_in(entry, "aggregate_name"), suffix);
        assert_string_equal(text_in(entry, "aggregate_unit"), unit);
        assert_string_equal(text_in(entry, "time_unit"), "ns");
        assert_null(json_object_get(entry, "repetition_index"));
        assert_near(entry, "repetitions", 4);
        assert_near(entry, "iterations", 4);
        assert_near(entry, "real_time", real);
        assert_near(entry, "cpu_time", cpu);
}

/* Of 101, 102, 103 and 104, and of 20 four times. */
static void repetitions_are_aggregated_as_google_benchmark_does(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 4, .sample = counted };
        json_t *whole = benchmarks_of(&run);
        double deviation = 1.2909944487358056; /* sqrt(5 / 3) */

        (void)state;
        assert_aggregate(whole, "mean", "time", 102.5, 20);
        assert_aggregate(whole, "median", "time", 102.5, 20);
        assert_aggregate(whole, "stddev", "time", deviation, 0);
        assert_aggregate(whole, "cv", "percentage", deviation / 102.5, 0);
        assert_near(entry_of(whole, SYNC_ON_EPOLL "_mean", 0), "wait_p99_ns", 9900);
        json_decref(whole);
}

static void one_repetition_is_not_aggregated(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 1, .sample = counted };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_int_equal(entries_of(whole, SYNC_ON_EPOLL), 1);
        assert_int_equal(entries_of(whole, SYNC_ON_EPOLL "_mean"), 0);
        json_decref(whole);
}

/* No shown mistake: the mean is 0, and what would be divided by it is no number. */
static struct made_sample none_shown(const struct made_cell *cell)
{
        struct made_sample s = counted(cell);

        s.shown = 0;
        return s;
}

static void what_is_no_number_is_left_out(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = none_shown };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_near(entry_of(whole, SYNC_ON_EPOLL "_mean", 0), "shown", 0);
        assert_null(json_object_get(entry_of(whole, SYNC_ON_EPOLL "_cv", 0), "shown"));
        json_decref(whole);
}

/* ---- what is not measured */

static struct made_sample second_round_fails(const struct made_cell *cell)
{
        if (cell->round != 2 || !is(cell->variant, "sync"))
                return counted(cell);
        return (struct made_sample){ .value = 1, .status = "failed", .reason = "check: counter: 5 = 4" };
}

static void a_failed_sample_is_an_error_and_in_no_aggregate(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = second_round_fails };
        json_t *whole = benchmarks_of(&run);
        const json_t *entry = entry_of(whole, SYNC_ON_EPOLL, 1);

        (void)state;
        assert_true(json_is_true(json_object_get(entry, "error_occurred")));
        assert_string_equal(text_in(entry, "error_message"), "failed: check: counter: 5 = 4");
        assert_string_equal(text_in(entry, "time_unit"), "ns");
        assert_near(entry, "repetition_index", 1);
        assert_near(entry, "real_time", 0);
        assert_near(entry, "cpu_time", 0);
        assert_null(json_object_get(entry, "lock_ns"));
        assert_near(entry_of(whole, SYNC_ON_EPOLL "_mean", 0), "real_time", 102);
        assert_near(entry_of(whole, SYNC_ON_EPOLL "_mean", 0), "iterations", 2);
        json_decref(whole);
}

static void a_sample_that_was_not_run_has_no_entry(void **state)
{
        struct made_run run = {
                .rows = reported_rows, .rounds = 3, .sample = counted, .stop_after = 1, .end = "interrupted"
        };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_int_equal(json_array_size(json_object_get(whole, "benchmarks")), 1);
        json_decref(whole);
}

static struct made_sample held_hangs(const struct made_cell *cell)
{
        if (is(cell->variant, "held-right"))
                return (struct made_sample){ 0 };
        if (!is(cell->variant, "held"))
                return counted(cell);
        return (struct made_sample){ .status = cell->round == 3 ? "ok" : "deadlock",
                                     .outcome = cell->round == 3 ? "completed" : "deadlock",
                                     .expected = cell->round == 2 ? "completed" : "either",
                                     .evidence = "task 1 waits for itself" };
}

static void assert_timeless(const json_t *entry)
{
        assert_non_null(entry);
        assert_string_equal(text_in(entry, "run_type"), "aggregate");
        assert_null(json_object_get(entry, "real_time"));
        assert_null(json_object_get(entry, "cpu_time"));
        assert_null(json_object_get(entry, "time_unit"));
}

static void an_outcome_has_a_share_and_no_time(void **state)
{
        static const char held[] = "lock/held/epoll/burst=1/tasks=1/manual_time";
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = held_hangs };
        json_t *whole = benchmarks_of(&run);
        const json_t *entry = entry_of(whole, "lock/held/epoll/burst=1/tasks=1/manual_time_outcome", 0);

        (void)state;
        assert_timeless(entry);
        assert_string_equal(text_in(entry, "aggregate_name"), "outcome");
        assert_string_equal(text_in(entry, "label"), "task 1 waits for itself");
        assert_near(entry, "iterations", 2);
        assert_near(entry, "completed", 0.5);
        assert_near(entry, "deadlock", 0.5);
        assert_near(entry, "stalled", 0);
        /* The deadlock that nobody expected. */
        assert_int_equal(entries_of(whole, held), 1);
        assert_string_equal(text_in(entry_of(whole, held, 0), "error_message"), "deadlock: not expected");
        entry = entry_of(whole, "lock/held-right/epoll/burst=1/tasks=1/manual_time_outcome", 0);
        assert_timeless(entry);
        assert_near(entry, "completed", 1);
        json_decref(whole);
}

static void a_rate_is_a_counter_and_no_time(void **state)
{
        static const char steady[] = "rate/steady/epoll/burst=1/tasks=1/manual_time";
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = counted };
        json_t *whole = benchmarks_of(&run);
        const json_t *entry = entry_of(whole, "rate/steady/epoll/burst=1/tasks=1/manual_time_median", 0);

        (void)state;
        assert_int_equal(entries_of(whole, steady), 0);
        assert_timeless(entry);
        assert_near(entry, "per_s", 102);
        json_decref(whole);
}

/* ---- the whole */

/* compare.py takes name of all; real_time, cpu_time and time_unit of all that are no aggregate, and of aggregates that
 * have one of them. */
static void assert_comparable(const json_t *entry)
{
        bool timed = json_object_get(entry, "time_unit") || is(text_in(entry, "run_type"), "iteration");

        assert_true(*text_in(entry, "name"));
        assert_true(*text_in(entry, "run_name"));
        number_in(entry, "family_index");
        number_in(entry, "per_family_instance_index");
        number_in(entry, "iterations");
        if (!timed)
                return;
        assert_string_equal(text_in(entry, "time_unit"), "ns");
        assert_true(number_in(entry, "real_time") >= 0);
        assert_true(number_in(entry, "cpu_time") >= 0);
}

static void every_entry_has_what_compare_py_reads(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 3, .sample = held_hangs, .sets = 2 };
        json_t *whole = benchmarks_of(&run), *entry;
        size_t i;

        (void)state;
        json_array_foreach(json_object_get(whole, "benchmarks"), i, entry) assert_comparable(entry);
        assert_true(i > 100);
        assert_int_equal(entries_of(whole, "lock/sync/epoll/burst=2/tasks=1/manual_time"), 3);
        json_decref(whole);
}

static void the_context_knows_the_run_and_not_the_host(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 1, .sample = counted, .label = "box" };
        json_t *whole = benchmarks_of(&run);
        const json_t *context = json_object_get(whole, "context");

        (void)state;
        assert_string_equal(text_in(context, "date"), "2026-01-31T00:00:00Z");
        assert_string_equal(text_in(context, "executable"), "asyncbench");
        assert_string_equal(text_in(context, "library_build_type"), "release");
        assert_string_equal(text_in(context, "run"), "made-up");
        assert_string_equal(text_in(context, "label"), "box");
        assert_int_equal(json_integer_value(json_object_get(context, "num_cpus")), 2);
        assert_int_equal(json_integer_value(json_object_get(context, "json_schema_version")), 1);
        assert_null(json_object_get(context, "host_name"));
        assert_null(json_object_get(context, "mhz_per_cpu"));
        json_decref(whole);
}

static void a_build_with_a_sanitizer_is_a_debug_build(void **state)
{
        struct made_run run = { .rows = reported_rows, .rounds = 1, .sample = counted, .sanitize = "thread" };
        json_t *whole = benchmarks_of(&run);

        (void)state;
        assert_string_equal(text_in(json_object_get(whole, "context"), "library_build_type"), "debug");
        json_decref(whole);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_sample_is_a_repetition),
                cmocka_unit_test(an_unknown_cpu_time_says_the_same_as_the_real_one),
                cmocka_unit_test(the_round_that_counts_calls_has_no_entry),
                cmocka_unit_test(repetitions_are_aggregated_as_google_benchmark_does),
                cmocka_unit_test(one_repetition_is_not_aggregated),
                cmocka_unit_test(what_is_no_number_is_left_out),
                cmocka_unit_test(a_failed_sample_is_an_error_and_in_no_aggregate),
                cmocka_unit_test(a_sample_that_was_not_run_has_no_entry),
                cmocka_unit_test(an_outcome_has_a_share_and_no_time),
                cmocka_unit_test(a_rate_is_a_counter_and_no_time),
                cmocka_unit_test(every_entry_has_what_compare_py_reads),
                cmocka_unit_test(the_context_knows_the_run_and_not_the_host),
                cmocka_unit_test(a_build_with_a_sanitizer_is_a_debug_build),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
