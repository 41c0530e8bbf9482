/* SPDX-License-Identifier: MIT */
/* What a write has left over, for servers that give no buffer to a connection before it needs one. */
#ifndef AB_SERVE_REST_H
#define AB_SERVE_REST_H

#include <stddef.h>

#include "harness/run.h"

struct serve_rest {
        size_t bytes, sent;
        char data[];
};

/* A copy of BYTES of DATA, none of it sent. The caller's to free(); without memory for it the sample fails. */
struct serve_rest *serve_rest_new(struct run *run, const char *data, size_t bytes);

#endif
