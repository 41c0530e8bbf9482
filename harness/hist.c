/* SPDX-License-Identifier: MIT */
/* The histogram of hist.h: everything off the recording path. */
#include "harness/hist.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Half the sub-buckets is the power of two at or above 10^digits: 128 and 1024. */
static unsigned half_bits_of(unsigned digits)
{
        return digits == 2 ? 7 : 10;
}

int hist_init(struct hist *h, unsigned digits)
{
        *h = (struct hist){ .min = UINT64_MAX };
        if (digits != 2 && digits != 3)
                return -EINVAL;
        h->digits = digits;
        h->half_bits = half_bits_of(digits);
        /* Whole buckets, so that the edges of the last one are those of any other. */
        h->length = ((hist_index(h, HIST_MAX_NS) >> h->half_bits) + 1) << h->half_bits;
        h->counts = calloc(h->length, sizeof(*h->counts));
        return h->counts ? 0 : -ENOMEM;
}

void hist_free(struct hist *h)
{
        free(h->counts);
        h->counts = NULL;
}

void hist_reset(struct hist *h)
{
        h->count = h->overflow = h->max = h->sum = 0;
        h->min = UINT64_MAX;
        memset(h->counts, 0, h->length * sizeof(*h->counts));
}

uint64_t hist_lowest(const struct hist *h, size_t index)
{
        uint64_t half = 1ull << h->half_bits;
        uint64_t sub = index & (half - 1);
        size_t bucket = index >> h->half_bits;

        /* The first bucket is the only one whose lower half is used: there index and value are the same. */
        return bucket == 0 ? sub : (half + sub) << (bucket - 1);
}

uint64_t hist_highest(const struct hist *h, size_t index)
{
        return hist_lowest(h, index + 1) - 1;
}

int hist_add(struct hist *into, const struct hist *from)
{
        if (into->digits != from->digits)
                return -EINVAL;
        for (size_t i = 0; i < into->length; i++)
                into->counts[i] += from->counts[i];
        into->count += from->count;
        into->overflow += from->overflow;
        into->sum += from->sum;
        if (from->min < into->min)
                into->min = from->min;
        if (from->max > into->max)
                into->max = from->max;
        return 0;
}

/* ceil(q * count) in 1..count. The product is rounded: 0.07 * 100 is a little above 7 and would give 8
 * without the slack, which is far smaller than any step between two ranks. */
static uint64_t nearest_rank(double q, uint64_t count)
{
        double rank = ceil(q * (double)count * (1 - 4 * DBL_EPSILON));

        if (!(rank > 1))
                return 1;
        return rank < (double)count ? (uint64_t)rank : count;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
        uint64_t rank = nearest_rank(q, h->count), seen = 0;

        if (h->count == 0)
                return 0;
        for (size_t i = 0; i < h->length; i++) {
                seen += h->counts[i];
                if (seen >= rank) {
                        uint64_t edge = hist_highest(h, i);

                        return edge < h->max ? edge : h->max;
                }
        }
        return h->max;
}
