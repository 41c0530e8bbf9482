/* SPDX-License-Identifier: MIT */
/* Workload `cancel-leak`: a counter that is raised before a task and lowered by it, when the task is cancelled. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/cancel-leak/cancel_leak.h"
#include "workloads/workload.h"

static const struct leak_form forms[] = {
        { "unguarded", "guarded", FORM_SECTIONS },
        { "guarded", "unguarded", FORM_GUARDED | FORM_SECTIONS },
        { "as-written", "guarded", FORM_GUARDED | FORM_RAISES_INSIDE },
        { "dropped-handle", "aborted", FORM_GUARDED | FORM_HANDLES },
        { "aborted", "dropped-handle", FORM_GUARDED | FORM_HANDLES | FORM_ABORTS },
        /* in a runtime's own language only */
        { "deferred", "unguarded", FORM_GUARDED },
        { "panicked", "unguarded", FORM_PANICS },
        { 0 },
};

static const struct leak_form *form_find(const char *variant)
{
        const struct leak_form *form = forms;

        while (strcmp(variant, form->variant) != 0)
                form++;
        return form;
}

static unsigned flags_of(const struct run *run)
{
        return form_find(run->variant)->flags;
}

/* ---- running ---------------------------------------------------------------------------------------------- */

/* Of the variant that this one is compared with, but that both have a window or neither. */
static unsigned flags_run(const struct run *run)
{
        const struct leak_form *form = form_find(run->variant);

        if (!MUTANT("other-variant"))
                return form->flags;
        return (form_find(form->other)->flags & ~(unsigned)FORM_SECTIONS) | (form->flags & FORM_SECTIONS);
}

static struct leak_sample *sample_make(struct run *run)
{
        struct leak_sample *s =
                aligned_alloc(RUN_CACHE_LINE_BYTES, (sizeof(*s) + RUN_CACHE_LINE_BYTES - 1) /
                                                            RUN_CACHE_LINE_BYTES * RUN_CACHE_LINE_BYTES);
        struct tally *tallies;

        if (!s)
                return NULL;
        *s = (struct leak_sample){ .run = run,
                                   .flags = flags_run(run),
                                   .count = (unsigned)run_param(run, "tasks"),
                                   .timeout_ns = run_param(run, "timeout_ms") * 1000000,
                                   .wait_ns = run_param(run, "parent_wait_ms") * 1000000 };
        signal_init(&s->spawned);
        signal_init(&s->over);
        sem_init(&s->window, 0, 0);
        tallies = run_tallies(run, s->count + 1);
        leak_children_make(s, tallies);
        s->parent.sample = s->section.sample = s;
        s->parent.task.step = s->flags & FORM_HANDLES ? leak_step_parent_of_handles : leak_step_parent;
        s->section.task.step = leak_step_section;
        s->section.tally = &tallies[s->count];
        return s;
}

static void sample_free(struct leak_sample *s)
{
        leak_children_free(s);
        sem_destroy(&s->window);
        signal_destroy(&s->over);
        signal_destroy(&s->spawned);
        free(s);
}

static void report_timeouts(const struct leak_sample *s)
{
        uint64_t planned = 0, late = 0, found_lowered = 0;
        struct run *run = s->run;

        for (unsigned i = 0; i < s->count; i++) {
                const struct leak_child *c = &s->children[i];

                planned += c->outlives;
                late += !c->worked && !c->outlives;
                found_lowered += s->guardians[i].found_lowered;
        }
        run_count(run, "planned", planned);
        run_count(run, "cancelled_late", late);
        run_count(run, "found_lowered", found_lowered);
        run_count(run, "parent_returned", s->parent_returned);
        run_count(run, "unfinished_at_return", s->unfinished_at_return);
}

