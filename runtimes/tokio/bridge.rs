// SPDX-License-Identifier: MIT
//! Workload `bridge`: one request pipeline as tasks, as threads that block on a runtime at their edge, and as threads.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, Semaphore};
use tokio::task::{self, spawn_blocking, yield_now};
use tokio::time::sleep;

use crate::bridge_nested;
use crate::count::mutant;
use crate::crew::{self, on_worker, Blocking, Crew, Flavour};
use crate::run::{panic_text, Run, Tally};

/* ---- what a request and a reply are: numbers of seven digits, each with a space behind it ---- */

const FIELD_BYTES: usize = 8;
const MODULUS: u64 = 10_000_000;
const FNV_PRIME: u64 = 1099511628211;

/// Numbers that follow from `number` by xorshift64 (Marsaglia, 2003), which never leaves 0.
fn write(text: &mut [u8], number: u64) {
    let mut number = number | 1;
    for field in text.chunks_exact_mut(FIELD_BYTES) {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        let mut left = number % MODULUS;
        field.fill(b' ');
        for digit in field.iter_mut().rev().skip(1) {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
        }
    }
}

/// Parses: the sum of the numbers.
fn sum(text: &[u8]) -> u64 {
    let number = |digits: &[u8]| digits.iter().fold(0, |n, digit| n * 10 + (digit - b'0') as u64);
    text.split(|&byte| byte == b' ').map(number).sum()
}

fn step(hash: u64, byte: &u8) -> u64 {
    (hash ^ *byte as u64).wrapping_mul(FNV_PRIME)
}

/// What the other end of a connection answers to `key`.
fn row_of(key: u64) -> u64 {
    (key ^ (key >> 7)).wrapping_mul(FNV_PRIME)
}

#[derive(Default)]
struct Texts {
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl Texts {
    /// The processor's part: so many times FNV-1a over the request, and the reply.
    fn work(&mut self, passes: u64, row: u64) {
        let hash = (0..passes).fold(row, |hash, _| self.request.iter().fold(hash, step));
        write(&mut self.reply, hash);
    }
}

/* ---- a query: a connection of the pool, and one wait on it ---- */

#[derive(Default)]
struct Counts {
    checksum: AtomicU64,
    waits: AtomicU64,
    lent_most: AtomicUsize,
    bridged: AtomicU64,
    jobs: AtomicU64,
    jobs_elsewhere: AtomicU64,
    first_call_ns: AtomicU64,
}

pub fn add(count: &AtomicU64, n: u64) {
    count.fetch_add(n, Relaxed);
}

struct Shared {
    run: Run,
    workers: usize,
    passes: u64,
    wait: Duration,
    offload: bool, // the processor's part is a job
    connections: Semaphore,
    plain: Mutex<u64>, // the pool that threads block on: free connections
    given_back: Condvar,
    lent: AtomicUsize,
    counts: Counts,
}

/// That a connection is lent, for as long as this lives.
struct Lent<'a>(&'a Shared);

impl Shared {
    fn lend(&self) -> Lent<'_> {
        let now = self.lent.fetch_add(1, Relaxed) + 1;
        self.counts.lent_most.fetch_max(now, Relaxed);
        Lent(self)
    }

    fn job_runs(&self) {
        add(&self.counts.jobs_elsewhere, !on_worker() as u64);
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.0.lent.fetch_sub(1, Relaxed);
    }
}

async fn fetch(shared: &Shared, key: u64) -> u64 {
    if !mutant("skip-wait") {
        sleep(shared.wait).await;
        add(&shared.counts.waits, 1);
    }
    row_of(key)
}

async fn query(shared: &Shared, key: u64) -> u64 {
    let _permit = match mutant("no-pool") {
        true => None,
        false => Some(shared.connections.acquire().await.expect("nobody closes the pool")),
    };
    let _lent = shared.lend();
    fetch(shared, key).await
}

async fn look_up(shared: &Shared, key: u64) -> u64 {
    query(shared, key).await ^ key
}

// No function of the way down to a wait is inlined: a debugger is asked for them by name.

#[inline(never)]
fn fetch_blocking(shared: &Shared, key: u64) -> u64 {
    if !mutant("skip-wait") {
        thread::sleep(shared.wait);
        add(&shared.counts.waits, 1);
    }
    row_of(key)
}

#[inline(never)]
fn query_blocking(shared: &Shared, key: u64) -> u64 {
    if !mutant("no-pool") {
        let free = shared.plain.lock().unwrap();
        *shared.given_back.wait_while(free, |free| *free == 0).unwrap() -= 1;
    }
    let lent = shared.lend();
    let row = fetch_blocking(shared, key);
    drop(lent);
    if !mutant("no-pool") {
        *shared.plain.lock().unwrap() += 1;
        shared.given_back.notify_one();
    }
    row
}

