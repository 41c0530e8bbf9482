/* SPDX-License-Identifier: MIT */
/* What the rounds of a run support: ratios, noise floors, verdicts, outcomes. */
#ifndef AB_REPORT_ANALYSIS_H
#define AB_REPORT_ANALYSIS_H

#include "harness/report/data.h"

/* The smallest effect that matters, as a fraction. */
#define ANALYSIS_DELTA 0.03
/* The chance that any verdict word of a family of comparisons is wrong, shared out over them (Bonferroni). There are two:
 * mistakes against their fixes, and rows against the reference row. They answer different questions in different
 * numbers of rounds, and in one family the many mistakes would leave the rows without an interval. */
#define ANALYSIS_ALPHA 0.05

/* One metric of one cell. */
struct measure {
        size_t n;              /* samples that ended ok and have it */
        double median, spread; /* spread = 1.4826 * MAD; NAN when n = 0 */
        struct paired pair;    /* against the cell's base; n = 0 without one */
};

/* How the samples of a cell ended. */
struct endings {
        size_t known, shown; /* samples that told their outcome; of these the ones that show the mistake */
        size_t deadlocks, stalls;
        double count;         /* median of the count `shown` over the samples that have it; NAN = none */
        enum verdict verdict; /* of a mistake: shown, not_demonstrated; NONE when nothing is known */
};

/* What is known of one cell. */
struct finding {
        const struct cell
                *base; /* the cell it is divided by; NULL = none. Where rows are ranked and its variant
                                    divides by none, that of the reference row */
        struct measure headline;
        bool primary; /* one of the comparisons that get a verdict word */
        enum verdict verdict;
        struct endings endings;
};

struct group_finding {
        const struct cell *aa; /* the reference row under its second name; NULL = none */
        double floor;          /* half-width of the A/A interval; NAN = unknown */
        double pair_spread;    /* median over pairs of the spread of their log-ratios; NAN = unknown */
        double noise_percent;  /* NAN = unknown */
        bool quiet_enough;     /* verdicts may be given here */
        const char *why_not;   /* else the reason */
};

struct analysis {
        const struct report_data *data;
        struct finding *cells;        /* as data.cells */
        struct group_finding *groups; /* as data.groups */
        struct family {
                size_t comparisons; /* planned: counted before any number is looked at */
                double alpha;       /* ANALYSIS_ALPHA / comparisons */
        } mistakes, rows;
        const char *no_verdicts;     /* why this run gives none, in a sentence; NULL = it may */
        double noise_percent, floor; /* the worst of the groups with comparisons; NAN = unknown */
};

/* Look at all of D. Memory is D's. */
void analysis_make(struct analysis *a, struct report_data *d);

/* The metric NAME (interned) of cell C. */
struct measure analysis_measure(const struct analysis *a, const struct cell *c, const char *name);

/* The same, against BASE instead of its own base. */
struct measure analysis_against(const struct analysis *a, const struct cell *c, const struct cell *base,
                                const char *name);

/* The comparisons that those of W belong to. */
const struct family *family_of(const struct analysis *a, const struct workload *w);

/* What is known of C. */
const struct finding *finding_of(const struct analysis *a, const struct cell *c);

/* The parameter set at which variant V of W is compared: the first that has it. UINT32_MAX = none. */
uint32_t headline_group(const struct report_data *d, const struct workload *w, const struct variant *v);

/* The headline metric of W, never NULL, and its interned name. */
const struct metric *headline_metric(const struct workload *w);

/* max(delta, the group's noise floor): effects below it are not told apart from none. */
double smallest_effect(const struct analysis *a, uint32_t group);

/* Is V priced, a mistake, and measured against a fix? */
bool is_priced_mistake(const struct variant *v);

/* The noise grade of PERCENT in words: "quiet", "too noisy", "unknown" for NAN. */
const char *noise_text(double percent);

/* By how much worse the cell is than its base: above 1 whatever the metric's direction. NAN = unknown. */
double cost_factor(const struct analysis *a, const struct cell *c);

#endif
