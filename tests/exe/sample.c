/* SPDX-License-Identifier: MIT */
/* One sample of each cell, as the driver would run it, and what must hold of it. */
#include "tests/exe/exe.h"

#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "harness/driver/child.h"
#include "harness/driver/judge.h"
#include "harness/driver/records.h"
#include "harness/protocol.h"

/* A sample that has ended, with all it said. */
struct ended {
        const struct cell *cell;
        struct records records;
        struct child_end end;
        struct judgement judgement;
};

/* ---- the process --------------------------------------------------------------------------------------- */

/* Order, first and last record, sizes, types: whatever the driver's own reader refuses. */
static bool speaks(const struct ended *e, char *why)
{
        return e->end.cause != CHILD_PROTOCOL || why_not(why, "%s", e->records.error);
}

static bool ends(const struct ended *e, char *why)
{
        return e->end.cause == CHILD_EXITED ||
               why_not(why, "%s(%s)", judge_word(e->judgement.status), e->judgement.reason);
}

static bool leaves_nothing(const struct ended *e, char *why)
{
        return !e->end.leftover || why_not(why, "a process of it was still there, and is killed");
}

static bool status_agrees(const struct ended *e, char *why)
{
        const struct records *r = &e->records;
        int status = e->end.code;

        if (status != PROTOCOL_MEASURED && status != PROTOCOL_CHECK_FAILED && status != PROTOCOL_SKIPPED)
                return why_not(why, "status %d: %.400s", status, e->end.output);
        if ((status == PROTOCOL_SKIPPED) != (r->skip_reason != NULL))
                return why_not(why, "status %d %s a skip record", status,
                               r->skip_reason ? "with" : "without");
        if ((status == PROTOCOL_CHECK_FAILED) != (*r->failed_check != '\0'))
                return why_not(why, "status %d, and the checks that failed: %s", status,
                               *r->failed_check ? r->failed_check : "none");
        if ((*r->outcome != '\0') == (r->skip_reason != NULL))
                return why_not(why, "status %d, and its last record is neither outcome nor skip", status);
        return true;
}

/* ---- the records --------------------------------------------------------------------------------------- */

static bool passes_all_phases(const struct ended *e, char *why)
{
        return strcmp(e->records.outcome, "completed") != 0 || e->records.phase == PHASE_DONE ||
               why_not(why, "it completed in phase %s", phase_word(e->records.phase));
}

static const struct metric *metric_find(const struct workload *w, const char *name)
{
        for (const struct metric *m = w->metrics; m->name; m++)
                if (strcmp(m->name, name) == 0)
                        return m;
        return NULL;
}

static bool metrics_are_known(const struct ended *e, char *why)
{
        json_t *entry;
        size_t i;

        json_array_foreach(e->records.metrics, i, entry)
        {
                const char *name = json_string_value(json_array_get(entry, 0));
                const char *unit = json_string_value(json_array_get(entry, 1));
                const struct metric *m = metric_find(e->cell->workload, name);

                if (!m)
                        return why_not(why, "%.80s is no metric of %s", name, e->cell->workload->name);
                if (strcmp(m->unit, unit) != 0)
                        return why_not(why, "%s is in %.80s, not %s", name, unit, m->unit);
        }
        return true;
}

/* A window in which nothing was finished, on a busy machine, has no headline; but other metrics. */
static bool measures(const struct ended *e, char *why)
{
        return e->cell->variant->rounds != ROUNDS_PRICED || strcmp(e->records.outcome, "completed") != 0 ||
               json_array_size(e->records.metrics) || why_not(why, "it completed without one");
}

/* Does each of LIST, whose name is its first element or its field "name", stand there once? */
static bool names_differ(const json_t *list, const char *what, char *why)
{
        json_t *seen = json_object(), *entry;
        bool good = true;
        size_t i;

        json_array_foreach(list, i, entry)
        {
                json_t *name =
                        json_is_array(entry) ? json_array_get(entry, 0) : json_object_get(entry, "name");

                if (good && json_object_get(seen, json_string_value(name)))
                        good = why_not(why, "%s %.80s is said twice", what, json_string_value(name));
                json_object_set_new(seen, json_string_value(name), json_true());
        }
        json_decref(seen);
        return good;
}

