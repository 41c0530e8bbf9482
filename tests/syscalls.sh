#!/bin/sh
# SPDX-License-Identifier: MIT
# asyncbench-syscalls counts what an operation calls, and is to its reader the executable that it runs.
#   syscalls.sh BIN_DIR
set -eu
LC_ALL=C
export LC_ALL
bin=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failures=0

fail() {
        echo "not ok: $*" >&2
        failures=$((failures + 1))
}

# sample VARIANT [OPTION...]: the records in $out/records, the exit status in $code
sample() {
        variant=$1 code=0
        shift
        "$bin/asyncbench-syscalls" "$bin/asyncbench-epoll" sample --runtime epoll --workload select \
                --variant "$variant" --seed 1 --set source=descriptor --set ready=1 --set signal=latched \
                --set biased=on --set workers=1 --set warmup_ms=5 --set window_ms=50 --set stall_ms=2000 "$@" \
                --out-fd 3 3>"$out/records" || code=$?
        if [ "$code" = 77 ]; then
                cat "$out/records"
                exit 77
        fi
}

value() {
        sed -n "s/.*\"record\":\"metric\",\"name\":\"$1\".*\"value\":\([^}]*\)}/\1/p" "$out/records"
}

# calls VARIANT N: one operation makes N system calls
calls() {
        sample "$1"
        [ "$code" = 0 ] || fail "$1: exit $code"
        awk -v have="$(value syscalls_per_op)" -v want="$2" \
                'BEGIN { exit !(have != "" && have > want - 0.2 && have < want + 0.2) }' ||
                fail "$1: $(value syscalls_per_op) calls per operation, not $2"
}

calls hoisted 3   # a wait, and a read and a write of the message's eventfd
calls recreated 5 # and EPOLL_CTL_ADD and EPOLL_CTL_DEL of the abort
[ -z "$(value enters_per_op)" ] || fail "epoll enters a ring"
[ -z "$(value message_ns)" ] || fail "a time under the tracer passes for one"
tail -n 1 "$out/records" | grep -q '"record":"outcome"' || fail "the outcome is not the last record"

sample hoisted --set window_ms=none 2>"$out/said"
[ "$code" = 64 ] || fail "a bad word: exit $code, not 64"
grep -q window_ms "$out/said" || fail "a bad word is not named"
echo "$failures failures"
exit $((failures > 0))
