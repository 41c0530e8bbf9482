/* SPDX-License-Identifier: MIT */
/* A made-up runtime of one cell, mutex/sync, whose rows misbehave. It shares no code with the suite: all it
 * knows is what harness/protocol.h says, and the parameters of its cell. */
#ifndef AB_STUB_H
#define AB_STUB_H

/* What it was called with. */
extern struct stub {
        int out_fd;
        unsigned warmup_ms, window_ms;
        char directory[4096]; /* of this executable: where rows leave traces for the test */
} stub;

/* A row, and what it does, which returns the exit status. */
struct stub_row {
        const char *name; /* the table ends at NULL */
        int (*run)(void);
};

extern const struct stub_row stub_rows[];

#endif
