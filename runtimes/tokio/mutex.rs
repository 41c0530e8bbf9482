// SPDX-License-Identifier: MIT
//! Workload `mutex`: std's lock or Tokio's around an update that does not wait, or that does.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::MutexGuard;
use tokio::task::{self, yield_now, JoinHandle, LocalSet};

use crate::count::{mutant, Counter, Turns};
use crate::crew::{self, Crew, Flavour};
use crate::run::{panic_text, Run, Tally};

/// One acquisition in so many is timed: two clock reads each.
const TIMED_ONE_IN: u64 = 64;
/// Room of the channel of the `-send` variants.
const CHANNEL_MESSAGES: usize = 64;
/// Contenders of the outcome variants.
const CONTENDERS: usize = 2;
const HELD_WAIT: Duration = Duration::from_millis(10);

/// What the lock protects.
#[derive(Default)]
struct Guarded {
    counter: u64,
    acquisitions: u64,
}

struct Shared {
    run: Run,
    burst: u64,
    hold_ns: u64,
    tasks: usize,
    sync: std::sync::Mutex<Guarded>,
    lock: tokio::sync::Mutex<Guarded>,
    suspended: Counter, // written under `lock`
    suspended_sends: Counter,
    asked: AtomicUsize, // tasks that have come to the lock
    gather: AtomicBool, // the first holder waits for the others to queue
    holder: AtomicI64,  // for the explanation of a hang; -1 = nobody
    unlocked: Counter,  // of the defect `no-lock`
}

impl Shared {
    fn new(run: Run, tasks: usize, contended: bool) -> Arc<Shared> {
        Arc::new(Shared {
            run,
            burst: run.param("burst"),
            hold_ns: run.param("hold_ns"),
            tasks,
            sync: Default::default(),
            lock: Default::default(),
            suspended: Default::default(),
            suspended_sends: Default::default(),
            asked: AtomicUsize::new(0),
            gather: AtomicBool::new(contended),
            holder: AtomicI64::new(-1),
            unlocked: Default::default(),
        })
    }

    /// Tokio's lock goes to the longest waiter, so one that has waiters always has waiters. But until two tasks
    /// have met, one worker may have it to itself for a whole time slice and count a thousand cheap
    /// acquisitions for each dear one. So the first holder keeps it until all others have asked.
    async fn gather(&self) {
        while self.asked.load(Relaxed) < self.tasks && !self.run.stopped() {
            yield_now().await;
        }
        self.gather.store(false, Relaxed);
    }
}

/// One task's own part.
struct Locker {
    shared: Arc<Shared>,
    index: usize,
    tally: Tally,
    turns: Arc<Turns>,
    operations: u64,
}

impl Locker {
    /// When the lock was asked for, if this acquisition is timed.
    fn asks(&self) -> Option<u64> {
        (self.operations % TIMED_ONE_IN == 0).then(|| self.shared.run.now_ns())
    }

    fn has_it(&self, asked_ns: Option<u64>) {
        if let Some(asked_ns) = asked_ns {
            self.shared.run.record(self.index, self.shared.run.now_ns() - asked_ns);
        }
    }

    fn update(&self, counter: &mut u64) {
        if !mutant("lose-update") || self.operations % 1000 != 0 {
            *counter += 1;
        }
        if mutant("panic") && self.operations == 1000 {
            panic!("made up");
        }
        if mutant("update-twice") && self.operations % 1000 == 0 {
            *counter += 1;
        }
        if self.shared.hold_ns > 0 {
            self.shared.run.spin_ns(self.shared.hold_ns);
        }
    }

    fn counts(&mut self) {
        self.operations += 1;
        self.tally.add(1);
    }

    /// One acquisition of the blocking lock.
    fn acquire_sync(&mut self) {
        let asked = self.asks();
        if mutant("no-lock") {
            let mut counter = self.shared.unlocked.get();
            self.update(&mut counter);
            self.shared.unlocked.set(counter);
        } else {
            let mut guarded = self.shared.sync.lock().unwrap();
            self.has_it(asked);
            guarded.acquisitions += 1;
            self.update(&mut guarded.counter);
        }
        self.counts();
    }
}