/* All that verification needs, and what else this executor can tell. */
static void report_counts(const struct leak_sample *s)
{
        uint64_t cancelled = 0, raised = 0, cleanups = 0;
        struct run *run = s->run;

        for (unsigned i = 0; i < s->count; i++) {
                cancelled += !s->children[i].worked;
                raised += s->children[i].raised;
                cleanups += s->children[i].cleanups;
        }
        run_count(run, "cancelled", cancelled);
        run_count(run, "finished", s->count - cancelled);
        run_count(run, "raised", raised);
        run_count(run, "lowered", atomic_load(&s->lowered));
        run_count(run, "cleanups", cleanups);
        run_count(run, "left_over", atomic_load(&s->counter));
        if (s->flags & FORM_HANDLES) {
                run_count(run, "alive", s->alive);
                run_count(run, "ticks_grown", s->ticks_grown);
        } else {
                report_timeouts(s);
        }
        run_count(run, "sections", tally_read(s->section.tally));
        run_count(run, "section_left", atomic_load(&s->section.counter));
        run_count(run, "steps", s->crew.steps);
        run_count(run, "wakes", s->crew.wakes);
        run_count(run, "remote_wakes", s->crew.remote_wakes);
        run_count(run, "context_switches", s->crew.context_switches);
}

/* On one worker all children come after the parent, which looks before any of them has begun. */
static unsigned workers_of(const struct leak_sample *s)
{
        return s->flags & FORM_RAISES_INSIDE ? 1 : (unsigned)run_param(s->run, "workers");
}

static int leak_run(const struct executor *ex, struct run *run)
{
        struct leak_sample *s = sample_make(run);
        struct crew *crew;

        if (!s)
                return -ENOMEM;
        crew = crew_open(ex, run, workers_of(s));
        crew_spawn(crew, &s->parent.task, 0);
        leak_children_spawn(s, crew);
        if (s->flags & FORM_SECTIONS)
                crew_spawn(crew, &s->section.task, 0);
        crew_start(crew);
        if (s->flags & FORM_SECTIONS) {
                while (sem_wait(&s->window) < 0)
                        CHECK(run, errno, ==, EINTR);
                run_window(run);
        }
        crew_join(crew, &s->crew);
        report_counts(s);
        sample_free(s);
        return 0;
}

/* ---- verification -------------------------------------------------------------------------------------------- */

/* Who ended how. A thread per task may come too late to the end of its sleep, and is cancelled then; where tasks share a
 * thread, whatever is due first is seen first. */
static void check_ends(struct run *run, unsigned flags, unsigned traits)
{
        uint64_t tasks = run_param(run, "tasks"), planned = tasks * run_param(run, "outlive_percent") / 100;
        uint64_t late = run_counted(run, "cancelled_late");
        uint64_t panics = run_has_count(run, "panics") ? run_counted(run, "panics") : 0;

        run_check_equal(run, "planned outlivers", run_counted(run, "planned"), planned);
        run_check_equal(run, "cancelled = planned outlivers", run_counted(run, "cancelled"),
                        (flags & FORM_PANICS ? 0 : planned) + late);
        run_check_equal(run, "panicked = planned outlivers", panics, flags & FORM_PANICS ? planned : 0);
        run_check_equal(run, "finished + cancelled + panicked = tasks",
                        run_counted(run, "finished") + run_counted(run, "cancelled") + panics, tasks);
        if (traits & TRAIT_TASKS_SHARE_WORKER)
                run_check_equal(run, "cancelled before their time", late, 0);
}

/* What became of the counter. */
static void check_counter(struct run *run, unsigned flags)
{
        uint64_t raised = run_counted(run, "raised"), lowered = run_counted(run, "lowered");
        uint64_t left = run_counted(run, "left_over"), cleanups = run_counted(run, "cleanups");
        uint64_t never = run_param(run, "tasks") - run_counted(run, "finished");

        if (!(flags & FORM_RAISES_INSIDE) || !run_counted(run, "cancelled_late"))
                run_check_equal(run, "raised = tasks", raised, run_param(run, "tasks"));
        run_check_equal(run, "raised = lowered + left over", raised, lowered + left);
        run_check_equal(run, "left over", left, flags & FORM_GUARDED ? 0 : never);
        run_check_equal(run, "clean-ups", cleanups, flags & FORM_GUARDED ? raised : 0);
        run_check_equal(run, "lowered before their timeout went on", run_counted(run, "found_lowered"),
                        lowered);
        run_check_equal(run, "the parent returned", run_counted(run, "parent_returned"), left == 0);
}

/* On one worker the parent, which comes first, returns before a child has begun. */
static void check_return(struct run *run, unsigned flags, unsigned traits)
{
        uint64_t unfinished = run_counted(run, "unfinished_at_return");

        if (!(flags & FORM_RAISES_INSIDE))
                run_check_equal(run, "unfinished when the parent returned", unfinished, 0);
        else if ((traits & TRAIT_TASKS_SHARE_WORKER) && !(traits & TRAIT_OWN_WORKERS))
                run_check_equal(run, "unfinished when the parent returned", unfinished,
                                run_param(run, "tasks"));
}

