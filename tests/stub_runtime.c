/* SPDX-License-Identifier: MIT */
/* A made-up runtime of one cell, mutex/sync, whose rows misbehave, each as its name says. It shares no code with
 * the suite. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int out = -1;
static unsigned warmup_ms, window_ms;
static char directory[4096]; /* of this executable: where rows leave traces for the test */

static uint64_t now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_ms(unsigned ms)
{
        struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

        while (nanosleep(&t, &t) < 0 && errno == EINTR)
                continue;
}

static _Noreturn void sleep_for_ever(void)
{
        for (;;)
                pause();
}

static void say(const char *line)
{
        dprintf(out, "%s\n", line);
}

static void say_phase(const char *phase)
{
        dprintf(out, "{\"record\":\"phase\",\"phase\":\"%s\",\"at_ns\":%" PRIu64 "}\n", phase, now_ns());
}

static void say_expect(const char *outcome)
{
        dprintf(out, "{\"record\":\"expect\",\"outcome\":\"%s\"}\n", outcome);
}

/* From `expect` to the start of the window. */
static void begin(const char *expected)
{
        say_expect(expected);
        say_phase("ready");
        say_phase("warm-up");
        sleep_ms(warmup_ms);
        say_phase("window");
}

/* From the end of the window to the last record. */
static void end(void)
{
        say_phase("drain");
        say("{\"record\":\"metric\",\"name\":\"acquire_ns\",\"unit\":\"ns\",\"value\":12.5}");
        say("{\"record\":\"histogram\",\"name\":\"acquire_wait_ns\",\"significant_digits\":2,\"count\":4,"
            "\"min\":1,\"max\":9,\"sum\":16,\"overflow\":0,\"buckets\":[[1,2],[5,1],[9,1]]}");
        say("{\"record\":\"count\",\"name\":\"acquisitions\",\"value\":4}");
        say("{\"record\":\"knob\",\"name\":\"backend\",\"value\":\"none\"}");
        say("{\"record\":\"check\",\"name\":\"sum\",\"ok\":true,\"detail\":\"4 = 4\"}");
        say_phase("done");
        say("{\"record\":\"outcome\",\"outcome\":\"completed\"}");
}

static int behave(void)
{
        begin("completed");
        sleep_ms(window_ms);
        end();
        return 0;
}

/* Everything late, yet inside what a busy machine is granted. */
static int slow(void)
{
        say_expect("completed");
        sleep_ms(800);
        say_phase("ready");
        say_phase("warm-up");
        sleep_ms(warmup_ms + 700);
        say_phase("window");
        sleep_ms(window_ms + 700);
        end();
        sleep_ms(500);
        return 0;
}

static int hang(void)
{
        begin("completed");
        sleep_for_ever();
}

static int never_ready(void)
{
        say_expect("completed");
        sleep_for_ever();
}

static int ignore_term(void)
{
        signal(SIGTERM, SIG_IGN);
        begin("completed");
        sleep_for_ever();
}

static int deadlock(void)
{
        begin("deadlock");
        say("{\"record\":\"outcome\",\"outcome\":\"deadlock\",\"evidence\":\"task 1 holds A and waits for B, "
            "task 2 "
            "the other way round\"}");
        _exit(0);
}

static int unexpected_deadlock(void)
{
        begin("completed");
        say("{\"record\":\"outcome\",\"outcome\":\"deadlock\",\"evidence\":\"nobody is left to wake "
            "anybody\"}");
        _exit(0);
}

static int spin(void)
{
        uint64_t until = now_ns() + 300000000;

        begin("stalled");
        while (now_ns() < until)
                continue;
        say("{\"record\":\"outcome\",\"outcome\":\"stalled\",\"evidence\":\"no operation for 300 ms, a "
            "thread runs\"}");
        _exit(0);
}

static int crash(void)
{
        begin("completed");
        fprintf(stderr, "about to crash\n");
        signal(SIGSEGV, SIG_DFL); /* a sanitizer would make an exit of it */
        raise(SIGSEGV);
        return 0;
}

static int miscount(void)
{
        begin("completed");
        say("{\"record\":\"check\",\"name\":\"sum\",\"ok\":false,\"detail\":\"5 = 4\"}");
        return 1;
}

static int flood(void)
{
        begin("completed");
        for (int i = 0; i < 100000; i++)
                say("{\"record\":\"count\",\"name\":\"acquisitions\",\"value\":1}");
        sleep_for_ever();
}

static int long_line(void)
{
        begin("completed");
        for (int i = 0; i < 100000; i++)
                dprintf(out, "{\"record\":\"nothing ends this line");
        sleep_for_ever();
}

static int garbage(void)
{
        say("Hello, I am a runtime.");
        sleep_for_ever();
}

