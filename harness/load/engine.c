/* SPDX-License-Identifier: MIT */
/* One thread of the load generator: messages out, replies in, each compared and timed. */
#include "harness/load/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 * 1024, EVENTS_PER_WAIT = 256, PINGS_AT_A_TIME = 64 };

#define STARVED_NS 1000000000ull

uint64_t engine_now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t thread_cpu_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- making -------------------------------------------------------------------------------------------- */

struct engine *engine_new(const struct load_options *o, unsigned index)
{
        struct engine *e = calloc(1, sizeof(*e));
        unsigned share = o->connections / o->threads, more = o->connections % o->threads;

        if (!e)
                return NULL;
        e->options = o;
        e->index = index;
        e->count = share + (index < more);
        e->free_room = (size_t)e->count * o->depth;
        e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        e->conns = calloc(e->count, sizeof(*e->conns));
        e->stamps = calloc(e->free_room, sizeof(*e->stamps));
        e->free = calloc(e->free_room, sizeof(*e->free));
        e->in = malloc(BUFFER_BYTES);
        e->out = malloc(BUFFER_BYTES);
        if (e->epoll_fd < 0 || !e->conns || !e->stamps || !e->free || !e->in || !e->out ||
            load_result_init(&e->result) < 0) {
                engine_free(e);
                return NULL;
        }
        for (unsigned i = 0; i < e->count; i++) {
                e->conns[i].number = index * share + (index < more ? index : more) + i;
                e->conns[i].stamps = e->stamps + (size_t)i * o->depth;
        }
        return e;
}

void engine_free(struct engine *e)
{
        if (!e)
                return;
        for (unsigned i = 0; e->conns && i < e->count; i++)
                if (e->conns[i].open)
                        close(e->conns[i].fd);
        if (e->epoll_fd >= 0)
                close(e->epoll_fd);
        load_result_free(&e->result);
        free(e->conns);
        free(e->stamps);
        free(e->free);
        free(e->in);
        free(e->out);
        free(e);
}

