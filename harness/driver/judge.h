/* SPDX-License-Identifier: MIT */
/* From how a sample ended and what it said to the one status that stands in the results. */
#ifndef AB_JUDGE_H
#define AB_JUDGE_H

#include <stdbool.h>

#include "harness/driver/child.h"
#include "harness/driver/records.h"
#include "workloads/workload.h"

enum judged {
        JUDGED_OK,
        JUDGED_FAILED,
        JUDGED_DEADLOCK,
        JUDGED_STALLED,
        JUDGED_TIMEOUT,
        JUDGED_OOM,
        JUDGED_SKIPPED,
        JUDGED_NOT_RUN,
        JUDGED_COUNT,
};

/* "ok", "failed", ...: the status in the journal. */
const char *judge_word(enum judged status);

struct judgement {
        enum judged status;
        char reason[512]; /* what stands in its brackets: "check: sum: 5 = 4", "window" */
        bool as_expected; /* does the run still count as good after it */
};

/* A mistake that came out as expected, or completed instead, ends as its outcome says. Any other
 * variant whose outcome is not the expected one is failed(check). */
void judge_sample(enum role role, const struct child_end *end, const struct records *r, struct judgement *j);

#endif
