/* SPDX-License-Identifier: MIT */
/* `asyncbench list`: every workload, variant and row, and why a cell is absent. */
#ifndef AB_LIST_H
#define AB_LIST_H

#include <stdbool.h>

#include "harness/driver/names.h"

/* Print on standard output, as JSON or for people; ABSENT_ONLY = only cells that do not exist here. False
 * when it could not be written. */
bool list_print(const struct names *names, bool json, bool absent_only);

#endif
