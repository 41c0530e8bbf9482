/* SPDX-License-Identifier: MIT */
/* Made-up runs: written line by line, with the checksums that a journal has. */
#include "journal_maker.h"

#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/journal.h"
#include "harness/run.h"

/* ---- the workloads */

static const struct variant lock_variants[] = {
        { .name = "sync", .role = ROLE_FIX, .text = "the lock is a plain one" },
        { .name = "async",
          .role = ROLE_MISTAKE,
          .against = "sync",
          .text = "the lock suspends although nothing waits inside it" },
        { .name = "bare", .role = ROLE_BASELINE, .against = "sync", .text = "the lock without tasks" },
        { .name = "held",
          .role = ROLE_MISTAKE,
          .against = "held-right",
          .rounds = ROUNDS_OUTCOME,
          .text = "the lock is held across a wait",
          .price = "lock_ns" },
        { .name = "held-right", .role = ROLE_FIX, .rounds = ROUNDS_OUTCOME, .text = "the lock suspends" },
        { 0 },
};

static const struct metric lock_metrics[] = {
        { .name = "lock_ns", .unit = "ns", .headline = true, .text = "time per lock" },
        { .name = "wait_p99_ns", .unit = "ns", .text = "time to get it" },
        { .name = "remote_wakes_per_op", .unit = "1/op", .text = "wake-ups of another worker" },
        { 0 },
};

static const struct variant rate_variants[] = {
        { .name = "steady", .role = ROLE_FIX, .text = "work comes evenly" },
        { .name = "jerky", .role = ROLE_MISTAKE, .against = "steady", .text = "work comes in bursts" },
        { 0 },
};

static const struct metric rate_metrics[] = {
        { .name = "per_s",
          .unit = "1/s",
          .higher_is_better = true,
          .headline = true,
          .text = "work per second" },
        { 0 },
};

static const struct param rate_params[] = {
        { .name = "burst", .unit = "", .smoke = "1", .min = 1, .max = 100, .text = "pieces at a time" },
        { .name = "tasks", .unit = "", .smoke = "1", .min = 1, .max = 100, .text = "tasks" },
        { 0 },
};

static double a_hundred_per_burst(const struct run *run)
{
        return 100 * (double)run_param(run, "burst");
}

static const struct curve rate_curves[] = {
        { .param = "burst",
          .variants = "steady",
          .metric = "per_s",
          .expected = a_hundred_per_burst,
          .slope_low = 0.8,
          .slope_high = 1.2,
          .text = "larger bursts, more work" },
        { .param = "burst", .variants = "jerky", .metric = "per_s", .text = "how bursts scale" },
        { .param = "burst", .variants = "steady,jerky", .text = "what hangs" },
        { 0 },
};

static const struct workload lock_workload = {
        .name = "lock",
        .question = "What does the lock cost?",
        .operation = "one lock",
        .method = "Tasks lock. They are counted.",
        .expected = "nothing in particular.",
        .variants = lock_variants,
        .metrics = lock_metrics,
};

static const struct workload rate_workload = {
        .name = "rate",
        .question = "What do bursts cost?",
        .operation = "one piece of work",
        .method = "Work comes. It is counted.",
        .expected = "nothing in particular.",
        .variants = rate_variants,
        .params = rate_params,
        .metrics = rate_metrics,
        .curves = rate_curves,
};

const struct workload *const made_workloads[] = { &lock_workload, &rate_workload, NULL };
const struct workload *const made_echo[] = { &workload_echo, NULL };

/* ---- files */

static void must(bool ok, const char *what)
{
        if (ok)
                return;
        perror(what);
        exit(1);
}

static FILE *create(const char *dir, const char *name)
{
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "w");
        must(f != NULL, path);
        return f;
}

