/* SPDX-License-Identifier: MIT */
/* environment.json: the machine, the build and the request behind a run. */
#ifndef AB_MACHINE_H
#define AB_MACHINE_H

#include <jansson.h>
#include <stddef.h>

/*
 * One flat object; a value that this machine does not tell is null. Nothing in it names a host, a user, an
 * address, a serial or a path.
 *
 *   schema 1, suite "0.1.0", label "TEXT" or ""
 *   the request:  command ["asyncbench", "run", ...], profile, only, runtimes_asked, set [..],
 *                 rounds_asked (null = the profile's), seed "7", server_cpus_asked, load_cpus_asked,
 *                 reference "epoll" or "", common_params "stall_ms=1000;warmup_ms=10;window_ms=50"
 *   the machine:  cpu_model, architecture, cores, nodes, cpus_allowed "0-1", quota_cores 1.5, memory_bytes,
 *                 virtualisation, kernel "6.1.0"
 *   its state:    kernel_version, mitigations {"meltdown": "..."}, limits {"nofile": [soft, hard]},
 *                 cgroup_version, cgroup_memory_bytes, cgroup_pids, seccomp, governor, turbo,
 *                 clock_source, smt, transparent_hugepage, aslr, io_uring_disabled, libc
 *   the build:    compiler, flags, sanitize, git_commit, git_dirty
 *   placement:    server_cpus "0-1", load_cpus, driver_cpus, shared_cores true, placement_note
 *   executables   {"asyncbench": "crc32c:bytes", "asyncbench-epoll": ...}
 *   runtimes      the rows as `describe` tells them (protocol.h); a row that is not built has runtime,
 *                 available, reason and remedy only
 *   styles        {"epoll": "#0072B2 7"}: a colour and a gnuplot point type
 *   left_out      [{"runtime", "workload", "variant", "params", "reason"}]: combinations of parameters that a
 *                 workload excludes
 */

/* The machine, read below ROOT ("" = this machine): what has to be equal for a run to be resumed. */
json_t *machine_identity(const char *root);

/* Its state, read below ROOT: what may change during a run, and is told when it did. */
json_t *machine_state(const char *root);

/* The build; the git state is that of DIRECTORY, null where there is none. */
json_t *machine_build(const char *directory);

/* The checksum and size of the file PATH as "crc32c:bytes", null when it cannot be read. */
json_t *machine_file_hash(const char *path);

/* The names of BEFORE's members that are different in AFTER, as "a, b"; empty when none is. */
void machine_differences(const json_t *before, const json_t *after, char *names, size_t bytes);

#endif
