/* SPDX-License-Identifier: MIT */
/* Lists of processors as the kernel writes them. */
#include "harness/cpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number at *TEXT, which moves behind it; -1 when there is none or it is too high. */
static long parse_number(const char **text)
{
        char *end;
        long value;

        if (**text < '0' || **text > '9')
                return -1;
        value = strtol(*text, &end, 10);
        *text = end;
        return value < CPU_SETSIZE ? value : -1;
}

bool cpus_parse(const char *text, cpu_set_t *set)
{
        CPU_ZERO(set);
        for (;;) {
                long low = parse_number(&text), high = low;

                if (*text == '-') {
                        text++;
                        high = parse_number(&text);
                }
                if (low < 0 || high < low)
                        return false;
                for (long cpu = low; cpu <= high; cpu++)
                        CPU_SET(cpu, set);
                if (*text != ',')
                        return !*text || strcmp(text, "\n") == 0;
                text++;
        }
}

const char *cpus_format(const cpu_set_t *set, char *text, size_t bytes)
{
        size_t used = 0;

        text[0] = '\0';
        for (int cpu = 0; cpu < CPU_SETSIZE && used < bytes; cpu++) {
                int last = cpu;

                if (!CPU_ISSET(cpu, set))
                        continue;
                while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
                        last++;
                used += (size_t)snprintf(text + used, bytes - used, used ? ",%d" : "%d", cpu);
                if (last > cpu && used < bytes)
                        used += (size_t)snprintf(text + used, bytes - used, "-%d", last);
                cpu = last;
        }
        return text;
}

bool cpus_within(const cpu_set_t *a, const cpu_set_t *b)
{
        cpu_set_t both;

        CPU_AND(&both, a, b);
        return CPU_EQUAL(&both, a);
}

bool cpus_meet(const cpu_set_t *a, const cpu_set_t *b)
{
        cpu_set_t both;

        CPU_AND(&both, a, b);
        return CPU_COUNT(&both) > 0;
}

int cpus_first(const cpu_set_t *set)
{
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, set))
                        return cpu;
        return -1;
}
