/* SPDX-License-Identifier: MIT */
/* The histograms of a run on disk: written as the journal is read, found again by sample. */
#ifndef AB_REPORT_SPOOL_H
#define AB_REPORT_SPOOL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/hist.h"

/*
 * A journal may hold gigabytes of histograms, and which of them count is known only at its end, when
 * the last attempt of each group has been seen. They wait in an unlinked file; memory holds 24 bytes each.
 */
struct spool;

/* One histogram; `buckets` counters lie behind it in the file. */
struct spool_entry {
        uint32_t sample, attempt; /* index of the sample; the attempt that recorded it */
        uint32_t digits, buckets;
        const char *name; /* interned */
        uint64_t count, min, max, sum, overflow;
};

struct spool_bucket {
        uint64_t index, count;
};

/* A spool in the folder DIR. NULL with errno. */
struct spool *spool_open(const char *dir);

/* Close it; NULL is allowed. */
void spool_close(struct spool *s);

/* Keep OBJECT, a histogram as in protocol.h, as ENTRY, whose sample, attempt and name are set. 0, -EINVAL when
 * it is no such histogram, or -errno. */
int spool_add(struct spool *s, struct spool_entry entry, const json_t *object);

/* All is in: make it findable. 0 or -errno. */
int spool_seal(struct spool *s);

/* The histograms of sample SAMPLE: their number, and *FIRST, the position of the first. After spool_seal(). */
size_t spool_find(const struct spool *s, uint32_t sample, size_t *first);

/* The histogram at position AT: its entry, and its buckets, valid until the next call. 0 or -errno. */
int spool_get(struct spool *s, size_t at, struct spool_entry *entry, const struct spool_bucket **buckets);

#endif
