// SPDX-License-Identifier: MIT
//! Workload `mutex`: std's lock or Tokio's around an update that does not wait. What does is in mutex_held.rs.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::MutexGuard;
use tokio::task::{self, yield_now};

use crate::count::{mutant, Counter, Turns};
use crate::crew::{self, Flavour};
use crate::mutex_held;
use crate::run::{panic_text, Run, Tally};

/// One acquisition in so many is timed: two clock reads each.
const TIMED_ONE_IN: u64 = 64;
/// Room of the channel of the `-send` variants.
const CHANNEL_MESSAGES: usize = 64;
/// Contenders of the outcome variants.
const CONTENDERS: usize = 2;

/// What the lock protects.
#[derive(Default)]
pub struct Guarded {
    pub counter: u64,
    pub acquisitions: u64,
}

pub struct Shared {
    pub run: Run,
    pub burst: u64,
    pub hold_ns: u64,
    pub tasks: usize,
    pub sync: std::sync::Mutex<Guarded>,
    pub lock: tokio::sync::Mutex<Guarded>,
    pub suspended: Counter, // written under `lock`
    pub suspended_sends: Counter,
    pub asked: AtomicUsize, // tasks that have come to the lock
    pub gather: AtomicBool, // the first holder waits for the others to queue
    pub holder: AtomicI64,  // for the explanation of a hang; -1 = nobody
    pub unlocked: Counter,  // of the defect `no-lock`
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
pub struct Locker {
    pub shared: Arc<Shared>,
    pub index: usize,
    pub tally: Tally,
    pub turns: Arc<Turns>,
    pub operations: u64,
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

    pub fn update(&self, counter: &mut u64) {
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

    pub fn counts(&mut self) {
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
    pub async fn acquire_async<'a>(&self, shared: &'a Shared) -> MutexGuard<'a, Guarded> {
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
    if form != Form::Contenders {
        crew::accept_workers(run, flavour, workers as u64);
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
        Form::Contenders => mutex_held::run_contenders(&shared, lockers, flavour),
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
