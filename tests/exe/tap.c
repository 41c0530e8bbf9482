/* SPDX-License-Identifier: MIT */
/* What held and what did not, in lines of the Test Anything Protocol. */
#include "tests/exe/exe.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned asked, broken;

bool why_not(char *why, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(why, WHY_BYTES, format, args);
        va_end(args);
        return false;
}

/* A reason of several lines would end the comment that it stands in. */
static void print_reason(const char *why)
{
        for (; *why; why++)
                putchar(*why == '\n' ? ' ' : *why);
        putchar('\n');
}

bool tap_check(bool ok, const char *subject, const char *rule, const char *why)
{
        asked++;
        printf("%s %u - %s: %s\n", ok ? "ok" : "not ok", asked, subject, rule);
        if (ok)
                return true;
        broken++;
        printf("# ");
        print_reason(why);
        return false;
}

void tap_skip(const char *subject, const char *rule, const char *why)
{
        asked++;
        printf("ok %u - %s: %s # SKIP ", asked, subject, rule);
        print_reason(why);
}

int tap_finish(void)
{
        printf("1..%u\n", asked);
        if (broken)
                printf("# %u of %u do not hold\n", broken, asked);
        return broken > 0 || asked == 0;
}
