/* SPDX-License-Identifier: MIT */
/* `serve`: listen where one is told, serve until a signal, and say what was counted. */
#include "harness/serve_main.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness/address.h"
#include "harness/descriptors.h"
#include "harness/listeners.h"
#include "harness/protocol.h"
#include "harness/refusal.h"
#include "harness/sample.h"
#include "runtimes/runtime.h"
#include "runtimes/serve/serve.h"

enum { PARAMS_BYTES = 1024, ERROR_BYTES = 1024, ROWS_MAX = 16 };

/* The words of `serve`, as they were given. */
struct serve_words {
        const char *listen, *runtime, *workers, *listeners, *buffer_bytes;
};

/* A server that listens, and what it reports to. */
struct alone {
        const char *program;
        const struct runtime *row;
        struct run *run; /* servers fail through one; it reports nowhere */
        struct listeners listeners;
        struct serve_job job;
        pthread_t thread;
        int result;
};

/* ---- the command line ---------------------------------------------------------------------------------- */

static bool option_read(const char *program, struct serve_words *w, const char *option, const char *value)
{
        static const char *const names[] = { "--listen", "--runtime", "--workers", "--listeners",
                                             "--buffer-bytes" };
        const char **const values[] = { &w->listen, &w->runtime, &w->workers, &w->listeners,
                                        &w->buffer_bytes };
        const size_t count = sizeof(names) / sizeof(names[0]);

        for (size_t i = 0; i < count; i++) {
                if (strcmp(option, names[i]) != 0)
                        continue;
                if (!value)
                        return refuse(program, "%s needs a value", option);
                if (*values[i])
                        return refuse(program, "%s is given twice", option);
                *values[i] = value;
                return true;
        }
        return refuse_unknown(program, "option", option, names, count);
}

