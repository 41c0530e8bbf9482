/* SPDX-License-Identifier: MIT */
/* The head of REPORT.md: which machine, which run, what it may not claim. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

/* One part of the header line; nothing when TEXT is empty. */
static void part(struct out *f, bool *first, const char *before, const char *text, const char *after)
{
        if (!*text)
                return;
        out_text(f, *first ? "" : " · ");
        out_text(f, before);
        md_text(f, text);
        out_text(f, after);
        *first = false;
}

static void placement(const struct page *p, bool *first)
{
        const char *server = environment_text(p->d, "server_cpus"),
                   *load = environment_text(p->d, "load_cpus");
        const char *cores = environment_text(p->d, "cores");

        part(p->f, first, "", cores, strcmp(cores, "1") == 0 ? " core" : " cores");
        if (*server || *load)
                out_text(p->f, " (");
        if (*server) {
                out_text(p->f, "measured on ");
                md_text(p->f, server);
        }
        if (*load) {
                out_text(p->f, *server ? ", load on " : "load on ");
                md_text(p->f, load);
        }
        if (*server || *load)
                out_text(p->f, ")");
}

static void machine(const struct page *p, bool *first)
{
        struct report_data *d = p->d;
        const char *virtualisation = environment_text(d, "virtualisation");
        double memory = json_number_value(json_object_get(d->environment, "memory_bytes"));
        char number[NUMBER_BYTES];

        part(p->f, first, "", environment_text(d, "cpu_model"), "");
        placement(p, first);
        if (memory > 0)
                part(p->f, first, "", number_rounded(number, memory / (1024.0 * 1024 * 1024), NAN), " GiB");
        part(p->f, first, "Linux ", environment_text(d, "kernel"), "");
        part(p->f, first, "", strcmp(virtualisation, "none") == 0 ? "bare metal" : virtualisation, "");
}

static void noise(const struct page *p, bool *first)
{
        double floor = p->a->floor, percent = p->a->noise_percent;
        char number[NUMBER_BYTES];

        if (p->a->mistakes.comparisons + p->a->rows.comparisons == 0)
                return;
        part(p->f, first, "noise ", noise_text(percent), "");
        if (isnan(floor))
                part(p->f, first, "", "A/A without an interval", "");
        else
                part(p->f, first, "A/A ±", percent_text(number, floor), " %");
}

static size_t count_status(const struct report_data *d, enum status status)
{
        size_t n = 0;

        for (size_t i = 0; i < d->sample_count; i++)
                n += d->samples[i].status == status;
        return n;
}

/* A fix that hangs is failed(check), so a deadlock that stands as such was one of a mistake. */
static size_t count_as_planned(const struct report_data *d)
{
        return count_status(d, STATUS_OK) + count_status(d, STATUS_DEADLOCK) +
               count_status(d, STATUS_STALLED);
}

static void header_line(const struct page *p)
{
        const struct report_data *d = p->d;
        bool first = true;

        machine(p, &first);
        part(p->f, &first, "profile ", d->profile, "");
        out_format(p->f, "%s%u round%s", first ? "" : " · ", d->rounds, d->rounds == 1 ? "" : "s");
        first = false;
        noise(p, &first);
        out_format(p->f, " · %zu/%zu samples as planned, %zu cells absent (why: §9)\n\n", count_as_planned(d),
                   d->sample_count, d->absent.n);
}

static void warning(const struct page *p, const char *head, const char *text)
{
        out_format(p->f, "**%s** ", head);
        md_text(p->f, text);
        out_text(p->f, "\n\n");
}

static void warn_partial(const struct page *p)
{
        const struct report_data *d = p->d;
        size_t missing = count_status(d, STATUS_NOT_RUN);
        char text[256];

        if (d->end && strcmp(d->end, "complete") == 0 && missing == 0)
                return;
        snprintf(text, sizeof(text),
                 "%zu of %zu planned samples are there (%.60s). `--resume` finishes the run.",
                 d->sample_count - missing, d->sample_count, d->end ? d->end : "interrupted");
        out_text(p->f, "**PARTIAL.** ");
        out_text(p->f, text);
        out_text(p->f, "\n\n");
}

static void warnings(const struct page *p)
{
        const char *sanitizer = environment_sanitizer(p->d);

        warn_partial(p);
        if (p->a->no_verdicts)
                warning(p, "No verdicts:", p->a->no_verdicts);
        if (*sanitizer)
                warning(p, "Sanitizers:", sanitizer);
        if (p->d->environment_changed && *p->d->environment_changed)
                warning(p, "The machine changed during the run:", p->d->environment_changed);
        if (p->d->torn >= 0)
                out_format(p->f,
                           "**Torn last line.** The journal ended inside a line, at byte %ld; that line was "
                           "dropped.\n\n",
                           p->d->torn);
}

void page_front(const struct page *p)
{
        const char *label = environment_text(p->d, "label");

        out_text(p->f, "# Which runtime, and which mistakes matter, on ");
        if (!*label)
                label = environment_text(p->d, "cpu_model");
        md_text(p->f, *label ? label : "this machine");
        out_text(p->f, "\n\n");
        header_line(p);
        warnings(p);
}
