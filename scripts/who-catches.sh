#!/bin/sh
# SPDX-License-Identifier: MIT
# Sends each mistake past the tools that a team has, and writes which of them says something.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/who-catches.sh [FILE]

Writes FILE, by default results/who-catches.csv: one line per mistake, language and tool with the verdict
`refused` (it does not compile), `warned` (the tool points at it), `failed` (the test fails or hangs) or `silent`.
What is sent past them is the code that is measured: in C on the row epoll, in Rust on tokio-1. Builds the presets
release, asan-ubsan and tsan if need be. A tool that is not here has no lines, and a word says so.
END
}

say() {
        printf 'who-catches.sh: %s\n' "$*" >&2
}

# Where each mistake stands: workload/variant, C file and function, Rust file and function, and the parameters of a
# unit test at the smallest load that shows what the program is for. `-`: not in this language; the headline values, where
# the program has no smaller load.
mistakes() {
        cat <<'END'
mutex/async workloads/mutex/lockers.c mutex_step_async mutex.rs asynchronous tasks=2
mutex/sync-held-across-wait workloads/mutex/held.c mutex_step_sync_held mutex_held.rs sync_held_across_wait -
mutex/async-with-send workloads/mutex/lockers.c mutex_step_async_with_send mutex.rs async_with_send tasks=2
mutex/set-aside workloads/mutex/held.c step_set_aside mutex_held.rs set_aside -
select/recreated workloads/select/consumer.c step_consumer select.rs recreated -
select/hoisted-unfused workloads/select/consumer.c step_consumer select.rs hoisted_unfused -
select/recreated-timer workloads/select/consumer.c step_consumer select.rs recreated_timer -
cancel-leak/unguarded workloads/cancel-leak/children.c step_child cancel_leak.rs runs outlive_percent=0
cancel-leak/as-written workloads/cancel-leak/children.c step_child cancel_leak.rs runs outlive_percent=0
cancel-leak/panicked - - cancel_leak.rs runs outlive_percent=0
cancel-leak/dropped-handle workloads/cancel-leak/handles.c leak_step_parent_of_handles cancel_leak.rs parent_of_handles -
cancel-safety/buffer-inside workloads/cancel-safety/gather.c safety_step_reader cancel_safety.rs inside cancel_every=100000
cancel-safety/send-dropped workloads/cancel-safety/send.c safety_step_sender cancel_safety.rs dropped cancel_every=100000
pool-guard/held workloads/pool-guard/client.c client_step pool_guard.rs held -
pool-guard/nested workloads/pool-guard/client.c client_step pool_guard.rs nested nested_tasks=3
map-guard/held workloads/map-guard/contenders.c map_holder_step map_guard.rs held -
heartbeat/inline workloads/heartbeat/loop.c step_inline heartbeat.rs inline heavy_one_in=1000000
heartbeat/async-inline - - heartbeat.rs async_inline heavy_one_in=1000000
buffered/buffered workloads/buffered/consumer.c consumer_step buffered.rs buffered in_flight=1
buffered/semaphore workloads/buffered/consumer.c consumer_step buffered.rs buffered semaphore_in_flight=1
timeout/monolithic workloads/timeout/limited.c work_turn timeout.rs monolithic -
timeout/ready-source workloads/timeout/source.c read_turn timeout.rs ready_source -
timeout/shutdown-waits workloads/timeout/shutdown.c timeout_step_shutdown timeout.rs abort_all -
END
}

# ---- places --------------------------------------------------------------------------------------------------

# lines_of FILE FUNCTION: "first last" of its definition
lines_of() {
        awk -v name="$2" '
        !first && $0 ~ "(^|[^a-z_])" name "[(<]" && $0 !~ /;[ ]*$/ && ($0 !~ /^[ \t]/ || $0 ~ / fn /) {
                first = NR
                match($0, /^ */)
                end = "^" substr($0, 1, RLENGTH) "}"
        }
        first && NR > first && $0 ~ end { print first, NR; exit }' "$1"
}

