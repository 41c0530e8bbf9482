/* SPDX-License-Identifier: MIT */
/* What came of the load: added up over threads, and told. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/hist_json.h"
#include "harness/load/load.h"

static const char *const error_names[LOAD_ERRORS] = {
        [LOAD_REFUSED] = "refused",    [LOAD_TIMED_OUT] = "timed_out",
        [LOAD_NO_PORT] = "no_port",    [LOAD_NO_DESCRIPTOR] = "no_descriptor",
        [LOAD_RESET] = "reset",        [LOAD_CLOSED] = "closed_early",
        [LOAD_WRONG] = "wrong",        [LOAD_STALLED] = "stalled",
        [LOAD_OTHER] = "other_errors",
};

/* ---- adding up ----------------------------------------------------------------------------------------- */

static struct hist *const *hists(struct load_result *r, struct hist *list[4])
{
        list[0] = &r->connect;
        list[1] = &r->service;
        list[2] = &r->response;
        list[3] = &r->lateness;
        return list;
}

int load_result_init(struct load_result *r)
{
        struct hist *list[4];

        *r = (struct load_result){ .slowest_replies = UINT64_MAX };
        hists(r, list);
        for (int i = 0; i < 4; i++)
                if (hist_init(list[i], 3))
                        return -ENOMEM;
        return 0;
}

void load_result_free(struct load_result *r)
{
        struct hist *list[4];

        hists(r, list);
        for (int i = 0; i < 4; i++)
                hist_free(list[i]);
}

void load_result_add(struct load_result *r, const struct load_result *from)
{
        struct hist *to[4], *of[4];
        uint64_t *sums[] = { &r->connected,      &r->requests,       &r->replies,     &r->bytes_sent,
                             &r->bytes_received, &r->short_writes,   &r->short_reads, &r->incomplete,
                             &r->closed,         &r->window_replies, &r->planned,     &r->in_flight_ns,
                             &r->answered_ns,    &r->starved,        &r->unsent,      &r->pinged,
                             &r->syn_retried };
        const uint64_t parts[] = { from->connected,      from->requests,       from->replies,
                                   from->bytes_sent,     from->bytes_received, from->short_writes,
                                   from->short_reads,    from->incomplete,     from->closed,
                                   from->window_replies, from->planned,        from->in_flight_ns,
                                   from->answered_ns,    from->starved,        from->unsent,
                                   from->pinged,         from->syn_retried };

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                *sums[i] += parts[i];
        for (int i = 0; i < LOAD_ERRORS; i++)
                r->errors[i] += from->errors[i];
        if (!r->detail[0])
                memcpy(r->detail, from->detail, sizeof(r->detail));
        if (from->cpu_ns > r->cpu_ns)
                r->cpu_ns = from->cpu_ns;
        if (from->connecting_ns > r->connecting_ns)
                r->connecting_ns = from->connecting_ns;
        if (from->slowest_replies < r->slowest_replies)
                r->slowest_replies = from->slowest_replies;
        r->replies_squared += from->replies_squared;
        hists(r, to);
        hists((struct load_result *)from, of);
        for (int i = 0; i < 4; i++)
                hist_add(to[i], of[i]);
}

uint64_t load_result_errors(const struct load_result *r)
{
        uint64_t sum = 0;

        for (int i = 0; i < LOAD_ERRORS; i++)
                sum += r->errors[i];
        return sum;
}

bool load_result_is_whole(const struct load_result *r)
{
        return load_result_errors(r) == 0 && r->incomplete == 0 && r->unsent == 0;
}

void load_result_error(struct load_result *r, enum load_error which, const char *format, ...)
{
        va_list args;

        r->errors[which]++;
        if (r->detail[0])
                return;
        va_start(args, format);
        vsnprintf(r->detail, sizeof(r->detail), format, args);
        va_end(args);
}

/* ---- what follows from it ------------------------------------------------------------------------------ */

static double window_s(const struct load_options *o)
{
        return (double)o->window_ns / 1e9;
}

/* How many connections send. */
static double senders(const struct load_options *o)
{
        return o->active ? (double)o->active * o->threads : o->connections;
}

/* Jain's index of fairness over the connections' replies in the window (Jain, Chiu and Hawe, DEC-TR-301, 1984): 1 =
 * all alike, 1/n = one had all. */
static double fairness(const struct load_options *o, const struct load_result *r)
{
        double sum = (double)r->window_replies;

        return r->replies_squared > 0 ? sum * sum / (senders(o) * r->replies_squared) : 0;
}

/* Of the mean connection's replies. */
static double slowest_share(const struct load_options *o, const struct load_result *r)
{
        return r->window_replies ? (double)r->slowest_replies * senders(o) / (double)r->window_replies : 0;
}

/* Little's law over a window, exactly (Little, Operations Research 9(3), 1961): what answered messages were under way,
 * added up, is the mean number under way times the window. A closed loop has as many under way as it was told: what is
 * missing from 1 passed between a reply and the next message, in this client, or was never answered. */
