/* SPDX-License-Identifier: MIT */
/* libuv: uv_timer_start() counts from uv_now(), which uv_update_time() renews. An idle loop also sleeps by its old time, so
 * that the two errors cancel; with something else to do, as any busy loop has, it finds the timer due. */
#include <uv.h>

#include "tests/stale/stale.h"

static struct {
        bool renew;
        uint64_t set_ns, fired_ns;
} it;

static void else_to_do(uv_async_t *async)
{
        uv_close((uv_handle_t *)async, NULL);
}

static void fired(uv_timer_t *timer)
{
        it.fired_ns = stale_now_ns();
        uv_close((uv_handle_t *)timer, NULL);
}

static void works(uv_timer_t *timer)
{
        stale_work();
        if (it.renew)
                uv_update_time(timer->loop);
        it.set_ns = stale_now_ns();
        uv_timer_start(timer, fired, STALE_TIMER_MS, 0);
        uv_async_send(timer->data);
}

uint64_t stale_measure_ns(bool renew)
{
        uv_loop_t loop;
        uv_async_t async;
        uv_timer_t timer = { .data = &async };

        it.renew = renew;
        uv_loop_init(&loop);
        uv_async_init(&loop, &async, else_to_do);
        uv_timer_init(&loop, &timer);
        uv_timer_start(&timer, works, 0, 0);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
        return it.fired_ns - it.set_ns;
}