static bool says_once(const struct ended *e, char *why)
{
        const struct records *r = &e->records;

        return names_differ(r->metrics, "metric", why) && names_differ(r->counts, "count", why) &&
               names_differ(r->knobs, "knob", why) && names_differ(r->histograms, "histogram", why);
}

static bool histograms_hold(const struct ended *e, char *why)
{
        char inside[WHY_BYTES];
        json_t *histogram;
        size_t i;

        json_array_foreach(e->records.histograms, i, histogram)
        {
                if (!histogram_holds(histogram, inside))
                        return why_not(why, "%.80s: %.400s",
                                       json_string_value(json_object_get(histogram, "name")), inside);
        }
        return true;
}

/* ---- the result ---------------------------------------------------------------------------------------- */

static bool is_skipped_where_unavailable(const struct ended *e, char *why)
{
        return e->cell->available || e->judgement.status == JUDGED_SKIPPED ||
               why_not(why, "the row cannot run here, and the sample is %s", judge_word(e->judgement.status));
}

static bool comes_out_as_expected(const struct ended *e, char *why)
{
        return e->judgement.as_expected ||
               why_not(why, "%s(%s), expected %s", judge_word(e->judgement.status), e->judgement.reason,
                       e->records.expected);
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static const struct {
        const char *holds;
        bool (*check)(const struct ended *e, char *why);
        bool goes_on; /* the rules after it mean something when it does not hold */
} rules[] = {
        { "its records are those of the protocol, in order", speaks, false },
        { "it ends by itself in time", ends, false },
        { "it leaves no process behind", leaves_nothing, true },
        { "its exit status agrees with its checks and its last record", status_agrees, false },
        { "it completes after the last phase only", passes_all_phases, true },
        { "its metrics are the workload's", metrics_are_known, true },
        { "a priced cell that completes has a metric", measures, true },
        { "no name is said twice", says_once, true },
        { "its histograms agree with themselves", histograms_hold, true },
        { "it is skipped where its row cannot run", is_skipped_where_unavailable, true },
        { "it comes out as expected", comes_out_as_expected, true },
};

static void check(const struct ended *e)
{
        char subject[256], why[WHY_BYTES];

        snprintf(subject, sizeof(subject), "%s/%s on %s", e->cell->workload->name, e->cell->variant->name,
                 e->cell->row);
        for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
                if (!tap_check(rules[i].check(e, why), subject, rules[i].holds, why) && !rules[i].goes_on)
                        return;
        if (e->records.skip_reason)
                tap_skip(subject, "it measures", e->records.skip_reason);
}

static void run(const struct exe *exe, const struct cell *cell)
{
        struct ended e = { .cell = cell };
        struct words w;
        struct child_job job = { .argv = (char *const *)w.at,
                                 .nonce = "contract",
                                 .limits = { .warmup_ms = 1, .window_ms = 5, .stall_ms = 300 },
                                 .root = "" };

        if (sched_getaffinity(0, sizeof(job.cpus), &job.cpus) < 0)
                err(1, "sched_getaffinity");
        if (records_init(&e.records) < 0)
                errx(1, "out of memory");
        words_of_sample(&w, exe, cell);
        child_run(&job, &e.records, &e.end);
        judge_sample(cell->variant->role, &e.end, &e.records, &e.judgement);
        check(&e);
        words_free(&w);
        records_free(&e.records);
}

void sample_rules(const struct exe *exe)
{
        for (size_t i = 0; i < exe->cell_count; i++) {
                const struct cell *cell = &exe->cells[i];
                char subject[256];

                snprintf(subject, sizeof(subject), "%s/%s on %s", cell->workload->name, cell->variant->name,
                         cell->row);
                if (cell->params)
                        run(exe, cell);
                else
                        tap_skip(subject, "it runs", cell->absent ? cell->absent : cell->excluded);
        }
}
