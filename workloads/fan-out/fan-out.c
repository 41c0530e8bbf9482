/* SPDX-License-Identifier: MIT */
/* Workload `fan-out`: a map over an array that only computes, in one thread, in threads, on a pool and in tasks. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtimes/runtime.h"
#include "workloads/fan-out/fan_out.h"
#include "workloads/workload.h"

static const struct fan_form forms[] = {
        { .variant = "scoped-threads",
          .run = fan_run_scoped,
          .other = fan_run_serial,
          .parts = "threads",
          .lanes = "threads",
          .unplaced = true },
        { .variant = "serial", .run = fan_run_serial, .other = fan_run_scoped, .unplaced = true },
        { .variant = "tasks",
          .run = fan_run_tasks,
          .other = fan_run_offload,
          .parts = "chunks",
          .lanes = "workers" },
        { .variant = "offload-pool",
          .run = fan_run_offload,
          .other = fan_run_tasks,
          .parts = "chunks",
          .lanes = "threads",
          .unplaced = true },
        /* in a runtime's own language only, where the library says how many parts there are */
        { .variant = "rayon", .lanes = "threads", .unplaced = true },
        { 0 },
};

static const struct fan_form *form_of(const struct run *run)
{
        const struct fan_form *form = forms;

        while (form->variant && !run_variant_is(run, form->variant))
                form++;
        return form;
}

/* What PARAM says, or 1 where there is no such parameter. */
static unsigned number_of(const struct run *run, const char *param)
{
        return param ? (unsigned)run_param(run, param) : 1;
}

/* ---- the sample -------------------------------------------------------------------------------------------- */

static void lanes_make(struct fan_sample *s)
{
        struct tally *tallies = run_tallies(s->run, s->lane_count);

        s->lanes = aligned_alloc(RUN_CACHE_LINE_BYTES, s->lane_count * sizeof(s->lanes[0]));
        if (!s->lanes)
                run_fail(s->run, "no memory for %u threads", s->lane_count);
        for (unsigned i = 0; i < s->lane_count; i++)
                s->lanes[i] = (struct fan_lane){ .tally = &tallies[i] };
}

/* All that verification needs, and what else this executor can tell. */
static void report_counts(const struct fan_sample *s)
{
        uint64_t parts = 0, parts_on_workers = 0;

        for (unsigned i = 0; i < s->lane_count; i++) {
                parts += s->lanes[i].parts;
                parts_on_workers += s->lanes[i].parts_on_workers;
        }
        run_count(s->run, "maps", s->maps);
        run_count(s->run, "checksum", s->checksum);
        run_count(s->run, "steps_worked", s->steps);
        run_count(s->run, "steps_of_busiest", s->most_steps);
        run_count(s->run, "parts", parts);
        run_count(s->run, "parts_on_workers", parts_on_workers);
        run_count(s->run, "threads", s->threads);
        run_count(s->run, "processors", s->processors);
        run_count(s->run, "threads_made", s->threads_made);
        run_count(s->run, "jobs", s->crew.job_starts);
        run_count(s->run, "task_parts", s->task_parts);
        run_count(s->run, "cpu_ns", s->cpu_ns);
        run_count(s->run, "context_switches", s->crew.context_switches);
}

static int fan_run(const struct executor *ex, struct run *run)
{
        static uint64_t samples;
        const struct fan_form *form = form_of(run);
        struct fan_sample s = { .run = run, .form = form, .number = ++samples, .processors = UINT32_MAX };

        s.part_count = number_of(run, form->parts);
        s.lane_count = number_of(run, form->lanes);
        s.array = fan_array_make(run);
        fan_parts_make(&s);
        lanes_make(&s);
        (MUTANT("other-variant") ? form->other : form->run)(ex, &s);
        report_counts(&s);
        free(s.lanes);
        free(s.parts);
        free(s.array.items);
        return 0;
}

/* ---- verification -------------------------------------------------------------------------------------------- */

/* What one map comes to. */
struct expected {
        uint64_t checksum, steps;
        uint64_t most_steps; /* of one of as many parts as there are threads */
};

static uint64_t steps_of(const struct fan_array *array, uint64_t first, uint64_t end)
{
        uint64_t steps = 0;

        for (uint64_t i = first; i < end; i++)
                steps += array->items[i].steps;
        return steps;
}

static struct expected expected_of(struct run *run, unsigned lanes)
{
        struct fan_array array = fan_array_make(run);
        struct expected e = { .steps = steps_of(&array, 0, array.count) };

        for (uint64_t i = 0; i < array.count; i++)
                e.checksum += run_work_result(array.items[i].seed, array.items[i].steps) >> 32;
        for (unsigned i = 0; i < lanes; i++) {
                uint64_t steps = steps_of(&array, fan_part_first(&array, i, lanes),
                                          fan_part_first(&array, i + 1, lanes));

                if (e.most_steps < steps)
                        e.most_steps = steps;
        }
        free(array.items);
        return e;
}

