/* SPDX-License-Identifier: MIT */
/* The report: reads the record, looks at it, writes everything beside its place, publishes. */
#include "harness/report/report.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/analysis.h"
#include "harness/report/benchmark.h"
#include "harness/report/csv.h"
#include "harness/report/data.h"
#include "harness/report/markdown.h"
#include "harness/report/outputs.h"
#include "harness/report/plots.h"

enum { GNUPLOT_TIMEOUT_MS = 60 * 1000 };

static int write_tables(struct outputs *o, struct report_data *d, const struct analysis *a)
{
        struct out *f = outputs_open(o, "samples.csv");
        int rc;

        csv_write_samples(f, d);
        rc = out_close(f);
        if (rc != 0)
                return rc;
        f = outputs_open(o, "histograms.csv");
        rc = csv_write_histograms(f, d);
        if (rc != 0)
                return rc;
        rc = out_close(f);
        if (rc != 0)
                return rc;
        f = outputs_open(o, "summary.csv");
        csv_write_summary(f, a);
        rc = out_close(f);
        if (rc != 0)
                return rc;
        f = outputs_open(o, "benchmark.json");
        benchmark_write(f, d);
        return out_close(f);
}

static int write_page(struct outputs *o, struct report_data *d, const struct analysis *a,
                      const struct plots *plots)
{
        struct page page = { .d = d, .a = a, .plots = plots, .outputs = o };

        page.f = outputs_open(o, "REPORT.md");
        page_write(&page);
        return out_close(page.f);
}

static int write_all(struct outputs *o, struct report_data *d, const struct analysis *a,
                     const struct report_options *options)
{
        struct plots plots = { .missing = "left out by --no-plots" };
        int rc = write_tables(o, d, a);

        if (rc == 0 && options->plots)
                rc = plots_make(&plots, d, a, o,
                                options->gnuplot_timeout_ms ? options->gnuplot_timeout_ms
                                                            : GNUPLOT_TIMEOUT_MS);
        if (rc == 0)
                rc = write_page(o, d, a, &plots);
        plots_free(&plots);
        return rc == 0 ? outputs_publish(o) : rc;
}

static int build(struct report_data *d, const struct report_options *options, char *error, size_t error_bytes)
{
        struct analysis analysis;
        struct outputs outputs;
        int rc;

        analysis_make(&analysis, d);
        rc = outputs_begin(&outputs, d->dir);
        if (rc == 0)
                rc = write_all(&outputs, d, &analysis, options);
        outputs_end(&outputs);
        if (rc == 0)
                return REPORT_OK;
        snprintf(error, error_bytes, "%s: the report cannot be written: %s", d->dir, strerror(-rc));
        return REPORT_CANNOT_WRITE;
}

/* Numbers are written and read with a point, whatever the reader of the report uses. */
static locale_t use_c_locale(locale_t *c)
{
        *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        return *c ? uselocale(*c) : (locale_t)0;
}

int report_build_with(const char *dir, const struct report_options *options, char *error, size_t error_bytes)
{
        struct report_data data;
        locale_t c, before = use_c_locale(&c);
        int rc;

        if (!before) {
                snprintf(error, error_bytes, "no C locale: %s", strerror(errno));
                return REPORT_CANNOT_WRITE;
        }
        rc = data_load(&data, dir, options->workloads, error, error_bytes);
        if (rc == REPORT_OK)
                rc = build(&data, options, error, error_bytes);
        data_free(&data);
        uselocale(before);
        freelocale(c);
        return rc;
}

int report_build(const char *dir, bool plots, char *error, size_t error_bytes)
{
        struct report_options options = { .plots = plots, .workloads = workloads };

        return report_build_with(dir, &options, error, error_bytes);
}
