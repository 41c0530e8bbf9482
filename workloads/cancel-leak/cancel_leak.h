/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `cancel-leak` share: a sample, its children, and what raises and lowers the counter. */
#ifndef AB_CANCEL_LEAK_H
#define AB_CANCEL_LEAK_H

#include <semaphore.h>

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

enum { LEAK_LOOK_NS = 1000000 }; /* the parent's and the tickers' period */

struct leak_sample;

/* Works under a timeout, or ticks until it is ended. */
struct leak_child {
        struct task task;
        struct leak_sample *sample;
        struct tally *tally; /* its ticks; or its end, as its guardian sees it */
        struct waiter start;
        struct timer timer;
        struct signal ended;
        enum { CHILD_START, CHILD_WORK, CHILD_END } at;
        bool outlives; /* its timeout, as planned */
        bool worked;   /* came to its end by itself */
        uint64_t begun_ns;
        uint64_t raised, lowered, cleanups;
        _Atomic uint64_t ticks;
        uint64_t ticks_seen; /* when the parent began to watch */
};

/* The timeout of a child: waits for the first of the child's end and a sleep. */
struct leak_guardian {
        struct task task;
        struct leak_child *child;
        struct waiter start, ended;
        struct timer timeout;
        struct select select;
        enum { GUARDIAN_START, GUARDIAN_SELECT, GUARDIAN_CANCELLED, GUARDIAN_END } at;
        bool found_lowered; /* when it went on */
};

/* Spawns the children, and waits for what becomes of them. */
struct leak_parent {
        struct task task;
        struct leak_sample *sample;
        struct timer timer;
        struct waiter ended;
        enum { PARENT_SPAWN, PARENT_LOOK, PARENT_JOIN, PARENT_WATCH, PARENT_END } at;
        unsigned joined;
        uint64_t since_ns; /* when it began to wait without hope, or to watch; 0 = not yet */
};

/* Opens and closes a section over and over: what the guard costs. */
struct leak_section {
        struct task task;
        struct leak_sample *sample;
        struct tally *tally;
        struct waiter start;
        _Atomic uint64_t counter; /* the section's own */
        uint64_t random;          /* of its work */
};

/* How a variant is made of the parts. */
struct leak_form {
        const char *variant, *other; /* other: the one it is compared with, for MUTANT("other-variant") */
        unsigned flags;              /* enum leak_form_flag */
};

enum leak_form_flag {
        FORM_GUARDED = 1,       /* clean-up when it is cancelled */
        FORM_RAISES_INSIDE = 2, /* the counter is raised by the task itself, and one worker runs all */
        FORM_SECTIONS = 4,      /* a window follows, in which sections are priced */
        FORM_HANDLES = 8,       /* children tick; no timeouts */
        FORM_ABORTS = 16,       /* ... and are cancelled and joined, not forgotten */
        FORM_PANICS = 32,       /* those that would outlive their timeout panic */
};

struct leak_sample {
        struct run *run;
        unsigned flags; /* of the form */
        unsigned count; /* children */
        uint64_t timeout_ns, wait_ns;
        struct leak_child *children;
        struct leak_guardian *guardians;
        struct leak_parent parent;
        struct leak_section section;
        struct signal spawned;            /* the children begin */
        struct signal over;               /* the sections begin */
        sem_t window;                     /* ... and the window */
        _Atomic uint64_t counter;         /* what is raised and lowered */
        _Atomic uint64_t lowered;         /* how often it was */
        _Atomic unsigned guardians_ended; /* that went on after their child's end */
        _Atomic bool stop;                /* tickers end */
        uint64_t parent_returned, unfinished_at_return;
        uint64_t alive, ticks_grown;
        struct crew_counts crew;
};

/* children.c */
void leak_children_make(struct leak_sample *s, struct tally *tallies);
void leak_children_free(struct leak_sample *s);
void leak_children_spawn(struct leak_sample *s, struct crew *crew);

/* The parent's: raise the counter for each child and let them begin. */
void leak_spawn(struct leak_parent *p);

/* A child's: has it begun? It suspends where not. Is it over? The counter is lowered then. */
bool leak_child_begins(struct leak_child *c);
enum step leak_child_ends(struct leak_child *c);

/* parent.c */
enum step leak_step_parent(struct task *task);
enum step leak_parent_sleeps(struct leak_parent *p);
enum step leak_parent_ends(struct leak_parent *p);

/* handles.c */
enum step leak_step_ticker(struct task *task);
enum step leak_step_parent_of_handles(struct task *task);

/* section.c */
enum step leak_step_section(struct task *task);

#endif
