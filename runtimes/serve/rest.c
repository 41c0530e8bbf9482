/* SPDX-License-Identifier: MIT */
/* What a write has left over. */
#include "runtimes/serve/rest.h"

#include <stdlib.h>
#include <string.h>

struct serve_rest *serve_rest_new(struct run *run, const char *data, size_t bytes)
{
        struct serve_rest *rest = malloc(sizeof(*rest) + bytes);

        if (!rest)
                run_fail(run, "no memory for %zu bytes of a connection", bytes);
        rest->bytes = bytes;
        rest->sent = 0;
        memcpy(rest->data, data, bytes);
        return rest;
}
