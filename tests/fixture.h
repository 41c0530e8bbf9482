/* SPDX-License-Identifier: MIT */
/* A made-up /proc and /sys for tests: a folder that is removed with all that is in it. */
#ifndef AB_FIXTURE_H
#define AB_FIXTURE_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char fixture_root[64];

static inline int fixture_make(void **state)
{
        (void)state;
        strcpy(fixture_root, "/tmp/made-up-XXXXXX");
        return mkdtemp(fixture_root) ? 0 : -1;
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
        (void)st;
        (void)flag;
        (void)ftw;
        return remove(path);
}

static inline int fixture_remove(void **state)
{
        (void)state;
        return nftw(fixture_root, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Write TEXT as the file PATH below the root, with its folders. */
static inline void fixture_write(const char *text, const char *path, ...)
        __attribute__((format(printf, 2, 3)));

static inline void fixture_write(const char *text, const char *path, ...)
{
        char full[512];
        int at = snprintf(full, sizeof(full), "%s", fixture_root);
        va_list args;
        FILE *f;

        va_start(args, path);
        vsnprintf(full + at, sizeof(full) - (size_t)at, path, args);
        va_end(args);
        for (char *slash = strchr(full + at + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                mkdir(full, 0755);
                *slash = '/';
        }
        f = fopen(full, "w");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0)
                abort();
}

#endif