# points_at FILE FUNCTION MESSAGES: does a message "FILE:LINE:..." lie in the function?
points_at() {
        # shellcheck disable=SC2046 # two numbers
        set -- "$1" "$3" $(lines_of "$root/$1" "$2")
        [ $# = 4 ] || { say "there is no such function in $1" && exit 1; }
        awk -F: -v file="$1" -v first="$3" -v last="$4" '
        index($1, file) && $2 >= first && $2 <= last { found = 1 }
        END { exit !found }' "$2"
}

verdict() { # MISTAKE LANGUAGE TOOL VERDICT
        printf '%s,%s,%s,%s,%s\n' "${1%/*}" "${1#*/}" "$2" "$3" "$4" >>"$lines"
}

# ---- what reads the source -------------------------------------------------------------------------------------

read_by() { # LANGUAGE TOOL MESSAGES
        mistakes | while read -r mistake c_file c_function rust_file rust_function _; do
                [ "$1-$c_file" != c-- ] || continue
                case $1 in
                c) set -- "$1" "$2" "$3" "$c_file" "$c_function" ;;
                rust) set -- "$1" "$2" "$3" "runtimes/tokio/$rust_file" "$rust_function" ;;
                esac
                if points_at "$4" "$5" "$3"; then
                        verdict "$mistake" "$1" "$2" warned
                else
                        verdict "$mistake" "$1" "$2" silent
                fi
        done
}

c_files() {
        mistakes | awk '$2 != "-" { print $2 }' | sort -u
}

gcc_reads() {
        for file in $(c_files); do
                gcc -std=gnu17 -D_GNU_SOURCE -I. -O2 -Wall -Wextra -fanalyzer -c -o /dev/null "$file" 2>&1 || :
        done | grep -E ': (warning|error): ' >"$messages" || :
        read_by c 'gcc -fanalyzer' "$messages"
}

# With the checks that it has by default, not with those that this tree switches on.
clang_tidy_reads() {
        for file in $(c_files); do
                clang-tidy --config='{}' "$file" -- -std=gnu17 -D_GNU_SOURCE -I. 2>/dev/null || :
        done | grep -E ': (warning|error): ' | sed "s|^$root/||" >"$messages" || :
        read_by c clang-tidy "$messages"
}

# cargo in the folder of the release build, on a copy of the sources in which nothing is allowed by hand.
cargo_in_copy() {
        mkdir -p "$copy/runtimes/tokio"
        for file in runtimes/tokio/*.rs; do
                sed 's|^ *#\[allow(clippy::.*|//|' "$file" >"$copy/$file"
        done
        sed "s|path = \".*/lib.rs\"|path = \"$copy/runtimes/tokio/lib.rs\"|" build/cargo-tokio/Cargo.toml \
                >"$copy/Cargo.toml"
        CARGO_HOME=build/cargo-tokio/home CARGO_TARGET_DIR=$copy/target \
                cargo "$@" --offline --quiet --manifest-path "$copy/Cargo.toml" --message-format short 2>&1 |
                sed "s|^$copy/||; s|^.*\(runtimes/tokio/\)|\1|" | grep -E '^runtimes/.*(warning|error)' >"$messages" || :
}

# Where tasks may change threads, what the compiler refuses needs no other tool; the rest it lets pass.
rustc_reads() {
        cargo_in_copy check --features refused
        read_by rust rustc "$messages"
        grep -q 'cannot be sent between threads' "$messages" &&
                sed -i 's|^\(mutex,sync-held-across-wait,rust,rustc\),.*|\1,refused|' "$lines"
        sed -i '/,rustc,/s/,warned$/,silent/' "$lines"
}

clippy_reads() {
        cargo_in_copy clippy
        read_by rust clippy "$messages"
}

# ---- what runs it ------------------------------------------------------------------------------------------------

