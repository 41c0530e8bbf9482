/* SPDX-License-Identifier: MIT */
/* §7 of REPORT.md: what the code of each pair of programs and of each row costs to write, in counts. */
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

struct column {
        const char *language, *count, *title;
};

static const struct column pair_columns[] = {
        { "c", "lines", "C: lines" },
        { "c", "functions", "functions" },
        { "c", "states", "states" },
        { "c", "callbacks", "callbacks" },
        { "c", "allocations", "allocations" },
        { "rust", "lines", "Rust: lines" },
        { "rust", "functions", "functions" },
        { "rust", "awaits", "awaits" },
        { "rust", "allocations", "allocations" },
        { "rust", "Arc", "`Arc`" },
        { "rust", "Pin", "`Pin`" },
        { "rust", "'static", "`'static`" },
        { "rust", "unsafe", "`unsafe`" },
};

static const struct column row_columns[] = {
        { NULL, "lines", "lines" },         { NULL, "functions", "functions" },
        { NULL, "callbacks", "callbacks" }, { NULL, "awaits", "awaits" },
        { NULL, "Arc", "`Arc`" },           { NULL, "'static", "`'static`" },
        { NULL, "libraries", "libraries" }, { NULL, "crates", "crates" },
};

enum {
        PAIR_COLUMNS = sizeof(pair_columns) / sizeof(pair_columns[0]),
        ROW_COLUMNS = sizeof(row_columns) / sizeof(row_columns[0]),
};

static const char pair_text[] =
        "Counts of this suite's own sources, by scripts/effort.sh: no score, and nothing is ranked by them. "
        "Counted of a program is what is reached from its own functions inside its workload's sources, with "
        "what verification and tests ask of it; not its set-up, nor the task layer and Tokio below it. "
        "Where a mistake and its fix are one state machine with a switch, as often in C, their counts are "
        "the same. *States*: the places where a task in C goes on; *awaits*: those in Rust. *Callbacks*: "
        "functions handed over, not called. *Allocations*: of one task more, measured, by the threads that "
        "run tasks. *-*: not there, or its number of tasks is fixed.\n\n";

static const char row_text[] =
        "The same of each row, for all workloads once: in C what is reached from its hooks, which make a "
        "loop run the task layer; on Tokio, which has tasks, the file about how a sample's runtime is made "
        "and joined. *Libraries*: those linked beyond the row null's; *crates*: all that the executable is "
        "built of.\n\n";

/* What the subject of a row begins with, where that of a variant has its workload. */
static const char ROWS[] = "executor/";

static json_t *effort_of(const struct page *p)
{
        return json_object_get(p->d->environment, "effort");
}

bool page_has_effort(const struct page *p)
{
        return json_object_size(effort_of(p)) > 0;
}

static void table_head(const struct page *p, const char *first, const struct column *columns, size_t n)
{
        out_format(p->f, "| %s |", first);
        for (size_t i = 0; i < n; i++)
                out_format(p->f, " %s |", columns[i].title);
        out_text(p->f, "\n|---|");
        for (size_t i = 0; i < n; i++)
                out_text(p->f, "--:|");
        out_text(p->f, "\n");
}

/* A count of one of the two languages, "-" where it was not taken. */
static const char *count_text(const json_t *counts, const char *count)
{
        const char *text = json_string_value(json_object_get(counts, count));

        return text ? text : "-";
}

/* ---- a mistake and its fix ----------------------------------------------------------------------------------- */

static const char *variant_count(const struct page *p, const struct workload *w, const char *variant,
                                 const struct column *c)
{
        return count_text(page_facts(p, "effort", w->name, variant, c->language), c->count);
}

static bool is_counted(const struct page *p, const struct workload *w, const char *variant)
{
        return page_facts(p, "effort", w->name, variant, "c") ||
               page_facts(p, "effort", w->name, variant, "rust");
}

/* One number where both have the same. */
static void pair_line(const struct page *p, const struct workload *w, const struct variant *v)
{
        out_format(p->f, "| %s: %s → %s |", w->name, v->name, v->against);
        for (size_t i = 0; i < PAIR_COLUMNS; i++) {
                const char *mistake = variant_count(p, w, v->name, &pair_columns[i]);
                const char *fix = variant_count(p, w, v->against, &pair_columns[i]);

                out_text(p->f, " ");
                md_text(p->f, mistake);
                out_text(p->f, strcmp(mistake, fix) == 0 ? "" : " → ");
                md_text(p->f, strcmp(mistake, fix) == 0 ? "" : fix);
                out_text(p->f, " |");
        }
        out_text(p->f, "\n");
}

static void pair_table(const struct page *p)
{
        out_text(p->f, pair_text);
        table_head(p, "mistake → fix", pair_columns, PAIR_COLUMNS);
        for (size_t i = 0; p->d->workloads[i]; i++) {
                const struct workload *w = p->d->workloads[i];

                for (const struct variant *v = w->variants; v->name; v++)
                        if (v->role == ROLE_MISTAKE && v->against && is_counted(p, w, v->name))
                                pair_line(p, w, v);
        }
        out_text(p->f, "\n");
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

static void row_line(const struct page *p, const char *row, json_t *by_language)
{
        json_t *counts = json_object_iter_value(json_object_iter(by_language)); /* it is written in one */

        out_text(p->f, "| ");
        md_text(p->f, row);
        out_text(p->f, " |");
        for (size_t i = 0; i < ROW_COLUMNS; i++) {
                out_text(p->f, " ");
                md_text(p->f, count_text(counts, row_columns[i].count));
                out_text(p->f, " |");
        }
        out_text(p->f, "\n");
}

static void row_table(const struct page *p)
{
        const char *subject;
        json_t *by_language;

        out_text(p->f, row_text);
        table_head(p, "row", row_columns, ROW_COLUMNS);
        json_object_foreach(effort_of(p), subject, by_language)
        {
                if (strncmp(subject, ROWS, strlen(ROWS)) == 0)
                        row_line(p, subject + strlen(ROWS), by_language);
        }
        out_text(p->f, "\n");
}

void page_effort(const struct page *p)
{
        if (!page_has_effort(p))
                return;
        pair_table(p);
        row_table(p);
}
