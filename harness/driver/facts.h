/* SPDX-License-Identifier: MIT */
/* What scripts found about the sources, from the CSV files beside the executables: for the record of a run. */
#ifndef AB_FACTS_H
#define AB_FACTS_H

#include <jansson.h>

/* The file NAME in DIRECTORY, with lines "WORKLOAD,VARIANT,LANGUAGE,WHAT,VALUE" (in frames.csv a row stands for the
 * language), as {"WORKLOAD/VARIANT": {"LANGUAGE": {"WHAT": "VALUE"}}}; empty where there is none, and without the lines that have not five fields. To be freed by the
 * caller. */
json_t *facts_load(const char *directory, const char *name);

#endif
