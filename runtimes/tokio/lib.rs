// SPDX-License-Identifier: MIT
//! The workloads as a user of Tokio writes them, behind plain C functions that rows.c calls.

mod bridge;
mod bridge_nested;
mod buffered;
mod cancel_leak;
mod cancel_safety;
mod count;
mod crew;
mod fan_out;
mod future_set;
mod heartbeat;
mod map_guard;
mod mutex;
mod mutex_held;
mod pool_guard;
mod run;
mod select;
mod serve;
mod timeout;
mod work;

use std::os::raw::{c_int, c_void};

/// Workload `mutex` on the runtime flavour that rows.c numbers. Returns 0; whatever fails ends the sample.
#[no_mangle]
pub extern "C" fn tokio_mutex(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, mutex::run)
}

/// Workload `select`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_select(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, select::run)
}

/// Workload `pool-guard`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_pool_guard(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, pool_guard::run)
}

/// Workload `map-guard`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_map_guard(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, map_guard::run)
}

/// Workload `cancel-leak`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_cancel_leak(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, cancel_leak::run)
}

/// Workload `cancel-safety`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_cancel_safety(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, cancel_safety::run)
}

/// Workload `heartbeat`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_heartbeat(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, heartbeat::run)
}

/// Workload `buffered`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_buffered(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, buffered::run)
}

/// Workload `future-set`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_future_set(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, future_set::run)
}

/// Workload `timeout`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_timeout(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, timeout::run)
}

/// Workload `fan-out`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_fan_out(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, fan_out::run)
}

/// Workload `bridge`, in the same way.
#[no_mangle]
pub extern "C" fn tokio_bridge(run: *mut c_void, flavour: c_int) -> c_int {
    run::guarded(run, flavour, bridge::run)
}

/// The server of that flavour. Returns 0 when it was stopped; whatever fails ends the sample.
#[no_mangle]
pub extern "C" fn tokio_serve(job: *const c_void, flavour: c_int) -> c_int {
    run::guarded_server(job, flavour, serve::run)
}
