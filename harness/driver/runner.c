/* SPDX-License-Identifier: MIT */
/* The loop over what is planned. */
#include "harness/driver/runner.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/driver/clock.h"
#include "harness/driver/estimate.h"
#include "harness/driver/gates.h"
#include "harness/driver/random.h"
#include "harness/driver/trial.h"

enum { RETRIES = 2, WHY_BYTES = 96 };

/* Blocks that ran one after another and are judged as one stretch of time. */
struct batch {
        size_t *blocks;
        size_t count;
        struct gates_reading from;
        enum gates_verdict worst; /* of samples that are long enough to be judged alone */
        char why[WHY_BYTES];
};

static uint64_t block_ns(const struct plan *plan, const struct block *b)
{
        const struct group *g = &plan->selection->groups[b->group];
        uint64_t ns = 0;

        for (unsigned k = 0; k < b->count; k++)
                ns += estimate_sample_ns(g, &g->members[plan->samples[b->first + k]], b->round);
        return ns;
}

uint64_t runner_open_ns(const struct runner *r, size_t *samples)
{
        uint64_t ns = 0;

        *samples = 0;
        for (size_t i = 0; i < r->plan->block_count; i++)
                if (r->record->blocks[i].result == BLOCK_OPEN) {
                        ns += block_ns(r->plan, &r->plan->blocks[i]);
                        *samples += r->plan->blocks[i].count;
                }
        return ns;
}

static bool write_record(struct runner *r, json_t *record)
{
        r->write_error = record ? journal_append(r->journal, record) : -ENOMEM;
        return r->write_error == 0;
}

/* ---- one sample ---------------------------------------------------------------------------------- */

/* A sample on its way from the plan to the journal. */
struct sample {
        size_t block_index;
        const struct block *block;
        const struct group *group;
        const struct member *member;
        unsigned order;
        char row[128];
        struct trial_end trial;
};

static json_t *sample_json(const struct runner *r, const struct sample *s)
{
        const struct records *c = &s->trial.records;
        json_t *record = json_pack(
                "{s:s, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "record", "sample", "order",
                (int)s->order, "attempt", (int)r->record->blocks[s->block_index].attempt, "round",
                (int)s->block->round, "group", (int)s->group->number, "workload", s->group->workload->name,
                "variant", s->member->variant->name, "runtime", s->row, "params", s->group->params, "status",
                judge_word(s->trial.judgement.status), "reason", s->trial.judgement.reason);
        json_t *rest =
                json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:O, s:O, s:O, s:O, s:O}", "remedy",
                          c->skip_remedy ? c->skip_remedy : "", "expected", c->expected, "outcome",
                          c->outcome, "as_expected", s->trial.judgement.as_expected, "evidence",
                          c->evidence ? c->evidence : "", "wall_ns", (json_int_t)s->trial.end.wall_ns,
                          "cpu_ns", (json_int_t)s->trial.end.cpu_ns, "metrics", c->metrics, "counts",
                          c->counts, "checks", c->checks, "knobs", c->knobs, "histograms", c->histograms);

        json_object_update(record, rest);
        json_decref(rest);
        if (!s->trial.judgement.as_expected)
                json_object_set_new(record, "diagnosis",
                                    json_sprintf("%s%s%s", s->trial.end.threads,
                                                 *s->trial.end.threads && *s->trial.end.output ? "\n" : "",
                                                 s->trial.end.output));
        return record;
}

static void show_failure(const struct runner *r, const struct sample *s)
{
        const char *reason = s->trial.judgement.reason;

        progress_clear(&r->progress);
        fprintf(stderr, "%s/%s on %s, %s, round %u: %s%s%s%s\n", s->group->workload->name,
                s->member->variant->name, s->row, s->group->params, s->block->round,
                judge_word(s->trial.judgement.status), *reason ? " (" : "", reason, *reason ? ")" : "");
        if (*s->trial.end.output)
                fprintf(stderr, "%s\n", s->trial.end.output);
        if (*s->trial.end.threads)
                fprintf(stderr, "%s\n", s->trial.end.threads);
}

static bool run_trial(struct runner *r, struct sample *s)
{
        return trial_run(
                &(struct trial){ .group = s->group,
                                 .member = s->member,
                                 .counter = s->block->round == PLAN_COUNTING_ROUND ? r->counter : NULL,
                                 .load_cpus = &r->placement->load,
                                 .cpus = &r->placement->server,
                                 .nonce = r->nonce,
                                 .root = r->root,
                                 .seed = plan_seed(r->plan, s->block),
                                 .pad_bytes = (unsigned)random_below(&r->pad_state, 4096) },
                &s->trial);
}

