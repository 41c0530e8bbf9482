/* SPDX-License-Identifier: MIT */
/* libevent: evtimer_add() counts from the cached time of the turn, which event_base_update_cache_time() renews. An
 * idle base also sleeps by its old time, so that the two errors cancel; with something else to do, as any busy one has, it finds the
 * timer due. */
#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/stale/stale.h"

static struct {
        struct event_base *base;
        struct event *works, *fires, *other;
        bool renew;
        uint64_t set_ns, fired_ns;
} it;

static void else_to_do(evutil_socket_t fd, short events, void *arg)
{
        uint64_t count;

        (void)events, (void)arg;
        (void)!read(fd, &count, sizeof(count));
}

static void fired(evutil_socket_t fd, short events, void *arg)
{
        (void)fd, (void)events, (void)arg;
        it.fired_ns = stale_now_ns();
}

static void works(evutil_socket_t fd, short events, void *arg)
{
        const struct timeval after = { .tv_usec = STALE_TIMER_MS * 1000 };

        (void)fd, (void)events, (void)arg;
        stale_work();
        if (it.renew)
                event_base_update_cache_time(it.base);
        it.set_ns = stale_now_ns();
        evtimer_add(it.fires, &after);
        (void)!write(event_get_fd(it.other), &(uint64_t){ 1 }, sizeof(uint64_t));
}

uint64_t stale_measure_ns(bool renew)
{
        const struct timeval at_once = { 0 };

        it.renew = renew;
        it.base = event_base_new();
        it.works = evtimer_new(it.base, works, NULL);
        it.fires = evtimer_new(it.base, fired, NULL);
        it.other = event_new(it.base, eventfd(0, 0), EV_READ, else_to_do, NULL);
        event_add(it.other, NULL);
        evtimer_add(it.works, &at_once);
        event_base_dispatch(it.base);
        event_free(it.works);
        event_free(it.fires);
        close(event_get_fd(it.other));
        event_free(it.other);
        event_base_free(it.base);
        return it.fired_ns - it.set_ns;
}
