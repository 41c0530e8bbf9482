// SPDX-License-Identifier: MIT
//! Counting what a task does, at the price that the tasks in C pay for it.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use futures::future::poll_fn;

/// A count with one writer: a plain load, add and store. The same thing as an atomic in C.
#[derive(Default)]
#[repr(transparent)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    pub fn address(&self) -> *const AtomicU64 {
        &self.0
    }
}

/// Turns of one task: alone in its cache lines, as the tallies are. One more turn than before a wait: the wait
/// suspended the task.
#[derive(Default)]
#[repr(align(128))]
pub struct Turns {
    pub steps: Counter,
    pub moves: Counter,
}

/// An address that each thread has for itself.
fn here() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| here as *const u8 as usize)
}

/// Runs `task` and counts how often it is polled, and how often on another thread than the time before.
pub async fn turns<F: Future>(task: F, turns: Arc<Turns>) -> F::Output {
    tokio::pin!(task);
    let mut last = here();
    poll_fn(|context| {
        let now = here();
        turns.steps.add(1);
        turns.moves.add((now != last) as u64);
        last = now;
        task.as_mut().poll(context)
    })
    .await
}

/// Is the defect `name` the one that a test asks for? Never outside tests.
#[cfg(not(feature = "mutants"))]
pub const fn mutant(_name: &str) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub fn mutant(name: &str) -> bool {
    std::env::var_os("AB_MUTANT").map_or(false, |asked| asked == name)
}
