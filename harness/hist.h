/* SPDX-License-Identifier: MIT */
/* A histogram of durations with a fixed relative error.
 *
 * Accuracy: with 3 significant digits a value lies within 1/1024 of its bucket's edge, with 2 within 1/128.
 * Range: 0 ns to HIST_MAX_NS (60 s); what is above is counted in `overflow`, never clamped silently.
 * Memory: 216 KiB with 3 digits, 30 KiB with 2. Recording is a shift, a subtraction and an increment.
 *
 * The bucket arithmetic is that of HdrHistogram (Gil Tene): buckets double in width, each is cut into
 * the same number of equal sub-buckets. With 2048 sub-buckets (3 digits; half = 1024) the first bucket holds
 * 0..2047 exactly, the next 2048..4095 in steps of 2, and so on:
 *
 *      bucket 0      0 ..  2047   step 1    indexes    0 .. 2047
 *      bucket 1   2048 ..  4095   step 2    indexes 2048 .. 3071
 *      bucket 2   4096 ..  8191   step 4    indexes 3072 .. 4095
 */
#ifndef AB_HIST_H
#define AB_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_MAX_NS 60000000000ull

struct hist {
        unsigned digits;          /* 2 or 3 */
        unsigned half_bits;       /* log2 of half the sub-buckets: 7 or 10 */
        size_t length;            /* number of counters */
        uint64_t count, overflow; /* all values; of these above HIST_MAX_NS */
        uint64_t min, max, sum;   /* exact; min is UINT64_MAX while empty */
        uint64_t *counts;
};

/* Make H empty, with counters that hist_free() gives back. DIGITS is 2 or 3. 0, -EINVAL or -ENOMEM. */
int hist_init(struct hist *h, unsigned digits);

/* Also after a failed hist_init(), and twice. */
void hist_free(struct hist *h);

/* Forget all values. */
void hist_reset(struct hist *h);

/* The bucket of NS <= HIST_MAX_NS. */
static inline size_t hist_index(const struct hist *h, uint64_t ns)
{
        unsigned half_bits = h->half_bits;
        uint64_t mask = (2ull << half_bits) - 1;
        unsigned bucket = 63u - (unsigned)__builtin_clzll(ns | mask) - half_bits;
        uint64_t sub = ns >> bucket;

        return (((size_t)bucket + 1) << half_bits) + (size_t)sub - ((size_t)1 << half_bits);
}

/* Add one value. Not thread-safe: one histogram per thread, added up at the end. */
static inline void hist_record(struct hist *h, uint64_t ns)
{
        h->count++;
        h->sum += ns;
        if (ns < h->min)
                h->min = ns;
        if (ns > h->max)
                h->max = ns;
        if (ns > HIST_MAX_NS)
                h->overflow++;
        else
                h->counts[hist_index(h, ns)]++;
}

/* The lowest and the highest value that fall into bucket INDEX < length. */
uint64_t hist_lowest(const struct hist *h, size_t index);
uint64_t hist_highest(const struct hist *h, size_t index);

/* Add FROM to INTO; both must have the same digits. 0 or -EINVAL. */
int hist_add(struct hist *into, const struct hist *from);

/* The value at quantile Q in 0..1 by nearest rank: the upper edge of the bucket that holds the
 * ceil(Q * count)th value, but never above max; 0 when empty; max for a rank in the overflow. */
uint64_t hist_quantile(const struct hist *h, double q);

#endif
