// SPDX-License-Identifier: MIT
//! Workload `pool-guard`: how long a pooled connection stays out, and who asks for one while holding one.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{watch, OwnedSemaphorePermit, Semaphore};
use tokio::task::{self, yield_now, JoinHandle};
use tokio::time::sleep;

use crate::count::{mutant, Turns};
use crate::crew::{self, error_text, Crew, Flavour};
use crate::run::{Run, Tally};

/* ---- the pool: permits in FIFO order, and a list of what is free ---- */

/// A model of a connection: no server stands behind it.
struct Connection {
    id: usize,
    uses: u64,
}

struct Shelf {
    free: Vec<Connection>,
    lent: Vec<bool>, // by id
    lent_twice: u64,
}

impl Shelf {
    fn lend(&mut self) -> Option<Connection> {
        let mut connection = self.free.pop()?;
        if mutant("lend-twice") {
            connection.id = 0;
        }
        self.lent_twice += self.lent[connection.id] as u64;
        self.lent[connection.id] = true;
        Some(connection)
    }

    fn take_back(&mut self, connection: Connection) {
        self.lent[connection.id] = false;
        if !mutant("lose-connection") || connection.id > 0 {
            self.free.push(connection);
        }
    }
}

struct Pool {
    run: Run,
    permits: Arc<Semaphore>,
    shelf: Mutex<Shelf>,
    lent_ns: AtomicU64, // that connections were out
}

/// A connection that goes back to its pool when it is dropped; the permit goes after it.
struct Pooled {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    since_ns: u64,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    fn new(run: Run, size: usize) -> Arc<Pool> {
        let free = (0..size).rev().map(|id| Connection { id, uses: 0 }).collect();
        Arc::new(Pool {
            run,
            permits: Arc::new(Semaphore::new(size)),
            shelf: Mutex::new(Shelf { free, lent: vec![false; size], lent_twice: 0 }),
            lent_ns: AtomicU64::new(0),
        })
    }

    async fn acquire(self: &Arc<Pool>) -> Pooled {
        let permit = self.permits.clone().acquire_owned().await.expect("nobody closes the pool");
        let lent = self.shelf.lock().unwrap().lend(); // no lock is held if there is none
        let connection = Some(lent.expect("a permit stands for a connection"));
        let since_ns = self.run.now_ns();
        Pooled { pool: self.clone(), connection, since_ns, _permit: permit }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let pool = &self.pool;
        pool.lent_ns.fetch_add(pool.run.now_ns() - self.since_ns, Relaxed);
        if let Some(connection) = self.connection.take() {
            pool.shelf.lock().unwrap().take_back(connection);
        }
    }
}

/* ---- the clients: one job each ---- */

/// Set once for all: whoever looks later still sees it.
struct Gate(watch::Sender<bool>);

impl Gate {
    fn new() -> Gate {
        Gate(watch::channel(false).0)
    }

    fn open(&self) {
        self.0.send_replace(true);
    }

    async fn pass(&self) {
        let mut open = self.0.subscribe();
        while !*open.borrow_and_update() {
            open.changed().await.expect("the gate stands as long as the sample");
        }
    }
}

#[derive(Default)]
struct Counts {
    acquisitions: AtomicU64,
    suspended: AtomicU64,
    beside: AtomicU64, // acquisitions while another connection was held
    sleeps: AtomicU64,
    cancelled: AtomicU64,
    served_waiters: AtomicU64,
    first_ask_ns: AtomicU64,
    last_end_ns: AtomicU64,
}

/// Tasks, for the explanation of a hang.
#[derive(Default)]
struct Waiting {
    for_first: AtomicUsize,
    for_another: AtomicUsize,
    at_work: AtomicUsize,
}

struct Shared {
    run: Run,
    pool: Arc<Pool>,
    size: usize,
    fetch: Duration,
    process: Duration,
    store: Duration,
    gate: Gate,      // all connections that can be lent are
    arrivals: usize, // that open it
    arrived: AtomicUsize,
    settled: Gate,      // the cancelled waiters have gone
    queue: AtomicUsize, // waiters that are in the pool's queue
    counts: Counts,
    waiting: Waiting,
}

/// Awaits `wait`, counted among those who wait.
async fn among<F: Future>(others: &AtomicUsize, wait: F) -> F::Output {
    others.fetch_add(1, Relaxed);
    let output = wait.await;
    others.fetch_sub(1, Relaxed);
    output
}

fn add(count: &AtomicU64, n: u64) {
    count.fetch_add(n, Relaxed);
}

/// One task's own part.
struct Client {
    shared: Arc<Shared>,
    index: usize,
    tally: Tally,
    turns: Arc<Turns>,
}

