/* SPDX-License-Identifier: MIT */
/* Made-up runs: a folder with environment.json, schedule.csv and journal.jsonl, from a function that says what came
 * of each sample. */
#ifndef AB_JOURNAL_MAKER_H
#define AB_JOURNAL_MAKER_H

#include <stdbool.h>
#include <stddef.h>

#include "workloads/workload.h"

/* The made-up workloads: `lock` (lock_ns, lower is better; async against sync, bare against sync, held
 * against held-right by outcome) and `rate` (per_s, higher is better; jerky against steady). */
extern const struct workload *const made_workloads[];
/* The real one, which ranks rows. */
extern const struct workload *const made_echo[];

enum { MADE_NUMBERS = 4 };

/* What came of one sample. NULL and 0 stand for: ok, completed as expected, no number, no histogram. */
struct made_sample {
        double value; /* of the workload's headline metric */
        const char *status, *reason, *expected, *outcome, *evidence;
        unsigned shown;   /* the count `shown` */
        const char *knob; /* value of the knob `backend` */
        unsigned waits;   /* values in the histogram wait_ns: 1000, 2000, ... ns; also gives wait_p99_ns */
        unsigned metrics; /* further ones, m0, m1, ..., for the size alone */
        double calls, enters; /* syscalls_per_op, enters_per_op */
        const char *limit;    /* value of the knob `limit`; NULL: it has no such knob */
        struct made_number { /* of `echo`: further metrics, ends at a NULL name; each has a histogram of 10,000 */
                const char *name;
                double value;
        } numbers[MADE_NUMBERS];
        unsigned operations; /* the first count, `operations`; also gives cpu_ns, 20 for each */
};

/* Which sample is asked for. */
struct made_cell {
        const char *workload, *variant, *runtime, *params;
        unsigned round, attempt, group;
};

struct made_run {
        const char *const *rows; /* in the order of environment.json; ends at NULL; epoll is the reference */
        unsigned rounds, sets;   /* rounds; parameter sets per workload, 0 = 1 */
        const char *profile;     /* NULL: quick */
        const char *label, *sanitize;
        const char *end;           /* NULL: complete; "": none is written */
        unsigned stop_after;       /* samples that are recorded; 0 = all */
        const char *absent_reason; /* of `held` on threads, which then is absent; NULL: it is there */
        const char *const *
                echo; /* parameter sets of `echo`, which then runs alone; the first is the headline; ends at NULL */
        const char *tuned; /* the row whose effort is `tuned` */
        bool caught;       /* what tools say of `lock` is in the record */
        bool curve;        /* parameter sets after the first are points of a curve: epoll runs once there */
        bool counting;     /* priced variants run in round 0 too, where system calls are counted */
        bool effort;       /* what `async` of `lock`, its fix and two rows cost to write is, too */
        unsigned again;    /* the first attempt at round 1 of group 1 is run once more; 1 = whole, 2 = cut */
        const char *unfit; /* why round 1 of group 1 is invalid; NULL: it is not */
        struct made_sample (*sample)(const struct made_cell *cell);
};

/* Write RUN into the folder DIR, which exists. Ends the test program when that is not possible. */
void made_run_write(const struct made_run *run, const char *dir);

/* A new empty folder below the system's temporary one, for the caller to free; made_folder_remove() removes it
 * with all that is in it. */
char *made_folder(void);
void made_folder_remove(char *dir);

/* The whole file DIR/NAME, for the caller to free; NULL when there is none. *BYTES may be NULL. */
char *made_read(const char *dir, const char *name, size_t *bytes);

#endif
