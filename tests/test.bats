#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# test.sh: its steps, what it asks of them, and that one failure hides no other.

# shellcheck disable=SC2016,SC2154 # stubs are text; scripts.bash sets these names
load scripts

setup() {
        make_sandbox
        script_stub scripts/setup.sh ''
        script_stub scripts/build.sh 'case " $broken " in *" $1 "*) echo "no $1"; exit 1 ;; esac'
        script_stub scripts/check.sh 'case " $broken " in *" check "*) echo "a.c:1: bad"; exit 1 ;; esac'
        stub ctest 'case " $broken " in *" test-$2 "*) echo "test of $2 failed"; exit 8 ;; esac'
        stub setarch '[ "$2" = true ] && exit; shift; exec "$@"'
        export broken=''
}

steps() {
        sed 's/ --parallel [0-9]* --timeout [0-9]* --no-tests=error//' "$calls" | grep -v ^setarch
}

@test "builds and tests all, then with each sanitizer and the second compiler, one line a step" {
        run sandboxed "$checkout/test.sh"
        [ "$status" -eq 0 ]
        [ "$(steps)" = 'scripts/setup.sh test
scripts/build.sh release
ctest --preset release
scripts/check.sh build
scripts/build.sh asan-ubsan
ctest --preset asan-ubsan -L ^(unit|contract|driver)$
scripts/build.sh tsan
ctest --preset tsan -L ^(unit|contract)$
scripts/build.sh clang' ]
        [ "${#lines[@]}" -eq 9 ]
        [ "${lines[8]}" = 'test.sh: all passed' ]
}

@test "no test at all is a failure, and a hang ends" {
        run sandboxed "$checkout/test.sh"
        [ "$(grep -c '^ctest .*--timeout 300 --no-tests=error' "$calls")" -eq 3 ]
}

@test "a failing step shows its output, the others still run, exit 1 names it" {
        broken='test-release check'
        run sandboxed "$checkout/test.sh"
        [ "$status" -eq 1 ]
        [[ "$output" == *FAILED*'test of release failed'*FAILED*'a.c:1: bad'* ]]
        [ "${lines[-1]}" = 'test.sh: failed: release: all tests, format, lint, dependencies' ]
        called 'scripts/build.sh clang'
}

@test "what does not build is not tested" {
        for broken in release asan-ubsan tsan; do
                : >"$calls"
                run sandboxed "$checkout/test.sh"
                [ "$status" -eq 1 ]
                [[ "$output" == *"no $broken"* ]]
                [ "$(grep -c '^ctest' "$calls")" -eq 2 ]
                not_called "ctest --preset $broken"
                called 'scripts/build.sh clang'
        done
}

@test "ThreadSanitizer runs without address randomisation where that can be had" {
        run sandboxed "$checkout/test.sh"
        [ "$(grep -c '^setarch -R ctest --preset tsan' "$calls")" -eq 1 ]
        stub setarch 'exit 1'
        : >"$calls"
        run sandboxed "$checkout/test.sh"
        [ "$status" -eq 0 ]
        [ "$(grep -c '^ctest --preset tsan' "$calls")" -eq 1 ]
}

@test "--yes and --no-install reach set-up, anything else is refused" {
        run sandboxed "$checkout/test.sh" --yes
        called 'scripts/setup.sh test --yes'
        run sandboxed "$checkout/test.sh" --no-install
        called 'scripts/setup.sh test --no-install'
        : >"$calls"
        run sandboxed "$checkout/test.sh" --fast
        [ "$status" -eq 1 ]
        [ "$output" = "test.sh: unknown word '--fast'; known are --yes, --no-install" ]
        [ ! -s "$calls" ]
}

@test "set-up that stops stops everything" {
        script_stub scripts/setup.sh 'exit 1'
        run sandboxed "$checkout/test.sh"
        [ "$status" -eq 1 ]
        not_called scripts/build.sh
}

@test "continuous integration runs the README's command" {
        script_stub test.sh 'exit 3'
        cd /
        run sandboxed "$checkout/.ci/run"
        [ "$status" -eq 3 ]
        called 'test.sh --yes'
}
