#!/bin/sh
# SPDX-License-Identifier: MIT
# A workload with a defect must not pass for a measurement: each mutant is killed on each row.
#   mutants.sh BIN_DIR ROW...      BIN_DIR holds mutant-NAME, built with AB_MUTANTS
set -eu
LC_ALL=C
export LC_ALL
bin=$1
shift
records=$(mktemp) errors=$(mktemp)
trap 'rm -f "$records" "$errors"' EXIT
failures=0 killed=0

fail() {
        echo "not ok: $*" >&2
        failures=$((failures + 1))
}

# sample MUTANT ROW WORKLOAD VARIANT PARAM=VALUE...: exit status of the sample, at the window of `quick`
sample() {
        mutant=$1 row=$2 workload=$3 variant=$4
        shift 4
        sets='--set warmup_ms=10 --set window_ms=50 --set stall_ms=1000'
        for set in "$@"; do sets="$sets --set $set"; done
        code=0
        # shellcheck disable=SC2086 # each word of $sets is an argument
        AB_MUTANT=$mutant "$bin/mutant-${row%%-*}" sample --runtime "$row" --workload "$workload" \
                --variant "$variant" --seed 1 $sets --out-fd 3 3>"$records" 2>"$errors" || code=$?
}

outcome() {
        sed -n 's/.*"record":"outcome","outcome":"\([a-z]*\)".*/\1/p' "$records"
}

# A mutant is killed by a check (exit 1) or by an outcome that is no measurement.
kills() {
        sample "$@"
        # without a lock something is lost only when two processors meet, for which a busy machine takes its time
        for try in 2 3 4 5; do
                [ "$1-$code-$(outcome)" = no-lock-0-completed ] || break
                echo "$1: try $try" && sample "$@"
        done
        case $code-$(outcome) in
        0-deadlock | 0-stalled | 1-completed) killed=$((killed + 1)) ;;
        0-completed) fail "$mutant survives in $workload/$variant on $row" ;;
        *) fail "$mutant in $workload/$variant on $row: exit $code" ;;
        esac
}

# A panic is a failed sample with its text, wherever the task runs and whoever waits for it.
panics() {
        sample panic "$@"
        if [ "$code" != 1 ] || ! grep -q 'panicked: made up$' "$errors" || [ "$(outcome)" != completed ]; then
                fail "a panic in $workload/$variant on $row: exit $code, $(cat "$errors")"
        fi
        killed=$((killed + 1))
}

# The same sample without a defect passes, or the kill would prove nothing. False: there is no such cell.
passes() {
        sample none "$@"
        if [ "$code" = 64 ] && grep -qE ' is absent on | does not exist with ' "$errors"; then
                return 1
        fi
        if [ "$code" != 0 ] || [ "$(outcome)" != completed ]; then
                fail "$workload/$variant on $row fails without a mutant"
        fi
}

each() {
        passes "$@" || return 0
        for mutant in $mutants; do kills "$mutant" "$@"; done
}

# proves ROW WORKLOAD VARIANT OUTCOME PARAM=VALUE...: the outcome is proved, not taken from the expectation.
proves() {
        row=$1 workload=$2 variant=$3 want=$4
        shift 4
        sample expect-completed "$row" "$workload" "$variant" "$@"
        [ "$code" != 64 ] || return 0
        [ "$(outcome)" = "$want" ] || fail "$variant on $row: $(outcome), with the expectation stubbed to completed"
}

mutex() {
        row=$1 one='tasks=1 workers=1 burst=64 hold_ns=0' many='tasks=16 workers=2 burst=64 hold_ns=0'
        mutants='lose-update update-twice other-variant'
        # shellcheck disable=SC2086
        for variant in sync async async-barging async-unconstrained bare none; do each "$row" mutex "$variant" $one; done
        # shellcheck disable=SC2086
        for variant in async-with-send sync-with-try-send; do each "$row" mutex "$variant" $one; done
        mutants=no-lock
        # shellcheck disable=SC2086
        for variant in sync bare; do each "$row" mutex "$variant" $many; done
        # shellcheck disable=SC2086
        case $row in
        tokio-mt-shipped) panics "$row" mutex async $many ;;
        tokio-*) for variant in sync async async-with-send bare; do panics "$row" mutex "$variant" $one; done ;;
        esac
        for variant in sync-held-across-wait set-aside; do
                case $variant-$row in
                sync-held*-threads) want=completed ;;
                *) want=deadlock ;;
                esac
                # shellcheck disable=SC2086
                proves "$row" mutex "$variant" $want $one
        done
}