/* Equal work, however it was divided. */
static void check_work(struct run *run, const struct expected *e, uint64_t maps)
{
        run_check_equal(run, "items counted = items of all maps", run_operations(run),
                        maps * run_param(run, "items"));
        run_check_equal(run, "checksum = that of serial work", run_counted(run, "checksum"),
                        maps * e->checksum);
        run_check_equal(run, "steps", run_counted(run, "steps_worked"), maps * e->steps);
}

/* Who works how many parts, and what they were handed to. */
static void check_parts(struct run *run, const struct fan_form *form, uint64_t maps)
{
        uint64_t parts = run_counted(run, "parts"), wanted = maps * number_of(run, form->parts);
        bool tasks = run_variant_is(run, "tasks");

        if (run_variant_is(run, "rayon")) {
                run_check(run, "parts", parts >= maps, "%" PRIu64 " of %" PRIu64 " maps", parts, maps);
                run_check_equal(run, "parts on rayon's threads", run_counted(run, "parts_on_rayon"), parts);
        } else {
                run_check_equal(run, "parts", parts, wanted);
        }
        run_check_equal(run, "parts in tasks", run_counted(run, "task_parts"), tasks ? wanted : 0);
        run_check_equal(run, "parts on the runtime's workers", run_counted(run, "parts_on_workers"),
                        tasks ? wanted : 0);
        run_check_equal(run, "parts in jobs of the pool", run_counted(run, "jobs"),
                        run_variant_is(run, "offload-pool") ? wanted : 0);
        run_check_equal(run, "threads made", run_counted(run, "threads_made"),
                        run_variant_is(run, "scoped-threads") ? wanted : 0);
}

/* Where tasks stay, so do the parts; where they move, one worker may come to run all of them. */
static void check_threads(struct run *run, const struct fan_form *form, uint64_t maps, unsigned traits)
{
        uint64_t threads = run_counted(run, "threads"), lanes = number_of(run, form->lanes);

        if (run_variant_is(run, "scoped-threads"))
                run_check_equal(run, "threads that worked: new ones for each map", threads, maps * lanes);
        else if (lanes == 1 || (run_variant_is(run, "tasks") && !(traits & TRAIT_TASKS_MIGRATE)))
                run_check_equal(run, "threads that worked", threads, lanes);
        else
                run_check(run, "threads that worked", threads > 0 && threads <= lanes,
                          "%" PRIu64 " of %" PRIu64, threads, lanes);
        if (form->unplaced)
                run_check_equal(run, "processors that each may use", run_counted(run, "processors"),
                                run_processors(run));
}

/* Divided beforehand, the busiest thread has what it was given; else anything from its share to all. */
static void check_balance(struct run *run, const struct fan_form *form, const struct expected *e,
                          uint64_t maps)
{
        uint64_t most = run_counted(run, "steps_of_busiest"), lanes = number_of(run, form->lanes);

        if (form->parts ? strcmp(form->parts, form->lanes) == 0 : !form->lanes)
                run_check_equal(run, "steps of the busiest thread", most, maps * e->most_steps);
        else
                run_check(run, "steps of the busiest thread",
                          most * lanes >= maps * e->steps && most <= maps * e->steps,
                          "%" PRIu64 " of %" PRIu64 " on %" PRIu64 " threads", most, maps * e->steps, lanes);
}

static void report_metrics(struct run *run, const struct fan_form *form)
{
        double lanes = number_of(run, form->lanes);

        if (run_window_operations(run))
                run_metric(run, "item_ns", "ns",
                           (double)run_window_ns(run) / (double)run_window_operations(run));
        run_metric(run, "item_cpu_ns", "ns",
                   (double)run_counted(run, "cpu_ns") / (double)run_operations(run));
        run_metric(run, "imbalance", "1",
                   (double)run_counted(run, "steps_of_busiest") * lanes /
                           (double)run_counted(run, "steps_worked"));
        run_metric(run, "parts_per_map", "1/map",
                   (double)run_counted(run, "parts") / (double)run_counted(run, "maps"));
}

static void fan_verify(struct run *run, unsigned traits)
{
        const struct fan_form *form = form_of(run);
        struct expected e = expected_of(run, number_of(run, form->lanes));
        uint64_t maps = run_counted(run, "maps");

        report_metrics(run, form);
        check_work(run, &e, maps);
        check_parts(run, form, maps);
        check_threads(run, form, maps, traits);
        check_balance(run, form, &e, maps);
}

/* ---- the tables ------------------------------------------------------------------------------------------------ */

static const char *fan_absent(const struct variant *v, unsigned traits)
{
        if (strcmp(v->name, "rayon") == 0 && !(traits & TRAIT_NATIVE))
                return "a crate of Rust's: C has no such thing in its library";
        if (strcmp(v->name, "serial") == 0)
                return NULL;
        if (traits & TRAIT_NEVER_SUSPENDS)
                return "nothing to wait on";
        if (strcmp(v->name, "tasks") == 0 && !(traits & TRAIT_TASKS_SHARE_WORKER))
                return "a task is a thread of its own here: scoped-threads is that program";
        return NULL;
}

