/* SPDX-License-Identifier: MIT */
/* REPORT.md: its sections, each a function over the analysis. */
#ifndef AB_REPORT_MARKDOWN_H
#define AB_REPORT_MARKDOWN_H

#include "harness/report/analysis.h"
#include "harness/report/outputs.h"
#include "harness/report/plots.h"

/* Everything a section may look at. */
struct page {
        struct out *f;
        struct report_data *d;
        const struct analysis *a;
        const struct plots *plots;
        const struct outputs *outputs; /* the files written before, for their checksums */
};

/* The whole of REPORT.md. */
void page_write(const struct page *p);

/* Its sections, in their order. */
void page_front(const struct page *p);     /* header */
void page_async(const struct page *p);     /* §1 */
void page_memory(const struct page *p);    /* §1, its part on connections that are idle */
void page_pitfalls(const struct page *p);  /* §2 */
void page_questions(const struct page *p); /* §5 */
void page_workloads(const struct page *p); /* §6 */
void page_effort(const struct page *p);    /* §7, what it costs to write */
void page_frames(const struct page *p);    /* §7, what a debugger shows of it */
void page_catches(const struct page *p);   /* §7, who catches what */
void page_gaps(const struct page *p);      /* §9 */
void page_audit(const struct page *p);     /* §11 */

/* One line of §2 and of §5 is about a mistake at its headline parameter set. Call EACH for every mistake
 * that has a cell in this run, in the order of the tables. */
void page_each_mistake(const struct page *p, void (*each)(const struct page *p, const struct workload *w,
                                                          const struct variant *v, uint32_t group));

/* What a script found about VARIANT of WORKLOAD in LANGUAGE: an object in the part KIND of the run's record, or NULL. */
const json_t *page_facts(const struct page *p, const char *kind, const char *workload, const char *variant,
                         const char *language);

/* Has the record of the run what the code costs to write? */
bool page_has_effort(const struct page *p);

/* Has the record of the run what tools say? And one cell of §2: the tools that say something about V. */
bool page_has_catches(const struct page *p);
void page_caught_by(const struct page *p, const struct workload *w, const struct variant *v);

/* What the fix of each mistake costs, in §2. */
void page_prices(const struct page *p);

/* The tables of GROUP where rows are ranked: one for each variant. Has it a column of its own for METRIC? */
void page_ranking(const struct page *p, uint32_t group);
bool page_ranking_has(const char *metric);

/* The curves of W, after its parameter sets. */
void page_curves(const struct page *p, const struct workload *w);

/* Up to which planned rate each row of W holds a limit of its tail; nothing where rows are not ranked. */
void page_rates(const struct page *p, const struct workload *w);

/* ---- parts of tables that several sections have */

/* "libuv 1.44.2 (2022)". */
void page_row_name(const struct page *p, const struct row *row);

/* Has any cell of GROUP the metric NAME? */
bool page_has_metric(const struct page *p, uint32_t group, const char *name);

/* The median of metric NAME of C; a quantile only where each sample has enough values above it. */
void page_metric(const struct page *p, const struct cell *c, const char *name);

/* Two cells: the verdict about C as a mark and a word, and the smallest effect that its rounds see. */
void page_verdict_cells(const struct page *p, const struct cell *c);

/* What was counted of system calls: the columns of GROUP's table (returns how many), C's cells in them, and below the
 * table why counts are missing. */
unsigned page_counting_head(const struct page *p, uint32_t group);
void page_counting_cells(const struct page *p, const struct cell *c);
void page_counting_note(const struct page *p, uint32_t group);

/* PLOT as a picture. */
void md_plot(struct out *f, const struct plot *plot);

/* TEXT from data, escaped: nothing in it is markup. */
void md_text(struct out *f, const char *text);

/* NAME as code when it is plain, else as escaped text. */
void md_name(struct out *f, const char *name);

/* Names, one after the other. */
void md_list(struct out *f, const char *separator, const char *name, bool *first);

/* How the samples of C ended, as a word for a table: "DEADLOCK", "not shown", "2/3 STALLED", "shows 5". */
const char *endings_text(char buf[160], const struct endings *e);

/* What became of the samples of C when none gave a number: "failed", "not run", ... */
const char *missing_text(const struct cell *c);

/* "=" ">" "<" "?" or "" for a verdict about a ratio. */
const char *verdict_mark(enum verdict v, double ratio);

/* Is a variant's outcome what it is about? So it is of one that has a price too, when it counts what it shows. */
bool tells_by_outcome(const struct finding *f, const struct variant *v);

#endif
