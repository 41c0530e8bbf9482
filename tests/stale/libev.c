/* SPDX-License-Identifier: MIT */
/* libev: ev_timer_start() counts from ev_now(), which ev_now_update() renews. */
#include <ev.h>

#include "tests/stale/stale.h"

static struct {
        bool renew;
        uint64_t set_ns, fired_ns;
} it;

static void fired(struct ev_loop *loop, ev_timer *timer, int events)
{
        (void)loop, (void)timer, (void)events;
        it.fired_ns = stale_now_ns();
}

static void works(struct ev_loop *loop, ev_timer *timer, int events)
{
        (void)events;
        stale_work();
        if (it.renew)
                ev_now_update(loop);
        it.set_ns = stale_now_ns();
        ev_timer_init(timer, fired, STALE_TIMER_MS / 1000.0, 0);
        ev_timer_start(loop, timer);
}

uint64_t stale_measure_ns(bool renew)
{
        struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
        ev_timer timer;

        it.renew = renew;
        ev_timer_init(&timer, works, 0, 0);
        ev_timer_start(loop, &timer);
        ev_run(loop, 0);
        ev_loop_destroy(loop);
        return it.fired_ns - it.set_ns;
}
