/* SPDX-License-Identifier: MIT */
/* A plan for rows as they are, without a program behind them. */
#ifndef AB_PLANNED_H
#define AB_PLANNED_H

#include "harness/driver/plan.h"
#include "runtimes/runtime.h"

enum { ROWS = 7 };

/* null, threads, epoll (the reference), libuv, libev, libevent, liburing, all of them available. */
extern struct row rows[ROWS];
extern const struct names names;

/* What each executable would say by `describe` of the cells that its row has not: before the first test, after the last. */
int describe_rows(void **state);
int forget_rows(void **state);

struct planned {
        struct selection selection;
        struct plan plan;
};

/* Plan R for two workers; the test fails when that fails. */
void make(struct planned *p, const struct request *r);
void drop(struct planned *p);

#endif
