/* SPDX-License-Identifier: MIT */
/* The lines of the sample protocol, in the order that protocol.h asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/hist_json.h"
#include "harness/protocol.h"
#include "harness/run_private.h"

static const char *const phases[] = { "ready", "warm-up", "window", "drain", "done" };
enum { PHASE_COUNT = sizeof(phases) / sizeof(phases[0]), MESSAGE_BYTES = 1024 };

const char *outcome_word(enum outcome outcome)
{
        static const char *const words[] = {
                [OUTCOME_COMPLETED] = "completed",
                [OUTCOME_DEADLOCK] = "deadlock",
                [OUTCOME_STALLED] = "stalled",
                [OUTCOME_EITHER] = "either",
        };

        return words[outcome];
}

/* ---- lines ------------------------------------------------------------------------------------------ */

/* The fewest digits that read back as VALUE. */
static size_t digits_of(double value)
{
        char text[32];

        for (int digits = 15; digits < 17; digits++) {
                snprintf(text, sizeof(text), "%.*g", digits, value);
                if (strtod(text, NULL) == value)
                        return (size_t)digits;
        }
        return 17;
}

/* A record as one line with its newline, to be freed. Consumes RECORD, which is NULL when a value in
 * it cannot be said in JSON. */
static char *line_of(struct run *run, json_t *record, size_t *length)
{
        double value = json_number_value(json_object_get(record, "value"));
        size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(digits_of(value));
        char *line;

        if (!record)
                run_fail(run, "a record holds what JSON cannot: an infinite number or no UTF-8");
        *length = json_dumpb(record, NULL, 0, flags) + 1;
        if (*length > PROTOCOL_LINE_BYTES)
                run_fail(run, "a record of %zu bytes; a line may have %d", *length, PROTOCOL_LINE_BYTES);
        line = malloc(*length);
        if (!line)
                run_fail(run, "no memory for a line of %zu bytes", *length);
        json_dumpb(record, line, *length - 1, flags);
        line[*length - 1] = '\n';
        json_decref(record);
        return line;
}

/* A line goes out by one write; only a signal or a full disk can cut it. */
static void line_write(const struct run *run, const char *line, size_t length)
{
        while (length > 0) {
                ssize_t n = write(run->private->fd, line, length);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        fprintf(stderr, "%s: cannot write a record: %s\n", program_invocation_short_name,
                                strerror(errno));
                        _exit(PROTOCOL_CHECK_FAILED);
                }
                line += n;
                length -= (size_t)n;
        }
}

/* Write RECORD and consume it. With LAST nobody writes after it: the lock is kept for good. */
static void emit_record(struct run *run, json_t *record, bool last)
{
        struct run_private *p = run->private;
        size_t length;
        char *line;

        if (p->fd < 0) {
                json_decref(record);
                return;
        }
        line = line_of(run, record, &length);
        pthread_mutex_lock(&p->line_lock);
        line_write(run, line, length);
        if (!last)
                pthread_mutex_unlock(&p->line_lock);
        free(line);
}

static void emit(struct run *run, json_t *record)
{
        emit_record(run, record, false);
}

/* ---- records ---------------------------------------------------------------------------------------- */

void run_expect(struct run *run, enum outcome outcome)
{
        emit(run, json_pack("{s:s,s:s}", "record", "expect", "outcome", outcome_word(outcome)));
        run->private->expected = true;
}

static unsigned phase_index(struct run *run, const char *phase)
{
        for (unsigned i = 0; i < PHASE_COUNT; i++)
                if (strcmp(phases[i], phase) == 0)
                        return i;
        run_fail(run, "there is no phase '%s'", phase);
}

void run_phase(struct run *run, const char *phase)
{
        struct run_private *p = run->private;
        unsigned index = phase_index(run, phase);

        if (index < p->phase)
                run_fail(run, "phase %s comes too late, after %s", phase, phases[p->phase - 1]);
        p->phase = index + 1;
        emit(run, json_pack("{s:s,s:s,s:I}", "record", "phase", "phase", phase, "at_ns",
                            (json_int_t)run_now_ns()));
}

