/* SPDX-License-Identifier: MIT */
/* The sharded map of `map-guard`: a read-write lock per shard, chained buckets, keys that are all there. */
#include <stdlib.h>

#include "workloads/map-guard/map-guard.h"

/* The finaliser of splitmix64: high bits choose the shard, low bits the bucket. */
static uint64_t hash(uint64_t key)
{
        key += 0x9e3779b97f4a7c15u;
        key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
        key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
        return key ^ (key >> 31);
}

unsigned map_shard(const struct map *m, uint64_t key)
{
        return (unsigned)(hash(key) >> 32) & (m->count - 1);
}

static struct map_entry **bucket_of(struct map *m, uint64_t key)
{
        return &m->shards[map_shard(m, key)].buckets[hash(key) % MAP_BUCKETS];
}

static void lock_init(pthread_rwlock_t *lock)
{
        pthread_rwlockattr_t attr;

        pthread_rwlockattr_init(&attr);
        pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_READER_NP);
        pthread_rwlock_init(lock, &attr);
        pthread_rwlockattr_destroy(&attr);
}

void map_init(struct map *m, struct run *run, unsigned shards)
{
        *m = (struct map){ .count = shards };
        m->shards = aligned_alloc(RUN_CACHE_LINE_BYTES, shards * sizeof(*m->shards));
        m->entries = calloc(MAP_KEYS, sizeof(*m->entries));
        if (!m->shards || !m->entries)
                run_fail(run, "no memory for a map of %u shards", shards);
        for (unsigned i = 0; i < shards; i++) {
                m->shards[i] = (struct map_shard){ 0 };
                lock_init(&m->shards[i].lock);
        }
        for (uint64_t key = 0; key < MAP_KEYS; key++) {
                struct map_entry **bucket = bucket_of(m, key);

                m->entries[key] = (struct map_entry){ .key = key, .next = *bucket };
                *bucket = &m->entries[key];
        }
}

void map_destroy(struct map *m)
{
        for (unsigned i = 0; i < m->count; i++)
                pthread_rwlock_destroy(&m->shards[i].lock);
        free(m->entries);
        free(m->shards);
}

/* Under the shard's lock. */
static uint64_t *value_of(struct map *m, uint64_t key)
{
        struct map_entry *e = *bucket_of(m, key);

        while (e->key != key)
                e = e->next;
        return &e->value;
}

struct map_reference map_get(struct map *m, uint64_t key)
{
        struct map_shard *shard = &m->shards[map_shard(m, key)];

        if (!MUTANT("no-lock"))
                pthread_rwlock_rdlock(&shard->lock);
        return (struct map_reference){ shard, value_of(m, key) };
}

struct map_reference map_get_mut(struct map *m, uint64_t key)
{
        struct map_shard *shard = &m->shards[map_shard(m, key)];

        if (!MUTANT("no-lock"))
                pthread_rwlock_wrlock(&shard->lock);
        return (struct map_reference){ shard, value_of(m, key) };
}

void map_drop(struct map_reference *r)
{
        if (!MUTANT("no-lock"))
                pthread_rwlock_unlock(&r->shard->lock);
        *r = (struct map_reference){ 0 };
}

uint64_t map_sum(const struct map *m)
{
        uint64_t sum = 0;

        for (unsigned i = 0; i < MAP_KEYS; i++)
                sum += m->entries[i].value;
        return sum;
}
