/* SPDX-License-Identifier: MIT */
/* The cells of a profile and their samples, over the driver's own set-up and processes. */
#include "harness/gbench/gbench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/driver/interrupt.h"
#include "harness/driver/plain.h"
#include "harness/driver/plan.h"
#include "harness/driver/random.h"
#include "harness/driver/session.h"
#include "harness/driver/setup.h"
#include "harness/driver/trial.h"
#include "harness/report/benchmark_cell.h"

enum { REFUSAL_BYTES = 2048, PAD_BYTES = 4096 };

struct cell {
        unsigned group; /* index into the selection */
        const struct member *member;
        char *name;
        unsigned samples; /* run so far */
};

struct gbench {
        struct request request;
        struct setup setup;
        struct cell *cells;
        size_t count;
        char seed[24], absent[64]; /* what gbench_context() tells of them */

        bool asked_for_machine;
        char no_machine[256]; /* why it is not ours, or empty */
        char nonce[STORE_NONCE_BYTES];
        uint64_t pad_state;

        const char *headline;  /* of the last sample's workload */
        struct trial_end last; /* the last sample, when has_last */
        bool has_last;
        char refusal[REFUSAL_BYTES];
};

/* ---- options ------------------------------------------------------------------------------------- */

const char gbench_help[] =
        "\nasyncbench adds\n"
        "          [--asyncbench_profile=<smoke|quick|standard|publish>]\n"
        "          [--asyncbench_set=<param>=<value>[,<value>...]]\n"
        "          [--asyncbench_seed=<seed>]\n"
        "A repetition is one process, a sample of the profile's length: --benchmark_min_time and\n"
        "--benchmark_min_warmup_time have no say. Cells that cannot run here are not registered:\n"
        "asyncbench list --absent names them.\n";

/* Our options, and what `asyncbench run` calls them; a profile is a word alone. */
static const struct {
        const char *name, *word;
} options[] = {
        { "--asyncbench_profile=", NULL },
        { "--asyncbench_set=", "--set" },
        { "--asyncbench_seed=", "--seed" },
};

/* Append what ARGUMENT is called to WORDS. False when it is none of ours. */
static bool take_option(char *argument, const char **words, int *count)
{
        for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
                size_t length = strlen(options[i].name);

                if (strncmp(argument, options[i].name, length) != 0)
                        continue;
                if (options[i].word)
                        words[(*count)++] = options[i].word;
                words[(*count)++] = argument + length;
                return true;
        }
        return false;
}

/* Make the request as if `asyncbench run` had been typed. */
static bool read_request(struct request *r, int *argc, char **argv, char *error, size_t error_bytes)
{
        const char **words = calloc(2 * (size_t)*argc + 3, sizeof(*words));
        int count = 2, kept = 1;
        bool ok;

        if (!words) {
                snprintf(error, error_bytes, "out of memory");
                return false;
        }
        words[0] = "asyncbench-gbench";
        words[1] = "run";
        for (int i = 1; i < *argc; i++)
                if (!take_option(argv[i], words, &count))
                        argv[kept++] = argv[i];
        argv[kept] = NULL;
        *argc = kept;
        ok = request_parse(r, count, (char **)words, error, error_bytes);
        free(words);
        return ok;
}

/* ---- cells --------------------------------------------------------------------------------------- */

static bool add_cell(struct gbench *g, unsigned group, const struct member *m)
{
        const struct group *of = &g->setup.selection.groups[group];
        struct cell *more = realloc(g->cells, (g->count + 1) * sizeof(*more));
        char name[BENCHMARK_NAME_BYTES];

        if (!more)
                return false;
        g->cells = more;
        more[g->count] = (struct cell){ .group = group, .member = m };
        more[g->count].name =
                strdup(benchmark_name(name, of->workload->name, m->variant->name, m->row->name, of->params));
        return more[g->count++].name;
}

