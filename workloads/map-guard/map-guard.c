/* SPDX-License-Identifier: MIT */
/* Workload `map-guard`: a reference into a sharded map that is kept across a wait, or dropped before it. */
#include "workloads/map-guard/map-guard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/workload.h"

static const struct map_form forms[] = {
        { .variant = "dropped", .priced = true },
        { .variant = "held", .keeps = true, .uses_after = true },
        { .variant = "held-hashed", .keeps = true, .uses_after = true, .hashed = true },
        { .variant = "held-unused", .keeps = true },
        { .variant = "distinct-shards", .keeps = true, .uses_after = true, .elsewhere = true },
        { .variant = "read-under-read", .keeps = true, .uses_after = true, .asks_to_read = true },
        { 0 },
};

static const struct map_form *form_of(const struct run *run)
{
        const struct map_form *form = forms;

        while (form->variant && !run_variant_is(run, form->variant))
                form++;
        return form;
}

/* ---- the sample -------------------------------------------------------------------------------------------- */

/* The key that asker INDEX wants, while the holder refers to HOLDERS. */
static uint64_t key_of(const struct map_sample *s, uint64_t holders, unsigned index)
{
        uint64_t random = run_random_start(s->run, index);
        uint64_t key = holders;

        if (s->form->hashed)
                while (key == holders)
                        key = run_random(&random) % MAP_KEYS;
        while (s->form->elsewhere && map_shard(&s->map, key) == map_shard(&s->map, holders))
                key = (key + 1) % MAP_KEYS;
        return key;
}

static void tasks_make(struct map_sample *s)
{
        unsigned contenders = 1 + s->asker_count;
        struct tally *tallies = run_tallies(s->run, contenders + s->accessor_count);
        uint64_t random = run_random_start(s->run, 0), holders = run_random(&random) % MAP_KEYS;

        s->contenders = calloc(contenders, sizeof(*s->contenders));
        s->accessors = calloc(s->accessor_count + 1, sizeof(*s->accessors));
        if (!s->contenders || !s->accessors)
                run_fail(s->run, "no memory for %u tasks", contenders + s->accessor_count);
        for (unsigned i = 0; i < contenders; i++)
                s->contenders[i] = (struct map_contender){ .task.step = i ? map_asker_step : map_holder_step,
                                                           .sample = s,
                                                           .tally = &tallies[i],
                                                           .key = i ? key_of(s, holders, i) : holders };
        for (unsigned i = 0; i < s->accessor_count; i++)
                s->accessors[i] = (struct map_accessor){ .task.step = map_accessor_step,
                                                         .sample = s,
                                                         .tally = &tallies[contenders + i],
                                                         .random = run_random_start(s->run, contenders + i) };
}

/* With one asker per worker and the holder, each worker has somebody that asks. */
static void crew_run(const struct executor *ex, struct map_sample *s)
{
        struct crew *crew = crew_open(ex, s->run, s->workers);

        run_explain(s->run, map_explain, s);
        for (unsigned i = 0; i < 1 + s->asker_count; i++)
                crew_spawn(crew, &s->contenders[i].task, i);
        for (unsigned i = 0; i < s->accessor_count; i++)
                crew_spawn(crew, &s->accessors[i].task, i);
        crew_start(crew);
        if (s->form->priced)
                run_window(s->run);
        crew_join(crew, NULL);
        run_explain(s->run, NULL, NULL);
}

static unsigned collisions_of(const struct map_sample *s)
{
        unsigned collisions = 0;

        for (unsigned i = 1; i <= s->asker_count; i++)
                collisions +=
                        map_shard(&s->map, s->contenders[i].key) == map_shard(&s->map, s->contenders[0].key);
        return collisions;
}

