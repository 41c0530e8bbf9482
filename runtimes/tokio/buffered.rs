// SPDX-License-Identifier: MIT
//! Workload `buffered`: operations in flight while the body of the loop over their results awaits something.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{poll_fn, BoxFuture, Fuse, FusedFuture, FutureExt};
use futures::stream::{self, FuturesUnordered, StreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task;
use tokio::time::{sleep, timeout};

use crate::count::mutant;
use crate::crew::{self, error_text, Crew, Flavour};
use crate::run::{work, Run, Tally};

/// Requests that an operation sends, each when the one before is answered.
const EXCHANGES: u32 = 2;

/* ---- operations ---- */

fn seed_of(run: Run, index: u64) -> u64 {
    run.random(index)()
}

/// The better bits of what it comes to.
fn result_of(run: Run, index: u64) -> u64 {
    work(seed_of(run, index), EXCHANGES as u64) >> 32
}

struct Shared {
    run: Run,
    exchange: Duration,
    timeout: Option<Duration>, // None: each operation and each body needs a permit instead
    body: Duration,
    count: u64,
    in_flight: usize,
    permits: Semaphore,
    in_body: AtomicBool, // it waits
    begun: AtomicU64,
    to_send: AtomicU64,       // operations that have begun and have a request to send yet
    holding: AtomicU64,       // operations with a permit in hand
    in_flight_now: AtomicU64, // when the last body began, for the explanation of a hang
    driven_in_body: AtomicU64,
    own_tasks: AtomicU64,
    permits_acquired: AtomicU64,
}

/// An operation that has a request to send yet; dropped with it when it times out.
struct ToSend(Arc<Shared>);

impl ToSend {
    fn new(shared: &Arc<Shared>) -> ToSend {
        shared.to_send.fetch_add(1, Relaxed);
        ToSend(shared.clone())
    }
}

impl Drop for ToSend {
    fn drop(&mut self) {
        self.0.to_send.fetch_sub(1, Relaxed);
    }
}

/// What became of an operation; no result when it timed out.
struct Ended {
    index: u64,
    result: Option<u64>,
    begun_ns: u64,
    ended_ns: u64,
}

impl Shared {
    async fn acquire(&self) -> SemaphorePermit<'_> {
        let permit = self.permits.acquire().await.expect("nobody closes it");
        self.permits_acquired.fetch_add(1, Relaxed);
        permit
    }

    async fn exchange(&self, value: u64) -> u64 {
        sleep(self.exchange).await;
        if mutant("skip-reply") {
            value
        } else {
            work(value, 1) // what a reply makes of it
        }
    }

    /// Counts how often `operation` is polled while the body waits.
    async fn driven<F: Future>(&self, operation: F) -> F::Output {
        tokio::pin!(operation);
        poll_fn(|context| {
            self.driven_in_body.fetch_add(self.in_body.load(Relaxed) as u64, Relaxed);
            operation.as_mut().poll(context)
        })
        .await
    }
}

async fn exchanges(shared: Arc<Shared>, index: u64, to_send: ToSend) -> u64 {
    let value = shared.exchange(seed_of(shared.run, index)).await;
    drop(to_send); // with the last request
    shared.exchange(value).await >> 32
}

async fn exchanges_with_permit(shared: Arc<Shared>, index: u64, to_send: ToSend) -> u64 {
    let permit = shared.acquire().await;
    shared.holding.fetch_add(1, Relaxed);
    let result = exchanges(shared.clone(), index, to_send).await;
    shared.holding.fetch_sub(1, Relaxed);
    if mutant("lose-permit") && index + 1 == shared.count {
        permit.forget();
    }
    result
}

/// Has operation `index` begin: its timeout counts from here on, whenever it is polled.
fn begin(shared: &Arc<Shared>, index: u64) -> impl Future<Output = Ended> {
    shared.begun.fetch_add(1, Relaxed);
    let (own, to_send, begun_ns) = (shared.clone(), ToSend::new(shared), shared.run.now_ns());
    let operation: BoxFuture<'static, Option<u64>> = match shared.timeout {
        Some(limit) => timeout(limit, exchanges(own, index, to_send)).map(Result::ok).boxed(),
        None => exchanges_with_permit(own, index, to_send).map(Some).boxed(),
    };
    let shared = shared.clone();
    async move {
        let result = shared.driven(operation).await;
        Ended { index, result, begun_ns, ended_ns: shared.run.now_ns() }
    }
}

