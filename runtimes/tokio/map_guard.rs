// SPDX-License-Identifier: MIT
//! Workload `map-guard`: a DashMap reference that is kept across an await, or dropped before it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio::task::{self, yield_now};
use tokio::time::sleep;

use crate::count::mutant;
use crate::crew::{self, Crew, Flavour};
use crate::run::{Run, Tally};

const KEYS: u64 = 1024;
const HELD_WAIT: Duration = Duration::from_millis(10);
/// Accesses between two yields.
const BURST: u64 = 64;
/// Accesses; the others read.
const WRITE_ONE_IN: u64 = 8;

type Map = DashMap<u64, u64>;

struct Shared {
    run: Run,
    map: Map,
    key: u64, // the holder's
    askers: usize,
    holder_has: AtomicBool,
    asked: AtomicUsize,
    answered: AtomicUsize,
    reads: AtomicU64,
    writes: AtomicU64,
    kept_waits: AtomicU64, // that began with the holder's reference out
    changed: AtomicU64,    // values, in such a wait
    answered_meanwhile: AtomicUsize,
    read_sum: AtomicU64,
}

impl Shared {
    /// Has everybody asked? Then the wait that begins now is the last one.
    fn wait_begins(&self, kept: bool) -> bool {
        self.holder_has.store(true, Relaxed);
        self.kept_waits.fetch_add(kept as u64, Relaxed);
        self.asked.load(Relaxed) == self.askers
    }

    /// Waits until all others have asked, and then once more: whoever asked is at its lock by then.
    async fn others_ask(&self, kept: bool) {
        loop {
            let last = self.wait_begins(kept);
            sleep(HELD_WAIT).await;
            if last {
                break;
            }
        }
        self.answered_meanwhile.store(self.answered.load(Relaxed), Relaxed);
    }

    fn copy(&self, key: u64) -> u64 {
        self.reads.fetch_add(1, Relaxed);
        *self.map.get(&key).expect("all keys are there")
    }
}

/* ---- the contenders: one looks up an entry and waits, the others ask for its shard meanwhile ---- */

async fn held(shared: &Shared) {
    let entry = shared.map.get(&shared.key).expect("all keys are there");
    shared.reads.fetch_add(1, Relaxed);
    let before = *entry;
    shared.others_ask(true).await;
    shared.changed.fetch_add((*entry != before) as u64, Relaxed);
}

/// The reference is not used once the wait has begun. That ends no scope: it is dropped where the block ends.
async fn held_unused(shared: &Shared) {
    let _entry = shared.map.get(&shared.key).expect("all keys are there");
    shared.reads.fetch_add(1, Relaxed);
    shared.others_ask(true).await;
}

async fn dropped(shared: &Shared) {
    let _value = shared.copy(shared.key); // the reference ended with the expression
    shared.others_ask(false).await;
}

/// Comes after the holder has its reference. Whoever was woken last sits in its waker's LIFO slot, from which nobody
/// steals: if another asker blocked that worker, this one would never ask. A task that yields leaves the slot.
async fn asker(shared: Arc<Shared>, tally: Tally, key: u64) {
    yield_now().await;
    while !shared.holder_has.load(Relaxed) {
        yield_now().await;
    }
    shared.asked.fetch_add(1, Relaxed);
    if shared.run.is("read-under-read") {
        shared.copy(key);
    } else {
        *shared.map.get_mut(&key).expect("all keys are there") += 1;
        shared.writes.fetch_add(1, Relaxed);
    }
    shared.answered.fetch_add(1, Relaxed);
    tally.add(1);
}

async fn holder(shared: Arc<Shared>, tally: Tally) {
    if shared.run.is("dropped") != mutant("other-variant") {
        dropped(&shared).await;
    } else if shared.run.is("held-unused") {
        held_unused(&shared).await;
    } else {
        held(&shared).await;
    }
    tally.add(1);
}

/* ---- the accessors: they read and write entries and drop each reference at once ---- */

async fn accessor(shared: Arc<Shared>, tally: Tally, mut random: impl FnMut() -> u64) {
    let (mut accesses, mut writes, mut sum) = (0, 0, 0);
    while !shared.run.stopped() {
        for _ in 0..BURST {
            let key = random() % KEYS;
            if accesses % WRITE_ONE_IN == 0 {
                let lost = mutant("lose-write") && writes % 1000 == 0;
                *shared.map.get_mut(&key).expect("all keys are there") += !lost as u64;
                writes += 1;
            } else {
                sum += *shared.map.get(&key).expect("all keys are there");
            }
            accesses += 1;
            tally.add(1 + (mutant("count-twice") && accesses % 1000 == 0) as u64);
        }
        yield_now().await;
    }
    shared.read_sum.fetch_add(sum, Relaxed); // what was read is used
    shared.reads.fetch_add(accesses - writes, Relaxed);
    shared.writes.fetch_add(writes, Relaxed);
}