impl Locker {
    /// One acquisition of the suspending lock, which is the caller's until it drops the guard.
    async fn acquire_async<'a>(&self, shared: &'a Shared) -> MutexGuard<'a, Guarded> {
        let asked = self.asks();
        let turn = self.turns.steps.get();
        let mut guarded = shared.lock.lock().await;
        shared.suspended.add((self.turns.steps.get() != turn) as u64);
        self.has_it(asked);
        if shared.gather.load(Relaxed) {
            shared.gather().await;
        }
        guarded.acquisitions += 1;
        guarded
    }
}

/* ---- the priced variants: lock, update, unlock until the window ends ---- */

async fn sync(mut own: Locker) {
    let run = own.shared.run;
    loop {
        for _ in 0..own.shared.burst {
            if run.stopped() {
                return;
            }
            own.acquire_sync();
        }
        yield_now().await;
    }
}

async fn asynchronous(mut own: Locker) {
    let shared = own.shared.clone();
    shared.asked.fetch_add(1, Relaxed);
    loop {
        for _ in 0..shared.burst {
            if shared.run.stopped() {
                return;
            }
            let mut guarded = own.acquire_async(&shared).await;
            own.update(&mut guarded.counter);
            drop(guarded);
            own.counts();
        }
        yield_now().await;
    }
}

/// The wait for room happens with the lock held.
async fn async_with_send(mut own: Locker, messages: Sender<u64>) {
    let shared = own.shared.clone();
    shared.asked.fetch_add(1, Relaxed);
    loop {
        for _ in 0..shared.burst {
            if shared.run.stopped() {
                return;
            }
            let mut guarded = own.acquire_async(&shared).await;
            own.update(&mut guarded.counter);
            let turn = own.turns.steps.get();
            messages.send(guarded.counter).await.expect("the consumer is there");
            shared.suspended_sends.add((own.turns.steps.get() != turn) as u64);
            drop(guarded);
            own.counts();
        }
        yield_now().await;
    }
}

/// Only what cannot wait is under the lock; without room, the wait comes after it.
async fn sync_with_try_send(mut own: Locker, messages: Sender<u64>) {
    let shared = own.shared.clone();
    loop {
        for _ in 0..shared.burst {
            if shared.run.stopped() {
                return;
            }
            let asked = own.asks();
            let unsent = {
                let mut guarded = shared.sync.lock().unwrap();
                own.has_it(asked);
                guarded.acquisitions += 1;
                own.update(&mut guarded.counter);
                messages.try_send(guarded.counter).err()
            };
            if let Some(mpsc::error::TrySendError::Full(message)) = unsent {
                messages.send(message).await.expect("the consumer is there");
            }
            own.counts();
        }
        yield_now().await;
    }
}

/// Counts and adds up until the last sender has gone.
async fn consumer(mut messages: Receiver<u64>) -> (u64, u64) {
    let (mut received, mut sum) = (0, 0);
    while let Some(message) = messages.recv().await {
        received += 1;
        sum += message;
    }
    (received, sum)
}

fn run_lockers(shared: &Arc<Shared>, lockers: Vec<Locker>, flavour: Flavour) {
    let run = shared.run;
    let other = mutant("other-variant");
    let tasks = lockers.len();
    crew::run(run, flavour, run.param("workers"), tasks, true, move |crew| async move {
        let spawn = |own: Locker| match (run.is("sync") != other, run.is("async-unconstrained")) {
            (true, _) => task::spawn(crew.enters(own.turns.clone(), sync(own))),
            (_, true) => task::spawn(crew.enters(own.turns.clone(), task::unconstrained(asynchronous(own)))),
            _ => task::spawn(crew.enters(own.turns.clone(), asynchronous(own))),
        };
        let tasks = lockers.into_iter().map(spawn).collect();
        crew.open().await;
        crew.join(tasks).await;
    });
}

fn run_senders(shared: &Arc<Shared>, lockers: Vec<Locker>, flavour: Flavour) {
    let run = shared.run;
    let with_lock_held = run.is("async-with-send") != mutant("other-variant");
    let tasks = lockers.len() + 1;
    crew::run(run, flavour, run.param("workers"), tasks, true, move |crew| async move {
        let (sender, receiver) = mpsc::channel(CHANNEL_MESSAGES);
        let consumer = task::spawn(crew.enters(Default::default(), consumer(receiver)));
        let spawn = |own: Locker| match with_lock_held {
            true => task::spawn(crew.enters(own.turns.clone(), async_with_send(own, sender.clone()))),
            false => task::spawn(crew.enters(own.turns.clone(), sync_with_try_send(own, sender.clone()))),
        };
        let tasks = lockers.into_iter().map(spawn).collect();
        drop(sender);
        crew.open().await;
        crew.join(tasks).await;
        let (received, sum) = crew.join(vec![consumer]).await[0];
        run.count("received", received);
        run.count("received_sum", sum);
    });
    run.count("suspended_sends", shared.suspended_sends.get());
}

