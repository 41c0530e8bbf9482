/* SPDX-License-Identifier: MIT */
/* Whether a sample had enough values for a tail quantile to be printed. */
#ifndef AB_REPORT_TAILS_H
#define AB_REPORT_TAILS_H

#include "harness/report/data.h"

enum tail {
        TAIL_NONE,    /* not a quantile at all */
        TAIL_ENOUGH,  /* at least 100 values above it in each sample */
        TAIL_FLAGGED, /* at least 10 */
        TAIL_TOO_FEW, /* fewer, or nothing says how many: not to be printed */
};

/* How well the quantile metric NAME ("acquire_wait_p99_ns") is founded in cell C: by the histogram
 * of the same name without the quantile ("acquire_wait_ns"), in the ok sample that has the fewest values. */
enum tail tail_of(struct report_data *d, const struct cell *c, const char *name);

#endif
