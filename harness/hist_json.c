/* SPDX-License-Identifier: MIT */
/* A histogram as a record of the sample protocol: its buckets that are not empty. */
#include "harness/hist_json.h"

static json_t *buckets_of(const struct hist *h)
{
        json_t *buckets = json_array();

        for (size_t i = 0; i < h->length; i++)
                if (h->counts[i])
                        json_array_append_new(buckets,
                                              json_pack("[I,I]", (json_int_t)i, (json_int_t)h->counts[i]));
        return buckets;
}

json_t *hist_record_json(const char *name, const struct hist *h)
{
        json_int_t min = h->count ? (json_int_t)h->min : 0;

        return json_pack("{s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:I,s:o}", "record", "histogram", "name", name,
                         "significant_digits", (int)h->digits, "count", (json_int_t)h->count, "min", min,
                         "max", (json_int_t)h->max, "sum", (json_int_t)h->sum, "overflow",
                         (json_int_t)h->overflow, "buckets", buckets_of(h));
}