struct load_result *engine_result(struct engine *e)
{
        return &e->result;
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

/* Nanoseconds where the kernel has them (epoll_pwait2, Linux 5.11), else whole milliseconds, rounded down. */
static int wait_for(int epoll_fd, struct epoll_event *events, int room, uint64_t wait_ns)
{
        static _Thread_local bool coarse;
        struct timespec wait = { .tv_sec = (time_t)(wait_ns / 1000000000),
                                 .tv_nsec = (long)(wait_ns % 1000000000) };
        int n;

        if (!coarse) {
                n = (int)syscall(SYS_epoll_pwait2, epoll_fd, events, room, &wait, NULL, 0);
                coarse = n < 0 && errno == ENOSYS;
        }
        if (coarse)
                n = epoll_wait(epoll_fd, events, room, (int)(wait_ns / 1000000));
        return n;
}

int engine_wait_on(int epoll_fd, struct epoll_event *events, int room, uint64_t deadline_ns, bool spin)
{
        int n;

        for (;;) {
                uint64_t now_ns = deadline_ns == UINT64_MAX ? 0 : engine_now_ns();

                if (deadline_ns == UINT64_MAX)
                        n = epoll_wait(epoll_fd, events, room, -1);
                else
                        n = wait_for(epoll_fd, events, room,
                                     now_ns < deadline_ns && !spin ? deadline_ns - now_ns : 0);
                if (n > 0 || (n == 0 && now_ns >= deadline_ns))
                        return n;
        }
}

int engine_wait(struct engine *e, struct epoll_event *events, int room, uint64_t deadline_ns)
{
        return engine_wait_on(e->epoll_fd, events, room, deadline_ns, e->options->spin);
}

/* ---- the window ---------------------------------------------------------------------------------------- */

static bool in_window(const struct engine *e, uint64_t at_ns)
{
        return at_ns >= e->times->window_ns && at_ns < e->times->end_ns;
}

/* Messages under way change by CHANGE at NOW_NS: keep their integral over the window. */
static void under_way(struct engine *e, uint64_t now_ns, int change)
{
        uint64_t from = e->last_ns > e->times->window_ns ? e->last_ns : e->times->window_ns;
        uint64_t to = now_ns < e->times->end_ns ? now_ns : e->times->end_ns;

        if (to > from)
                e->result.in_flight_ns += e->under_way * (to - from);
        e->last_ns = now_ns;
        e->under_way += (uint64_t)(int64_t)change;
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static void watch_writes(struct engine *e, struct conn *c, bool on)
{
        struct epoll_event event = { .events = on ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c };

        c->waits_to_write = on;
        if (epoll_ctl(e->epoll_fd, EPOLL_CTL_MOD, c->fd, &event))
                conn_fail(e, c, "epoll_ctl", errno);
}

void conn_flush(struct engine *e, struct conn *c)
{
        size_t size = e->options->message_bytes;

        while (c->open && c->sent_at < c->issued * size) {
                uint64_t left = c->issued * size - c->sent_at;
                size_t bytes = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
                ssize_t n;

                message_make(c->number, size, c->sent_at, e->out, bytes);
                n = send(c->fd, e->out, bytes, MSG_NOSIGNAL);
                if (n < 0 && errno != EAGAIN && errno != EINTR) {
                        conn_fail(e, c, "send", errno);
                        return;
                }
                n = n < 0 ? 0 : n;
                c->sent_at += (uint64_t)n;
                e->result.bytes_sent += (uint64_t)n;
                if ((size_t)n < bytes) {
                        e->result.short_writes++;
                        if (!c->waits_to_write)
                                watch_writes(e, c, true);
                        return;
                }
        }
        if (c->open && c->waits_to_write)
                watch_writes(e, c, false);
}

/* Send one more message on C, which was due at PLANNED_NS; 0: now. */
static void issue(struct engine *e, struct conn *c, uint64_t planned_ns)
{
        uint64_t now_ns = engine_now_ns();
        struct stamp *stamp = &c->stamps[c->issued % e->options->depth];

        *stamp = (struct stamp){ .planned_ns = planned_ns ? planned_ns : now_ns, .sent_ns = now_ns };
        if (!e->under_way)
                e->last_reply_ns = now_ns; /* it is owed from now on */
        under_way(e, now_ns, 1);
        c->issued++;
        e->result.requests++;
        if (planned_ns && in_window(e, planned_ns)) {
                e->result.planned++;
                hist_record(&e->result.lateness, now_ns - planned_ns);
        }
        if (!c->waits_to_write)
                conn_flush(e, c);
}

/* ---- the connections that have room -------------------------------------------------------------------- */

static void free_put(struct engine *e, struct conn *c)
{
        e->free[(e->free_first + e->free_count++) % e->free_room] = (unsigned)(c - e->conns);
}

static struct conn *free_take(struct engine *e)
{
        unsigned at = e->free[e->free_first];

        e->free_first = (e->free_first + 1) % e->free_room;
        e->free_count--;
        return &e->conns[at];
}

/* Send what is due by now, as far as connections have room. */
static void send_due(struct engine *e)
{
        while (e->free_count && e->next_ns < e->times->end_ns && e->next_ns <= engine_now_ns() &&
               !e->broken) {
                issue(e, free_take(e), e->next_ns);
                e->next_ns = arrivals_next(&e->arrivals);
        }
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

static void record_reply(struct engine *e, struct conn *c, const struct stamp *stamp, uint64_t now_ns)
{
        uint64_t service_ns = now_ns - stamp->sent_ns;
        bool open = e->options->rate_per_s > 0;

        c->starved |= service_ns >= STARVED_NS;
        if (in_window(e, now_ns)) {
                e->result.window_replies++;
                c->window_replies++;
                e->result.service_sum_ns += service_ns;
        }
        if (!in_window(e, open ? stamp->planned_ns : now_ns))
                return;
        hist_record(&e->result.service, service_ns);
        if (open)
                hist_record(&e->result.response, now_ns - stamp->planned_ns);
}

/* A message came back. */
static void answered(struct engine *e, struct conn *c, uint64_t now_ns)
{
        record_reply(e, c, &c->stamps[c->answered % e->options->depth], now_ns);
        c->answered++;
        e->result.replies++;
        e->last_reply_ns = now_ns;
        under_way(e, now_ns, -1);
        if (e->options->rate_per_s)
                free_put(e, c);
        else if (now_ns < e->times->end_ns && !e->broken)
                issue(e, c, 0);
}

/* Compare what came and count the messages that it completes. */
static void take(struct engine *e, struct conn *c, size_t bytes, uint64_t now_ns)
{
        size_t size = e->options->message_bytes;
        uint64_t owed = c->sent_at - c->received_at, from = c->received_at;
        size_t right = message_compare(c->number, size, from, e->in, bytes < owed ? bytes : (size_t)owed);

        c->received_at += right;
        e->result.bytes_received += right;
        e->result.short_reads += c->received_at % size != 0;
        for (uint64_t n = c->received_at / size - from / size; n > 0; n--)
                answered(e, c, now_ns);
        if (right == bytes)
                return;
        load_result_error(&e->result, LOAD_WRONG, "connection %u, message %llu, byte %llu: %s", c->number,
                          (unsigned long long)((from + right) / size),
                          (unsigned long long)((from + right) % size),
                          right == owed ? "more than was sent" : "not what was sent");
        e->broken = true;
        conn_close(e, c);
}

static void receive(struct engine *e, struct conn *c)
{
        ssize_t n = recv(c->fd, e->in, BUFFER_BYTES, 0);
        uint64_t now_ns = engine_now_ns();

        if (n > 0) {
                take(e, c, (size_t)n, now_ns);
        } else if (n == 0) {
                if (!c->finished) {
                        load_result_error(&e->result, LOAD_CLOSED, "connection %u: the server closed it",
                                          c->number);
                        e->broken = true;
                }
                e->result.closed += c->finished;
                conn_close(e, c);
        } else if (errno != EAGAIN && errno != EINTR) {
                conn_fail(e, c, "recv", errno);
        }
}

static void handle(struct engine *e, const struct epoll_event *events, int count)
{
        for (int i = 0; i < count; i++) {
                struct conn *c = events[i].data.ptr;

                if (c->open && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                        receive(e, c);
                if (c->open && events[i].events & EPOLLOUT)
                        conn_flush(e, c);
        }
}

/* ---- the run ------------------------------------------------------------------------------------------- */

/* How many of the connections send. */
static unsigned busy_count(const struct engine *e)
{
        unsigned active = e->options->active;

        return active && active < e->count ? active : e->count;
}

static void start_closed(struct engine *e)
{
        for (unsigned i = 0; i < busy_count(e); i++)
                for (unsigned d = 0; d < e->options->depth && e->conns[i].open; d++)
                        issue(e, &e->conns[i], 0);
}

static void start_open(struct engine *e)
{
        const struct load_options *o = e->options;

        for (unsigned d = 0; d < o->depth; d++)
                for (unsigned i = 0; i < busy_count(e); i++)
                        free_put(e, &e->conns[i]);
        arrivals_init(&e->arrivals, o->seed, o->rate_per_s, o->fixed, e->times->start_ns, o->threads,
                      e->index);
        e->next_ns = arrivals_next(&e->arrivals);
}

static bool all_sent(const struct engine *e, uint64_t now_ns)
{
        return e->options->rate_per_s ? e->next_ns >= e->times->end_ns : now_ns >= e->times->end_ns;
}

/* Until when nothing is to be done unless a reply comes. */
static uint64_t next_deadline(const struct engine *e)
{
        uint64_t deadline_ns = e->last_reply_ns + e->options->stall_ns;
        bool due = e->options->rate_per_s && e->free_count && e->next_ns < e->times->end_ns;

        if (!e->under_way && !due) /* closed loop after its end, or no connection left */
                return 0;
        if (due && (!e->under_way || e->next_ns < deadline_ns))
                return e->next_ns;
        return deadline_ns;
}

static void stalled(struct engine *e, uint64_t now_ns)
{
        load_result_error(&e->result, LOAD_STALLED, "no reply for %llu ms; %llu messages are under way",
                          (unsigned long long)((now_ns - e->last_reply_ns) / 1000000),
                          (unsigned long long)e->under_way);
        e->broken = true;
}

/* Keep the processor time that this thread had used when the window began, then what it used in it. */
static void note_cpu(struct engine *e, uint64_t now_ns, int *edges)
{
        if (*edges == 0 && now_ns >= e->times->window_ns) {
                e->result.cpu_ns = thread_cpu_ns();
                ++*edges;
        } else if (*edges == 1 && now_ns >= e->times->end_ns) {
                e->result.cpu_ns = thread_cpu_ns() - e->result.cpu_ns;
                ++*edges;
        }
}

static void exchange(struct engine *e)
{
        struct epoll_event events[EVENTS_PER_WAIT];
        int edges = 0;

        while (!e->broken) {
                uint64_t now_ns;

                send_due(e);
                handle(e, events, engine_wait(e, events, EVENTS_PER_WAIT, next_deadline(e)));
                now_ns = engine_now_ns();
                note_cpu(e, now_ns, &edges);
                if (e->under_way && now_ns - e->last_reply_ns >= e->options->stall_ns)
                        stalled(e, now_ns);
                if (!e->under_way && all_sent(e, now_ns))
                        break;
        }
        under_way(e, e->times->end_ns, 0);
        note_cpu(e, e->times->end_ns, &edges);
}

/* Every connection, idle or not, answers one more message: none was forgotten. A few at a time, because these are no
 * load; their times are after the window. */
static void ping(struct engine *e)
{
        struct epoll_event events[EVENTS_PER_WAIT];

        for (unsigned first = 0; first < e->count && !e->broken; first += PINGS_AT_A_TIME) {
                uint64_t before = e->result.replies;

                for (unsigned i = first; i < e->count && i < first + PINGS_AT_A_TIME; i++)
                        issue(e, &e->conns[i], 0);
                while (e->under_way && !e->broken) {
                        handle(e, events, engine_wait(e, events, EVENTS_PER_WAIT, next_deadline(e)));
                        if (e->under_way && engine_now_ns() - e->last_reply_ns >= e->options->stall_ns)
                                stalled(e, engine_now_ns());
                }
                e->result.pinged += e->result.replies - before;
        }
}

/* What is still owed counts with the time that it has waited by now: it must not be better than what came. */
static void censor(struct engine *e, uint64_t now_ns)
{
        for (unsigned i = 0; i < e->count; i++) {
                struct conn *c = &e->conns[i];

                for (uint64_t m = c->answered; m < c->issued; m++)
                        record_reply(e, c, &c->stamps[m % e->options->depth], now_ns);
        }
}

/* End the connections and see that the server ends its side, too, and says nothing more. */
static void hang_up(struct engine *e)
{
        struct epoll_event events[EVENTS_PER_WAIT];
        struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
        uint64_t deadline_ns = engine_now_ns() + e->options->stall_ns;
        uint64_t left = 0;

        for (unsigned i = 0; i < e->count; i++) {
                struct conn *c = &e->conns[i];

                if (!c->open)
                        continue;
                c->finished = true;
                if (e->options->reset || e->broken) {
                        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
                        conn_close(e, c);
                } else if (shutdown(c->fd, SHUT_WR) == 0) {
                        left++;
                }
        }
        for (uint64_t before = e->result.closed; e->result.closed - before < left && !e->broken;) {
                int n = engine_wait(e, events, EVENTS_PER_WAIT, deadline_ns);

                if (n == 0)
                        break;
                handle(e, events, n);
        }
}

static void add_fairness(struct engine *e)
{
        e->result.slowest_replies = UINT64_MAX;
        for (unsigned i = 0; i < busy_count(e); i++) {
                const struct conn *c = &e->conns[i];

                e->result.starved += c->starved;
                e->result.replies_squared += (double)c->window_replies * (double)c->window_replies;
                if (c->window_replies < e->result.slowest_replies)
                        e->result.slowest_replies = c->window_replies;
        }
}

void engine_run(struct engine *e, const struct load_times *times)
{
        e->times = times;
        e->last_ns = e->last_reply_ns = times->start_ns;
        if (e->options->rate_per_s)
                start_open(e);
        else
                start_closed(e);
        exchange(e);
        if (e->options->active)
                ping(e);
        censor(e, engine_now_ns());
        hang_up(e);
        add_fairness(e);
}
