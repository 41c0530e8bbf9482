/* SPDX-License-Identifier: MIT */
/* benchmark.json, entry by entry: a run may have more samples than fit into memory as JSON. */
#include "harness/report/benchmark.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cpus.h"
#include "harness/report/analysis.h"
#include "harness/report/benchmark_cell.h"

enum { SCHEMA_VERSION = 1, REASON_BYTES = 1024 };

/* Append OBJECT, which is taken over, as one line without its end. */
static void put_object(struct out *f, json_t *object)
{
        char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

        json_decref(object);
        if (text)
                out_text(f, text);
        else
                f->error = f->error ? f->error : ENOMEM;
        free(text);
}

/* ---- one cell after the other */

struct series {
        struct out *f;
        const struct report_data *d;
        size_t entries, families; /* written so far; cells so far */
        double *values;           /* room for a number of each sample of a cell */

        const struct cell *cell;
        const char *headline; /* interned; NULL: the cell's workload has no time per operation */
        char name[BENCHMARK_NAME_BYTES + 16];
};

static double real_time(const struct series *s, const struct sample *x)
{
        return s->headline ? sample_value(x, s->headline) : NAN;
}

static double cpu_time(const struct series *s, const struct sample *x)
{
        return benchmark_cpu_time((double)x->cpu_ns, sample_operations(x), real_time(s, x));
}

/* Did it hang as it may? */
static bool hung_as_expected(const struct sample *x)
{
        return (x->status == STATUS_DEADLOCK || x->status == STATUS_STALLED) &&
               (x->outcome == x->expected || x->expected == OUTCOME_EITHER);
}

static bool is_error(const struct sample *x)
{
        return x->status != STATUS_OK && x->status != STATUS_NOT_RUN && !hung_as_expected(x);
}

static void put_entry(struct series *s, json_t *entry)
{
        out_text(s->f, s->entries++ ? ",\n" : "\n");
        put_object(s->f, entry);
}

/* What every entry of the cell begins with; AGGREGATE is its name or NULL. Google Benchmark runs each sample on one
 * thread of its own: what the sample does with threads is in its parameters. */
static json_t *begin_entry(const struct series *s, const char *aggregate)
{
        char name[sizeof(s->name) + 32];

        snprintf(name, sizeof(name), "%s%s%s", s->name, aggregate ? "_" : "", aggregate ? aggregate : "");
        return json_pack("{s:s, s:i, s:i, s:s, s:s, s:i, s:i}", "name", name, "family_index",
                         (int)s->families, "per_family_instance_index", 0, "run_name", s->name, "run_type",
                         aggregate ? "aggregate" : "iteration", "repetitions", (int)s->cell->planned,
                         "threads", 1);
}

static void set_times(json_t *entry, double real, double cpu)
{
        json_object_set_new(entry, "real_time", json_real(real));
        json_object_set_new(entry, "cpu_time", json_real(cpu));
        json_object_set_new(entry, "time_unit", json_string("ns"));
}

/* A workload may name a number as it likes, but not as one that is there. Infinite ones are none in JSON. */
static void set_counter(json_t *entry, const char *name, double value)
{
        if (!json_object_get(entry, name))
                json_object_set_new(entry, name, json_real(value));
}

/* ---- samples */

static void set_error(json_t *entry, const struct sample *x)
{
        bool hung = x->status == STATUS_DEADLOCK || x->status == STATUS_STALLED;
        const char *reason = *x->reason || !hung ? x->reason : "not expected";
        char message[REASON_BYTES];

        snprintf(message, sizeof(message), "%s%s%s", status_word((enum status)x->status), *reason ? ": " : "",
                 reason);
        json_object_set_new(entry, "error_occurred", json_true());
        json_object_set_new(entry, "error_message", json_string(message));
        json_object_set_new(entry, "iterations", json_integer(0));
        set_times(entry, 0, 0);
}