static int out_of_order(void)
{
        say_expect("completed");
        say_phase("ready");
        say_phase("window");
        sleep_for_ever();
}

static int no_outcome(void)
{
        begin("completed");
        return 0;
}

static int exit_status(void)
{
        begin("completed");
        fprintf(stderr, "no such luck\n");
        return 3;
}

static int skip(void)
{
        say("{\"record\":\"skip\",\"reason\":\"no such kernel feature\",\"remedy\":\"a newer kernel\"}");
        return 77;
}

/* Leave a daemon behind: another session, another group, no descriptor of ours. */
static int leftover(void)
{
        char path[4200];
        pid_t pid = fork();
        FILE *f;

        if (pid == 0) {
                setsid();
                for (int fd = 0; fd < 64; fd++)
                        close(fd);
                if (fork() == 0) {
                        snprintf(path, sizeof(path), "%s/leftover.pid", directory);
                        f = fopen(path, "w");
                        fprintf(f, "%d\n", getpid());
                        fclose(f);
                        sleep_for_ever();
                }
                _exit(0);
        }
        sleep_ms(100);
        return behave();
}

/* Write TEXT as the made-up machine's file PATH. */
static void sysroot_write(const char *path, const char *text)
{
        char full[4200], temporary[4300];
        FILE *f;

        snprintf(full, sizeof(full), "%s/sysroot%s", directory, path);
        snprintf(temporary, sizeof(temporary), "%s.new", full);
        f = fopen(temporary, "w");
        if (!f)
                _exit(64);
        fputs(text, f);
        fclose(f);
        rename(temporary, full);
}

static int killed(void)
{
        begin("completed");
        raise(SIGKILL);
        return 0;
}

static int oom(void)
{
        begin("completed");
        sysroot_write("/proc/vmstat", "oom_kill 1\n");
        raise(SIGKILL);
        return 0;
}

/* The made-up machine loses a second of both its processors to its neighbours; at the first call only when
 * ONCE. */
static void lose_time(int once)
{
        char path[4200], text[256];
        unsigned long calls = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/calls", directory);
        f = fopen(path, "r");
        if (f) {
                if (fscanf(f, "%lu", &calls) != 1)
                        calls = 0;
                fclose(f);
        }
        f = fopen(path, "w");
        if (!f)
                _exit(64);
        fprintf(f, "%lu\n", calls + 1);
        fclose(f);
        if (once && calls)
                return;
        snprintf(text, sizeof(text),
                 "cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 %lu 0 0\ncpu1 0 0 0 0 0 0 0 %lu 0 0\n",
                 (calls + 1) * 100, (calls + 1) * 100);
        sysroot_write("/proc/stat", text);
}

static int steal(void)
{
        lose_time(0);
        return behave();
}

static int steal_once(void)
{
        lose_time(1);
        return behave();
}

