/* SPDX-License-Identifier: MIT */
/* Randomised tests of the task layer: games that are played with several seeds and numbers of workers. */
#ifndef AB_PLAY_H
#define AB_PLAY_H

#include "tests/contract/contract.h"

#include "runtimes/task/sync.h"

/* One game under way. What is random in it follows from the seed; which thread comes first does not. */
struct play {
        const struct runtime *row;
        unsigned workers;
        uint64_t seed;
        struct stage stage;
};

/* What must hold, and how it is tried once. A list ends at NULL. */
struct game {
        const char *holds;
        void (*play)(struct play *p);
        bool needs_shared_worker; /* tasks that take turns on one worker, in an order that is known */
};

extern const struct game wake_games[], mutex_games[], semaphore_games[], signal_games[], channel_games[],
        cancel_games[], ended_games[], offload_games[];

/* A stream of random numbers of its own for each PLAYER of P; and the next of them, below BOUND. */
uint64_t play_random(const struct play *p, unsigned player);
unsigned random_below(uint64_t *random, unsigned bound);

/* Open the stage, give A a home, and see after stage_join() that it finished and nothing went wrong. */
void play_open(struct play *p);
void play_cast(struct play *p, struct actor *a, enum step (*step)(struct task *), unsigned index);
void play_check(const struct play *p, const struct actor *a);

/* After stage_join(), without cancellation: each step of the TASKS has a cause, which is the start, one of
 * YIELDS, or a wake; and none of these went without its step. */
void play_check_steps(const struct play *p, unsigned tasks, uint64_t yields);

/* On the main thread: end the test with the game's seed and number of workers. */
#define REQUIRE(p, condition)                                                                                \
        do {                                                                                                 \
                if (!(condition))                                                                            \
                        fail_msg("%s:%d: seed %llu, workers %u: %s", __FILE__, __LINE__,                     \
                                 (unsigned long long)(p)->seed, (p)->workers, #condition);                   \
        } while (0)

#define REQUIRE_EQUAL(p, left, right)                                                                        \
        do {                                                                                                 \
                unsigned long long play_left = (left), play_right = (right);                                 \
                if (play_left != play_right)                                                                 \
                        fail_msg("%s:%d: seed %llu, workers %u: %s (%llu) is not %s (%llu)", __FILE__,       \
                                 __LINE__, (unsigned long long)(p)->seed, (p)->workers, #left, play_left,    \
                                 #right, play_right);                                                        \
        } while (0)

/* A foreign thread that cancels some of COUNT tasks, SIZE bytes apart, at random moments. */
struct prankster {
        void *tasks; /* the first */
        size_t size;
        unsigned count, cancels;
        uint64_t random;
        pthread_t thread;
};

void prankster_start(struct prankster *prankster);
void prankster_join(struct prankster *prankster);

#endif
