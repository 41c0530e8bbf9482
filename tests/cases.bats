#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Reports of others, each as a test: what they saw is what the suite shows, and its fix heals it.

# shellcheck disable=SC2154 # bats sets these names

rows() {
        for row in epoll threads tokio-1 tokio-mt; do
                [ ! -x "$AB_BUILD/asyncbench-${row%%-*}" ] || echo "$row"
        done
}

# sample ROW WORKLOAD VARIANT PARAM=VALUE...: its records in $records
sample() {
        local row=$1 workload=$2 variant=$3 set
        shift 3
        local words=(--runtime "$row" --workload "$workload" --variant "$variant" --seed 1 --set warmup_ms=5
                --set window_ms=30 --set stall_ms=1000)
        for set in "$@"; do words+=(--set "$set"); done
        records=$BATS_TEST_TMPDIR/records
        timeout 60 "$AB_BUILD/asyncbench-${row%%-*}" sample "${words[@]}" --out-fd 3 3>"$records" 2>"$BATS_TEST_TMPDIR/errors"
}

outcome() {
        sed -n 's/.*"record":"outcome","outcome":"\([a-z]*\)".*/\1/p' "$records"
}

evidence() {
        sed -n 's/.*"evidence":"\(.*\)".*/\1/p' "$records"
}

count() {
        sed -n "s/.*\"record\":\"count\",\"name\":\"$1\",\"value\":\([0-9]*\).*/\1/p" "$records"
}

mutex=(tasks=2 workers=1 burst=64 hold_ns=0)
safety=(cancel_every=4 timer_ms=2 workers=1)
leak=(tasks=100 outlive_percent=50 timeout_ms=10 parent_wait_ms=50 workers=1)
map=(tasks=16 workers=1)
pool=(pool=10 workers=1 fetch_ms=1 process_ms=1 store_ms=1)
timeout=(limit_ms=10 chunk_us=5000 late_messages=500000)
bridge=(clients=16 connections=8 wait_ms=2 passes=80 bytes=512 cpu=inline workers=1)
select=(source=memory ready=1 biased=on workers=1)
buffered=(in_flight=5 op_ms=10 timeout_ms=300 body_ms=400 permits=2)

@test "a blocking mutex held across an await stops its thread (tokio-rs/tokio#4588)" {
        for row in $(rows); do
                [ "$row" != tokio-mt ] || continue # the compiler refuses it there
                sample "$row" mutex sync-held-across-wait "${mutex[@]}"
                if [ "$row" = threads ]; then
                        [ "$(outcome)" = completed ]
                else
                        [ "$(outcome)" = deadlock ]
                        [[ "$(evidence)" == *'the lock is held by task '*', which sleeps across a wait'* ]]
                fi
                sample "$row" mutex async-held-across-wait "${mutex[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count counter)" = 2 ]
                sample "$row" mutex sync "${mutex[@]}" # the guard dropped before the wait
                [ "$(outcome)" = completed ]
                [ "$(count counter)" = "$(count operations)" ]
        done
}

@test "a fair lock is handed to a waiter that nobody polls (tokio-rs/tokio#6450)" {
        for row in $(rows); do
                sample "$row" mutex set-aside "${mutex[@]}"
                [ "$(outcome)" = deadlock ]
                [[ "$(evidence)" == *'handed to a waiter that task 1 has set aside'* ]]
                sample "$row" mutex set-aside-dropped "${mutex[@]}"
                [ "$(outcome)" = completed ]
        done
}

@test "a wait that is made anew each turn misses what passes while the body runs (tinyhumansai/opencompany#229)" {
        for row in $(rows); do
                sample "$row" select recreated signal=pulse "${select[@]}"
                [ "$(count pulses_fired)" -gt 100 ]
                [ "$(count pulses_seen)" = 0 ]
                sample "$row" select hoisted signal=pulse "${select[@]}"
                [ "$(count pulses_fired)" -gt 100 ]
                [ "$(count pulses_missed)" = 0 ]
        done
}

@test "holding one connection while asking for another stops a pool of as many (brettwooldridge/HikariCP#442)" {
        for row in $(rows); do
                sample "$row" pool-guard nested "${pool[@]}" nested_tasks=50 tasks=50
                [ "$(outcome)" = deadlock ]
                [[ "$(evidence)" == *hold-and-wait* ]]
                sample "$row" pool-guard nested "${pool[@]}" nested_tasks=9 tasks=50
                [ "$(outcome)" = completed ]
                sample "$row" pool-guard nested-returned "${pool[@]}" nested_tasks=50 tasks=50
                [ "$(outcome)" = completed ]
                [ "$(count operations)" = 50 ]
        done
}

@test "a pool half of whose waiters are cancelled serves as before (djc/bb8#67)" {
        for row in $(rows); do
                sample "$row" pool-guard waiters-cancelled pool=20 tasks=100 nested_tasks=20 workers=1 fetch_ms=1 \
                        process_ms=1 store_ms=1
                [ "$(outcome)" = completed ]
                [ "$(count cancelled)" -gt 0 ]
                [ "$(count operations)" = 100 ]
        done
}

