/* SPDX-License-Identifier: MIT */
/* The tables for other programs. */
#include "harness/report/csv.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/report/ranking.h"
#include "harness/report/spool.h"

static void field(struct out *f, const char *text)
{
        out_csv(f, text);
        out_bytes(f, ",", 1);
}

static void number(struct out *f, double value)
{
        out_number(f, value);
        out_bytes(f, ",", 1);
}

/* ---- samples.csv */

static void sample_head(struct out *f, const struct report_data *d, const struct sample *s)
{
        const struct cell *c = &d->cells[s->cell];

        field(f, d->run);
        number(f, s->round);
        number(f, s->order);
        field(f, d->groups[c->group].workload->name);
        field(f, c->variant->name);
        field(f, d->rows[c->row].name);
        field(f, c->params);
        field(f, status_word((enum status)s->status));
        field(f, s->reason);
}

/* A sample's first nine fields are the same in all its lines, and are made once. */
static void sample_lines(struct out *f, const struct report_data *d, const struct sample *s, struct out *head)
{
        head->used = 0;
        sample_head(head, d, s);
        for (size_t k = 0; s->shape && k < s->shape->n; k++) {
                out_bytes(f, head->buffer, head->used);
                field(f, s->shape->field[k].name);
                field(f, s->shape->field[k].unit);
                out_number(f, s->values[k]);
                out_bytes(f, "\n", 1);
        }
        if (!s->shape) {
                out_bytes(f, head->buffer, head->used);
                out_text(f, ",,\n");
        }
        f->error = f->error ? f->error : head->error;
}

void csv_write_samples(struct out *f, const struct report_data *d)
{
        struct out head = out_scratch();

        out_text(f, "run,round,order,workload,variant,runtime,params,status,reason,metric,unit,value\n");
        for (size_t i = 0; i < d->sample_count; i++)
                sample_lines(f, d, &d->samples[i], &head);
        out_scratch_free(&head);
}

/* ---- histograms.csv */

static void bucket(struct out *f, const struct report_data *d, const struct sample *s, const char *name,
                   uint64_t low, uint64_t high, uint64_t count)
{
        field(f, d->run);
        number(f, s->round);
        number(f, s->order);
        field(f, name);
        out_format(f, "%llu,%llu,%llu\n", (unsigned long long)low, (unsigned long long)high,
                   (unsigned long long)count);
}

static void histogram(struct out *f, const struct report_data *d, const struct spool_entry *e,
                      const struct spool_bucket *buckets, const struct hist *shape)
{
        const struct sample *s = &d->samples[e->sample];

        for (size_t i = 0; i < e->buckets; i++)
                bucket(f, d, s, e->name, hist_lowest(shape, buckets[i].index),
                       hist_highest(shape, buckets[i].index), buckets[i].count);
        if (e->overflow)
                bucket(f, d, s, e->name, HIST_MAX_NS + 1, e->max, e->overflow);
}

static int sample_histograms(struct out *f, const struct report_data *d, uint32_t sample,
                             const struct hist *shapes)
{
        size_t first, n = spool_find(d->spool, sample, &first);

        for (size_t i = 0; i < n; i++) {
                struct spool_entry e;
                const struct spool_bucket *buckets;
                int rc = spool_get(d->spool, first + i, &e, &buckets);

                if (rc != 0)
                        return rc;
                if (e.attempt == d->samples[sample].attempt)
                        histogram(f, d, &e, buckets, &shapes[e.digits]);
        }
        return 0;
}

int csv_write_histograms(struct out *f, const struct report_data *d)
{
        struct hist shapes[4] = { 0 };
        int rc = hist_init(&shapes[2], 2);

        if (rc == 0)
                rc = hist_init(&shapes[3], 3);
        out_text(f, "run,round,order,metric,low,high,count\n");
        for (uint32_t i = 0; i < d->sample_count && rc == 0; i++)
                rc = sample_histograms(f, d, i, shapes);
        hist_free(&shapes[2]);
        hist_free(&shapes[3]);
        return rc;
}

/* ---- summary.csv */

static void cell_head(struct out *f, const struct report_data *d, const struct cell *c, const char *metric,
                      const char *unit)
{
        field(f, d->groups[c->group].workload->name);
        field(f, c->params);
        field(f, metric);
        field(f, unit);
        field(f, d->rows[c->row].name);
        field(f, c->variant->name);
}