/* The reference row's second self is for the noise floor of a run, which this is not. */
static bool add_cells(struct gbench *g, char *error, size_t error_bytes)
{
        const struct selection *s = &g->setup.selection;

        snprintf(error, error_bytes, "out of memory");
        for (unsigned i = 0; i < s->count; i++)
                for (size_t j = 0; j < s->groups[i].count; j++)
                        if (!s->groups[i].members[j].again && !add_cell(g, i, &s->groups[i].members[j]))
                                return false;
        snprintf(error, error_bytes, "nothing can run here; `asyncbench list --absent` says why");
        return g->count;
}

struct gbench *gbench_open(int *argc, char **argv, char *error, size_t error_bytes)
{
        struct gbench *g = calloc(1, sizeof(*g));
        bool ok = g;

        snprintf(error, error_bytes, "out of memory");
        ok = ok && read_request(&g->request, argc, argv, error, error_bytes);
        ok = ok && setup_make(&g->setup, &g->request, error, error_bytes);
        ok = ok && add_cells(g, error, error_bytes);
        if (!ok) {
                gbench_close(g);
                return NULL;
        }
        interrupt_install();
        g->pad_state = g->request.seed;
        snprintf(g->seed, sizeof(g->seed), "%" PRIu64, g->request.seed);
        snprintf(g->absent, sizeof(g->absent), "%zu, see asyncbench list --absent",
                 g->setup.selection.absent_count);
        return g;
}

static void forget_last(struct gbench *g)
{
        if (g->has_last)
                trial_free(&g->last);
        g->has_last = false;
}

void gbench_close(struct gbench *g)
{
        if (!g)
                return;
        forget_last(g);
        for (size_t i = 0; i < g->count; i++)
                free(g->cells[i].name);
        free(g->cells);
        setup_free(&g->setup);
        free(g);
}

size_t gbench_cells(const struct gbench *g)
{
        return g->count;
}

const char *gbench_name(const struct gbench *g, size_t cell)
{
        return g->cells[cell].name;
}

const char *gbench_context(const struct gbench *g, size_t index, const char **value)
{
        const struct {
                const char *key, *value;
        } items[] = {
                { "suite", AB_VERSION },
                { "profile", profile_words[g->request.profile] },
                { "seed", g->seed },
                { "absent_cells", g->absent },
        };

        if (index >= sizeof(items) / sizeof(*items))
                return NULL;
        *value = items[index].value;
        return items[index].key;
}

/* ---- samples ------------------------------------------------------------------------------------- */

/* Once; later calls know the answer. */
static bool have_machine(struct gbench *g)
{
        if (!g->asked_for_machine) {
                g->asked_for_machine = true;
                if (setup_take_machine(g->nonce, g->no_machine, sizeof(g->no_machine)) &&
                    CPU_COUNT(&g->setup.placement.driver))
                        sched_setaffinity(0, sizeof(cpu_set_t), &g->setup.placement.driver);
        }
        return !*g->no_machine;
}

/* The seed that a run would give the sample in this round: cells that are compared get the same data. */
static uint64_t next_seed(const struct gbench *g, struct cell *c)
{
        const struct block block = { .round = (uint16_t)++c->samples, .group = (uint16_t)c->group };

        return plan_seed(&(struct plan){ .seed = g->request.seed }, &block);
}

static bool run_trial(struct gbench *g, struct cell *c)
{
        forget_last(g);
        g->has_last =
                trial_run(&(struct trial){ .group = &g->setup.selection.groups[c->group],
                                           .member = c->member,
                                           .load_cpus = &g->setup.placement.load,
                                           .cpus = &g->setup.placement.server,
                                           .nonce = g->nonce,
                                           .root = g->setup.root,
                                           .seed = next_seed(g, c),
                                           .pad_bytes = (unsigned)random_below(&g->pad_state, PAD_BYTES) },
                          &g->last);
        return g->has_last;
}

