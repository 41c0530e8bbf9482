/* SPDX-License-Identifier: MIT */
/* A histogram record against itself and against the buckets of hist.h. */
#include "tests/exe/exe.h"

#include "harness/hist.h"

/* The numbers of the record, and what its buckets come to. */
struct tables {
        long long digits, count, min, max, sum, overflow;
        struct hist hist; /* its counters' edges; its counts stay empty */
        unsigned long long in_buckets, low_sum, high_sum;
        long long first, last; /* indexes; -1: no bucket */
};

static bool read_numbers(struct tables *t, json_t *histogram, char *why)
{
        json_int_t digits, count, min, max, sum, overflow;

        if (json_unpack(histogram, "{s:I, s:I, s:I, s:I, s:I, s:I}", "significant_digits", &digits, "count",
                        &count, "min", &min, "max", &max, "sum", &sum, "overflow", &overflow) < 0)
                return why_not(why, "it has no significant_digits, count, min, max, sum or overflow");
        *t = (struct tables){ .digits = digits,
                              .count = count,
                              .min = min,
                              .max = max,
                              .sum = sum,
                              .overflow = overflow,
                              .first = -1,
                              .last = -1 };
        if (count < 0 || min < 0 || max < min || sum < 0 || overflow < 0)
                return why_not(why, "a number is negative, or min %lld above max %lld", t->min, t->max);
        if (digits != 2 && digits != 3)
                return why_not(why, "significant_digits is %lld, not 2 or 3", t->digits);
        return hist_init(&t->hist, (unsigned)digits) == 0 || why_not(why, "out of memory");
}

static bool add_bucket(struct tables *t, json_t *bucket, char *why)
{
        json_int_t index = 0, count = 0;

        if (json_unpack(bucket, "[I, I!]", &index, &count) < 0 || count <= 0)
                return why_not(why, "a bucket is no [index, count]");
        if (index <= t->last)
                return why_not(why, "index %lld comes after %lld", (long long)index, t->last);
        if ((size_t)index >= t->hist.length)
                return why_not(why, "index %lld is beyond the last one, %zu", (long long)index,
                               t->hist.length - 1);
        if (t->first < 0)
                t->first = index;
        t->last = index;
        t->in_buckets += (unsigned long long)count;
        t->low_sum += (unsigned long long)count * hist_lowest(&t->hist, (size_t)index);
        t->high_sum += (unsigned long long)count * hist_highest(&t->hist, (size_t)index);
        return true;
}

static bool is_inside(const struct tables *t, long long value, long long index)
{
        return index >= 0 && (unsigned long long)value >= hist_lowest(&t->hist, (size_t)index) &&
               (unsigned long long)value <= hist_highest(&t->hist, (size_t)index);
}

/* The exact numbers beside the buckets. What is above the range has no bucket to compare with. */
static bool edges_hold(const struct tables *t, char *why)
{
        if (t->in_buckets + (unsigned long long)t->overflow != (unsigned long long)t->count)
                return why_not(why, "count is %lld, its buckets hold %llu and overflow is %lld", t->count,
                               t->in_buckets, t->overflow);
        if (t->overflow || !t->count)
                return true;
        if (!is_inside(t, t->min, t->first) || !is_inside(t, t->max, t->last))
                return why_not(why, "min %lld is not in the first bucket, or max %lld not in the last one",
                               t->min, t->max);
        if ((unsigned long long)t->sum < t->low_sum || (unsigned long long)t->sum > t->high_sum)
                return why_not(why, "sum is %lld; its buckets hold %llu to %llu", t->sum, t->low_sum,
                               t->high_sum);
        return true;
}

bool histogram_holds(json_t *histogram, char *why)
{
        struct tables t = { 0 };
        json_t *bucket;
        size_t i;
        bool good = read_numbers(&t, histogram, why);

        json_array_foreach(json_object_get(histogram, "buckets"), i, bucket)
        {
                good = good && add_bucket(&t, bucket, why);
        }
        good = good && edges_hold(&t, why);
        hist_free(&t.hist);
        return good;
}
