#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bench.sh: its own options, what it passes on, what it refuses before any work.

# shellcheck disable=SC2016,SC2154 # stubs are text; scripts.bash sets these names
load scripts

# The driver is a script that shows its arguments; building "makes" it.
setup() {
        make_sandbox
        script_stub scripts/setup.sh ''
        cat >"$BATS_TEST_TMPDIR/driver" <<'END'
#!/bin/sh
printf 'in %s:' "$PWD"
printf ' [%s]' "$@"
exit 2
END
        driver=$BATS_TEST_TMPDIR/driver
        export driver
        stub cmake 'case $1 in
        --build) echo compiling; mkdir -p build; cp "$driver" build/asyncbench; chmod +x build/asyncbench ;;
        esac'
        stub ninja ''
}

@test "sets up, configures, builds and runs, quietly, and exits as the driver does" {
        run sandboxed "$checkout/bench.sh"
        [ "$status" -eq 2 ]
        [ "${lines[0]}" = 'bench.sh: building' ]
        [ "${lines[1]}" = "in $PWD: [run]" ]
        [ "${#lines[@]}" -eq 2 ]
        [ "$(sed 's/ --parallel.*//' "$calls")" = 'scripts/setup.sh bench
cmake --preset release
cmake --build --preset release' ]
}

@test "passes the profile and every option of the driver on, words with spaces too" {
        run sandboxed "$checkout/bench.sh" quick --only mutex/sync --label 'my machine' --out 'a b/c'
        [ "${lines[1]}" = "in $PWD: [run] [quick] [--only] [mutex/sync] [--label] [my machine] [--out] [a b/c]" ]
}

@test "its own options go to set-up and not to the driver, wherever they stand" {
        run sandboxed "$checkout/bench.sh" --yes smoke --seed 7
        [ "${lines[1]}" = "in $PWD: [run] [smoke] [--seed] [7]" ]
        called 'scripts/setup.sh bench --yes'
        run sandboxed "$checkout/bench.sh" smoke --seed 7 --no-install
        [ "${lines[1]}" = "in $PWD: [run] [smoke] [--seed] [7]" ]
        called 'scripts/setup.sh bench --no-install'
}

@test "options without a profile reach the driver, which has its own default" {
        run sandboxed "$checkout/bench.sh" --rounds 2
        [ "${lines[1]}" = "in $PWD: [run] [--rounds] [2]" ]
}

@test "runs where it was called, not in the checkout" {
        mkdir "$BATS_TEST_TMPDIR/elsewhere"
        cd "$BATS_TEST_TMPDIR/elsewhere"
        run sandboxed '../a checkout/bench.sh' smoke
        [ "${lines[1]}" = "in $BATS_TEST_TMPDIR/elsewhere: [run] [smoke]" ]
}

@test "--no-build runs what is there, or says that nothing is" {
        run sandboxed "$checkout/bench.sh" --no-build
        [ "$status" -eq 1 ]
        [[ "$output" == *"build/asyncbench is not there; leave --no-build out once" ]]
        run sandboxed "$checkout/bench.sh"
        : >"$calls"
        run sandboxed "$checkout/bench.sh" --no-build smoke
        [ "$output" = "in $PWD: [run] [smoke]" ]
        [ ! -s "$calls" ]
}

@test "an unknown profile is refused before set-up, with the profiles there are" {
        run sandboxed "$checkout/bench.sh" quik --yes
        [ "$status" -eq 1 ]
        [ "$output" = "bench.sh: unknown profile 'quik'; profiles are smoke, quick, standard, publish" ]
        run sandboxed "$checkout/bench.sh" quick smoke
        [ "$status" -eq 1 ]
        [ "$output" = "bench.sh: unexpected word 'smoke' after the profile 'quick'; options start with --" ]
        run sandboxed "$checkout/bench.sh" --yes --no-install
        [ "$status" -eq 1 ]
        [ ! -s "$calls" ]
}

@test "--help prints the usage and does nothing else" {
        run sandboxed "$checkout/bench.sh" --help
        [ "$status" -eq 0 ]
        [[ "$output" == 'usage: ./bench.sh [smoke | quick | standard | publish] [options]'* ]]
        [ ! -s "$calls" ]
}

@test "a build that fails shows its whole log and nothing runs" {
        stub cmake 'case $1 in --build) echo "hist.c:1: error: no" >&2; exit 1 ;; *) echo configuring ;; esac'
        run sandboxed "$checkout/bench.sh"
        [ "$status" -eq 1 ]
        [ "${lines[1]}" = configuring ]
        [ "${lines[2]}" = 'hist.c:1: error: no' ]
        [ "${lines[3]}" = 'build.sh: preset release does not build' ]
        [ ! -e "$checkout/build/asyncbench" ]
}

@test "set-up that stops stops everything" {
        script_stub scripts/setup.sh 'exit 1'
        run sandboxed "$checkout/bench.sh"
        [ "$status" -eq 1 ]
        not_called cmake
}

@test "without Ninja it builds with make" {
        rm "$bin/ninja"
        run sandboxed "$checkout/bench.sh"
        [ "$status" -eq 2 ]
        called 'cmake --preset release -G Unix Makefiles'
}
