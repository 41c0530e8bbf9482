/* SPDX-License-Identifier: MIT */
/* Replayable randomness: every decision of a plan has its own stream, named by numbers. */
#ifndef AB_RANDOM_H
#define AB_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea and Flood, OOPSLA 2014). */
static inline uint64_t random_next(uint64_t *state)
{
        uint64_t z = *state += 0x9e3779b97f4a7c15u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

/* The start of the stream that SEED has for the decision (PURPOSE, A, B). */
static inline uint64_t random_stream(uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b)
{
        uint64_t state = seed;
        const uint64_t words[] = { purpose, a, b };

        for (int i = 0; i < 3; i++)
                state = random_next(&state) ^ words[i];
        return random_next(&state);
}

/* A number below BOUND > 0; the bias of the remainder is below 2^-32 for the small bounds of a plan. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
        return random_next(state) % bound;
}

/* Fisher and Yates. */
static inline void random_shuffle(uint64_t *state, unsigned *items, size_t count)
{
        for (size_t i = count; i > 1; i--) {
                size_t j = (size_t)random_below(state, i);
                unsigned swap = items[i - 1];

                items[i - 1] = items[j];
                items[j] = swap;
        }
}

#endif