/* ---- the baselines: no executor takes part ---- */

/// `none`: each thread has a counter of its own.
fn without_lock(mut own: Locker) -> u64 {
    let mut counter = 0;
    while !own.shared.run.stopped() {
        let asked = own.asks();
        own.has_it(asked);
        own.update(&mut counter);
        own.counts();
    }
    counter
}

/// `bare`: the blocking lock in a plain loop.
fn with_lock(mut own: Locker) -> u64 {
    while !own.shared.run.stopped() {
        own.acquire_sync();
    }
    0
}

/// The sum of the threads' own counters.
fn run_plain(shared: &Arc<Shared>, lockers: Vec<Locker>) -> u64 {
    let run = shared.run;
    let body = if run.is("bare") != mutant("other-variant") { with_lock } else { without_lock };
    let gate = Arc::new(Barrier::new(lockers.len() + 1));
    run.knob("backend", "std::thread loop");
    let start = |own: Locker| {
        let gate = gate.clone();
        thread::spawn(move || {
            run.thread_begin(own.index, true);
            gate.wait();
            body(own)
        })
    };
    let threads: Vec<_> = lockers.into_iter().map(start).collect();
    gate.wait();
    run.window();
    let mut sum = 0;
    for thread in threads {
        sum += thread.join().unwrap_or_else(|payload| run.fail(&panic_text(&*payload)));
    }
    sum
}

/* ---- the outcome variants: a lock held across a wait, a waiter that was set aside ---- */

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

fn run_contenders(shared: &Arc<Shared>, lockers: Vec<Locker>, flavour: Flavour) {
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

/* ---- the sample ---- */

#[derive(PartialEq, Eq)]
enum Form {
    Lockers,
    Senders,
    Plain,
    Contenders,
}

fn form_of(run: Run) -> Form {
    let is = |names: &[&str]| names.iter().any(|name| run.is(name));
    if is(&["sync", "async", "async-unconstrained"]) {
        Form::Lockers
    } else if is(&["async-with-send", "sync-with-try-send"]) {
        Form::Senders
    } else if is(&["bare", "none"]) {
        Form::Plain
    } else {
        Form::Contenders
    }
}

pub fn run(run: Run, flavour: Flavour) {
    let form = form_of(run);
    let (tasks, workers) = (run.param("tasks") as usize, run.param("workers") as usize);
    let count = match form {
        Form::Lockers | Form::Senders => tasks,
        Form::Plain => workers,
        Form::Contenders => CONTENDERS,
    };
    if flavour == Flavour::AsShipped && form != Form::Contenders && workers != crew::processors(run) {
        run.skip("as shipped it has a worker per processor, not as many as asked for");
    }
    let contended = count > 1 && workers > 1 && matches!(form, Form::Lockers | Form::Senders);
    let shared = Shared::new(run, count, contended);
    let tallies = run.tallies(count);
    run.recorders(count);
    run.window_count(&shared.suspended);
    let locker = |(index, &tally)| Locker {
        shared: shared.clone(),
        index,
        tally,
        turns: Default::default(),
        operations: 0,
    };
    let lockers: Vec<Locker> = tallies.iter().enumerate().map(locker).collect();
    let mut own_counters = 0;
    match form {
        Form::Lockers => run_lockers(&shared, lockers, flavour),
        Form::Senders => run_senders(&shared, lockers, flavour),
        Form::Plain => own_counters = run_plain(&shared, lockers),
        Form::Contenders => run_contenders(&shared, lockers, flavour),
    }
    report(&shared, own_counters);
}

fn report(shared: &Shared, own_counters: u64) {
    let run = shared.run;
    let sync = shared.sync.lock().unwrap();
    let lock = shared.lock.try_lock().expect("all tasks have ended");
    run.count("counter", sync.counter + lock.counter + own_counters + shared.unlocked.get());
    run.count("sync_acquisitions", sync.acquisitions);
    run.count("async_acquisitions", lock.acquisitions);
    run.count("suspended_acquisitions", shared.suspended.get());
}
