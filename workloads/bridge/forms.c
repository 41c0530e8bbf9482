/* SPDX-License-Identifier: MIT */
/* How each variant of `bridge` runs: a sample is made, its clients serve, as tasks or as threads, and it is counted. */
#include <stdlib.h>

#include "workloads/bridge/bridge.h"

static void threads_start(struct bridge_sample *s, void *(*body)(void *client))
{
        for (unsigned i = 0; i < s->count; i++)
                if (pthread_create(&s->clients[i].thread, NULL, body, &s->clients[i]))
                        run_fail(s->run, "cannot start thread %u", i);
}

static void threads_join(struct bridge_sample *s)
{
        for (unsigned i = 0; i < s->count; i++)
                pthread_join(s->clients[i].thread, NULL);
}

static void run_tasks(const struct executor *ex, struct bridge_sample *s)
{
        struct crew *crew = crew_open(ex, s->run, s->workers);
        struct crew_counts counts;

        if (s->offload)
                crew_offload(crew, (unsigned)run_param(s->run, "blocking_threads"));
        for (unsigned i = 0; i < s->count; i++)
                crew_spawn(crew, &s->clients[i].task, i);
        crew_start(crew);
        run_window(s->run);
        crew_join(crew, &counts);
        s->jobs = counts.job_starts;
}

static struct crew *edges_open(const struct executor *ex, struct bridge_sample *s)
{
        struct crew *crew = crew_open(ex, s->run, s->workers);

        s->edges = calloc(s->count, sizeof(*s->edges));
        if (!s->edges)
                run_fail(s->run, "no memory for %u tasks", s->count);
        for (unsigned i = 0; i < s->count; i++) {
                edge_open(&s->edges[i], s, crew, i);
                s->clients[i].edge = &s->edges[i];
        }
        crew_start(crew);
        return crew;
}

static void edges_close(struct bridge_sample *s, struct crew *crew)
{
        for (unsigned i = 0; i < s->count; i++)
                edge_close(&s->edges[i]);
        crew_join(crew, NULL);
        for (unsigned i = 0; i < s->count; i++) {
                s->waits += s->edges[i].query.waits;
                s->served += s->edges[i].served;
                edge_destroy(&s->edges[i]);
        }
        free(s->edges);
}

static void run_plain(const struct executor *ex, struct bridge_sample *s)
{
        (void)ex;
        run_knob(s->run, "backend", "pthread");
        threads_start(s, bridge_thread_client);
        run_window(s->run);
        threads_join(s);
}

static void run_edge(const struct executor *ex, struct bridge_sample *s)
{
        struct crew *crew = edges_open(ex, s);

        if (MUTANT("other-variant"))
                s->clients[0].edge = NULL;
        threads_start(s, bridge_thread_client);
        run_window(s->run);
        threads_join(s);
        edges_close(s, crew);
}

/* The first call starts the runtime, as a library does that keeps one behind its sync calls. */
static void run_calls(const struct executor *ex, struct bridge_sample *s)
{
        uint64_t start_ns = run_now_ns();
        struct crew *crew = edges_open(ex, s);

        edge_call(&s->edges[0], 0);
        s->first_call_ns = run_now_ns() - start_ns;
        threads_start(s, bridge_thread_caller);
        run_window(s->run);
        threads_join(s);
        edges_close(s, crew);
}

static const struct bridge_form forms[] = {
        { .variant = "async-core", .run = run_tasks, .requests = true },
        { .variant = "sync-core", .run = run_edge, .requests = true, .bridged = true },
        { .variant = "sync-only", .run = run_plain, .requests = true },
        { .variant = "block-on", .run = run_calls, .bridged = true },
        { .variant = "offload", .run = run_tasks, .hands_over = true },
        { .variant = "nested", .run = bridge_run_nested, .nested = true },
        { .variant = "flat", .run = bridge_run_nested, .nested = true },
        { 0 },
};

const struct bridge_form *bridge_form_of(const struct run *run)
{
        const struct bridge_form *form = forms;

        while (form->variant && !run_variant_is(run, form->variant))
                form++;
        return form;
}

bool bridge_hands_over(const struct run *run, const struct bridge_form *form)
{
        return form->hands_over || (form->run == run_tasks && run_param_is(run, "cpu", "offload"));
}

size_t bridge_fields_of(const struct run *run)
{
        return run_param(run, "bytes") / FIELD_BYTES;
}

static void *text_make(const struct bridge_sample *s)
{
        void *text = malloc(s->fields * FIELD_BYTES);

        if (!text)
                run_fail(s->run, "no memory for a text of %zu numbers", s->fields);
        return text;
}

static void clients_make(struct bridge_sample *s)
{
        struct tally *tallies = run_tallies(s->run, s->count);
        struct hist *times = run_recorders(s->run, s->count);

        s->clients = calloc(s->count, sizeof(*s->clients));
        if (!s->clients)
                run_fail(s->run, "no memory for %u clients", s->count);
        for (unsigned i = 0; i < s->count; i++) {
                struct client *c = &s->clients[i];

                *c = (struct client){ .task.step =
                                              s->form->requests ? bridge_step_client : bridge_step_caller,
                                      .sample = s,
                                      .tally = &tallies[i],
                                      .times = &times[i],
                                      .query = { .sample = s, .task = &c->task },
                                      .chore.client = c,
                                      .request = text_make(s),
                                      .reply = text_make(s),
                                      .random = run_random_start(s->run, i) };
        }
}

static void sample_make(struct bridge_sample *s)
{
        const struct run *run = s->run;
        unsigned connections = (unsigned)run_param(run, "connections");

        s->count = s->form->requests ? (unsigned)run_param(run, "clients") : 1;
        s->workers = s->form->requests ? (unsigned)run_param(run, "workers") : 1;
        s->fields = bridge_fields_of(run);
        s->passes = run_param(run, "passes");
        s->wait_ns = run_param(run, "wait_ms") * 1000000;
        s->offload = bridge_hands_over(run, s->form);
        semaphore_init(&s->connections, connections);
        pthread_mutex_init(&s->plain.lock, NULL);
        pthread_cond_init(&s->plain.given_back, NULL);
        s->plain.free = connections;
        clients_make(s);
}

static void clients_free(struct bridge_sample *s)
{
        for (unsigned i = 0; i < s->count; i++) {
                struct client *c = &s->clients[i];

                s->waits += c->query.waits;
                s->elsewhere += c->chore.elsewhere;
                s->checksum += c->checksum;
                free(c->request);
                free(c->reply);
        }
        free(s->clients);
        semaphore_destroy(&s->connections);
        pthread_mutex_destroy(&s->plain.lock);
        pthread_cond_destroy(&s->plain.given_back);
}

static void report_counts(const struct bridge_sample *s)
{
        run_count(s->run, "checksum", s->checksum);
        run_count(s->run, "waits", s->waits);
        run_count(s->run, "lent_most", s->lent_most);
        run_count(s->run, "bridged", s->served);
        run_count(s->run, "jobs", s->jobs);
        run_count(s->run, "jobs_elsewhere", s->elsewhere);
        run_count(s->run, "first_call_ns", s->first_call_ns);
        run_count(s->run, "outer_jobs", s->outer);
        run_count(s->run, "inner_jobs", s->inner);
        run_count(s->run, "waited_in_job", s->beside);
}

int bridge_run(const struct executor *ex, struct run *run)
{
        struct bridge_sample s = { .run = run, .form = bridge_form_of(run) };

        sample_make(&s);
        s.form->run(ex, &s);
        clients_free(&s);
        report_counts(&s);
        return 0;
}
