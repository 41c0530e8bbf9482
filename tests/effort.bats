#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/effort.sh, on made-up sources whose counts are known, and its result: no variant without its lines.

# shellcheck disable=SC2154 # scripts.bash sets these names
load scripts

results=$project/results/effort.csv

# A checkout with one variant in each language, one row in C and one crew in Rust.
setup() {
        make_sandbox
        cd "$checkout" || return
        mkdir -p build results runtimes/tokio workloads/made-up
        cat >scripts/variants.sh <<'END'
variants() {
        echo 'made-up/waits workloads/made-up/steps.c step_waits made_up.rs waits - tasks'
        echo 'made-up/ends - - made_up.rs ends - -'
}
sets_of() { echo "--set $2"; }
variants_without_line() { echo "${without_line-}"; }
END
        script_stub scripts/build.sh ''
        made_c
        made_rust
        made_executables
}

made_c() {
        cat >workloads/made-up/made_up.h <<'END'
/* SPDX-License-Identifier: MIT */
struct made {
        struct task task;
        enum { AT_START, AT_NEVER, AT_END } at;
        enum { MODE_ONE } mode;
};

static inline bool is_over(struct made *m)
{
        return m->at == AT_END && m->mode == MODE_ONE;
}
END
        cat >workloads/made-up/steps.c <<'END'
/* SPDX-License-Identifier: MIT */
#include "made_up.h"

/* Named like a local variable below. */
static int left(void)
{
        return 1;
}

static void cleanup(struct task *task)
{
        somebody_elses(task);
}

/* is_over(), left() and left are words of a comment; so is AT_NEVER,
 * in both lines of it. */
enum step step_waits(struct task *task)
{
        struct made *m = (struct made *)task; // left()
        const char *text = "} left() /* ", quote = '"';
        int left = m->left;

        take(left, text, quote);
        m->task.cleanup = cleanup;
        m->at = AT_START;
        return is_over(m) ? STEP_DONE : STEP_WAIT;
}
END
        cat >workloads/made-up/other.c <<'END'
/* SPDX-License-Identifier: MIT */
static void cleanup(struct task *task)
{
        enum step never = step_waits(task);
        another(never);
}
END
        cat >runtimes/epoll.c <<'END'
/* SPDX-License-Identifier: MIT */
static void called_back(void *arg)
{
        (void)arg;
}

static int made_open(struct worker *w)
{
        return library_call(w, called_back);
}

static void made_close(struct worker *w)
{
        (void)w;
}

static const struct executor executor = {
        .open = made_open,
        .close = made_close,
};

static const char *made_version(void)
{
        return "1";
}
END
}

made_rust() {
        cat >runtimes/tokio/made_up.rs <<'END'
// SPDX-License-Identifier: MIT
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        unsafe { lower() }
    }
}

struct Pool;

impl Pool {
    fn give(&self) -> Guard {
        Guard
    }
}

struct Client;

impl Client {
    fn give(&self) {
        ends();
    }
}

macro_rules! first_of {
    ($wait:expr) => {
        tokio::select! { _ = $wait => {} }
    };
}

/// One of two: Arc, unsafe, .await
async fn waits(pool: Arc<Pool>, text: &'static str) {
    let _guard = pool.give();
    let quote = '"'; // unsafe
    first_of!(sleep(text, quote, "unsafe }"));
    pool.atomic.ends(1, SeqCst);
    sleep(text).await;
}

async fn ends(wait: Pin<Box<Wait>>) {
    wait.await;
    gone();
}
END
        cat >runtimes/tokio/made_up_gone.rs <<'END'
// SPDX-License-Identifier: MIT
fn gone() {}
END
        cat >runtimes/tokio/crew.rs <<'END'
// SPDX-License-Identifier: MIT
pub fn run() {
    Crew::open();
}

impl Crew {
    fn open() {}
}
END
}

# Each allocates three blocks for a task, some more, and in its first thread many.
made_executables() {
        cat >"$BATS_TEST_TMPDIR/made.c" <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *runs(void *arg)
{
        void *volatile block;

        for (int blocks = 3 * *(int *)arg + 5; blocks; blocks--)
                block = blocks % 3 ? calloc(1, 1) : aligned_alloc(64, 64);
        return block;
}

int main(int argc, char **argv)
{
        int tasks = atoi(strstr(argv[argc - 3], "tasks=") + 6);
        pthread_t thread;

        for (void *volatile block = NULL; argc; argc--)
                block = malloc((size_t)(100 * tasks));
        pthread_create(&thread, NULL, runs, &tasks);
        pthread_join(thread, NULL);
        dprintf(3, "{\"outcome\":\"completed\"}\n");
}
END
        cc -w -D_GNU_SOURCE -pthread -o build/asyncbench-epoll "$BATS_TEST_TMPDIR/made.c"
        cp build/asyncbench-epoll build/asyncbench-null
        cp build/asyncbench-epoll build/asyncbench-tokio
}

