/* SPDX-License-Identifier: MIT */
/* The files that a report writes: staged, synced, renamed. */
#include "harness/report/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/journal.h"
#include "harness/report/arena.h"
#include "harness/report/text.h"

enum { BUFFER_BYTES = 64 * 1024, FORMAT_BYTES = 4096 };

static int make_folder(const char *path)
{
        return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -errno;
}

static void staged_path(const struct outputs *o, const char *name, char path[PATH_MAX])
{
        snprintf(path, PATH_MAX, "%.3000s/%s", o->staging, name);
}

int outputs_begin(struct outputs *o, const char *dir)
{
        char plots[PATH_MAX];
        int rc;

        *o = (struct outputs){ .dir = dir };
        if (snprintf(o->staging, sizeof(o->staging), "%s/.report.tmp", dir) > 3000)
                return -ENAMETOOLONG;
        rc = make_folder(o->staging);
        if (rc != 0)
                return rc;
        staged_path(o, "plots", plots);
        return make_folder(plots);
}

static struct out *add(struct outputs *o, const char *name)
{
        struct out *f;

        o->files = array_grow(o->files, o->n, &o->capacity, sizeof(*o->files));
        f = &o->files[o->n++];
        *f = (struct out){ .fd = -1 };
        snprintf(f->name, sizeof(f->name), "%s", name);
        return f;
}

struct out *outputs_open(struct outputs *o, const char *name)
{
        struct out *f = add(o, name);
        char path[PATH_MAX];

        staged_path(o, name, path);
        f->buffer = malloc(BUFFER_BYTES);
        f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (f->fd < 0 || !f->buffer)
                f->error = errno;
        return f;
}

static void flush(struct out *f)
{
        size_t done = 0;

        if (!f->error)
                f->crc = crc32c(f->crc, f->buffer, f->used);
        while (!f->error && done < f->used) {
                ssize_t n = write(f->fd, f->buffer + done, f->used - done);

                if (n >= 0)
                        done += (size_t)n;
                else if (errno != EINTR)
                        f->error = errno;
        }
        f->used = 0;
}

int out_close(struct out *f)
{
        flush(f);
        if (!f->error && fsync(f->fd) != 0)
                f->error = errno;
        if (f->fd >= 0 && close(f->fd) != 0 && !f->error)
                f->error = errno;
        f->fd = -1;
        free(f->buffer);
        f->buffer = NULL;
        return -f->error;
}

int outputs_adopt(struct outputs *o, const char *name)
{
        char path[PATH_MAX];
        unsigned crc = 0;
        int fd, rc;

        staged_path(o, name, path);
        rc = file_crc(path, &crc);
        if (rc != 0)
                return rc;
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        rc = fsync(fd) == 0 ? 0 : -errno;
        close(fd); /* only read from: nothing can be lost here */
        if (rc == 0)
                add(o, name)->crc = crc;
        return rc;
}

static int sync_folder(const char *path)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

        if (fd < 0)
                return -errno;
        rc = fsync(fd) == 0 ? 0 : -errno;
        close(fd);
        return rc;
}

void outputs_drop(struct outputs *o, const char *name)
{
        char path[PATH_MAX];

        staged_path(o, name, path);
        unlink(path);
        for (size_t i = o->n; i-- > 0;)
                if (strcmp(o->files[i].name, name) == 0)
                        o->files[i] = o->files[--o->n];
}

int outputs_publish(struct outputs *o)
{
        char from[PATH_MAX], to[PATH_MAX];
        bool plots = false;
        int rc = 0;

        snprintf(to, sizeof(to), "%.3000s/plots", o->dir);
        for (size_t i = 0; i < o->n; i++)
                plots = plots || strncmp(o->files[i].name, "plots/", 6) == 0;
        if (plots)
                rc = make_folder(to);
        for (size_t i = 0; i < o->n && rc == 0; i++) {
                staged_path(o, o->files[i].name, from);
                snprintf(to, sizeof(to), "%.3000s/%s", o->dir, o->files[i].name);
                if (rename(from, to) != 0)
                        rc = -errno;
        }
        if (rc == 0 && plots) {
                snprintf(to, sizeof(to), "%.3000s/plots", o->dir);
                rc = sync_folder(to);
        }
        return rc == 0 ? sync_folder(o->dir) : rc;
}

void outputs_end(struct outputs *o)
{
        char path[PATH_MAX];

        for (size_t i = 0; i < o->n; i++) {
                struct out *f = &o->files[i];

                if (f->fd >= 0)
                        close(f->fd);
                free(f->buffer);
                staged_path(o, f->name, path);
                unlink(path);
        }
        staged_path(o, "plots", path);
        rmdir(path);
        rmdir(o->staging);
        free(o->files);
        *o = (struct outputs){ 0 };
}

void out_bytes(struct out *f, const char *bytes, size_t n)
{
        while (n > 0 && !f->error) {
                size_t part = n < BUFFER_BYTES - f->used ? n : BUFFER_BYTES - f->used;

                memcpy(f->buffer + f->used, bytes, part);
                f->used += part;
                bytes += part;
                n -= part;
                if (f->used == BUFFER_BYTES)
                        flush(f);
        }
}

void out_text(struct out *f, const char *text)
{
        out_bytes(f, text, strlen(text));
}

void out_format(struct out *f, const char *format, ...)
{
        char buf[FORMAT_BYTES];
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(buf, sizeof(buf), format, ap);
        va_end(ap);
        if (n < 0 || n >= FORMAT_BYTES)
                f->error = f->error ? f->error : EOVERFLOW;
        else
                out_bytes(f, buf, (size_t)n);
}

void out_number(struct out *f, double value)
{
        char buf[NUMBER_BYTES];

        if (fabs(value) < 1e15 && value == (double)(long long)value)
                snprintf(buf, sizeof(buf), "%lld", (long long)value);
        else
                number_shortest(buf, value);
        out_text(f, buf);
}

void out_csv(struct out *f, const char *text)
{
        if (!strpbrk(text, ",\"\r\n")) {
                out_text(f, text);
                return;
        }
        out_bytes(f, "\"", 1);
        for (; *text; text++) {
                if (*text == '"')
                        out_bytes(f, "\"", 1);
                out_bytes(f, text, 1);
        }
        out_bytes(f, "\"", 1);
}

struct out out_scratch(void)
{
        struct out scratch = { .name = "", .fd = -1, .buffer = malloc(BUFFER_BYTES) };

        scratch.error = scratch.buffer ? 0 : ENOMEM;
        return scratch;
}

void out_scratch_free(struct out *scratch)
{
        free(scratch->buffer);
        scratch->buffer = NULL;
}

int file_crc(const char *path, unsigned *crc)
{
        char buf[16 * 1024];
        int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
        ssize_t n;

        if (fd < 0)
                return -errno;
        *crc = 0;
        while ((n = read(fd, buf, sizeof(buf))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        rc = -errno;
                        break;
                }
                *crc = crc32c(*crc, buf, (size_t)n);
        }
        close(fd);
        return rc;
}
