/* SPDX-License-Identifier: MIT */
/* Plans for rows without programs. */
#include "planned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct row rows[ROWS] = {
        { .name = "null", .traits = TRAIT_NEVER_SUSPENDS | TRAIT_TASKS_SHARE_WORKER },
        { .name = "threads" },
        { .name = "epoll", .traits = TRAIT_REFERENCE | TRAIT_TASKS_SHARE_WORKER },
        { .name = "libuv", .traits = TRAIT_TASKS_SHARE_WORKER },
        { .name = "libev", .traits = TRAIT_TASKS_SHARE_WORKER },
        { .name = "libevent", .traits = TRAIT_TASKS_SHARE_WORKER },
        { .name = "liburing", .traits = TRAIT_TASKS_SHARE_WORKER },
};
const struct names names = { .rows = rows, .count = ROWS, .counter = "asyncbench-syscalls" };

int describe_rows(void **state)
{
        (void)state;
        for (int i = 0; i < ROWS; i++) {
                json_t *absent = json_array();

                for (size_t w = 0; workloads[w]; w++)
                        for (const struct variant *v = workloads[w]->variants; v->name; v++) {
                                const char *reason =
                                        workloads[w]->absent ? workloads[w]->absent(v, rows[i].traits) : NULL;

                                if (reason)
                                        json_array_append_new(absent,
                                                              json_pack("{s:s, s:s, s:s, s:s}", "runtime",
                                                                        rows[i].name, "workload",
                                                                        workloads[w]->name, "variant",
                                                                        v->name, "reason", reason));
                        }
                rows[i].remedy = rows[i].style = rows[i].model = rows[i].version = "";
                rows[i].absent = absent;
        }
        return 0;
}

int forget_rows(void **state)
{
        (void)state;
        for (int i = 0; i < ROWS; i++)
                json_decref((json_t *)rows[i].absent);
        return 0;
}

void make(struct planned *p, const struct request *r)
{
        char error[1024];

        if (!selection_make(&p->selection, r, &names, 2, error, sizeof(error)))
                fail_msg("%s", error);
        assert_true(plan_make(&p->plan, &p->selection, r->seed));
}

void drop(struct planned *p)
{
        plan_free(&p->plan);
        selection_free(&p->selection);
}