static void set_numbers(const struct series *s, json_t *entry, const struct sample *x)
{
        double operations = sample_operations(x);

        json_object_set_new(entry, "iterations", json_integer(operations > 0 ? (json_int_t)operations : 0));
        set_times(entry, real_time(s, x), cpu_time(s, x));
        for (size_t i = 0; i < x->shape->n; i++)
                if (x->shape->field[i].name != s->headline)
                        set_counter(entry, x->shape->field[i].name, x->values[i]);
}

static void write_samples(struct series *s)
{
        for (size_t i = 0; i < s->cell->planned; i++) {
                const struct sample *x = cell_sample(s->d, s->cell, i);
                json_t *entry;

                if (isnan(real_time(s, x)) && !is_error(x))
                        continue;
                entry = begin_entry(s, NULL);
                json_object_set_new(entry, "repetition_index", json_integer((json_int_t)i));
                if (is_error(x))
                        set_error(entry, x);
                else
                        set_numbers(s, entry, x);
                put_entry(s, entry);
        }
}

/* ---- aggregates */

static double mean(double *values, size_t n)
{
        double sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += values[i];
        return sum / (double)n;
}

static double deviation(double *values, size_t n)
{
        double middle = mean(values, n), sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += (values[i] - middle) * (values[i] - middle);
        return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

/* Not a number where the mean is 0: such a counter is left out. */
static double variation(double *values, size_t n)
{
        return deviation(values, n) / mean(values, n);
}

static const struct aggregate {
        const char *name, *unit;
        double (*of)(double *values, size_t n);
} aggregates[] = {
        { "mean", "time", mean },
        { "median", "time", stats_median },
        { "stddev", "time", deviation },
        { "cv", "percentage", variation },
};

static double over_times(const struct series *s, double (*of)(double *values, size_t n),
                         double (*time)(const struct series *s, const struct sample *x))
{
        size_t n = 0;

        for (size_t i = 0; i < s->cell->planned; i++) {
                const struct sample *x = cell_sample(s->d, s->cell, i);

                if (!isnan(real_time(s, x)))
                        s->values[n++] = time(s, x);
        }
        return of(s->values, n);
}

/* Every counter that some sample has. Samples of one cell share one shape nearly always. */
static void set_counters(const struct series *s, json_t *entry, double (*of)(double *values, size_t n))
{
        const struct shape *last = NULL;

        for (size_t i = 0; i < s->cell->planned; i++) {
                const struct sample *x = cell_sample(s->d, s->cell, i);

                if (x->status != STATUS_OK || !x->shape || x->shape == last)
                        continue;
                last = x->shape;
                for (size_t k = 0; k < last->n; k++) {
                        const char *name = last->field[k].name;

                        if (name != s->headline)
                                set_counter(entry, name,
                                            of(s->values, cell_values(s->d, s->cell, name, s->values)));
                }
        }
}

static json_t *begin_aggregate(const struct series *s, const char *name, const char *unit, size_t n)
{
        json_t *entry = begin_entry(s, name);

        json_object_set_new(entry, "aggregate_name", json_string(name));
        json_object_set_new(entry, "aggregate_unit", json_string(unit));
        json_object_set_new(entry, "iterations", json_integer((json_int_t)n));
        return entry;
}

static void write_aggregates(struct series *s)
{
        size_t timed = s->headline ? cell_values(s->d, s->cell, s->headline, s->values) : 0;
        size_t n = timed ? timed : s->cell->statuses[STATUS_OK];

        for (size_t i = 0; n > 1 && i < sizeof(aggregates) / sizeof(*aggregates); i++) {
                const struct aggregate *a = &aggregates[i];
                json_t *entry = begin_aggregate(s, a->name, a->unit, n);

                if (timed)
                        set_times(entry, over_times(s, a->of, real_time), over_times(s, a->of, cpu_time));
                set_counters(s, entry, a->of);
                put_entry(s, entry);
        }
}

static void write_outcome(struct series *s)
{
        static const char *const words[] = { [OUTCOME_COMPLETED] = "completed",
                                             [OUTCOME_DEADLOCK] = "deadlock",
                                             [OUTCOME_STALLED] = "stalled" };
        size_t n = 0, ended[OUTCOME_NONE + 1] = { 0 };
        json_t *entry;

        for (size_t i = 0; i < s->cell->planned; i++) {
                const struct sample *x = cell_sample(s->d, s->cell, i);

                if (x->status != STATUS_OK && !hung_as_expected(x))
                        continue;
                ended[x->outcome]++;
                n++;
        }
        if (n == 0)
                return;
        entry = begin_aggregate(s, "outcome", "percentage", n);
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
                json_object_set_new(entry, words[i], json_real((double)ended[i] / (double)n));
        if (s->cell->evidence.text)
                json_object_set_new(entry, "label", json_string(s->cell->evidence.text));
        put_entry(s, entry);
}

static void write_cell(struct series *s, struct report_data *d, const struct cell *c)
{
        const struct workload *w = d->groups[c->group].workload;
        const struct metric *headline = headline_metric(w);
        char name[BENCHMARK_NAME_BYTES];

        s->cell = c;
        s->headline = strcmp(headline->unit, "ns") == 0 ? arena_intern(&d->arena, headline->name) : NULL;
        snprintf(s->name, sizeof(s->name), "%s/manual_time",
                 benchmark_name(name, w->name, c->variant->name, d->rows[c->row].name, c->params));
        write_samples(s);
        write_aggregates(s);
        if (c->variant->rounds == ROUNDS_OUTCOME)
                write_outcome(s);
        s->families++;
}

/* ---- the whole */

/* Google Benchmark's own members as far as they are known. Not the host's name: a run does not know it. */
static json_t *context_of(struct report_data *d)
{
        const char *governor = environment_text(d, "governor");
        json_t *context = json_pack("{s:s, s:s}", "date", d->started, "executable", "asyncbench");
        cpu_set_t cpus;

        if (cpus_parse(environment_text(d, "cpus_allowed"), &cpus))
                json_object_set_new(context, "num_cpus", json_integer(CPU_COUNT(&cpus)));
        if (*governor)
                json_object_set_new(context, "cpu_scaling_enabled",
                                    json_boolean(strcmp(governor, "performance") != 0));
        json_object_set_new(context, "library_build_type",
                            json_string(*environment_sanitizer(d) ? "debug" : "release"));
        json_object_set_new(context, "json_schema_version", json_integer(SCHEMA_VERSION));
        return context;
}

/* What a reader of the numbers has to know of the run, as Google Benchmark has members of --benchmark_context. */
static void add_run(struct report_data *d, json_t *context)
{
        static const char *const keys[] = { "suite", "label", "cpu_model", "kernel", "compiler" };

        json_object_set_new(context, "run", json_string(d->run));
        json_object_set_new(context, "profile", json_string(d->profile));
        json_object_set_new(context, "seed", json_string(d->seed));
        for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
                if (*environment_text(d, keys[i]))
                        json_object_set_new(context, keys[i], json_string(environment_text(d, keys[i])));
}

void benchmark_write(struct out *f, struct report_data *d)
{
        struct series s = { .f = f, .d = d };
        json_t *context = context_of(d);

        add_run(d, context);
        s.values = arena_alloc(&d->arena, (d->sample_count + 1) * sizeof(*s.values));
        out_text(f, "{\n\"context\": ");
        put_object(f, context);
        out_text(f, ",\n\"benchmarks\": [");
        for (size_t g = 0; g < d->group_count; g++)
                for (size_t i = 0; i < d->cell_count; i++)
                        if (d->cells[i].group == d->group_order[g])
                                write_cell(&s, d, &d->cells[i]);
        out_text(f, "\n]\n}\n");
}