char *made_folder(void)
{
        char path[] = P_tmpdir "/asyncbench-report-XXXXXX";

        must(mkdtemp(path) != NULL, path);
        return strdup(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

void made_folder_remove(char *dir)
{
        must(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, dir);
        free(dir);
}

char *made_read(const char *dir, const char *name, size_t *bytes)
{
        char path[4096], *text = NULL;
        size_t n = 0, capacity = 0, got;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "r");
        if (!f)
                return NULL;
        do {
                if (n + 4096 > capacity) {
                        capacity = 2 * capacity + 8192;
                        text = realloc(text, capacity);
                        must(text != NULL, path);
                }
                got = fread(text + n, 1, 4095, f);
                n += got;
        } while (got);
        must(!ferror(f) && fclose(f) == 0, path);
        text[n] = '\0';
        if (bytes)
                *bytes = n;
        return text;
}

/* ---- environment.json */

static json_t *made_row(const struct made_run *run, const char *name)
{
        bool shares = strcmp(name, "threads") != 0, null = strcmp(name, "null") == 0;
        json_t *traits = json_array();

        if (shares)
                json_array_append_new(traits, json_string("TASKS_SHARE_WORKER"));
        if (null)
                json_array_append_new(traits, json_string("NEVER_SUSPENDS"));
        return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:b, s:[{s:s, s:s, s:s, s:s}]}", "runtime", name,
                         "version", "1.2", "effort",
                         run->tuned && strcmp(run->tuned, name) == 0 ? "tuned" : "as-documented", "released",
                         shares ? 2022 : 0, "model", shares && !null ? "readiness loop" : "plain", "traits",
                         traits, "available", 1, "mistakes", "workload", "lock", "variant", "async",
                         "looks_like", "a lock that asks", "report", "https://example.org/1");
}

static json_t *made_effort(void)
{
        return json_pack("{s:{s:{s:s, s:s}, s:{s:s, s:s}}, s:{s:{s:s, s:s}}, s:{s:{s:s, s:s}}, s:{s:{s:s}}}",
                         "lock/async", "c", "lines", "40", "states", "3", "rust", "lines", "12", "Arc", "1",
                         "lock/sync", "c", "lines", "20", "states", "3", "executor/epoll", "c", "lines",
                         "200", "libraries", "0", "executor/tokio", "rust", "crates", "31");
}

static void write_environment(const struct made_run *run, const char *dir)
{
        json_t *rows = json_array(), *object;
        FILE *f = create(dir, "environment.json");

        for (size_t i = 0; run->rows[i]; i++)
                json_array_append_new(rows, made_row(run, run->rows[i]));
        object = json_pack("{s:i, s:s, s:s, s:i, s:s, s:o, s:[s, s, s], s:s, s:{s:s, s:s}, s:I}", "schema", 1,
                           "label", run->label ? run->label : "a made-up machine", "cpu_model", "made-up CPU",
                           "cores", 2, "cpus_allowed", "0-1", "runtimes", rows, "command", "asyncbench",
                           "run", "--label=it's", "sanitize", run->sanitize ? run->sanitize : "", "styles",
                           "epoll", "#0072B2 7", "libuv", "#E69F00 9", "memory_bytes", (json_int_t)4 << 30);
        if (run->caught)
                json_object_set_new(object, "caught_by",
                                    json_pack("{s:{s:{s:s}, s:{s:s, s:s}}, s:{s:{s:s}}}", "lock/async", "c",
                                              "checker", "silent", "rust", "checker", "silent", "compiler",
                                              "refused", "lock/held", "c", "checker", "silent"));
        if (run->effort) {
                json_object_set_new(object, "effort", made_effort());
                json_object_set_new(
                        object, "frames",
                        json_pack("{s:{s:{s:s, s:s}}}", "lock/async", "epoll", "core", "0", "live", "2"));
        }
        must(json_dumpf(object, f, JSON_INDENT(1)) == 0 && fclose(f) == 0, "environment.json");
        json_decref(object);
}

/* ---- the plan, and what came of it */

struct making {
        const struct made_run *run;
        FILE *schedule, *journal;
        unsigned order, last_order, recorded;
};

static unsigned sets_of(const struct making *m)
{
        unsigned n = 0;

        while (m->run->echo && m->run->echo[n])
                n++;
        if (n)
                return n;
        return m->run->sets ? m->run->sets : 1;
}

static unsigned groups_of(const struct making *m)
{
        return m->run->echo ? sets_of(m) : 2 * sets_of(m);
}