static const struct {
        const char *name;
        int (*run)(void);
} rows[] = {
        { "stub", behave }, /* the first row has the name of the file */
        { "ok", behave },
        { "slow", slow },
        { "hang", hang },
        { "never-ready", never_ready },
        { "ignore-term", ignore_term },
        { "deadlock", deadlock },
        { "unexpected-deadlock", unexpected_deadlock },
        { "spin", spin },
        { "crash", crash },
        { "miscount", miscount },
        { "flood", flood },
        { "long-line", long_line },
        { "garbage", garbage },
        { "out-of-order", out_of_order },
        { "no-outcome", no_outcome },
        { "exit-status", exit_status },
        { "skip", skip },
        { "leftover", leftover },
        { "killed", killed },
        { "oom", oom },
        { "steal", steal },
        { "steal-once", steal_once },
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

static int describe(void)
{
        printf("{\"protocol\": 1, \"name\": \"stub\", \"rows\": [");
        for (int i = 0; i < ROWS; i++)
                printf("%s{\"runtime\": \"%s\", \"version\": \"1\", \"released\": 2020, \"model\": \"made "
                       "up\", "
                       "\"effort\": \"as-documented\", \"traits\": [], \"available\": true, \"reason\": "
                       "null, "
                       "\"remedy\": null, \"timer_granularity_ns\": 1, \"card\": "
                       "{\"threads\": \"one\", \"buffers\": \"none\", \"placement\": \"anywhere\", "
                       "\"idiom_from\": \"nowhere\", \"differs\": \"in everything\"}, \"mistakes\": [], "
                       "\"knobs\": []}",
                       i ? ", " : "", rows[i].name);
        printf("], \"absent\": []}\n");
        return 0;
}

static void find_directory(void)
{
        ssize_t n = readlink("/proc/self/exe", directory, sizeof(directory) - 1);

        directory[n < 0 ? 0 : n] = '\0';
        *strrchr(directory, '/') = '\0';
}

/* ---- arguments ------------------------------------------------------------------------------------------ */

/* What the cell takes; all are needed. */
static struct {
        const char *name;
        unsigned long min, max;
        int all; /* the word `all` is a value, too */
        unsigned *into;
        int given;
} params[] = {
        { "tasks", 1, 10000, 0, NULL, 0 },
        { "workers", 1, 64, 1, NULL, 0 },
        { "hold_ns", 0, 1000000, 0, NULL, 0 },
        { "burst", 1, 1000000, 1, NULL, 0 },
        { "stall_ms", 200, 600000, 0, NULL, 0 },
        { "warmup_ms", 0, 60000, 0, &warmup_ms, 0 },
        { "window_ms", 1, 600000, 0, &window_ms, 0 },
};

/* The options, each needed once; --set beside them. */
static struct {
        const char *name, *value;
} options[] = {
        { "--runtime", NULL }, { "--workload", NULL }, { "--variant", NULL },
        { "--seed", NULL },    { "--out-fd", NULL },
};

enum {
        PARAMS = sizeof(params) / sizeof(*params),
        OPTIONS = sizeof(options) / sizeof(*options),
        ROW = 0,
        WORKLOAD,
        VARIANT,
        SEED,
        OUT_FD,
};

static int refuse(const char *what, const char *word)
{
        fprintf(stderr, "asyncbench-stub: %s %s\n", what, word);
        return 64;
}

/* 0 when TEXT is a number of digits only, up to MAX. */
static int read_number(const char *text, unsigned long max, unsigned long *number)
{
        if (!*text || text[strspn(text, "0123456789")])
                return -1;
        errno = 0;
        *number = strtoul(text, NULL, 10);
        return errno || *number > max ? -1 : 0;
}

static int take_param(const char *pair)
{
        size_t length = strcspn(pair, "=");
        const char *text = pair + length + (pair[length] == '=');
        unsigned long number = 0;

        for (int i = 0; i < PARAMS; i++) {
                if (strncmp(pair, params[i].name, length) != 0 || params[i].name[length])
                        continue;
                if ((!params[i].all || strcmp(text, "all") != 0) &&
                    (read_number(text, params[i].max, &number) || number < params[i].min))
                        return refuse("bad value", pair);
                if (params[i].into)
                        *params[i].into = (unsigned)number;
                params[i].given = 1;
                return 0;
        }
        return refuse("unknown parameter", pair);
}

static int take_option(const char *name, const char *value)
{
        if (strcmp(name, "--set") == 0)
                return take_param(value);
        for (int i = 0; i < OPTIONS; i++)
                if (strcmp(name, options[i].name) == 0) {
                        options[i].value = value;
                        return 0;
                }
        return refuse("unknown option", name);
}

static int find_missing(void)
{
        for (int i = 0; i < OPTIONS; i++)
                if (!options[i].value)
                        return refuse("missing:", options[i].name);
        for (int i = 0; i < PARAMS; i++)
                if (!params[i].given)
                        return refuse("missing:", params[i].name);
        return 0;
}

static int check_options(void)
{
        unsigned long number;

        if (strcmp(options[WORKLOAD].value, "mutex") != 0)
                return refuse("unknown workload", options[WORKLOAD].value);
        if (strcmp(options[VARIANT].value, "sync") != 0)
                return refuse("unknown variant", options[VARIANT].value);
        if (read_number(options[SEED].value, ULONG_MAX, &number))
                return refuse("bad seed", options[SEED].value);
        if (read_number(options[OUT_FD].value, INT_MAX, &number) || fcntl((int)number, F_GETFD) < 0)
                return refuse("bad descriptor", options[OUT_FD].value);
        out = (int)number;
        return 0;
}

/* 0 when ARGV asks for a sample. */
static int take_arguments(int argc, char **argv)
{
        int status = 0;

        if (argc < 2 || strcmp(argv[1], "sample") != 0)
                return refuse("unknown command", argc < 2 ? "" : argv[1]);
        if (argc % 2)
                return refuse("without a value:", argv[argc - 1]);
        for (int i = 2; i < argc && status == 0; i += 2)
                status = take_option(argv[i], argv[i + 1]);
        if (status == 0)
                status = find_missing();
        return status ? status : check_options();
}

int main(int argc, char **argv)
{
        int status;

        find_directory();
        if (argc == 2 && strcmp(argv[1], "describe") == 0)
                return describe();
        status = take_arguments(argc, argv);
        if (status)
                return status;
        for (int i = 0; i < ROWS; i++)
                if (strcmp(options[ROW].value, rows[i].name) == 0)
                        return rows[i].run();
        return refuse("unknown row", options[ROW].value);
}
