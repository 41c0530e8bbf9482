/* SPDX-License-Identifier: MIT */
/* The record of one run in memory: rows, groups, cells, samples, and what stands in for missing ones. */
#ifndef AB_REPORT_DATA_H
#define AB_REPORT_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/report/arena.h"
#include "harness/stats.h"
#include "workloads/workload.h"

/*
 * All strings are interned: equal names are equal pointers. A sample keeps its numbers as an array
 * of doubles whose names stand in a shape that it shares with its like, about 60 bytes a sample
 * and 8 a number, so that a run of 100,000 samples fits into the driver's memory.
 */

enum status {
        STATUS_NOT_RUN, /* planned, and no record of it counts */
        STATUS_OK,
        STATUS_INVALID,
        STATUS_FAILED,
        STATUS_DEADLOCK,
        STATUS_STALLED,
        STATUS_TIMEOUT,
        STATUS_OOM,
        STATUS_SKIPPED,
        STATUS_COUNT,
};

/* The word of samples.csv. */
const char *status_word(enum status status);

/* A row of the tables: a runtime row, or the reference row under its second name. */
struct row {
        const char *name, *version, *model, *effort, *reason, *remedy;
        int released;        /* 0 = unknown, or the kernel's own */
        bool described;      /* stands in environment.json */
        bool available;      /* could run here */
        bool loop;           /* a loop of tasks that stay where they are: may become `all loops` */
        bool never_suspends; /* the harness's own cost: first in every table, in no ranking */
        bool own_threads;    /* each of its tasks and connections has a thread to itself */
        bool native;         /* runs the workloads in its own language, without the suite's task layer */
        const struct row *same_as; /* NULL, or the row that this is a second name of (A/A) */
        const char *colour;        /* "#0072B2" */
        int point;                 /* gnuplot's point type */
};

/* The names of the numbers of a sample. */
struct shape {
        struct shape *next;
        const char *key; /* interned: all names and units */
        size_t n;
        struct field {
                const char *name, *unit;
                bool exact; /* a count */
        } field[];
};

struct sample {
        uint32_t order, round, cell, attempt;
        uint8_t status;             /* enum status */
        uint8_t outcome, expected;  /* enum outcome; OUTCOME_NONE when the sample did not say */
        uint64_t cpu_ns;            /* processor time of its whole process; 0 = unknown */
        const char *reason, *knobs; /* knobs as "name\x1fvalue\x1e..." */
        const struct shape *shape;  /* NULL: no numbers */
        const double *values;
};

enum { OUTCOME_NONE = OUTCOME_EITHER + 1 };

/* A text of one sample that stands for its whole cell. */
struct note {
        uint32_t sample;
        const char *text; /* NULL: none */
};

struct cell {
        uint32_t group, row;
        uint32_t next; /* index + 1 of the next cell of the group; 0 = last */
        const struct variant *variant;
        const char *params;
        uint32_t first, planned;         /* its samples: data.by_cell[first .. first + planned), by round */
        uint32_t statuses[STATUS_COUNT]; /* of these, how many ended so */
        uint32_t counting; /* index + 1 of its sample of round 0, which is none of these; 0 = none planned */
        struct note evidence, diagnosis, remedy;
};

struct group {
        const struct workload *workload;
        unsigned number;
        const char *params; /* of the cell that names the most parameters */
        uint32_t cells;     /* index + 1 of its newest cell; 0 = none */
};

/* What one attempt at a group's part of one round came to. */
struct attempt {
        uint32_t round, group, last; /* last = the highest attempt that left any record */
        uint32_t judged;             /* the attempt that a group line judged; 0 = none */
        bool unfit;                  /* that line did not say ok */
        const char *reason;
};

/* A cell that the plan has not, or a parameter set that the profile leaves out. */
struct gap {
        const char *runtime, *workload, *variant, *params, *reason;
};

struct gaps {
        struct gap *item;
        size_t n, capacity;
};

struct report_data {
        struct arena arena;
        const char *dir;
        const struct workload *const *workloads;
        json_t *environment;

        const char *run, *profile, *seed, *reference, *started;
        unsigned rounds;
        const char *end; /* "complete", "interrupted", "budget"; NULL: no end was written */
        const char *environment_changed;
        long torn; /* byte offset of a torn last line that was dropped; -1 = none */
        size_t superseded, resumes;

        struct row *rows; /* in the order of tables */
        size_t row_count, row_capacity;
        struct group *groups;
        uint32_t *group_order; /* by workload, then number: the order of the report */
        size_t group_count, group_capacity;
        struct cell *cells;
        size_t cell_count, cell_capacity;
        struct sample *samples; /* by order */
        size_t sample_count, sample_capacity;
        uint32_t *by_cell;
        struct attempt *attempts;
        size_t attempt_count, attempt_capacity;
        struct shape *shapes;
        struct gaps absent, left_out;
        struct spool *spool; /* the histograms, on disk */
};

/* Read the run in DIR. enum report_result, and unless it is REPORT_OK one line in ERROR. data_free() in
 * any case. */
int data_load(struct report_data *d, const char *dir, const struct workload *const *workloads, char *error,
              size_t error_bytes);
void data_free(struct report_data *d);

/* The steps of data_load(), each in a file of its own; as above. */
int load_environment(struct report_data *d, char *error, size_t error_bytes);
int load_schedule(struct report_data *d, char *error, size_t error_bytes);
int load_journal(struct report_data *d, char *error, size_t error_bytes);

/* The row NAME, added at the end when it is new (`ROW-aa` as a second name of ROW). */
uint32_t data_row(struct report_data *d, const char *name);

/* The cell, or NULL. */
struct cell *data_cell(const struct report_data *d, uint32_t group, const struct variant *v, uint32_t row);

/* The sample with this order, or NULL. */
struct sample *data_sample(const struct report_data *d, uint32_t order);

/* Sample I of cell C in round order, I < C->planned. */
const struct sample *cell_sample(const struct report_data *d, const struct cell *c, size_t i);

/* The sample of C that counted its system calls, in round 0, or NULL. Its times are none: nothing that looks at
 * planned samples sees it. */
const struct sample *cell_counting(const struct report_data *d, const struct cell *c);

/* The metrics that it is there for; ends at NULL. */
extern const char *const counting_metrics[];

/* What it counted as the metric NAME; NAN when it did not. */
double cell_counted(const struct report_data *d, const struct cell *c, const char *name);

/* The number NAME (interned) that S left; NAN when it has none. */
double sample_number(const struct sample *s, const char *name);

/* The same as a measurement: NAN unless S ended ok. */
double sample_value(const struct sample *s, const char *name);

/* The numbers NAME (interned) of C's samples that ended ok, in round order, into VALUES, which has room for
 * C->planned. Returns how many have it. */
size_t cell_values(const struct report_data *d, const struct cell *c, const char *name, double *values);

/* All operations that S counted, outside its window too; NAN when it has not said. */
double sample_operations(const struct sample *s);

/* Did anything of this workload run or stand in the plan? */
bool data_has_workload(const struct report_data *d, const char *name);

/* Append a gap unless the same cell is there already; takes interned strings. */
void gaps_add(struct gaps *gaps, struct gap gap);

/* Member KEY of the environment as text: "" when it is missing; numbers are printed. */
const char *environment_text(struct report_data *d, const char *key);

/* The sanitizers that the programs were built with; "" = none. */
const char *environment_sanitizer(struct report_data *d);

#endif