select_() {
        row=$1 mutants='lose-message count-twice other-variant'
        for variant in hoisted recreated; do
                each "$row" select "$variant" source=memory signal=latched ready=1 biased=on workers=1
                each "$row" select "$variant" source=memory signal=pulse ready=1 biased=on workers=1
                each "$row" select "$variant" source=memory signal=latched ready=0 biased=on workers=2
                each "$row" select "$variant" source=descriptor signal=latched ready=1 biased=off workers=1
        done
        for variant in hoisted-timer recreated-timer; do
                each "$row" select "$variant" source=memory signal=latched ready=1 biased=on workers=1
        done
}

pool_guard() {
        row=$1 pool='pool=4 tasks=16 fetch_ms=2 process_ms=2 store_ms=2'
        for workers in 1 2; do
                mutants='lose-connection lend-twice skip-wait other-variant'
                # shellcheck disable=SC2086
                for variant in held early-drop held-unused; do
                        each "$row" pool-guard "$variant" $pool nested_tasks=3 workers=$workers
                done
                mutants="$mutants forget-cancel"
                # shellcheck disable=SC2086
                each "$row" pool-guard waiters-cancelled $pool nested_tasks=3 workers=$workers
        done
        mutants='lose-connection lend-twice skip-wait other-variant'
        # shellcheck disable=SC2086
        for variant in nested nested-returned; do each "$row" pool-guard "$variant" $pool nested_tasks=3 workers=1; done
        # shellcheck disable=SC2086
        proves "$row" pool-guard nested deadlock $pool nested_tasks=4 workers=1
}

map_guard() {
        row=$1 map='shards=16 tasks=16'
        mutants='lose-write count-twice'
        # shellcheck disable=SC2086
        for workers in 1 2; do each "$row" map-guard dropped $map workers=$workers; done
        mutants=other-variant
        # shellcheck disable=SC2086
        for variant in dropped distinct-shards read-under-read; do each "$row" map-guard "$variant" $map workers=1; done
        # shellcheck disable=SC2086
        for variant in held held-unused; do
                case $row in
                null) ;;
                threads) proves "$row" map-guard "$variant" completed $map workers=1 ;;
                *) proves "$row" map-guard "$variant" deadlock $map workers=1 ;;
                esac
                case $row in
                null | tokio-*) ;;
                *) kills no-lock "$row" map-guard "$variant" $map workers=1 ;;
                esac
        done
}

# On one worker, but where the row has its own number of them.
cancel_leak() {
        row=$1 workers=1
        [ "$row" != tokio-mt-shipped ] || workers=$(nproc)
        params="tasks=20 outlive_percent=50 timeout_ms=10 parent_wait_ms=50 workers=$workers"
        mutants='other-variant lower-twice no-cancel lose-lower'
        # shellcheck disable=SC2086 # each word of $params is an argument, here and below
        for variant in unguarded guarded; do each "$row" cancel-leak "$variant" $params; done
        mutants='other-variant lower-twice'
        # shellcheck disable=SC2086
        for variant in deferred panicked dropped-handle aborted; do each "$row" cancel-leak "$variant" $params; done
        mutants='no-guard lower-twice'
        # shellcheck disable=SC2086
        for variant in guarded deferred as-written; do each "$row" cancel-leak "$variant" $params; done
        # whether the parent looks too early is certain only where one worker runs all
        mutants=other-variant
        # shellcheck disable=SC2086
        case $row in threads | tokio-mt-shipped) ;; *) each "$row" cancel-leak as-written $params ;; esac
}

cancel_safety() {
        row=$1 mutants='other-variant skip-number deliver-twice no-cancel'
        for variant in buffer-outside buffer-inside send-reserved send-dropped; do
                each "$row" cancel-safety "$variant" cancel_every=4 timer_ms=2 workers=1
        done
}

heartbeat() {
        row=$1 mutants='lose-item count-twice skip-beat other-variant'
        items='tolerated_beats=3 items=100 item_us=200 heavy_one_in=50 chunk_us=500 work=cpu in_flight=1 blocking_threads=4'
        # shellcheck disable=SC2086
        for variant in offload inline async-inline chunked; do each "$row" heartbeat "$variant" period_ms=10 $items; done
        mutants=never-give-up # a heavy item takes ten periods
        # shellcheck disable=SC2086
        for variant in inline async-inline; do each "$row" heartbeat "$variant" period_ms=2 $items; done
}

