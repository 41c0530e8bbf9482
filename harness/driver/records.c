/* SPDX-License-Identifier: MIT */
/* The protocol's reader: lines in, arrays for the journal out; the first wrong word ends it. */
#include "harness/driver/records.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/protocol.h"

static const char *const phase_words[] = { "start", "ready", "warm-up", "window", "drain", "done" };

enum { PHASES = sizeof(phase_words) / sizeof(*phase_words) };

const char *phase_word(enum phase phase)
{
        return phase_words[phase];
}

static bool broken(struct records *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool broken(struct records *r, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(r->error, sizeof(r->error), format, args);
        va_end(args);
        return false;
}

int records_init(struct records *r)
{
        *r = (struct records){
                .metrics = json_array(),
                .counts = json_array(),
                .checks = json_array(),
                .knobs = json_array(),
                .histograms = json_array(),
                .line = malloc(PROTOCOL_LINE_BYTES),
        };
        if (r->metrics && r->counts && r->checks && r->knobs && r->histograms && r->line)
                return 0;
        records_free(r);
        return -ENOMEM;
}

void records_free(struct records *r)
{
        json_decref(r->metrics);
        json_decref(r->counts);
        json_decref(r->checks);
        json_decref(r->knobs);
        json_decref(r->histograms);
        free(r->evidence);
        free(r->skip_reason);
        free(r->skip_remedy);
        free(r->line);
        *r = (struct records){ 0 };
}

static bool one_of(const char *word, const char *const *words)
{
        for (; *words; words++)
                if (strcmp(word, *words) == 0)
                        return true;
        return false;
}

static bool take_expect(struct records *r, json_t *line)
{
        static const char *const legal[] = { "completed", "deadlock", "stalled", "either", NULL };
        const char *outcome;

        if (json_unpack(line, "{s:s}", "outcome", &outcome) < 0 || !one_of(outcome, legal))
                return broken(r, "an expect record without a known outcome");
        if (*r->expected)
                return broken(r, "a second expect record");
        snprintf(r->expected, sizeof(r->expected), "%s", outcome);
        return true;
}

/* Forwards only, in time as well, and never over `ready`: a sample without a timed window goes from ready to drain. */
static bool take_phase(struct records *r, json_t *line)
{
        const char *word;
        json_int_t at_ns;
        int next = PHASE_READY;

        if (json_unpack(line, "{s:s, s:I}", "phase", &word, "at_ns", &at_ns) < 0)
                return broken(r, "a phase record without phase or at_ns");
        while (next < PHASES && strcmp(word, phase_words[next]) != 0)
                next++;
        if (next == PHASES)
                return broken(r, "an unknown phase '%.40s'", word);
        if (next != (int)r->phase + 1 && !(r->phase == PHASE_READY && next == PHASE_DRAIN))
                return broken(r, "phase %s after %s", word, phase_words[r->phase]);
        if (at_ns < r->phase_at_ns)
                return broken(r, "phase %s at an earlier time than %s", word, phase_words[r->phase]);
        r->phase_at_ns = at_ns;
        r->phase = (enum phase)next;
        return true;
}

static bool take_metric(struct records *r, json_t *line)
{
        const char *name, *unit;
        json_t *value;

        if (json_unpack(line, "{s:s, s:s, s:o}", "name", &name, "unit", &unit, "value", &value) < 0 ||
            !json_is_number(value))
                return broken(r, "a metric record without name, unit or value");
        return json_array_append_new(r->metrics, json_pack("[s, s, O]", name, unit, value)) == 0 ||
               broken(r, "out of memory");
}

static bool take_count(struct records *r, json_t *line)
{
        const char *name;
        json_int_t value;

        if (json_unpack(line, "{s:s, s:I}", "name", &name, "value", &value) < 0 || value < 0)
                return broken(r, "a count record without name or value");
        return json_array_append_new(r->counts, json_pack("[s, I]", name, value)) == 0 ||
               broken(r, "out of memory");
}

static bool take_check(struct records *r, json_t *line)
{
        const char *name, *detail;
        int ok;

        if (json_unpack(line, "{s:s, s:b, s:s}", "name", &name, "ok", &ok, "detail", &detail) < 0)
                return broken(r, "a check record without name, ok or detail");
        if (!ok && !*r->failed_check)
                snprintf(r->failed_check, sizeof(r->failed_check), "%s: %s", name, detail);
        return json_array_append_new(r->checks, json_pack("[s, b, s]", name, ok, detail)) == 0 ||
               broken(r, "out of memory");
}

static bool take_knob(struct records *r, json_t *line)
{
        const char *name, *value;

        if (json_unpack(line, "{s:s, s:s}", "name", &name, "value", &value) < 0)
                return broken(r, "a knob record without name or value");
        return json_array_append_new(r->knobs, json_pack("[s, s]", name, value)) == 0 ||
               broken(r, "out of memory");
}

static bool take_histogram(struct records *r, json_t *line)
{
        const char *name;
        json_t *buckets;

        if (json_unpack(line, "{s:s, s:o}", "name", &name, "buckets", &buckets) < 0 ||
            !json_is_array(buckets))
                return broken(r, "a histogram record without name or buckets");
        json_object_del(line, "record");
        return json_array_append(r->histograms, line) == 0 || broken(r, "out of memory");
}

static bool take_skip(struct records *r, json_t *line)
{
        const char *reason = json_string_value(json_object_get(line, "reason"));
        const char *remedy = json_string_value(json_object_get(line, "remedy"));

        if (!reason)
                return broken(r, "a skip record without reason");
        r->skip_reason = strdup(reason);
        r->skip_remedy = strdup(remedy ? remedy : "");
        return (r->skip_reason && r->skip_remedy) || broken(r, "out of memory");
}

static bool take_outcome(struct records *r, json_t *line)
{
        static const char *const legal[] = { "completed", "deadlock", "stalled", NULL };
        const char *outcome = json_string_value(json_object_get(line, "outcome"));
        const char *evidence = json_string_value(json_object_get(line, "evidence"));

        if (!outcome || !one_of(outcome, legal))
                return broken(r, "an outcome record without a known outcome");
        if (strcmp(outcome, "completed") != 0 && (!evidence || !*evidence))
                return broken(r, "%s without evidence", outcome);
        snprintf(r->outcome, sizeof(r->outcome), "%s", outcome);
        r->evidence = strdup(evidence ? evidence : "");
        return r->evidence || broken(r, "out of memory");
}

static const struct {
        const char *record;
        bool (*take)(struct records *r, json_t *line);
} takers[] = {
        { "expect", take_expect }, { "phase", take_phase },     { "metric", take_metric },
        { "count", take_count },   { "check", take_check },     { "knob", take_knob },
        { "skip", take_skip },     { "outcome", take_outcome }, { "histogram", take_histogram },
};

/* `expect` comes first, unless the sample cannot run at all; nothing comes after `outcome` or `skip`. */
static bool take(struct records *r, const char *word, json_t *line)
{
        if (*r->outcome || r->skip_reason)
                return broken(r, "a record '%.40s' after the last one", word);
        if (!*r->expected && strcmp(word, "expect") != 0 && strcmp(word, "skip") != 0)
                return broken(r, "a record '%.40s' before expect", word);
        for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++)
                if (strcmp(word, takers[i].record) == 0)
                        return takers[i].take(r, line);
        return broken(r, "an unknown record '%.40s'", word);
}

