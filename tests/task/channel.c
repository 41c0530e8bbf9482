/* SPDX-License-Identifier: MIT */
/* Games of the channel: what arrives, in which order, and that no place is lost. */
#include "tests/task/play.h"

enum { SENDERS = 6, MESSAGES = 40, MOST_PLACES = 4, PAUSE = 3 };

struct post {
        struct channel channel;
        struct task *receiver;
        _Atomic unsigned senders; /* that still send */
        bool closed_by_another;   /* than the receiver */
};

struct sender {
        struct actor actor;
        struct post *post;
        struct waiter waiter;
        uint64_t random;
        unsigned number, sent, pause, yields, cleanups;
        bool refused, in_parts;
};

struct receiver {
        struct actor actor;
        struct post *post;
        uint64_t random;
        unsigned received[SENDERS]; /* of each sender, so the next one's number */
        unsigned pause, yields;
        bool closed;
};

static void channel_check(struct actor *actor, struct channel *c)
{
        pthread_mutex_lock(&c->guard);
        EXPECT(actor, c->count <= c->capacity);
        EXPECT(actor, c->closed || c->count + c->promised <= c->capacity);
        pthread_mutex_unlock(&c->guard);
}

/* ---- senders ------------------------------------------------------------------------------------------------- */

static void sender_end(struct sender *s)
{
        if (atomic_fetch_sub(&s->post->senders, 1) == 1)
                task_wake(s->post->receiver);
}

static bool has_place(const struct sender *s)
{
        return atomic_load(&s->waiter.state) == WAITER_FINISHED;
}

/* In two parts: the place is kept for a while, given back, or used at once. */
static enum poll send_in_parts(struct sender *s, uint64_t message)
{
        struct channel *c = &s->post->channel;
        enum poll answer = has_place(s) ? POLL_READY : channel_reserve(c, &s->actor.task, &s->waiter);

        if (answer != POLL_READY)
                return answer;
        switch (random_below(&s->random, 4)) {
        case 0:
                channel_send_drop(c, &s->waiter);
                return POLL_PENDING;
        case 1:
                return POLL_PENDING;
        default:
                return channel_send_reserved(c, &s->waiter, message);
        }
}

/* One in four is not worth a wait, one in four goes in two parts. */
static enum poll send_one(struct sender *s)
{
        uint64_t message = (uint64_t)s->number << 32 | s->sent;
        struct channel *c = &s->post->channel;

        if (atomic_load(&s->waiter.state) == WAITER_IDLE) {
                unsigned way = random_below(&s->random, 4);

                s->in_parts = way == 1;
                if (way == 0)
                        return channel_try_send(c, message) ? POLL_READY : POLL_PENDING;
        }
        return s->in_parts ? send_in_parts(s, message) : channel_send(c, &s->actor.task, &s->waiter, message);
}

static bool waits(const struct sender *s)
{
        unsigned state = atomic_load(&s->waiter.state);

        return state == WAITER_QUEUED || state == WAITER_GRANTED;
}

static enum step send_step(struct task *task)
{
        struct sender *s = (struct sender *)task;

        EXPECT(&s->actor, !s->cleanups);
        while (s->sent < MESSAGES && !s->refused) {
                enum poll answer;

                if (s->pause) {
                        s->pause--;
                        s->yields++;
                        return STEP_YIELD;
                }
                answer = send_one(s);
                channel_check(&s->actor, &s->post->channel);
                if (answer == POLL_PENDING && waits(s))
                        return STEP_WAIT;
                s->sent += answer == POLL_READY;
                s->refused = answer == POLL_REFUSED;
                s->pause = answer == POLL_PENDING ? 1 : random_below(&s->random, PAUSE);
        }
        sender_end(s);
        return STEP_DONE;
}

static void send_cleanup(struct task *task)
{
        struct sender *s = (struct sender *)task;

        s->cleanups++;
        EXPECT(&s->actor, !waits(s));
        channel_send_drop(&s->post->channel, &s->waiter); /* a place that it kept at a yield */
        sender_end(s);
}

/* ---- the receiver -------------------------------------------------------------------------------------------- */

static void receiver_note(struct receiver *r, uint64_t message)
{
        unsigned sender = (unsigned)(message >> 32);

        EXPECT(&r->actor, sender < SENDERS);
        if (sender >= SENDERS)
                return;
        EXPECT(&r->actor, (uint32_t)message == r->received[sender]);
        r->received[sender]++;
}

/* Nobody sends any more and nothing is there: every place must be free again. Then close. */
static void receiver_close(struct receiver *r)
{
        struct channel *c = &r->post->channel;

        for (unsigned i = 0; i < c->capacity; i++)
                EXPECT(&r->actor, channel_try_send(c, i));
        EXPECT(&r->actor, !channel_try_send(c, 0));
        for (unsigned i = 0; i < c->capacity; i++) {
                uint64_t message;

                EXPECT(&r->actor, channel_receive(c, &r->actor.task, &message, &r->closed) == POLL_READY);
                EXPECT(&r->actor, message == i && !r->closed);
        }
        channel_close(c);
}