@test "dropping a task's handle lets the task go on, unseen (tokio-rs/tokio#1830)" {
        for row in $(rows); do
                sample "$row" cancel-leak dropped-handle "${leak[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count shown)" = 100 ]
                sample "$row" cancel-leak aborted "${leak[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count alive)" = 0 ]
        done
}

@test "a reference into a sharded map that is kept across an await locks its shard, and no other (xacrimon/dashmap#79)" {
        for row in $(rows); do
                sample "$row" map-guard held "${map[@]}" shards=2
                if [ "$row" = threads ]; then
                        [ "$(outcome)" = completed ]
                else
                        [ "$(outcome)" = deadlock ]
                        [[ "$(evidence)" == *'keeps a read reference into '*' across a wait'* ]]
                fi
                sample "$row" map-guard distinct-shards "${map[@]}" shards=2
                [ "$(outcome)" = completed ]
        done
}

@test "what a cancelled read had gathered is lost with it (vnvo/pgwire-replication#6)" {
        for row in $(rows); do
                sample "$row" cancel-safety buffer-inside "${safety[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count shown)" -gt 0 ]
                sample "$row" cancel-safety buffer-outside "${safety[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count lost)" = 0 ]
                [ "$(count cancels)" -gt 0 ]
        done
}

@test "a message goes with the send that is cancelled, unless its place was reserved (tokio-rs/tokio#5947)" {
        for row in $(rows); do
                sample "$row" cancel-safety send-dropped "${safety[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count offered)" = $(($(count delivered) + $(count lost))) ]
                [ "$(count lost)" -gt 0 ]
                sample "$row" cancel-safety send-reserved "${safety[@]}"
                [ "$(outcome)" = completed ]
                [ "$(count lost)" = 0 ]
                [ "$(count returned)" -gt 0 ]
        done
}

# A heavy item takes 500 ms, which is ten periods.
heart=(period_ms=50 tolerated_beats=3 items=20 item_us=5000 heavy_one_in=20 chunk_us=5000 work=cpu in_flight=1 blocking_threads=4)

@test "work in a callback stops the heartbeat until the peer gives up; on another thread it does not (pika/pika#1104)" {
        for row in $(rows); do
                sample "$row" heartbeat inline "${heart[@]}"
                [ "$(count heavy_items)" = 1 ]
                [ "$(count given_up)" -ge 1 ]
                [ "$(count missed)" -ge "$(count blocked_periods)" ]
                [ "$(count blocked_periods)" -ge 5 ]
                for variant in offload chunked; do
                        sample "$row" heartbeat "$variant" "${heart[@]}"
                        [ "$(outcome)" = completed ]
                        [ "$(count given_up)" = 0 ]
                done
        done
}

@test "a batch that is worked in pieces lets the loop look in between, as often as it has pieces (equinor/ert#3408)" {
        for row in $(rows); do
                before=0
                for chunk_us in 100000 10000 1000; do
                        sample "$row" heartbeat chunked "${heart[@]/chunk_us=*/chunk_us=$chunk_us}"
                        [ "$(outcome)" = completed ] # the number of pieces is checked there
                        [ "$(count pieces)" -gt "$before" ]
                        before=$(count pieces)
                done
                [ "$(count given_up)" = 0 ]
        done
}

# The rows' own timers count from the call: the contract of each says so.
@test "a timer that is set after a long callback fires at once, unless the loop's time is renewed first (libuv/libuv#1068)" {
        for stale in "$AB_BUILD"/tests/stale-*; do
                [ -x "$stale" ] || continue
                "$stale"
        done
}

@test "operations of a buffered stream time out while the loop body awaits (rust-lang/futures-rs#2387)" {
        for row in $(rows); do
                sample "$row" buffered spawned "${buffered[@]}" semaphore_in_flight=4
                [ "$(outcome)" = completed ]
                [ "$(count timed_out)" = 0 ]
                [ "$(count completed)" = 10 ]
                sample "$row" buffered semaphore-spawned "${buffered[@]}" semaphore_in_flight=4
                [ "$(outcome)" = completed ]
                [ "$(count completed)" = 8 ]
                [ "$row" != threads ] || continue # each operation has a stack of its own
                sample "$row" buffered buffered "${buffered[@]}" semaphore_in_flight=4
                [ "$(outcome)" = completed ]
                [ "$(count timed_out)" -gt 0 ]
                [ "$(($(count completed) + $(count timed_out)))" = 10 ]
                sample "$row" buffered drained "${buffered[@]}" semaphore_in_flight=4
                [ "$(outcome)" = completed ]
                [ "$(count timed_out)" = 0 ]
                sample "$row" buffered semaphore "${buffered[@]}" semaphore_in_flight=4
                [ "$(outcome)" = deadlock ]
                [[ "$(evidence)" == *'permits of operations that nobody drives: the loop body waits for one of 2'* ]]
                sample "$row" buffered semaphore "${buffered[@]}" semaphore_in_flight=2
                [ "$(outcome)" = completed ]
        done
}

