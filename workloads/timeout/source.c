/* SPDX-License-Identifier: MIT */
/* A reader under a limit whose source always has something: what it takes is put back at the end. */
#include "workloads/timeout/timeout.h"

static void fill(struct timeout_sample *s)
{
        for (uint64_t i = 0; i < SOURCE_MESSAGES; i++)
                CHECK(s->run, channel_try_send(&s->channel, i), ==, true);
}

/* Each message is numbered as if the source had no end. */
static void receive(struct timeout_sample *s)
{
        uint64_t message;
        bool closed = false;

        CHECK(s->run, channel_receive(&s->channel, &s->caller.task, &message, &closed), ==, POLL_READY);
        CHECK(s->run, channel_try_send(&s->channel, message + SOURCE_MESSAGES), ==, true);
        s->load.late += run_now_ns() > s->deadline_ns;
        if (!MUTANT("lose-piece") || message != 7)
                s->load.value += message;
        tally_add(s->tally, 1);
}

/* True when it is time to end all the same: nothing else would end the sample. */
static bool read_turn(struct timeout_sample *s)
{
        uint64_t n = 0;

        for (; s->load.late < s->late_messages && (s->whole || n < POLL_INTERVAL); n++)
                receive(s);
        turn_ends(s, n);
        return s->load.late == s->late_messages;
}

enum step timeout_step_source(struct task *task)
{
        struct timeout_sample *s = timeout_sample_of(task);

        if (s->caller.at == AT_END)
                return caller_ends(s);
        if (s->caller.at == AT_START) {
                fill(s);
                caller_begins(s);
        }
        if (!limit_acts(s) && !read_turn(s))
                return STEP_POLL;
        caller_goes_on(s);
        return caller_ends(s);
}
