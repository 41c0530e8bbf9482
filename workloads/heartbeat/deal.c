/* SPDX-License-Identifier: MIT */
/* The items of `heartbeat`: which ones, and how long. */
#include "workloads/heartbeat/heartbeat.h"

void deal_open(struct deal *d, const struct run *run, uint64_t steps_per_us)
{
        *d = (struct deal){ .items = run_param(run, "items"),
                            .one_in = run_param(run, "heavy_one_in"),
                            .usual_steps = run_param(run, "item_us") * steps_per_us,
                            .random = run_random_start(run, 0) };
}

bool deal_next(struct deal *d, struct item *item)
{
        if (d->next == d->items)
                return false;
        if (d->next % d->one_in == 0)
                d->heavy_at = d->next + run_random(&d->random) % d->one_in;
        *item = (struct item){ .index = d->next,
                               .seed = run_random(&d->random),
                               .heavy = d->next == d->heavy_at };
        item->steps = d->usual_steps * (item->heavy ? HEARTBEAT_HEAVY_TIMES : 1);
        d->next++;
        return true;
}