static const struct workload *workload_of(const struct making *m, unsigned group)
{
        return m->run->echo ? &workload_echo : made_workloads[(group - 1) / sets_of(m)];
}

static bool is_headline(const struct making *m, unsigned group)
{
        return (group - 1) % sets_of(m) == 0;
}

static const char *params_of(const struct making *m, unsigned group, char params[64])
{
        unsigned sets = sets_of(m);

        if (m->run->echo)
                return m->run->echo[group - 1];
        snprintf(params, 64, "burst=%u;tasks=1", (group - 1) % sets + 1);
        return params;
}

static void write_line(struct making *m, json_t *record)
{
        char *text = json_dumps(record, JSON_COMPACT);
        size_t n;

        must(text != NULL, "json_dumps");
        n = strlen(text) - 1;
        fprintf(m->journal, "%.*s,\"crc\":\"%08x\"}\n", (int)n, text, crc32c(0, text, n));
        free(text);
        json_decref(record);
}

/* WAITS values 1000, 2000, ... ns in their 2-digit buckets; those that share one are counted there. */
static json_t *made_histogram(const char *name, unsigned waits)
{
        json_t *buckets = json_array();
        struct hist h;

        must(hist_init(&h, 2) == 0, "hist_init");
        for (unsigned i = 1; i <= waits; i++)
                hist_record(&h, 1000ull * i);
        for (size_t i = 0; i < h.length; i++)
                if (h.counts[i])
                        json_array_append_new(buckets,
                                              json_pack("[I, I]", (json_int_t)i, (json_int_t)h.counts[i]));
        hist_free(&h);
        return json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:i, s:o}", "name", name, "significant_digits", 2,
                         "count", (json_int_t)waits, "min", (json_int_t)1000, "max", (json_int_t)waits * 1000,
                         "sum", (json_int_t)waits * (waits + 1) * 500, "overflow", 0, "buckets", buckets);
}

static const char *headline_of(const struct made_cell *cell)
{
        if (strcmp(cell->workload, "echo") == 0)
                return "requests_per_s";
        return strcmp(cell->workload, "lock") == 0 ? "lock_ns" : "per_s";
}

static json_t *made_metrics(const struct made_cell *cell, const struct made_sample *s)
{
        json_t *metrics = json_array();
        bool lock = strcmp(cell->workload, "lock") == 0;
        char name[16];

        if (s->value > 0)
                json_array_append_new(
                        metrics, json_pack("[s, s, f]", headline_of(cell), lock ? "ns" : "1/s", s->value));
        for (unsigned i = 0; i < MADE_NUMBERS && s->numbers[i].name; i++)
                json_array_append_new(metrics,
                                      json_pack("[s, s, f]", s->numbers[i].name, "ns", s->numbers[i].value));
        if (s->waits)
                json_array_append_new(metrics, json_pack("[s, s, f]", "wait_p99_ns", "ns", 990.0 * s->waits));
        if (s->calls > 0)
                json_array_append_new(metrics, json_pack("[s, s, f]", "syscalls_per_op", "1/op", s->calls));
        if (s->enters > 0)
                json_array_append_new(metrics, json_pack("[s, s, f]", "enters_per_op", "1/op", s->enters));
        for (unsigned i = 0; i < s->metrics; i++) {
                snprintf(name, sizeof(name), "m%u", i);
                json_array_append_new(metrics, json_pack("[s, s, f]", name, "ns", s->value * (i + 1.1)));
        }
        return metrics;
}

static json_t *made_counts(const struct made_sample *s)
{
        json_t *counts = json_array();

        if (s->operations)
                json_array_append_new(counts, json_pack("[s, i]", "operations", s->operations));
        json_array_append_new(counts, json_pack("[s, i]", "shown", s->shown));
        return counts;
}

