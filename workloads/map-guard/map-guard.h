/* SPDX-License-Identifier: MIT */
/* What the parts of the workload `map-guard` share: a sharded map, its tasks, a sample. */
#ifndef AB_MAP_GUARD_H
#define AB_MAP_GUARD_H

#include "harness/mutant.h"
#include "runtimes/task/sync.h"

enum { MAP_KEYS = 1024, MAP_BUCKETS = 256 };

/* ---- the map: keys 0 to MAP_KEYS - 1, each with a counter ------------------------------------------------ */

struct map_entry {
        uint64_t key, value;
        struct map_entry *next;
};

struct map_shard {
        _Alignas(RUN_CACHE_LINE_BYTES) pthread_rwlock_t lock;
        struct map_entry *buckets[MAP_BUCKETS];
};

struct map {
        unsigned count; /* of shards, a power of two */
        struct map_shard *shards;
        struct map_entry *entries;
};

/* A reference to an entry. As long as it is out, its whole shard is locked, for reading or for writing, by the
 * thread that took it. */
struct map_reference {
        struct map_shard *shard;
        uint64_t *value;
};

void map_init(struct map *m, struct run *run, unsigned shards);
void map_destroy(struct map *m); /* no reference is out */
unsigned map_shard(const struct map *m, uint64_t key);

/* Block until the shard can be locked. A reader does not wait for writers that wait. */
struct map_reference map_get(struct map *m, uint64_t key);
struct map_reference map_get_mut(struct map *m, uint64_t key);
void map_drop(struct map_reference *r);

/* Of all values. Nobody else uses M. */
uint64_t map_sum(const struct map *m);

/* ---- the sample ------------------------------------------------------------------------------------------- */

/* What a variant is made of. */
struct map_form {
        const char *variant;
        bool keeps;        /* the holder's reference stays out while it waits */
        bool uses_after;   /* ... and is used after it */
        bool asks_to_read; /* the askers want the read side, not the write side */
        bool elsewhere;    /* ... of a key in another shard */
        bool hashed;       /* ... of a key at random, in whatever shard */
        bool priced;       /* other tasks read and write entries until the window ends */
};

struct map_sample;

/* One of those that meet at a shard: the first one holds a reference and waits, the others ask. */
struct map_contender {
        struct task task;
        struct map_sample *sample;
        struct tally *tally;
        enum { AT_START, AT_WAIT, AT_END } at;
        struct timer timer;
        struct map_reference reference;
        uint64_t key, copied;
        bool all_had_asked; /* when this wait began */
};

struct map_accessor {
        struct task task;
        struct map_sample *sample;
        struct tally *tally;
        uint64_t random, accesses, reads, writes, sum;
};

struct map_sample {
        struct run *run;
        const struct map_form *form;
        struct map map;
        unsigned workers, asker_count, accessor_count;
        struct map_contender *contenders; /* the holder and the askers */
        struct map_accessor *accessors;
        _Atomic bool holder_has;
        _Atomic unsigned asked, answered; /* askers */
        _Atomic uint64_t reads, writes;   /* of the contenders */
        /* The holder's: waits that began with its reference out; values that changed in one; askers that were
         * answered before its last one ended. */
        unsigned kept_waits, changed, answered_meanwhile;
};

/* contenders.c */
enum step map_holder_step(struct task *task);
enum step map_asker_step(struct task *task);
void map_explain(void *arg, char *buf, size_t bytes);

/* accessors.c */
enum step map_accessor_step(struct task *task);

#endif
