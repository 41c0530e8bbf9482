/* SPDX-License-Identifier: MIT */
/* The command line of asyncbench-load. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/address.h"
#include "harness/cpus.h"
#include "harness/load/load.h"
#include "harness/load/message.h"
#include "harness/refusal.h"

enum { WORDS_MAX = 32 };

/* A number on the command line: its range, and what it is before anybody says so. */
struct number {
        const char *name;
        unsigned long long low, high, value;
        const char *unit;
};

enum {
        CONNECTIONS,
        DEPTH,
        THREADS,
        ACTIVE,
        STEPS,
        MESSAGE_BYTES,
        RATE,
        WARMUP,
        WINDOW,
        HOLD,
        STALL,
        SEED,
        OUT_FD,
        GO_FD,
        NUMBERS
};

static const struct number defaults[NUMBERS] = {
        [CONNECTIONS] = { "--connections", 1, 1000000, 50, "" },
        [DEPTH] = { "--depth", 1, 1024, 1, "messages" },
        [THREADS] = { "--threads", 1, 256, 1, "" },
        [ACTIVE] = { "--active", 1, 1000000, 0, "connections of each thread that send; without it all do" },
        [STEPS] = { "--steps", 1, 1000, 1, "in which connections are made" },
        [MESSAGE_BYTES] = { "--message-bytes", MESSAGE_HEADER_BYTES, MESSAGE_MAX_BYTES, 64, "bytes" },
        [RATE] = { "--rate", 1, 100000000, 0, "messages a second; without it a closed loop" },
        [WARMUP] = { "--warmup-ms", 0, 600000, 500, "ms" },
        [WINDOW] = { "--window-ms", 1, 3600000, 5000, "ms" },
        [HOLD] = { "--hold-ms", 0, 600000, 0,
                   "clients that come at --rate, ask once, stay so many ms and go" },
        [STALL] = { "--stall-ms", 10, 600000, 10000, "ms" },
        [SEED] = { "--seed", 0, UINT64_MAX, 1, "" },
        [OUT_FD] = { "--out-fd", 0, 1000000, 0, "an open descriptor for records" },
        [GO_FD] = { "--go-fd", 0, 1000000, 0, "an open descriptor that says when the next step may be made" },
};

static const char *const other_words[] = {
        "--connect", "--cpus", "--arrivals", "--spin", "--reset", "--help"
};

static void usage(void)
{
        puts("usage: asyncbench-load --connect ADDRESS:PORT [OPTION VALUE]...\n"
             "\n"
             "Sends messages to an echo server, compares every reply byte for byte and says how long they "
             "took.\n"
             "\n"
             "  --connect ADDR       127.0.0.1:7, [::1]:7");
        for (const struct number *n = defaults; n < defaults + NUMBERS; n++)
                if (n->value)
                        printf("  %-20s %llu to %llu, by default %llu %s\n", n->name, n->low, n->high,
                               n->value, n->unit);
                else
                        printf("  %-20s %llu to %llu: %s\n", n->name, n->low, n->high, n->unit);
        puts("  --arrivals WORD      of a rate: poisson (by default) or fixed\n"
             "  --cpus LIST          processors of the threads, such as 1 or 2-3\n"
             "  --spin               wait for the next arrival on the processor\n"
             "  --reset              end connections by a reset, which leaves no TIME_WAIT\n"
             "\n"
             "Exit status: 0 all replies came and were right, 1 otherwise or bad arguments.");
}

static bool read_address(struct load_options *o, const char *text)
{
        const char *wrong = address_parse(text, &o->target, &o->target_bytes);

        if (!wrong && address_port(&o->target) == 0)
                wrong = "port 0 is no port";
        return !wrong || refuse("load", "bad --connect '%s': %s", text, wrong);
}

static bool read_number(struct number *n, const char *text)
{
        char *end;

        errno = 0;
        n->value = strtoull(text, &end, 10);
        if (*text >= '0' && *text <= '9' && !*end && !errno && n->value >= n->low && n->value <= n->high)
                return true;
        return refuse("load", "bad %s '%s': from %llu to %llu", n->name, text, n->low, n->high);
}