static bool take_line(struct records *r)
{
        json_t *line = json_loadb(r->line, r->used, JSON_REJECT_DUPLICATES, NULL);
        const char *word;
        bool ok;

        if (json_unpack(line, "{s:s}", "record", &word) < 0)
                ok = broken(r, "a line that is no JSON object with a record");
        else
                ok = take(r, word, line);
        json_decref(line);
        r->used = 0;
        return ok;
}

bool records_feed(struct records *r, const char *data, size_t bytes)
{
        r->total += bytes;
        if (r->total > PROTOCOL_SAMPLE_BYTES)
                return broken(r, "more than %d bytes in one sample", PROTOCOL_SAMPLE_BYTES);
        while (bytes) {
                const char *end = memchr(data, '\n', bytes);
                size_t part = end ? (size_t)(end - data) : bytes;

                if (r->used + part > PROTOCOL_LINE_BYTES)
                        return broken(r, "a line of more than %d bytes", PROTOCOL_LINE_BYTES);
                memcpy(r->line + r->used, data, part);
                r->used += part;
                if (!end)
                        return true;
                if (!take_line(r))
                        return false;
                data += part + 1;
                bytes -= part + 1;
        }
        return true;
}

bool records_finish(struct records *r)
{
        return !r->used || broken(r, "the last line is not whole");
}
