#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/check.sh: finds each kind of violation in a small tree that is otherwise clean.

# shellcheck disable=SC2016,SC2154,SC2164 # stubs are text; scripts.bash sets these names; bats stops at the first failure
load scripts

setup() {
        mkdir -p "$checkout/harness" "$checkout/runtimes/task" "$checkout/workloads" "$checkout/build"
        cp -R "$project/scripts" "$project/.clang-format" "$project/.clang-tidy" "$checkout/"
        cd "$checkout"
        source_file harness/run.h '#include <stdint.h>'
        source_file harness/a.c '#include "harness/run.h"' 'int a(void);' 'int a(void)' '{' '        return 1;' '}'
        source_file runtimes/b.c '#include <uv.h>' '' '#include "harness/run.h"'
        source_file runtimes/task/c.c '#include "harness/run.h"'
        source_file workloads/d.c '#include "harness/run.h"'
        # as CMake writes it
        printf '[\n{\n  "directory": "%s",\n  "command": "cc -I. -c harness/a.c",\n  "file": "%s/harness/a.c"\n}\n]\n' \
                "$checkout" "$checkout" >build/compile_commands.json
}

# source_file PATH LINE...: a source with its licence line.
source_file() {
        local path=$1
        shift
        printf '%s\n' '/* SPDX-License-Identifier: MIT */' "$@" >"$path"
}

# finds LINE: check.sh exits 1 and prints LINE alone.
finds() {
        run scripts/check.sh
        echo "$output"
        [ "$status" -eq 1 ]
        [ "$output" = "$1" ]
}

@test "a clean tree: silent, exit 0, from any folder" {
        cd /
        run "$checkout/scripts/check.sh"
        [ "$status" -eq 0 ]
        [ -z "$output" ]
}

@test "what is built or measured is not looked at" {
        mkdir -p build/x results/y
        echo 'int  x ;' >build/x/x.c
        echo 'int  x ;' >results/y/x.c
        run scripts/check.sh
        [ "$status" -eq 0 ]
}

@test "format" {
        source_file workloads/d.c 'int  d;'
        finds 'workloads/d.c:2: not formatted; clang-format -i mends it'
}

@test "clang-tidy" {
        source_file harness/a.c '#include <string.h>' 'void a(int *x);' 'void a(int *x)' '{' \
                "        memset(x, '0', sizeof(*x));" '}'
        finds "harness/a.c:6:19: error: memset fill value is char '0', potentially mistaken for int 0 [bugprone-suspicious-memset-usage,-warnings-as-errors]"
}

@test "a function too long to be read" {
        source_file harness/a.c 'int a(int x);' 'int a(int x)' '{'
        for _ in $(seq 81); do
                echo '        x++;' >>harness/a.c
        done
        printf '        return x;\n}\n' >>harness/a.c
        run scripts/check.sh
        [ "$status" -eq 1 ]
        [[ "$output" == *"function 'a' exceeds recommended size/complexity thresholds"* ]]
}

@test "no compile_commands.json is a violation, not silence" {
        rm build/compile_commands.json
        finds 'build/compile_commands.json: is not there; build first, or name another folder'
}

@test "shellcheck, in scripts and in bats files" {
        printf '#!/bin/sh\n# SPDX-License-Identifier: MIT\necho $1\n' >scripts/x.sh
        finds 'scripts/x.sh:3:6: note: Double quote to prevent globbing and word splitting. [SC2086]'
}

@test "a library of a runtime in the harness" {
        for header in uv.h ev.h event2/event.h liburing.h; do
                source_file harness/e.c "#include <$header>"
                finds "harness/e.c:2: includes $header: the harness knows no runtime"
        done
}

@test "C++ is looked at as C is" {
        source_file harness/e.cc '#include <uv.h>'
        finds 'harness/e.cc:2: includes uv.h: the harness knows no runtime'
        source_file harness/e.cc 'int  e;'
        finds 'harness/e.cc:2: not formatted; clang-format -i mends it'
        echo 'int e;' >harness/e.cc
        finds 'harness/e.cc:1: the first line is not the SPDX line'
}

@test "a library of a runtime or a socket in a workload" {
        source_file workloads/d.c '#include <event2/event.h>'
        finds 'workloads/d.c:2: includes event2/event.h: a workload knows no runtime'
        source_file workloads/d.c '#include <sys/socket.h>'
        finds 'workloads/d.c:2: includes sys/socket.h: servers are written once per runtime'
}

@test "more of the harness than run.h in a runtime" {
        for header in journal.h hist.h runner.h driver/plan.h; do
                source_file runtimes/task/c.c "#include \"harness/$header\""
                finds "runtimes/task/c.c:2: includes harness/$header: a runtime knows only run.h of the harness"
        done
}

@test "a missing licence line" {
        echo 'int e;' >harness/e.c
        finds 'harness/e.c:1: the first line is not the SPDX line'
        rm harness/e.c
        printf '#!/bin/sh\ntrue\n' >scripts/x.sh
        finds 'scripts/x.sh:2: no SPDX line after the first line'
}

@test "white space at the end of a line" {
        printf 'one\ntwo \n' >README.md
        finds 'README.md:2: trailing white space'
}

@test "every violation is told, not only the first" {
        printf 'one \n' >README.md
        source_file workloads/d.c '#include <ev.h>'
        run scripts/check.sh
        [ "$status" -eq 1 ]
        [ "${#lines[@]}" -eq 2 ]
}
