/* SPDX-License-Identifier: MIT */
/* Small reads of /proc and /sys. */
#include "harness/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_path(const char *path, char *text, size_t bytes)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t used = 0;
        ssize_t n = -1;

        text[0] = '\0';
        if (fd < 0)
                return false;
        while (used < bytes - 1 && (n = read(fd, text + used, bytes - 1 - used)) > 0)
                used += (size_t)n;
        close(fd);
        text[used] = '\0';
        return n >= 0;
}

static bool read_below(char *text, size_t bytes, const char *root, const char *format, va_list args)
        __attribute__((format(printf, 4, 0)));

static bool read_below(char *text, size_t bytes, const char *root, const char *format, va_list args)
{
        char path[PATH_MAX];
        int at = snprintf(path, sizeof(path), "%s", root);

        text[0] = '\0';
        if (at < 0 || (size_t)at >= sizeof(path))
                return false;
        vsnprintf(path + at, sizeof(path) - (size_t)at, format, args);
        return read_path(path, text, bytes);
}

bool sysfile_read(char *text, size_t bytes, const char *root, const char *format, ...)
{
        va_list args;
        bool ok;

        va_start(args, format);
        ok = read_below(text, bytes, root, format, args);
        va_end(args);
        return ok;
}

bool sysfile_line(char *text, size_t bytes, const char *root, const char *format, ...)
{
        va_list args;
        bool ok;

        va_start(args, format);
        ok = read_below(text, bytes, root, format, args);
        va_end(args);
        text[strcspn(text, "\n")] = '\0';
        return ok && text[0];
}

static const char *next_line(const char *line)
{
        const char *end = strchr(line, '\n');

        return end ? end + 1 : NULL;
}

bool sysfile_field(const char *text, const char *name, uint64_t *value)
{
        size_t length = strlen(name);

        for (const char *line = text; line; line = next_line(line)) {
                const char *rest = line + length;

                if (strncmp(line, name, length) != 0 || !strspn(rest, " \t:"))
                        continue;
                rest += strspn(rest, " \t:");
                *value = strtoull(rest, NULL, 10);
                return *rest >= '0' && *rest <= '9';
        }
        return false;
}

/* Is CONTROLLER among the comma list in LIST? */
static bool lists(const char *list, const char *controller)
{
        size_t length = strlen(controller);

        for (const char *word = list; word; word = strchr(word, ','), word += word != NULL)
                if (strncmp(word, controller, length) == 0 && (!word[length] || word[length] == ','))
                        return true;
        return false;
}

/* The mount point is seen from inside a container as its own root, so that the path of the process below
 * it may not exist there: then the mount point itself is the cgroup. */
static void prefer_existing(const char *root, char *path, size_t bytes, const char *mount)
{
        char full[PATH_MAX];

        snprintf(full, sizeof(full), "%s%s", root, path);
        if (access(full, F_OK) < 0)
                snprintf(path, bytes, "%s", mount);
}

int sysfile_cgroup(const char *root, const char *controller, char *path, size_t bytes)
{
        char text[8192], *save = NULL, mount[64];
        int version = 0;

        if (!sysfile_read(text, sizeof(text), root, "/proc/self/cgroup"))
                return 0;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;

                if (!group)
                        continue;
                *group++ = '\0';
                names++;
                if (lists(names, controller)) {
                        snprintf(mount, sizeof(mount), "/sys/fs/cgroup/%s", controller);
                        snprintf(path, bytes, "%s%s", mount, group);
                        prefer_existing(root, path, bytes, mount);
                        return 1;
                }
                if (!*names && !version) {
                        snprintf(path, bytes, "/sys/fs/cgroup%s", group);
                        prefer_existing(root, path, bytes, "/sys/fs/cgroup");
                        version = 2;
                }
        }
        return version;
}
