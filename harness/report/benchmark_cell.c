/* SPDX-License-Identifier: MIT */
/* Names and CPU time as Google Benchmark has them. */
#include "harness/report/benchmark_cell.h"

#include <stdio.h>

char *benchmark_name(char name[BENCHMARK_NAME_BYTES], const char *workload, const char *variant,
                     const char *runtime, const char *params)
{
        snprintf(name, BENCHMARK_NAME_BYTES, "%s/%s/%s%s%s", workload, variant, runtime, *params ? "/" : "",
                 params);
        for (char *at = name; *at; at++)
                if (*at == ';')
                        *at = '/';
        return name;
}

double benchmark_cpu_time(double cpu_ns, double operations, double real_ns)
{
        return cpu_ns > 0 && operations > 0 ? cpu_ns / operations : real_ns;
}
