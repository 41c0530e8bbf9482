/* SPDX-License-Identifier: MIT */
/* A sample as the code under test sees it: parameters, random numbers, the window and placement. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/protocol.h"
#include "made_up.h"

enum { ERROR_BYTES = 512 };

static struct run *run_with(const struct workload *w, const char *params, uint64_t seed)
{
        char error[ERROR_BYTES];
        struct run *run = run_new(w, w->variants, "made-up", params, seed, error, sizeof(error));

        if (!run)
                fail_msg("%s: %s", params, error);
        return run;
}

/* ---- parameters ------------------------------------------------------------------------------------- */

static void parameters_are_numbers_words_or_all(void **state)
{
        const struct workload w = made_up_workload(NULL);
        struct run *run = run_with(&w, MADE_UP_PARAMS, 7);

        (void)state;
        assert_int_equal(run_param(run, "depth"), 2);
        assert_int_equal(run_param(run, "window_ms"), 20);
        assert_true(run_param_is(run, "source", "memory"));
        assert_false(run_param_is(run, "source", "descriptor"));
        assert_false(run_param_is(run, "source", "mem"));
        assert_true(run_variant_is(run, "only"));
        assert_int_equal(run->seed, 7);
        run_free(run);

        run = run_with(&w, "depth=all;workers=8;source=descriptor;warmup_ms=0;window_ms=1;stall_ms=200", 7);
        assert_true(run_param(run, "depth") == RUN_ALL);
        assert_true(run_param_is(run, "depth", "all"));
        assert_int_equal(run_param(run, "workers"), 8);
        run_free(run);
}

static void all_workers_are_the_usable_processors(void **state)
{
        const struct workload w = made_up_workload(NULL);
        struct run *run =
                run_with(&w, "workers=all;depth=2;source=memory;warmup_ms=0;window_ms=1;stall_ms=200", 7);
        cpu_set_t cpus;

        (void)state;
        assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
        assert_int_equal(run_param(run, "workers"), CPU_COUNT(&cpus));
        run_free(run);
}

static void bad_parameters_get_one_line_that_names_them(void **state)
{
        static const struct {
                const char *params, *word, *near;
        } cases[] = {
                { "dept=2", "'dept'", "depth" },
                { "depth=2;depth=3", "depth", "twice" },
                { "depth", "'depth'", "NAME=VALUE" },
                { "depth=", "''", "1 to 64 or all" },
                { "depth=0", "'0'", "1 to 64 or all" },
                { "depth=65", "'65'", "1 to 64 or all" },
                { "depth=+2", "'+2'", "1 to 64" },
                { "depth=2k", "'2k'", "1 to 64" },
                { "depth=al", "'al'", "all" },
                { "depth=99999999999999999999", "'99999999999999999999'", "1 to 64" },
                { "source=3", "'3'", "memory,descriptor" },
                { "source=memory,descriptor", "'memory,descriptor'", "memory,descriptor" },
                { "depth=2;workers=1;warmup_ms=5;window_ms=20;stall_ms=300", "source is missing",
                  "source=memory" },
                { "depth=2;workers=1;source=memory;warmup_ms=5;stall_ms=300", "window_ms is missing",
                  "window_ms=20" },
        };
        const struct workload w = made_up_workload(NULL);

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char error[ERROR_BYTES] = "";
                struct run *run =
                        run_new(&w, w.variants, "made-up", cases[i].params, 1, error, sizeof(error));

                assert_null(run);
                if (!strstr(error, cases[i].word) || !strstr(error, cases[i].near) || strchr(error, '\n'))
                        fail_msg("%s: %s", cases[i].params, error);
        }
}

static int asks_for_another_parameter(const struct executor *ex, struct run *run)
{
        (void)ex;
        return (int)run_param(run, "width");
}