static const char *fan_excludes(const struct run *run, unsigned traits)
{
        const struct fan_form *form = form_of(run);
        uint64_t items = run_param(run, "items");

        if (number_of(run, form->parts) > items || number_of(run, form->lanes) > items)
                return "fewer items than parts: some would be empty";
        if (form->parts && number_of(run, form->parts) < number_of(run, form->lanes))
                return "fewer parts than threads: some would have nothing to do";
        if (run_param_is(run, "skew", "skewed") && items < 16)
                return "one item in 16 is heavy: there are fewer";
        if (!run_variant_is(run, "tasks"))
                return NULL;
        return workload_excludes_workers(run, traits, UINT64_MAX);
}

static const struct variant variants[] = {
        { .name = "scoped-threads",
          .role = ROLE_FIX,
          .ignores = "workers,chunks",
          .text = "the array is lent to threads, an equal number of items to each; they are made for the map "
                  "and joined at its end" },
        { .name = "tasks",
          .role = ROLE_MISTAKE,
          .against = "scoped-threads",
          .ignores = "threads",
          .text = "a task of the runtime works each chunk; the array must live as long as any of them" },
        { .name = "serial",
          .role = ROLE_BASELINE,
          .against = "scoped-threads",
          .ignores = "threads,workers,chunks",
          .text = "a loop over the array in one thread" },
        { .name = "offload-pool",
          .role = ROLE_ALTERNATIVE,
          .against = "scoped-threads",
          .ignores = "workers",
          .text = "a task hands each chunk to the blocking pool, whose threads are there already, and waits "
                  "for all" },
        { .name = "rayon",
          .role = ROLE_ALTERNATIVE,
          .against = "scoped-threads",
          .ignores = "workers,chunks",
          .text = "par_iter() over the borrowed array on a pool whose threads are there already and steal "
                  "from each other" },
        { 0 },
};

static const struct param params[] = {
        { .name = "items",
          .unit = "items",
          .smoke = "256",
          .quick = "1024",
          .min = 1,
          .max = 1000000,
          .text = "items of the array" },
        { .name = "item_steps",
          .unit = "steps",
          .smoke = "1000",
          .standard = "1000,10,100,10000",
          .publish = "1000,10,100,10000,60000",
          .min = 1,
          .max = 10000000,
          .text = "what an item takes on average: dependent multiplications and additions, of four or five "
                  "clock cycles each; a chunk of the headline has 16 items" },
        { .name = "skew",
          .unit = "word",
          .smoke = "equal,skewed",
          .quick = "equal",
          .standard = "equal,skewed",
          .words = "equal,skewed",
          .text = "equal: all items take the same; skewed: half of the work is in a sixteenth of the items, "
                  "next to each other at a place that the seed chooses" },
        { .name = "threads",
          .unit = "",
          .smoke = "all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "threads that work at a time" },
        { .name = "workers",
          .unit = "",
          .smoke = "1,all",
          .quick = "1",
          .standard = "1,all",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "tasks: loops that run them, a thread each" },
        { .name = "chunks",
          .unit = "",
          .smoke = "64",
          .publish = "64,8",
          .min = 1,
          .max = 4096,
          .text = "parts of the array that go to tasks or to the pool" },
        { 0 },
};

static const struct metric metrics[] = {
        { .name = "item_ns",
          .unit = "ns",
          .headline = true,
          .text = "length of the window divided by the items worked in it; that of serial divided by this is "
                  "the speed-up" },
        { .name = "item_cpu_ns",
          .unit = "ns",
          .text = "processor time of the whole process per item, hand-over and waiting included" },
        { .name = "imbalance",
          .unit = "1",
          .text = "steps of each map's busiest thread divided by their mean over the threads: 1 = all did "
                  "the same" },
        { .name = "parts_per_map", .unit = "1/map", .text = "pieces that the array was divided into" },
        { 0 },
};

static const struct curve curves[] = {
        { .param = "item_steps",
          .variants = "scoped-threads,tasks,serial,offload-pool,rayon",
          .metric = "item_ns",
          .text = "where an item is cheap, handing it over costs more than a second processor gains" },
        { 0 },
};

const struct workload workload_fan_out = {
        .name = "fan-out",
        .question = "Who should do a computation that can be divided?",
        .operation = "one item of an array that is mapped and added up",
        .method = "One map after the other over the same array until the window ends; each is begun when the "
                  "one before is complete. Threads of pools are there before; scoped-threads makes its own "
                  "for each map, and that is counted, because its user pays for it. Only tasks run on "
                  "placed threads; on the C rows they are there before and are woken for each map, on Tokio "
                  "they are spawned for it.",
        .expected =
                "with tasks on one loop the map takes as long as in one thread, or longer, since a task that "
                "never waits is no parallelism (github.com/lance-format/lance/pull/1386); with a loop per "
                "processor they do divide it, and all loops are blocked meanwhile. Threads that borrow the "
                "array divide it by the number of processors once a map takes far longer than to make them, "
                "which is some ten microseconds each. Skewed items cost a fixed division half of its gain; "
                "chunks on a pool and stealing keep theirs.",
        .variants = variants,
        .params = params,
        .metrics = metrics,
        .curves = curves,
        .absent = fan_absent,
        .excludes = fan_excludes,
        .run = fan_run,
        .expect = workload_completes,
        .verify = fan_verify,
};
