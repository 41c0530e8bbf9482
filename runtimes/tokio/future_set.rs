// SPDX-License-Identifier: MIT
//! Workload `future-set`: many users of one async lock in one task, or each in a task of its own.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Instant;

use futures::future::{poll_fn, Future};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Mutex;
use tokio::task::{self, yield_now};

use crate::count::mutant;
use crate::crew::{self, error_text, Crew, Flavour};
use crate::run::{Run, Tally};

struct Shared {
    run: Run,
    tally: Tally, // its owner is who has the lock
    counter: Mutex<u64>,
    users: u64,
    polls: AtomicU64,
    own_tasks: AtomicU64,
}

/// Locks, adds one, unlocks.
async fn user(shared: Arc<Shared>) {
    let lock = shared.counter.lock();
    tokio::pin!(lock);
    let polled = poll_fn(|context| {
        let polled = lock.as_mut().poll(context);
        shared.polls.fetch_add(1, Relaxed); // whoever is counted is in the queue
        polled
    });
    let mut counter = polled.await;
    let is_seventh = shared.tally.get() == 7;
    *counter += (!mutant("lose-update") || !is_seventh) as u64;
    shared.tally.add(if mutant("update-twice") && is_seventh { 2 } else { 1 });
}

/// When the lock is given back, those that the task's budget was enough for are in its queue.
async fn set(shared: &Arc<Shared>) {
    let held = shared.counter.lock().await;
    let mut users: FuturesUnordered<_> = (0..shared.users).map(|_| user(shared.clone())).collect();
    if futures::poll!(users.next()).is_ready() {
        shared.run.fail("a user has had a lock that is held");
    }
    drop(held);
    while users.next().await.is_some() {}
}

/// The handles are awaited one after the other: a join of all, as a set, is another thing than tasks.
async fn spawned(shared: &Arc<Shared>) {
    let held = shared.counter.lock().await;
    let spawn = |_| {
        shared.own_tasks.fetch_add(1, Relaxed);
        task::spawn(user(shared.clone()))
    };
    let users: Vec<_> = (0..shared.users).map(spawn).collect();
    while shared.polls.load(Relaxed) < shared.users {
        yield_now().await;
    }
    drop(held);
    for user in users {
        user.await.unwrap_or_else(|error| shared.run.fail(&error_text(error)));
    }
}

async fn root(crew: Arc<Crew>, shared: Arc<Shared>) {
    let (run, own) = (shared.run, shared.clone());
    let owner = async move {
        let start = Instant::now();
        if run.is("spawned") != mutant("other-variant") {
            spawned(&own).await;
        } else {
            set(&own).await;
        }
        start.elapsed()
    };
    let owner = task::spawn(crew.enters(Default::default(), owner));
    crew.open().await;
    for elapsed in crew.join(vec![owner]).await {
        run.count("elapsed_ns", elapsed.as_nanos() as u64);
    }
    run.count("counter", *shared.counter.lock().await);
    run.count("polls", shared.polls.load(Relaxed));
    run.count("own_tasks", shared.own_tasks.load(Relaxed));
}

pub fn run(run: Run, flavour: Flavour) {
    let shared = Arc::new(Shared {
        run,
        tally: run.tallies(1)[0],
        counter: Mutex::new(0),
        users: run.param("users"),
        polls: AtomicU64::new(0),
        own_tasks: AtomicU64::new(0),
    });
    crew::run(run, flavour, 1, 1, false, move |crew| root(crew, shared));
}