@test "counts are those of what is reached, in both languages" {
        run scripts/effort.sh
        [ "$status" -eq 0 ]
        [ -z "$output" ]
        diff - results/effort.csv <<'END'
workload,variant,language,count,value
executor,epoll,c,callbacks,1
executor,epoll,c,functions,3
executor,epoll,c,libraries,0
executor,epoll,c,lines,12
executor,tokio,rust,'static,0
executor,tokio,rust,Arc,0
executor,tokio,rust,Pin,0
executor,tokio,rust,awaits,0
executor,tokio,rust,functions,2
executor,tokio,rust,lines,4
executor,tokio,rust,unsafe,0
made-up,ends,rust,'static,0
made-up,ends,rust,Arc,0
made-up,ends,rust,Pin,1
made-up,ends,rust,awaits,1
made-up,ends,rust,functions,2
made-up,ends,rust,lines,5
made-up,ends,rust,unsafe,0
made-up,waits,c,allocations,3
made-up,waits,c,callbacks,2
made-up,waits,c,functions,3
made-up,waits,c,lines,18
made-up,waits,c,states,2
made-up,waits,rust,'static,1
made-up,waits,rust,Arc,1
made-up,waits,rust,Pin,0
made-up,waits,rust,allocations,3
made-up,waits,rust,awaits,2
made-up,waits,rust,functions,4
made-up,waits,rust,lines,18
made-up,waits,rust,unsafe,1
END
}

@test "a second run writes the same bytes, wherever it is told to" {
        scripts/effort.sh
        scripts/effort.sh "$BATS_TEST_TMPDIR/again.csv"
        cmp results/effort.csv "$BATS_TEST_TMPDIR/again.csv"
}

@test "a function that is not there, and a variant without a line, stop it" {
        sed -i 's/ ends / ends+went /' scripts/variants.sh
        run scripts/effort.sh
        [ "$status" -eq 1 ]
        [[ "$output" == *"no function went in runtimes/tokio/made_up.rs"* ]]
        export without_line=made-up/new
        run scripts/effort.sh
        [ "$status" -eq 1 ]
        [ "$output" = 'effort.sh: no line in scripts/variants.sh for made-up/new' ]
        [ ! -e results/effort.csv ]
}

@test "without a row there are no allocations, and a word says so" {
        rm build/asyncbench-tokio
        run scripts/effort.sh
        [ "$status" -eq 0 ]
        [ "$output" = 'effort.sh: tokio-1 is not built: no allocations' ]
        run grep rust,allocations results/effort.csv
        [ "$status" -eq 1 ]
        grep -q rust,lines results/effort.csv
}

@test "a sample that does not complete is no number" {
        printf '#!/bin/sh\necho "no such parameter" >&2\nexit 64\n' >build/asyncbench-epoll
        run scripts/effort.sh
        [ "$status" -eq 1 ]
        [[ "$output" == *"made-up/waits on epoll: no such parameter"* ]]
        [ ! -e results/effort.csv ]
}

@test "a missing tool is one line, before anything is built" {
        run sandboxed scripts/effort.sh
        [ "$status" -eq 1 ]
        [ "$output" = 'effort.sh: ctags is not here (Debian: universal-ctags)' ]
        stub ctags 'echo "Exuberant Ctags 5.8"'
        run sandboxed scripts/effort.sh
        [ "$status" -eq 1 ]
        [ "$output" = 'effort.sh: ctags is not Universal Ctags (Debian: universal-ctags)' ]
        not_called scripts/build.sh
}

@test "what it does not know is refused, and help is one word away" {
        run scripts/effort.sh --al
        [ "$status" -eq 1 ]
        [[ "$output" == "usage: "* ]]
        run scripts/effort.sh --help
        [ "$status" -eq 0 ]
        [[ "$output" == "usage: "* ]]
}

@test "every variant of the suite has its lines, in each language that has it, and nothing else but rows has" {
        # variants over servers are settings of their client: what differs in code is between rows
        "$AB_BUILD/asyncbench" list --json | awk -F'"' '
                $2 == "workload" { workload = $4 }
                $2 == "variant" && workload != "echo" && workload != "c10k" { print workload "," $4 }' |
                sort -u >"$BATS_TEST_TMPDIR/variants"
        [ -s "$BATS_TEST_TMPDIR/variants" ]
        sed 1d "$results" | grep -v ^executor, | cut -d, -f1,2 | sort -u | diff "$BATS_TEST_TMPDIR/variants" -
        sed 1d "$results" | cut -d, -f1-3 | sort | uniq -c | awk '$1 < 4 { print; short = 1 } END { exit short }'
}

@test "a line is a subject, a language, a count and its value, once" {
        [ "$(head -n 1 "$results")" = workload,variant,language,count,value ]
        run grep -vE "^([a-z-]+,[a-z-]+,(c|rust),[A-Za-z']+,[0-9]+|workload,variant,language,count,value)\$" "$results"
        [ "$status" -eq 1 ]
        [ -z "$(cut -d, -f1-4 "$results" | sort | uniq -d)" ]
        sed 1d "$results" | LC_ALL=C sort -c
}
