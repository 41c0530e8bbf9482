// SPDX-License-Identifier: MIT
//! The life of a sample's runtime: made, one gate for all tasks, joined, its threads counted.

use std::cell::Cell;
use std::future::Future;
use std::os::raw::c_int;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{self, mpsc, Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::sync::Barrier;
use tokio::task::{spawn, spawn_blocking, JoinError, JoinHandle};

use crate::count::{turns, Turns};
use crate::run::{panic_text, Run};

/// Which runtime a row is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// One thread runs everything.
    CurrentThread,
    /// As many workers as the sample asks for, each on a processor of its own.
    MultiThread,
    /// `Builder::new_multi_thread().enable_all().build()`, and nothing else.
    AsShipped,
}

impl Flavour {
    /// As rows.c numbers them.
    pub fn from_number(number: c_int) -> Flavour {
        match number {
            0 => Flavour::CurrentThread,
            1 => Flavour::MultiThread,
            _ => Flavour::AsShipped,
        }
    }
}

/// The runtime's blocking pool.
#[derive(Clone, Copy)]
pub struct Blocking {
    pub threads: usize,
    /// How long the runtime's shutdown waits for what they run; `None`: as long as it takes.
    pub bound: Option<Duration>,
}

impl Blocking {
    /// Of so many threads, which a shutdown waits for.
    pub fn of(threads: usize) -> Blocking {
        Blocking { threads, bound: None }
    }
}

thread_local! {
    #[allow(clippy::declare_interior_mutable_const)] // older versions take the initial value for one
    static WORKER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Which worker the calling thread is, if it runs tasks.
pub fn worker() -> Option<usize> {
    WORKER.with(Cell::get)
}

/// Does the calling thread run tasks? One of the blocking pool does not.
pub fn on_worker() -> bool {
    worker().is_some()
}

fn worker_begins(run: Run, index: usize, placed: bool) {
    WORKER.with(|worker| worker.set(Some(index)));
    run.thread_begin(index, placed);
}

fn worker_ends(run: Run) {
    if WORKER.with(Cell::take).is_some() {
        run.thread_end();
    }
}

/// Threads of the blocking pool start through the same hook, after the `workers` workers. They would inherit the
/// one processor of a worker that starts them.
fn runtime(run: Run, flavour: Flavour, workers: usize, blocking: Option<Blocking>) -> Runtime {
    let expected = if flavour == Flavour::CurrentThread { 0 } else { workers };
    let started = AtomicUsize::new(0);
    let mut builder = match flavour {
        Flavour::CurrentThread => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if flavour == Flavour::MultiThread {
        builder.worker_threads(workers);
    }
    if let Some(Blocking { threads, .. }) = blocking {
        builder.max_blocking_threads(threads);
    }
    builder
        .enable_all()
        .on_thread_start(move || {
            let index = started.fetch_add(1, Relaxed);
            if index < expected {
                worker_begins(run, index, flavour == Flavour::MultiThread);
            } else {
                run.unpin();
            }
        })
        .on_thread_stop(move || worker_ends(run));
    builder.build().unwrap_or_else(|error| run.fail(&format!("no runtime: {error}")))
}

/// Starts all `threads` threads of the blocking pool, which are idle when this returns: each has met the others.
/// Workers come first, from the same pool of threads: each has run a task, so that none is still on its way.
async fn start_blocking(run: Run, workers: usize, threads: usize) {
    let met = Arc::new(sync::Barrier::new(workers));
    let meet = |met: Arc<sync::Barrier>| spawn(async move { met.wait().is_leader() });
    let all = try_join_all((0..workers).map(|_| meet(met.clone()))).await;
    all.unwrap_or_else(|error| run.fail(&error_text(error)));
    let met = Arc::new(sync::Barrier::new(threads));
    let meet = |met: Arc<sync::Barrier>| spawn_blocking(move || met.wait().is_leader());
    let all = try_join_all((0..threads).map(|_| meet(met.clone()))).await;
    all.unwrap_or_else(|error| run.fail(&error_text(error)));
    run.knob("blocking_threads", &threads.to_string());
}

/// What really runs, as the runtime itself says; another flavour than the row's fails the sample.
fn record_backend(run: Run, flavour: Flavour, workers: usize) {
    let (word, right) = match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => ("current_thread", flavour == Flavour::CurrentThread),
        RuntimeFlavor::MultiThread => ("multi_thread", flavour != Flavour::CurrentThread),
        _ => ("unknown", false),
    };
    if !right {
        run.fail(&format!("the runtime is {word}, which is not the row's"));
    }
    run.knob("backend", &format!("tokio {word}"));
    run.knob("workers", &workers.to_string());
}

/// The tasks of one sample, and the gate at which they wait for each other.
pub struct Crew {
    run: Run,
    gate: Arc<Barrier>,
    opened: mpsc::SyncSender<()>,
    turns: Arc<Mutex<Vec<Arc<Turns>>>>,
}

impl Crew {
    /// `task` behind the gate, its turns counted: to be spawned.
    pub fn enters<F: Future>(&self, counts: Arc<Turns>, task: F) -> impl Future<Output = F::Output> {
        let gate = self.gate.clone();
        self.turns.lock().unwrap().push(counts.clone());
        let behind = async move {
            gate.wait().await;
            task.await
        };
        turns(behind, counts)
    }

    /// All tasks that the crew was made for are spawned: start them, and the window.
    pub async fn open(&self) {
        self.gate.wait().await;
        self.opened.send(()).expect("the measuring thread waits");
    }

    /// Waits for all of them; the first one that panics fails the sample.
    pub async fn join<T>(&self, tasks: Vec<JoinHandle<T>>) -> Vec<T> {
        try_join_all(tasks).await.unwrap_or_else(|error| self.run.fail(&error_text(error)))
    }
}

pub fn error_text(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => panic_text(&*payload),
        Err(error) => error.to_string(),
    }
}

