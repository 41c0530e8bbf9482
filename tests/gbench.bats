#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# asyncbench-gbench against a made-up runtime whose rows misbehave, then against the real ones: whatever a sample does,
# Google Benchmark's options hold and its JSON is whole. AB_BUILD is the build folder.

# shellcheck disable=SC2154 # stub.bash sets these names
load stub
bats_require_minimum_version 1.5.0 # run --separate-stderr

setup() {
        make_libexec
        json=$BATS_TEST_TMPDIR/json
}

# One cell a row, with a short window.
gbench() {
        "$AB_BUILD/asyncbench-gbench" --asyncbench_set=tasks=1 --asyncbench_set=workers=1 --asyncbench_set=warmup_ms=1 \
                --asyncbench_set=window_ms=20 --asyncbench_seed=1 "$@"
}

# Those of ROWS, a pattern, as JSON into the file $json, with further options.
measure() {
        local rows=$1
        shift
        gbench --benchmark_format=json --benchmark_filter="^mutex/sync/($rows)/" "$@" >"$json"
        is_whole "$json"
}

# Is the file $1 one JSON object, and nothing before or behind it?
is_whole() {
        "$AB_BUILD/tests/json_object" <"$1"
}

# The members KEY of the file $json, one a line, numbers as "%g".
values() {
        sed -n -e "s/^ *\"$1\": \"\(.*\)\",*$/\1/p" -e "s/^ *\"$1\": \([^\",]*\),*$/\1/p" "$json" |
                awk '/^[0-9.]+e[-+][0-9]+$/ { $0 = $0 + 0 } { print }'
}

# The error of each sample of row $1, from the file $json.
errors_of() {
        grep -A 9 "\"name\": \"mutex/sync/$1/" "$json" | sed -n 's/^ *"error_message": "\(.*\)",$/\1/p'
}

# In the background as process $front: samples of row `hang` that nothing but a signal ends, with JSON to $json.
hang_in_background() {
        env --default-signal=INT "$AB_BUILD/asyncbench-gbench" --asyncbench_set=window_ms=600000 \
                --benchmark_filter='mutex/sync/(ok|hang)/.*tasks=1/' --benchmark_repetitions=2 \
                --asyncbench_set=tasks=1 --asyncbench_set=workers=1 --asyncbench_set=warmup_ms=0 \
                --benchmark_format=json >"$json" 2>"$BATS_TEST_TMPDIR/said" &
        front=$!
        local tries=0
        until pgrep -P "$front" -f 'asyncbench-stub sample' >/dev/null; do
                [ $((tries += 1)) -le 250 ]
                sleep 0.02
        done
}

