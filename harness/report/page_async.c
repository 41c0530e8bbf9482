/* SPDX-License-Identifier: MIT */
/* §1 of REPORT.md: up to how many connections a thread for each is as good as the best loop, and what it costs beyond. */
#include <math.h>
#include <stdlib.h>

#include "harness/report/async.h"
#include "harness/report/markdown.h"
#include "harness/report/tails.h"
#include "harness/report/text.h"

/* ---- words */

static const char *pair_text(char buf[CELL_BYTES], const struct measure *m)
{
        return ratio_text(buf, m->pair.ratio, m->pair.has_interval ? m->pair.low : NAN,
                          m->pair.has_interval ? m->pair.high : NAN);
}

static void row_word(const struct page *p, const struct cell *c)
{
        md_name(p->f, p->d->rows[c->row].name);
}

static void rate_words(const struct page *p, const struct async_point *at)
{
        char buf[CELL_BYTES];

        out_format(p->f, "%s the rate of ", pair_text(buf, &at->rate));
        row_word(p, at->best);
}

/* May the tails of both sides be told? */
static bool has_tails(const struct page *p, const struct async_point *at)
{
        return at->tail.pair.n && tail_of(p->d, at->threads, ASYNC_TAIL) != TAIL_TOO_FEW &&
               tail_of(p->d, at->best, ASYNC_TAIL) != TAIL_TOO_FEW;
}

static void costs_words(const struct page *p, const struct async_point *at)
{
        char buf[CELL_BYTES];
        bool tails = has_tails(p, at);

        if (!tails && !at->cpu.pair.n)
                return;
        out_text(p->f, ", with ");
        if (tails)
                out_format(p->f, "%s its service p99", pair_text(buf, &at->tail));
        if (at->cpu.pair.n)
                out_format(p->f, "%s%s its processor time per request", tails ? " and " : "",
                           pair_text(buf, &at->cpu));
}

/* ---- the sentences */

/* How many points from the first on are level. */
static size_t level_points(const struct async_view *view)
{
        size_t n = 0;

        while (n < view->n && view->points[n].level == LEVEL_HOLDS)
                n++;
        return n;
}

static const char *level_words(enum level level)
{
        switch (level) {
        case LEVEL_BEHIND:
                return "it is behind";
        case LEVEL_UNRESOLVED:
                return "the rounds do not tell whether it is";
        case LEVEL_HOLDS:
                return "it is level again";
        default:
                return "it is not known, because the client was the limit";
        }
}

static void connections_words(const struct page *p, const struct async_point *at)
{
        char number[NUMBER_BYTES];

        out_format(p->f, "%s connection%s", number_grouped(number, at->connections),
                   at->connections == 1 ? "" : "s");
}

/* "at 1,000 connections it is behind: ..." */
static void point_words(const struct page *p, const struct async_point *at, const char *aside)
{
        connections_words(p, at);
        out_format(p->f, "%s %s: ", aside, level_words(at->level));
        rate_words(p, at);
        costs_words(p, at);
}

static void level_words_up_to(const struct page *p, const struct async_point *last, bool most)
{
        out_text(p->f, " holds level with the best loop up to ");
        connections_words(p, last);
        out_text(p->f, most ? ", the most measured: " : ": ");
        rate_words(p, last);
        costs_words(p, last);
}

static void sentences(const struct page *p, const struct async_view *view)
{
        const struct async_point *last = &view->points[view->n - 1];
        size_t level = level_points(view);

        out_text(p->f, "A thread for each connection (");
        md_name(p->f, view->threads->name);
        out_text(p->f, ")");
        if (level > 0) {
                level_words_up_to(p, &view->points[level - 1], level == view->n);
        } else {
                out_text(p->f, " against the best loop: at ");
                point_words(p, &view->points[0], ", the fewest measured,");
        }
        if (level > 0 && level < view->n) {
                out_text(p->f, ". At ");
                point_words(p, &view->points[level], "");
        }
        if (last > &view->points[level]) {
                out_text(p->f, ". At ");
                point_words(p, last, ", the most measured,");
        }
        out_text(p->f, ".\n\n");
}

/* ---- the table */

static void ratio_and_duration(const struct page *p, const struct measure *m, bool known)
{
        char buf[CELL_BYTES], number[NUMBER_BYTES];

        if (known && m->pair.n)
                out_format(p->f, "%s (%s)", pair_text(buf, m), duration_text(number, m->median, m->spread));
        out_text(p->f, " | ");
}

static void table_line(const struct page *p, const struct async_point *at)
{
        static const char *const marks[] = { "client-bound", "level", "?", "behind" };
        char buf[CELL_BYTES], number[NUMBER_BYTES], grouped[NUMBER_BYTES];

        out_format(p->f, "| %s | ", number_grouped(number, at->connections));
        row_word(p, at->best);
        out_format(p->f, " | %s | %s (", marks[at->level], pair_text(buf, &at->rate));
        number_rounded(number, at->rate.median, at->rate.spread);
        out_format(p->f, "%s) | ", number_grouped(grouped, strtod(number, NULL)));
        ratio_and_duration(p, &at->tail, has_tails(p, at));
        ratio_and_duration(p, &at->cpu, true);
        out_format(p->f, "%zu |\n", at->rate.pair.n);
}

static void table(const struct page *p, const struct async_view *view)
{
        out_text(p->f, "| connections | best loop | ");
        md_text(p->f, view->threads->name);
        out_format(p->f,
                   " is | %s / that loop | service p99 / that loop | processor time per request / that loop "
                   "| rounds |\n|---|---|---|---|---|---|---|\n",
                   headline_metric(view->w)->name);
        for (size_t i = 0; i < view->n; i++)
                table_line(p, &view->points[i]);
        out_text(p->f, "\nIn brackets ");
        md_text(p->f, view->threads->name);
        out_format(p->f,
                   "'s own median. *Best loop* = that with the highest median there, of the rows of the same "
                   "effort on which connections share a thread. *Level* = at most the smallest effect that "
                   "matters behind; "
                   "where the rounds give no interval it is by the median. `%s` `%s`: service times under "
                   "closed loop. This machine.\n\n",
                   view->w->name, view->v->name);
}

/* ---- what is missing */

static void what_is_missing(const struct page *p, const struct async_view *view)
{
        static const char memory[] = "c10k";

        if (!view->w) {
                out_format(p->f,
                           "Not answered here: this run has no `echo`%s, which set threads against the loops "
                           "as connections grow.\n\n",
                           data_has_workload(p->d, memory) ? "" : " and no `c10k`");
        } else if (view->n == 0) {
                out_format(p->f,
                           "Not answered here: of `%s` this run has no number of both a row whose "
                           "connections have a thread each and a loop.\n\n",
                           view->w->name);
        } else if (!data_has_workload(p->d, memory)) {
                out_format(
                        p->f,
                        "What a connection costs in memory was not measured in this run: that is `%s`.\n\n",
                        memory);
        }
}

void page_async(const struct page *p)
{
        struct async_view view = async_view(p->a);

        out_text(p->f, "## 1. Is async needed here?\n\n");
        if (view.n) {
                sentences(p, &view);
                for (size_t i = 0; i < p->plots->n; i++)
                        if (p->plots->plot[i].front)
                                md_plot(p->f, &p->plots->plot[i]);
                table(p, &view);
        }
        page_memory(p);
        what_is_missing(p, &view);
}
