#!/bin/sh
# SPDX-License-Identifier: MIT
# One command from a fresh checkout to "is it right?": sets up, builds, tests, with each sanitizer and both
# compilers.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: ./test.sh [--yes | --no-install]

  --yes         install missing packages without asking
  --no-install  never install packages

Exit status: 0 all passed, 1 a step failed or set-up stopped. A failed step shows all it printed.
END
}

die() {
        printf 'test.sh: %s\n' "$*" >&2
        exit 1
}

# step NAME COMMAND...: run it, print one line, keep what it printed for the case that it fails.
step() {
        name=$1
        shift
        printf '%-34s' "$name"
        start=$(date +%s)
        if "$@" >"$log" 2>&1; then
                printf 'ok      %4d s\n' $(($(date +%s) - start))
                return 0
        fi
        printf 'FAILED  %4d s\n' $(($(date +%s) - start))
        cat "$log"
        failed="$failed, $name"
        return 1
}

# run_ctest PRESET [CTEST OPTIONS]. A test without a limit of its own may take 5 minutes: more is a hang. Most of
# them sleep a third of their time, which one more fills.
# Addresses are not randomised where that can be had: ThreadSanitizer's shadow needs some that kernels give away.
run_ctest() {
        preset=$1
        shift
        set -- ctest --preset "$preset" --parallel "$(($(nproc) + 1))" --timeout 300 --no-tests=error "$@"
        if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then
                set -- setarch -R "$@"
        fi
        "$@"
}

# Everything, as a user builds it.
check_release() {
        step 'release: build' scripts/build.sh release || return 0
        step 'release: all tests' run_ctest release || :
        step 'format, lint, dependencies' scripts/check.sh build || :
}

# Scripts and smoke runs would only do the same again, slower.
check_sanitizers() {
        if step 'address and undefined: build' scripts/build.sh asan-ubsan; then
                step 'address and undefined: tests' run_ctest asan-ubsan -L '^(unit|contract|driver)$' || :
        fi
        if step 'thread: build' scripts/build.sh tsan; then
                step 'thread: tests' run_ctest tsan -L '^(unit|contract)$' || :
        fi
}

check_second_compiler() {
        step 'clang: build without warnings' scripts/build.sh clang || :
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case $#/${1-} in
0/ | 1/--yes | 1/--no-install) ;;
1/-h | 1/--help) usage && exit 0 ;;
*) die "unknown word '$*'; known are --yes, --no-install" ;;
esac

cd "$root"
scripts/setup.sh test "$@"
log=$(mktemp "${TMPDIR:-/tmp}/asyncbench-test.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
failed=''
check_release
check_sanitizers
check_second_compiler
[ -z "$failed" ] || die "failed: ${failed#, }"
echo 'test.sh: all passed'
