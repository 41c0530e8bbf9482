#!/bin/sh
# SPDX-License-Identifier: MIT
# Asks gdb for the functions between a request and its wait, in a process that waits and in its core dump.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/frames.sh [FILE]

Writes FILE, by default results/frames.csv: one line per row, variant of `bridge` and form with how many of the five
functions serve, answer, look_up, query and fetch gdb names in some thread while the last of them waits. The form is
`live` (gdb -p) or `core` (gcore). Builds the preset release if need be. A row that is not built has no lines; without
gdb, or where it may not attach, nothing is written and a word says so.
END
}

say() {
        printf 'frames.sh: %s\n' "$*" >&2
}

# start ROW VARIANT: a sample that waits in its first request for the next minute, $pid
start() {
        build/asyncbench-"${1%%-*}" sample --runtime "$1" --workload bridge --variant "$2" --seed 1 --set clients=1 \
                --set connections=1 --set wait_ms=60000 --set passes=80 --set bytes=512 --set cpu=inline --set workers=1 \
                --set nested_jobs=1 --set blocking_threads=1 --set warmup_ms=0 --set window_ms=1 --set stall_ms=600000 \
                --out-fd 3 3>"$work/records" 2>"$work/errors" &
        pid=$!
        sleep 1
        kill -0 "$pid" 2>/dev/null || { say "the sample $2 on $1 has ended: $(cat "$work/errors")" && exit 1; }
}

stop() {
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
        pid=
}

# frames ARGUMENT...: the function of each frame of each thread, without what it is generic over
frames() {
        gdb -batch -nx -ex 'set pagination off' -ex 'thread apply all backtrace' "$@" 2>/dev/null |
                sed -nE 's/^#[0-9]+ +(0x[0-9a-f]+ in )?//; t name; d; :name; :again; s/<[^<>]*>//g; t again; s/ \(.*//p'
}

# How many of the five are among the functions on the standard input, whichever form they have.
named() {
        sed -nE 's/^(.*::)?(serve|answer|look_up|query|fetch)(_poll|_blocking)?$/\2/p' | sort -u | wc -l
}

line() { # ROW VARIANT FORM
        grep -q . "$work/frames" || { say "gdb shows no frame ($3): may it attach here?" && exit 0; }
        printf 'bridge,%s,%s,%s,%s\n' "$2" "$1" "$3" "$(named <"$work/frames")" >>"$work/lines"
}

cell() { # ROW VARIANT
        start "$1" "$2"
        frames -p "$pid" >"$work/frames"
        line "$1" "$2" live
        gcore -o "$work/core" "$pid" >/dev/null 2>&1 || :
        frames build/asyncbench-"${1%%-*}" "$work/core.$pid" >"$work/frames"
        line "$1" "$2" core
        rm -f "$work/core.$pid"
        stop
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
out=${1:-$root/results/frames.csv}
cd "$root"
for tool in gdb gcore; do
        command -v $tool >/dev/null || { say "$tool is not here: nothing is written" && exit 0; }
done
scripts/build.sh release
work=$(mktemp -d "${TMPDIR:-/tmp}/asyncbench-frames.XXXXXX")
pid=
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: >"$work/lines"
for row in epoll threads tokio-1; do
        if [ ! -x "build/asyncbench-${row%%-*}" ]; then
                say "$row is not built: no lines"
                continue
        fi
        for variant in async-core sync-core sync-only; do cell "$row" "$variant"; done
done
{ echo workload,variant,row,form,named_of_5 && cat "$work/lines"; } >"$out"