static void report_counts(const struct map_sample *s)
{
        uint64_t reads = s->reads, writes = s->writes;

        for (unsigned i = 0; i < s->accessor_count; i++) {
                reads += s->accessors[i].reads;
                writes += s->accessors[i].writes;
        }
        run_count(s->run, "reads", reads);
        run_count(s->run, "writes", writes);
        run_count(s->run, "sum_of_values", map_sum(&s->map));
        run_count(s->run, "askers", s->asker_count);
        run_count(s->run, "answered", s->answered);
        run_count(s->run, "collisions", collisions_of(s));
        run_count(s->run, "kept_waits", s->kept_waits);
        run_count(s->run, "changed", s->changed);
        run_count(s->run, "answered_meanwhile", s->answered_meanwhile);
}

static int map_run(const struct executor *ex, struct run *run)
{
        struct map_sample s = { .run = run, .form = form_of(run) };

        s.workers = s.form->priced ? (unsigned)run_param(run, "workers") : 1;
        s.asker_count = s.workers;
        s.accessor_count = s.form->priced ? (unsigned)run_param(run, "tasks") : 0;
        map_init(&s.map, run, (unsigned)run_param(run, "shards"));
        tasks_make(&s);
        crew_run(ex, &s);
        report_counts(&s);
        free(s.accessors);
        free(s.contenders);
        map_destroy(&s.map);
        return 0;
}

/* ---- results --------------------------------------------------------------------------------------------------- */

static void check_accesses(struct run *run)
{
        uint64_t reads = run_counted(run, "reads"), writes = run_counted(run, "writes");

        run_check_equal(run, "accesses = reads + writes", run_operations(run), reads + writes);
        run_check_equal(run, "sum of the values = writes", run_counted(run, "sum_of_values"), writes);
}

/* Does the holder keep from the others what they ask for? */
static bool is_in_the_way(const struct map_form *form)
{
        return form->keeps && !form->elsewhere && !form->asks_to_read;
}

/* Who met whom is known beforehand, unless the hash decides. Then, where tasks share the only worker, a collision
 * would have stopped it. */
static void check_collisions(struct run *run, const struct map_form *form, unsigned traits)
{
        uint64_t askers = run_counted(run, "askers"), collisions = run_counted(run, "collisions");

        if (!form->hashed)
                run_check_equal(run, "askers at the holder's shard", collisions,
                                form->elsewhere ? 0 : askers);
        else if (askers == 1 && (traits & TRAIT_TASKS_SHARE_WORKER))
                run_check_equal(run, "askers at the holder's shard", collisions, 0);
        if (is_in_the_way(form))
                run_check(run, "who asked at the holder's shard had to wait",
                          run_counted(run, "answered_meanwhile") <= askers - collisions,
                          "%" PRIu64 " of %" PRIu64 " were answered meanwhile, %" PRIu64 " asked there",
                          run_counted(run, "answered_meanwhile"), askers, collisions);
}

static void check_contenders(struct run *run, const struct map_form *form)
{
        uint64_t kept = run_counted(run, "kept_waits");

        run_check_equal(run, "askers that were answered", run_counted(run, "answered"),
                        run_counted(run, "askers"));
        run_check_equal(run, "values that changed under a reference", run_counted(run, "changed"), 0);
        if (form->keeps)
                run_check(run, "the reference was out during the wait", kept > 1, "in %" PRIu64 " waits",
                          kept);
        else
                run_check_equal(run, "waits with a reference out", kept, 0);
}

static void map_verify(struct run *run, unsigned traits)
{
        const struct map_form *form = form_of(run);

        if (run_window_operations(run))
                run_metric(run, "access_ns", "ns",
                           (double)run_window_ns(run) / (double)run_window_operations(run));
        check_accesses(run);
        check_contenders(run, form);
        check_collisions(run, form, traits);
}

/* ---- the tables -------------------------------------------------------------------------------------------------- */

static const char *map_excludes(const struct run *run, unsigned traits)
{
        uint64_t shards = run_param(run, "shards");

        if (shards & (shards - 1))
                return "the number of shards is a power of two";
        if (!form_of(run)->priced)
                return NULL;
        return workload_excludes_workers(run, traits, run_param(run, "tasks"));
}

