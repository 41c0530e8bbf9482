/* SPDX-License-Identifier: MIT */
/* The watchdog: what is a deadlock, proved, and what is only stalled. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

#include "harness/protocol.h"
#include "made_up.h"

/* Locks that hang on purpose are what TSan reports, and then it exits in its own way. */
static void skip_under_tsan(void)
{
        if (strstr(AB_SANITIZE, "thread"))
                skip();
}

static void sleep_ms(unsigned ms)
{
        struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

        nanosleep(&t, NULL);
}

/* Start BODY on a thread of its own and wait for its end, as a workload that joins its tasks does. */
static int joins(void *(*body)(void *), void *arg)
{
        pthread_t thread;

        pthread_create(&thread, NULL, body, arg);
        pthread_join(thread, NULL);
        return 0;
}

static void explains(void *arg, char *buf, size_t bytes)
{
        snprintf(buf, bytes, "%s", (const char *)arg);
}

/* ---- locks -------------------------------------------------------------------------------------------- */

static pthread_mutex_t locks[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static pthread_barrier_t both_hold;

static void *takes_two(void *arg)
{
        size_t first = *(const size_t *)arg;

        pthread_mutex_lock(&locks[first]);
        pthread_barrier_wait(&both_hold);
        pthread_mutex_lock(&locks[1 - first]);
        return NULL;
}

/* A holds 0 and wants 1, B holds 1 and wants 0. */
static void start_abba(pthread_t threads[2])
{
        static const size_t first[2] = { 0, 1 };

        pthread_barrier_init(&both_hold, NULL, 2);
        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, takes_two, (void *)&first[i]);
}

static int abba(const struct executor *ex, struct run *run)
{
        pthread_t threads[2];

        (void)ex;
        run_tallies(run, 2);
        run_explain(run, explains, "lock \"0\" is held by A");
        start_abba(threads);
        pthread_join(threads[0], NULL);
        return 0;
}

static int abba_in_the_window(const struct executor *ex, struct run *run)
{
        pthread_t threads[2];

        (void)ex;
        run_tallies(run, 2);
        start_abba(threads);
        run_window(run);
        pthread_join(threads[0], NULL);
        return 0;
}

static int relock(const struct executor *ex, struct run *run)
{
        pthread_mutexattr_t attr;
        pthread_mutex_t normal;

        (void)ex;
        (void)run;
        pthread_mutexattr_init(&attr);
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_NORMAL);
        pthread_mutex_init(&normal, &attr);
        pthread_mutex_lock(&normal);
        return pthread_mutex_lock(&normal);
}

static void *waits_ten_seconds(void *arg)
{
        pthread_cond_t never = PTHREAD_COND_INITIALIZER;
        struct timespec until;

        (void)arg;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 10;
        pthread_mutex_lock(&locks[0]);
        pthread_cond_timedwait(&never, &locks[0], &until);
        pthread_mutex_unlock(&locks[0]);
        return NULL;
}

static int timed_condition(const struct executor *ex, struct run *run)
{
        (void)ex;
        (void)run;
        return joins(waits_ten_seconds, NULL);
}

static void two_threads_that_want_each_others_lock_are_a_deadlock(void **state)
{
        const struct workload w = made_up_workload(abba);
        struct ending e;

        (void)state;
        skip_under_tsan();
        e = made_up_sample(&w, MADE_UP_PARAMS);
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        assert_string_equal(ending_outcome(&e), "deadlock");
        assert_non_null(strstr(ending_evidence(&e), "main sleeps in a futex wait without a timeout"));
        assert_non_null(strstr(ending_evidence(&e), "thread 1 sleeps in a futex wait without a timeout"));
        assert_non_null(strstr(ending_evidence(&e), "thread 2 sleeps in a futex wait without a timeout"));
        assert_non_null(strstr(ending_evidence(&e), "; lock \"0\" is held by A"));
        ending_free(&e);
}

static void a_thread_that_locks_twice_is_a_deadlock(void **state)
{
        const struct workload w = made_up_workload(relock);
        struct ending e;

        (void)state;
        skip_under_tsan();
        e = made_up_sample(&w, MADE_UP_PARAMS);
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        assert_string_equal(ending_outcome(&e), "deadlock");
        assert_non_null(strstr(ending_evidence(&e), "main sleeps in a futex wait without a timeout"));
        ending_free(&e);
}

