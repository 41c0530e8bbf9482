/* SPDX-License-Identifier: MIT */
/* The records of a sample, in their order and to the digit; and how a sample fails or is skipped. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/protocol.h"
#include "made_up.h"

enum { ERROR_BYTES = 512 };

/* ---- records ---------------------------------------------------------------------------------------- */

static int reports_everything(const struct executor *ex, struct run *run)
{
        struct hist h;

        (void)ex;
        hist_init(&h, 2);
        hist_record(&h, 5);
        hist_record(&h, 5);
        hist_record(&h, 1000);
        hist_record(&h, HIST_MAX_NS + 1);
        run_tallies(run, 1);
        run_window(run);
        run_knob(run, "backend", "%s \"%d\"", "poll", 3);
        run_metric(run, "tenth", "ns", 0.1);
        run_metric(run, "third", "ns", 1.0 / 3);
        run_metric(run, "huge", "1/s", 1.7976931348623157e308);
        run_count(run, "most", INT64_MAX);
        run_histogram(run, "waits", &h);
        run_check_equal(run, "same", 5, 5);
        hist_free(&h);
        return 0;
}

static void every_record_is_there_in_the_documented_order(void **state)
{
        static const char *const order[] = { "expect",    "phase",  "phase",  "phase",  "phase",
                                             "knob",      "metric", "metric", "metric", "count",
                                             "histogram", "check",  "count",  "phase",  "outcome" };
        static const char *const phases[] = { "ready", "warm-up", "window", "drain", "done" };
        const struct workload w = made_up_workload(reports_everything);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);
        json_int_t before = 0;
        size_t i, next = 0, phase = 0;
        json_t *record;

        (void)state;
        assert_string_equal(e.errors, "");
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        json_array_foreach(e.records, i, record)
        {
                const char *kind = json_string_value(json_object_get(record, "record"));

                if (json_string_value(json_object_get(record, "name")) &&
                    strcmp(json_string_value(json_object_get(record, "name")), "paint") == 0)
                        continue; /* the row's own knob: between expect and ready */
                assert_true(next < sizeof(order) / sizeof(order[0]));
                assert_string_equal(kind, order[next++]);
                if (strcmp(kind, "phase") == 0) {
                        json_int_t at_ns = json_integer_value(json_object_get(record, "at_ns"));

                        assert_string_equal(json_string_value(json_object_get(record, "phase")),
                                            phases[phase++]);
                        assert_true(at_ns >= before);
                        before = at_ns;
                }
        }
        assert_int_equal(next, sizeof(order) / sizeof(order[0]));
        assert_string_equal(ending_outcome(&e), "completed");
        ending_free(&e);
}

static double metric_of(const struct ending *e, const char *name)
{
        return json_real_value(json_object_get(ending_record(e, "metric", name), "value"));
}

static json_int_t integer_of(const json_t *record, const char *key)
{
        json_t *value = json_object_get(record, key);

        assert_true(json_is_integer(value));
        return json_integer_value(value);
}

static void values_arrive_as_they_were_given(void **state)
{
        const struct workload w = made_up_workload(reports_everything);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);
        json_t *hist = ending_record(&e, "histogram", "waits"), *buckets = json_object_get(hist, "buckets");

        (void)state;
        assert_true(metric_of(&e, "tenth") == 0.1);
        assert_true(metric_of(&e, "third") == 1.0 / 3);
        assert_true(metric_of(&e, "huge") == 1.7976931348623157e308);
        assert_true(integer_of(ending_record(&e, "count", "most"), "value") == INT64_MAX);
        assert_string_equal(json_string_value(json_object_get(ending_record(&e, "knob", "backend"), "value")),
                            "poll \"3\"");
        assert_string_equal(json_string_value(json_object_get(ending_record(&e, "knob", "paint"), "value")),
                            "blue");
        assert_int_equal(integer_of(hist, "count"), 4);
        assert_int_equal(integer_of(hist, "min"), 5);
        assert_true((uint64_t)integer_of(hist, "max") == HIST_MAX_NS + 1);
        assert_int_equal(integer_of(hist, "overflow"), 1);
        assert_int_equal(integer_of(hist, "significant_digits"), 2);
        assert_int_equal(json_array_size(buckets), 2);
        assert_int_equal(json_integer_value(json_array_get(json_array_get(buckets, 0), 0)), 5);
        assert_int_equal(json_integer_value(json_array_get(json_array_get(buckets, 0), 1)), 2);
        ending_free(&e);
}