# sets_of WORKLOAD SETTINGS: --set for each parameter of a sample, the headline values unless SETTINGS says otherwise
sets_of() {
        case $1 in
        mutex) values='tasks=16 workers=2 hold_ns=0 burst=64' ;;
        cancel-leak) values='tasks=100 outlive_percent=50 timeout_ms=10 parent_wait_ms=50 workers=1' ;;
        cancel-safety) values='cancel_every=4 timer_ms=2 workers=1' ;;
        map-guard) values='shards=16 tasks=16 workers=1' ;;
        pool-guard) values='pool=4 tasks=16 nested_tasks=4 workers=1 fetch_ms=4 process_ms=8 store_ms=4' ;;
        select) values='source=memory signal=latched ready=1 biased=on workers=1' ;;
        heartbeat)
                values='period_ms=10 items=100 item_us=200 heavy_one_in=50 chunk_us=500 work=cpu in_flight=1'
                values="$values blocking_threads=4 tolerated_beats=3"
                ;;
        buffered) values='in_flight=5 op_ms=10 timeout_ms=30 body_ms=40 permits=2 semaphore_in_flight=4' ;;
        timeout) values='limit_ms=10 work_ms=100 chunk_us=1000 late_messages=500000 queued_jobs=8 blocking_ms=200' ;;
        esac
        for value in $values; do
                for setting in $(echo "$2" | tr ';' ' '); do
                        [ "${setting%%=*}" != "${value%%=*}" ] || value=$setting
                done
                case "$2;$value" in tasks=2*workers=2) value=workers=1 ;; esac
                printf -- '--set %s ' "$value"
        done
        printf -- '--set warmup_ms=5 --set window_ms=20 --set stall_ms=500'
}

# sample FOLDER ROW MISTAKE SETTINGS: its records in $records, what it said in $messages
sample() {
        code=0
        # shellcheck disable=SC2046 # each word is an argument
        timeout 60 "$1/asyncbench-${2%%-*}" sample --runtime "$2" --workload "${3%/*}" --variant "${3#*/}" --seed 1 \
                $(sets_of "${3%/*}" "$4") --out-fd 3 3>"$records" 2>"$messages" || code=$?
        [ "$code" != 64 ] || { say "$(cat "$messages")" && exit 1; }
}

sanitizer_runs() { # PRESET TOOL
        mistakes | while read -r mistake c_file _; do
                [ "$c_file" != - ] || continue
                sample "build-$1" epoll "$mistake" -
                if grep -qE 'Sanitizer|runtime error' "$messages"; then
                        verdict "$mistake" c "$2" warned
                else
                        verdict "$mistake" c "$2" silent
                fi
        done
}

# A test that checks what the sample checks, at the load of the table: it fails, hangs, or sees nothing.
test_runs() { # LANGUAGE ROW
        mistakes | while read -r mistake c_file _ _ _ small; do
                [ "$1-$c_file" != c-- ] || continue
                sample build "$2" "$mistake" "$small"
                if [ "$code" = 0 ] && grep -q '"outcome":"completed"' "$records" &&
                        ! grep -q '"name":"shown","value":[1-9]' "$records"; then
                        verdict "$mistake" "$1" 'unit test' silent
                else
                        verdict "$mistake" "$1" 'unit test' failed
                fi
        done
}

# ---- all of it ----------------------------------------------------------------------------------------------------

# Every mistake of the suite has its line above, or the table would be silent about it.
check_complete() {
        build/asyncbench list --json | awk -F'"' '
        $2 == "workload" { workload = $4 }
        $2 == "variant" { variant = $4 }
        $2 == "role" && $4 == "mistake" { print workload "/" variant }' | sort -u >"$messages"
        mistakes | awk '{ print $1 }' | sort | comm -13 - "$messages" >"$records"
        if [ -s "$records" ]; then
                say "no line for $(paste -sd' ' "$records")"
                exit 1
        fi
}

with() { # TOOL COMMAND...
        if command -v "$1" >/dev/null; then
                shift
                "$@"
        else
                say "$1 is not here: no lines"
        fi
}

case $#/${1-} in
0/ | 1/[!-]*) ;;
*)
        usage
        [ "${1-}" = --help ] || [ "${1-}" = -h ] || exit 1
        exit 0
        ;;
esac
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
out=${1:-$root/results/who-catches.csv}
cd "$root"
for preset in release asan-ubsan tsan; do scripts/build.sh "$preset"; done
work=$(mktemp -d "${TMPDIR:-/tmp}/asyncbench-who.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
lines=$work/lines messages=$work/messages records=$work/records copy=$work/copy
check_complete
: >"$lines"
with gcc gcc_reads
with clang-tidy clang_tidy_reads
sanitizer_runs asan-ubsan 'ASan and UBSan'
sanitizer_runs tsan TSan
test_runs c epoll
if [ -x build/asyncbench-tokio ]; then
        rustc_reads
        with cargo-clippy clippy_reads
        test_runs rust tokio-1
else
        say 'Tokio is not built: no lines for Rust'
fi
{ echo workload,variant,language,tool,verdict && sort "$lines"; } >"$work/out"
mv "$work/out" "$out"