/* Of the waits; or one for each quantile among the numbers, under its name without the quantile. */
static json_t *made_histograms(const struct made_sample *s)
{
        json_t *histograms = json_array();

        if (s->waits)
                json_array_append_new(histograms, made_histogram("wait_ns", s->waits));
        for (unsigned i = 0; i < MADE_NUMBERS && s->numbers[i].name; i++) {
                const char *quantile = strstr(s->numbers[i].name, "_p99_ns");
                char name[64];

                if (!quantile)
                        continue;
                snprintf(name, sizeof(name), "%.*s_ns", (int)(quantile - s->numbers[i].name),
                         s->numbers[i].name);
                json_array_append_new(histograms, made_histogram(name, 10000));
        }
        return histograms;
}

static json_t *made_knobs(const struct made_sample *s)
{
        json_t *knobs = json_pack("[[s, s]]", "backend", s->knob ? s->knob : "same");

        if (s->limit)
                json_array_append_new(knobs, json_pack("[s, s]", "limit", s->limit));
        return knobs;
}

static void write_sample(struct making *m, unsigned order, const struct made_cell *cell)
{
        struct made_sample s = m->run->sample(cell);
        const char *outcome = s.outcome ? s.outcome : "completed";
        char params[64];
        json_t *record;

        if (m->run->stop_after && m->recorded++ >= m->run->stop_after)
                return;
        record = json_pack("{s:s, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "record",
                           "sample", "order", order, "attempt", cell->attempt, "round", cell->round, "group",
                           cell->group, "workload", cell->workload, "variant", cell->variant, "runtime",
                           cell->runtime, "params", params_of(m, cell->group, params), "status",
                           s.status ? s.status : "ok", "reason", s.reason ? s.reason : "", "expected",
                           s.expected ? s.expected : "completed", "outcome", outcome, "evidence",
                           s.evidence ? s.evidence : "");
        json_object_set_new(record, "metrics", made_metrics(cell, &s));
        json_object_set_new(record, "counts", made_counts(&s));
        json_object_set_new(record, "cpu_ns", json_integer(20 * (json_int_t)s.operations));
        json_object_set_new(record, "knobs", made_knobs(&s));
        json_object_set_new(record, "histograms", made_histograms(&s));
        write_line(m, record);
}

static void write_group(struct making *m, const struct made_cell *cell, const char *result,
                        const char *reason)
{
        if (m->run->stop_after && m->recorded > m->run->stop_after)
                return;
        write_line(m, json_pack("{s:s, s:i, s:i, s:i, s:s, s:s}", "record", "group", "round", cell->round,
                                "group", cell->group, "attempt", cell->attempt, "result", result, "reason",
                                reason));
}

/* As a driver plans them: outcomes in the first three rounds, a baseline once, which is not the first round, so that
 * nothing can be paired by its place in a list. */
static bool is_planned(const struct made_run *run, const char *row, const struct variant *v, unsigned round)
{
        if (run->absent_reason && strcmp(row, "threads") == 0 && strcmp(v->name, "held") == 0)
                return false;
        if (round == 0)
                return v->rounds == ROUNDS_PRICED;
        if (v->role == ROLE_BASELINE)
                return round == (run->rounds > 1 ? 2 : 1);
        return v->rounds == ROUNDS_PRICED || round <= 3;
}

/* A point of a curve of `echo` has its variants alone. */
static bool is_on_curve(const struct making *m, const struct made_cell *cell, const struct variant *v)
{
        const struct curve *c = workload_echo.curves;
        const char *headline = m->run->echo ? m->run->echo[0] : NULL;

        if (!headline || !m->run->curve || is_headline(m, cell->group))
                return true;
        while (c->param &&
               strcmp(c->param, strstr(cell->params, "rate_per_s=20000") ? "connections" : "rate_per_s") != 0)
                c++;
        return c->param && workload_list_has(c->variants, v->name);
}

/* The rows and variants of one group's part of a round, then the reference row against itself. */
static void each_sample(struct making *m, const struct workload *w, struct made_cell *cell,
                        void (*each)(struct making *m, unsigned order, const struct made_cell *cell))
{
        unsigned order = m->order;

        for (size_t r = 0; m->run->rows[r]; r++) {
                for (const struct variant *v = w->variants; v->name; v++) {
                        cell->variant = v->name;
                        cell->runtime = m->run->rows[r];
                        if (is_planned(m->run, m->run->rows[r], v, cell->round) && is_on_curve(m, cell, v))
                                each(m, order++, cell);
                }
        }
        m->last_order = order - 1;
        if (cell->round == 0 || (m->run->curve && !is_headline(m, cell->group)))
                return;
        cell->variant = w->variants[0].name;
        cell->runtime = "epoll-aa";
        each(m, order, cell);
        m->last_order = order;
}

