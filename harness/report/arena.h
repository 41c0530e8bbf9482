/* SPDX-License-Identifier: MIT */
/* Memory of one report: handed out in pieces, freed at once; equal strings are stored once. */
#ifndef AB_REPORT_ARENA_H
#define AB_REPORT_ARENA_H

#include <stddef.h>

struct arena {
        struct arena_chunk *chunks;
        const char **table; /* interned strings by hash; NULL = free slot */
        size_t slots, used;
};

/* BYTES of zeroed memory, aligned for any type, that lives until arena_free(). Never NULL: without
 * memory the process ends with one line and status 4, the record on disk being complete. */
void *arena_alloc(struct arena *a, size_t bytes);

/* The one copy of TEXT in A: equal texts give equal pointers. NULL gives the empty string. */
const char *arena_intern(struct arena *a, const char *text);

void arena_free(struct arena *a);

/* ITEMS with room for one more of ITEM_BYTES each when COUNT are in use: grown by half, moved by realloc().
 * *capacity is updated; the caller frees. Never NULL, as above. */
void *array_grow(void *items, size_t count, size_t *capacity, size_t item_bytes);

#endif