static double little(const struct load_options *o, const struct load_result *r)
{
        double under_way =
                o->rate_per_s ? (double)r->in_flight_ns : senders(o) * o->depth * (double)o->window_ns;

        return under_way > 0 ? (double)r->answered_ns / under_way : 0;
}

/* The kernel delays an acknowledgement by 40 ms at least (TCP_DELACK_MIN), rounded up to its clock. */
static bool is_delayed_ack(const struct load_result *r)
{
        uint64_t p50_ns = hist_quantile(&r->service, 0.5);

        return p50_ns >= 38000000 && p50_ns <= 46000000;
}

bool load_result_is(const struct load_options *o, const struct load_result *r, enum load_mark mark)
{
        switch (mark) {
        case LOAD_DELAYED_ACK:
                return is_delayed_ack(r);
        case LOAD_LOST_TIME:
                return !o->rate_per_s && little(o, r) < 0.95;
        case LOAD_CLIENT_BOUND:
                return !o->spin && (double)r->cpu_ns >= 0.8 * (double)o->window_ns;
        case LOAD_MARKS:
                break;
        }
        return false;
}

static const struct {
        const char *name, *text;
} marks[LOAD_MARKS] = {
        [LOAD_DELAYED_ACK] = { "delayed_ack_suspect",
                               "half of the replies took 38 to 46 ms: a small write waits for a delayed "
                               "acknowledgement of the one before, unless the server sets TCP_NODELAY or "
                               "writes once" },
        [LOAD_LOST_TIME] = { "lost_time_suspect",
                             "for more than a twentieth of the time a message that should be under way was "
                             "not: replies/s are too low" },
        [LOAD_CLIENT_BOUND] = { "client_bound",
                                "this client had a processor nearly full: replies/s may be its limit, not "
                                "the server's" },
};

/* ---- records ------------------------------------------------------------------------------------------- */

static void write_record(const struct load_options *o, json_t *record)
{
        json_dumpfd(record, o->out_fd, JSON_COMPACT | JSON_REAL_PRECISION(15));
        json_decref(record);
        if (write(o->out_fd, "\n", 1) != 1)
                _exit(1); /* nobody reads any more */
}

static void write_metric(const struct load_options *o, const char *name, const char *unit, double value)
{
        write_record(o, json_pack("{s:s,s:s,s:s,s:f}", "record", "metric", "name", name, "unit", unit,
                                  "value", value));
}

static void write_count(const struct load_options *o, const char *name, uint64_t value)
{
        write_record(o,
                     json_pack("{s:s,s:s,s:I}", "record", "count", "name", name, "value", (json_int_t)value));
}

/* A quantile that fewer than ten values lie above says nothing about the distribution. */
static void write_quantiles(const struct load_options *o, const char *what, const struct hist *h)
{
        static const struct {
                const char *word;
                double q;
        } quantiles[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "p99_9", 0.999 } };
        char name[64];

        if (!h->count)
                return;
        for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
                if ((double)h->count * (1 - quantiles[i].q) < 10 && quantiles[i].q > 0.5)
                        continue;
                snprintf(name, sizeof(name), "%s_%s_ns", what, quantiles[i].word);
                write_metric(o, name, "ns", (double)hist_quantile(h, quantiles[i].q));
        }
}

static void write_latencies(const struct load_options *o, const struct load_result *r)
{
        if (o->churn) {
                write_quantiles(o, "first_byte", &r->response);
                write_metric(o, "first_byte_max_ns", "ns", (double)r->response.max);
                write_record(o, hist_record_json("first_byte_ns", &r->response));
                return;
        }
        write_quantiles(o, "service", &r->service);
        write_record(o, hist_record_json("service_ns", &r->service));
        if (!o->rate_per_s)
                return;
        write_quantiles(o, "response", &r->response);
        write_quantiles(o, "lateness", &r->lateness);
        write_record(o, hist_record_json("response_ns", &r->response));
        write_record(o, hist_record_json("lateness_ns", &r->lateness));
}

/* Of a window in which connections stay. */
static void write_rates(const struct load_options *o, const struct load_result *r)
{
        write_metric(o, "requests_per_s", "1/s", (double)r->window_replies / window_s(o));
        write_metric(o, "connects_per_s", "1/s",
                     r->connecting_ns ? (double)r->connected * 1e9 / (double)r->connecting_ns : 0);
        write_metric(o, "fairness", "1", fairness(o, r));
        write_metric(o, "slowest_share", "1", slowest_share(o, r));
        write_metric(o, "little", "1", little(o, r));
        write_metric(o, "load_cpu_share", "1", (double)r->cpu_ns / (double)o->window_ns);
}

