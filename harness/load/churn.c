/* SPDX-License-Identifier: MIT */
/* Clients that come at planned times, ask one thing, stay a while and go: what a server does that has to accept. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/load/churn.h"

enum { EVENTS_PER_WAIT = 64, REPLY_BYTES = 64 * 1024 };

/* A client is on one of these stages of its life. */
enum stage { COMING, CONNECTING, ASKING, STAYING, LEAVING, GONE };

struct client {
        int fd;
        uint32_t number;
        enum stage stage;
        uint64_t planned_ns, leave_ns;
        size_t answered; /* bytes of the reply */
};

struct churn {
        const struct load_options *options;
        struct load_result *result;
        struct client *clients;
        unsigned come, left, gone; /* clients so far */
        unsigned *staying;         /* all that stay or stayed, in the order in which they leave */
        unsigned stayed;
        int epoll_fd;
        char *out, *in;
};

static void leave(struct churn *ch, struct client *c)
{
        close(c->fd);
        c->stage = GONE;
        ch->gone++;
}

/* Being turned away is what is measured here: it is counted, and no reason to stop. */
static void turned_away(struct churn *ch, struct client *c, enum load_error how)
{
        ch->result->errors[how]++;
        leave(ch, c);
}

static void failed(struct churn *ch, struct client *c, int error)
{
        turned_away(ch, c,
                    error == ECONNREFUSED ? LOAD_REFUSED
                    : error == ETIMEDOUT  ? LOAD_TIMED_OUT
                                          : LOAD_RESET);
}

static bool watch(struct churn *ch, struct client *c, int operation, uint32_t events)
{
        struct epoll_event event = { .events = events, .data.ptr = c };

        return epoll_ctl(ch->epoll_fd, operation, c->fd, &event) == 0;
}

static void come(struct churn *ch, struct client *c)
{
        const struct load_options *o = ch->options;

        c->stage = CONNECTING;
        c->fd = socket(o->target.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (c->fd < 0) {
                load_result_error(ch->result, LOAD_NO_DESCRIPTOR, "client %u: %s", c->number,
                                  strerror(errno));
                c->stage = GONE;
                ch->gone++;
        } else if ((connect(c->fd, (const struct sockaddr *)&o->target, o->target_bytes) &&
                    errno != EINPROGRESS) ||
                   !watch(ch, c, EPOLL_CTL_ADD, EPOLLOUT)) {
                failed(ch, c, errno);
        }
}

static void ask(struct churn *ch, struct client *c)
{
        size_t size = ch->options->message_bytes;
        ssize_t n;

        message_make(c->number, size, 0, ch->out, size);
        n = send(c->fd, ch->out, size, MSG_NOSIGNAL);
        c->stage = ASKING;
        ch->result->requests++;
        ch->result->bytes_sent += n > 0 ? (uint64_t)n : 0;
        if (n < 0 || (size_t)n < size || /* an empty socket takes a message of up to 64 KiB whole */
            !watch(ch, c, EPOLL_CTL_MOD, EPOLLIN))
                failed(ch, c, n < 0 ? errno : EPIPE);
}

/* The connection stands, at once or after the first packet had to be sent again. */
static void stands(struct churn *ch, struct client *c, uint64_t now_ns)
{
        struct tcp_info info = { 0 };
        socklen_t bytes = sizeof(info), error_bytes = sizeof(int);
        int error = 0;

        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) || error) {
                failed(ch, c, error ? error : errno);
                return;
        }
        getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &bytes);
        ch->result->syn_retried += info.tcpi_total_retrans > 0;
        ch->result->connected++;
        hist_record(&ch->result->connect, now_ns - c->planned_ns);
        ask(ch, c);
}

static void stay(struct churn *ch, struct client *c, uint64_t now_ns)
{
        ch->result->replies++;
        c->stage = STAYING;
        c->leave_ns = now_ns + ch->options->hold_ns;
        ch->staying[ch->stayed++] = c->number;
}

static void say_goodbye(struct client *c)
{
        if (c->stage != STAYING)
                return; /* turned away meanwhile */
        c->stage = LEAVING;
        shutdown(c->fd, SHUT_WR);
}