/// How many processors the process may use.
fn processors(run: Run) -> usize {
    let number = thread::available_parallelism();
    number.unwrap_or_else(|error| run.fail(&format!("the number of processors: {error}"))).get()
}

/// How many workers the sample's runtime has: `asked` where that can be chosen.
pub fn workers_of(run: Run, flavour: Flavour, asked: u64) -> usize {
    match flavour {
        Flavour::CurrentThread => 1,
        Flavour::MultiThread => asked as usize,
        Flavour::AsShipped => processors(run),
    }
}

/// As shipped the number of workers cannot be chosen: asked for another one, the sample is skipped.
pub fn accept_workers(run: Run, flavour: Flavour, asked: u64) {
    if flavour == Flavour::AsShipped && asked as usize != processors(run) {
        run.skip("as shipped it has a worker per processor, not as many as asked for");
    }
}

/// Waits for the workers, and for blocking work that runs, unless that is bounded.
fn shut_down(run: Run, runtime: Runtime, blocking: Option<Blocking>) {
    match blocking.and_then(|blocking| blocking.bound) {
        Some(bound) => {
            run.leave_threads();
            runtime.shutdown_timeout(bound);
        }
        None => drop(runtime),
    }
}

/// The whole life of a runtime, on the calling thread, which waits for `root`.
pub fn host(
    run: Run,
    flavour: Flavour,
    workers: usize,
    blocking: Option<Blocking>,
    root: impl Future<Output = ()>,
) {
    if flavour == Flavour::CurrentThread {
        worker_begins(run, 0, true);
    }
    let runtime = runtime(run, flavour, workers, blocking);
    runtime.block_on(async {
        record_backend(run, flavour, workers);
        if let Some(Blocking { threads, .. }) = blocking {
            start_blocking(run, workers, threads).await;
        }
        root.await;
    });
    shut_down(run, runtime, blocking);
    worker_ends(run);
}

/// Runs `root`, which spawns `tasks` tasks, opens the gate and joins them, on a runtime of the row's flavour.
/// The runtime has a thread of its own; the calling one measures when the sample has a window.
pub fn run<R, F>(run: Run, flavour: Flavour, asked: u64, tasks: usize, window: bool, root: R)
where
    R: FnOnce(Arc<Crew>) -> F + Send + 'static,
    F: Future<Output = ()>,
{
    run_offloading(run, flavour, asked, tasks, window, None, root);
}

/// The same, on a runtime with such a blocking pool.
pub fn run_offloading<R, F>(
    run: Run,
    flavour: Flavour,
    asked: u64,
    tasks: usize,
    window: bool,
    blocking: Option<Blocking>,
    root: R,
) where
    R: FnOnce(Arc<Crew>) -> F + Send + 'static,
    F: Future<Output = ()>,
{
    let workers = workers_of(run, flavour, asked);
    let (opened, opening) = mpsc::sync_channel(1);
    let counted = Arc::new(Mutex::new(Vec::new()));
    let crew =
        Arc::new(Crew { run, gate: Arc::new(Barrier::new(tasks + 1)), opened, turns: counted.clone() });
    let host = move || host(run, flavour, workers, blocking, async { root(crew).await });
    let host = thread::Builder::new().name("tokio-host".into()).spawn(host);
    let host = host.unwrap_or_else(|error| run.fail(&format!("no thread: {error}")));
    if opening.recv().is_ok() && window {
        run.window();
    }
    host.join().unwrap_or_else(|payload| run.fail(&panic_text(&*payload)));
    report(run, &counted.lock().unwrap());
}

fn report(run: Run, turns: &[Arc<Turns>]) {
    run.count("steps", turns.iter().map(|t| t.steps.get()).sum());
    run.count("moves", turns.iter().map(|t| t.moves.get()).sum());
    run.count("context_switches", run.thread_switches());
}
