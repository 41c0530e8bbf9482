/* SPDX-License-Identifier: MIT */
/* One sample of one cell, from the words of the command line to its last record. */
#include "harness/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cpus.h"
#include "harness/describe.h"
#include "harness/protocol.h"
#include "harness/refusal.h"
#include "harness/run_private.h"
#include "harness/serve_main.h"
#include "harness/watchdog.h"
#include "runtimes/runtime.h"

enum { PARAMS_BYTES = 4096, ERROR_BYTES = 1024, KNOWN_MAX = 128 };

/* ---- running ---------------------------------------------------------------------------------------- */

static void record_knobs(struct run *run, const struct knob *k)
{
        for (; k && k->name; k++)
                run_knob(run, k->name, "%s", k->value);
}

static void run_body(struct run *run, const struct workload *w, const struct runtime *rt)
{
        const struct native *native = describe_native(rt, w);
        /* the client of a server has a watch of its own: it knows what is owed */
        struct watchdog *watchdog = w->serve ? NULL : watchdog_start(run);
        int error = w->serve ? w->serve(rt->server, run)
                    : native ? native->run(run, native->form)
                             : w->run(rt->executor, run);

        if (watchdog)
                watchdog_stop(watchdog);
        if (error)
                run_fail(run, "%s could not be set up: %s", w->name, strerror(-error));
        run_count(run, "operations", run_operations(run));
}

int sample_run(struct run *run, const struct runtime *rt)
{
        const struct workload *w = run->private->workload;
        const char *remedy = NULL, *reason = rt->probe ? rt->probe(&remedy) : NULL;

        if (reason) {
                run_skip_record(run, reason, remedy);
                return PROTOCOL_SKIPPED;
        }
        run_expect(run, w->expect(run, rt->traits));
        record_knobs(run, rt->knobs);
        run_phase(run, "ready");
        run_body(run, w, rt);
        if (!run_window_ns(run))
                run_phase(run, "drain");
        w->verify(run, rt->traits);
        run_phase(run, "done");
        run_complete(run);
        return run->private->check_failed ? PROTOCOL_CHECK_FAILED : PROTOCOL_MEASURED;
}

/* ---- the command line --------------------------------------------------------------------------------- */

/* The words of `sample`, as they were given. */
struct request {
        const char *program;
        const char *runtime, *workload, *variant, *seed, *out_fd, *load_cpus;
        char params[PARAMS_BYTES]; /* all --set, joined by ";" */
};

/* The same, looked up. */
struct cell {
        const struct runtime *runtime;
        const struct workload *workload;
        const struct variant *variant;
        uint64_t seed;
        int fd;
};

/* The words of one table, to say which one was meant. */
struct known {
        const char *words[KNOWN_MAX];
        size_t count;
};

static void known_add(struct known *k, const char *word)
{
        if (k->count < KNOWN_MAX)
                k->words[k->count++] = word;
}

static bool unknown(const struct request *r, const char *what, const char *word, const struct known *k)
{
        refuse_unknown(r->program, what, word, k->words, k->count);
        return false;
}

static bool set_add(struct request *r, const char *pair)
{
        size_t used = strlen(r->params);
        int n;

        if (strchr(pair, ';'))
                return refuse(r->program, "bad --set '%s': one parameter each", pair);
        n = snprintf(r->params + used, sizeof(r->params) - used, "%s%s", used ? ";" : "", pair);
        if (n < 0 || (size_t)n >= sizeof(r->params) - used)
                return refuse(r->program, "the parameters are longer than %d bytes", PARAMS_BYTES);
        return true;
}

static bool option_read(struct request *r, const char *option, const char *value)
{
        const struct {
                const char *name, **value;
        } options[] = {
                { "--runtime", &r->runtime },     { "--workload", &r->workload },
                { "--variant", &r->variant },     { "--seed", &r->seed },
                { "--out-fd", &r->out_fd },       { "--set", NULL },
                { "--load-cpus", &r->load_cpus },
        };
        struct known known = { 0 };

        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
                known_add(&known, options[i].name);
                if (strcmp(option, options[i].name) != 0)
                        continue;
                if (!value)
                        return refuse(r->program, "%s needs a value", option);
                if (!options[i].value)
                        return set_add(r, value);
                if (*options[i].value)
                        return refuse(r->program, "%s is given twice", option);
                *options[i].value = value;
                return true;
        }
        return unknown(r, "option", option, &known);
}

