/* SPDX-License-Identifier: MIT */
/* environment.json put together, compared, and read back. Its members: machine.h. */
#ifndef AB_ENVIRONMENT_H
#define AB_ENVIRONMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/driver/names.h"
#include "harness/driver/placement.h"
#include "harness/driver/request.h"
#include "harness/driver/selection.h"

/* What a run is made of, while it is planned. */
struct environment_parts {
        const struct request *request; /* with its seed */
        const struct names *names;
        const struct selection *selection;
        const struct placement *placement;
        const char *directory; /* of the executables */
        const char *root;      /* "" or a made-up machine */
};

/* The whole object, or NULL without memory. */
json_t *environment_make(const struct environment_parts *parts);

/* May a run that was begun in THEN go on in NOW? Else one line in ERROR: another binary, machine or seed. */
bool environment_allows(const json_t *then, const json_t *now, char *error, size_t error_bytes);

/* The request that THEN was made from, whose strings it owns: as if it had been typed again. */
void environment_request(const json_t *then, struct request *r);

/* What of the machine has changed since THEN was made: "governor, clock_source", or empty. */
void environment_changes(const json_t *then, const char *root, char *names, size_t bytes);

/* The command that repeats the run, without folders. Returns TEXT. */
const char *environment_command(const struct request *r, char *text, size_t bytes);

#endif
