/* SPDX-License-Identifier: MIT */
/* The stage of the contract tests: a sample with headline parameters, a crew, actors. */
#include "tests/contract/contract.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "harness/sample.h"

/* Append "NAME=VALUE" with the headline value of the smoke profile. */
static void append_headlines(const struct param *params, char *text, size_t bytes)
{
        for (const struct param *p = params; p->name; p++) {
                size_t used = strlen(text);

                snprintf(text + used, bytes - used, "%s%s=%.*s", used ? ";" : "", p->name,
                         (int)strcspn(p->smoke, ","), p->smoke);
        }
}

void stage_open(struct stage *s, const struct runtime *row, unsigned workers)
{
        const struct workload *w = workload_find("mutex");
        char params[512] = "", error[256] = "";

        assert_non_null(w);
        append_headlines(w->params, params, sizeof(params));
        append_headlines(common_params, params, sizeof(params));
        s->run = run_new(w, workload_variant(w, "async"), row->name, params, 1, error, sizeof(error));
        if (!s->run)
                fail_msg("run_new(%s): %s", params, error);
        s->crew = crew_open(row->executor, s->run, workers);
}

void stage_join(struct stage *s)
{
        crew_join(s->crew, &s->counts);
        run_free(s->run);
}

void stage_cast(struct stage *s, struct actor *a, enum step (*step)(struct task *), unsigned index)
{
        a->task.step = step;
        crew_spawn(s->crew, &a->task, index);
}

void assert_played(const struct actor *a, unsigned steps)
{
        if (a->broken)
                fail_msg("does not hold: %s", a->broken);
        assert_true(a->task.finished);
        assert_int_equal(a->steps, steps);
}

int counter_open(unsigned count)
{
        int fd = eventfd(count, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);

        assert_true(fd >= 0);
        return fd;
}

void counter_add(int fd, unsigned count)
{
        if (eventfd_write(fd, count))
                perror("contract: eventfd_write"); /* what waits for it will not return */
}

bool counter_take(int fd)
{
        eventfd_t one;

        return eventfd_read(fd, &one) == 0;
}

void sleep_until(uint64_t deadline_ns)
{
        struct timespec deadline = { .tv_sec = (time_t)(deadline_ns / 1000000000),
                                     .tv_nsec = (long)(deadline_ns % 1000000000) };

        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
                ;
}

enum { SPOILED = 0xa5 };

void memory_spoil(void *memory, size_t bytes)
{
        memset(memory, SPOILED, bytes);
}

bool memory_is_spoiled(const void *memory, size_t bytes)
{
        const unsigned char *byte = memory;

        for (size_t i = 0; i < bytes; i++)
                if (byte[i] != SPOILED)
                        return false;
        return true;
}
