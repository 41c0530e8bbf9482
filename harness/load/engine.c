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

#include "harness/mutant.h"

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

/* How much of the time between the two lies in the window. */
static uint64_t part_in_window(const struct engine *e, uint64_t from_ns, uint64_t to_ns)
{
        from_ns = from_ns > e->times->window_ns ? from_ns : e->times->window_ns;
        to_ns = to_ns < e->times->end_ns ? to_ns : e->times->end_ns;
        return to_ns > from_ns ? to_ns - from_ns : 0;
}

void engine_under_way(struct engine *e, uint64_t now_ns, int64_t change)
{
        e->result.in_flight_ns += e->under_way * part_in_window(e, e->last_ns, now_ns);
        e->last_ns = now_ns;
        e->under_way += (uint64_t)change;
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
        engine_under_way(e, now_ns, 1);
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

static void free_drop(struct engine *e)
{
        e->free_first = (e->free_first + 1) % e->free_room;
        e->free_count--;
}

/* The next one that is open, or NULL. */
static struct conn *free_next(struct engine *e)
{
        while (e->free_count && !e->conns[e->free[e->free_first]].open)
                free_drop(e);
        return e->free_count ? &e->conns[e->free[e->free_first]] : NULL;
}

/* Send what is due by now, as far as connections have room. */
static void send_due(struct engine *e)
{
        struct conn *c;

        while ((c = free_next(e)) && e->next_ns < e->times->end_ns && e->next_ns <= engine_now_ns()) {
                free_drop(e);
                issue(e, c, e->next_ns);
                e->next_ns = arrivals_next(&e->arrivals);
        }
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* A message that was answered, or given up, at NOW_NS and COUNTS for the window. */
static void record_times(struct engine *e, struct conn *c, const struct stamp *stamp, uint64_t now_ns,
                         bool counts)
{
        uint64_t service_ns = now_ns - stamp->sent_ns;

        c->starved |= service_ns >= STARVED_NS;
        if (!counts)
                return;
        hist_record(&e->result.service, service_ns);
        if (e->options->rate_per_s)
                hist_record(&e->result.response, now_ns - stamp->planned_ns);
}

static void record_reply(struct engine *e, struct conn *c, const struct stamp *stamp, uint64_t now_ns)
{
        if (in_window(e, now_ns)) {
                e->result.window_replies++;
                c->window_replies++;
        }
        e->result.answered_ns += part_in_window(e, stamp->sent_ns, now_ns);
        record_times(e, c, stamp, now_ns, in_window(e, e->options->rate_per_s ? stamp->planned_ns : now_ns));
}

/* A message came back. */
static void answered(struct engine *e, struct conn *c, uint64_t now_ns)
{
        record_reply(e, c, &c->stamps[c->answered % e->options->depth], now_ns);
        c->answered++;
        e->result.replies++;
        e->last_reply_ns = now_ns;
        engine_under_way(e, now_ns, -1);
        if (e->options->rate_per_s)
                free_put(e, c);
}

/* Closed loop: the replies that came at NOW_NS are followed by as many messages. */
static void follow(struct engine *e, struct conn *c, uint64_t replies, uint64_t now_ns)
{
        if (MUTANT("loses-time") && replies)
                usleep(1000);
        for (; replies > 0 && c->open && now_ns < e->times->end_ns && !e->broken; replies--)
                issue(e, c, 0);
}

static void take_wrong(struct engine *e, struct conn *c, uint64_t at, bool too_much)
{
        size_t size = e->options->message_bytes;

        load_result_error(&e->result, LOAD_WRONG, "connection %u, message %llu, byte %llu: %s", c->number,
                          (unsigned long long)(at / size), (unsigned long long)(at % size),
                          too_much ? "more than was sent" : "not what was sent");
        conn_close(e, c);
}

/* Compare what came and count the messages that it completes. */
static void take(struct engine *e, struct conn *c, size_t bytes, uint64_t now_ns)
{
        size_t size = e->options->message_bytes;
        uint64_t owed = c->sent_at - c->received_at, from = c->received_at;
        size_t right = message_compare(c->number, size, from, e->in, bytes < owed ? bytes : (size_t)owed);
        uint64_t replies = (from + right) / size - from / size;

        c->received_at += right;
        e->result.bytes_received += right;
        e->result.short_reads += c->received_at % size != 0;
        for (uint64_t n = replies; n > 0; n--)
                answered(e, c, now_ns);
        if (right < bytes)
                take_wrong(e, c, from + right, right == owed);
        else if (!e->options->rate_per_s)
                follow(e, c, replies, now_ns);
}

void conn_receive(struct engine *e, struct conn *c)
{
        ssize_t n = recv(c->fd, e->in, BUFFER_BYTES, 0);
        uint64_t now_ns = engine_now_ns();

        if (n > 0) {
                take(e, c, (size_t)n, now_ns);
        } else if (n == 0) {
                if (!c->finished)
                        load_result_error(&e->result, LOAD_CLOSED, "connection %u: the server closed it",
                                          c->number);
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
                        conn_receive(e, c);
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
                if (!e->under_way && (!e->live || all_sent(e, now_ns)))
                        break;
        }
        engine_under_way(e, e->times->end_ns, 0);
        while (edges < 2)
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
                        if (e->conns[i].open)
                                issue(e, &e->conns[i], 0);
                while (e->under_way && !e->broken) {
                        handle(e, events, engine_wait(e, events, EVENTS_PER_WAIT, next_deadline(e)));
                        if (e->under_way && engine_now_ns() - e->last_reply_ns >= e->options->stall_ns)
                                stalled(e, engine_now_ns());
                }
                e->result.pinged += e->result.replies - before;
        }
}

/* What is still owed counts with the time that it has waited by now: it must not be better than what came. Closed
 * loop: all of it, since no reply says of what window it is. */
static void censor_owed(struct engine *e, uint64_t now_ns)
{
        for (unsigned i = 0; i < e->count; i++) {
                struct conn *c = &e->conns[i];

                e->result.incomplete += c->issued - c->answered;
                for (uint64_t m = c->answered; m < c->issued; m++) {
                        const struct stamp *stamp = &c->stamps[m % e->options->depth];

                        record_times(e, c, stamp, now_ns,
                                     !e->options->rate_per_s || in_window(e, stamp->planned_ns));
                }
        }
}

/* So does what was due and could not be sent. */
static void censor_unsent(struct engine *e, uint64_t now_ns)
{
        for (; e->next_ns < e->times->end_ns && e->next_ns <= now_ns;
             e->next_ns = arrivals_next(&e->arrivals)) {
                e->result.unsent++;
                if (!in_window(e, e->next_ns))
                        continue;
                e->result.planned++;
                hist_record(&e->result.lateness, now_ns - e->next_ns);
                hist_record(&e->result.response, now_ns - e->next_ns);
        }
}

/* End the connections and see that the server ends its side, too, and says nothing more. */
static void hang_up(struct engine *e)
{
        struct epoll_event events[EVENTS_PER_WAIT];
        struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
        uint64_t deadline_ns = engine_now_ns() + e->options->stall_ns;

        for (unsigned i = 0; i < e->count; i++) {
                struct conn *c = &e->conns[i];

                if (!c->open)
                        continue;
                c->finished = true;
                if (e->options->reset || e->broken) {
                        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
                        conn_close(e, c);
                } else if (shutdown(c->fd, SHUT_WR)) {
                        conn_fail(e, c, "shutdown", errno);
                }
        }
        while (e->live) {
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
        uint64_t ended_ns;

        e->times = times;
        e->last_ns = e->last_reply_ns = times->start_ns;
        if (e->options->rate_per_s)
                start_open(e);
        else
                start_closed(e);
        exchange(e);
        if (e->options->active)
                ping(e);
        ended_ns = engine_now_ns();
        censor_owed(e, ended_ns);
        if (e->options->rate_per_s)
                censor_unsent(e, ended_ns);
        hang_up(e);
        add_fairness(e);
}