/* ---- the loop over the results ---- */

#[derive(Default)]
struct Counts {
    bodies: u64, // that awaited something
    in_flight_at_body: u64,
    to_send_at_body: u64,
    completed: u64,
    timed_out: u64,
    checksum: u64,
    checksum_timed_out: u64, // what their results would have been
    first_begun_ns: u64,
    elapsed_ns: u64,
}

struct Consumer {
    shared: Arc<Shared>,
    tally: Tally,
    taken: u64,
    counts: Counts,
}

impl Consumer {
    fn records(&mut self, ended: &Ended) {
        let (run, counts) = (self.shared.run, &mut self.counts);
        let due_ns = ended.begun_ns + (EXCHANGES * self.shared.exchange).as_nanos() as u64;
        assert!(ended.ended_ns >= due_ns, "no timer is early");
        run.record(0, ended.ended_ns - due_ns);
        if self.taken == 0 {
            counts.first_begun_ns = ended.begun_ns;
        }
        counts.elapsed_ns = run.now_ns() - counts.first_begun_ns;
    }

    /// Takes a result; what the body then does is to be awaited.
    fn takes(&mut self, ended: Ended) -> impl Future<Output = ()> {
        self.records(&ended);
        self.taken += 1;
        match ended.result {
            None => {
                self.counts.timed_out += 1;
                self.counts.checksum_timed_out += result_of(self.shared.run, ended.index);
            }
            Some(_) if mutant("lose-result") && ended.index == 0 => (),
            Some(result) => {
                self.counts.completed += 1;
                self.counts.checksum += result;
            }
        }
        self.tally.add(if mutant("count-twice") && ended.index == 0 { 2 } else { 1 });
        let awaits = self.shared.timeout.is_none() || self.taken == self.shared.in_flight as u64;
        if awaits {
            self.counts.bodies += 1;
            self.counts.in_flight_at_body = self.shared.begun.load(Relaxed) - self.taken;
            self.counts.to_send_at_body = self.shared.to_send.load(Relaxed);
            self.shared.in_flight_now.store(self.counts.in_flight_at_body, Relaxed);
        }
        body(self.shared.clone(), awaits)
    }
}

/// With permits each body makes an exchange of its own; else one of them takes long.
async fn body(shared: Arc<Shared>, awaits: bool) {
    if !awaits {
        return;
    }
    shared.in_body.store(true, Relaxed);
    if shared.timeout.is_some() {
        sleep(shared.body).await;
    } else {
        let _permit = shared.acquire().await;
        sleep(shared.exchange).await;
    }
    shared.in_body.store(false, Relaxed);
}

/* ---- the variants ---- */

/// Those in the buffer are polled when the next result is asked for, and not while the body waits.
async fn buffered(mut own: Consumer) -> Counts {
    let shared = own.shared.clone();
    let operations = stream::iter(0..shared.count).map(|index| begin(&shared, index));
    let mut results = operations.buffered(shared.in_flight);
    while let Some(ended) = results.next().await {
        own.takes(ended).await;
    }
    own.counts
}

/// What is in the buffer are handles of tasks, which need nobody to poll them.
async fn spawned(mut own: Consumer) -> Counts {
    let shared = own.shared.clone();
    let operations = stream::iter(0..shared.count).map(|index| {
        let (shared, operation) = (shared.clone(), begin(&shared, index));
        task::spawn(async move {
            shared.own_tasks.fetch_add(1, Relaxed);
            operation.await
        })
    });
    let mut results = operations.buffered(shared.in_flight);
    while let Some(ended) = results.next().await {
        own.takes(ended.unwrap_or_else(|error| shared.run.fail(&error_text(error)))).await;
    }
    own.counts
}