static void a_parameter_that_does_not_exist_ends_the_sample(void **state)
{
        const struct workload w = made_up_workload(asks_for_another_parameter);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_CHECK_FAILED);
        assert_non_null(strstr(e.errors, "'width'"));
        ending_free(&e);
}

/* ---- random numbers --------------------------------------------------------------------------------- */

static void random_numbers_are_those_of_splitmix64(void **state)
{
        uint64_t s = 0;

        (void)state;
        assert_true(run_random(&s) == 0xe220a8397b1dcdaf);
        assert_true(run_random(&s) == 0x6e789e6aa1b965f4);
        assert_true(run_random(&s) == 0x06c45d188009454f);
}

static int compare_u64(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static void streams_depend_on_seed_and_stream_alone(void **state)
{
        enum { SEEDS = 32, STREAMS = 32 };
        const struct workload w = made_up_workload(NULL);
        uint64_t starts[SEEDS * STREAMS];

        (void)state;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
                struct run *run = run_with(&w, MADE_UP_PARAMS, seed),
                           *again = run_with(&w, MADE_UP_PARAMS, seed);

                for (uint64_t stream = 0; stream < STREAMS; stream++) {
                        starts[seed * STREAMS + stream] = run_random_start(run, stream);
                        assert_true(run_random_start(again, stream) == run_random_start(run, stream));
                }
                run_free(run);
                run_free(again);
        }
        qsort(starts, SEEDS * STREAMS, sizeof(starts[0]), compare_u64);
        for (size_t i = 1; i < SEEDS * STREAMS; i++)
                assert_true(starts[i] != starts[i - 1]);
}

/* ---- the window --------------------------------------------------------------------------------------- */

struct adder {
        struct run *run;
        struct tally *tally;
        bool only_before; /* add in the warm-up and no more */
};

static void *adds(void *arg)
{
        struct adder *a = arg;

        if (a->only_before)
                tally_add(a->tally, 1000000);
        while (!run_stopped(a->run))
                if (!a->only_before)
                        tally_add(a->tally, 1);
        return NULL;
}

/* Two threads: the first finishes a million operations before the window opens. */
static int two_adders(struct run *run, bool both_before)
{
        struct tally *tallies = run_tallies(run, 2);
        struct adder adders[2] = { { run, &tallies[0], true }, { run, &tallies[1], both_before } };
        pthread_t threads[2];

        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, adds, &adders[i]);
        while (tally_read(&tallies[0]) == 0 || (both_before && tally_read(&tallies[1]) == 0))
                sched_yield();
        run_window(run);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        run_count(run, "window", run_window_operations(run));
        run_count(run, "second", tally_read(&tallies[1]));
        run_count(run, "window_ns", run_window_ns(run));
        return 0;
}

static int one_adds_in_the_window(const struct executor *ex, struct run *run)
{
        (void)ex;
        return two_adders(run, false);
}

static int none_adds_in_the_window(const struct executor *ex, struct run *run)
{
        (void)ex;
        return two_adders(run, true);
}

static json_int_t integer_of(const json_t *record, const char *key)
{
        json_t *value = json_object_get(record, key);

        assert_true(json_is_integer(value));
        return json_integer_value(value);
}

static json_int_t count_of(const struct ending *e, const char *name)
{
        return integer_of(ending_record(e, "count", name), "value");
}

static void the_window_counts_what_finishes_inside_it(void **state)
{
        const struct workload w = made_up_workload(one_adds_in_the_window);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);
        json_int_t start = integer_of(ending_record(&e, "phase", "window"), "at_ns");
        json_int_t end = integer_of(ending_record(&e, "phase", "drain"), "at_ns");

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        assert_true(count_of(&e, "window") > 0);
        assert_true(count_of(&e, "window") <= count_of(&e, "second"));
        assert_true(count_of(&e, "window_ns") >= 20000000);
        assert_true(count_of(&e, "window_ns") <= end - start);
        ending_free(&e);
}

