/* SPDX-License-Identifier: MIT */
/* Rows against the reference row. */
#include "harness/report/ranking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row *row_of(const struct report_data *d, const struct cell *c)
{
        return &d->rows[c->row];
}

/* ---- who is compared with whom */

static const struct cell *cell_of_reference(const struct report_data *d, const struct cell *c)
{
        for (uint32_t i = d->groups[c->group].cells; i; i = d->cells[i - 1].next) {
                const struct cell *other = &d->cells[i - 1];

                if (other->variant == c->variant && row_of(d, other)->name == d->reference)
                        return other;
        }
        return NULL;
}

const struct cell *ranking_rival(const struct report_data *d, const struct cell *c)
{
        const struct row *row = row_of(d, c);

        if (!d->groups[c->group].workload->ranks || row->same_as || row->never_suspends ||
            row->name == d->reference)
                return NULL;
        return cell_of_reference(d, c);
}

static bool has_rounds(const struct cell *c)
{
        return c->planned >= stats_rounds_needed(1, ANALYSIS_ALPHA);
}

bool ranking_compares(const struct report_data *d, const struct cell *c)
{
        const struct cell *rival = ranking_rival(d, c);
        bool headline;

        if (!rival || c->variant->against || row_of(d, c)->effort != row_of(d, rival)->effort)
                return false;
        headline = headline_group(d, d->groups[c->group].workload, c->variant) == c->group;
        if (row_of(d, c)->own_threads)
                return headline || (has_rounds(c) && has_rounds(rival));
        return headline && strcmp(d->profile, "smoke") != 0 && strcmp(d->profile, "quick") != 0;
}

/* ---- what limited a cell */

static const char *limit_of(const struct sample *s, size_t *length)
{
        static const char name[] = "limit\x1f";

        for (const char *at = s->knobs; *at; at += strcspn(at, "\x1e") + 1) {
                if (strncmp(at, name, sizeof(name) - 1) != 0)
                        continue;
                at += sizeof(name) - 1;
                *length = strcspn(at, "\x1e");
                return at;
        }
        return NULL;
}

/* Of the ok samples of C, how many have a limit, and of how many it is WORD of LENGTH. */
static size_t count_limit(const struct report_data *d, const struct cell *c, const char *word, size_t length,
                          size_t *all)
{
        size_t n = 0;

        *all = 0;
        for (size_t i = 0; i < c->planned; i++) {
                const struct sample *s = cell_sample(d, c, i);
                size_t bytes;
                const char *limit = s->status == STATUS_OK ? limit_of(s, &bytes) : NULL;

                *all += limit != NULL;
                n += limit && bytes == length && memcmp(limit, word, length) == 0;
        }
        return n;
}

double ranking_limited_by(const struct report_data *d, const struct cell *c, const char *word)
{
        size_t all, n = count_limit(d, c, word, strlen(word), &all);

        return all ? (double)n / (double)all : 0;
}

const char *ranking_limit_text(char buf[64], const struct report_data *d, const struct cell *c)
{
        size_t most = 0, all = 0, length = 0;
        const char *word = "";

        for (size_t i = 0; i < c->planned; i++) {
                const struct sample *s = cell_sample(d, c, i);
                size_t bytes = 0, n;
                const char *limit = s->status == STATUS_OK ? limit_of(s, &bytes) : NULL;

                n = limit ? count_limit(d, c, limit, bytes, &all) : 0;
                if (n > most) {
                        most = n;
                        word = limit;
                        length = bytes;
                }
        }
        if (most == all)
                snprintf(buf, 64, "%.*s", (int)length, word);
        else
                snprintf(buf, 64, "%.*s (%zu/%zu)", (int)length, word, most, all);
        return buf;
}

bool ranking_is_own(const struct report_data *d, const struct cell *c)
{
        return ranking_limited_by(d, c, "client") + ranking_limited_by(d, c, "rate") < 0.5;
}

/* ---- order */

enum standing ranking_standing(const struct analysis *a, const struct cell *c)
{
        if (!ranking_is_own(a->data, c))
                return STANDING_NONE;
        switch (finding_of(a, c)->verdict) {
        case VERDICT_FASTER:
                return STANDING_FASTER;
        case VERDICT_SLOWER:
                return STANDING_SLOWER;
        default:
                return STANDING_TOGETHER;
        }
}

static int compare_cells(const void *left, const void *right, void *arg)
{
        const struct analysis *a = arg;
        const struct cell *l = *(const struct cell *const *)left, *r = *(const struct cell *const *)right;
        int by_standing = (int)ranking_standing(a, l) - (int)ranking_standing(a, r);

        return by_standing ? by_standing : strcmp(row_of(a->data, l)->name, row_of(a->data, r)->name);
}

size_t ranking_order(const struct analysis *a, uint32_t group, const struct variant *v, const char *effort,
                     const struct cell *cells[RANKING_MOST_ROWS])
{
        const struct report_data *d = a->data;
        size_t n = 0;

        for (uint32_t i = d->groups[group].cells; i && n < RANKING_MOST_ROWS; i = d->cells[i - 1].next) {
                const struct cell *c = &d->cells[i - 1];

                if (c->variant == v && row_of(d, c)->effort == effort && !row_of(d, c)->same_as)
                        cells[n++] = c;
        }
        qsort_r(cells, n, sizeof(*cells), compare_cells, (void *)a);
        return n;
}