/* Until the channel is closed, as a rule by itself when all senders have ended. */
static enum step receive_step(struct task *task)
{
        struct receiver *r = (struct receiver *)task;
        uint64_t message;

        while (!r->closed) {
                bool last = atomic_load(&r->post->senders) == 0; /* asked before the look */

                if (r->pause) {
                        r->pause--;
                        r->yields++;
                        return STEP_YIELD;
                }
                if (channel_receive(&r->post->channel, task, &message, &r->closed) == POLL_PENDING) {
                        if (!last || r->post->closed_by_another)
                                return STEP_WAIT;
                        receiver_close(r);
                } else if (!r->closed) {
                        receiver_note(r, message);
                }
                channel_check(&r->actor, &r->post->channel);
                r->pause = random_below(&r->random, PAUSE);
        }
        return STEP_DONE;
}

/* ---- the games ------------------------------------------------------------------------------------------------- */

static void post_open(struct play *p, struct post *post, struct sender *senders, struct receiver *receiver)
{
        uint64_t random = play_random(p, SENDERS);

        assert_int_equal(channel_init(&post->channel, 1 + random_below(&random, MOST_PLACES)), 0);
        post->receiver = &receiver->actor.task;
        post->senders = SENDERS;
        play_open(p);
        receiver->post = post;
        receiver->random = random;
        play_cast(p, &receiver->actor, receive_step, random_below(&random, p->workers));
        for (unsigned i = 0; i < SENDERS; i++) {
                senders[i].post = post;
                senders[i].number = i;
                senders[i].random = play_random(p, i);
                senders[i].actor.task.cleanup = send_cleanup;
                play_cast(p, &senders[i].actor, send_step, i);
        }
        crew_start(p->stage.crew);
}

/* Returns how often a task has yielded. */
static uint64_t post_check(struct play *p, struct post *post, struct sender *senders,
                           struct receiver *receiver)
{
        uint64_t yields;

        stage_join(&p->stage);
        yields = receiver->yields;
        play_check(p, &receiver->actor);
        for (unsigned i = 0; i < SENDERS; i++) {
                play_check(p, &senders[i].actor);
                REQUIRE_EQUAL(p, receiver->received[i], senders[i].sent);
                REQUIRE(p, senders[i].sent == MESSAGES || senders[i].refused || senders[i].cleanups == 1);
                REQUIRE(p, senders[i].cleanups <= 1);
                yields += senders[i].yields;
        }
        REQUIRE_EQUAL(p, post->channel.promised, 0);
        REQUIRE_EQUAL(p, post->channel.count, 0);
        REQUIRE_EQUAL(p, post->channel.sent, post->channel.received);
        REQUIRE(p, !post->channel.senders.first && !post->channel.receiver);
        channel_destroy(&post->channel);
        return yields;
}

static void arrives_once_in_order(struct play *p)
{
        struct sender senders[SENDERS] = { 0 };
        struct receiver receiver = { 0 };
        struct post post = { 0 };
        uint64_t yields;

        post_open(p, &post, senders, &receiver);
        yields = post_check(p, &post, senders, &receiver);
        for (unsigned i = 0; i < SENDERS; i++)
                REQUIRE_EQUAL(p, senders[i].sent, MESSAGES);
        play_check_steps(p, SENDERS + 1, yields);
}

static void cancelled_senders_lose_no_place(struct play *p)
{
        struct sender senders[SENDERS] = { 0 };
        struct receiver receiver = { 0 };
        struct post post = { 0 };
        struct prankster prankster = { .tasks = senders,
                                       .size = sizeof(senders[0]),
                                       .count = SENDERS,
                                       .cancels = 1 + (unsigned)p->seed % SENDERS,
                                       .random = play_random(p, 100) };

        post_open(p, &post, senders, &receiver);
        prankster_start(&prankster);
        prankster_join(&prankster);
        post_check(p, &post, senders, &receiver);
}

static void close_wakes_everybody(struct play *p)
{
        struct sender senders[SENDERS] = { 0 };
        struct receiver receiver = { 0 };
        struct post post = { .closed_by_another = true };

        post_open(p, &post, senders, &receiver);
        sleep_until(run_now_ns() + p->seed % 4 * 100000);
        channel_close(&post.channel);
        post_check(p, &post, senders, &receiver);
}

const struct game channel_games[] = {
        { .holds = "channel: each message arrives once, in its sender's order, within the capacity",
          .play = arrives_once_in_order },
        { .holds = "channel: senders that are cancelled before or after the promise lose no place",
          .play = cancelled_senders_lose_no_place },
        { .holds = "channel: the close wakes whoever waits, messages that were sent arrive",
          .play = close_wakes_everybody },
        { 0 },
};
