// SPDX-License-Identifier: MIT
//! The outcome variants of `mutex`: a lock held across a wait, a waiter that was set aside.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{self, yield_now, JoinHandle, LocalSet};

use crate::count::mutant;
use crate::crew::{self, Crew, Flavour};
use crate::mutex::{Locker, Shared};
use crate::run::Run;

const HELD_WAIT: Duration = Duration::from_millis(10);

/// The holder sleeps until every other contender has asked.
async fn holder_sleeps(own: &Locker) {
    let shared = &own.shared;
    shared.holder.store(own.index as i64, Relaxed);
    loop {
        tokio::time::sleep(HELD_WAIT).await;
        if shared.asked.load(Relaxed) == shared.tasks {
            break;
        }
    }
    shared.holder.store(-1, Relaxed);
}

/// The mistake that clippy has a lint for, and that the compiler refuses in a task that may change threads.
#[allow(clippy::await_holding_lock)]
async fn sync_held_across_wait(mut own: Locker) {
    let shared = own.shared.clone();
    shared.asked.fetch_add(1, Relaxed);
    let mut guarded = shared.sync.lock().unwrap();
    guarded.acquisitions += 1;
    own.update(&mut guarded.counter);
    holder_sleeps(&own).await;
    drop(guarded);
    own.counts();
}

async fn async_held_across_wait(mut own: Locker) {
    let shared = own.shared.clone();
    shared.asked.fetch_add(1, Relaxed);
    let mut guarded = own.acquire_async(&shared).await;
    own.update(&mut guarded.counter);
    holder_sleeps(&own).await;
    drop(guarded);
    own.counts();
}

/// Starts one acquisition, turns to another, and (`dropped`) gives the first one up. Comes second: the task
/// that holds the lock must do so before.
async fn set_aside(mut own: Locker, dropped: bool) {
    let shared = own.shared.clone();
    while shared.holder.load(Relaxed) < 0 {
        yield_now().await;
    }
    let mut first = Some(Box::pin(shared.lock.lock()));
    if futures::poll!(first.as_mut().expect("it was just made")).is_ready() {
        shared.run.fail("the lock was free");
    }
    if dropped {
        first = None;
    }
    shared.asked.fetch_add(1, Relaxed);
    let mut guarded = own.acquire_async(&shared).await;
    own.update(&mut guarded.counter);
    drop(guarded);
    drop(first);
    own.counts();
}

fn explanation(shared: &Shared) -> String {
    let (holder, asked) = (shared.holder.load(Relaxed), shared.asked.load(Relaxed));
    if shared.run.is("set-aside") {
        "the async lock was handed to a waiter that task 1 has set aside and does not poll; task 1 waits for it \
         with a second one"
            .into()
    } else if holder >= 0 {
        format!(
            "the lock is held by task {holder}, which sleeps across a wait; {asked} of {} tasks have asked for it",
            shared.tasks
        )
    } else {
        "nobody holds the lock".into()
    }
}

/// What keeps the sync form off the multi-thread rows: this does not compile.
#[cfg(feature = "refused")]
fn spawn_sync_held_across_wait(own: Locker) {
    task::spawn(sync_held_across_wait(own));
}

/// No window: each contender comes once, on one worker.
async fn contend(crew: Arc<Crew>, run: Run, lockers: Vec<Locker>) {
    let set_aside_form = run.is("set-aside") || run.is("set-aside-dropped");
    let dropped = run.is("set-aside-dropped");
    let spawn = |own: Locker| match own.index {
        1 if set_aside_form => task::spawn(crew.enters(own.turns.clone(), set_aside(own, dropped))),
        _ => task::spawn(crew.enters(own.turns.clone(), async_held_across_wait(own))),
    };
    let tasks: Vec<JoinHandle<()>> = lockers.into_iter().map(spawn).collect();
    crew.open().await;
    crew.join(tasks).await;
}

/// The pair of one thread: a `LocalSet` takes tasks that hold what may not change threads.
async fn contend_locally(crew: Arc<Crew>, run: Run, lockers: Vec<Locker>) {
    let local = LocalSet::new();
    let sync = run.is("sync-held-across-wait") != mutant("other-variant");
    let spawn = |own: Locker| match sync {
        true => local.spawn_local(crew.enters(own.turns.clone(), sync_held_across_wait(own))),
        false => local.spawn_local(crew.enters(own.turns.clone(), async_held_across_wait(own))),
    };
    let tasks = lockers.into_iter().map(spawn).collect();
    let all = async {
        crew.open().await;
        crew.join(tasks).await;
    };
    local.run_until(all).await;
}

pub fn run_contenders(shared: &Arc<Shared>, lockers: Vec<Locker>, flavour: Flavour) {
    let run = shared.run;
    let explained = shared.clone();
    let _explained = run.explain(move || explanation(&explained));
    let locally = flavour == Flavour::CurrentThread && !run.is("set-aside") && !run.is("set-aside-dropped");
    crew::run(run, flavour, 1, lockers.len(), false, move |crew| async move {
        match locally {
            true => contend_locally(crew, run, lockers).await,
            false => contend(crew, run, lockers).await,
        }
    });
}