static bool unknown(const char *word)
{
        const char *words[WORDS_MAX];
        size_t count = 0;

        for (const struct number *n = defaults; n < defaults + NUMBERS; n++)
                words[count++] = n->name;
        for (size_t i = 0; i < sizeof(other_words) / sizeof(other_words[0]); i++)
                words[count++] = other_words[i];
        return refuse_unknown("load", "option", word, words, count);
}

/* One option with VALUE, which is NULL at the end of the line. Returns how many words it took; 0: refused. */
static int read_option(struct load_options *o, struct number *numbers, const char *word, const char *value)
{
        bool *flag = strcmp(word, "--spin") == 0 ? &o->spin : strcmp(word, "--reset") == 0 ? &o->reset : NULL;

        if (flag)
                return *flag = true;
        for (struct number *n = numbers; n < numbers + NUMBERS; n++)
                if (strcmp(word, n->name) == 0)
                        return !value ? refuse("load", "%s needs a value", word) : 2 * read_number(n, value);
        if (strcmp(word, "--connect") != 0 && strcmp(word, "--cpus") != 0 && strcmp(word, "--arrivals") != 0)
                return unknown(word);
        if (!value)
                return refuse("load", "%s needs a value", word);
        if (strcmp(word, "--connect") == 0)
                return 2 * read_address(o, value);
        if (strcmp(word, "--cpus") == 0) {
                o->pinned = true;
                return 2 * (cpus_parse(value, &o->cpus) ||
                            refuse("load", "bad --cpus '%s': a list, such as 1 or 2-3", value));
        }
        o->fixed = strcmp(value, "fixed") == 0;
        if (!o->fixed && strcmp(value, "poisson") != 0)
                return refuse("load", "bad --arrivals '%s': poisson or fixed", value);
        return 2;
}

static bool check(struct load_options *o)
{
        if (!o->target_bytes)
                return refuse("load", "--connect is missing; --help says more");
        if (o->churn && (!o->rate_per_s || o->threads > 1))
                return refuse("load", "--hold-ms needs a --rate at which clients come, and one thread");
        if (o->threads > o->connections)
                return refuse("load", "%u threads for %u connections", o->threads, o->connections);
        if (o->out_fd >= 0 &&
            (fcntl(o->out_fd, F_GETFL) < 0 || (fcntl(o->out_fd, F_GETFL) & O_ACCMODE) == O_RDONLY))
                return refuse("load", "bad --out-fd '%d': not open for writing", o->out_fd);
        return true;
}

bool load_options_read(struct load_options *o, int argc, char **argv)
{
        struct number numbers[NUMBERS];
        bool out = false, go = false, hold = false;

        memcpy(numbers, defaults, sizeof(numbers));
        *o = (struct load_options){ 0 };
        for (int i = 1, words; i < argc; i += words) {
                if (strcmp(argv[i], "--help") == 0) {
                        usage();
                        exit(0);
                }
                words = read_option(o, numbers, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
                if (!words)
                        return false;
                out |= strcmp(argv[i], "--out-fd") == 0;
                go |= strcmp(argv[i], "--go-fd") == 0;
                hold |= strcmp(argv[i], "--hold-ms") == 0;
        }
        o->connections = (unsigned)numbers[CONNECTIONS].value;
        o->depth = (unsigned)numbers[DEPTH].value;
        o->threads = (unsigned)numbers[THREADS].value;
        o->active = (unsigned)numbers[ACTIVE].value;
        o->steps = (unsigned)numbers[STEPS].value;
        o->message_bytes = (size_t)numbers[MESSAGE_BYTES].value;
        o->rate_per_s = numbers[RATE].value;
        o->warmup_ns = numbers[WARMUP].value * 1000000;
        o->window_ns = numbers[WINDOW].value * 1000000;
        o->churn = hold;
        o->hold_ns = numbers[HOLD].value * 1000000;
        o->stall_ns = numbers[STALL].value * 1000000;
        o->seed = numbers[SEED].value;
        o->out_fd = out ? (int)numbers[OUT_FD].value : -1;
        o->go_fd = go ? (int)numbers[GO_FD].value : -1;
        return check(o);
}
