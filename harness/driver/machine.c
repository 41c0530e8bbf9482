/* SPDX-License-Identifier: MIT */
/* environment.json: reads what a reader of results has to know of the machine. */
#include "harness/driver/machine.h"

#include <dirent.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "harness/cpus.h"
#include "harness/driver/capture.h"
#include "harness/driver/placement.h"
#include "harness/journal.h"
#include "harness/sysfile.h"

enum { TEXT_BYTES = 16 * 1024 };

static void set_text(json_t *object, const char *name, const char *text)
{
        json_object_set_new(object, name, text && *text ? json_string(text) : json_null());
}

static void set_line(json_t *object, const char *name, const char *root, const char *path)
{
        char line[512];

        set_text(object, name, sysfile_line(line, sizeof(line), root, "%s", path) ? line : NULL);
}

/* The value of the first line "NAME : value" in TEXT. */
static const char *colon_value(const char *text, const char *name, char *value, size_t bytes)
{
        const char *line = text;
        size_t length = strlen(name);

        for (; line; line = strchr(line, '\n'), line += line != NULL)
                if (strncmp(line, name, length) == 0 && strspn(line + length, " \t:"))
                        break;
        if (!line)
                return NULL;
        line += length + strspn(line + length, " \t:");
        snprintf(value, bytes, "%.*s", (int)strcspn(line, "\n"), line);
        return value;
}

/* A guest says so in its CPU flags; which kind, where the firmware names it. */
static void set_virtualisation(json_t *object, const char *root, const char *cpuinfo)
{
        char vendor[128], flags[8192];
        bool guest = colon_value(cpuinfo, "flags", flags, sizeof(flags)) && strstr(flags, " hypervisor");
        bool named = sysfile_line(vendor, sizeof(vendor), root, "/sys/class/dmi/id/sys_vendor");

        if (guest)
                set_text(object, "virtualisation", named ? vendor : "virtual machine");
        else
                set_text(object, "virtualisation", *cpuinfo ? "none" : NULL);
}

static void set_placement_limits(json_t *object, const char *root)
{
        struct placement p;
        char list[4096], error[256];
        cpu_set_t allowed;
        double quota;

        placement_limits(root, &allowed, &quota);
        placement_make(&p, root, &allowed, quota, NULL, NULL, error, sizeof(error));
        json_object_set_new(object, "cores", json_integer(p.cores));
        json_object_set_new(object, "nodes", json_integer(p.nodes));
        set_text(object, "cpus_allowed", cpus_format(&allowed, list, sizeof(list)));
        json_object_set_new(object, "quota_cores", quota > 0 ? json_real(quota) : json_null());
}

json_t *machine_identity(const char *root)
{
        json_t *object = json_object();
        char *text = malloc(TEXT_BYTES), model[256];
        struct utsname uts;
        uint64_t memory_kib;

        if (!text) {
                json_decref(object);
                return NULL;
        }
        uname(&uts);
        sysfile_read(text, TEXT_BYTES, root, "/proc/cpuinfo");
        set_text(object, "cpu_model", colon_value(text, "model name", model, sizeof(model)));
        set_text(object, "architecture", uts.machine);
        set_virtualisation(object, root, text);
        set_placement_limits(object, root);
        sysfile_read(text, TEXT_BYTES, root, "/proc/meminfo");
        json_object_set_new(object, "memory_bytes",
                            sysfile_field(text, "MemTotal", &memory_kib)
                                    ? json_integer((json_int_t)memory_kib * 1024)
                                    : json_null());
        set_text(object, "kernel", uts.release);
        free(text);
        return object;
}

static json_t *read_mitigations(const char *root)
{
        char path[PATH_MAX];
        json_t *object = json_object();
        DIR *dir;

        snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/vulnerabilities", root);
        if (!(dir = opendir(path)))
                return object;
        for (struct dirent *entry; (entry = readdir(dir));)
                if (entry->d_name[0] != '.') {
                        snprintf(path, sizeof(path), "/sys/devices/system/cpu/vulnerabilities/%s",
                                 entry->d_name);
                        set_line(object, entry->d_name, root, path);
                }
        closedir(dir);
        return object;
}

static json_t *limit_value(rlim_t value)
{
        return value == RLIM_INFINITY ? json_null() : json_integer((json_int_t)value);
}

static json_t *read_limits(void)
{
        static const struct {
                const char *name;
                __rlimit_resource_t resource;
        } limits[] = {
                { "nofile", RLIMIT_NOFILE }, { "nproc", RLIMIT_NPROC }, { "memlock", RLIMIT_MEMLOCK },
                { "stack", RLIMIT_STACK },   { "as", RLIMIT_AS },       { "core", RLIMIT_CORE },
                { "rtprio", RLIMIT_RTPRIO },
        };
        json_t *object = json_object();

        for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
                struct rlimit limit = { 0 };

                getrlimit(limits[i].resource, &limit);
                json_object_set_new(
                        object, limits[i].name,
                        json_pack("[o, o]", limit_value(limit.rlim_cur), limit_value(limit.rlim_max)));
        }
        return object;
}