/* ---- how a sample fails ------------------------------------------------------------------------------- */

static int a_check_fails(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_check_equal(run, "sums", 3, 4);
        return 0;
}

static void a_failed_check_fails_the_sample(void **state)
{
        const struct workload w = made_up_workload(a_check_fails);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);
        json_t *check = ending_record(&e, "check", "sums");

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_CHECK_FAILED);
        assert_true(json_is_false(json_object_get(check, "ok")));
        assert_string_equal(json_string_value(json_object_get(check, "detail")), "3 != 4");
        assert_string_equal(ending_outcome(&e), "completed");
        ending_free(&e);
}

static void verify_fails(struct run *run, unsigned traits)
{
        (void)traits;
        run_check(run, "sequence", false, "message %d is missing", 17);
}

static int does_nothing(const struct executor *ex, struct run *run)
{
        (void)ex;
        (void)run;
        return 0;
}

static void what_verify_finds_fails_the_sample(void **state)
{
        struct workload w = made_up_workload(does_nothing);
        struct ending e;

        (void)state;
        w.verify = verify_fails;
        e = made_up_sample(&w, MADE_UP_PARAMS);
        assert_int_equal(e.exit_status, PROTOCOL_CHECK_FAILED);
        assert_true(json_is_false(json_object_get(ending_record(&e, "check", "sequence"), "ok")));
        assert_null(ending_record(&e, "phase", "window"));
        assert_non_null(ending_record(&e, "phase", "drain"));
        ending_free(&e);
}

static int knob_twice(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_knob(run, "backend", "poll");
        run_knob(run, "backend", "poll");
        return 0;
}

static int phase_backwards(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_phase(run, "window");
        run_phase(run, "warm-up");
        return 0;
}

static int phase_unknown(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_phase(run, "warmup");
        return 0;
}

static int metric_not_a_number(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_metric(run, "wait_ns", "ns", NAN);
        return 0;
}

static int count_too_large(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_count(run, "operations", UINT64_MAX);
        return 0;
}

static int line_too_long(const struct executor *ex, struct run *run)
{
        struct hist h;

        (void)ex;
        hist_init(&h, 3);
        for (size_t i = 0; i < h.length; i++)
                h.counts[i] = INT64_MAX;
        run_histogram(run, "waits", &h);
        hist_free(&h);
        return 0;
}

static int tallies_twice(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_tallies(run, 1);
        run_tallies(run, 1);
        return 0;
}

static int invariant_broken(const struct executor *ex, struct run *run)
{
        int left = 3;

        (void)ex;
        CHECK(run, left, ==, 4);
        return 0;
}

static int set_up_fails(const struct executor *ex, struct run *run)
{
        (void)ex;
        (void)run;
        return -ENOMEM;
}

static void *fails(void *arg)
{
        run_fail(arg, "thread %s \xff", "broke");
}

static int two_threads_fail(const struct executor *ex, struct run *run)
{
        pthread_t a, b;

        (void)ex;
        pthread_create(&a, NULL, fails, run);
        pthread_create(&b, NULL, fails, run);
        pthread_join(a, NULL);
        pthread_join(b, NULL);
        return 0;
}