/* The same program with the guard, of a variant that shows both. */
static void check_healed(struct run *run)
{
        uint64_t tasks = run_param(run, "tasks");

        run_check_equal(run, "panicked under the guard", run_counted(run, "healed_panics"),
                        run_counted(run, "planned"));
        run_check_equal(run, "left over under the guard", run_counted(run, "healed_left_over"), 0);
        run_check_equal(run, "clean-ups under the guard", run_counted(run, "healed_cleanups"), tasks);
}

static void check_handles(struct run *run, unsigned flags)
{
        uint64_t tasks = run_param(run, "tasks"), grown = run_counted(run, "ticks_grown");
        bool aborts = flags & FORM_ABORTS;

        run_check_equal(run, "cancelled", run_counted(run, "cancelled"), aborts ? tasks : 0);
        run_check_equal(run, "finished", run_counted(run, "finished"), aborts ? 0 : tasks);
        run_check_equal(run, "alive", run_counted(run, "alive"), aborts ? 0 : tasks);
        run_check(run, "ticks since", aborts ? grown == 0 : grown >= tasks,
                  "%" PRIu64 ", of %" PRIu64 " tasks", grown, tasks);
        run_check_equal(run, "raised = tasks", run_counted(run, "raised"), tasks);
        run_check_equal(run, "clean-ups = tasks", run_counted(run, "cleanups"), tasks);
        run_check_equal(run, "left over", run_counted(run, "left_over"), 0);
        run_metric(run, "alive", "tasks", (double)run_counted(run, "alive"));
        if (!aborts)
                run_count(run, "shown", run_counted(run, "alive"));
}

static void report_section(struct run *run)
{
        if (run_window_operations(run))
                run_metric(run, "section_ns", "ns",
                           (double)run_window_ns(run) / (double)run_window_operations(run));
        run_check_equal(run, "sections left open", run_counted(run, "section_left"), 0);
        run_check(run, "sections were opened", run_counted(run, "sections") > 0, "%" PRIu64,
                  run_counted(run, "sections"));
}

static void leak_verify(struct run *run, unsigned traits)
{
        unsigned flags = flags_of(run);

        if (flags & FORM_HANDLES) {
                check_handles(run, flags);
                return;
        }
        check_ends(run, flags, traits);
        check_counter(run, flags);
        check_return(run, flags, traits);
        if (flags & FORM_PANICS)
                check_healed(run);
        if (flags & FORM_SECTIONS)
                report_section(run);
        run_metric(run, "left_over", "tasks", (double)run_counted(run, "left_over"));
        if (flags & FORM_RAISES_INSIDE)
                run_count(run, "shown", run_counted(run, "unfinished_at_return"));
        else if (!(flags & FORM_GUARDED))
                run_count(run, "shown", run_counted(run, "left_over"));
}

/* ---- the tables ---------------------------------------------------------------------------------------------- */

static const char *leak_absent(const struct variant *v, unsigned traits)
{
        if (traits & TRAIT_NEVER_SUSPENDS)
                return "nothing to wait on";
        if (strcmp(v->name, "panicked") == 0 && !(traits & TRAIT_NATIVE))
                return "a step machine has no unwinding";
        if (strcmp(v->name, "deferred") == 0 && !(traits & TRAIT_NATIVE))
                return "a clean-up function has one spelling: it is `guarded`";
        return NULL;
}

static const char *leak_excludes(const struct run *run, unsigned traits)
{
        unsigned flags = flags_of(run);

        if (flags & FORM_RAISES_INSIDE)
                return NULL;
        if ((traits & TRAIT_ONE_WORKER) && run_param(run, "workers") > 1)
                return "one thread runs all tasks";
        if ((flags & FORM_SECTIONS) && (traits & TRAIT_OWN_WORKERS) && run_param(run, "workers") == 1)
                return "as shipped it has a worker per processor";
        return NULL;
}

static enum outcome leak_expect(const struct run *run, unsigned traits)
{
        (void)run, (void)traits;
        return OUTCOME_COMPLETED;
}

