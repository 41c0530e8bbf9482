/* SPDX-License-Identifier: MIT */
/* The files that a report writes: all beside their places first, then renamed together. */
#ifndef AB_REPORT_OUTPUTS_H
#define AB_REPORT_OUTPUTS_H

#include <stddef.h>

/* One file on its way: a buffer, its checksum, the first error. */
struct out {
        char name[96]; /* below the run's folder: "samples.csv", "plots/mutex-1.svg" */
        int fd;
        int error; /* 0 or errno: nothing more is written then */
        unsigned crc;
        size_t used;
        char *buffer;
};

struct outputs {
        const char *dir;
        char staging[4096]; /* DIR/.report.tmp, where files wait */
        struct out *files;
        size_t n, capacity;
};

/* Make the staging folder, with plots/ in it, in DIR. 0 or -errno. */
int outputs_begin(struct outputs *o, const char *dir);

/* Open NAME for writing. The pointer is good until the next outputs_open(); errors show in out_close(). */
struct out *outputs_open(struct outputs *o, const char *name);

/* Write the rest, sync, close. 0 or -errno. */
int out_close(struct out *f);

/* Take over the file NAME that another program made in the staging folder. 0 or -errno. */
int outputs_adopt(struct outputs *o, const char *name);

/* Give up the file NAME: it will not be published. */
void outputs_drop(struct outputs *o, const char *name);

/* Rename all files to their places and sync the folders. 0 or -errno. */
int outputs_publish(struct outputs *o);

/* Remove what was not published and the staging folder. */
void outputs_end(struct outputs *o);

/* Append to the file. */
void out_bytes(struct out *f, const char *bytes, size_t n);
void out_text(struct out *f, const char *text);
void out_format(struct out *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append VALUE by shortest round trip; nothing for NAN. */
void out_number(struct out *f, double value);

/* Append TEXT as a CSV field (RFC 4180: quoted when it must be). */
void out_csv(struct out *f, const char *text);

/* A buffer that takes the same calls and is no file: at most 64 KiB, more is EBADF. Freed by out_scratch_free(). */
struct out out_scratch(void);
void out_scratch_free(struct out *scratch);

/* CRC-32C of the file PATH. 0 or -errno. */
int file_crc(const char *path, unsigned *crc);

#endif