/* The window is twice as long as stall_ms: while it lasts nothing can be proved, and nothing is judged. */
static void a_hang_inside_a_long_window_is_proved_after_it(void **state)
{
        const struct workload w = made_up_workload(abba_in_the_window);
        struct ending e;

        (void)state;
        skip_under_tsan();
        e = made_up_sample(&w, "depth=2;workers=1;source=memory;warmup_ms=5;window_ms=600;stall_ms=300");
        assert_string_equal(ending_outcome(&e), "deadlock");
        assert_non_null(ending_record(&e, "phase", "drain"));
        ending_free(&e);
}

static enum outcome expected;

static enum outcome expect_as_told(const struct run *run, unsigned traits)
{
        (void)run;
        (void)traits;
        return expected;
}

static int sleeps(const struct executor *ex, struct run *run);

static void the_outcome_does_not_depend_on_what_is_expected(void **state)
{
        static const enum outcome all[] = { OUTCOME_COMPLETED, OUTCOME_DEADLOCK, OUTCOME_STALLED,
                                            OUTCOME_EITHER };
        struct workload hangs = made_up_workload(abba), late = made_up_workload(sleeps);

        (void)state;
        skip_under_tsan();
        hangs.expect = late.expect = expect_as_told;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                struct ending e;

                expected = all[i];
                e = made_up_sample(&hangs, MADE_UP_PARAMS);
                assert_string_equal(ending_outcome(&e), "deadlock");
                ending_free(&e);
                e = made_up_sample(&late, MADE_UP_PARAMS);
                assert_string_equal(ending_outcome(&e), "stalled");
                ending_free(&e);
        }
}

/* ---- what is no deadlock ------------------------------------------------------------------------------- */

static void *sleeps_three_seconds(void *arg)
{
        (void)arg;
        sleep_ms(3000);
        return NULL;
}

static int sleeps(const struct executor *ex, struct run *run)
{
        (void)ex;
        (void)run;
        return joins(sleeps_three_seconds, NULL);
}

static void *spins_for_ever(void *arg)
{
        for (volatile uint64_t turns = 0;; turns++)
                (void)arg;
        return NULL;
}

static int spins(const struct executor *ex, struct run *run)
{
        (void)ex;
        (void)run;
        return joins(spins_for_ever, NULL);
}

static void *reads_an_empty_pipe(void *arg)
{
        char byte;
        int ends[2];

        (void)arg;
        if (pipe(ends) == 0 && read(ends[0], &byte, 1) < 0)
                return NULL;
        return NULL;
}

static int reads(const struct executor *ex, struct run *run)
{
        (void)ex;
        (void)run;
        return joins(reads_an_empty_pipe, NULL);
}

static sem_t table[2];

static void *plays(void *arg)
{
        size_t side = *(const size_t *)arg;

        for (;;) {
                sem_wait(&table[side]);
                sem_post(&table[1 - side]);
        }
        return NULL;
}

/* Two threads wake each other for ever and finish nothing: each look finds most of them asleep without
 * a timeout. */
static int ping_pong(const struct executor *ex, struct run *run)
{
        static const size_t sides[2] = { 0, 1 };
        pthread_t threads[2];

        (void)ex;
        (void)run;
        sem_init(&table[0], 0, 1);
        sem_init(&table[1], 0, 0);
        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, plays, (void *)&sides[i]);
        pthread_join(threads[0], NULL);
        return 0;
}

/* As ping-pong, but nearly always asleep: a wake-up each 5 ms from a thread of which only the timed sleep
 * shows. */
static void *knocks(void *arg)
{
        (void)arg;
        for (;;) {
                sleep_ms(5);
                sem_post(&table[0]);
        }
        return NULL;
}

static int knocked(const struct executor *ex, struct run *run)
{
        pthread_t thread;

        (void)ex;
        (void)run;
        sem_init(&table[0], 0, 0);
        pthread_create(&thread, NULL, knocks, NULL);
        for (;;)
                sem_wait(&table[0]);
        return 0;
}

