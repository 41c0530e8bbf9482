# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Where each variant stands in the sources, and the values it is run with: for the scripts beside this file.

# A line per variant: workload/variant, C file and functions, Rust file and functions (`a+b`: several, the one that the
# variant is about first), the parameters of a unit test at the smallest load that shows what the program is for, and
# the parameter that says how many such tasks a sample has. `-`: not in this language; the headline values, where the
# program has no smaller load; always as many.
variants() {
        cat <<'END'
mutex/sync workloads/mutex/lockers.c mutex_step_sync mutex.rs sync - tasks
mutex/async workloads/mutex/lockers.c mutex_step_async mutex.rs asynchronous tasks=2 tasks
mutex/async-barging workloads/mutex/lockers.c mutex_step_async - - - tasks
mutex/async-unconstrained - - mutex.rs asynchronous - tasks
mutex/bare workloads/mutex/plain.c plain_main mutex.rs with_lock - -
mutex/none workloads/mutex/plain.c plain_main mutex.rs without_lock - -
mutex/sync-held-across-wait workloads/mutex/held.c mutex_step_sync_held mutex_held.rs sync_held_across_wait - -
mutex/async-held-across-wait workloads/mutex/held.c mutex_step_async_held mutex_held.rs async_held_across_wait - -
mutex/async-with-send workloads/mutex/lockers.c mutex_step_async_with_send mutex.rs async_with_send tasks=2 tasks
mutex/sync-with-try-send workloads/mutex/lockers.c mutex_step_sync_with_try_send mutex.rs sync_with_try_send - tasks
mutex/set-aside workloads/mutex/held.c step_set_aside mutex_held.rs set_aside - -
mutex/set-aside-dropped workloads/mutex/held.c step_set_aside mutex_held.rs set_aside - -
select/recreated workloads/select/consumer.c step_consumer select.rs recreated - -
select/hoisted workloads/select/consumer.c step_consumer select.rs hoisted - -
select/hoisted-unfused workloads/select/consumer.c step_consumer select.rs hoisted_unfused - -
select/recreated-timer workloads/select/consumer.c step_consumer select.rs recreated_timer - -
select/hoisted-timer workloads/select/consumer.c step_consumer select.rs hoisted_timer - -
cancel-leak/unguarded workloads/cancel-leak/children.c step_child+step_guardian cancel_leak.rs runs+under_timeout outlive_percent=0 tasks
cancel-leak/guarded workloads/cancel-leak/children.c step_child+step_guardian cancel_leak.rs runs+under_timeout - tasks
cancel-leak/as-written workloads/cancel-leak/children.c step_child+step_guardian cancel_leak.rs runs+under_timeout outlive_percent=0 tasks
cancel-leak/deferred - - cancel_leak.rs runs+under_timeout - tasks
cancel-leak/panicked - - cancel_leak.rs runs+under_timeout outlive_percent=0 -
cancel-leak/dropped-handle workloads/cancel-leak/handles.c leak_step_parent_of_handles+leak_step_ticker cancel_leak.rs parent_of_handles+ticker - tasks
cancel-leak/aborted workloads/cancel-leak/handles.c leak_step_parent_of_handles+leak_step_ticker cancel_leak.rs parent_of_handles+ticker - tasks
cancel-safety/buffer-inside workloads/cancel-safety/gather.c safety_step_reader cancel_safety.rs inside cancel_every=100000 -
cancel-safety/buffer-outside workloads/cancel-safety/gather.c safety_step_reader cancel_safety.rs outside - -
cancel-safety/send-dropped workloads/cancel-safety/send.c safety_step_sender cancel_safety.rs dropped cancel_every=100000 -
cancel-safety/send-reserved workloads/cancel-safety/send.c safety_step_sender cancel_safety.rs reserved - -
pool-guard/held workloads/pool-guard/client.c client_step pool_guard.rs held - tasks
pool-guard/early-drop workloads/pool-guard/client.c client_step pool_guard.rs early_drop - tasks
pool-guard/held-unused workloads/pool-guard/client.c client_step pool_guard.rs held_unused - tasks
pool-guard/waiters-cancelled workloads/pool-guard/waiters.c waiter_step+waiter_cleanup+steward_step pool_guard.rs waiter+steward - -
pool-guard/nested workloads/pool-guard/client.c client_step pool_guard.rs nested nested_tasks=3 -
pool-guard/nested-returned workloads/pool-guard/client.c client_step pool_guard.rs nested_returned - nested_tasks
map-guard/held workloads/map-guard/contenders.c map_holder_step map_guard.rs held - -
map-guard/held-hashed workloads/map-guard/contenders.c map_holder_step map_guard.rs held - -
map-guard/dropped workloads/map-guard/contenders.c map_holder_step map_guard.rs dropped - -
map-guard/held-unused workloads/map-guard/contenders.c map_holder_step map_guard.rs held_unused - -
map-guard/distinct-shards workloads/map-guard/contenders.c map_holder_step map_guard.rs held - -
map-guard/read-under-read workloads/map-guard/contenders.c map_holder_step map_guard.rs held - -
heartbeat/inline workloads/heartbeat/loop.c step_inline heartbeat.rs inline heavy_one_in=1000000 -
heartbeat/async-inline - - heartbeat.rs async_inline heavy_one_in=1000000 -
heartbeat/chunked workloads/heartbeat/loop.c step_inline heartbeat.rs inline - -
heartbeat/offload workloads/heartbeat/loop.c step_offload heartbeat.rs offload - -
buffered/buffered workloads/buffered/consumer.c consumer_step buffered.rs buffered in_flight=1 -
buffered/spawned workloads/buffered/consumer.c consumer_step+step_carrier buffered.rs spawned - -
buffered/drained workloads/buffered/consumer.c consumer_step buffered.rs drained - -
buffered/semaphore workloads/buffered/consumer.c consumer_step buffered.rs buffered semaphore_in_flight=1 -
buffered/semaphore-spawned workloads/buffered/consumer.c consumer_step+step_carrier buffered.rs spawned - -
future-set/spawned workloads/future-set.c step_owner+step_user future_set.rs spawned - users
future-set/set workloads/future-set.c step_owner future_set.rs set - -
timeout/monolithic workloads/timeout/limited.c work_turn+timeout_step_inline timeout.rs monolithic+inline - -
timeout/chunked workloads/timeout/limited.c work_turn+timeout_step_inline timeout.rs chunked+inline - -
timeout/offload workloads/timeout/limited.c timeout_step_offload timeout.rs offload - -
timeout/ready-source workloads/timeout/source.c read_turn+timeout_step_source timeout.rs ready_source - -
timeout/ready-source-yielding workloads/timeout/source.c read_turn+timeout_step_source timeout.rs ready_source - -
timeout/shutdown-waits workloads/timeout/shutdown.c timeout_step_shutdown timeout.rs abort_all - -
timeout/shutdown-bounded workloads/timeout/shutdown.c timeout_step_shutdown timeout.rs abort_all - -
fan-out/serial workloads/fan-out/plain.c map_serial fan_out.rs serial - -
fan-out/scoped-threads workloads/fan-out/plain.c map_scoped fan_out.rs scoped_threads - -
fan-out/offload-pool workloads/fan-out/crew.c step_offload fan_out.rs offload_pool - -
fan-out/tasks workloads/fan-out/crew.c step_helper+step_root fan_out.rs tasks - -
fan-out/rayon - - fan_out.rs rayon - -
bridge/sync-core workloads/bridge/client.c bridge_thread_client+edge_step bridge.rs serves_blocking - -
bridge/async-core workloads/bridge/client.c bridge_step_client bridge.rs serves - -
bridge/sync-only workloads/bridge/client.c bridge_thread_client bridge.rs serves_blocking - -
bridge/block-on workloads/bridge/client.c bridge_thread_caller+edge_step bridge.rs calls - -
bridge/offload workloads/bridge/client.c bridge_step_caller bridge.rs hands_over - -
bridge/nested workloads/bridge/nested.c wait_for_inner+nest_step+outer_works bridge_nested.rs outer+pair nested_jobs=3 -
bridge/flat workloads/bridge/nested.c nest_step+outer_works bridge_nested.rs pair - -
END
}

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
        future-set) values='users=1000' ;;
        bridge)
                values='clients=16 connections=8 wait_ms=2 passes=80 bytes=512 cpu=inline workers=1 nested_jobs=4'
                values="$values blocking_threads=4"
                ;;
        fan-out) values='items=1024 item_steps=1000 skew=equal threads=2 workers=1 chunks=64' ;;
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

# The variants of the suite that build/asyncbench knows, those with ROLE or (ROLE '') all: workload/variant, sorted.
variants_of() { # ROLE
        build/asyncbench list --json | awk -F'"' -v role="$1" '
        $2 == "workload" { workload = $4 }
        $2 == "variant" { variant = $4 }
        $2 == "role" && (role == "" || $4 == role) { print workload "/" variant }' | sort -u
}

# The lines above of the mistakes.
mistakes() {
        { variants_of mistake && echo && variants; } | awk '
        NF == 0 { in_table = 1 }
        !in_table { is[$1] = 1 }
        in_table && $1 in is'
}

# The variants with ROLE that have no line above.
# Variants over servers have none: they are settings of their client, and the code is a row's server.
variants_without_line() { # ROLE
        { variants && echo && variants_of "$1"; } | awk '
        NF == 0 { in_suite = 1; next }
        !in_suite { is[$1] = 1 }
        in_suite && !($1 in is) && $1 !~ "^(echo|c10k)/"'
}
