/* SPDX-License-Identifier: MIT */
/* A run from the request to the exit status. */
#include "harness/driver/session.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/cpus.h"
#include "harness/driver/clock.h"
#include "harness/driver/environment.h"
#include "harness/driver/estimate.h"
#include "harness/driver/interrupt.h"
#include "harness/driver/runner.h"
#include "harness/driver/setup.h"
#include "harness/report/report.h"

/* With fewer rounds no interval exists, so that gates guard no verdict: they are written down only. */
enum { VERDICT_ROUNDS = 6, ERROR_BYTES = 2048 };

/* Everything of one run. Steps below fill it one after the other; each returns 0 or the exit status. */
struct session {
        struct request *request;
        struct setup setup;
        char out[PATH_MAX], id[64], nonce[STORE_NONCE_BYTES];
        json_t *then, *environment; /* of the run that is resumed; of this one */
        struct plan plan;
        struct record record;
        struct estimate need, have;
        struct journal *journal;
        char error[ERROR_BYTES];
};

static int stop(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int stop(int code, const char *format, ...)
{
        va_list args;

        fputs("asyncbench: ", stderr);
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
        return code;
}

/* "20261125T031500" for names, "2026-11-25T03:15:00Z" for people. */
static void utc_now(char *text, size_t bytes, bool compact)
{
        time_t now = time(NULL);
        struct tm utc;

        gmtime_r(&now, &utc);
        strftime(text, bytes, compact ? "%Y%m%dT%H%M%S" : "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* The path of file NAME in the run's folder. */
static const char *path_of(const struct session *s, const char *name, char *path, size_t bytes)
{
        snprintf(path, bytes, "%s/%s", s->out, name);
        return path;
}

/* ---- planning ------------------------------------------------------------------------------------ */

/* A run that is resumed asks again for what its folder says. */
static int load_resumed(struct session *s)
{
        struct request *r = s->request;
        uint64_t seed = r->seed;
        char path[PATH_MAX + 32];
        json_error_t why;

        if (!r->resume)
                return 0;
        snprintf(s->out, sizeof(s->out), "%s", r->resume);
        s->then = json_load_file(path_of(s, "environment.json", path, sizeof(path)), 0, &why);
        if (!json_is_object(s->then))
                return stop(EXIT_USAGE, "--resume: %s: %s", path, s->then ? "no JSON object" : why.text);
        environment_request(s->then, r);
        if (r->seed_given && r->seed != seed)
                return stop(EXIT_USAGE, "--resume: the run was begun with seed %" PRIu64 ", not %" PRIu64,
                            r->seed, seed);
        r->seed_given = true;
        return 0;
}

static int make_plan(struct session *s)
{
        struct request *r = s->request;

        if (!setup_make(&s->setup, r, s->error, sizeof(s->error)))
                return stop(EXIT_USAGE, "%s", s->error);
        if (!plan_make(&s->plan, &s->setup.selection, r->seed) || !record_make(&s->record, &s->plan))
                return stop(EXIT_REFUSED, "the plan does not fit into memory");
        return 0;
}

static void print_placement(const struct placement *p)
{
        char server[4096], load[4096], driver[4096];

        printf("placement: samples on %s, load generator on %s, driver on %s%s%s%s\n",
               cpus_format(&p->server, server, sizeof(server)),
               CPU_COUNT(&p->load) ? cpus_format(&p->load, load, sizeof(load)) : "the same",
               CPU_COUNT(&p->driver) ? cpus_format(&p->driver, driver, sizeof(driver)) : "the same",
               p->shared_cores ? " (shared-cores)" : "", *p->note ? "; " : "", p->note);
}

/* What is going to happen, before it does. */
static int print_plan(struct session *s)
{
        char command[4096];

        estimate_plan(&s->plan, &s->need);
        estimate_machine(s->setup.root, *s->out ? s->out : s->request->out ? s->request->out : ".", &s->have);
        printf("%s\n", environment_command(s->request, command, sizeof(command)));
        printf("plan: %zu samples, %zu groups, rounds %u, %zu comparisons of programs and %zu of rows, "
               "reference row "
               "%s, %zu absent cells\n",
               s->plan.sample_count, s->setup.selection.count, s->setup.selection.rounds,
               s->setup.selection.comparisons, s->setup.selection.row_comparisons,
               s->setup.selection.reference ? s->setup.selection.reference->name : "none",
               s->setup.selection.absent_count);
        if (!s->setup.names.counter)
                fprintf(stderr,
                        "asyncbench: asyncbench-syscalls is not beside the runtimes' executables: no system "
                        "calls are counted\n");
        print_placement(&s->setup.placement);
        estimate_print(stdout, &s->need, &s->have);
        fflush(stdout);
        if (!s->plan.sample_count)
                return stop(EXIT_NOTHING,
                            "nothing of this can run here; `asyncbench list --absent` says why");
        return 0;
}

/* ---- before the first sample --------------------------------------------------------------------- */

static int preflight(struct session *s)
{
        if (!estimate_fits(&s->need, &s->have, s->error, sizeof(s->error)))
                return stop(EXIT_REFUSED, "%s", s->error);
        if (s->need.disk_bytes > s->have.disk_bytes)
                return stop(EXIT_CANNOT_WRITE, "%" PRIu64 " MiB of disk needed, %" PRIu64 " free",
                            s->need.disk_bytes >> 20, s->have.disk_bytes >> 20);
        if (!setup_take_machine(s->nonce, s->error, sizeof(s->error)))
                return stop(EXIT_REFUSED, "%s", s->error);
        return 0;
}

static json_t *make_environment(const struct session *s)
{
        return environment_make(&(struct environment_parts){ .request = s->request,
                                                             .names = &s->setup.names,
                                                             .selection = &s->setup.selection,
                                                             .placement = &s->setup.placement,
                                                             .directory = s->setup.directory,
                                                             .root = s->setup.root });
}

static int cannot_write(const struct session *s, const char *name, int error)
{
        return stop(EXIT_CANNOT_WRITE, "%s/%s cannot be written: %s", s->out, name, strerror(error));
}

static int write_environment(struct session *s, unsigned *crc)
{
        char *text = json_dumps(s->environment, JSON_INDENT(1) | JSON_ENSURE_ASCII);
        int rc = text ? store_write(s->out, "environment.json", text, strlen(text)) : -ENOMEM;

        if (rc == 0)
                *crc = crc32c(0, text, strlen(text));
        free(text);
        return rc == 0 ? 0 : cannot_write(s, "environment.json", -rc);
}

static int write_schedule(struct session *s)
{
        char path[PATH_MAX + 32];
        FILE *f = fopen(path_of(s, "schedule.csv", path, sizeof(path)), "wxe");
        bool failed;

        if (!f)
                return cannot_write(s, "schedule.csv", errno);
        plan_write(&s->plan, f);
        failed = fflush(f) != 0 || ferror(f) || fsync(fileno(f)) < 0;
        if (failed | (fclose(f) != 0))
                return cannot_write(s, "schedule.csv", errno);
        return 0;
}

static json_t *run_json(const struct session *s, unsigned environment_crc)
{
        char started[32], seed[32], environment[16], schedule[16];

        utc_now(started, sizeof(started), false);
        snprintf(seed, sizeof(seed), "%" PRIu64, s->request->seed);
        snprintf(environment, sizeof(environment), "%08x", environment_crc);
        snprintf(schedule, sizeof(schedule), "%08x", plan_crc(&s->plan));
        return json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:i, s:s, s:s, s:s, s:s}", "record", "run", "schema",
                         1, "run", s->id, "profile", profile_words[s->request->profile], "rounds",
                         (int)s->setup.selection.rounds, "seed", seed, "planned", (int)s->plan.sample_count,
                         "reference", s->setup.selection.reference ? s->setup.selection.reference->name : "",
                         "started_utc", started, "environment_crc", environment, "schedule_crc", schedule);
}

static int append(struct session *s, json_t *record)
{
        int rc = record ? journal_append(s->journal, record) : -ENOMEM;

        return rc == 0 ? 0 : cannot_write(s, "journal.jsonl", -rc);
}

static int open_journal(struct session *s, bool existing)
{
        char path[PATH_MAX + 32];

        s->journal = journal_create(path_of(s, "journal.jsonl", path, sizeof(path)), existing);
        return s->journal ? 0 : cannot_write(s, "journal.jsonl", errno);
}

/* A new run: its folder with everything that is known before the first sample. */
static int begin(struct session *s)
{
        unsigned environment_crc = 0;
        int rc;

        if (s->request->out)
                snprintf(s->out, sizeof(s->out), "%s", s->request->out);
        else
                snprintf(s->out, sizeof(s->out), "results/%s", s->id);
        s->environment = make_environment(s);
        rc = store_create(s->out);
        if (rc == -EEXIST)
                return stop(EXIT_USAGE,
                            "%s exists already; name a new folder with --out, or go on with --resume",
                            s->out);
        if (rc < 0)
                return stop(EXIT_CANNOT_WRITE, "%s cannot be made: %s", s->out, strerror(-rc));
        rc = write_environment(s, &environment_crc);
        rc = rc ? rc : write_schedule(s);
        rc = rc ? rc : open_journal(s, false);
        return rc ? rc : append(s, run_json(s, environment_crc));
}

/* The last line of a killed run may be a part of one: it goes, the sample runs again. */
static int drop_torn(struct session *s, const char *path, long torn)
{
        if (torn < 0)
                return 0;
        fprintf(stderr, "asyncbench: the last line of %s is torn and dropped\n", path);
        return truncate(path, torn) < 0 ? cannot_write(s, "journal.jsonl", errno) : 0;
}

/* An earlier run: the same executables, machine and plan, and a journal that reads well. */
static int go_on(struct session *s)
{
        char path[PATH_MAX + 32], started[32];
        struct record_run run;
        long torn;
        int rc;

        s->environment = make_environment(s);
        if (!environment_allows(s->then, s->environment, s->error, sizeof(s->error)))
                return stop(EXIT_USAGE, "%s", s->error);
        path_of(s, "journal.jsonl", path, sizeof(path));
        if (record_load(&s->record, path, &run, &torn, s->error, sizeof(s->error)) < 0)
                return stop(EXIT_USAGE, "%s %s", path, s->error);
        if (run.schedule_crc != plan_crc(&s->plan))
                return stop(EXIT_USAGE, "--resume: %s was planned otherwise than this version plans it",
                            s->out);
        rc = drop_torn(s, path, torn);
        rc = rc ? rc : open_journal(s, true);
        utc_now(started, sizeof(started), false);
        return rc ? rc : append(s, json_pack("{s:s, s:s}", "record", "resume", "started_utc", started));
}

/* ---- running and after it ------------------------------------------------------------------------ */

static enum runner_end run(struct session *s)
{
        struct runner runner = { .plan = &s->plan,
                                 .record = &s->record,
                                 .journal = s->journal,
                                 .placement = &s->setup.placement,
                                 .root = s->setup.root,
                                 .nonce = s->nonce,
                                 .counter = s->setup.names.counter,
                                 .gated = s->setup.selection.rounds >= VERDICT_ROUNDS,
                                 .pad_state = s->request->seed,
                                 .reruns_left = s->plan.sample_count / 10 };
        uint64_t open_ns;
        size_t samples;
        enum runner_end end;

        if (s->request->budget_ns)
                runner.deadline_ns = clock_now_ns() + s->request->budget_ns;
        if (CPU_COUNT(&s->setup.placement.driver))
                sched_setaffinity(0, sizeof(cpu_set_t), &s->setup.placement.driver);
        open_ns = runner_open_ns(&runner, &samples);
        progress_start(&runner.progress, samples, s->setup.selection.rounds, open_ns);
        end = runner_run(&runner);
        sched_setaffinity(0, sizeof(cpu_set_t), &s->setup.placement.allowed);
        if (end == RUNNER_CANNOT_WRITE)
                cannot_write(s, "journal.jsonl", -runner.write_error);
        return end;
}

static int exit_of(const struct record_totals *t, enum runner_end end)
{
        size_t ran = t->statuses[JUDGED_OK] + t->statuses[JUDGED_DEADLOCK] + t->statuses[JUDGED_STALLED];

        if (end == RUNNER_INTERRUPTED)
                return interrupt_exit_code();
        if (t->unexpected || t->invalid)
                return EXIT_UNEXPECTED;
        return ran || !t->statuses[JUDGED_SKIPPED] ? EXIT_EXPECTED : EXIT_NOTHING;
}

static int finish(struct session *s, enum runner_end end)
{
        static const char *const results[] = { "complete", "interrupted", "budget" };
        struct record_totals totals = record_totals(&s->record);
        int code = exit_of(&totals, end), rc;
        char changed[512], counts[256];

        environment_changes(s->environment, s->setup.root, changed, sizeof(changed));
        if (*changed)
                fprintf(stderr, "asyncbench: the machine changed during the run: %s\n", changed);
        rc = append(s, json_pack("{s:s, s:s, s:i, s:s}", "record", "end", "result", results[end], "exit",
                                 code, "environment_changed", changed));
        if (rc)
                return rc;
        rc = report_build(s->out, true, s->error, sizeof(s->error));
        if (rc)
                return stop(rc, "%s", s->error);
        printf("%s: %s", results[end], record_counts(&totals, counts, sizeof(counts)));
        if (totals.not_run)
                printf("%s%zu not run", *counts ? ", " : "", totals.not_run);
        printf("\n%s/REPORT.md\n", s->out);
        return code;
}

static int run_and_finish(struct session *s)
{
        enum runner_end end;
        int rc = preflight(s);

        interrupt_install();
        rc = rc ? rc : s->then ? go_on(s) : begin(s);
        if (rc)
                return rc;
        end = run(s);
        return end == RUNNER_CANNOT_WRITE ? EXIT_CANNOT_WRITE : finish(s, end);
}

int session_run(struct request *r)
{
        struct session s = { .request = r };
        char now[32];
        int rc;

        rc = load_resumed(&s);
        rc = rc ? rc : make_plan(&s);
        utc_now(now, sizeof(now), true);
        snprintf(s.id, sizeof(s.id), "%s-%" PRIu64, now, r->seed);
        rc = rc ? rc : print_plan(&s);
        if (!rc && !r->dry_run)
                rc = run_and_finish(&s);
        journal_close(s.journal);
        record_free(&s.record);
        plan_free(&s.plan);
        setup_free(&s.setup);
        json_decref(s.environment);
        json_decref(s.then);
        return rc;
}