static bool words_read(const char *program, struct serve_words *w, int argc, char **argv)
{
        for (int i = 0; i < argc; i += 2)
                if (!option_read(program, w, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
                        return false;
        return w->listen || refuse(program, "--listen is missing, for example --listen 127.0.0.1:0");
}

/* The row WORD, or the first one that serves when WORD is NULL. */
static const struct runtime *row_find(const char *program, const char *word)
{
        const char *known[ROWS_MAX];
        size_t count = 0;

        for (const struct runtime *rt = runtime_rows; rt->name; rt++) {
                if (!rt->server || count == ROWS_MAX)
                        continue;
                known[count++] = rt->name;
                if (!word || strcmp(rt->name, word) == 0)
                        return rt;
        }
        if (count)
                refuse_unknown(program, "runtime", word, known, count);
        else
                refuse(program, "no row of %s has a server", program);
        return NULL;
}

/* ---- the run ------------------------------------------------------------------------------------------- */

/* What the words say of the parameter P of a sample; else what it is in the smallest of samples. */
static const char *value_of(const struct serve_words *w, const struct runtime *row, const struct param *p)
{
        if (strcmp(p->name, "workers") == 0)
                return w->workers ? w->workers : row->traits & TRAIT_OWN_WORKERS ? "all" : "1";
        if (strcmp(p->name, "listeners") == 0 && w->listeners)
                return w->listeners;
        if (strcmp(p->name, "buffer_bytes") == 0 && w->buffer_bytes)
                return w->buffer_bytes;
        if (strcmp(p->name, "connections") == 0)
                return "1000000"; /* as many as come */
        return p->smoke;
}

static void params_write(char *text, const struct serve_words *w, const struct runtime *row,
                         const struct workload *workload)
{
        const struct param *const tables[] = { workload->params, common_params };
        size_t used = 0;

        for (size_t t = 0; t < 2; t++)
                for (const struct param *p = tables[t]; p->name; p++) {
                        const char *value = value_of(w, row, p);

                        if (t == 1 && workload_replaces(workload, p))
                                continue;
                        used += (size_t)snprintf(text + used, used < PARAMS_BYTES ? PARAMS_BYTES - used : 0,
                                                 "%s=%.*s;", p->name,
                                                 value == p->smoke ? (int)strcspn(value, ",") : 64, value);
                }
}

/* The words as a run of the workload `echo`: it knows their ranges, and which rows exclude them. */
static bool run_make(struct alone *a, const struct serve_words *w)
{
        const struct workload *echo = workload_find("echo");
        char params[PARAMS_BYTES] = "", error[ERROR_BYTES];
        const char *reason;

        params_write(params, w, a->row, echo);
        a->run = run_new(echo, &echo->variants[0], a->row->name, params, 1, error, sizeof(error));
        if (!a->run)
                return refuse(a->program, "%s", error);
        reason = echo->excludes(a->run, a->row->traits);
        return !reason || refuse(a->program, "%s with --workers %" PRIu64 ": %s", a->row->name,
                                 run_param(a->run, "workers"), reason);
}

/* ---- serving ------------------------------------------------------------------------------------------- */

/* Whoever ends first, the server or the one who waits for a signal, ends the other. */
static void *server_main(void *arg)
{
        struct alone *a = arg;

        a->result = a->row->server->serve(&a->job, a->row->server->form);
        kill(getpid(), SIGTERM);
        return NULL;
}

/* Not a word before the last descriptor is there; -errno. */
static int listen_and_start(struct alone *a, struct sockaddr_storage *address, socklen_t bytes)
{
        int error = listeners_open(&a->listeners, address, bytes, a->job.workers,
                                   run_param_is(a->run, "listeners", "own"), true);

        if (error)
                return error;
        a->job.listeners = a->listeners.fds;
        a->job.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        a->job.counts = aligned_alloc(RUN_CACHE_LINE_BYTES, a->job.workers * sizeof(*a->job.counts));
        if (a->job.stop_fd < 0 || !a->job.counts)
                return -ENOMEM;
        memset(a->job.counts, 0, a->job.workers * sizeof(*a->job.counts));
        return -pthread_create(&a->thread, NULL, server_main, a);
}

static void say_where(const struct alone *a, const struct sockaddr_storage *address)
{
        char text[80];

        printf("listening on %s, row %s, %u worker%s\n", address_format(address, text, sizeof(text)),
               a->row->name, a->job.workers, a->job.workers == 1 ? "" : "s");
        fflush(stdout);
}

static void say_counts(const struct alone *a)
{
        for (int i = 0; i < SERVE_COUNTS; i++)
                printf("%s %" PRIu64 "\n", serve_count_name((enum serve_count)i),
                       serve_counted(&a->job, (enum serve_count)i));
        fflush(stdout);
}

static int serve_until_signal(struct alone *a, struct sockaddr_storage *address, socklen_t bytes)
{
        uint64_t one = 1;
        sigset_t ends;
        int error, which;

        sigemptyset(&ends);
        sigaddset(&ends, SIGINT);
        sigaddset(&ends, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &ends, NULL); /* in all threads, so that it waits for sigwait() */
        error = listen_and_start(a, address, bytes);
        if (error)
                return error;
        say_where(a, address);
        sigwait(&ends, &which);
        if (write(a->job.stop_fd, &one, sizeof(one)) != sizeof(one))
                return -errno;
        pthread_join(a->thread, NULL);
        if (!a->result)
                say_counts(a);
        return a->result;
}

static int serve_at(struct alone *a, const struct serve_words *w, struct sockaddr_storage *address,
                    socklen_t bytes)
{
        const char *remedy, *reason = a->row->probe ? a->row->probe(&remedy) : NULL;
        uint64_t limit;
        int error;

        if (reason) {
                refuse(a->program, "%s does not run here: %s", a->row->name, reason);
                return PROTOCOL_SKIPPED;
        }
        descriptors_raise(0, &limit);
        a->job = (struct serve_job){ .run = a->run,
                                     .workers = (unsigned)run_param(a->run, "workers"),
                                     .stop_fd = -1,
                                     .buffer_bytes = (size_t)run_param(a->run, "buffer_bytes") };
        error = serve_until_signal(a, address, bytes);
        if (error)
                refuse(a->program, "cannot serve at %s: %s", w->listen, strerror(-error));
        if (a->job.stop_fd >= 0)
                close(a->job.stop_fd);
        free(a->job.counts);
        listeners_free(&a->listeners);
        return error ? PROTOCOL_CHECK_FAILED : 0;
}

int serve_main(const char *name, int argc, char **argv)
{
        struct serve_words words = { 0 };
        struct alone a = { .program = name };
        struct sockaddr_storage address;
        socklen_t bytes;
        const char *wrong;
        int status;

        if (!words_read(name, &words, argc, argv))
                return PROTOCOL_USAGE;
        wrong = address_parse(words.listen, &address, &bytes);
        if (wrong) {
                refuse(name, "bad --listen '%s': %s", words.listen, wrong);
                return PROTOCOL_USAGE;
        }
        a.row = row_find(name, words.runtime);
        if (!a.row)
                return PROTOCOL_USAGE;
        status = run_make(&a, &words) ? serve_at(&a, &words, &address, bytes) : PROTOCOL_USAGE;
        run_free(a.run);
        return status;
}
