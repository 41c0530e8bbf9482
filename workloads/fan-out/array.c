/* SPDX-License-Identifier: MIT */
/* The array of `fan-out`, a part of it worked by the calling thread, and what all parts come to. */
#include <stdlib.h>

#include "workloads/fan-out/fan_out.h"

/* Of skew=skewed: one item in so many is heavy and takes eight times the mean, all of them half of the work. */
enum { HEAVY_ONE_IN = 16, HEAVY_TIMES = 8 };

/* ---- items ------------------------------------------------------------------------------------------------ */

/* The heavy ones stand next to each other, as they do in data that is sorted or grown. */
static void skew(struct fan_array *array, uint64_t item_steps, uint64_t *random)
{
        uint64_t heavy = array->count / HEAVY_ONE_IN;
        uint64_t first = run_random(random) % (array->count - heavy + 1);

        for (uint64_t i = 0; i < array->count; i++)
                array->items[i].steps = item_steps * HEAVY_TIMES / (i - first < heavy ? 1 : HEAVY_ONE_IN - 1);
}

struct fan_array fan_array_make(struct run *run)
{
        struct fan_array array = { .count = run_param(run, "items") };
        uint64_t item_steps = run_param(run, "item_steps"), random = run_random_start(run, 0);

        array.items = calloc(array.count, sizeof(array.items[0]));
        if (!array.items)
                run_fail(run, "no memory for the items");
        for (uint64_t i = 0; i < array.count; i++)
                array.items[i] = (struct fan_item){ .seed = run_random(&random), .steps = item_steps };
        if (run_param_is(run, "skew", "skewed"))
                skew(&array, item_steps, &random);
        return array;
}

uint64_t fan_part_first(const struct fan_array *array, unsigned index, unsigned parts)
{
        return array->count * index / parts;
}

void fan_parts_make(struct fan_sample *s)
{
        s->parts = calloc(s->part_count, sizeof(s->parts[0]));
        if (!s->parts)
                run_fail(s->run, "no memory for %u parts", s->part_count);
        for (unsigned i = 0; i < s->part_count; i++) {
                s->parts[i].sample = s;
                s->parts[i].first = fan_part_first(&s->array, i, s->part_count);
                s->parts[i].end = fan_part_first(&s->array, i + 1, s->part_count);
        }
}

/* ---- working ------------------------------------------------------------------------------------------------ */

static void see_processors(struct fan_sample *s)
{
        unsigned now, least = atomic_load(&s->processors);

        if (MUTANT("pinned"))
                run_pin_first(s->run, 1);
        now = run_processors(s->run);
        while (now < least && !atomic_compare_exchange_weak(&s->processors, &least, now))
                ;
}

/* Threads take lanes in the order in which they come. Those of a map that makes its own threads come anew in each map,
 * as many as there are lanes, when those of the map before have ended. */
static struct fan_lane *lane_of(struct fan_sample *s)
{
        static _Thread_local struct {
                uint64_t sample; /* a library's own pool may live longer than one */
                unsigned lane;
        } here;

        if (here.sample != s->number) {
                here.sample = s->number;
                here.lane = atomic_fetch_add(&s->threads, 1) % s->lane_count;
                see_processors(s);
        }
        return &s->lanes[here.lane];
}

void fan_part_work(struct fan_part *part)
{
        const struct fan_item *items = part->sample->array.items;
        struct fan_lane *lane = lane_of(part->sample);
        uint64_t checksum = 0, steps = 0, counted = part->first;

        for (uint64_t i = part->first; i < part->end; i++) {
                checksum += run_work(items[i].seed, items[i].steps) >> 32;
                steps += items[i].steps;
                if (i + 1 - counted == FAN_COUNT_EVERY || i + 1 == part->end) {
                        tally_add(lane->tally, i + 1 - counted);
                        counted = i + 1;
                }
        }
        if (MUTANT("count-twice") && part->first == 0)
                tally_add(lane->tally, 1);
        part->checksum = checksum;
        lane->steps += steps;
        lane->parts++;
        lane->parts_on_workers += worker_current() != NULL;
}

void fan_map_ends(struct fan_sample *s)
{
        uint64_t most = 0;

        for (unsigned i = MUTANT("lose-part") && s->maps == 3; i < s->part_count; i++)
                s->checksum += s->parts[i].checksum;
        for (unsigned i = 0; i < s->lane_count; i++) {
                s->steps += s->lanes[i].steps;
                if (s->lanes[i].steps > most)
                        most = s->lanes[i].steps;
                s->lanes[i].steps = 0;
        }
        s->most_steps += most;
        s->maps++;
}