/* ---- the clients ---- */

struct Client {
    shared: Arc<Shared>,
    index: usize,
    tally: Tally,
    random: Box<dyn FnMut() -> u64 + Send>,
    texts: Texts,
    runtime: Option<Handle>, // what its thread waits through
    start_ns: u64,
    checksum: u64,
}

impl Client {
    fn new(shared: &Arc<Shared>, index: usize, tally: Tally) -> Client {
        let run = shared.run;
        let bytes = run.param("bytes") as usize / FIELD_BYTES * FIELD_BYTES;
        Client {
            shared: shared.clone(),
            index,
            tally,
            random: Box::new(run.random(index as u64)),
            texts: Texts { request: vec![0; bytes], reply: vec![0; bytes] },
            runtime: None,
            start_ns: 0,
            checksum: 0,
        }
    }

    fn stopped(&self) -> bool {
        self.shared.run.stopped()
    }

    fn begin(&mut self) {
        self.start_ns = self.shared.run.now_ns();
        write(&mut self.texts.request, (self.random)());
    }

    fn counted(&mut self) {
        self.shared.run.record(self.index, self.shared.run.now_ns() - self.start_ns);
        self.tally.add(if mutant("count-twice") && self.tally.get() == 2 { 2 } else { 1 });
    }

    fn end(&mut self) {
        self.checksum += sum(&self.texts.reply);
        if mutant("lose-reply") && self.tally.get() == 1 {
            self.checksum = 0;
        }
        self.counted();
    }

    fn leaves(&self) {
        add(&self.shared.counts.checksum, self.checksum);
    }

    /* as a task */

    async fn answer(&mut self) {
        let row = look_up(&self.shared, sum(&self.texts.request)).await;
        if self.shared.offload {
            let (shared, mut texts) = (self.shared.clone(), mem::take(&mut self.texts));
            add(&shared.counts.jobs, 1);
            let job = spawn_blocking(move || {
                shared.job_runs();
                texts.work(shared.passes, row);
                texts
            });
            self.texts = job.await.expect("no job panics");
        } else {
            self.texts.work(self.shared.passes, row);
        }
    }

    async fn serve(&mut self) {
        self.begin();
        self.answer().await;
        self.end();
    }

    /* as a thread */

    #[inline(never)]
    fn look_up_blocking(&self, key: u64) -> u64 {
        let shared = &self.shared;
        let row = match &self.runtime {
            Some(runtime) => runtime.block_on(async {
                let row = query(shared, key).await;
                add(&shared.counts.bridged, 1);
                row
            }),
            None => query_blocking(shared, key),
        };
        row ^ key
    }

    #[inline(never)]
    fn answer_blocking(&mut self) {
        let row = self.look_up_blocking(sum(&self.texts.request));
        self.texts.work(self.shared.passes, row);
    }

    #[inline(never)]
    fn serve_blocking(&mut self) {
        self.begin();
        self.answer_blocking();
        self.end();
    }
}

/// `async-core`.
async fn serves(mut own: Client) {
    while {
        own.serve().await;
        !own.stopped()
    } {}
    own.leaves();
}

/// `offload`: an empty job, from a task and back.
async fn hands_over(mut own: Client) {
    while !own.stopped() {
        own.start_ns = own.shared.run.now_ns();
        if mutant("other-variant") {
            yield_now().await;
        } else {
            let shared = own.shared.clone();
            add(&shared.counts.jobs, 1);
            spawn_blocking(move || shared.job_runs()).await.expect("no job panics");
        }
        own.counted();
    }
}

/// `sync-core`, with a runtime to wait through, and `sync-only`, without.
fn serves_blocking(mut own: Client) {
    own.shared.run.pin_first(own.shared.workers);
    while {
        own.serve_blocking();
        !own.stopped()
    } {}
    own.leaves();
}

/// An empty task, from a thread and back.
fn call(runtime: &Handle, shared: &Arc<Shared>) {
    let shared = shared.clone();
    let task = runtime.spawn(async move { add(&shared.counts.bridged, on_worker() as u64) });
    runtime.block_on(task).expect("no task panics");
}

/// `block-on`: the first call is the one that starts the runtime.
fn calls(mut own: Client, start_ns: u64, runtime: &Handle) {
    let shared = own.shared.clone();
    call(runtime, &shared);
    shared.counts.first_call_ns.store(shared.run.now_ns() - start_ns, Relaxed);
    while !own.stopped() {
        own.start_ns = shared.run.now_ns();
        if !mutant("other-variant") {
            call(runtime, &shared);
        }
        own.counted();
    }
}

