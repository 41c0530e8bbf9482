/* SPDX-License-Identifier: MIT */
/* The contract of every row of one runtime, hook by hook, with tiny counts: contract-NAME. */
#include "tests/contract/contract.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far beyond what any rule takes, also under a sanitizer: a rule that is not through by then hangs. */
enum { RULE_TIMEOUT_S = 60 };

struct trial {
        const struct runtime *row;
        const struct rule *rule;
};

static char under_way[256]; /* the rule, for the signal handler */

static void timeout(int signal)
{
        static const char text[] = "\ncontract: does not return: ";

        (void)signal;
        if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ||
            write(STDERR_FILENO, under_way, strlen(under_way)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
                _exit(2);
        _exit(1);
}

static void trial_run(void **state)
{
        const struct trial *trial = *state;

        snprintf(under_way, sizeof(under_way), "%s: %s: %s", trial->row->name, trial->rule->hook,
                 trial->rule->holds);
        alarm(RULE_TIMEOUT_S);
        trial->rule->check(trial->row, trial->rule->argument);
        alarm(0);
}

/* Which needs a row meets: those of its traits, and none but the table's when it cannot run here. */
static unsigned row_has(const struct runtime *row)
{
        const char *remedy = NULL, *reason = row->probe ? row->probe(&remedy) : NULL;
        unsigned has = 0;

        if (reason) {
                printf("contract: %s cannot run here, only its table is checked: %s\n", row->name, reason);
                return 0;
        }
        if (row->executor)
                has |= NEED_EXECUTOR;
        if (!(row->traits & TRAIT_NEVER_SUSPENDS))
                has |= NEED_WAITS;
        if (row->traits & TRAIT_TASKS_SHARE_WORKER)
                has |= NEED_SHARED_WORKER;
        if (row->traits & TRAIT_CANCEL_ANYWHERE)
                has |= NEED_CANCEL_ANYWHERE;
        return has;
}

static struct CMUnitTest *tests;
static size_t test_count;

static void test_add(const struct runtime *row, const struct rule *rule)
{
        struct trial *trial = calloc(1, sizeof(*trial));
        char *name = NULL;

        tests = realloc(tests, (test_count + 1) * sizeof(*tests));
        if (!trial || !tests || asprintf(&name, "%s: %s: %s", row->name, rule->hook, rule->holds) < 0)
                abort();
        *trial = (struct trial){ .row = row, .rule = rule };
        tests[test_count++] =
                (struct CMUnitTest){ .name = name, .test_func = trial_run, .initial_state = trial };
}

static void tests_free(void)
{
        for (size_t i = 0; i < test_count; i++) {
                free(tests[i].initial_state);
                free((char *)tests[i].name);
        }
        free(tests);
}

int main(void)
{
        static const struct rule *const lists[] = { row_rules,   task_rules,   timer_rules,
                                                    watch_rules, cancel_rules, offload_rules };
        int failed;

        signal(SIGALRM, timeout);
        setvbuf(stdout, NULL, _IOLBF, 0); /* a failed sample leaves by _exit(): the rule is to be seen */
        for (const struct runtime *row = runtime_rows; row->name; row++) {
                unsigned has = row_has(row);

                for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
                        for (const struct rule *rule = lists[i]; rule->hook; rule++)
                                if ((rule->needs & ~has) == 0)
                                        test_add(row, rule);
        }
        failed = _cmocka_run_group_tests("contract", tests, test_count, NULL, NULL);
        tests_free();
        return failed != 0;
}
