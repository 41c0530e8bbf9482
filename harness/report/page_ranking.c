/* SPDX-License-Identifier: MIT */
/* Rows against each other in §6 of REPORT.md: a table per program, best first, with what limited each row. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/ranking.h"
#include "harness/report/text.h"

/* What stands beside the headline. A service time comes from a closed loop unless there is a response time too. */
static const struct {
        const char *metric, *heading;
        bool compared; /* a ratio to the reference row beside it */
} columns[] = {
        { "cpu_per_request_ns", "server CPU per request", true },
        { "response_p50_ns", "response p50", false },
        { "response_p99_ns", "response p99", true },
        { "service_p50_ns", "service p50", false },
        { "service_p99_ns", "service p99", true },
        { "fairness", "Jain", false },
        { "slowest_share", "slowest connection / mean", false },
        { "context_switches_per_request", "switches per request", false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

bool page_ranking_has(const char *metric)
{
        for (size_t i = 0; i < COLUMNS; i++)
                if (strcmp(metric, columns[i].metric) == 0)
                        return true;
        return false;
}

/* The rows of one effort in one table. */
struct table {
        const struct page *p;
        const struct cell *cells[RANKING_MOST_ROWS];
        size_t n;
        bool has[COLUMNS];
};

static bool has_column(const struct table *t, size_t column)
{
        const char *name = arena_intern(&t->p->d->arena, columns[column].metric);

        for (size_t i = 0; i < t->n; i++)
                if (analysis_measure(t->p->a, t->cells[i], name).n)
                        return true;
        return false;
}

static const char *unit_of(const struct workload *w, const char *metric)
{
        for (const struct metric *m = w->metrics; m->name; m++)
                if (strcmp(m->name, metric) == 0)
                        return m->unit;
        return "1";
}

static const char *reference_of(const struct table *t)
{
        return t->p->d->reference;
}

static void head(const struct table *t)
{
        const struct page *p = t->p;
        const struct workload *w = p->d->groups[t->cells[0]->group].workload;
        const struct metric *m = headline_metric(w);
        unsigned n = 8;
        bool closed = true;

        for (size_t i = 0; i < COLUMNS; i++)
                closed = closed && !(t->has[i] && strncmp(columns[i].metric, "response_", 9) == 0);
        out_format(p->f, "| rank | row | n | %s (%s) | / ", m->name, m->unit);
        md_text(p->f, reference_of(t));
        out_text(p->f, " [interval] | mark | sees | limit |");
        for (size_t i = 0; i < COLUMNS; i++) {
                const char *unit = unit_of(w, columns[i].metric);
                bool service = strncmp(columns[i].metric, "service_", 8) == 0;

                if (!t->has[i])
                        continue;
                out_format(p->f, " %s%s", columns[i].heading, service && closed ? " under closed loop" : "");
                out_format(p->f, strcmp(unit, "ns") == 0 ? " (%s) |" : " |", unit);
                if (columns[i].compared) {
                        out_text(p->f, " / ");
                        md_text(p->f, reference_of(t));
                        out_text(p->f, " |");
                }
                n += 1 + columns[i].compared;
        }
        n += page_counting_head(p, t->cells[0]->group);
        out_text(p->f, "\n|");
        while (n--)
                out_text(p->f, "---|");
        out_text(p->f, "\n");
}

static bool has_verdict(const struct table *t, size_t at)
{
        return finding_of(t->p->a, t->cells[at])->verdict != VERDICT_NONE;
}

/* Rows with a verdict are ranked, and the reference row among them: a number alone is no rank. */
static bool is_ranked(const struct table *t, size_t at)
{
        bool any = false;

        for (size_t i = 0; i < t->n; i++)
                any |= has_verdict(t, i);
        return has_verdict(t, at) || (any && !ranking_rival(t->p->d, t->cells[at]));
}

/* Rows that are not separated share a place. */
static void rank_cell(const struct table *t, size_t at)
{
        const struct page *p = t->p;
        enum standing standing = ranking_standing(p->a, t->cells[at]);
        size_t place = 1;

        for (size_t i = 0; i < t->n; i++)
                place += is_ranked(t, i) && ranking_standing(p->a, t->cells[i]) < standing;
        if (standing == STANDING_NONE)
                out_text(p->f, "| none |");
        else if (is_ranked(t, at))
                out_format(p->f, "| %zu |", place);
        else
                out_text(p->f, "| |");
}

static void ratio_cell(const struct page *p, const struct cell *c, const char *metric)
{
        const struct cell *rival = ranking_rival(p->d, c);
        struct measure m = { .pair.n = 0 };
        char buf[CELL_BYTES];

        if (rival)
                m = analysis_against(p->a, c, rival, arena_intern(&p->d->arena, metric));
        out_text(p->f, " ");
        if (m.pair.n)
                out_text(p->f, ratio_text(buf, m.pair.ratio, m.pair.has_interval ? m.pair.low : NAN,
                                          m.pair.has_interval ? m.pair.high : NAN));
        else if (p->d->rows[c->row].name == p->d->reference)
                out_text(p->f, "reference");
        out_text(p->f, " |");
}

static void line(const struct table *t, size_t at)
{
        const struct page *p = t->p;
        const struct cell *c = t->cells[at];
        const struct metric *m = headline_metric(p->d->groups[c->group].workload);
        const struct finding *f = finding_of(p->a, c);
        bool by_client = ranking_limited_by(p->d, c, "client") >= 0.5;
        char limit[64];

        rank_cell(t, at);
        out_text(p->f, " ");
        page_row_name(p, &p->d->rows[c->row]);
        out_format(p->f, " | %zu | ", f->headline.n);
        if (f->headline.n)
                page_metric(p, c, m->name);
        else
                out_text(p->f, missing_text(c));
        out_text(p->f, " |");
        ratio_cell(p, c, m->name);
        page_verdict_cells(p, c);
        out_text(p->f, by_client ? " **" : " ");
        md_text(p->f, ranking_limit_text(limit, p->d, c));
        out_text(p->f, by_client ? "** |" : " |");
        for (size_t i = 0; i < COLUMNS; i++) {
                if (!t->has[i])
                        continue;
                out_text(p->f, " ");
                page_metric(p, c, columns[i].metric);
                out_text(p->f, " |");
                if (columns[i].compared)
                        ratio_cell(p, c, columns[i].metric);
        }
        page_counting_cells(p, c);
        out_text(p->f, "\n");
}

static void rank_rows(const struct page *p, uint32_t group, const struct variant *v, const char *effort,
                      bool several)
{
        struct table t = { .p = p };

        t.n = ranking_order(p->a, group, v, effort, t.cells);
        if (t.n == 0)
                return;
        for (size_t i = 0; i < COLUMNS; i++)
                t.has[i] = has_column(&t, i);
        if (several) {
                out_text(p->f, "Rows of the effort ");
                md_name(p->f, effort);
                out_text(p->f, ", which are in no ranking with others:\n\n");
        }
        head(&t);
        for (size_t i = 0; i < t.n; i++)
                line(&t, i);
        out_text(p->f, "\n");
}

/* ---- a table for each program and effort */

static bool has_variant(const struct page *p, uint32_t group, const struct variant *v)
{
        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                if (p->d->cells[i - 1].variant == v)
                        return true;
        return false;
}

/* The efforts of D's rows, each once, in the order of the rows; returns how many. */
static size_t efforts_of(const struct report_data *d, const char *efforts[RANKING_MOST_ROWS])
{
        size_t n = 0;

        for (size_t r = 0; r < d->row_count && n < RANKING_MOST_ROWS; r++) {
                size_t i = 0;

                while (i < n && efforts[i] != d->rows[r].effort)
                        i++;
                if (i == n)
                        efforts[n++] = d->rows[r].effort;
        }
        return n;
}

static size_t efforts_with_cells(const struct page *p, uint32_t group, const struct variant *v,
                                 const char *const *efforts, size_t n)
{
        const struct cell *cells[RANKING_MOST_ROWS];
        size_t with = 0;

        for (size_t i = 0; i < n; i++)
                with += ranking_order(p->a, group, v, efforts[i], cells) > 0;
        return with;
}

/* How sure the marks are; in few rounds, or of few rows, there is none. */
static void marks_legend(const struct page *p, const struct family *rows)
{
        char percent[NUMBER_BYTES];

        if (rows->comparisons == 0) {
                out_text(p->f, "No row has a mark in this run. ");
                return;
        }
        out_format(p->f,
                   "%zu comparison%s of rows in this run ha%s a mark, each interval at %s %%, so that all of "
                   "them hold together at 95 %%: a family of their own, beside that of §2. Other intervals "
                   "have the same confidence and are none of them. ",
                   rows->comparisons, rows->comparisons == 1 ? "" : "s", rows->comparisons == 1 ? "s" : "ve",
                   number_rounded(percent, 100 * (1 - rows->alpha), 0.01));
}

static void legend(const struct page *p, uint32_t group)
{
        out_text(p->f, "Each row against ");
        md_name(p->f, p->d->reference);
        out_text(p->f,
                 ", the reference row, paired inside rounds; best first, and rows that are not separated "
                 "in the order of their names. ");
        marks_legend(p, family_of(p->a, p->d->groups[group].workload));
        out_text(p->f, "*limit* = what kept the rate from being higher; where that was not the row but the "
                       "**client**, or the planned rate of an open loop, the row has no rank.\n\n");
}

void page_ranking(const struct page *p, uint32_t group)
{
        const char *efforts[RANKING_MOST_ROWS];
        size_t n = efforts_of(p->d, efforts);
        const struct workload *w = p->d->groups[group].workload;

        if (headline_group(p->d, w, w->variants) == group)
                legend(p, group);
        for (const struct variant *v = w->variants; v->name; v++) {
                bool several = efforts_with_cells(p, group, v, efforts, n) > 1;

                if (!has_variant(p, group, v))
                        continue;
                out_format(p->f, "`%s`: ", v->name);
                md_text(p->f, v->text);
                out_text(p->f, ".\n\n");
                for (size_t i = 0; i < n; i++)
                        rank_rows(p, group, v, efforts[i], several);
        }
        page_counting_note(p, group);
}
