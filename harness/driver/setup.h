/* SPDX-License-Identifier: MIT */
/* What stands before the first sample: the executables, the processors, the cells of a request, and the machine
 * for this process alone. */
#ifndef AB_SETUP_H
#define AB_SETUP_H

#include <limits.h>
#include <stddef.h>

#include "harness/driver/names.h"
#include "harness/driver/placement.h"
#include "harness/driver/request.h"
#include "harness/driver/selection.h"
#include "harness/driver/store.h"

struct setup {
        const char *root;         /* AB_SYSROOT: tests show the driver a made-up machine; else "" */
        char directory[PATH_MAX]; /* of the executables */
        struct names names;
        struct placement placement;
        struct selection selection;
};

/* Find everything that R asks for, and give R a seed if it has none. Nothing is started but what describes itself,
 * nothing is taken. False, with one line in ERROR, when R is wrong; setup_free() in any case. */
bool setup_make(struct setup *s, struct request *r, char *error, size_t error_bytes);
void setup_free(struct setup *s);

/* Take the machine's lock until the process ends, kill what an earlier session left, and become the subreaper, as
 * samples need it. NONCE is made: this session's. False, with one line in ERROR, when that cannot be. */
bool setup_take_machine(char nonce[STORE_NONCE_BYTES], char *error, size_t error_bytes);

#endif
