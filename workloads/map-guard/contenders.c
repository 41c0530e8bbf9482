/* SPDX-License-Identifier: MIT */
/* The contenders of `map-guard`: one waits with or without a reference, the others ask for its shard meanwhile. */
#include <stdio.h>

#include "workloads/map-guard/map-guard.h"

#define HELD_WAIT_NS 10000000

static bool keeps(const struct map_sample *s)
{
        return s->form->keeps != MUTANT("other-variant");
}

static void look_up(struct map_contender *c)
{
        struct map_sample *s = c->sample;

        c->reference = map_get(&s->map, c->key);
        c->copied = *c->reference.value;
        atomic_fetch_add(&s->reads, 1);
        if (!keeps(s))
                map_drop(&c->reference);
        atomic_store(&s->holder_has, true);
}

static void wait_begins(struct map_contender *c)
{
        struct map_sample *s = c->sample;

        c->all_had_asked = atomic_load(&s->asked) == s->asker_count;
        s->kept_waits += c->reference.value != NULL;
        timer_start(&c->timer, &c->task, HELD_WAIT_NS);
}

static void leave(struct map_contender *c)
{
        struct map_sample *s = c->sample;

        if (s->form->uses_after && keeps(s))
                s->changed += *c->reference.value != c->copied;
        s->answered_meanwhile = atomic_load(&s->answered);
        if (c->reference.value)
                map_drop(&c->reference);
        tally_add(c->tally, 1);
}

/* Waits until all others have asked, and then once more: whoever asked is at its lock by then. */
enum step map_holder_step(struct task *task)
{
        struct map_contender *c = (struct map_contender *)task;

        if (c->at == AT_START) {
                look_up(c);
                wait_begins(c);
                c->at = AT_WAIT;
        }
        while (c->at == AT_WAIT && timer_poll(&c->timer) == POLL_READY) {
                if (!c->all_had_asked) {
                        wait_begins(c);
                        continue;
                }
                leave(c);
                c->at = AT_END;
        }
        return c->at == AT_END && timer_drop(&c->timer) == DROP_DONE ? STEP_DONE : STEP_WAIT;
}

/* Comes after the holder has its reference. */
enum step map_asker_step(struct task *task)
{
        struct map_contender *c = (struct map_contender *)task;
        struct map_sample *s = c->sample;

        if (!atomic_load(&s->holder_has))
                return STEP_YIELD;
        atomic_fetch_add(&s->asked, 1);
        if (s->form->asks_to_read) {
                c->reference = map_get(&s->map, c->key);
                c->copied = *c->reference.value;
                atomic_fetch_add(&s->reads, 1);
        } else {
                c->reference = map_get_mut(&s->map, c->key);
                ++*c->reference.value;
                atomic_fetch_add(&s->writes, 1);
        }
        map_drop(&c->reference);
        atomic_fetch_add(&s->answered, 1);
        tally_add(c->tally, 1);
        return STEP_DONE;
}

void map_explain(void *arg, char *buf, size_t bytes)
{
        struct map_sample *s = arg;
        unsigned asked = atomic_load(&s->asked), answered = atomic_load(&s->answered);

        snprintf(buf, bytes,
                 "task 0 keeps a read reference into shard %u of %u across a wait; %u of %u tasks have asked "
                 "for "
                 "the write side of that shard, %u have got it",
                 map_shard(&s->map, s->contenders[0].key), s->map.count, asked, s->asker_count, answered);
}
