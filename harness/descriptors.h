/* SPDX-License-Identifier: MIT */
/* How many descriptors this process may have open. */
#ifndef AB_DESCRIPTORS_H
#define AB_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

/* Raise the soft limit, which is a default, to the hard one. False when *LIMIT, the hard one, is below NEED, or
 * the system refuses. */
bool descriptors_raise(uint64_t need, uint64_t *limit);

#endif