static void hear(struct churn *ch, struct client *c, uint64_t now_ns)
{
        size_t size = ch->options->message_bytes;
        ssize_t n = recv(c->fd, ch->in, REPLY_BYTES, 0);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                if (n == 0 && c->stage == LEAVING) {
                        ch->result->closed++;
                        leave(ch, c);
                } else {
                        failed(ch, c, n < 0 ? errno : ECONNRESET);
                }
                return;
        }
        if (c->answered + (size_t)n > size ||
            message_compare(c->number, size, c->answered, ch->in, (size_t)n) != (size_t)n) {
                load_result_error(ch->result, LOAD_WRONG, "client %u: not what was sent", c->number);
                leave(ch, c);
                return;
        }
        if (c->answered == 0)
                hist_record(&ch->result->response, now_ns - c->planned_ns);
        c->answered += (size_t)n;
        ch->result->bytes_received += (uint64_t)n;
        if (c->answered == size)
                stay(ch, c, now_ns);
}

/* Who has waited for as long as a client does, goes. */
static void lose_patience(struct churn *ch, uint64_t now_ns)
{
        for (unsigned i = 0; i < ch->come; i++) {
                struct client *c = &ch->clients[i];

                if (c->stage == GONE || now_ns - c->planned_ns < ch->options->stall_ns)
                        continue;
                if (c->stage == STAYING || c->stage == LEAVING)
                        leave(ch, c); /* it has what it came for */
                else
                        turned_away(ch, c, LOAD_TIMED_OUT);
        }
}

static uint64_t next_ns(const struct churn *ch)
{
        const struct load_options *o = ch->options;
        uint64_t next = UINT64_MAX;

        if (ch->come < o->connections)
                next = ch->clients[ch->come].planned_ns;
        if (ch->left < ch->stayed && ch->clients[ch->staying[ch->left]].leave_ns < next)
                next = ch->clients[ch->staying[ch->left]].leave_ns;
        if (next == UINT64_MAX || next > engine_now_ns() + o->stall_ns / 8)
                next = engine_now_ns() + o->stall_ns / 8;
        return next;
}

static void handle(struct churn *ch, const struct epoll_event *events, int count)
{
        for (int i = 0; i < count; i++) {
                struct client *c = events[i].data.ptr;

                if (c->stage == CONNECTING)
                        stands(ch, c, engine_now_ns());
                else if (c->stage != GONE)
                        hear(ch, c, engine_now_ns());
        }
}

static void turn(struct churn *ch)
{
        struct epoll_event events[EVENTS_PER_WAIT];
        uint64_t now_ns;
        int n = engine_wait_on(ch->epoll_fd, events, EVENTS_PER_WAIT, next_ns(ch), false);

        handle(ch, events, n);
        now_ns = engine_now_ns();
        while (ch->come < ch->options->connections && ch->clients[ch->come].planned_ns <= now_ns)
                come(ch, &ch->clients[ch->come++]);
        while (ch->left < ch->stayed && ch->clients[ch->staying[ch->left]].leave_ns <= now_ns)
                say_goodbye(&ch->clients[ch->staying[ch->left++]]);
        lose_patience(ch, now_ns);
}

static void plan(struct churn *ch)
{
        const struct load_options *o = ch->options;
        struct arrivals arrivals;

        arrivals_init(&arrivals, o->seed, o->rate_per_s, o->fixed, engine_now_ns() + o->warmup_ns, 1, 0);
        for (unsigned i = 0; i < o->connections; i++)
                ch->clients[i] = (struct client){ .number = i, .planned_ns = arrivals_next(&arrivals) };
}

bool churn_run(const struct load_options *o, struct load_result *result)
{
        struct churn ch = { .options = o,
                            .result = result,
                            .clients = calloc(o->connections, sizeof(*ch.clients)),
                            .staying = calloc(o->connections, sizeof(*ch.staying)),
                            .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                            .out = malloc(o->message_bytes),
                            .in = malloc(REPLY_BYTES) };
        bool ran = ch.clients && ch.staying && ch.epoll_fd >= 0 && ch.out && ch.in;

        if (ran) {
                plan(&ch);
                while (ch.gone < o->connections)
                        turn(&ch);
        }
        if (ch.epoll_fd >= 0)
                close(ch.epoll_fd);
        free(ch.clients);
        free(ch.staying);
        free(ch.out);
        free(ch.in);
        return ran;
}
