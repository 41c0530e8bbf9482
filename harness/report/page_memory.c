/* SPDX-License-Identifier: MIT */
/* §1 of REPORT.md: what a connection costs in memory on every row, and what stopped the ramp. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"
#include "harness/stats.h"

static const char WORKLOAD[] = "c10k", USER[] = "rss_per_connection_bytes",
                  KERNEL[] = "kernel_per_connection_bytes", STOPPED[] = "stopped_by";

/* The group of the ramp that all rows have: the first that was planned. */
static const struct group *ramp_of(const struct report_data *d)
{
        for (size_t i = 0; i < d->group_count; i++) {
                const struct group *g = &d->groups[d->group_order[i]];

                if (strcmp(g->workload->name, WORKLOAD) == 0 && g->cells)
                        return g;
        }
        return NULL;
}

/* The median of NAME over the samples of C that ended ok; NAN when there is none. */
static double median_of(const struct page *p, const struct cell *c, const char *name)
{
        double *values = malloc((c->planned + 1) * sizeof(*values)), median;
        size_t n;

        if (!values)
                return NAN;
        n = cell_values(p->d, c, arena_intern(&p->d->arena, name), values);
        median = stats_median(values, n);
        free(values);
        return median;
}

static void kib(const struct page *p, double bytes)
{
        char number[NUMBER_BYTES];

        out_format(p->f, " | %s", isnan(bytes) ? "" : number_rounded(number, bytes / 1024, NAN));
}

/* The value of the knob NAME in the cell's first sample that ended ok, as "name\x1fvalue\x1e". */
static const char *knob_of(const struct page *p, const struct cell *c, const char *name)
{
        size_t length = strlen(name);

        for (size_t i = 0; i < c->planned; i++) {
                const struct sample *s = cell_sample(p->d, c, i);

                for (const char *at = s && s->status == STATUS_OK ? s->knobs : NULL; at && *at;
                     at = strchr(at, '\x1e'), at += at != NULL)
                        if (strncmp(at, name, length) == 0 && at[length] == '\x1f')
                                return at + length + 1;
        }
        return "";
}

static void line(const struct page *p, const struct cell *c)
{
        double user = median_of(p, c, USER), kernel = median_of(p, c, KERNEL);
        const char *stopped = knob_of(p, c, STOPPED);
        char word[256];

        if (isnan(user))
                return;
        snprintf(word, sizeof(word), "%.*s", (int)strcspn(stopped, "\x1e"), stopped);
        out_text(p->f, "| ");
        md_name(p->f, p->d->rows[c->row].name);
        kib(p, user);
        kib(p, kernel);
        kib(p, user + kernel);
        out_text(p->f, " | ");
        md_text(p->f, word);
        out_text(p->f, " |\n");
}

static void heading(const struct page *p, const struct group *g)
{
        const char *connections = strstr(g->params, "connections=");

        out_text(p->f, "What one more idle connection costs, in KiB: the slope over a ramp");
        if (connections) {
                out_text(p->f, " to `");
                out_format(p->f, "%.*s", (int)strcspn(connections, ";"), connections);
                out_text(p->f, "`");
        }
        out_text(p->f, ", by the median of the rounds. The kernel's part is the whole machine's and is "
                       "uncertain by a "
                       "fraction of a MiB over the ramp.\n\n"
                       "| runtime | user memory | kernel, both ends | together | the ramp ended at |\n"
                       "|---|---|---|---|---|\n");
}

void page_memory(const struct page *p)
{
        const struct group *g = ramp_of(p->d);
        bool any = false;

        for (uint32_t r = 0; g && r < p->d->row_count; r++) {
                const struct cell *c =
                        data_cell(p->d, (uint32_t)(g - p->d->groups), g->workload->variants, r);

                if (!c || p->d->rows[r].same_as)
                        continue;
                if (!any)
                        heading(p, g);
                any = true;
                line(p, c);
        }
        if (any)
                out_text(p->f, "\n");
}