/* ---- the sample ---- */

fn join(run: Run, threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap_or_else(|payload| run.fail(&panic_text(&*payload)));
    }
}

async fn root_of_tasks(crew: Arc<Crew>, clients: Vec<Client>) {
    let spawn = |own: Client| match own.shared.run.is("offload") {
        true => task::spawn(crew.enters(Default::default(), hands_over(own))),
        false => task::spawn(crew.enters(Default::default(), serves(own))),
    };
    let tasks = clients.into_iter().map(spawn).collect();
    crew.open().await;
    crew.join(tasks).await;
}

/// Threads that call into the runtime, which has nothing else to do. Each drops its sender when it has ended.
async fn root_of_threads(crew: Arc<Crew>, run: Run, clients: Vec<Client>) {
    let start = |(index, mut own): (usize, Client)| {
        let (ended, end) = oneshot::channel::<()>();
        own.runtime = (!mutant("other-variant") || index > 0).then(Handle::current);
        let thread = thread::spawn(move || {
            let _ended = ended;
            serves_blocking(own);
        });
        (thread, end)
    };
    let (threads, ends): (Vec<_>, Vec<_>) = clients.into_iter().enumerate().map(start).unzip();
    crew.open().await;
    for end in ends {
        end.await.expect_err("nothing is ever sent");
    }
    join(run, threads);
}

/// The calling thread is there before the runtime is.
fn run_calls(run: Run, flavour: Flavour, own: Client) {
    let (lend, lent) = mpsc::channel();
    let (ended, end) = oneshot::channel::<()>();
    let workers = own.shared.workers;
    let caller = thread::spawn(move || {
        let _ended = ended;
        run.pin_first(workers);
        let (start_ns, runtime) = lent.recv().expect("the root sends it");
        calls(own, start_ns, &runtime);
    });
    let start_ns = run.now_ns();
    crew::run(run, flavour, 1, 0, true, move |crew| async move {
        lend.send((start_ns, Handle::current())).expect("the caller waits");
        crew.open().await;
        end.await.expect_err("nothing is ever sent");
    });
    join(run, vec![caller]);
}

fn run_plain(run: Run, clients: Vec<Client>) {
    run.knob("backend", "std::thread");
    let threads = clients.into_iter().map(|own| thread::spawn(|| serves_blocking(own))).collect();
    run.window();
    join(run, threads);
}

fn report(run: Run, counts: &Counts) {
    run.count("checksum", counts.checksum.load(Relaxed));
    run.count("waits", counts.waits.load(Relaxed));
    run.count("lent_most", counts.lent_most.load(Relaxed) as u64);
    run.count("bridged", counts.bridged.load(Relaxed));
    run.count("jobs", counts.jobs.load(Relaxed));
    run.count("jobs_elsewhere", counts.jobs_elsewhere.load(Relaxed));
    run.count("first_call_ns", counts.first_call_ns.load(Relaxed));
}

pub fn run(run: Run, flavour: Flavour) {
    if run.is("nested") || run.is("flat") {
        return bridge_nested::run(run, flavour);
    }
    let requests = !run.is("block-on") && !run.is("offload");
    let asked = if requests { run.param("workers") } else { 1 };
    if requests {
        crew::accept_workers(run, flavour, asked);
    }
    let connections = run.param("connections");
    let hands_over = run.is("offload") || (run.is("async-core") && run.param_is("cpu", "offload"));
    let shared = Arc::new(Shared {
        run,
        workers: asked as usize,
        passes: run.param("passes"),
        wait: Duration::from_millis(run.param("wait_ms")),
        offload: hands_over,
        connections: Semaphore::new(connections as usize),
        plain: Mutex::new(connections),
        given_back: Condvar::new(),
        lent: AtomicUsize::new(0),
        counts: Counts::default(),
    });
    let count = if requests { run.param("clients") as usize } else { 1 };
    let tallies = run.tallies(count);
    run.recorders(count);
    let client = |(index, &tally)| Client::new(&shared, index, tally);
    let mut clients: Vec<_> = tallies.iter().enumerate().map(client).collect();
    if run.is("sync-only") {
        run_plain(run, clients);
    } else if run.is("sync-core") {
        let root = move |crew| root_of_threads(crew, run, clients);
        crew::run(run, flavour, asked, 0, true, root);
    } else if run.is("block-on") {
        run_calls(run, flavour, clients.remove(0));
    } else {
        let blocking = hands_over.then(|| Blocking::of(run.param("blocking_threads") as usize));
        let root = move |crew| root_of_tasks(crew, clients);
        crew::run_offloading(run, flavour, asked, count, true, blocking, root);
    }
    report(run, &shared.counts);
}
