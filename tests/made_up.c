/* SPDX-License-Identifier: MIT */
/* Samples of made-up workloads on a made-up row, each run whole in a process of its own. */
#include "made_up.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/watchdog.h"
#include "runtimes/task/task.h"

enum { CHILD_SECONDS = 60 };

const char *made_up_broken;

static const char *made_up_version(void)
{
        return "1.0";
}

static const char *made_up_absent(const struct runtime *rt, const char *workload, const char *variant)
{
        (void)rt;
        return strcmp(workload, "mutex") == 0 && strcmp(variant, "sync") != 0 ? "not made up" : NULL;
}

static const char *made_up_probe(const char **remedy)
{
        *remedy = made_up_broken ? "mend it" : NULL;
        return made_up_broken;
}

static int made_up_native(struct run *run, int form)
{
        assert_int_equal(form, 5);
        run_count(run, "native", 1);
        return 0;
}

static const struct card card = {
        .model = "made up",
        .effort = "as-documented",
        .threads = "none",
        .buffers = "none",
        .placement = "none",
        .idiom_from = "nowhere",
        .differs = "in all",
        .timer_granularity_ns = 7,
};

static const struct native natives[] = { { "own-language", made_up_native, 5 }, { 0 } };
static const struct knob knobs[] = { { "paint", "blue", "what it looks like" }, { 0 } };
static const struct mistake mistakes[] = { { "mutex", "sync", "a made-up call", NULL }, { 0 } };

/* Never run: made-up workloads bring their own threads. */
static const struct executor executor;

const struct runtime runtime_rows[] = {
        { .name = "made-up",
          .card = &card,
          .version = made_up_version,
          .traits = TRAIT_TASKS_SHARE_WORKER,
          .absent = made_up_absent,
          .probe = made_up_probe,
          .executor = &executor,
          .natives = natives,
          .mistakes = mistakes,
          .knobs = knobs },
        { 0 },
};

const struct param made_up_params[] = {
        { .name = "depth",
          .unit = "",
          .smoke = "2,4",
          .words = "all",
          .min = 1,
          .max = 64,
          .text = "how deep" },
        { .name = "workers",
          .unit = "",
          .smoke = "1",
          .words = "all",
          .min = 1,
          .max = 8,
          .text = "threads" },
        { .name = "source",
          .unit = "word",
          .smoke = "memory",
          .words = "memory,descriptor",
          .text = "where from" },
        { 0 },
};

static enum outcome expect_completed(const struct run *run, unsigned traits)
{
        (void)run;
        (void)traits;
        return OUTCOME_COMPLETED;
}

static void verify_nothing(struct run *run, unsigned traits)
{
        (void)traits;
        (void)run;
}

struct workload made_up_workload(int (*run)(const struct executor *ex, struct run *run))
{
        static const struct variant variants[] = { { .name = "only", .role = ROLE_FIX, .text = "it" },
                                                   { 0 } };

        return (struct workload){ .name = "made-up-work",
                                  .variants = variants,
                                  .params = made_up_params,
                                  .run = run,
                                  .expect = expect_completed,
                                  .verify = verify_nothing };
}

/* ---- children --------------------------------------------------------------------------------------- */

static char *read_all(int fd)
{
        size_t used = 0, room = 1 << 16;
        char *text = malloc(room);
        ssize_t n;

        assert_non_null(text);
        while ((n = read(fd, text + used, room - used - 1)) > 0) {
                used += (size_t)n;
                if (used + 1 == room)
                        text = realloc(text, room *= 2);
                assert_non_null(text);
        }
        assert_int_equal(n, 0);
        text[used] = '\0';
        return text;
}

/* Either one JSON object a line, or one in all. */
static json_t *parse(char *text)
{
        json_t *records = json_array(), *whole = json_loads(text, 0, NULL);
        char *rest = text;

        if (whole) {
                json_array_append_new(records, whole);
                return records;
        }
        while (*rest) {
                char *end = strchr(rest, '\n');
                json_error_t error;
                json_t *record;

                assert_non_null(end);
                *end = '\0';
                record = json_loads(rest, 0, &error);
                if (!record)
                        fail_msg("no JSON: %s: %s", rest, error.text);
                json_array_append_new(records, record);
                rest = end + 1;
        }
        return records;
}

struct ending made_up_child(int (*function)(void *arg), void *arg)
{
        struct ending e = { 0 };
        int out[2], status;
        FILE *errors = tmpfile();
        char *text;
        pid_t pid;

        assert_non_null(errors);
        assert_int_equal(pipe(out), 0);
        fflush(NULL);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                alarm(CHILD_SECONDS);
                dup2(out[1], STDOUT_FILENO);
                dup2(fileno(errors), STDERR_FILENO);
                close(out[0]);
                close(out[1]);
                watchdog_note_early_threads();
                _exit(function(arg));
        }
        close(out[1]);
        text = read_all(out[0]);
        close(out[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        e.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        e.records = parse(text);
        free(text);
        rewind(errors);
        e.errors = read_all(fileno(errors));
        fclose(errors);
        return e;
}

struct job {
        const struct workload *workload;
        const char *params;
};

static int sample_in_child(void *arg)
{
        const struct job *job = arg;
        char error[256];
        struct run *run = run_new(job->workload, job->workload->variants, "made-up", job->params, 42, error,
                                  sizeof(error));

        if (!run) {
                fprintf(stderr, "%s\n", error);
                return 99;
        }
        run_report_to(run, STDOUT_FILENO);
        return sample_run(run, runtime_rows);
}

struct ending made_up_sample(const struct workload *w, const char *params)
{
        struct job job = { w, params };

        return made_up_child(sample_in_child, &job);
}

void ending_free(struct ending *e)
{
        json_decref(e->records);
        free(e->errors);
}

static const char *field(const json_t *record, const char *key)
{
        const char *text = json_string_value(json_object_get(record, key));

        return text ? text : "";
}

json_t *ending_record(const struct ending *e, const char *kind, const char *name)
{
        size_t i;
        json_t *record;

        json_array_foreach(e->records, i, record)
        {
                if (strcmp(field(record, "record"), kind) != 0)
                        continue;
                if (!name || strcmp(field(record, "name"), name) == 0 ||
                    strcmp(field(record, "phase"), name) == 0)
                        return record;
        }
        return NULL;
}

const char *ending_outcome(const struct ending *e)
{
        return field(ending_record(e, "outcome", NULL), "outcome");
}

const char *ending_evidence(const struct ending *e)
{
        return field(ending_record(e, "outcome", NULL), "evidence");
}