static void the_window_leaves_the_warm_up_out(void **state)
{
        const struct workload w = made_up_workload(none_adds_in_the_window);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        assert_int_equal(count_of(&e, "second"), 1000000);
        assert_int_equal(count_of(&e, "window"), 0);
        ending_free(&e);
}

static void spinning_lasts_at_least_as_long_as_asked(void **state)
{
        uint64_t start = run_now_ns();

        (void)state;
        run_spin_ns(2000000);
        assert_true(run_now_ns() - start >= 2000000);
}

static void the_result_of_work_is_known_without_it(void **state)
{
        const uint64_t steps[] = { 0, 1, 2, 3, 1000, 65537 };

        (void)state;
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                assert_true(run_work(i * 77, steps[i]) == run_work_result(i * 77, steps[i]));
        assert_true(run_work(run_work(5, 10), 20) == run_work(5, 30));
        assert_true(run_work(5, 1) == 5 * RUN_WORK_FACTOR + RUN_WORK_ADDEND);
}

static void the_processor_time_of_the_process_grows_with_work(void **state)
{
        uint64_t start = run_cpu_ns();

        (void)state;
        while (run_cpu_ns() == start)
                run_work(1, 1000);
        assert_true(run_cpu_ns() > start);
}

/* ---- placement ---------------------------------------------------------------------------------------- */

/* The processor of worker INDEX is added to *SEEN; false when there is not exactly one. */
static bool pin(const struct run *run, unsigned index, cpu_set_t *one, cpu_set_t *seen)
{
        run_pin(run, index);
        sched_getaffinity(0, sizeof(*one), one);
        CPU_OR(seen, seen, one);
        return CPU_COUNT(one) == 1;
}

static int pins(void *arg)
{
        struct run *run = run_with(arg, MADE_UP_PARAMS, 1);
        cpu_set_t all, seen, first, one, again;
        unsigned count;

        sched_getaffinity(0, sizeof(all), &all);
        count = (unsigned)CPU_COUNT(&all);
        CPU_ZERO(&seen);
        for (unsigned i = 0; i < count; i++)
                if (!pin(run, i, &one, &seen) || !pin(run, i + count, &again, &seen) ||
                    !CPU_EQUAL(&one, &again))
                        return 1;
        run_pin_first(run, 1);
        sched_getaffinity(0, sizeof(first), &first);
        run_pin(run, 0);
        sched_getaffinity(0, sizeof(one), &one);
        if (run_processors(run) != 1)
                return 3;
        run_unpin(run);
        if (run_processors(run) != count)
                return 4;
        run_pin(run, 0);
        run_pin_first(run, count);
        sched_getaffinity(0, sizeof(again), &again);
        run_free(run);
        return CPU_EQUAL(&seen, &all) && CPU_EQUAL(&first, &one) && CPU_EQUAL(&again, &all) ? 0 : 2;
}

static void workers_go_round_the_usable_processors(void **state)
{
        struct workload w = made_up_workload(NULL);
        struct ending e = made_up_child(pins, &w);

        (void)state;
        assert_int_equal(e.exit_status, 0);
        ending_free(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(parameters_are_numbers_words_or_all),
                cmocka_unit_test(all_workers_are_the_usable_processors),
                cmocka_unit_test(bad_parameters_get_one_line_that_names_them),
                cmocka_unit_test(a_parameter_that_does_not_exist_ends_the_sample),
                cmocka_unit_test(random_numbers_are_those_of_splitmix64),
                cmocka_unit_test(streams_depend_on_seed_and_stream_alone),
                cmocka_unit_test(the_window_counts_what_finishes_inside_it),
                cmocka_unit_test(the_window_leaves_the_warm_up_out),
                cmocka_unit_test(spinning_lasts_at_least_as_long_as_asked),
                cmocka_unit_test(the_result_of_work_is_known_without_it),
                cmocka_unit_test(the_processor_time_of_the_process_grows_with_work),
                cmocka_unit_test(workers_go_round_the_usable_processors),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