/* A limit of this process's cgroup, null where there is none; the path itself is nobody's business. */
static void set_cgroup_limit(json_t *object, const char *name, const char *root, const char *controller,
                             const char *file_v1, const char *file_v2)
{
        char path[PATH_MAX], text[64], *end;
        int version = sysfile_cgroup(root, controller, path, sizeof(path));
        unsigned long long value = 0;
        bool known = version &&
                     sysfile_line(text, sizeof(text), root, "%s/%s", path, version == 1 ? file_v1 : file_v2);

        if (known) {
                value = strtoull(text, &end, 10);
                known = !*end && value < LLONG_MAX / 2;
        }
        json_object_set_new(object, name, known ? json_integer((json_int_t)value) : json_null());
}

static void set_cgroup(json_t *object, const char *root)
{
        char path[PATH_MAX];
        int version = sysfile_cgroup(root, "memory", path, sizeof(path));

        json_object_set_new(object, "cgroup_version", version ? json_integer(version) : json_null());
        set_cgroup_limit(object, "cgroup_memory_bytes", root, "memory", "memory.limit_in_bytes",
                         "memory.max");
        set_cgroup_limit(object, "cgroup_pids", root, "pids", "pids.max", "pids.max");
}

static const char *seccomp_word(const char *root)
{
        static const char *const words[] = { "none", "strict", "filter" };
        char text[8192];
        uint64_t mode;

        sysfile_read(text, sizeof(text), root, "/proc/self/status");
        return sysfile_field(text, "Seccomp", &mode) && mode < 3 ? words[mode] : NULL;
}

json_t *machine_state(const char *root)
{
        json_t *object = json_object();
        struct utsname uts;

        uname(&uts);
        set_text(object, "kernel_version", uts.version);
        json_object_set_new(object, "mitigations", read_mitigations(root));
        json_object_set_new(object, "limits", read_limits());
        set_cgroup(object, root);
        set_text(object, "seccomp", seccomp_word(root));
        set_line(object, "governor", root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
        set_line(object, "turbo", root, "/sys/devices/system/cpu/intel_pstate/no_turbo");
        set_line(object, "clock_source", root,
                 "/sys/devices/system/clocksource/clocksource0/current_clocksource");
        set_line(object, "smt", root, "/sys/devices/system/cpu/smt/control");
        set_line(object, "transparent_hugepage", root, "/sys/kernel/mm/transparent_hugepage/enabled");
        set_line(object, "aslr", root, "/proc/sys/kernel/randomize_va_space");
        set_line(object, "io_uring_disabled", root, "/proc/sys/kernel/io_uring_disabled");
        set_text(object, "libc", gnu_get_libc_version());
        return object;
}

static json_t *git_says(const char *directory, const char *const *words, bool *told)
{
        char *argv[8] = { (char *)"git", (char *)"-C", (char *)directory }, *text, error[128];
        size_t n = 3;
        json_t *answer;

        while (*words)
                argv[n++] = (char *)*words++;
        argv[n] = NULL;
        *told = capture_run(argv, 1024 * 1024, 5000, &text, error, sizeof(error)) == 0;
        if (*told)
                text[strcspn(text, "\n")] = '\0';
        answer = *told ? json_string(text) : json_null();
        free(text);
        return answer;
}

json_t *machine_build(const char *directory)
{
        static const char *const head[] = { "rev-parse", "HEAD", NULL };
        static const char *const changes[] = { "status", "--porcelain", NULL };
        bool told;
        json_t *commit = git_says(directory, head, &told), *changed;

        changed = git_says(directory, changes, &told);
        json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:o}", "compiler", AB_COMPILER, "flags", AB_FLAGS,
                                   "sanitize", AB_SANITIZE, "git_commit", commit, "git_dirty",
                                   told ? json_boolean(*json_string_value(changed)) : json_null());

        json_decref(changed);
        return object;
}

json_t *machine_file_hash(const char *path)
{
        FILE *f = fopen(path, "re");
        char block[16384], text[64];
        unsigned long long bytes = 0;
        unsigned crc = 0;
        bool failed;

        if (!f)
                return json_null();
        for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0; bytes += n)
                crc = crc32c(crc, block, n);
        failed = ferror(f);
        fclose(f);
        snprintf(text, sizeof(text), "%08x:%llu", crc, bytes);
        return failed ? json_null() : json_string(text);
}

void machine_differences(const json_t *before, const json_t *after, char *names, size_t bytes)
{
        const char *name;
        json_t *value;
        size_t used = 0;

        names[0] = '\0';
        json_object_foreach((json_t *)before, name,
                            value) if (!json_equal(value, json_object_get(after, name)) && used < bytes)
                used += (size_t)snprintf(names + used, bytes - used, "%s%s", used ? ", " : "", name);
}