/* A defect ends the sample with a check that says what it was, and one outcome as the last record. */
static void a_defect_ends_the_sample_with_its_reason(void **state)
{
        static const struct {
                int (*run)(const struct executor *ex, struct run *run);
                const char *reason;
        } cases[] = {
                { knob_twice, "knob backend is recorded twice" },
                { phase_backwards, "phase warm-up comes too late, after window" },
                { phase_unknown, "no phase 'warmup'" },
                { metric_not_a_number, "what JSON cannot" },
                { count_too_large, "operations is too large" },
                { line_too_long, "a line may have" },
                { tallies_twice, "does not hold" },
                { invariant_broken, "left (3) == 4 (4) does not hold" },
                { set_up_fails, "could not be set up: Cannot allocate memory" },
                { two_threads_fail, "thread broke ?" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct workload w = made_up_workload(cases[i].run);
                struct ending e = made_up_sample(&w, MADE_UP_PARAMS);
                json_t *check = ending_record(&e, "check", "the sample runs");
                size_t last = json_array_size(e.records) - 1;

                assert_int_equal(e.exit_status, PROTOCOL_CHECK_FAILED);
                assert_non_null(check);
                if (!strstr(json_string_value(json_object_get(check, "detail")), cases[i].reason))
                        fail_msg("%s: %s", cases[i].reason,
                                 json_string_value(json_object_get(check, "detail")));
                assert_non_null(strstr(e.errors, cases[i].reason));
                assert_true(json_is_false(json_object_get(check, "ok")));
                assert_ptr_equal(json_array_get(e.records, last), ending_record(&e, "outcome", NULL));
                assert_string_equal(ending_outcome(&e), "completed");
                ending_free(&e);
        }
}

static int run_skips(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_skip(run, "no such device", NULL);
}

static void a_skip_is_the_last_record(void **state)
{
        const struct workload w = made_up_workload(run_skips);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);
        json_t *skip = ending_record(&e, "skip", NULL);

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_SKIPPED);
        assert_string_equal(json_string_value(json_object_get(skip, "reason")), "no such device");
        assert_true(json_is_null(json_object_get(skip, "remedy")));
        assert_null(ending_record(&e, "outcome", NULL));
        ending_free(&e);
}

static void a_row_that_cannot_run_here_is_skipped_at_once(void **state)
{
        const struct workload w = made_up_workload(run_skips);
        struct ending e;
        json_t *skip;

        (void)state;
        made_up_broken = "the paint is wet";
        e = made_up_sample(&w, MADE_UP_PARAMS);
        made_up_broken = NULL;
        skip = ending_record(&e, "skip", NULL);
        assert_int_equal(e.exit_status, PROTOCOL_SKIPPED);
        assert_int_equal(json_array_size(e.records), 1);
        assert_string_equal(json_string_value(json_object_get(skip, "reason")), "the paint is wet");
        assert_string_equal(json_string_value(json_object_get(skip, "remedy")), "mend it");
        ending_free(&e);
}

static void a_native_form_goes_before_the_executor(void **state)
{
        struct workload w = made_up_workload(invariant_broken);
        struct ending e;

        (void)state;
        w.name = "own-language";
        e = made_up_sample(&w, MADE_UP_PARAMS);
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        assert_non_null(ending_record(&e, "count", "native"));
        ending_free(&e);
}

static int writes_into_a_closed_pipe(void *arg)
{
        char error[ERROR_BYTES];
        const struct workload *w = arg;
        struct run *run = run_new(w, w->variants, "made-up", MADE_UP_PARAMS, 1, error, sizeof(error));
        int ends[2];

        signal(SIGPIPE, SIG_IGN);
        if (!run || pipe(ends) < 0)
                return 99;
        close(ends[0]);
        run_report_to(run, ends[1]);
        return sample_run(run, runtime_rows);
}

static void a_record_that_cannot_be_written_fails_the_sample(void **state)
{
        struct workload w = made_up_workload(does_nothing);
        struct ending e = made_up_child(writes_into_a_closed_pipe, &w);

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_CHECK_FAILED);
        assert_non_null(strstr(e.errors, "cannot write a record: Broken pipe"));
        ending_free(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_record_is_there_in_the_documented_order),
                cmocka_unit_test(values_arrive_as_they_were_given),
                cmocka_unit_test(a_failed_check_fails_the_sample),
                cmocka_unit_test(what_verify_finds_fails_the_sample),
                cmocka_unit_test(a_defect_ends_the_sample_with_its_reason),
                cmocka_unit_test(a_skip_is_the_last_record),
                cmocka_unit_test(a_row_that_cannot_run_here_is_skipped_at_once),
                cmocka_unit_test(a_native_form_goes_before_the_executor),
                cmocka_unit_test(a_record_that_cannot_be_written_fails_the_sample),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