static void plan_sample(struct making *m, unsigned order, const struct made_cell *cell)
{
        char params[64];

        fprintf(m->schedule, "%u,%u,%u,%s,%s,%s,%s,7,1,\n", order, cell->round, cell->group, cell->workload,
                cell->variant, cell->runtime, params_of(m, cell->group, params));
}

static void record_group(struct making *m, const struct workload *w, struct made_cell *cell)
{
        bool first = cell->round == 1 && cell->group == 1;
        bool unfit = first && m->run->unfit;

        if (first && m->run->again) {
                each_sample(m, w, cell, write_sample);
                if (m->run->again == 1)
                        write_group(m, cell, "again", "steal 3 %");
                cell->attempt = 2;
        }
        each_sample(m, w, cell, write_sample);
        write_group(m, cell, unfit ? "invalid" : "ok", unfit ? m->run->unfit : "");
}

static void plan_group(struct making *m, const struct workload *w, struct made_cell *cell)
{
        each_sample(m, w, cell, plan_sample);
}

static void walk(struct making *m,
                 void (*each)(struct making *m, const struct workload *w, struct made_cell *cell))
{
        char params[64];

        m->order = 1;
        for (unsigned round = !m->run->counting; round <= m->run->rounds; round++) {
                for (unsigned group = 1; group <= groups_of(m); group++) {
                        const struct workload *w = workload_of(m, group);
                        struct made_cell cell = { .workload = w->name,
                                                  .params = params_of(m, group, params),
                                                  .round = round,
                                                  .group = group,
                                                  .attempt = 1 };

                        each(m, w, &cell);
                        m->order = m->last_order + 1;
                }
        }
}

static void write_absent(struct making *m)
{
        if (!m->run->absent_reason)
                return;
        fprintf(m->schedule, ",,,lock,held,threads,,,0,\"");
        for (const char *c = m->run->absent_reason; *c; c++)
                fprintf(m->schedule, *c == '"' ? "\"\"" : "%c", *c);
        fprintf(m->schedule, "\"\n");
}

static void crc_text(const char *dir, const char *name, char text[9])
{
        size_t n;
        char *bytes = made_read(dir, name, &n);

        must(bytes != NULL, name);
        snprintf(text, 9, "%08x", crc32c(0, bytes, n));
        free(bytes);
}

static void write_run_line(struct making *m, const char *dir)
{
        char environment[9], schedule[9];

        crc_text(dir, "environment.json", environment);
        crc_text(dir, "schedule.csv", schedule);
        write_line(m, json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:i, s:s, s:s, s:s, s:s}", "record", "run",
                                "schema", 1, "run", "made-up", "profile",
                                m->run->profile ? m->run->profile : "quick", "rounds", m->run->rounds, "seed",
                                "7", "planned", m->order - 1, "reference", "epoll", "started_utc",
                                "2026-01-31T00:00:00Z", "environment_crc", environment, "schedule_crc",
                                schedule));
}

void made_run_write(const struct made_run *run, const char *dir)
{
        struct making m = { .run = run };
        const char *end = run->end ? run->end : "complete";

        write_environment(run, dir);
        m.schedule = create(dir, "schedule.csv");
        fputs("order,round,group,workload,variant,runtime,params,seed,planned,reason\n", m.schedule);
        walk(&m, plan_group);
        write_absent(&m);
        must(fclose(m.schedule) == 0, "schedule.csv");
        m.journal = create(dir, "journal.jsonl");
        write_run_line(&m, dir);
        walk(&m, record_group);
        if (*end)
                write_line(&m, json_pack("{s:s, s:s, s:i, s:s}", "record", "end", "result", end, "exit", 0,
                                         "environment_changed", ""));
        must(fclose(m.journal) == 0, "journal.jsonl");
}
