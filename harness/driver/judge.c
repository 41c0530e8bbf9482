/* SPDX-License-Identifier: MIT */
/* From how a sample ended to its status. */
#include "harness/driver/judge.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/driver/plain.h"
#include "harness/protocol.h"

const char *judge_word(enum judged status)
{
        static const char *const words[JUDGED_COUNT] = { "ok",      "failed", "deadlock", "stalled",
                                                         "timeout", "oom",    "skipped",  "not_run" };

        return words[status];
}

static void set(struct judgement *j, enum judged status, bool as_expected, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void set(struct judgement *j, enum judged status, bool as_expected, const char *format, ...)
{
        va_list args;

        j->status = status;
        j->as_expected = as_expected;
        va_start(args, format);
        vsnprintf(j->reason, sizeof(j->reason), format, args);
        va_end(args);
        plain_text(j->reason);
}

static const char *last_line(const char *text)
{
        const char *newline = strrchr(text, '\n');

        return newline ? newline + 1 : text;
}

static enum judged outcome_status(const char *outcome)
{
        if (strcmp(outcome, "deadlock") == 0)
                return JUDGED_DEADLOCK;
        return strcmp(outcome, "stalled") == 0 ? JUDGED_STALLED : JUDGED_OK;
}

/* Exit 0: the sample says how it ended, and its variant's role says what to make of that. */
static void judge_outcome(enum role role, const struct records *r, struct judgement *j)
{
        bool completed = strcmp(r->outcome, "completed") == 0;
        bool expected = strcmp(r->outcome, r->expected) == 0 || strcmp(r->expected, "either") == 0;

        if (!*r->outcome)
                set(j, JUDGED_FAILED, false, "protocol: no outcome record");
        else if (*r->failed_check)
                set(j, JUDGED_FAILED, false, "check: %s", r->failed_check);
        else if (role != ROLE_MISTAKE && !expected)
                set(j, JUDGED_FAILED, false, "check: outcome %s, expected %s%s%s", r->outcome, r->expected,
                    completed ? "" : ": ", completed ? "" : r->evidence);
        else
                set(j, outcome_status(r->outcome), expected || completed, "%s", "");
}

static void judge_exit(enum role role, const struct child_end *end, const struct records *r,
                       struct judgement *j)
{
        if (end->code == PROTOCOL_SKIPPED && r->skip_reason)
                set(j, JUDGED_SKIPPED, true, "%s", r->skip_reason);
        else if (end->code == PROTOCOL_SKIPPED)
                set(j, JUDGED_FAILED, false, "protocol: exit 77 without a skip record");
        else if (r->skip_reason)
                set(j, JUDGED_FAILED, false, "protocol: a skip record and exit %d", end->code);
        else if (end->code == PROTOCOL_CHECK_FAILED)
                set(j, JUDGED_FAILED, false, "check: %s",
                    *r->failed_check ? r->failed_check : last_line(end->output));
        else if (end->code != PROTOCOL_MEASURED)
                set(j, JUDGED_FAILED, false, "exit: %d%s%s", end->code, *end->output ? ": " : "",
                    last_line(end->output));
        else
                judge_outcome(role, r, j);
}

static void judge_signal(const struct child_end *end, struct judgement *j)
{
        const char *name = sigabbrev_np(end->code);

        if (end->oom)
                set(j, JUDGED_OOM, false, "the kernel killed it for want of memory");
        else if (name)
                set(j, JUDGED_FAILED, false, "signal: SIG%s", name);
        else
                set(j, JUDGED_FAILED, false, "signal: %d", end->code);
}

void judge_sample(enum role role, const struct child_end *end, const struct records *r, struct judgement *j)
{
        switch (end->cause) {
        case CHILD_EXITED:
                judge_exit(role, end, r, j);
                break;
        case CHILD_SIGNALLED:
                judge_signal(end, j);
                break;
        case CHILD_TIMEOUT:
                set(j, JUDGED_TIMEOUT, false, "%s", phase_word(end->phase));
                break;
        case CHILD_PROTOCOL:
                set(j, JUDGED_FAILED, false, "protocol: %s", r->error);
                break;
        case CHILD_INTERRUPTED:
                set(j, JUDGED_NOT_RUN, true, "interrupted");
                break;
        case CHILD_NOT_STARTED:
                set(j, JUDGED_FAILED, false, "exit: not started: %s", strerror(end->code));
                break;
        }
        if (end->leftover && (end->cause == CHILD_EXITED || end->cause == CHILD_SIGNALLED))
                set(j, JUDGED_FAILED, false, "leftover: it ended and left processes behind, now killed");
}