static bool request_read(struct request *r, int argc, char **argv)
{
        const char *missing;

        for (int i = 0; i < argc; i += 2)
                if (!option_read(r, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
                        return false;
        missing = !r->runtime    ? "--runtime"
                  : !r->workload ? "--workload"
                  : !r->variant  ? "--variant"
                  : !r->seed     ? "--seed"
                  : !r->out_fd   ? "--out-fd"
                                 : NULL;
        if (!missing)
                return true;
        refuse(r->program, "%s is missing", missing);
        return false;
}

static bool runtime_find(const struct request *r, struct cell *cell)
{
        struct known known = { 0 };

        for (const struct runtime *rt = runtime_rows; rt->name; rt++) {
                known_add(&known, rt->name);
                if (strcmp(rt->name, r->runtime) == 0)
                        cell->runtime = rt;
        }
        return cell->runtime || unknown(r, "runtime", r->runtime, &known);
}

static bool workload_find_by(const struct request *r, struct cell *cell)
{
        struct known known = { 0 };

        cell->workload = workload_find(r->workload);
        for (size_t i = 0; workloads[i]; i++)
                known_add(&known, workloads[i]->name);
        return cell->workload || unknown(r, "workload", r->workload, &known);
}

static bool variant_find(const struct request *r, struct cell *cell)
{
        struct known known = { 0 };

        cell->variant = workload_variant(cell->workload, r->variant);
        for (const struct variant *v = cell->workload->variants; v->name; v++)
                known_add(&known, v->name);
        return cell->variant || unknown(r, "variant", r->variant, &known);
}

static bool number_of(const char *text, unsigned long long max, unsigned long long *number)
{
        if (!*text || text[strspn(text, "0123456789")])
                return false;
        errno = 0;
        *number = strtoull(text, NULL, 10);
        return errno == 0 && *number <= max;
}

static bool numbers_read(const struct request *r, struct cell *cell)
{
        unsigned long long number;
        cpu_set_t cpus;

        if (!number_of(r->seed, UINT64_MAX, &number))
                return refuse(r->program, "bad --seed '%s': a number from 0 to 2^64-1", r->seed);
        cell->seed = number;
        if (!number_of(r->out_fd, INT32_MAX, &number))
                return refuse(r->program, "bad --out-fd '%s': the number of an open descriptor", r->out_fd);
        cell->fd = (int)number;
        if (fcntl(cell->fd, F_GETFL) < 0 || (fcntl(cell->fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
                return refuse(r->program, "bad --out-fd '%s': not open for writing", r->out_fd);
        if (r->load_cpus && !cpus_parse(r->load_cpus, &cpus))
                return refuse(r->program, "bad --load-cpus '%s': a list of processors, such as 1 or 2-3",
                              r->load_cpus);
        return true;
}

static bool cell_find(const struct request *r, struct cell *cell)
{
        const char *reason;

        if (!runtime_find(r, cell) || !workload_find_by(r, cell) || !variant_find(r, cell) ||
            !numbers_read(r, cell))
                return false;
        reason = describe_absent(cell->runtime, cell->workload, cell->variant);
        if (reason)
                return refuse(r->program, "%s/%s is absent on %s: %s", r->workload, r->variant, r->runtime,
                              reason);
        return true;
}

static struct run *cell_run(const struct request *r, const struct cell *cell)
{
        char error[ERROR_BYTES];
        const char *reason = NULL;
        struct run *run = run_new(cell->workload, cell->variant, cell->runtime->name, r->params, cell->seed,
                                  error, sizeof(error));

        if (!run) {
                refuse(r->program, "%s", error);
                return NULL;
        }
        if (cell->workload->excludes)
                reason = cell->workload->excludes(run, cell->runtime->traits);
        if (r->load_cpus)
                run->private->load_cpus = strdup(r->load_cpus);
        if (!reason)
                return run;
        refuse(r->program, "%s/%s does not exist with %s: %s", r->workload, r->variant, r->params, reason);
        run_free(run);
        return NULL;
}

static int sample(struct request *r, int argc, char **argv)
{
        struct cell cell = { 0 };
        struct run *run;
        int status;

        if (!request_read(r, argc, argv) || !cell_find(r, &cell))
                return PROTOCOL_USAGE;
        run = cell_run(r, &cell);
        if (!run)
                return PROTOCOL_USAGE;
        run_report_to(run, cell.fd);
        status = sample_run(run, cell.runtime);
        if (atomic_load(&run->private->threads_left))
                _exit(status);
        run_free(run);
        return status;
}

int sample_main(const char *name, int argc, char **argv)
{
        static const char *const commands[] = { "describe", "sample", "serve" };
        const char *command = argc >= 2 ? argv[1] : "";
        struct request r = { .program = name };

        watchdog_note_early_threads();
        signal(SIGPIPE, SIG_IGN); /* a driver that is gone is an error of write(2) */
        if (argc == 2 && strcmp(command, "describe") == 0)
                return describe(name);
        if (strcmp(command, "sample") == 0)
                return sample(&r, argc - 2, argv + 2);
        if (strcmp(command, "serve") == 0)
                return serve_main(name, argc - 2, argv + 2);
        if (strcmp(command, "describe") == 0)
                refuse(name, "describe takes no arguments, not '%s'", argv[2]);
        else if (argc >= 2)
                refuse_unknown(name, "command", command, commands, sizeof(commands) / sizeof(commands[0]));
        else
                refuse(name,
                       "a command is missing: describe, or sample --runtime ROW --workload W --variant V "
                       "--set NAME=VALUE ... --seed S --out-fd N, or serve --listen ADDRESS:PORT");
        return PROTOCOL_USAGE;
}