static void base_names(struct out *f, const struct report_data *d, const struct cell *base)
{
        field(f, base ? d->rows[base->row].name : "");
        field(f, base ? base->variant->name : "");
}

static void summary_line(struct out *f, const struct analysis *a, const struct cell *c,
                         const struct cell *base, const struct field *what)
{
        const struct finding *finding = finding_of(a, c);
        struct measure m = analysis_against(a, c, base, what->name);
        double noise = a->groups[c->group].noise_percent;
        bool judged = base == finding->base &&
                      strcmp(what->name, headline_metric(a->data->groups[c->group].workload)->name) == 0;

        cell_head(f, a->data, c, what->name, what->unit);
        base_names(f, a->data, base);
        number(f, (double)m.n);
        number(f, m.median);
        number(f, m.pair.n ? m.pair.ratio : NAN);
        number(f, m.pair.has_interval ? m.pair.low : NAN);
        number(f, m.pair.has_interval ? m.pair.high : NAN);
        field(f, judged ? verdict_word(finding->verdict) : "");
        out_csv(f, isnan(noise) ? "" : noise_word(stats_noise_grade(noise)));
        out_bytes(f, "\n", 1);
}

/* The metric against the cell's base; where rows are ranked, against the reference row too. */
static void summary_lines(struct out *f, const struct analysis *a, const struct cell *c,
                          const struct field *what)
{
        const struct cell *base = finding_of(a, c)->base, *rival = ranking_rival(a->data, c);

        summary_line(f, a, c, base, what);
        if (rival && rival != base)
                summary_line(f, a, c, rival, what);
}

/* Was FIELD of sample I already met in an earlier sample of C? Samples of one cell share one shape
 * nearly always, so the question is rarely asked. */
static bool met_before(const struct report_data *d, const struct cell *c, size_t i, const struct field *field)
{
        for (size_t k = 0; k < i; k++) {
                const struct shape *shape = cell_sample(d, c, k)->shape;

                for (size_t j = 0; shape && j < shape->n; j++)
                        if (shape->field[j].name == field->name)
                                return true;
        }
        return false;
}

static void summary_metrics(struct out *f, const struct analysis *a, const struct cell *c)
{
        const struct report_data *d = a->data;
        const struct shape *last = NULL;

        for (size_t i = 0; i < c->planned; i++) {
                const struct shape *shape = cell_sample(d, c, i)->shape;

                if (!shape || shape == last)
                        continue;
                for (size_t k = 0; k < shape->n; k++)
                        if (!shape->field[k].exact && !met_before(d, c, i, &shape->field[k]))
                                summary_lines(f, a, c, &shape->field[k]);
                last = shape;
        }
}

/* What one sample of its own counted: nothing to compare, and no rounds to scatter. */
static void summary_counting(struct out *f, const struct report_data *d, const struct cell *c)
{
        for (const char *const *name = counting_metrics; *name; name++) {
                double value = cell_counted(d, c, *name);

                if (isnan(value))
                        continue;
                cell_head(f, d, c, *name, "1/op");
                base_names(f, d, NULL);
                number(f, 1);
                number(f, value);
                out_text(f, ",,,,\n");
        }
}

static void summary_outcome(struct out *f, const struct analysis *a, const struct cell *c)
{
        const struct endings *e = &finding_of(a, c)->endings;

        cell_head(f, a->data, c, "outcome", "share");
        base_names(f, a->data, NULL);
        number(f, (double)e->known);
        number(f, e->known ? (double)e->shown / (double)e->known : NAN);
        out_format(f, ",,,%s,\n", verdict_word(e->verdict));
}

void csv_write_summary(struct out *f, const struct analysis *a)
{
        const struct report_data *d = a->data;

        out_text(f, "workload,params,metric,unit,runtime,variant,baseline_runtime,baseline_variant,n,median,"
                    "ratio,ratio_low,ratio_high,verdict,noise\n");
        for (size_t g = 0; g < d->group_count; g++) {
                for (size_t i = 0; i < d->cell_count; i++) {
                        const struct cell *c = &d->cells[i];

                        if (c->group != d->group_order[g])
                                continue;
                        summary_metrics(f, a, c);
                        summary_counting(f, d, c);
                        if (c->variant->role == ROLE_MISTAKE && c->variant->rounds == ROUNDS_OUTCOME)
                                summary_outcome(f, a, c);
                }
        }
}