/* There is one contender more than workers, so that each worker meets the lock while the holder waits. */
static enum outcome map_expect(const struct run *run, unsigned traits)
{
        const struct map_form *form = form_of(run);

        if (MUTANT("expect-completed") || !(traits & TRAIT_TASKS_SHARE_WORKER))
                return OUTCOME_COMPLETED;
        if (!is_in_the_way(form))
                return OUTCOME_COMPLETED;
        return form->hashed ? OUTCOME_EITHER : OUTCOME_DEADLOCK;
}

static const struct variant variants[] = {
        { .name = "dropped",
          .role = ROLE_FIX,
          .text = "the value is copied out and the reference dropped before the wait; other tasks read and "
                  "write entries in the same way" },
        { .name = "held",
          .role = ROLE_MISTAKE,
          .price = "access_ns",
          .against = "dropped",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "tasks,workers,shards",
          .text = "a read reference is kept across a wait while others ask for the write side of its shard" },
        { .name = "held-hashed",
          .role = ROLE_ALTERNATIVE,
          .against = "held",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "tasks,workers",
          .text = "the reference is kept, and another asks for a key at random, whose shard is the same once "
                  "in `shards`" },
        { .name = "held-unused",
          .role = ROLE_ALTERNATIVE,
          .against = "held",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "tasks,workers,shards",
          .text = "the reference is not used after the wait began, but still in scope: the same end" },
        { .name = "distinct-shards",
          .role = ROLE_ALTERNATIVE,
          .against = "held",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "tasks,workers,shards",
          .text = "the reference is kept, and the others ask for a key in another shard: a control" },
        { .name = "read-under-read",
          .role = ROLE_ALTERNATIVE,
          .against = "held",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "tasks,workers,shards",
          .text = "the reference is kept, and the others ask for the read side of its shard: a control" },
        { 0 },
};

static const struct param params[] = {
        { .name = "shards",
          .unit = "shards",
          .smoke = "16",
          .quick = "16,2,4",
          .publish = "16,2,4,8,32,64",
          .min = 2,
          .max = 1024,
          .text = "parts of the map that have a lock each, a power of two; DashMap refuses one" },
        { .name = "tasks",
          .unit = "",
          .smoke = "16",
          .min = 1,
          .max = 10000,
          .text = "tasks that read and write entries in the window" },
        { .name = "workers",
          .unit = "",
          .smoke = "1",
          .standard = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that run the tasks; with a thread per task, processors these may use" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "access_ns",
          .unit = "ns",
          .headline = true,
          .text = "length of the window divided by the accesses of all tasks in it" },
        { 0 },
};

static double collision_chance(const struct run *run)
{
        return 1 / (double)run_param(run, "shards");
}

static const struct curve curves[] = {
        { .param = "shards",
          .variants = "held-hashed",
          .expected = collision_chance,
          .text = "more shards make the deadlock rarer, and none away; the C rows ask for the same "
                  "keys, with several workers all of them must meet the shard, and threads never hang" },
        { 0 },
};

const struct workload workload_map_guard = {
        .name = "map-guard",
        .question = "What happens when a reference into a sharded map is kept across a wait?",
        .operation = "one access: look up a key, read its value or add one to it, drop the reference",
        .method = "A task looks up an entry and waits; meanwhile one task per worker asks for the write side "
                  "of "
                  "the same shard. With `dropped` other tasks read and, one time in eight, write random "
                  "entries until the window ends.",
        .expected =
                "a reference is a lock on its shard, so the first writer that comes to it blocks the worker "
                "that would have to resume the holder: a deadlock wherever tasks share workers, also on "
                "Tokio's multi-thread runtime, whose compiler has nothing against it because the reference "
                "is Send (github.com/xacrimon/dashmap/issues/79). With other keys it comes once in as many "
                "times as there are shards. Threads only wait.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = workload_absent_without_waits,
        .excludes = map_excludes,
        .run = map_run,
        .expect = map_expect,
        .verify = map_verify,
};