/// Results wait while the body does, and the operations go on.
async fn drained(mut own: Consumer) -> Counts {
    let shared = own.shared.clone();
    let mut operations = (0..shared.count).map(|index| begin(&shared, index));
    let mut in_flight = FuturesUnordered::new();
    let mut results = VecDeque::new();
    let body = Fuse::terminated();
    tokio::pin!(body);
    loop {
        let room = shared.in_flight - in_flight.len() - results.len();
        in_flight.extend(operations.by_ref().take(room));
        if body.is_terminated() {
            if let Some(ended) = results.pop_front() {
                body.set(own.takes(ended).fuse());
            }
        }
        tokio::select! {
            biased;
            Some(ended) = in_flight.next() => results.push_back(ended),
            () = &mut body, if !body.is_terminated() => (),
            else => break,
        }
    }
    own.counts
}

/* ---- the sample ---- */

fn explanation(shared: &Shared, spawns: bool) -> String {
    format!(
        "{}the loop body waits for one of {}; {} operations are in flight, {} of them with a permit in hand",
        if spawns { "" } else { "permits of operations that nobody drives: " },
        shared.run.param("permits"),
        shared.in_flight_now.load(Relaxed),
        shared.holding.load(Relaxed),
    )
}

async fn root(crew: Arc<Crew>, own: Consumer) {
    let shared = own.shared.clone();
    let is =
        |variant: &str, other: &str| shared.run.is(if mutant("other-variant") { other } else { variant });
    let serve: BoxFuture<'static, Counts> = if is("spawned", "") || is("semaphore-spawned", "semaphore") {
        spawned(own).boxed()
    } else if is("drained", "buffered") {
        drained(own).boxed()
    } else {
        buffered(own).boxed()
    };
    let task = task::spawn(crew.enters(Default::default(), serve));
    crew.open().await;
    for counts in crew.join(vec![task]).await {
        report(&shared, &counts);
    }
}

fn report(shared: &Shared, counts: &Counts) {
    let run = shared.run;
    run.count("completed", counts.completed);
    run.count("timed_out", counts.timed_out);
    run.count("checksum", counts.checksum);
    run.count("checksum_timed_out", counts.checksum_timed_out);
    run.count("bodies", counts.bodies);
    run.count("in_flight_at_body", counts.in_flight_at_body);
    run.count("to_send_at_body", counts.to_send_at_body);
    run.count("driven_in_body", shared.driven_in_body.load(Relaxed));
    run.count("own_tasks", shared.own_tasks.load(Relaxed));
    run.count("permits_acquired", shared.permits_acquired.load(Relaxed));
    run.count("permits_left", shared.permits.available_permits() as u64);
    run.count("elapsed_ns", counts.elapsed_ns);
}

pub fn run(run: Run, flavour: Flavour) {
    let permits = run.is("semaphore") || run.is("semaphore-spawned");
    let in_flight = run.param(if permits { "semaphore_in_flight" } else { "in_flight" });
    let ms = |name| Duration::from_millis(run.param(name));
    let shared = Arc::new(Shared {
        run,
        exchange: ms("op_ms") / EXCHANGES,
        timeout: (!permits).then(|| ms("timeout_ms")),
        body: ms("body_ms"),
        count: 2 * in_flight,
        in_flight: in_flight as usize,
        permits: Semaphore::new(run.param("permits") as usize),
        in_body: AtomicBool::new(false),
        begun: AtomicU64::new(0),
        to_send: AtomicU64::new(0),
        holding: AtomicU64::new(0),
        in_flight_now: AtomicU64::new(0),
        driven_in_body: AtomicU64::new(0),
        own_tasks: AtomicU64::new(0),
        permits_acquired: AtomicU64::new(0),
    });
    let tally = run.tallies(1)[0];
    run.recorders(1);
    let own = Consumer { shared: shared.clone(), tally, taken: 0, counts: Counts::default() };
    let spawns = run.is("semaphore-spawned");
    let _explained = run.explain(move || explanation(&shared, spawns));
    crew::run(run, flavour, 1, 1, false, move |crew| root(crew, own));
}
