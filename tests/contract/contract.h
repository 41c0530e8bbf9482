/* SPDX-License-Identifier: MIT */
/* The contract of a runtime as tests: rules, the stage they are played on, and the tasks that play. */
#ifndef AB_CONTRACT_H
#define AB_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/run.h"
#include "runtimes/runtime.h"
#include "runtimes/task/task.h"

/* What a row must have for a rule to apply to it. */
enum need {
        NEED_NOTHING = 0,
        NEED_EXECUTOR = 1 << 0,
        NEED_WAITS = 1 << 1,           /* its tasks can suspend */
        NEED_SHARED_WORKER = 1 << 2,   /* its tasks share a worker, so that one can hold up another */
        NEED_CANCEL_ANYWHERE = 1 << 3, /* cancellation acts at every suspension point */
};

/* One thing that must hold of every row that has what it needs: a test of its own, named by the hook and
 * the rule. */
struct rule {
        const char *hook; /* of struct executor, or the part of the row's table; a list ends at NULL */
        const char *holds;
        unsigned needs; /* of enum need */
        void (*check)(const struct runtime *row, int argument);
        int argument; /* what a check that serves several rules distinguishes them by */
};

extern const struct rule row_rules[], task_rules[], timer_rules[], watch_rules[], cancel_rules[],
        offload_rules[];

/* ---- the stage: one crew of one row -------------------------------------------------------------------- */

struct stage {
        struct run *run;
        struct crew *crew;
        struct crew_counts counts; /* after stage_join() */
};

/* A crew of WORKERS over ROW in a sample that reports nowhere. */
void stage_open(struct stage *s, const struct runtime *row, unsigned workers);

/* crew_join(), then free the sample. */
void stage_join(struct stage *s);

/* ---- actors: tasks that remember what went wrong ------------------------------------------------------- */

struct actor {
        struct task task; /* first */
        unsigned at;      /* where its step goes on */
        unsigned steps;   /* counted by the step itself */
        const char *broken;
};

/* Give A the function STEP and a home on worker INDEX. A is zeroed but for what the test has set. */
void stage_cast(struct stage *s, struct actor *a, enum step (*step)(struct task *), unsigned index);

/* In a step: remember the first condition that did not hold. cmocka may fail on the main thread only. */
#define CONTRACT_TEXT(line) #line
#define CONTRACT_AT(file, line) file ":" CONTRACT_TEXT(line)
#define EXPECT(actor, condition)                                                                             \
        do {                                                                                                 \
                if (!(condition) && !(actor)->broken)                                                        \
                        (actor)->broken = CONTRACT_AT(__FILE__, __LINE__) ": " #condition;                   \
        } while (0)

/* After stage_join(): A finished, took STEPS steps and nothing went wrong. */
void assert_played(const struct actor *a, unsigned steps);

/* ---- odds and ends ------------------------------------------------------------------------------------- */

/* An eventfd of which each read takes one, with COUNT in it. */
int counter_open(unsigned count);
void counter_add(int fd, unsigned count);

/* Take one; false when there is none. */
bool counter_take(int fd);

/* Sleep until CLOCK_MONOTONIC is at DEADLINE_NS or past it. */
void sleep_until(uint64_t deadline_ns);

/* Fill the memory of what has been dropped, and see later whether anybody still wrote there. Zeroed, not
 * spoiled, it can be started again. */
void memory_spoil(void *memory, size_t bytes);
bool memory_is_spoiled(const void *memory, size_t bytes);

#endif