static void show_progress(struct runner *r, const struct sample *s)
{
        struct record_totals totals;
        char counts[160];

        if (!progress_due(&r->progress))
                return;
        totals = record_totals(r->record);
        progress_show(&r->progress,
                      &(struct progress_now){ .workload = s->group->workload->name,
                                              .variant = s->member->variant->name,
                                              .runtime = s->row,
                                              .round = s->block->round,
                                              .counts = record_counts(&totals, counts, sizeof(counts)) });
}

/* Run sample K of block I and write it down. */
static enum runner_end run_sample(struct runner *r, size_t i, unsigned k)
{
        struct sample s = { .block_index = i, .block = &r->plan->blocks[i] };
        enum runner_end end = RUNNER_COMPLETE;

        s.order = s.block->first + k + 1;
        s.group = &r->plan->selection->groups[s.block->group];
        s.member = &s.group->members[r->plan->samples[s.block->first + k]];
        plan_row_name(s.member, s.row, sizeof(s.row));
        show_progress(r, &s);
        if (!run_trial(r, &s)) {
                r->write_error = -ENOMEM;
                return RUNNER_CANNOT_WRITE;
        }
        if (s.trial.end.cause == CHILD_INTERRUPTED)
                end = RUNNER_INTERRUPTED;
        else if (!write_record(r, sample_json(r, &s)))
                end = RUNNER_CANNOT_WRITE;
        else
                record_sample(r->record, i, s.trial.judgement.status, s.trial.judgement.as_expected);
        if (end == RUNNER_COMPLETE && !s.trial.judgement.as_expected)
                show_failure(r, &s);
        progress_add(&r->progress, estimate_sample_ns(s.group, s.member, s.block->round));
        trial_free(&s.trial);
        return end;
}

/* ---- groups and their gates ---------------------------------------------------------------------- */

static void read_gates(const struct runner *r, struct gates_reading *reading)
{
        cpu_set_t cpus;

        placement_measured(r->placement, &cpus);
        gates_read(reading, r->root, &cpus);
}

static struct gates_use use_since(const struct runner *r, const struct gates_reading *from, uint64_t *span_ns)
{
        struct gates_reading now;
        cpu_set_t cpus;

        read_gates(r, &now);
        placement_measured(r->placement, &cpus);
        *span_ns = now.at_ns - from->at_ns;
        return gates_between(from, &now, (unsigned)CPU_COUNT(&cpus));
}

/* Keep the worst of what single long samples saw. */
static void judge_alone(const struct runner *r, struct batch *batch, const struct gates_reading *from)
{
        char why[WHY_BYTES];
        uint64_t span_ns;
        struct gates_use use = use_since(r, from, &span_ns);
        enum gates_verdict verdict =
                span_ns >= GATES_SHORTEST_NS ? gates_judge(&use, why, sizeof(why)) : GATES_PASS;

        if (verdict <= batch->worst)
                return;
        batch->worst = verdict;
        snprintf(batch->why, sizeof(batch->why), "%s", why);
}

static enum runner_end run_block(struct runner *r, size_t i, struct batch *batch)
{
        const struct block *b = &r->plan->blocks[i];
        bool long_samples =
                r->plan->selection->groups[b->group].limits.window_ms * 1000000ull >= GATES_SHORTEST_NS;
        enum runner_end end = RUNNER_COMPLETE;

        record_begin(r->record, i);
        for (unsigned k = 0; k < b->count && end == RUNNER_COMPLETE; k++) {
                struct gates_reading from;

                if (long_samples)
                        read_gates(r, &from);
                end = run_sample(r, i, k);
                if (long_samples && end == RUNNER_COMPLETE)
                        judge_alone(r, batch, &from);
        }
        return end;
}

static json_t *real_or_null(double value)
{
        return isnan(value) ? json_null() : json_real(value);
}

