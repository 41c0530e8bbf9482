/* SPDX-License-Identifier: MIT */
/* Bad words of command lines. */
#include "harness/refusal.h"

#include <stdarg.h>
#include <stdio.h>

#include "harness/nearest.h"

enum { NEAR_BYTES = 1024 };

bool refuse(const char *program, const char *format, ...)
{
        va_list args;

        fprintf(stderr, "asyncbench-%s: ", program);
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
        return false;
}

bool refuse_unknown(const char *program, const char *what, const char *word, const char *const *known,
                    size_t count)
{
        char near[NEAR_BYTES];

        return refuse(program, "unknown %s '%s'%s", what, word,
                      nearest_words(word, known, count, near, sizeof(near)));
}