buffered() {
        row=$1 params='in_flight=5 op_ms=10 timeout_ms=30 body_ms=40 permits=2'
        mutants='lose-result count-twice skip-reply other-variant'
        # shellcheck disable=SC2086 # each word of $params is an argument, here and below
        for variant in buffered spawned drained; do each "$row" buffered "$variant" $params semaphore_in_flight=4; done
        mutants="$mutants lose-permit"
        # shellcheck disable=SC2086
        each "$row" buffered semaphore $params semaphore_in_flight=2
        # shellcheck disable=SC2086
        each "$row" buffered semaphore-spawned $params semaphore_in_flight=4
        # shellcheck disable=SC2086
        proves "$row" buffered semaphore deadlock $params semaphore_in_flight=4
}

future_set() {
        row=$1 mutants='lose-update update-twice other-variant'
        for variant in spawned set; do each "$row" future-set "$variant" users=100; done
}

timeout_() {
        row=$1 params='limit_ms=10 work_ms=100 chunk_us=1000 late_messages=500000 queued_jobs=3 blocking_ms=150'
        mutants='lose-piece other-variant'
        # shellcheck disable=SC2086
        for variant in monolithic ready-source; do each "$row" timeout "$variant" $params; done
        mutants="$mutants fire-twice"
        # shellcheck disable=SC2086
        for variant in chunked offload ready-source-yielding; do each "$row" timeout "$variant" $params; done
        mutants='other-variant no-abort'
        # shellcheck disable=SC2086
        each "$row" timeout shutdown-waits $params
        # a runtime of its own aborts at its end what is queued, asked or not
        mutants='other-variant fire-twice'
        params="${params% *} blocking_ms=300000" # who waits for that stalls
        case $row in tokio-*) ;; *) mutants="$mutants no-abort" ;; esac
        # shellcheck disable=SC2086
        each "$row" timeout shutdown-bounded $params
}

# Where there is one processor, a thread on one is as good as any.
fan_out() {
        row=$1 map='items=256 item_steps=1000 threads=2 chunks=16'
        # shellcheck disable=SC2086 # each word of $map is an argument, here and below
        for skew in equal skewed; do
                mutants='lose-part count-twice other-variant'
                each "$row" fan-out serial $map skew=$skew workers=1
                mutants="$mutants run-serially"
                for workers in 1 2; do each "$row" fan-out tasks $map skew=$skew workers=$workers; done
                [ "$(nproc)" = 1 ] || mutants="$mutants pinned"
                for variant in scoped-threads offload-pool rayon; do
                        each "$row" fan-out "$variant" $map skew=$skew workers=1
                done
        done
}

bridge() {
        row=$1 workers=1
        [ "$row" != tokio-mt-shipped ] || workers=$(nproc)
        params="clients=8 connections=2 wait_ms=2 passes=80 bytes=512 workers=$workers blocking_threads=4"
        mutants='count-twice skip-wait no-pool lose-reply'
        # shellcheck disable=SC2086 # each word of $params is an argument, here and below
        for variant in sync-core sync-only; do each "$row" bridge "$variant" $params cpu=inline nested_jobs=3; done
        # shellcheck disable=SC2086
        for cpu in inline offload; do each "$row" bridge async-core $params cpu=$cpu nested_jobs=3; done
        mutants=other-variant
        # shellcheck disable=SC2086
        for variant in sync-core block-on offload nested flat; do
                each "$row" bridge "$variant" $params cpu=inline nested_jobs=3
        done
        # shellcheck disable=SC2086
        proves "$row" bridge nested deadlock $params cpu=inline nested_jobs=4
}

for row in "$@"; do
        ! "$(dirname "$0")/serves_only.sh" "$bin/mutant-${row%%-*}" "$row" || continue
        before=$killed
        mutex "$row"
        select_ "$row"
        pool_guard "$row"
        map_guard "$row"
        cancel_leak "$row"
        cancel_safety "$row"
        heartbeat "$row"
        buffered "$row"
        future_set "$row"
        timeout_ "$row"
        fan_out "$row"
        bridge "$row"
        [ "$killed" -ge $((before + 15)) ] || fail "only $((killed - before)) mutants were tried on $row"
done
echo "$killed mutants killed, $failures failures"
exit $((failures > 0))
