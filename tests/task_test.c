/* SPDX-License-Identifier: MIT */
/* The task layer over one runtime, by randomised games with fixed seeds: task-NAME. */
#include "tests/task/play.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far beyond what a test takes, also under a sanitizer: a game that is not over by then has lost a wake-up. */
enum { TEST_TIMEOUT_S = 60 };

enum { SEEDS = 25 };

static const unsigned worker_counts[] = { 1, 2, 4 };

enum { WORKER_COUNTS = sizeof(worker_counts) / sizeof(worker_counts[0]) };

struct test {
        const struct game *game;
        unsigned workers;
        char name[160];
};

static char under_way[256]; /* for the signal handler */

static void timeout(int signal)
{
        static const char text[] = "\ntask: does not return: ";

        (void)signal;
        if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ||
            write(STDERR_FILENO, under_way, strlen(under_way)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
                _exit(2);
        _exit(1);
}

static void test_run(void **state)
{
        const struct test *test = *state;

        alarm(TEST_TIMEOUT_S);
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct play play = { .row = &runtime_rows[0], .workers = test->workers, .seed = seed };

                snprintf(under_way, sizeof(under_way), "%s, seed %llu", test->name, (unsigned long long)seed);
                test->game->play(&play);
        }
        alarm(0);
}

static size_t tests_add(struct CMUnitTest *tests, const struct game *games)
{
        size_t count = 0;

        for (const struct game *game = games; game->holds; game++) {
                if (game->needs_shared_worker && !(runtime_rows[0].traits & TRAIT_TASKS_SHARE_WORKER))
                        continue;
                for (unsigned i = 0; i < WORKER_COUNTS; i++) {
                        struct test *test = calloc(1, sizeof(*test));

                        if (!test)
                                abort();
                        *test = (struct test){ .game = game, .workers = worker_counts[i] };
                        snprintf(test->name, sizeof(test->name), "%s; workers %u", game->holds,
                                 test->workers);
                        tests[count++] = (struct CMUnitTest){ .name = test->name,
                                                              .test_func = test_run,
                                                              .initial_state = test };
                }
        }
        return count;
}

int main(void)
{
        static const struct game *const lists[] = { wake_games,   mutex_games,   semaphore_games,
                                                    signal_games, channel_games, cancel_games,
                                                    ended_games,  offload_games };
        struct CMUnitTest tests[100];
        size_t count = 0;
        int failed;

        signal(SIGALRM, timeout);
        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
                count += tests_add(tests + count, lists[i]);
        failed = _cmocka_run_group_tests("task", tests, count, NULL, NULL);
        while (count)
                free(tests[--count].initial_state);
        return failed != 0;
}
