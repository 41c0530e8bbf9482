/* SPDX-License-Identifier: MIT */
/* Which tool says something about which mistake: what scripts/who-catches.sh found, for the record of a run. */
#ifndef AB_CATCHES_H
#define AB_CATCHES_H

#include <jansson.h>

/* DIRECTORY/who-catches.csv as {"WORKLOAD/VARIANT": {"LANGUAGE": {"TOOL": "VERDICT"}}}; empty where there is none, and
 * without the lines that have not five fields. To be freed by the caller. */
json_t *catches_load(const char *directory);

#endif
