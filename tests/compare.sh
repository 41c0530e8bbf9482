#!/bin/sh
# SPDX-License-Identifier: MIT
# Google Benchmark's own compare.py reads the benchmark.json of the reference run, and compares all that has a time.
#   compare.sh BIN_DIR      AB_COMPARE, by default where Debian's libbenchmark-tools has it, is compare.py
set -eu
LC_ALL=C
export LC_ALL
bin=$1
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
compare=${AB_COMPARE:-/usr/share/benchmark/compare.py}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
        echo "not ok: $*" >&2
        failures=$((failures + 1))
}

# The python3 that has what compare.py imports; the first one on PATH need not be the system's.
find_python() {
        for python in python3 /usr/bin/python3; do
                "$python" -c 'import scipy.stats' 2>/dev/null && return 0
        done
        return 1
}

skip() {
        echo "skipped: $*"
        exit 77
}

[ -e "$compare" ] || skip "no compare.py; install libbenchmark-tools"
find_python || skip 'no SciPy for it; install python3-scipy'

cp -R "$source/results/reference" "$dir/run"
"$bin/asyncbench" report "$dir/run" --no-plots
"$python" "$compare" --no-color benchmarks "$dir/run/benchmark.json" "$dir/run/benchmark.json" >"$dir/said" 2>&1 ||
        fail "compare.py: exit $?"

lines() { # PATTERN: how many lines of what compare.py said
        grep -cE -e "$1" "$dir/said" || :
}

# 13 rounds of a priced cell, its four aggregates; nothing of one that has to deadlock; nothing that is no number.
name='mutex/sync/epoll/burst=64/hold_ns=0/tasks=1/workers=1/manual_time'
[ "$(lines "^$name +[+]0[.]0000")" = 13 ] || fail "not 13 rounds of $name"
[ "$(lines "^${name}_(mean|median|stddev|cv) ")" = 4 ] || fail "not 4 aggregates of $name"
[ "$(lines "^${name}_pvalue ")" = 1 ] || fail "no U test of $name"
[ "$(lines '/sync-held-across-wait/epoll/')" = 0 ] || fail 'a deadlock has a time'
[ "$(lines '^OVERALL_GEOMEAN +[+]0[.]0000')" = 1 ] || fail 'no geometric mean'
[ "$(lines '(nan|Error|Warning)')" = 0 ] || fail 'a number that is none'
[ $failures = 0 ] || tail -n 20 "$dir/said" >&2
echo "$(lines manual_time) lines, $failures failures"
exit $((failures > 0))
