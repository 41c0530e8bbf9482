/* SPDX-License-Identifier: MIT */
/* The journal: whole lines in, whole lines out, and a checksum that tells a torn line from a good one. */
#include "harness/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What ends every line, with the checksum in place of the x: ,"crc":"xxxxxxxx"} */
static const char tail_start[] = ",\"crc\":\"";
enum { TAIL_BYTES = sizeof(tail_start) - 1 + 8 + 2 };

struct journal {
        int fd;
};

/* Slicing by eight (Kounavis and Berry 2005): table K holds the effect of a byte that is K bytes further from
 * the end. The report of a long run reads hundreds of megabytes. */
enum { CRC_SLICES = 8 };
static unsigned crc_tables[CRC_SLICES][256];

static void crc_tables_fill(void)
{
        for (unsigned i = 0; i < 256; i++) {
                unsigned crc = i;

                for (int bit = 0; bit < 8; bit++)
                        crc = (crc >> 1) ^ (0x82F63B78u & -(crc & 1u));
                crc_tables[0][i] = crc;
        }
        for (unsigned k = 1; k < CRC_SLICES; k++)
                for (unsigned i = 0; i < 256; i++) {
                        unsigned crc = crc_tables[k - 1][i];

                        crc_tables[k][i] = (crc >> 8) ^ crc_tables[0][crc & 0xff];
                }
}

static unsigned crc_eight(unsigned crc, const unsigned char *p)
{
        unsigned next = 0;

        for (unsigned i = 0; i < CRC_SLICES; i++)
                next ^= crc_tables[CRC_SLICES - 1 - i][i < 4 ? (p[i] ^ (crc >> 8 * i)) & 0xff : p[i]];
        return next;
}

unsigned crc32c(unsigned crc, const void *data, size_t bytes)
{
        const unsigned char *p = data;

        if (!crc_tables[0][1])
                crc_tables_fill();
        crc = ~crc;
        for (; bytes >= CRC_SLICES; bytes -= CRC_SLICES, p += CRC_SLICES)
                crc = crc_eight(crc, p);
        for (size_t i = 0; i < bytes; i++)
                crc = (crc >> 8) ^ crc_tables[0][(crc ^ p[i]) & 0xff];
        return ~crc;
}

/* The name of a new file is durable only once its directory is. */
static int sync_parent(const char *path)
{
        char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
        int fd, rc;

        if (!copy)
                return -1;
        if (slash)
                *slash = '\0';
        fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        free(copy);
        if (fd < 0)
                return -1;
        rc = fsync(fd);
        if (close(fd) < 0)
                rc = -1;
        return rc;
}

struct journal *journal_create(const char *path, bool append)
{
        int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (append ? 0 : O_CREAT | O_EXCL);
        struct journal *j = malloc(sizeof(*j));

        if (!j)
                return NULL;
        j->fd = open(path, flags, 0644);
        if (j->fd < 0 || (!append && sync_parent(path) < 0)) {
                int saved = errno;

                if (j->fd >= 0)
                        close(j->fd);
                free(j);
                errno = saved;
                return NULL;
        }
        return j;
}

/* RECORD as a whole line, newline included; NULL without memory or when RECORD is no object. */
static char *line_of(const json_t *record, size_t *bytes)
{
        char *text = json_dumps(record, JSON_COMPACT), *line;
        size_t length = text ? strlen(text) : 0;

        if (length < 3 || !(line = realloc(text, length + TAIL_BYTES + 1))) {
                free(text);
                return NULL;
        }
        length--; /* the closing brace comes after the checksum */
        snprintf(line + length, TAIL_BYTES + 2, "%s%08x\"}\n", tail_start, crc32c(0, line, length));
        *bytes = length + TAIL_BYTES + 1;
        return line;
}

/* One write; when only a part fits, that part is taken back so that the last line stays whole. */
static int write_line(int fd, const char *line, size_t bytes)
{
        off_t start = lseek(fd, 0, SEEK_END);
        ssize_t n;

        do
                n = write(fd, line, bytes);
        while (n < 0 && errno == EINTR);
        if (n == (ssize_t)bytes)
                return fdatasync(fd) < 0 ? -errno : 0;
        if (n < 0)
                return -errno;
        if (start < 0 || ftruncate(fd, start) < 0)
                return -errno;
        return -ENOSPC;
}

int journal_append(struct journal *j, json_t *record)
{
        size_t bytes = 0;
        char *line = line_of(record, &bytes);
        int rc;

        json_decref(record);
        if (!line)
                return -ENOMEM;
        rc = write_line(j->fd, line, bytes);
        free(line);
        return rc;
}

void journal_close(struct journal *j)
{
        if (!j)
                return;
        close(j->fd);
        free(j);
}

/* Is LINE, without its newline, one that journal_append() wrote? */
static bool line_is_whole(const char *line, size_t bytes)
{
        char want[TAIL_BYTES + 1];

        if (bytes <= TAIL_BYTES)
                return false;
        bytes -= TAIL_BYTES;
        snprintf(want, sizeof(want), "%s%08x\"}", tail_start, crc32c(0, line, bytes));
        return memcmp(line + bytes, want, TAIL_BYTES) == 0;
}

/* The object of LINE, or NULL with what is wrong in *WHY. */
static json_t *line_parse(const char *line, size_t bytes, const char **why)
{
        json_t *record;

        *why = "its checksum is wrong";
        if (!line_is_whole(line, bytes))
                return NULL;
        *why = "it is not a JSON object";
        record = json_loadb(line, bytes, 0, NULL);
        if (record && !json_is_string(json_object_get(record, "record"))) {
                json_decref(record);
                record = NULL;
                *why = "it has no \"record\"";
        }
        return record;
}

static int read_lines(FILE *f, int (*each)(void *arg, const json_t *record), void *arg, long *torn,
                      char *error, size_t error_bytes)
{
        char *line = NULL;
        const char *why = "";
        size_t room = 0, number = 0;
        long at = 0;
        ssize_t n;
        int rc = 0;

        while (rc == 0 && (n = getline(&line, &room, f)) > 0) {
                bool ended = line[n - 1] == '\n';
                json_t *record = ended ? line_parse(line, (size_t)n - 1, &why) : NULL;

                number++;
                if (record) {
                        rc = each(arg, record);
                        json_decref(record);
                } else if (!ended || getc(f) == EOF) {
                        *torn = at;
                        break;
                } else {
                        snprintf(error, error_bytes, "line %zu is damaged: %s", number, why);
                        rc = -1;
                }
                at += n;
        }
        free(line);
        if (rc == 0 && ferror(f)) {
                snprintf(error, error_bytes, "cannot be read: %s", strerror(errno));
                rc = -1;
        }
        return rc;
}

int journal_read(const char *path, int (*each)(void *arg, const json_t *record), void *arg, long *torn,
                 char *error, size_t error_bytes)
{
        FILE *f = fopen(path, "re");
        int rc;

        *torn = -1;
        if (!f) {
                snprintf(error, error_bytes, "cannot be opened: %s", strerror(errno));
                return -1;
        }
        rc = read_lines(f, each, arg, torn, error, error_bytes);
        fclose(f);
        return rc;
}
