/* SPDX-License-Identifier: MIT */
/* Memory of one report: a bump allocator and the table of interned strings over it. */
#include "harness/report/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024, FIRST_SLOTS = 256, FIRST_ITEMS = 16, OUT_OF_MEMORY_EXIT = 4 };

struct arena_chunk {
        struct arena_chunk *next;
        size_t used, bytes;
        alignas(max_align_t) unsigned char data[];
};

static void *must(void *memory)
{
        if (!memory) {
                fputs("asyncbench: out of memory while writing the report; the journal is complete\n",
                      stderr);
                exit(OUT_OF_MEMORY_EXIT);
        }
        return memory;
}

static struct arena_chunk *chunk_new(struct arena *a, size_t bytes)
{
        struct arena_chunk *chunk = must(calloc(1, sizeof(*chunk) + bytes));

        chunk->bytes = bytes;
        chunk->next = a->chunks;
        a->chunks = chunk;
        return chunk;
}

static void *bump(struct arena *a, size_t bytes, size_t align)
{
        struct arena_chunk *chunk = a->chunks;
        size_t at = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;

        if (!chunk || at > chunk->bytes || bytes > chunk->bytes - at) {
                chunk = chunk_new(a, bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
                at = 0;
        }
        chunk->used = at + bytes;
        return chunk->data + at;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
        return bump(a, bytes, alignof(max_align_t));
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash(const char *text)
{
        uint64_t h = 14695981039346656037ull;

        for (; *text; text++)
                h = (h ^ (unsigned char)*text) * 1099511628211ull;
        return h;
}

static const char **slot_of(const char **table, size_t slots, const char *text)
{
        size_t i = hash(text) & (slots - 1);

        while (table[i] && strcmp(table[i], text) != 0)
                i = (i + 1) & (slots - 1);
        return &table[i];
}

static void table_grow(struct arena *a)
{
        size_t slots = a->slots ? a->slots * 2 : FIRST_SLOTS;
        const char **table = must(calloc(slots, sizeof(*table)));

        for (size_t i = 0; i < a->slots; i++)
                if (a->table[i])
                        *slot_of(table, slots, a->table[i]) = a->table[i];
        free(a->table);
        a->table = table;
        a->slots = slots;
}

const char *arena_intern(struct arena *a, const char *text)
{
        const char **slot;
        size_t bytes;
        char *copy;

        if (!text)
                text = "";
        if (a->used * 2 >= a->slots)
                table_grow(a);
        slot = slot_of(a->table, a->slots, text);
        if (*slot)
                return *slot;
        bytes = strlen(text) + 1;
        copy = bump(a, bytes, 1);
        memcpy(copy, text, bytes);
        a->used++;
        return *slot = copy;
}

void arena_free(struct arena *a)
{
        while (a->chunks) {
                struct arena_chunk *next = a->chunks->next;

                free(a->chunks);
                a->chunks = next;
        }
        free(a->table);
        *a = (struct arena){ 0 };
}

void *array_grow(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
        if (count < *capacity)
                return items;
        *capacity = *capacity ? *capacity + *capacity / 2 : FIRST_ITEMS;
        return must(reallocarray(items, *capacity, item_bytes));
}