/* The headline metric of the last sample in ns, or false. */
static bool find_time(const struct gbench *g, double *real_ns)
{
        const char *name, *unit;
        json_t *metric;
        size_t i;

        json_array_foreach(g->last.records.metrics, i, metric)
        {
                if (json_unpack(metric, "[s, s, F]", &name, &unit, real_ns) == 0 &&
                    strcmp(name, g->headline) == 0)
                        return strcmp(unit, "ns") == 0;
        }
        return false;
}

static double operations_of(const struct gbench *g)
{
        const char *name;
        double value;
        json_t *count;
        size_t i;

        json_array_foreach(g->last.records.counts, i, count)
        {
                if (json_unpack(count, "[s, F]", &name, &value) == 0 && strcmp(name, "operations") == 0)
                        return value;
        }
        return 0;
}

static void refuse(struct gbench *g, struct gbench_sample *sample, const char *what, const char *how,
                   const char *why)
{
        snprintf(g->refusal, sizeof(g->refusal), "%s%s%s%s", what, how, *why ? ": " : "", why);
        plain_text(g->refusal);
        *sample = (struct gbench_sample){ .refusal = g->refusal };
}

/* What its end says where there is no time. */
static void refuse_last(struct gbench *g, struct gbench_sample *sample)
{
        const struct records *r = &g->last.records;
        const struct judgement *j = &g->last.judgement;
        bool expected = strcmp(r->outcome, r->expected) == 0 || strcmp(r->expected, "either") == 0;
        const char *how = expected ? ", as expected" : ", not expected";

        if (j->status == JUDGED_DEADLOCK || j->status == JUDGED_STALLED)
                refuse(g, sample, r->outcome, how, r->evidence ? r->evidence : "");
        else if (j->status == JUDGED_OK)
                refuse(g, sample, r->outcome, how, "it has no time per operation");
        else
                refuse(g, sample, judge_word(j->status), "", j->reason);
}

/* What a failed sample printed and what its threads did would be lost with it. */
static void show_diagnosis(const struct gbench *g, const struct cell *c)
{
        const struct child_end *end = &g->last.end;

        if (g->last.judgement.as_expected || (!*end->output && !*end->threads))
                return;
        fprintf(stderr, "%s:\n%s%s%s\n", c->name, end->output, *end->output && *end->threads ? "\n" : "",
                end->threads);
}

void gbench_run(struct gbench *g, size_t cell, struct gbench_sample *sample)
{
        struct cell *c = &g->cells[cell];

        *sample = (struct gbench_sample){ 0 };
        if (!have_machine(g)) {
                refuse(g, sample, judge_word(JUDGED_NOT_RUN), "", g->no_machine);
                return;
        }
        if (interrupt_pending()) {
                refuse(g, sample, judge_word(JUDGED_NOT_RUN), "", "interrupted");
                return;
        }
        g->headline = workload_headline(g->setup.selection.groups[c->group].workload)->name;
        if (!run_trial(g, c)) {
                refuse(g, sample, judge_word(JUDGED_FAILED), "", "out of memory");
                return;
        }
        if (g->last.judgement.status == JUDGED_OK && find_time(g, &sample->real_ns))
                sample->cpu_ns =
                        benchmark_cpu_time((double)g->last.end.cpu_ns, operations_of(g), sample->real_ns);
        else
                refuse_last(g, sample);
        show_diagnosis(g, c);
}

const char *gbench_counter(const struct gbench *g, size_t index, double *value)
{
        const char *name, *unit;
        json_t *item;
        size_t i;

        json_array_foreach(g->last.records.metrics, i, item)
        {
                if (json_unpack(item, "[s, s, F]", &name, &unit, value) == 0 &&
                    strcmp(name, g->headline) != 0 && index-- == 0)
                        return name;
        }
        if (json_unpack(json_array_get(g->last.records.counts, index), "[s, F]", &name, value) == 0)
                return name;
        return NULL;
}

int gbench_exit_status(const struct gbench *g)
{
        if (interrupt_pending())
                return interrupt_exit_code();
        return *g->no_machine ? EXIT_REFUSED : EXIT_EXPECTED;
}