void run_metric(struct run *run, const char *name, const char *unit, double value)
{
        emit(run,
             json_pack("{s:s,s:s,s:s,s:f}", "record", "metric", "name", name, "unit", unit, "value", value));
}

void run_count(struct run *run, const char *name, uint64_t value)
{
        if (value > INT64_MAX)
                run_fail(run, "count %s is too large: %llu", name, (unsigned long long)value);
        if (run_has_count(run, name))
                run_fail(run, "count %s is reported twice", name);
        json_object_set_new(run->private->counts, name, json_integer((json_int_t)value));
        emit(run, json_pack("{s:s,s:s,s:I}", "record", "count", "name", name, "value", (json_int_t)value));
}

bool run_has_count(const struct run *run, const char *name)
{
        return json_object_get(run->private->counts, name) != NULL;
}

uint64_t run_counted(struct run *run, const char *name)
{
        if (!run_has_count(run, name))
                run_fail(run, "the count %s was not reported", name);
        return (uint64_t)json_integer_value(json_object_get(run->private->counts, name));
}

void run_histogram(struct run *run, const char *name, const struct hist *h)
{
        emit(run, hist_record_json(name, h));
}

/* Counts and knobs are kept by name, so they go through their own functions. */
void run_relay(struct run *run, json_t *record)
{
        emit(run, json_incref(record));
}

void run_knob(struct run *run, const char *name, const char *format, ...)
{
        struct run_private *p = run->private;
        char value[MESSAGE_BYTES];
        va_list args;

        va_start(args, format);
        vsnprintf(value, sizeof(value), format, args);
        va_end(args);
        if (json_object_get(p->knobs, name))
                run_fail(run, "knob %s is recorded twice", name);
        json_object_set_new(p->knobs, name, json_true());
        emit(run, json_pack("{s:s,s:s,s:s}", "record", "knob", "name", name, "value", value));
}

static json_t *check_record(const char *name, bool ok, const char *detail)
{
        return json_pack("{s:s,s:s,s:b,s:s}", "record", "check", "name", name, "ok", (int)ok, "detail",
                         detail);
}

bool run_check(struct run *run, const char *name, bool ok, const char *format, ...)
{
        char detail[MESSAGE_BYTES];
        va_list args;

        va_start(args, format);
        vsnprintf(detail, sizeof(detail), format, args);
        va_end(args);
        if (!ok)
                run->private->check_failed = true;
        emit(run, check_record(name, ok, detail));
        return ok;
}

bool run_check_equal(struct run *run, const char *name, uint64_t left, uint64_t right)
{
        return run_check(run, name, left == right, "%llu %s %llu", (unsigned long long)left,
                         left == right ? "=" : "!=", (unsigned long long)right);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

static json_t *completed_record(void)
{
        return json_pack("{s:s,s:s}", "record", "outcome", "outcome", outcome_word(OUTCOME_COMPLETED));
}

void run_complete(struct run *run)
{
        emit_record(run, completed_record(), true);
}

void run_skip_record(struct run *run, const char *reason, const char *remedy)
{
        emit_record(run, json_pack("{s:s,s:s,s:s?}", "record", "skip", "reason", reason, "remedy", remedy),
                    true);
}

void run_leave_threads(struct run *run)
{
        atomic_store(&run->private->threads_left, true);
}

/* By _exit(), here and below: other threads may be anywhere. */
void run_skip(struct run *run, const char *reason, const char *remedy)
{
        run_skip_record(run, reason, remedy);
        _exit(PROTOCOL_SKIPPED);
}

/* Whatever a caller put into the message must not fail a second time. */
static void make_ascii(char *text)
{
        for (; *text; text++)
                if (*text < ' ' || *text > '~')
                        *text = '?';
}

void run_fail(struct run *run, const char *format, ...)
{
        char message[MESSAGE_BYTES];
        va_list args;

        va_start(args, format);
        vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        make_ascii(message);
        fprintf(stderr, "%s: %s/%s on %s: %s\n", program_invocation_short_name, run->workload, run->variant,
                run->runtime, message);
        if (run->private->expected) {
                emit(run, check_record("the sample runs", false, message));
                emit_record(run, completed_record(), true);
        }
        _exit(PROTOCOL_CHECK_FAILED);
}