static const struct variant variants[] = {
        { .name = "guarded",
          .role = ROLE_FIX,
          .text = "the counter is lowered by clean-up that also runs when the task is cancelled" },
        { .name = "unguarded",
          .role = ROLE_MISTAKE,
          .price = "section_ns",
          .against = "guarded",
          .text = "the counter is lowered at the end of the task, which a cancelled task never reaches" },
        { .name = "deferred",
          .role = ROLE_ALTERNATIVE,
          .against = "guarded",
          .rounds = ROUNDS_OUTCOME,
          .text = "the guard in its second spelling, `defer!`" },
        { .name = "as-written",
          .role = ROLE_MISTAKE,
          .against = "guarded",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "workers",
          .text = "guarded, but the task itself raises the counter, and the parent may look before that" },
        { .name = "panicked",
          .role = ROLE_MISTAKE,
          .against = "guarded",
          .rounds = ROUNDS_OUTCOME,
          .text = "unguarded, and those that would outlive their timeout panic; then once more, guarded" },
        { .name = "dropped-handle",
          .role = ROLE_MISTAKE,
          .against = "aborted",
          .rounds = ROUNDS_OUTCOME,
          .ignores = "outlive_percent,timeout_ms",
          .text = "the parent drops the handles of tasks that tick, and looks again later" },
        { .name = "aborted",
          .role = ROLE_FIX,
          .rounds = ROUNDS_OUTCOME,
          .ignores = "outlive_percent,timeout_ms",
          .text = "the parent cancels the tasks that tick and waits for the end of each" },
        { 0 },
};

static const struct param params[] = {
        { .name = "tasks",
          .unit = "",
          .smoke = "20",
          .quick = "100",
          .min = 1,
          .max = 1000,
          .text = "children, each under a timeout of its own" },
        { .name = "outlive_percent",
          .unit = "%",
          .smoke = "50",
          .quick = "50,0,100",
          .publish = "50,0,10,25,75,100",
          .max = 100,
          .text = "children that work longer than their timeout; the others work for 1 ms" },
        { .name = "timeout_ms",
          .unit = "ms",
          .smoke = "10",
          .min = 5,
          .max = 1000,
          .text = "from the spawn of a child until it is cancelled" },
        { .name = "parent_wait_ms",
          .unit = "ms",
          .smoke = "50",
          .min = 1,
          .max = 1000,
          .text = "how long the parent goes on waiting when all timeouts are over; or watches tasks whose "
                  "handles it "
                  "dropped" },
        { .name = "workers",
          .unit = "",
          .smoke = "1,all",
          .quick = "1",
          .standard = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that run the tasks; with a thread per task, processors these may use" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "section_ns",
          .unit = "ns",
          .headline = true,
          .text = "length of the window divided by the sections that one task opened and closed in it" },
        { .name = "left_over",
          .unit = "tasks",
          .text = "what the counter stands at when all tasks have ended" },
        { .name = "alive", .unit = "tasks", .text = "tasks that still ran when their parent looked again" },
        { 0 },
};

/* Guarded, none stays. */
static double stays(const struct run *run)
{
        if (flags_of(run) & FORM_GUARDED)
                return 0;
        return (double)run_param(run, "tasks") * (double)run_param(run, "outlive_percent") / 100;
}

static const struct curve curves[] = {
        { .param = "outlive_percent",
          .variants = "unguarded,guarded",
          .metric = "left_over",
          .expected = stays,
          .text = "each task that is cancelled leaves the counter raised by one; guarded, none does" },
        { 0 },
};

const struct workload workload_cancel_leak = {
        .name = "cancel-leak",
        .question = "What does a cancelled task leave behind, and what does a guard against it cost?",
        .operation = "one section: raise a counter, work, lower it",
        .method = "Children run under timeouts that a seeded share of them outlives, and the parent waits "
                  "until the "
                  "counter that it raised for each is 0 again. Then one task opens and closes such a section "
                  "until "
                  "the window ends.",
        .expected = "every cancelled child leaves the counter raised without a guard, and none with it "
                    "(github.com/apache/opendal/issues/7300); a dropped handle stops nothing "
                    "(github.com/tokio-rs/tokio/issues/1830). The guard is a store or nothing at all: no "
                    "difference "
                    "beside an atomic counter. Nobody published a figure.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = leak_absent,
        .excludes = leak_excludes,
        .run = leak_run,
        .expect = leak_expect,
        .verify = leak_verify,
};