static void looks_up(int number)
{
        (void)number;
}

/* Asleep without a timeout at nearly every look, and woken from outside each 7 ms. */
static int woken_by_a_signal(const struct executor *ex, struct run *run)
{
        struct itimerval often = { .it_interval = { .tv_usec = 7000 }, .it_value = { .tv_usec = 7000 } };

        (void)ex;
        (void)run;
        sem_init(&table[0], 0, 0);
        signal(SIGALRM, looks_up);
        setitimer(ITIMER_REAL, &often, NULL);
        for (;;)
                sem_wait(&table[0]);
        return 0;
}

static void whatever_can_still_go_on_is_stalled_and_says_why(void **state)
{
        static const struct {
                int (*run)(const struct executor *ex, struct run *run);
                const char *against;
        } cases[] = {
                { sleeps, "thread 1 sleeps in clock_nanosleep" },
                { spins, "thread 1 is running" },
                { timed_condition, "thread 1 sleeps in futex with a timeout" },
                { reads, "thread 1 sleeps in read" },
                { ping_pong, "deadlock is not proved: " },
                { woken_by_a_signal, "main " },
                { knocked, "thread 1 " },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct workload w = made_up_workload(cases[i].run);
                struct ending e = made_up_sample(&w, MADE_UP_PARAMS);

                assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
                assert_string_equal(ending_outcome(&e), "stalled");
                assert_non_null(strstr(ending_evidence(&e), "no operation finished for 300 ms"));
                if (!strstr(ending_evidence(&e), cases[i].against))
                        fail_msg("%s: %s", cases[i].against, ending_evidence(&e));
                ending_free(&e);
        }
}

/* In all longer than stall_ms by far, but never without progress for so long. */
static int slow(const struct executor *ex, struct run *run)
{
        struct tally *tally = run_tallies(run, 1);

        (void)ex;
        for (int i = 0; i < 12; i++) {
                sleep_ms(200);
                tally_add(tally, 1);
        }
        return 0;
}

static void slow_progress_is_progress(void **state)
{
        const struct workload w = made_up_workload(slow);
        struct ending e =
                made_up_sample(&w, "depth=2;workers=1;source=memory;warmup_ms=5;window_ms=20;stall_ms=1500");

        (void)state;
        assert_int_equal(e.exit_status, PROTOCOL_MEASURED);
        assert_string_equal(ending_outcome(&e), "completed");
        ending_free(&e);
}

static int late_tallies(const struct executor *ex, struct run *run)
{
        (void)ex;
        sleep_ms(1000);
        run_tallies(run, 1);
        sleep_ms(1000);
        return 0;
}

static bool is_no_worker(void *arg, pid_t tid, unsigned *armed)
{
        (void)arg;
        (void)tid;
        (void)armed;
        return false;
}

static int late_threads(const struct executor *ex, struct run *run)
{
        (void)ex;
        run_tallies(run, 1);
        sleep_ms(1000);
        run_watch_threads(run, &(struct run_threads){ .worker = is_no_worker });
        sleep_ms(1000);
        run_unwatch_threads(run);
        return 0;
}

static void the_clock_of_progress_starts_with_tallies_and_threads(void **state)
{
        const struct workload late[] = { made_up_workload(late_tallies), made_up_workload(late_threads) };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct ending e = made_up_sample(
                        &late[i], "depth=2;workers=1;source=memory;warmup_ms=5;window_ms=20;stall_ms=1500");

                assert_string_equal(ending_outcome(&e), "completed");
                ending_free(&e);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(two_threads_that_want_each_others_lock_are_a_deadlock),
                cmocka_unit_test(a_thread_that_locks_twice_is_a_deadlock),
                cmocka_unit_test(a_hang_inside_a_long_window_is_proved_after_it),
                cmocka_unit_test(the_outcome_does_not_depend_on_what_is_expected),
                cmocka_unit_test(whatever_can_still_go_on_is_stalled_and_says_why),
                cmocka_unit_test(slow_progress_is_progress),
                cmocka_unit_test(the_clock_of_progress_starts_with_tallies_and_threads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