@test "a set of futures polls each of them a few times, however many wait for one lock (rust-lang/futures-rs#2526)" {
        for row in $(rows); do
                [ "$row" != threads ] || continue # each user has a stack of its own
                for users in 1000 4000; do
                        sample "$row" future-set set users=$users
                        [ "$(outcome)" = completed ]
                        [ "$(count counter)" = $users ]
                        [ "$(count polls)" -ge $((2 * users)) ]
                        [ "$(count polls)" -le $((3 * users)) ]
                        sample "$row" future-set spawned users=$users
                        [ "$(outcome)" = completed ]
                        [ "$(count polls)" = $((2 * users)) ]
                done
        done
}

@test "a limit does not act on a computation, but between its pieces and beside it (tokio-rs/tokio#1035)" {
        for row in $(rows); do
                sample "$row" timeout monolithic "${timeout[@]}" work_ms=500 queued_jobs=1 blocking_ms=500
                [ "$(outcome)" = completed ]
                [ "$(count timeouts)" = 0 ]
                [ "$(count pieces)" = 100 ]
                [ "$(count shown)" = 1 ]
                sample "$row" timeout chunked "${timeout[@]}" work_ms=500 queued_jobs=1 blocking_ms=500
                [ "$(outcome)" = completed ]
                [ "$(count timeouts)" = 1 ]
                [ "$(count longest_turn)" = 1 ]
                [ "$(count pieces_after)" = 0 ]
                [ "$(count pieces_left)" -gt 0 ]
                sample "$row" timeout offload "${timeout[@]}" work_ms=500 queued_jobs=1 blocking_ms=500
                [ "$(outcome)" = completed ]
                [ "$(count timeouts)" = 1 ]
                [ "$(count jobs_abandoned)" = 1 ]
                [ "$(count pieces_after)" -gt 0 ]
                [ "$(($(count pieces) + $(count pieces_after)))" = 100 ]
        done
}

@test "a limit around a source that is always ready acts if its reader gives up its turn (tokio-rs/tokio#4291)" {
        for row in $(rows); do
                sample "$row" timeout ready-source "${timeout[@]}" work_ms=500 queued_jobs=1 blocking_ms=500
                [ "$(outcome)" = completed ]
                [ "$(count timeouts)" = 0 ]
                [ "$(count longest_turn)" = "$(count operations)" ]
                [ "$(count shown)" = 1 ]
                sample "$row" timeout ready-source-yielding "${timeout[@]}" work_ms=500 queued_jobs=1 blocking_ms=500
                [ "$(outcome)" = completed ]
                [ "$(count timeouts)" = 1 ]
                [ "$(count longest_turn)" -le 128 ]
        done
}

@test "aborting blocking work stops what is queued, not what runs, which a bounded shutdown leaves (tokio-rs/tokio#1923)" {
        for row in $(rows) libuv; do
                [ -x "$AB_BUILD/asyncbench-${row%%-*}" ] || continue
                sample "$row" timeout shutdown-waits "${timeout[@]}" work_ms=500 queued_jobs=100 blocking_ms=100
                [ "$(outcome)" = completed ]
                [ "$(count jobs_withdrawn)" = 99 ]
                [ "$(count jobs_abandoned)" = 1 ]
                [ "$(count jobs_ended)" = 1 ]
                sample "$row" timeout shutdown-bounded "${timeout[@]}" work_ms=500 queued_jobs=100 blocking_ms=300000
                [ "$(outcome)" = completed ]
                [ "$(count jobs_begun)" = 1 ]
                [ "$(count jobs_left)" = 1 ]
                [[ $row == tokio-* ]] || [ "$(count jobs_withdrawn)" = 99 ] # its queue is left behind, not looked at
        done
}

@test "jobs of a blocking pool that wait for jobs behind them (graphprotocol/graph-node#2354)" {
        for row in $(rows); do
                sample "$row" bridge nested "${bridge[@]}" blocking_threads=8 nested_jobs=8
                [ "$(outcome)" = deadlock ]
                [[ "$(evidence)" == *'8 jobs hold all 8 threads of the pool and wait for jobs behind them'* ]]
                sample "$row" bridge nested "${bridge[@]}" blocking_threads=8 nested_jobs=7
                [ "$(outcome)" = completed ]
                [ "$(count waited_in_job)" = 7 ]
                sample "$row" bridge flat "${bridge[@]}" blocking_threads=8 nested_jobs=8
                [ "$(outcome)" = completed ]
                [ "$(count inner_jobs)" = 8 ]
        done
        [ -x "$AB_BUILD/asyncbench-libuv" ] || return 0
        sample libuv bridge nested "${bridge[@]}" blocking_threads=4 nested_jobs=4
        [ "$(outcome)" = deadlock ]
        [[ "$(evidence)" == *'4 jobs hold all 4 threads of the pool'* ]]
}
