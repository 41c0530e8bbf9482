/* SPDX-License-Identifier: MIT */
/* What is said of a bad word on a command line: one line on standard error that names it. */
#ifndef AB_REFUSAL_H
#define AB_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

/* Say so in the name of asyncbench-PROGRAM. False. */
bool refuse(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* WORD is no WHAT ("option", "runtime"): say which of the COUNT KNOWN ones it resembles. False. */
bool refuse_unknown(const char *program, const char *what, const char *word, const char *const *known,
                    size_t count);

#endif