@test "--benchmark_list_tests names the cells that are there, and starts nothing" {
        run --separate-stderr gbench --benchmark_list_tests
        [ "$status" -eq 0 ]
        [[ $output == *'mutex/sync/ok/burst=64/hold_ns=0/tasks=1/warmup_ms=1/window_ms=20/workers=1/manual_time'* ]]
        [[ $output != */gone/* ]]
        [[ $output != *-aa/* ]]
        [ "$(grep -cvE '^[a-z0-9-]+/[^/]+/[^/]+/.*/manual_time$' <<<"$output")" -eq 0 ]
        [ ! -e "$libexec/calls" ]
}

@test "a filter selects, and JSON has the headline metric as time per operation" {
        measure ok
        [ "$(values name)" = mutex/sync/ok/burst=64/hold_ns=0/tasks=1/warmup_ms=1/window_ms=20/workers=1/manual_time ]
        [ "$(values run_type)" = iteration ]
        [ "$(values real_time)" = 12.5 ]
        [ "$(values time_unit)" = ns ]
        [ "$(values iterations)" = 1 ]
        [ "$(values operations)" = 4 ]
        [ "$(values profile)" = quick ]
        [ "$(values absent_cells)" != '0, see asyncbench list --absent' ]
        # A process that does next to nothing uses more than 100 us, for four operations.
        awk -v ns="$(values cpu_time)" 'BEGIN { exit !(ns > 25000) }'
}

@test "a repetition is one process, whatever else the library would like to run" {
        measure steal --benchmark_repetitions=3 --benchmark_min_time=5 --benchmark_min_warmup_time=5
        [ "$(cat "$libexec/calls")" -eq 3 ]
        [ "$(values run_type | grep -c iteration)" -eq 3 ]
        [ "$(values aggregate_name | paste -sd' ')" = 'mean median stddev cv' ]
        [ "$(values real_time | paste -sd' ')" = '12.5 12.5 12.5 12.5 12.5 0 0' ]
        measure steal --benchmark_repetitions=2 --benchmark_enable_random_interleaving=true \
                --benchmark_report_aggregates_only=true
        [ "$(cat "$libexec/calls")" -eq 5 ]
        [ "$(values run_type | sort -u)" = aggregate ]
}

@test "what has no time is an error with its reason, and costs no other sample" {
        measure 'crash|hang|miscount|skip|deadlock|unexpected-deadlock|spin|garbage|leftover|ok' 2>"$json.said"
        [ "$(errors_of crash)" = 'failed: signal: SIGSEGV' ]
        [ "$(errors_of hang)" = 'timeout: window' ]
        [ "$(errors_of miscount)" = 'failed: check: sum: 5 = 4' ]
        [ "$(errors_of skip)" = 'skipped: no such kernel feature' ]
        # mutex/sync is a fix: it may hang only where that is no mistake of it.
        [ "$(errors_of deadlock)" = \
                'deadlock, as expected: task 1 holds A and waits for B, task 2 the other way round' ]
        [[ $(errors_of unexpected-deadlock) == 'failed: check: outcome deadlock, expected completed'* ]]
        [[ $(errors_of spin) == 'stalled, as expected: no operation for 300 ms'* ]]
        [[ $(errors_of garbage) == 'failed: protocol: '* ]]
        [ "$(errors_of leftover)" = 'failed: leftover: it ended and left processes behind, now killed' ]
        [ -z "$(errors_of ok)" ]
        [ "$(values real_time | paste -sd' ')" = '12.5 0 0 0 0 0 0 0 0 0' ]
        grep -q 'about to crash' "$json.said"
        nothing_is_left
}

@test "good repetitions after a first one without a time do not end the front end" {
        measure fail-once --benchmark_repetitions=4
        [ "$(errors_of fail-once | head -1)" = 'failed: exit: 3: no such luck' ]
        [ "$(errors_of fail-once | grep -c '^ok, but not shown: ')" -eq 3 ]
        [ "$(cat "$libexec/failures")" -eq 4 ]
}

@test "--benchmark_out writes a file of its own, in its own format" {
        gbench --benchmark_filter='mutex/sync/(ok|crash)/' --benchmark_out="$json" --benchmark_repetitions=2 \
                >"$BATS_TEST_TMPDIR/said"
        is_whole "$json"
        [ "$(values real_time | head -2 | paste -sd' ')" = '12.5 12.5' ]
        awk -v ns="$(values cpu_time | head -1)" 'BEGIN { exit !(ns > 25000) }'
        grep -q '^mutex/sync/ok/.*/manual_time  *12.5 ns ' "$BATS_TEST_TMPDIR/said"
        grep -q "ERROR OCCURRED: 'failed: signal: SIGSEGV'" "$BATS_TEST_TMPDIR/said"
        gbench --benchmark_filter='mutex/sync/ok/' --benchmark_out="$json" --benchmark_out_format=csv >/dev/null
        grep -q '^"mutex/sync/ok/.*/manual_time",1,12.5,' "$json"
}

@test "a signal ends the sample, and the JSON is whole" {
        for signal in INT TERM; do
                hang_in_background
                kill -$signal "$front"
                wait_for_exit "$front"
                [ "$signal:$code" = INT:130 ] || [ "$signal:$code" = TERM:143 ]
                is_whole "$json"
                [ "$(errors_of ok | sort -u)" = 'not_run: interrupted' ]
                [ "$(errors_of hang | sort -u)" = 'not_run: interrupted' ]
                nothing_is_left
        done
}

@test "while another run has the machine no sample is run, and the exit status is 3" {
        hang_in_background
        run --separate-stderr gbench --benchmark_filter='mutex/sync/ok/' --benchmark_format=json
        kill "$front"
        wait_for_exit "$front"
        [ "$status" -eq 3 ]
        [[ $output == *'"error_message": "not_run: another run is under way; two at once would measure each other"'* ]]
}

@test "a wrong word is one line, exit 1, and nothing on standard output" {
        refused() { # WORDS THAT MUST BE SAID, arguments...
                local words=$1
                shift
                run --separate-stderr "$AB_BUILD/asyncbench-gbench" "$@"
                [ "$status" -eq 1 ]
                [ -z "$output" ]
                # shellcheck disable=SC2154 # bats sets it
                [[ $stderr == *"$words"* ]]
        }
        refused 'unrecognized command-line flag: --benchmark_filtre=x' --benchmark_filtre=x
        refused 'unrecognized command-line flag: quick' quick
        refused "unknown profile 'quik'; did you mean quick?" --asyncbench_profile=quik
        refused "unknown parameter 'task'; did you mean tasks?" --asyncbench_set=task=1
        refused "--seed: 'x' is not a number" --asyncbench_seed=x
        sed -i 's/"built": true, "reason": ""/"built": false, "reason": "no compiler"/' "$libexec/runtimes.json"
        refused 'nothing can run here; ' --benchmark_list_tests
}

@test "--help has the options of both" {
        run "$AB_BUILD/asyncbench-gbench" --help
        [ "$status" -eq 0 ]
        [[ $output == *--benchmark_filter=* ]]
        [[ $output == *--asyncbench_profile=* ]]
        [[ $output == *'asyncbench list --absent'* ]]
}

# ---- the real rows

@test "a real cell has one name in both front ends, and a time like the driver's" {
        unset AB_LIBEXEC AB_SYSROOT
        "$AB_BUILD/asyncbench" run smoke --only mutex --runtimes null,threads --rounds 1 --out "$BATS_TEST_TMPDIR/run" \
                >/dev/null
        grep -o '"run_name":"[^"]*' "$BATS_TEST_TMPDIR/run/benchmark.json" | cut -d'"' -f4 | grep -v -e -aa/ | sort -u \
                >"$BATS_TEST_TMPDIR/run.names"
        "$AB_BUILD/asyncbench-gbench" --asyncbench_profile=smoke --benchmark_filter='^mutex/.*/(null|threads)/' \
                --benchmark_list_tests | sort -u | diff "$BATS_TEST_TMPDIR/run.names" -
        "$AB_BUILD/asyncbench-gbench" --asyncbench_profile=smoke --benchmark_format=json \
                --benchmark_filter='^mutex/(sync|set-aside)/threads/.*/tasks=1/workers=1/' >"$json"
        is_whole "$json"
        [[ $(values error_message) == 'deadlock, as expected: '* ]]
        awk -v ns="$(values real_time | head -1)" -v cpu_ns="$(values cpu_time | head -1)" \
                -v operations="$(values operations)" \
                'BEGIN { exit !(ns > 0.1 && ns < 10000 && cpu_ns > ns / 100 && cpu_ns < ns * 100 && operations > 1000) }'
}
