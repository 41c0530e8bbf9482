/* SPDX-License-Identifier: MIT */
/* §9 of REPORT.md: what is absent or went wrong, with reasons, and where rows were set differently. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markdown.h"

static bool is_empty(const char *text)
{
        return !text || !*text;
}

/* ---- absent cells */

static bool is_planned(const struct report_data *d, const struct workload *w, const struct variant *v,
                       uint32_t row)
{
        for (uint32_t g = 0; g < d->group_count; g++)
                if (d->groups[g].workload == w && data_cell(d, g, v, row))
                        return true;
        return false;
}

static bool is_absent(const struct report_data *d, const struct workload *w, const struct variant *v,
                      const char *row)
{
        for (size_t i = 0; i < d->absent.n; i++) {
                const struct gap *gap = &d->absent.item[i];

                if (gap->runtime == row && strcmp(gap->workload, w->name) == 0 &&
                    strcmp(gap->variant, v->name) == 0)
                        return true;
        }
        return false;
}

static void count_variant(const struct report_data *d, const struct workload *w, const struct variant *v,
                          size_t counts[3])
{
        for (uint32_t r = 0; r < d->row_count; r++) {
                const struct row *row = &d->rows[r];

                if (row->same_as)
                        continue;
                if (is_planned(d, w, v, r))
                        counts[0]++;
                else if (!row->available || is_absent(d, w, v, row->name))
                        counts[1]++;
                else
                        counts[2]++;
        }
}

/* Every cell of `list` is one of the three. */
static void count_cells(const struct page *p)
{
        const struct report_data *d = p->d;
        size_t counts[3] = { 0 };

        for (size_t i = 0; d->workloads[i]; i++)
                for (const struct variant *v = d->workloads[i]->variants; v->name; v++)
                        count_variant(d, d->workloads[i], v, counts);
        out_format(p->f,
                   "%zu cells planned + %zu absent + %zu not selected = %zu, all of workloads × variants × "
                   "rows.\n\n",
                   counts[0], counts[1], counts[2], counts[0] + counts[1] + counts[2]);
}

static bool same_gap(const struct gap *a, const struct gap *b)
{
        return a->workload == b->workload && a->variant == b->variant && a->params == b->params &&
               a->reason == b->reason;
}

static bool gap_was_before(const struct gaps *gaps, size_t at)
{
        for (size_t i = 0; i < at; i++)
                if (same_gap(&gaps->item[i], &gaps->item[at]))
                        return true;
        return false;
}

static void gap_rows(const struct page *p, const struct gaps *gaps, size_t at)
{
        bool first = true;

        for (size_t i = at; i < gaps->n; i++)
                if (same_gap(&gaps->item[i], &gaps->item[at]))
                        md_list(p->f, ", ", gaps->item[i].runtime, &first);
}

/* Gaps of one kind and one reason stand in one line with all their rows. */
static void gap_table(const struct page *p, const struct gaps *gaps, const char *head)
{
        if (gaps->n == 0)
                return;
        out_text(p->f, head);
        out_text(p->f, "\n\n| workload | program | parameters | rows | why |\n|---|---|---|---|---|\n");
        for (size_t i = 0; i < gaps->n; i++) {
                const struct gap *gap = &gaps->item[i];

                if (gap_was_before(gaps, i))
                        continue;
                out_text(p->f, "| ");
                md_text(p->f, gap->workload);
                out_text(p->f, " | ");
                md_text(p->f, is_empty(gap->variant) ? "all" : gap->variant);
                out_text(p->f, " | ");
                md_text(p->f, is_empty(gap->params) ? "all" : gap->params);
                out_text(p->f, " | ");
                gap_rows(p, gaps, i);
                out_text(p->f, " | ");
                md_text(p->f, gap->reason);
                out_text(p->f, " |\n");
        }
        out_text(p->f, "\n");
}

static void missing_rows(const struct page *p)
{
        for (size_t i = 0; i < p->d->row_count; i++) {
                const struct row *row = &p->d->rows[i];

                if (row->available)
                        continue;
                out_text(p->f, "- Row ");
                md_text(p->f, row->name);
                out_text(p->f, " is absent: ");
                md_text(p->f, row->reason);
                if (*row->remedy) {
                        out_text(p->f, " Remedy: ");
                        md_text(p->f, row->remedy);
                }
                out_text(p->f, "\n\n");
        }
}

