/* SPDX-License-Identifier: MIT */
/* The clients of `bridge`: the same request pipeline as a task and as a thread, and the empty calls. */
#include "workloads/bridge/bridge.h"

/* ---- what both forms of the pipeline do --------------------------------------------------------------------- */

static void begin(struct client *c)
{
        struct bridge_sample *s = c->sample;

        c->start_ns = run_now_ns();
        text_write(c->request, s->fields, run_random(&c->random));
}

static void work(struct client *c)
{
        struct bridge_sample *s = c->sample;

        text_write(c->reply, s->fields, text_hash(c->request, s->fields * FIELD_BYTES, s->passes, c->row));
}

static void count(struct client *c)
{
        hist_record(c->times, run_now_ns() - c->start_ns);
        tally_add(c->tally, MUTANT("count-twice") && tally_read(c->tally) == 2 ? 2 : 1);
}

static void end(struct client *c)
{
        c->checksum += text_sum(c->reply, c->sample->fields);
        if (MUTANT("lose-reply") && tally_read(c->tally) == 1)
                c->checksum = 0;
        count(c);
}

/* ---- as a task: each level is a machine of its own, which the one above asks again --------------------------- */

static void chore_works(struct job *job)
{
        struct chore *chore = (struct chore *)job;

        chore->elsewhere += worker_current() == NULL;
        if (chore->client->sample->form->requests)
                work(chore->client);
}

/* POLL_READY: the job has ended. */
static enum poll hand_over(struct client *c)
{
        if (!c->working)
                job_start(&c->chore.job, &c->task, chore_works);
        c->working = job_poll(&c->chore.job) == POLL_PENDING;
        return c->working ? POLL_PENDING : POLL_READY;
}

static enum poll look_up_poll(struct client *c)
{
        c->query.key = c->key;
        if (query_poll(&c->query) == POLL_PENDING)
                return POLL_PENDING;
        c->row = c->query.row ^ c->key;
        return POLL_READY;
}

static enum poll answer_poll(struct client *c)
{
        struct bridge_sample *s = c->sample;

        if (c->at == AT_START) {
                c->key = text_sum(c->request, s->fields);
                c->at = AT_LOOK_UP;
        }
        if (c->at == AT_LOOK_UP) {
                if (look_up_poll(c) == POLL_PENDING)
                        return POLL_PENDING;
                c->at = AT_WORK;
        }
        if (s->offload)
                return hand_over(c);
        work(c);
        return POLL_READY;
}

static enum poll serve_poll(struct client *c)
{
        if (c->at == AT_START)
                begin(c);
        if (answer_poll(c) == POLL_PENDING)
                return POLL_PENDING;
        end(c);
        return POLL_READY;
}

enum step bridge_step_client(struct task *task)
{
        struct client *c = (struct client *)task;

        while (c->at != AT_END) {
                if (serve_poll(c) == POLL_PENDING)
                        return STEP_WAIT;
                c->at = run_stopped(c->sample->run) ? AT_END : AT_START;
        }
        return timer_drop(&c->query.timer) == DROP_DONE ? STEP_DONE : STEP_WAIT;
}

enum step bridge_step_caller(struct task *task)
{
        struct client *c = (struct client *)task;

        while (c->working || !run_stopped(c->sample->run)) {
                if (!c->working)
                        c->start_ns = run_now_ns();
                if (!MUTANT("other-variant") && hand_over(c) == POLL_PENDING)
                        return STEP_WAIT;
                count(c);
        }
        return STEP_DONE;
}

/* ---- as a thread ---------------------------------------------------------------------------------------------- */

/* Not inlined, as in query.c. */
static uint64_t __attribute__((noinline)) look_up(struct client *c, uint64_t key)
{
        uint64_t row = c->edge ? edge_call(c->edge, key) : query_blocking(&c->query, key);

        return row ^ key;
}

static void __attribute__((noinline)) answer(struct client *c)
{
        c->key = text_sum(c->request, c->sample->fields);
        c->row = look_up(c, c->key);
        work(c);
}

static void __attribute__((noinline)) serve(struct client *c)
{
        begin(c);
        answer(c);
        end(c);
}

void *bridge_thread_client(void *client)
{
        struct client *c = client;

        run_pin_first(c->sample->run, c->sample->workers);
        do
                serve(c);
        while (!run_stopped(c->sample->run));
        return NULL;
}

void *bridge_thread_caller(void *client)
{
        struct client *c = client;

        run_pin_first(c->sample->run, c->sample->workers);
        while (!run_stopped(c->sample->run)) {
                c->start_ns = run_now_ns();
                if (!MUTANT("other-variant"))
                        edge_call(c->edge, 0);
                count(c);
        }
        return NULL;
}