impl Client {
    async fn acquire(&self) -> Pooled {
        self.timed(&self.shared.waiting.for_first).await
    }

    async fn acquire_beside(&self, _first: &Pooled) -> Pooled {
        let second = self.timed(&self.shared.waiting.for_another).await;
        add(&self.shared.counts.beside, 1);
        second
    }

    async fn timed(&self, others: &AtomicUsize) -> Pooled {
        let (run, counts) = (self.shared.run, &self.shared.counts);
        let (asked_ns, turn) = (run.now_ns(), self.turns.steps.get());
        counts.first_ask_ns.fetch_min(asked_ns, Relaxed);
        let connection = among(others, self.shared.pool.acquire()).await;
        add(&counts.suspended, (self.turns.steps.get() != turn) as u64);
        add(&counts.acquisitions, 1);
        run.record(self.index, run.now_ns() - asked_ns);
        connection
    }

    async fn sleeps(&self, time: Duration) {
        among(&self.shared.waiting.at_work, sleep(time)).await;
        add(&self.shared.counts.sleeps, 1);
    }

    async fn uses(&self, pooled: &mut Pooled, time: Duration) {
        pooled.connection.as_mut().expect("it is there until the drop").uses += 1;
        self.sleeps(time).await;
    }

    async fn fetch(&self, pooled: &mut Pooled) {
        if !mutant("skip-wait") {
            self.uses(pooled, self.shared.fetch).await;
        }
    }

    async fn process(&self) {
        self.sleeps(self.shared.process).await;
    }

    async fn store(&self, pooled: &mut Pooled) {
        self.uses(pooled, self.shared.store).await;
    }

    /// The same wait, on no connection.
    async fn store_elsewhere(&self) {
        self.sleeps(self.shared.store).await;
    }

    /// A connection is held; goes on when all that can be lent are.
    async fn meet(&self) {
        if self.shared.arrived.fetch_add(1, Relaxed) + 1 == self.shared.arrivals {
            self.shared.gate.open();
        }
        self.shared.gate.pass().await;
    }
}

/* ---- the variants' programs ---- */

async fn held(own: &Client) {
    let mut connection = own.acquire().await;
    own.fetch(&mut connection).await;
    own.process().await;
    own.store(&mut connection).await;
}

async fn early_drop(own: &Client) {
    let mut connection = own.acquire().await;
    own.fetch(&mut connection).await;
    drop(connection);
    own.process().await;
    let mut connection = own.acquire().await;
    own.store(&mut connection).await;
}

/// The connection is not used after the fetch. That ends no scope: it is dropped where the block ends.
async fn held_unused(own: &Client) {
    let mut connection = own.acquire().await;
    own.fetch(&mut connection).await;
    own.process().await;
    own.store_elsewhere().await;
}

async fn nested(own: &Client) {
    let first = own.acquire().await;
    own.meet().await;
    let mut second = own.acquire_beside(&first).await;
    own.fetch(&mut second).await;
}

async fn nested_returned(own: &Client) {
    let first = own.acquire().await;
    own.meet().await;
    drop(first);
    let mut second = own.acquire().await;
    own.fetch(&mut second).await;
}

async fn after_settled(own: &Client) {
    own.shared.settled.pass().await;
    if mutant("other-variant") {
        held(own).await;
    } else {
        early_drop(own).await;
    }
}

async fn job(own: Client) {
    let run = own.shared.run;
    let is = |variant: &str, other: &str| run.is(if mutant("other-variant") { other } else { variant });
    if run.is("waiters-cancelled") {
        after_settled(&own).await;
    } else if is("held", "early-drop") || (run.is("held-unused") && mutant("other-variant")) {
        held(&own).await;
    } else if is("early-drop", "held") {
        early_drop(&own).await;
    } else if run.is("held-unused") {
        held_unused(&own).await;
    } else if is("nested", "nested-returned") {
        nested(&own).await;
    } else {
        nested_returned(&own).await;
    }
    own.shared.counts.last_end_ns.fetch_max(run.now_ns(), Relaxed);
    own.tally.add(1);
}

/* ---- waiters that are cancelled ---- */

/// Asks while everything is lent.
async fn waiter(shared: Arc<Shared>) {
    shared.gate.pass().await;
    let mut acquire: Pin<Box<_>> = Box::pin(shared.pool.acquire());
    if futures::poll!(acquire.as_mut()).is_ready() {
        shared.run.fail("a connection was free");
    }
    shared.queue.fetch_add(1, Relaxed);
    let _connection = acquire.await;
    sleep(shared.store).await;
}

