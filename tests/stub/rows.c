/* SPDX-License-Identifier: MIT */
/* The rows of a made-up runtime: each misbehaves as its name says. */
#include "tests/stub/stub.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
        dprintf(stub.out_fd, "%s\n", line);
}

static void say_phase(const char *phase)
{
        dprintf(stub.out_fd, "{\"record\":\"phase\",\"phase\":\"%s\",\"at_ns\":%" PRIu64 "}\n", phase,
                now_ns());
}

static void say_expect(const char *outcome)
{
        dprintf(stub.out_fd, "{\"record\":\"expect\",\"outcome\":\"%s\"}\n", outcome);
}

/* From `expect` to the start of the window. */
static void begin(const char *expected)
{
        say_expect(expected);
        say_phase("ready");
        say_phase("warm-up");
        sleep_ms(stub.warmup_ms);
        say_phase("window");
}

/* From the end of the window to the last record. */
static void end(void)
{
        say_phase("drain");
        say("{\"record\":\"metric\",\"name\":\"acquire_ns\",\"unit\":\"ns\",\"value\":12.5}");
        say("{\"record\":\"histogram\",\"name\":\"acquire_wait_ns\",\"significant_digits\":2,\"count\":4,"
            "\"min\":1,\"max\":9,\"sum\":16,\"overflow\":0,\"buckets\":[[1,2],[5,1],[9,1]]}");
        say("{\"record\":\"count\",\"name\":\"operations\",\"value\":4}");
        say("{\"record\":\"knob\",\"name\":\"backend\",\"value\":\"none\"}");
        say("{\"record\":\"check\",\"name\":\"sum\",\"ok\":true,\"detail\":\"4 = 4\"}");
        say_phase("done");
        say("{\"record\":\"outcome\",\"outcome\":\"completed\"}");
}

static int behave(void)
{
        begin("completed");
        sleep_ms(stub.window_ms);
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
        sleep_ms(stub.warmup_ms + 700);
        say_phase("window");
        sleep_ms(stub.window_ms + 700);
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
                say("{\"record\":\"count\",\"name\":\"operations\",\"value\":1}");
        sleep_for_ever();
}

static int long_line(void)
{
        begin("completed");
        for (int i = 0; i < 100000; i++)
                dprintf(stub.out_fd, "{\"record\":\"nothing ends this line");
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
                        snprintf(path, sizeof(path), "%s/leftover.pid", stub.directory);
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

        snprintf(full, sizeof(full), "%s/sysroot%s", stub.directory, path);
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

/* How often this was asked before under NAME. */
static unsigned long count_call(const char *name)
{
        char path[4200];
        unsigned long calls = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", stub.directory, name);
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
        return calls;
}

/* The made-up machine loses a second of both its processors to its neighbours; at the first call only when
 * ONCE. */
static void lose_time(int once)
{
        unsigned long calls = count_call("calls");
        char text[256];

        if (once && calls)
                return;
        snprintf(text, sizeof(text),
                 "cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 %lu 0 0\ncpu1 0 0 0 0 0 0 0 %lu 0 0\n",
                 (calls + 1) * 100, (calls + 1) * 100);
        sysroot_write("/proc/stat", text);
}

static int fail_once(void)
{
        return count_call("failures") ? behave() : exit_status();
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

const struct stub_row stub_rows[] = {
        { "stub", behave }, /* the first row has the file's name */
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
        { "fail-once", fail_once },
        { "skip", skip },
        { "leftover", leftover },
        { "killed", killed },
        { "oom", oom },
        { "steal", steal },
        { "steal-once", steal_once },
        { NULL, NULL },
};
