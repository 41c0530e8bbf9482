/* SPDX-License-Identifier: MIT */
/* The task of `heartbeat`: it beats when its timer says so, and in between it works, or has it worked elsewhere. */
#include "workloads/heartbeat/heartbeat.h"

/* ---- the beat -------------------------------------------------------------------------------------------- */

static uint64_t due_ns(const struct heartbeat_sample *s)
{
        return s->heart.start_ns + s->heart.next * s->period_ns;
}

static void timer_set(struct heartbeat_sample *s)
{
        uint64_t now_ns = run_now_ns(), at_ns = due_ns(s);

        timer_start(&s->heart.timer, &s->heart.task, at_ns > now_ns ? at_ns - now_ns : 0);
}

/* For all that are due: all but one of them are missed. */
static void beat(struct heartbeat_sample *s, uint64_t now_ns)
{
        uint64_t last = (now_ns - s->heart.start_ns) / s->period_ns;

        hist_record(s->late, now_ns - due_ns(s));
        s->beats += !MUTANT("skip-beat") || s->beats % 4;
        s->missed += last - s->heart.next;
        s->given_up += last - s->heart.next >= s->tolerance && !MUTANT("never-give-up");
        s->heart.next = last + 1;
}

static void beat_when_due(struct heartbeat_sample *s)
{
        if (timer_poll(&s->heart.timer) != POLL_READY)
                return;
        beat(s, run_now_ns());
        timer_set(s);
}

static void begin(struct heartbeat_sample *s)
{
        s->heart.start_ns = run_now_ns();
        s->heart.next = 1;
        s->heart.at = AT_WORK;
        timer_set(s);
}

/* A beat that is due by then and that the timer has not told of yet is made at the end. */
static enum step end(struct heartbeat_sample *s)
{
        uint64_t now_ns = run_now_ns();

        if (s->heart.at != AT_END) {
                s->elapsed_ns = now_ns - s->heart.start_ns;
                s->due = s->elapsed_ns / s->period_ns;
                if (s->due >= s->heart.next)
                        beat(s, now_ns);
                s->heart.at = AT_END;
        }
        return timer_drop(&s->heart.timer) == DROP_PENDING ? STEP_WAIT : STEP_DONE;
}

/* ---- items ------------------------------------------------------------------------------------------------ */

static bool chore_take(struct chore *c)
{
        if (!deal_next(&c->sample->deal, &c->item))
                return false;
        c->value = c->item.seed;
        c->left = c->item.steps;
        c->taken = true;
        return true;
}

/* Any thread. */
static void chore_work(struct chore *c, uint64_t steps)
{
        if (!c->left)
                return;
        if (steps > c->left)
                steps = c->left;
        c->value = work_steps(&c->sample->work, c->value, steps);
        c->left -= steps;
        c->on_loop = worker_current() != NULL;
        if (!c->left)
                c->ended = atomic_fetch_add(&c->sample->ended, 1);
}

static void chore_count(struct chore *c)
{
        struct heartbeat_sample *s = c->sample;

        c->taken = false;
        s->checksum += c->value >> 32;
        s->on_loop += c->on_loop;
        s->heavy += c->item.heavy;
        s->out_of_order += c->ended != c->item.index;
        if (MUTANT("lose-item") && s->items == 7)
                s->checksum -= c->value >> 32;
        s->items++;
        tally_add(s->tally, MUTANT("count-twice") && s->items == 7 ? 2 : 1);
}

/* ---- inline: whole, or in pieces ------------------------------------------------------------------------- */

static void piece(struct heartbeat_sample *s, struct chore *c)
{
        uint64_t start_ns = run_now_ns(), ns;

        chore_work(c, s->piece_steps);
        ns = run_now_ns() - start_ns;
        s->pieces++;
        if (ns > s->longest_piece_ns)
                s->longest_piece_ns = ns;
        if (ns >= s->period_ns)
                s->blocked_periods += ns / s->period_ns - 1;
        s->blocked_for_good += ns / s->period_ns > s->tolerance;
        if (!c->left)
                chore_count(c);
}

static enum step step_inline(struct task *task)
{
        struct heart *h = (struct heart *)task;
        struct chore *c = &h->chores[0];
        struct heartbeat_sample *s = c->sample;

        if (h->at == AT_START)
                begin(s);
        if (h->at == AT_WORK)
                beat_when_due(s);
        if (h->at == AT_END || (!c->taken && !chore_take(c)))
                return end(s);
        piece(s, c);
        return STEP_POLL;
}

/* ---- offload ----------------------------------------------------------------------------------------------- */

static void chore_job(struct job *job)
{
        chore_work((struct chore *)job, UINT64_MAX);
}

static void job_begin(struct heartbeat_sample *s, struct chore *c)
{
        s->pieces++;
        if (MUTANT("other-variant"))
                chore_work(c, c->left);
        job_start(&c->job, &s->heart.task, chore_job);
}

/* Take what has ended, hand over what comes next. False when nothing is left to do or to wait for. */
static bool slot_turn(struct chore *c)
{
        for (;;) {
                if (c->taken && job_poll(&c->job) == POLL_PENDING)
                        return true;
                if (c->taken)
                        chore_count(c);
                if (!chore_take(c))
                        return false;
                job_begin(c->sample, c);
        }
}

static bool jobs_turn(struct heartbeat_sample *s)
{
        bool outstanding = false;

        for (unsigned i = 0; i < s->in_flight; i++)
                outstanding |= slot_turn(&s->heart.chores[i]);
        return outstanding;
}

/* Nobody cancels the task, so that the wait names the timer and one job. */
static enum step step_offload(struct task *task)
{
        struct heart *h = (struct heart *)task;
        struct heartbeat_sample *s = h->chores[0].sample;

        if (h->at == AT_START)
                begin(s);
        if (h->at == AT_WORK)
                beat_when_due(s);
        if (h->at == AT_END || !jobs_turn(s))
                return end(s);
        select_suspend(&h->select, task, 2, &h->timer.wait, &h->chores[0].job.wait);
        return STEP_WAIT;
}

void heartbeat_make(struct heartbeat_sample *s)
{
        s->heart.task.step = s->offload ? step_offload : step_inline;
        for (unsigned i = 0; i < HEARTBEAT_IN_FLIGHT_MAX; i++)
                s->heart.chores[i].sample = s;
}
