/* SPDX-License-Identifier: MIT */
/* The watchdog and a blocking pool: an outstanding job is a hang only when no thread of the pool can go on. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_up.h"
#include "runtimes/task/offload.h"

enum { THREADS = 2, JOBS = THREADS + 1 };

/* ---- an executor whose loop waits for a descriptor, and no more ------------------------------------------- */

struct made_up_worker {
        struct worker base;
        int fd;
};

static struct made_up_worker *made_up_of(struct worker *w)
{
        return (struct made_up_worker *)w;
}

static int loop_open(struct worker *w)
{
        made_up_of(w)->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        return 0;
}

static void loop_run(struct worker *w)
{
        struct pollfd wait = { .fd = made_up_of(w)->fd, .events = POLLIN };
        eventfd_t wakes;

        for (enum turn turn; (turn = worker_turn(w)) != TURN_STOP;) {
                poll(&wait, 1, turn == TURN_IDLE ? -1 : 0);
                eventfd_read(wait.fd, &wakes);
        }
}

static void loop_close(struct worker *w)
{
        close(made_up_of(w)->fd);
}

static void loop_notify(struct worker *to, struct worker *from)
{
        (void)from;
        eventfd_write(made_up_of(to)->fd, 1);
}

static void no_timer(struct timer *t, uint64_t after_ns)
{
        (void)after_ns;
        run_fail(t->task->worker->run, "there are no timers");
}

static enum drop no_timer_drop(struct timer *t)
{
        (void)t;
        return DROP_DONE;
}

static void no_watch(struct watch *w)
{
        run_fail(w->task->worker->run, "there are no watches");
}

static enum drop no_watch_drop(struct watch *w)
{
        (void)w;
        return DROP_DONE;
}

static const struct executor executor = {
        .worker_bytes = sizeof(struct made_up_worker),
        .open = loop_open,
        .loop = loop_run,
        .close = loop_close,
        .notify = loop_notify,
        .timer_start = no_timer,
        .timer_drop = no_timer_drop,
        .watch_start = no_watch,
        .watch_drop = no_watch_drop,
};

/* ---- a task that waits for jobs --------------------------------------------------------------------------- */

static struct asker {
        struct task task;
        struct job jobs[JOBS];
        unsigned started;
        void (*const *works)(struct job *job); /* of each, until NULL */
} asker;

static enum step step_asker(struct task *task)
{
        struct asker *a = (struct asker *)task;
        enum step step = STEP_DONE;

        for (; a->works[a->started]; a->started++)
                job_start(&a->jobs[a->started], task, a->works[a->started]);
        for (unsigned i = 0; i < a->started; i++)
                if (job_poll(&a->jobs[i]) == POLL_PENDING)
                        step = STEP_WAIT;
        return step;
}

static int asks(const struct executor *ex, struct run *run)
{
        struct crew *crew = crew_open(&executor, run, 1);

        (void)ex;
        run_tallies(run, 1);
        asker.task.step = step_asker;
        crew_offload(crew, THREADS);
        crew_spawn(crew, &asker.task, 0);
        crew_start(crew);
        crew_join(crew, NULL);
        return 0;
}

static struct ending sample_of_jobs(void (*const *works)(struct job *job))
{
        const struct workload w = made_up_workload(asks);

        asker.works = works;
        return made_up_sample(&w, MADE_UP_PARAMS);
}

/* ---- jobs ---------------------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned ended;

static void ends(struct job *job)
{
        (void)job;
        pthread_mutex_lock(&lock);
        ended++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
}

static void waits_for_another(struct job *job)
{
        (void)job;
        pthread_mutex_lock(&lock);
        while (!ended)
                pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
}

static void sleep_ms(unsigned ms)
{
        struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

        nanosleep(&t, NULL);
}

static void sleeps(struct job *job)
{
        (void)job;
        sleep_ms(3000);
}

/* Asleep at nearly every look. */
static void sleeps_shortly(struct job *job)
{
        (void)job;
        for (unsigned i = 0; i < 100; i++)
                sleep_ms(30);
}

static void reads(struct job *job)
{
        char byte;
        int fds[2];

        (void)job;
        if (pipe(fds) == 0 && read(fds[0], &byte, 1) < 0)
                return;
}

static void polls(struct job *job)
{
        (void)job;
        poll(NULL, 0, -1);
}

static void waits_with_a_timeout(struct job *job)
{
        struct timespec until;

        (void)job;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 3;
        pthread_mutex_lock(&lock);
        while (!ended && pthread_cond_timedwait(&changed, &lock, &until) == 0)
                ;
        pthread_mutex_unlock(&lock);
}

static void computes(struct job *job)
{
        (void)job;
        run_spin_ns(3000000000);
}

/* ---- what comes of them --------------------------------------------------------------------------------------- */

static void jobs_that_wait_for_a_job_behind_them_are_a_deadlock(void **state)
{
        static void (*const works[])(struct job *) = { waits_for_another, waits_for_another, ends, NULL };
        struct ending e = sample_of_jobs(works);

        (void)state;
        assert_string_equal(ending_outcome(&e), "deadlock");
        assert_non_null(strstr(ending_evidence(&e), "worker-0 sleeps in its loop ("));
        assert_non_null(strstr(ending_evidence(&e), "blocking sleeps in a futex wait without a timeout"));
        ending_free(&e);
}

static void a_job_that_waits_for_what_nobody_does_is_a_deadlock_beside_an_idle_thread(void **state)
{
        static void (*const works[])(struct job *) = { waits_for_another, NULL };
        struct ending e = sample_of_jobs(works);

        (void)state;
        assert_string_equal(ending_outcome(&e), "deadlock");
        ending_free(&e);
}

static void jobs_that_a_free_thread_serves_complete(void **state)
{
        static void (*const works[])(struct job *) = { waits_for_another, ends, NULL };
        struct ending e = sample_of_jobs(works);

        (void)state;
        assert_string_equal(ending_outcome(&e), "completed");
        ending_free(&e);
}

/* Also when the other thread of the pool waits for it without a timeout. */
static void a_job_that_can_go_on_is_no_deadlock(void **state)
{
        static const struct {
                void (*works[JOBS + 1])(struct job *job);
                const char *against;
        } cases[] = {
                { { sleeps }, "sleeps in clock_nanosleep" },
                { { sleeps_shortly, waits_for_another }, "blocking " },
                { { waits_for_another, sleeps, ends }, "sleeps in clock_nanosleep" },
                { { reads, waits_for_another, ends }, "sleeps in read" },
                { { polls, waits_for_another, ends }, "and is no worker of the runtime" },
                { { waits_with_a_timeout, waits_for_another, ends }, "sleeps in futex with a timeout" },
                { { computes, waits_for_another, ends }, "is running" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct ending e = sample_of_jobs(cases[i].works);

                if (strcmp(ending_outcome(&e), "stalled") != 0 ||
                    !strstr(ending_evidence(&e), cases[i].against))
                        fail_msg("case %zu: %s: %s", i, ending_outcome(&e), ending_evidence(&e));
                ending_free(&e);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(jobs_that_wait_for_a_job_behind_them_are_a_deadlock),
                cmocka_unit_test(a_job_that_waits_for_what_nobody_does_is_a_deadlock_beside_an_idle_thread),
                cmocka_unit_test(jobs_that_a_free_thread_serves_complete),
                cmocka_unit_test(a_job_that_can_go_on_is_no_deadlock),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
