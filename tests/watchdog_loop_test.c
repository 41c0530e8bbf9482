/* SPDX-License-Identifier: MIT */
/* The watchdog and event loops: which wait of a loop ends by itself, and which does not. */
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_up.h"

static struct loop {
        _Atomic pid_t tid;
        unsigned armed;
        bool known; /* to the executor, as one of its workers */
        unsigned idle_wait_ms;
        void (*wait)(void);
} loop;

static bool loop_worker(void *arg, pid_t tid, unsigned *armed)
{
        struct loop *l = arg;

        if (!l->known || tid != atomic_load(&l->tid))
                return false;
        *armed = l->armed;
        return true;
}

static void *loops(void *arg)
{
        pthread_setname_np(pthread_self(), "worker-0");
        atomic_store(&loop.tid, gettid());
        loop.wait();
        return arg;
}

static int runs_a_loop(const struct executor *ex, struct run *run)
{
        struct run_threads threads = { .arg = &loop,
                                       .worker = loop_worker,
                                       .idle_wait_ms = loop.idle_wait_ms };
        pthread_t thread;

        (void)ex;
        run_watch_threads(run, &threads);
        pthread_create(&thread, NULL, loops, NULL);
        pthread_join(thread, NULL);
        run_unwatch_threads(run);
        return 0;
}

static void in_epoll_wait(void)
{
        struct epoll_event event;

        epoll_wait(epoll_create1(0), &event, 1, -1);
}

static void in_epoll_wait_for_a_minute(void)
{
        struct epoll_event event;

        epoll_wait(epoll_create1(0), &event, 1, 59743);
}

static void in_epoll_pwait(void)
{
        struct epoll_event event;
        sigset_t none;

        sigemptyset(&none);
        epoll_pwait(epoll_create1(0), &event, 1, -1, &none);
}

static void in_poll(void)
{
        poll(NULL, 0, -1);
}

static void in_ppoll(void)
{
        ppoll(NULL, 0, NULL, NULL);
}

static void in_ppoll_for_a_minute(void)
{
        ppoll(NULL, 0, &(struct timespec){ .tv_sec = 60 }, NULL);
}

static void in_select(void)
{
        select(0, NULL, NULL, NULL, NULL);
}

static void in_io_uring_enter(void)
{
        struct io_uring_params params = { 0 };
        int fd = (int)syscall(SYS_io_uring_setup, 4, &params);

        syscall(SYS_io_uring_enter, fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
}

static struct ending sample_of_loop(struct loop l)
{
        const struct workload w = made_up_workload(runs_a_loop);

        loop.wait = l.wait;
        loop.armed = l.armed;
        loop.known = l.known;
        loop.idle_wait_ms = l.idle_wait_ms;
        return made_up_sample(&w, MADE_UP_PARAMS);
}

static bool has_io_uring(void)
{
        struct io_uring_params params = { 0 };
        int fd = (int)syscall(SYS_io_uring_setup, 4, &params);

        if (fd < 0)
                return false;
        close(fd);
        return true;
}

static void a_worker_in_its_loop_with_nothing_armed_is_a_deadlock(void **state)
{
        static void (*const waits[])(void) = { in_epoll_wait, in_epoll_pwait, in_poll,
                                               in_ppoll,      in_select,      in_io_uring_enter };

        (void)state;
        for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
                struct ending e;

                if (waits[i] == in_io_uring_enter && !has_io_uring())
                        continue;
                e = sample_of_loop((struct loop){ .wait = waits[i], .known = true });
                if (strcmp(ending_outcome(&e), "deadlock") != 0)
                        fail_msg("wait %zu: %s: %s", i, ending_outcome(&e), ending_evidence(&e));
                assert_non_null(strstr(ending_evidence(&e), "worker-0 sleeps in its loop ("));
                assert_non_null(strstr(ending_evidence(&e), ") with nothing armed"));
                ending_free(&e);
        }
}

static void a_loop_with_a_timer_left_is_stalled(void **state)
{
        struct ending e = sample_of_loop((struct loop){ .wait = in_epoll_wait, .known = true, .armed = 1 });

        (void)state;
        assert_string_equal(ending_outcome(&e), "stalled");
        assert_non_null(strstr(ending_evidence(&e), "worker-0 sleeps in epoll_"));
        assert_non_null(strstr(ending_evidence(&e), "wait with 1 timer or watch armed"));
        ending_free(&e);
}

static void a_loop_that_is_no_worker_is_stalled(void **state)
{
        struct ending e = sample_of_loop((struct loop){ .wait = in_poll });

        (void)state;
        assert_string_equal(ending_outcome(&e), "stalled");
        assert_non_null(strstr(ending_evidence(&e), "and is no worker of the runtime"));
        ending_free(&e);
}

static void a_loop_that_sleeps_with_a_timeout_is_stalled(void **state)
{
        static void (*const waits[])(void) = { in_epoll_wait_for_a_minute, in_ppoll_for_a_minute };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct ending e = sample_of_loop((struct loop){ .wait = waits[i], .known = true });

                assert_string_equal(ending_outcome(&e), "stalled");
                assert_non_null(strstr(ending_evidence(&e), "with a timeout"));
                ending_free(&e);
        }
}

static void the_timeout_that_a_library_means_as_for_ever_is_none(void **state)
{
        struct ending e = sample_of_loop(
                (struct loop){ .wait = in_epoll_wait_for_a_minute, .known = true, .idle_wait_ms = 50000 });

        (void)state;
        assert_string_equal(ending_outcome(&e), "deadlock");
        ending_free(&e);
        e = sample_of_loop(
                (struct loop){ .wait = in_epoll_wait_for_a_minute, .known = true, .idle_wait_ms = 59744 });
        assert_string_equal(ending_outcome(&e), "stalled");
        ending_free(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_worker_in_its_loop_with_nothing_armed_is_a_deadlock),
                cmocka_unit_test(a_loop_with_a_timer_left_is_stalled),
                cmocka_unit_test(a_loop_that_is_no_worker_is_stalled),
                cmocka_unit_test(a_loop_that_sleeps_with_a_timeout_is_stalled),
                cmocka_unit_test(the_timeout_that_a_library_means_as_for_ever_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
