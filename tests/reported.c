/* SPDX-License-Identifier: MIT */
/* A made-up run, reported: its pages as text, and what they must say. */
#include "reported.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/report/report.h"

const char *const reported_rows[] = { "epoll", "null", "threads", "libuv", NULL };

struct reported report(const struct made_run *run)
{
        struct reported r = { .dir = made_folder() };
        struct report_options options = { .workloads = run->echo ? made_echo : made_workloads };
        char error[512] = "";

        made_run_write(run, r.dir);
        if (report_build_with(r.dir, &options, error, sizeof(error)) != REPORT_OK)
                fail_msg("%s", error);
        r.page = made_read(r.dir, "REPORT.md", NULL);
        r.summary = made_read(r.dir, "summary.csv", NULL);
        r.samples = made_read(r.dir, "samples.csv", NULL);
        return r;
}

void reported_free(struct reported *r)
{
        made_folder_remove(r->dir);
        free(r->page);
        free(r->summary);
        free(r->samples);
}

void assert_has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("'%s' is not in:\n%s", part, text);
}

void assert_has_not(const char *text, const char *part)
{
        if (strstr(text, part))
                fail_msg("'%s' is in:\n%s", part, text);
}

char *line_of(const char *text, const char *start)
{
        const char *at = text;

        while (at && strncmp(at, start, strlen(start)) != 0) {
                at = strchr(at, '\n');
                at = at ? at + 1 : NULL;
        }
        if (!at) {
                fail_msg("no line '%s' in:\n%s", start, text);
                return NULL;
        }
        return strndup(at, strcspn(at, "\n"));
}

void assert_line(const char *text, const char *start, const char *part)
{
        char *line = line_of(text, start);

        assert_has(line, part);
        free(line);
}

size_t count_of(const char *text, const char *part)
{
        size_t n = 0;

        for (; (text = strstr(text, part)); text += strlen(part))
                n++;
        return n;
}

/* A quiet machine: a little noise that is the same in every run, and never the same in two rounds. */
double noisy(double value, const struct made_cell *cell, double size)
{
        unsigned seed = cell->round * 2654435761u;

        for (const char *c = cell->runtime; *c; c++)
                seed = seed * 31 + (unsigned char)*c;
        for (const char *c = cell->variant; *c; c++)
                seed = seed * 31 + (unsigned char)*c;
        seed ^= seed >> 15;
        return value * (1 + size * ((double)(seed % 1000) / 500 - 1));
}

bool is(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

struct made_sample all_equal(const struct made_cell *cell)
{
        return (struct made_sample){ .value = noisy(100, cell, 0.002) };
}

/* `async` triples on DEAR and costs nothing elsewhere. */
struct made_sample dear_on(const struct made_cell *cell, const char *dear)
{
        bool costs = is(cell->variant, "async") && is(cell->runtime, dear);

        return (struct made_sample){ .value = noisy(costs ? 300 : 100, cell, 0.002) };
}

struct made_sample dear_on_epoll(const struct made_cell *cell)
{
        return dear_on(cell, "epoll");
}
