#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/who-catches.sh and its result: no mistake without a line, no word that is not a verdict.

# shellcheck disable=SC2154 # scripts.bash sets these names
load scripts

results=$project/results/who-catches.csv

@test "every mistake of the suite has its lines, and nothing else has" {
        "$AB_BUILD/asyncbench" list --json | awk -F'"' '
                $2 == "workload" { workload = $4 }
                $2 == "variant" { variant = $4 }
                $2 == "role" && $4 == "mistake" { print workload "," variant }' | sort -u >"$BATS_TEST_TMPDIR/mistakes"
        [ -s "$BATS_TEST_TMPDIR/mistakes" ]
        sed 1d "$results" | cut -d, -f1,2 | sort -u | diff "$BATS_TEST_TMPDIR/mistakes" -
}

@test "a line is a mistake, a language, a tool and a verdict, once" {
        [ "$(head -n 1 "$results")" = workload,variant,language,tool,verdict ]
        run grep -vE '^[a-z-]+,[a-z-]+,(c|rust|language),[A-Za-z -]+,(refused|warned|failed|silent|verdict)$' "$results"
        [ "$status" -eq 1 ]
        [ -z "$(cut -d, -f1-4 "$results" | sort | uniq -d)" ]
        sed 1d "$results" | LC_ALL=C sort -c
}

@test "what it does not know is refused before anything is built" {
        run "$project/scripts/who-catches.sh" --al
        [ "$status" -eq 1 ]
        [[ "$output" == "usage: "* ]]
        run "$project/scripts/who-catches.sh" --help
        [ "$status" -eq 0 ]
        [[ "$output" == "usage: "* ]]
}
