#!/bin/sh
# SPDX-License-Identifier: MIT
# Each row does its waiting in its own library, in proportion to the work, and calls no other library's loop.
#   interpose.sh BIN_DIR INTERPOSE_SO ROW...
set -eu
LC_ALL=C
export LC_ALL
bin=$1 preload=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failures=0

fail() {
        echo "not ok: $*" >&2
        failures=$((failures + 1))
}

# sample ROW VARIANT PARAMS...: the calls in $out/calls, the records in $out/records
sample() {
        row=$1 variant=$2
        shift 2
        AB_INTERPOSE_OUT=$out/calls LD_PRELOAD=$preload "$bin/asyncbench-${row%%-*}" sample --runtime "$row" \
                --workload select --variant "$variant" --seed 1 --set warmup_ms=5 --set window_ms=30 \
                --set stall_ms=1000 --set signal=latched --set biased=on "$@" --out-fd 3 \
                3>"$out/records" || fail "$row $variant: exit $?"
}

calls() {
        awk -v name="$1" '$1 == name { print $2; found = 1 } END { if (!found) print 0 }' "$out/calls"
}

count() {
        sed -n "s/.*\"record\":\"count\",\"name\":\"$1\",\"value\":\([0-9]*\).*/\1/p" "$out/records"
}

# at_least NAME N WHAT: the row called NAME at least N times
at_least() {
        [ "$(calls "$1")" -ge "$2" ] || fail "$row $variant: $1 was called $(calls "$1") times, $3 asks for at least $2"
}

loops='epoll_wait uv_run ev_run event_base_loop io_uring_submit io_uring_submit_and_wait io_uring_submit_and_get_events io_uring_get_events pthread_cond_wait ppoll'

# only NAME...: none of the other loops was entered
only() {
        for loop in $loops; do
                case " $* " in
                *" $loop "*) ;;
                *) [ "$(calls "$loop")" -eq 0 ] || fail "$row $variant: calls $loop $(calls "$loop") times" ;;
                esac
        done
}

# A descriptor that is registered in each turn: each turn is one registration and one turn of the loop, but for
# the few messages that follow the abort.
registers() {
        sample "$1" recreated --set source=descriptor --set ready=1 --set workers=1
        turns=$(count registrations)
        [ "${turns:-0}" -gt 100 ] || fail "$row: only ${turns:-no} turns"
        case $row in
        threads) only ppoll pthread_cond_wait && at_least ppoll "$turns" "a turn" ;;
        epoll) only epoll_wait && at_least epoll_wait "$turns" "a turn" && at_least epoll_ctl $((2 * turns)) "add and delete" ;;
        libuv*) only uv_run && at_least uv_run 1 "a worker" && at_least uv_poll_start "$turns" "a registration" ;;
        libev) only ev_run && at_least ev_run 1 "a worker" && at_least ev_io_start "$turns" "a registration" ;;
        libevent*) only event_base_loop && at_least event_base_loop "$turns" "a turn" && at_least event_add "$turns" "a registration" ;;
        liburing*)
                only io_uring_submit io_uring_submit_and_wait io_uring_submit_and_get_events io_uring_get_events
                at_least io_uring_submit_and_wait "$turns" "a turn"
                ;;
        tokio*) only epoll_wait && at_least epoll_wait $((turns / 128)) "one in 64 turns" ;;
        *) fail "no rule for the row $row" ;;
        esac
}

# Two workers that answer each other through memory: each message is a wake-up of another thread. Wakes may
# coalesce with what the loop does anyway, so a tenth of them is asked for. Tokio runs the woken task on its
# waker's worker, and wakes threads by system calls of its own.
wakes() {
        case $1 in tokio*) return ;; esac
        sample "$1" hoisted --set source=memory --set ready=0 --set workers=2
        tenth=$(($(count messages) / 10))
        case $row in
        threads) at_least pthread_cond_signal "$tenth" "a wake-up" ;;
        epoll) at_least epoll_wait "$tenth" "a wake-up" ;;
        libuv*) at_least uv_async_send "$tenth" "a wake-up" ;;
        libev) at_least ev_async_send "$tenth" "a wake-up" ;;
        libevent*) at_least event_active "$tenth" "a wake-up" ;;
        liburing*) at_least io_uring_submit "$tenth" "a message to the other ring" ;;
        esac
}

# A timer made for each message, in the library's own timers.
timers() {
        sample "$1" recreated-timer --set source=memory --set ready=1 --set workers=1
        turns=$(count registrations)
        case $row in
        epoll) at_least timerfd_settime 1 "a timer" ;;
        libuv*) at_least uv_timer_start "$turns" "a timer" ;;
        libev) at_least ev_timer_start "$turns" "a timer" ;;
        libevent*) at_least event_add "$turns" "a timer" ;;
        liburing*) at_least io_uring_submit_and_wait "$((turns / 2))" "a timer withdrawn" ;;
        esac
}

for row in "$@"; do
        [ "$row" != null ] || continue
        ! "$(dirname "$0")/serves_only.sh" "$bin/asyncbench-${row%%-*}" "$row" || continue
        registers "$row"
        wakes "$row"
        timers "$row"
        echo "ok: $row"
done
exit $((failures > 0))
