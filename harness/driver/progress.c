/* SPDX-License-Identifier: MIT */
/* The progress line, on standard error. */
#include "harness/driver/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "harness/driver/clock.h"
#include "harness/driver/estimate.h"

/* Often enough to see that it lives, rarely enough not to be what is measured. */
static const uint64_t terminal_every_ns = 500000000, plain_every_ns = 15000000000;

void progress_start(struct progress *p, size_t samples, unsigned rounds, uint64_t expected_ns)
{
        uint64_t now = clock_now_ns();

        *p = (struct progress){ .terminal = isatty(STDERR_FILENO),
                                .start_ns = now,
                                .shown_ns = now,
                                .expected_ns = expected_ns,
                                .samples = samples,
                                .rounds = rounds };
}

/* The estimate of what is left, stretched as what is done was. */
static uint64_t time_left(const struct progress *p, uint64_t now)
{
        uint64_t left = p->expected_ns > p->expected_done_ns ? p->expected_ns - p->expected_done_ns : 0;
        double stretch = p->expected_done_ns ? (double)(now - p->start_ns) / (double)p->expected_done_ns : 1;

        return (uint64_t)((double)left * stretch);
}

bool progress_due(const struct progress *p)
{
        return clock_now_ns() - p->shown_ns >= (p->terminal ? terminal_every_ns : plain_every_ns);
}

void progress_show(struct progress *p, const struct progress_now *now)
{
        uint64_t at = clock_now_ns();
        char left[64];

        p->shown_ns = at;
        fprintf(stderr, "%s%zu/%zu  round %u/%u  %s/%s on %s  %s  %s left%s", p->terminal ? "\r\033[K" : "",
                p->done, p->samples, now->round, p->rounds, now->workload, now->variant, now->runtime,
                now->counts, estimate_duration(time_left(p, at), left, sizeof(left)),
                p->terminal ? "" : "\n");
        fflush(stderr);
}

void progress_add(struct progress *p, uint64_t expected_ns)
{
        p->done++;
        p->expected_done_ns += expected_ns;
}

void progress_clear(const struct progress *p)
{
        if (p->terminal)
                fputs("\r\033[K", stderr);
}
