#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/frames.sh and its result: what a debugger names of the functions that lead to a wait.

# shellcheck disable=SC2154 # scripts.bash sets these names
load scripts

results=$project/results/frames.csv

@test "a line is a variant, a row, a form and a number of five, once" {
        [ "$(head -n 1 "$results")" = workload,variant,row,form,named_of_5 ]
        run grep -vE '^(bridge,(async-core|sync-core|sync-only),[a-z0-9-]+,(live|core),[0-5]|workload,variant,row,form,named_of_5)$' "$results"
        [ "$status" -eq 1 ]
        [ -z "$(cut -d, -f1-4 "$results" | sort | uniq -d)" ]
}

@test "plain calls are all named, live and in the core dump" {
        run grep -cE '^bridge,sync-only,[a-z0-9-]+,(live|core),5$' "$results"
        [ "$output" = "$(grep -c ,sync-only, "$results")" ]
}

@test "without a debugger nothing is written" {
        make_sandbox
        sandboxed "$checkout/scripts/frames.sh" "$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/said"
        grep -q 'gdb is not here' "$BATS_TEST_TMPDIR/said"
        [ ! -e "$BATS_TEST_TMPDIR/out" ]
}

@test "what it does not know is refused before anything is built" {
        run "$project/scripts/frames.sh" --al
        [ "$status" -eq 1 ]
        [[ "$output" == "usage: "* ]]
}
