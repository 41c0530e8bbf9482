/* SPDX-License-Identifier: MIT */
/* Row `null`: the bookkeeping of every row and no runtime at all, the harness's own cost. */
#include "runtimes/runtime.h"
#include "runtimes/task/task.h"

/*
 * Also the smallest legal runtime: copy it to start a new one. A runtime with a loop of its own fills
 * the hooks that are left out here; runtimes/epoll.c shows all of them.
 */

/* Required. Makes the worker's loop, on the worker's own thread; here there is none to make. */
static int null_open(struct worker *w)
{
        worker_backend(w, "none");
        return 0;
}

/* Required. Runs the worker's tasks until all have finished. A runtime that can wait calls worker_turn()
 * once per turn of its own loop; this one steps a plain array, one task after the other. */
static void null_loop(struct worker *w)
{
        while (w->live)
                for (unsigned i = 0; i < w->task_count; i++) {
                        struct task *t = w->tasks[i];

                        if (t->finished)
                                continue;
                        w->counts.steps++;
                        switch (t->step(t)) {
                        case STEP_YIELD:
                        case STEP_POLL:
                                break;
                        case STEP_WAIT:
                                run_fail(w->run,
                                         "a task waits on a runtime where there is nothing to wait on");
                        case STEP_DONE:
                                task_finish(t);
                        }
                }
}

/* Required. Frees what open made. */
static void null_close(struct worker *w)
{
        (void)w;
}

static const struct executor executor = {
        .worker_bytes = sizeof(struct worker),
        .never_suspends = true,
        .open = null_open,
        .loop = null_loop,
        .close = null_close,
};

static const char *null_version(void)
{
        return AB_VERSION;
}

static const struct card card = {
        .model = "none",
        .effort = "as-documented",
        .threads = "one",
        .buffers = "none",
        .placement = "one thread steps an array of tasks",
        .idiom_from = "this suite",
        .differs = "never waits: a variant that has to wait is absent",
        .timer_granularity_ns = 0,
};

const struct runtime runtime_rows[] = {
        { .name = "null",
          .card = &card,
          .version = null_version,
          .traits = TRAIT_NEVER_SUSPENDS | TRAIT_TASKS_SHARE_WORKER,
          .executor = &executor },
        { 0 },
};