/// Takes all connections, lets the waiters ask, cancels every second one, gives the connections back. A grant may
/// go to a waiter whose cancellation has not acted yet: it has to be passed on.
async fn steward(shared: Arc<Shared>, waiters: Vec<JoinHandle<()>>) {
    let mut stock = Vec::new();
    for _ in 0..shared.size {
        stock.push(shared.pool.acquire().await);
    }
    shared.gate.open();
    while shared.queue.load(Relaxed) < waiters.len() {
        yield_now().await;
    }
    if !mutant("forget-cancel") {
        waiters.iter().skip(1).step_by(2).for_each(JoinHandle::abort);
    }
    drop(stock);
    for waiter in waiters {
        match waiter.await {
            Ok(()) => add(&shared.counts.served_waiters, 1),
            Err(error) if error.is_cancelled() => add(&shared.counts.cancelled, 1),
            Err(error) => shared.run.fail(&error_text(error)),
        }
    }
    shared.pool.lent_ns.store(0, Relaxed); // the jobs' own from here on
    shared.settled.open();
}

/* ---- the sample ---- */

fn explanation(shared: &Shared) -> String {
    let waiting = &shared.waiting;
    let (another, at_work) = (waiting.for_another.load(Relaxed), waiting.at_work.load(Relaxed));
    format!(
        "{}{another} tasks hold one of the {} connections and wait for another, {} wait for their first, {at_work} \
         tasks are at work",
        if another > 0 && at_work == 0 { "hold-and-wait: " } else { "" },
        shared.size,
        waiting.for_first.load(Relaxed),
    )
}

async fn root(crew: Arc<Crew>, clients: Vec<Client>, waiters: usize) {
    let shared = clients[0].shared.clone();
    let mut tasks = Vec::new();
    if waiters > 0 {
        let wait = |_| task::spawn(crew.enters(Default::default(), waiter(shared.clone())));
        let waiters = (0..waiters).map(wait).collect();
        tasks.push(task::spawn(crew.enters(Default::default(), steward(shared, waiters))));
    }
    tasks.extend(clients.into_iter().map(|own| task::spawn(crew.enters(own.turns.clone(), job(own)))));
    crew.open().await;
    crew.join(tasks).await;
}

pub fn run(run: Run, flavour: Flavour) {
    let outcome = run.is("nested") || run.is("nested-returned");
    let workers = if outcome { 1 } else { run.param("workers") };
    if !outcome {
        crew::accept_workers(run, flavour, workers);
    }
    let tasks = run.param(if outcome { "nested_tasks" } else { "tasks" }) as usize;
    let waiters = if run.is("waiters-cancelled") { tasks } else { 0 };
    let size = run.param("pool") as usize;
    let ms = |name| Duration::from_millis(run.param(name));
    let shared = Arc::new(Shared {
        run,
        pool: Pool::new(run, size),
        size,
        fetch: ms("fetch_ms"),
        process: ms("process_ms"),
        store: ms("store_ms"),
        gate: Gate::new(),
        arrivals: tasks.min(size),
        arrived: AtomicUsize::new(0),
        settled: Gate::new(),
        queue: AtomicUsize::new(0),
        counts: Counts { first_ask_ns: AtomicU64::new(u64::MAX), ..Counts::default() },
        waiting: Waiting::default(),
    });
    let tallies = run.tallies(tasks);
    run.recorders(tasks);
    let client = |(index, &tally)| Client { shared: shared.clone(), index, tally, turns: Default::default() };
    let clients: Vec<Client> = tallies.iter().enumerate().map(client).collect();
    let explained = shared.clone();
    let _explained = run.explain(move || explanation(&explained));
    let all = tasks + waiters + (waiters > 0) as usize;
    crew::run(run, flavour, workers, all, false, move |crew| root(crew, clients, waiters));
    report(&shared);
}

fn report(shared: &Shared) {
    let (run, counts) = (shared.run, &shared.counts);
    let shelf = shared.pool.shelf.lock().unwrap();
    run.count("acquisitions", counts.acquisitions.load(Relaxed));
    run.count("suspended_acquisitions", counts.suspended.load(Relaxed));
    run.count("beside", counts.beside.load(Relaxed));
    run.count("sleeps", counts.sleeps.load(Relaxed));
    run.count("lent_ns", shared.pool.lent_ns.load(Relaxed));
    run.count("elapsed_ns", counts.last_end_ns.load(Relaxed) - counts.first_ask_ns.load(Relaxed));
    run.count("uses", shelf.free.iter().map(|connection| connection.uses).sum());
    run.count("in_pool", shelf.free.len() as u64);
    run.count("lent_twice", shelf.lent_twice);
    run.count("cancelled", counts.cancelled.load(Relaxed));
    run.count("served_waiters", counts.served_waiters.load(Relaxed));
}
