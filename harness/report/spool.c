/* SPDX-License-Identifier: MIT */
/* The histograms of a run on disk. */
#include "harness/report/spool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/report/arena.h"

struct place {
        uint32_t sample;
        uint64_t offset;
};

struct spool {
        FILE *file;
        uint64_t end;
        struct place *places; /* in the order of arrival, after spool_seal() by sample */
        size_t n, capacity;
        struct spool_bucket *buckets; /* of the last histogram read or written */
        size_t bucket_capacity;
        size_t lengths[4]; /* counters of a histogram with 2 and 3 digits */
};

static int learn_lengths(struct spool *s)
{
        for (unsigned digits = 2; digits <= 3; digits++) {
                struct hist h;
                int rc = hist_init(&h, digits);

                if (rc != 0)
                        return rc;
                s->lengths[digits] = h.length;
                hist_free(&h);
        }
        return 0;
}

struct spool *spool_open(const char *dir)
{
        struct spool *s = calloc(1, sizeof(*s));
        char path[PATH_MAX];
        int fd, rc;

        if (!s)
                return NULL;
        snprintf(path, sizeof(path), "%s/.histograms-XXXXXX", dir);
        fd = mkstemp(path);
        if (fd < 0)
                goto out;
        unlink(path);
        s->file = fdopen(fd, "w+");
        if (!s->file) {
                rc = errno;
                close(fd);
                errno = rc;
                goto out;
        }
        rc = learn_lengths(s);
        if (rc == 0)
                return s;
        errno = -rc;
out:
        spool_close(s);
        return NULL;
}

void spool_close(struct spool *s)
{
        int saved = errno;

        if (!s)
                return;
        if (s->file)
                fclose(s->file); /* unlinked: what it held is not wanted any more */
        free(s->places);
        free(s->buckets);
        free(s);
        errno = saved;
}

static uint64_t number(const json_t *object, const char *key)
{
        json_int_t value = json_integer_value(json_object_get(object, key));

        return value > 0 ? (uint64_t)value : 0;
}

/* Its buckets, into s->buckets; each index must exist, and they add up to count - overflow. */
static int parse_buckets(struct spool *s, const json_t *object, struct spool_entry *e)
{
        const json_t *list = json_object_get(object, "buckets");
        uint64_t total = 0;
        size_t i;
        json_t *pair;

        json_array_foreach(list, i, pair)
        {
                json_int_t index = json_integer_value(json_array_get(pair, 0));
                json_int_t count = json_integer_value(json_array_get(pair, 1));

                if (index < 0 || (size_t)index >= s->lengths[e->digits] || count <= 0)
                        return -EINVAL;
                s->buckets = array_grow(s->buckets, i, &s->bucket_capacity, sizeof(*s->buckets));
                s->buckets[i] = (struct spool_bucket){ (uint64_t)index, (uint64_t)count };
                total += (uint64_t)count;
        }
        e->buckets = (uint32_t)json_array_size(list);
        return total + e->overflow == e->count ? 0 : -EINVAL;
}

int spool_add(struct spool *s, struct spool_entry e, const json_t *object)
{
        int rc;

        e.digits = (uint32_t)number(object, "significant_digits");
        e.count = number(object, "count");
        e.min = number(object, "min");
        e.max = number(object, "max");
        e.sum = number(object, "sum");
        e.overflow = number(object, "overflow");
        if (e.digits < 2 || e.digits > 3)
                return -EINVAL;
        rc = parse_buckets(s, object, &e);
        if (rc != 0)
                return rc;
        s->places = array_grow(s->places, s->n, &s->capacity, sizeof(*s->places));
        s->places[s->n++] = (struct place){ e.sample, s->end };
        s->end += sizeof(e) + e.buckets * sizeof(*s->buckets);
        if (fwrite(&e, sizeof(e), 1, s->file) != 1 ||
            fwrite(s->buckets, sizeof(*s->buckets), e.buckets, s->file) != e.buckets)
                return errno ? -errno : -EIO;
        return 0;
}

static int compare_places(const void *left, const void *right)
{
        const struct place *a = left, *b = right;

        if (a->sample != b->sample)
                return a->sample < b->sample ? -1 : 1;
        return a->offset < b->offset ? -1 : a->offset > b->offset;
}

int spool_seal(struct spool *s)
{
        if (fflush(s->file) != 0)
                return -errno;
        if (s->n)
                qsort(s->places, s->n, sizeof(*s->places), compare_places);
        return 0;
}

size_t spool_find(const struct spool *s, uint32_t sample, size_t *first)
{
        size_t low = 0, high = s->n, end;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (s->places[middle].sample < sample)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (end = low; end < s->n && s->places[end].sample == sample;)
                end++;
        *first = low;
        return end - low;
}

int spool_get(struct spool *s, size_t at, struct spool_entry *e, const struct spool_bucket **buckets)
{
        if (fseeko(s->file, (off_t)s->places[at].offset, SEEK_SET) != 0)
                return -errno;
        if (fread(e, sizeof(*e), 1, s->file) != 1)
                return errno ? -errno : -EIO;
        while (s->bucket_capacity < e->buckets)
                s->buckets =
                        array_grow(s->buckets, s->bucket_capacity, &s->bucket_capacity, sizeof(*s->buckets));
        if (fread(s->buckets, sizeof(*s->buckets), e->buckets, s->file) != e->buckets)
                return errno ? -errno : -EIO;
        *buckets = s->buckets;
        return 0;
}