/* ---- samples that did not end as planned */

static bool is_as_planned(const struct sample *s)
{
        return s->status == STATUS_OK || s->status == STATUS_DEADLOCK || s->status == STATUS_STALLED;
}

static bool same_trouble(const struct sample *a, const struct sample *b)
{
        return a->status == b->status && a->reason == b->reason;
}

static void note(const struct page *p, const struct note *n, const char *before)
{
        if (!n->text)
                return;
        out_text(p->f, before);
        md_text(p->f, n->text);
}

static void trouble_line(const struct page *p, const struct cell *c, const struct sample *s, size_t count)
{
        out_format(p->f, "| %s | %s | ", p->d->groups[c->group].workload->name, c->variant->name);
        md_text(p->f, p->d->rows[c->row].name);
        out_text(p->f, " | ");
        md_text(p->f, c->params);
        out_format(p->f, " | %s | ", status_word((enum status)s->status));
        md_text(p->f, s->reason);
        if (s->status == STATUS_SKIPPED)
                note(p, &c->remedy, "; remedy: ");
        else if (s->status != STATUS_NOT_RUN)
                note(p, &c->diagnosis, "; it said: ");
        out_format(p->f, " | %zu |\n", count);
}

/* Sample I of C, the one of round 0 behind the others; NULL beyond. */
static const struct sample *any_sample(const struct report_data *d, const struct cell *c, size_t i)
{
        return i < c->planned ? cell_sample(d, c, i) : i == c->planned ? cell_counting(d, c) : NULL;
}

static size_t cell_trouble(const struct page *p, const struct cell *c, bool print)
{
        const struct sample *s, *other;
        size_t lines = 0;

        for (size_t i = 0; (s = any_sample(p->d, c, i)); i++) {
                size_t count = 0, before = 0;

                for (size_t k = 0; !is_as_planned(s) && (other = any_sample(p->d, c, k)); k++) {
                        bool same = same_trouble(s, other);

                        before += same && k < i;
                        count += same;
                }
                if (count == 0 || before)
                        continue;
                lines++;
                if (print)
                        trouble_line(p, c, s, count);
        }
        return lines;
}

static void troubles(const struct page *p)
{
        size_t lines = 0;

        for (size_t i = 0; i < p->d->cell_count; i++)
                lines += cell_trouble(p, &p->d->cells[i], false);
        if (lines == 0) {
                out_text(p->f, "No sample failed, none is invalid, none is missing.\n\n");
                return;
        }
        out_text(p->f, "Samples that did not end as planned:\n\n"
                       "| workload | program | row | parameters | status | why | samples "
                       "|\n|---|---|---|---|---|---|---|\n");
        for (size_t i = 0; i < p->d->cell_count; i++)
                cell_trouble(p, &p->d->cells[i], true);
        out_text(p->f, "\n");
}

static void superseded(const struct page *p)
{
        if (p->d->superseded)
                out_format(p->f,
                           "%zu samples were superseded by a later attempt at their group and count "
                           "nowhere.\n\n",
                           p->d->superseded);
}

/* ---- deviations between rows */

/* One setting of one row, as a sample or the row's own description told it. */
struct setting {
        const char *name, *value;
        uint32_t row;
};

struct settings {
        struct setting *item;
        size_t n, capacity;
};

static void settings_add(struct settings *s, struct setting new)
{
        for (size_t i = 0; i < s->n; i++)
                if (s->item[i].name == new.name && s->item[i].value == new.value && s->item[i].row == new.row)
                        return;
        s->item = array_grow(s->item, s->n, &s->capacity, sizeof(*s->item));
        s->item[s->n++] = new;
}

/* KNOBS is "name\x1fvalue\x1e..." as load_journal.c makes it. */
static void settings_split(struct report_data *d, struct settings *s, uint32_t row, const char *knobs)
{
        char text[512];

        while (*knobs) {
                size_t name = strcspn(knobs, "\x1f"), value = strcspn(knobs + name + 1, "\x1e");
                struct setting new = { .row = row };

                snprintf(text, sizeof(text), "%.*s", (int)name, knobs);
                new.name = arena_intern(&d->arena, text);
                snprintf(text, sizeof(text), "%.*s", (int)value, knobs + name + 1);
                new.value = arena_intern(&d->arena, text);
                if (strcmp(new.name, "limit") != 0) /* what came of it, not how it was set */
                        settings_add(s, new);
                knobs += name + value + 2;
        }
}

