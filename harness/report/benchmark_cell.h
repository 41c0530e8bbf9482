/* SPDX-License-Identifier: MIT */
/* What a cell is called and how its CPU time is had where Google Benchmark's words are used: in benchmark.json and by
 * asyncbench-gbench. */
#ifndef AB_REPORT_BENCHMARK_CELL_H
#define AB_REPORT_BENCHMARK_CELL_H

enum { BENCHMARK_NAME_BYTES = 1024 };

/* "WORKLOAD/VARIANT/RUNTIME/param=value/..." from PARAMS, "param=value;...", in its order: the name under which a
 * cell is registered with Google Benchmark, which adds "/manual_time" to it, as benchmark.json does. Returns
 * NAME. */
char *benchmark_name(char name[BENCHMARK_NAME_BYTES], const char *workload, const char *variant,
                     const char *runtime, const char *params);

/* The cpu_time, in ns per operation, of a sample whose whole process, all threads, used CPU_NS for OPERATIONS, which
 * took REAL_NS each. Google Benchmark's tools need a number: where either is unknown (0 or NAN) it is REAL_NS. */
double benchmark_cpu_time(double cpu_ns, double operations, double real_ns);

#endif