static void write_records(const struct load_options *o, const struct load_result *r)
{
        for (int i = 0; i < LOAD_ERRORS; i++)
                write_count(o, error_names[i], r->errors[i]);
        write_count(o, "connected", r->connected);
        write_count(o, "requests", r->requests);
        write_count(o, "replies", r->replies);
        write_count(o, "bytes_sent", r->bytes_sent);
        write_count(o, "bytes_received", r->bytes_received);
        write_count(o, "load_short_writes", r->short_writes);
        write_count(o, "load_short_reads", r->short_reads);
        write_count(o, "incomplete", r->incomplete);
        write_count(o, "unsent", r->unsent);
        write_count(o, "closed_by_server", r->closed);
        write_count(o, "starved", r->starved);
        write_count(o, "window_replies", r->window_replies);
        write_count(o, "planned", r->planned);
        write_count(o, "pinged", r->pinged);
        write_count(o, "syn_retried", r->syn_retried);
        write_count(o, "load_cpu_ns", r->cpu_ns);
        for (int i = 0; i < LOAD_MARKS; i++)
                write_count(o, marks[i].name, !o->churn && load_result_is(o, r, (enum load_mark)i));
        write_latencies(o, r);
        write_quantiles(o, "connect", &r->connect);
        write_record(o, hist_record_json("connect_ns", &r->connect));
        if (!o->churn)
                write_rates(o, r);
        write_record(o, json_pack("{s:s,s:s}", "record", "end", "detail", r->detail));
}

void load_report_phase(const struct load_options *o, const char *phase)
{
        if (o->out_fd >= 0)
                write_record(o, json_pack("{s:s,s:s}", "record", "phase", "phase", phase));
}

void load_report_step(const struct load_options *o, unsigned connections)
{
        char go;

        if (o->go_fd < 0)
                return;
        write_record(o, json_pack("{s:s,s:i}", "record", "step", "connections", (int)connections));
        if (read(o->go_fd, &go, 1) != 1)
                _exit(1); /* nobody waits any more */
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static void print_times(const char *what, const struct hist *h)
{
        if (h->count)
                printf("%-15s p50 %9.1f us   p99 %9.1f us   p99.9 %9.1f us   max %9.1f us\n", what,
                       (double)hist_quantile(h, 0.5) / 1e3, (double)hist_quantile(h, 0.99) / 1e3,
                       (double)hist_quantile(h, 0.999) / 1e3, (double)h->max / 1e3);
}

static void print_errors(const struct load_result *r)
{
        for (int i = 0; i < LOAD_ERRORS; i++)
                if (r->errors[i])
                        printf("%-15s %llu %s\n", "errors", (unsigned long long)r->errors[i], error_names[i]);
        if (r->detail[0])
                printf("%-15s %s\n", "first error", r->detail);
}

static void print_churn(const struct load_options *o, const struct load_result *r)
{
        printf("%llu of %u clients were answered; %llu had to knock again\n", (unsigned long long)r->replies,
               o->connections, (unsigned long long)r->syn_retried);
        print_times("connect", &r->connect);
        print_times("first byte", &r->response);
        print_errors(r);
}

/* What a reader of the numbers above must know. */
static void print_doubts(const struct load_options *o, const struct load_result *r)
{
        unsigned long long owed = r->incomplete + r->unsent, asked = r->requests + r->unsent;
        unsigned long long left = r->connected - r->closed;

        if (!load_result_is_whole(r))
                printf("%-15s %llu errors, %llu of %llu messages without a right reply: no number above is a "
                       "result\n",
                       "invalid", (unsigned long long)load_result_errors(r), owed, asked);
        else if (left && !o->reset)
                printf("%-15s %llu connections that the server did not end after this client's last byte\n",
                       "left", left);
        for (int i = 0; i < LOAD_MARKS; i++)
                if (load_result_is(o, r, (enum load_mark)i))
                        printf("%-15s %s\n", "warning", marks[i].text);
}

static void print_summary(const struct load_options *o, const struct load_result *r)
{
        printf("%llu of %u connections, %zu-byte messages, %s loop\n", (unsigned long long)r->connected,
               o->connections, o->message_bytes, o->rate_per_s ? "open" : "closed");
        printf("%-15s %.0f replies/s", "throughput", (double)r->window_replies / window_s(o));
        if (o->rate_per_s)
                printf(" (%.0f planned)", (double)r->planned / window_s(o));
        putchar('\n');
        print_times("connect", &r->connect);
        print_times(o->rate_per_s ? "response" : "service time", o->rate_per_s ? &r->response : &r->service);
        if (o->rate_per_s) {
                print_times("service time", &r->service);
                print_times("lateness", &r->lateness);
        }
        printf("%-15s slowest connection %.2f of the mean, Jain %.3f; %llu waited a second or more\n",
               "fairness", slowest_share(o, r), fairness(o, r), (unsigned long long)r->starved);
        printf("%-15s %.0f %% of a processor; Little's law %.3f\n", "this client",
               100 * (double)r->cpu_ns / (double)o->window_ns, little(o, r));
        printf("%-15s %llu requests, %llu replies, %llu bytes compared, %llu without a reply\n", "checked",
               (unsigned long long)r->requests, (unsigned long long)r->replies,
               (unsigned long long)r->bytes_received, (unsigned long long)r->incomplete);
        if (o->active)
                printf("%-15s %llu of %u connections answered at the end\n", "ping",
                       (unsigned long long)r->pinged, o->connections);
        print_errors(r);
        print_doubts(o, r);
}

void load_report(const struct load_options *o, const struct load_result *r)
{
        if (o->out_fd >= 0)
                write_records(o, r);
        else if (o->churn)
                print_churn(o, r);
        else
                print_summary(o, r);
}