/* ---- the sample ---- */

/// Is `key` in the shard of the one to which a reference is out? Nobody else uses the map.
fn collides(map: &Map, out: u64, key: u64) -> bool {
    let _entry = map.get(&out);
    map.try_get_mut(&key).is_locked()
}

/// The key that asker `index` wants.
fn key_of(shared: &Shared, index: usize) -> u64 {
    let run = shared.run;
    let hashed = run.is("held-hashed");
    let mut random = run.random(index as u64);
    let mut key = shared.key;
    while hashed && key == shared.key {
        key = random() % KEYS;
    }
    while run.is("distinct-shards") && collides(&shared.map, shared.key, key) {
        key = (key + 1) % KEYS;
    }
    key
}

fn explanation(shared: &Shared) -> String {
    format!(
        "task 0 keeps a read reference into one of {} shards across a wait; {} of {} tasks have asked for the write \
         side of that shard, {} have got it",
        shared.run.param("shards"),
        shared.asked.load(Relaxed),
        shared.askers,
        shared.answered.load(Relaxed)
    )
}

async fn root(crew: Arc<Crew>, shared: Arc<Shared>, keys: Vec<u64>, tallies: Vec<Tally>) {
    let (contenders, accessors) = tallies.split_at(1 + keys.len());
    let mut tasks = vec![task::spawn(crew.enters(Default::default(), holder(shared.clone(), contenders[0])))];
    for (&key, &tally) in keys.iter().zip(&contenders[1..]) {
        tasks.push(task::spawn(crew.enters(Default::default(), asker(shared.clone(), tally, key))));
    }
    for (index, &tally) in accessors.iter().enumerate() {
        let random = shared.run.random((contenders.len() + index) as u64);
        tasks.push(task::spawn(crew.enters(Default::default(), accessor(shared.clone(), tally, random))));
    }
    crew.open().await;
    crew.join(tasks).await;
}

pub fn run(run: Run, flavour: Flavour) {
    let priced = run.is("dropped");
    let workers = if priced { run.param("workers") } else { 1 };
    if priced {
        crew::accept_workers(run, flavour, workers);
    }
    let mut map = Map::with_shard_amount(run.param("shards") as usize);
    map.extend((0..KEYS).map(|key| (key, 0)));
    let shared = Arc::new(Shared {
        run,
        map,
        key: run.random(0)() % KEYS,
        // one contender more than workers: each worker meets the lock while the holder waits
        askers: crew::workers_of(run, flavour, workers),
        holder_has: AtomicBool::new(false),
        asked: AtomicUsize::new(0),
        answered: AtomicUsize::new(0),
        reads: AtomicU64::new(0),
        writes: AtomicU64::new(0),
        kept_waits: AtomicU64::new(0),
        changed: AtomicU64::new(0),
        answered_meanwhile: AtomicUsize::new(0),
        read_sum: AtomicU64::new(0),
    });
    let keys: Vec<u64> = (1..=shared.askers).map(|index| key_of(&shared, index)).collect();
    let collisions = keys.iter().filter(|&&key| collides(&shared.map, shared.key, key)).count();
    let accessors = if priced { run.param("tasks") as usize } else { 0 };
    let tallies = run.tallies(1 + keys.len() + accessors);
    let explained = shared.clone();
    let _explained = run.explain(move || explanation(&explained));
    let own = shared.clone();
    crew::run(run, flavour, workers, tallies.len(), priced, move |crew| root(crew, own, keys, tallies));
    run.count("collisions", collisions as u64);
    report(&shared);
}

fn report(shared: &Shared) {
    let run = shared.run;
    run.count("reads", shared.reads.load(Relaxed));
    run.count("writes", shared.writes.load(Relaxed));
    run.count("sum_of_values", shared.map.iter().map(|entry| *entry).sum());
    run.count("askers", shared.askers as u64);
    run.count("answered", shared.answered.load(Relaxed) as u64);
    run.count("kept_waits", shared.kept_waits.load(Relaxed));
    run.count("changed", shared.changed.load(Relaxed));
    run.count("answered_meanwhile", shared.answered_meanwhile.load(Relaxed) as u64);
}
