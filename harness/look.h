/* SPDX-License-Identifier: MIT */
/* Looking at the threads of this process through /proc: who sleeps, in which wait, since when. */
#ifndef AB_LOOK_H
#define AB_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Nothing here allocates, locks or uses stdio streams: the threads looked at may hold any lock.
 * Numbers of system calls are those of x86-64 and aarch64 through <sys/syscall.h>.
 */

enum look_state {
        LOOK_GONE,    /* the thread has ended */
        LOOK_UNKNOWN, /* its system call cannot be read here */
        LOOK_RUNNING, /* or ready to run, or stopped */
        LOOK_LOCK,    /* asleep in a futex: a lock, a condition, a join */
        LOOK_LOOP,    /* asleep in what event loops wait in */
        LOOK_OTHER,   /* asleep in another system call, or in none (a page fault) */
};

/* One look at one thread. */
struct look {
        pid_t tid;
        enum look_state state;
        bool timed;         /* LOOK_LOCK, LOOK_LOOP: the wait ends by itself */
        int64_t timeout_ms; /* of a timed LOOK_LOOP, when the call says it in ms; else -1 */
        const char *call;   /* the system call's name; NULL when it has none here */
        long number;        /* its number; -1 in none */
        uint64_t switches;  /* context switches so far, of either kind: did it run since the last look? */
        char name[16];      /* as in ps */
        bool of_ring;       /* a kernel thread of an io_uring (`iou-*`) */
};

/* Into TIDS the threads of this process in the order of their creation. Their number, at most MAX + 1
 * when there are more, or -errno. */
ssize_t look_list(pid_t *tids, size_t max);

/* Look at thread TID of this process. The caller itself is always LOOK_RUNNING. */
void look_at(struct look *look, pid_t tid);

#endif
