#!/bin/sh
# SPDX-License-Identifier: MIT
# Every cell runs once in `smoke`, each ends as it must, and the report is rebuilt to the same bytes.
#   smoke.sh BIN_DIR
set -eu
LC_ALL=C
export LC_ALL
bin=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
        echo "not ok: $*" >&2
        failures=$((failures + 1))
}

code=0
"$bin/asyncbench" run smoke --seed 1 --out "$dir/run" >"$dir/log" 2>&1 || code=$?
[ "$code" = 0 ] || { fail "asyncbench run smoke: exit $code"; tail -n 30 "$dir/log" >&2; }

# the first line of samples.csv names the columns; system calls are not counted where ptrace is refused
awk -F, 'NR > 1 && $2 != "" && !($2 == 0 && $8 == "skipped") { print $3, $4, $5, $6, $8, $7 }' "$dir/run/samples.csv" |
        sort -u >"$dir/statuses"
[ -s "$dir/statuses" ] || fail "samples.csv is empty"
while read -r order workload variant row status params; do
        want=ok
        case $workload/$variant/${row%-aa}/$params in
        mutex/sync-held-across-wait/threads/*) ;;
        pool-guard/nested/*nested_tasks=3*) ;;
        pool-guard/nested/*) want=deadlock ;;
        bridge/nested/*nested_jobs=3*) ;;
        bridge/nested/*) want=deadlock ;;
        map-guard/held*/threads/*) ;;
        map-guard/held-hashed/*) # the hash decides
                [ "$status" != deadlock ] || want=deadlock
                ;;
        map-guard/held*) want=deadlock ;;
        mutex/sync-held-across-wait/* | mutex/set-aside/*) want=deadlock ;;
        buffered/semaphore/*semaphore_in_flight=4*) want=deadlock ;;
        esac
        [ "$status" = $want ] || fail "sample $order, $workload/$variant on $row: $status, not $want"
done <"$dir/statuses"
grep -q '^[^,]*,[^,]*,[^,]*,select,hoisted-unfused,.*,refused,' "$dir/run/samples.csv" ||
        fail "hoisted-unfused reports no refusal"

find "$dir/run" -type f -exec cksum {} + | sort >"$dir/before"
"$bin/asyncbench" report "$dir/run" >"$dir/log" 2>&1 || fail "asyncbench report: exit $?"
find "$dir/run" -type f -exec cksum {} + | sort >"$dir/after"
cmp -s "$dir/before" "$dir/after" || { fail "the report differs when it is rebuilt"; diff "$dir/before" "$dir/after" >&2; }
echo "$(wc -l <"$dir/statuses") samples, $failures failures"
exit $((failures > 0))