/* By name, then value, then row: cells come in the order of the schedule, which is shuffled. */
static int compare_settings(const void *left, const void *right)
{
        const struct setting *a = left, *b = right;
        int by_name = strcmp(a->name, b->name), by_value = strcmp(a->value, b->value);

        if (by_name)
                return by_name;
        if (by_value)
                return by_value;
        return a->row < b->row ? -1 : a->row > b->row;
}

static void settings_collect(struct report_data *d, struct settings *s)
{
        for (size_t i = 0; i < d->cell_count; i++) {
                const struct cell *c = &d->cells[i];
                const char *last = NULL;

                for (size_t k = 0; k < c->planned && !d->rows[c->row].same_as; k++) {
                        const char *knobs = cell_sample(d, c, k)->knobs;

                        if (knobs != last)
                                settings_split(d, s, c->row, knobs);
                        last = knobs;
                }
        }
        if (s->n)
                qsort(s->item, s->n, sizeof(*s->item), compare_settings);
}

static size_t rows_measured(const struct report_data *d)
{
        size_t n = 0;

        for (uint32_t r = 0; r < d->row_count; r++) {
                size_t cells = 0;

                for (size_t i = 0; i < d->cell_count; i++)
                        cells += d->cells[i].row == r;
                n += cells && !d->rows[r].same_as;
        }
        return n;
}

/* Do all rows have NAME, with one and the same value? */
static bool is_common(const struct report_data *d, const struct settings *s, const char *name)
{
        const char *value = NULL;
        size_t rows = 0;

        for (size_t i = 0; i < s->n; i++) {
                if (s->item[i].name != name)
                        continue;
                if (value && s->item[i].value != value)
                        return false;
                value = s->item[i].value;
                rows++;
        }
        return rows == rows_measured(d);
}

static bool is_first(const struct settings *s, size_t at, bool with_value)
{
        for (size_t i = 0; i < at; i++)
                if (s->item[i].name == s->item[at].name &&
                    (!with_value || s->item[i].value == s->item[at].value))
                        return false;
        return true;
}

static void deviation(const struct page *p, const struct settings *s, const char *name)
{
        bool first_value = true;

        out_text(p->f, "- ");
        md_name(p->f, name);
        out_text(p->f, ": ");
        for (size_t i = 0; i < s->n; i++) {
                bool first_row = true;

                if (s->item[i].name != name || !is_first(s, i, true))
                        continue;
                out_text(p->f, first_value ? "" : "; ");
                md_text(p->f, *s->item[i].value ? s->item[i].value : "(empty)");
                out_text(p->f, " (");
                for (size_t k = i; k < s->n; k++)
                        if (s->item[k].name == name && s->item[k].value == s->item[i].value)
                                md_list(p->f, ", ", p->d->rows[s->item[k].row].name, &first_row);
                out_text(p->f, ")");
                first_value = false;
        }
        out_text(p->f, "\n");
}

static void deviations(const struct page *p)
{
        struct settings s = { 0 };
        bool any = false;

        settings_collect(p->d, &s);
        for (size_t i = 0; i < s.n; i++) {
                if (!is_first(&s, i, false) || is_common(p->d, &s, s.item[i].name))
                        continue;
                if (!any)
                        out_text(p->f, "Settings that are not the same on all rows:\n\n");
                deviation(p, &s, s.item[i].name);
                any = true;
        }
        out_text(p->f, any ? "\n" : "No sample recorded a setting that differs between rows.\n\n");
        free(s.item);
}

void page_gaps(const struct page *p)
{
        out_text(p->f, "## 9. Absent, invalid and failed\n\n");
        count_cells(p);
        missing_rows(p);
        gap_table(p, &p->d->absent, "Absent cells:");
        gap_table(p, &p->d->left_out, "Left out by the profile or by the workload:");
        troubles(p);
        superseded(p);
        deviations(p);
}
