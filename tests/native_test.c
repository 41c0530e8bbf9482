/* SPDX-License-Identifier: MIT */
/* What workloads in other languages call, and the counts that verification reads back. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <cmocka.h>

#include "made_up.h"

static double recorded(const struct ending *e, const char *kind, const char *name, const char *key)
{
        json_t *record = ending_record(e, kind, name);

        if (!record)
                fail_msg("no %s %s", kind, name);
        return json_number_value(json_object_get(record, key));
}

static void fails_with(int (*run)(const struct executor *ex, struct run *run), const char *message)
{
        const struct workload w = made_up_workload(run);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);

        assert_int_equal(e.exit_status, 1);
        if (!strstr(e.errors, message))
                fail_msg("'%s' is not in '%s'", message, e.errors);
        ending_free(&e);
}

/* ---- counts --------------------------------------------------------------------------------------------- */

static int reports_a_count(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_count(run, "apples", 3);
        return 0;
}

static void doubles_it(struct run *run, unsigned traits)
{
        assert_true(traits & TRAIT_TASKS_SHARE_WORKER);
        assert_true(run_has_count(run, "apples"));
        assert_false(run_has_count(run, "pears"));
        run_count(run, "doubled", 2 * run_counted(run, "apples"));
}

static void verify_reads_what_run_reported(void **state)
{
        struct workload w = made_up_workload(reports_a_count);
        struct ending e;

        (void)state;
        w.verify = doubles_it;
        e = made_up_sample(&w, MADE_UP_PARAMS);
        assert_int_equal(e.exit_status, 0);
        assert_true(recorded(&e, "count", "doubled", "value") == 6);
        ending_free(&e);
}

static int counts_twice(const struct executor *ex, struct run *run)
{
        reports_a_count(ex, run);
        return reports_a_count(ex, run);
}

static int asks_for_another_count(const struct executor *ex, struct run *run)
{
        reports_a_count(ex, run);
        return (int)run_counted(run, "pears");
}

static void a_count_is_there_once_or_the_sample_fails(void **state)
{
        (void)state;
        fails_with(counts_twice, "count apples is reported twice");
        fails_with(asks_for_another_count, "the count pears was not reported");
}

/* ---- addresses and recorders ------------------------------------------------------------------------------ */

static int counts_by_addresses(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_tallies(run, 2);
        run_recorders(run, 2);
        atomic_store(run_tally_counter(run, 0), 5);
        atomic_store(run_tally_counter(run, 1), 7);
        run_record(run, 0, 100);
        run_record(run, 1, 300);
        assert_false(atomic_load(run_stop_flag(run)));
        run_window(run);
        assert_true(atomic_load(run_stop_flag(run)));
        assert_int_equal(run_tally_count(run), 2);
        assert_int_equal(run_tally_operations(run, 1), 7);
        run_histogram(run, "both", run_recorded(run));
        return 0;
}

static void tallies_and_recorders_add_up(void **state)
{
        const struct workload w = made_up_workload(counts_by_addresses);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);

        (void)state;
        assert_int_equal(e.exit_status, 0);
        assert_true(recorded(&e, "count", "operations", "value") == 12);
        assert_true(recorded(&e, "histogram", "both", "count") == 2);
        assert_true(recorded(&e, "histogram", "both", "min") == 100);
        assert_true(recorded(&e, "histogram", "both", "max") == 300);
        ending_free(&e);
}

static int asks_for_a_third_tally(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_tallies(run, 2);
        return run_tally_counter(run, 2) == NULL;
}

static void there_are_as_many_tallies_as_were_made(void **state)
{
        (void)state;
        fails_with(asks_for_a_third_tally, "does not hold");
}

/* ---- threads ------------------------------------------------------------------------------------------------ */

static bool begins;
static int armed;

static void *sleeps_in_a_loop(void *arg)
{
        struct epoll_event event;

        if (begins)
                run_thread_begin(arg, 0, true);
        if (armed)
                run_thread_armed(arg, armed);
        epoll_wait(epoll_create1(0), &event, 1, -1);
        return NULL;
}

static int runs_a_thread(const struct executor *ex, struct run *run)
{
        pthread_t thread;

        (void)ex;
        pthread_create(&thread, NULL, sleeps_in_a_loop, run);
        pthread_join(thread, NULL);
        return 0;
}

static void ends(bool with_begin, int with_armed, const char *outcome)
{
        const struct workload w = made_up_workload(runs_a_thread);
        struct ending e;

        begins = with_begin;
        armed = with_armed;
        e = made_up_sample(&w, MADE_UP_PARAMS);
        assert_string_equal(ending_outcome(&e), outcome);
        ending_free(&e);
}

static void a_thread_that_begins_is_a_worker_to_the_watchdog(void **state)
{
        (void)state;
        ends(true, 0, "deadlock");
        ends(true, 1, "stalled");
        ends(false, 0, "stalled");
}

static void *sleeps_once(void *arg)
{
        run_thread_begin(arg, 0, false);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        run_thread_end(arg);
        return NULL;
}

static int ends_two_threads(const struct executor *ex, struct run *run)
{
        pthread_t threads[2];

        (void)ex;
        assert_int_equal(run_thread_switches(run), 0);
        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, sleeps_once, run);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        run_count(run, "switches", run_thread_switches(run));
        return 0;
}

static void context_switches_are_those_of_the_threads_that_ended(void **state)
{
        const struct workload w = made_up_workload(ends_two_threads);
        struct ending e = made_up_sample(&w, MADE_UP_PARAMS);

        (void)state;
        assert_int_equal(e.exit_status, 0);
        assert_true(recorded(&e, "count", "switches", "value") >= 2);
        ending_free(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(verify_reads_what_run_reported),
                cmocka_unit_test(a_count_is_there_once_or_the_sample_fails),
                cmocka_unit_test(tallies_and_recorders_add_up),
                cmocka_unit_test(there_are_as_many_tallies_as_were_made),
                cmocka_unit_test(a_thread_that_begins_is_a_worker_to_the_watchdog),
                cmocka_unit_test(context_switches_are_those_of_the_threads_that_ended),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
