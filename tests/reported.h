/* SPDX-License-Identifier: MIT */
/* A made-up run, reported: its pages as text, and what they must say. */
#ifndef AB_REPORTED_H
#define AB_REPORTED_H

#include <stdbool.h>
#include <stddef.h>

#include "journal_maker.h"

/* epoll, null, threads, libuv; ends at NULL. */
extern const char *const reported_rows[];

struct reported {
        char *dir, *page, *summary, *samples;
};

/* Write RUN into a new folder and report it without plots; the test fails when that fails. */
struct reported report(const struct made_run *run);
void reported_free(struct reported *r);

void assert_has(const char *text, const char *part);
void assert_has_not(const char *text, const char *part);

/* The line of TEXT that begins with START, for the caller to free; the test fails without one. */
char *line_of(const char *text, const char *start);

/* The first such line has PART. */
void assert_line(const char *text, const char *start, const char *part);

/* How often PART is in TEXT. */
size_t count_of(const char *text, const char *part);

/* Are the two names the same? */
bool is(const char *a, const char *b);

/* VALUE with noise of up to SIZE on either side, that depends on the cell and the round alone. */
double noisy(double value, const struct made_cell *cell, double size);

/* Every program takes 100, on a quiet machine. */
struct made_sample all_equal(const struct made_cell *cell);

/* The same, but `async` takes 300 on DEAR; on epoll. */
struct made_sample dear_on(const struct made_cell *cell, const char *dear);
struct made_sample dear_on_epoll(const struct made_cell *cell);

#endif