/* Write down what became of block I: VERDICT decides, as far as trying again is still open. */
static bool settle(struct runner *r, size_t i, enum gates_verdict verdict, const char *why,
                   const struct gates_use *use, uint64_t span_ns)
{
        const struct block *b = &r->plan->blocks[i];
        struct block_state *state = &r->record->blocks[i];
        const char *result = "ok";

        if (verdict != GATES_PASS && state->again < RETRIES && r->reruns_left >= b->count) {
                result = "again";
                state->again++;
                r->reruns_left -= b->count;
        } else if (verdict == GATES_INVALID) {
                result = "invalid";
                state->result = BLOCK_INVALID;
        } else {
                state->result = BLOCK_OK;
        }
        return write_record(
                r, json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:I, s:o, s:o, s:I}", "record", "group", "round",
                             (int)b->round, "group", (int)r->plan->selection->groups[b->group].number,
                             "attempt", (int)state->attempt, "result", result, "reason", why, "wall_ns",
                             (json_int_t)span_ns, "steal", real_or_null(use->steal), "foreign_cpu",
                             real_or_null(use->foreign), "throttled_ns", (json_int_t)use->throttled_ns));
}

/* Judge all of the batch and empty it. */
static bool judge_batch(struct runner *r, struct batch *batch)
{
        uint64_t span_ns;
        struct gates_use use = use_since(r, &batch->from, &span_ns);
        char why[WHY_BYTES] = "";
        enum gates_verdict verdict =
                span_ns >= GATES_SHORTEST_NS ? gates_judge(&use, why, sizeof(why)) : GATES_PASS;
        bool ok = true;

        if (batch->worst > verdict) {
                verdict = batch->worst;
                snprintf(why, sizeof(why), "%s", batch->why);
        }
        if (!r->gated || r->plan->blocks[batch->blocks[0]].round == PLAN_COUNTING_ROUND)
                verdict = GATES_PASS;
        for (size_t i = 0; i < batch->count && ok; i++)
                ok = settle(r, batch->blocks[i], verdict, why, &use, span_ns);
        batch->count = 0;
        return ok;
}

static bool over_budget(const struct runner *r, const struct block *b)
{
        return r->deadline_ns && clock_now_ns() + block_ns(r->plan, b) > r->deadline_ns;
}

static void batch_add(const struct runner *r, struct batch *batch, size_t block)
{
        if (batch->count == 0) {
                read_gates(r, &batch->from);
                batch->worst = GATES_PASS;
        }
        batch->blocks[batch->count++] = block;
}

/* Run what is open of the blocks FIRST to LAST - 1. A batch is judged when it is long enough, the last one
 * as it is. */
static enum runner_end run_pass(struct runner *r, size_t first, size_t last, struct batch *batch)
{
        enum runner_end end = RUNNER_COMPLETE;

        for (size_t i = first; i < last && end == RUNNER_COMPLETE; i++) {
                if (r->record->blocks[i].result != BLOCK_OPEN)
                        continue;
                if (over_budget(r, &r->plan->blocks[i])) {
                        end = RUNNER_BUDGET;
                        break;
                }
                batch_add(r, batch, i);
                end = run_block(r, i, batch);
                if (end != RUNNER_COMPLETE)
                        batch->count--; /* a block that was cut is not judged */
                else if (clock_now_ns() - batch->from.at_ns >= GATES_SHORTEST_NS && !judge_batch(r, batch))
                        end = RUNNER_CANNOT_WRITE;
        }
        if (batch->count && end != RUNNER_CANNOT_WRITE && !judge_batch(r, batch))
                end = RUNNER_CANNOT_WRITE;
        return end;
}

static bool any_open(const struct runner *r, size_t first, size_t last)
{
        for (size_t i = first; i < last; i++)
                if (r->record->blocks[i].result == BLOCK_OPEN)
                        return true;
        return false;
}

/* A round, then what its gates sent back, until none is open: each goes back at most twice. */
static enum runner_end run_round(struct runner *r, size_t first, size_t last, struct batch *batch)
{
        enum runner_end end = RUNNER_COMPLETE;

        while (end == RUNNER_COMPLETE && any_open(r, first, last))
                end = run_pass(r, first, last, batch);
        return end;
}

static size_t round_end(const struct plan *plan, size_t first)
{
        size_t last = first;

        while (last < plan->block_count && plan->blocks[last].round == plan->blocks[first].round)
                last++;
        return last;
}

enum runner_end runner_run(struct runner *r)
{
        struct batch batch = { .blocks = calloc(r->plan->selection->count + 1, sizeof(*batch.blocks)) };
        enum runner_end end = RUNNER_COMPLETE;

        r->write_error = batch.blocks ? 0 : -ENOMEM;
        if (!batch.blocks)
                return RUNNER_CANNOT_WRITE;
        for (size_t first = 0, last; first < r->plan->block_count && end == RUNNER_COMPLETE; first = last) {
                last = round_end(r->plan, first);
                end = run_round(r, first, last, &batch);
        }
        progress_clear(&r->progress);
        free(batch.blocks);
        return end;
}
