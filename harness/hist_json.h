/* SPDX-License-Identifier: MIT */
/* A histogram as a record of the sample protocol. */
#ifndef AB_HIST_JSON_H
#define AB_HIST_JSON_H

#include <jansson.h>

#include "harness/hist.h"

/* The record of H under NAME, a new reference; NULL without memory. */
json_t *hist_record_json(const char *name, const struct hist *h);

#endif
