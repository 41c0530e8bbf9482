// SPDX-License-Identifier: MIT
//! Variants `nested` and `flat` of workload `bridge`: jobs of the blocking pool that need other jobs of the same pool.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};

use tokio::runtime::Handle;
use tokio::task::{self, spawn_blocking, JoinHandle};

use crate::bridge::add;
use crate::count::mutant;
use crate::crew::{self, Blocking, Crew, Flavour};
use crate::run::{Run, Tally};

#[derive(Default)]
struct Nest {
    waits: bool, // an outer job waits for its inner one
    threads: usize,
    arrivals: usize, // that open the gate
    arrived: Mutex<usize>,
    arrival: Condvar,
    holding: AtomicUsize, // outer jobs that wait
    behind: AtomicUsize,  // inner ones that have not begun
    jobs: AtomicU64,
    outer: AtomicU64,
    inner: AtomicU64,
    waited: AtomicU64,
}

fn inner(nest: &Nest) {
    nest.behind.fetch_sub(1, Relaxed);
    add(&nest.inner, 1);
}

fn start_inner(nest: &Arc<Nest>) -> JoinHandle<()> {
    let nest = nest.clone();
    nest.behind.fetch_add(1, Relaxed);
    add(&nest.jobs, 1);
    spawn_blocking(move || inner(&nest))
}

/// All threads of the pool that can be taken are before the first inner job is asked for.
fn pass_gate(nest: &Nest) {
    let mut arrived = nest.arrived.lock().unwrap();
    *arrived += 1;
    nest.arrival.notify_all();
    drop(nest.arrival.wait_while(arrived, |arrived| *arrived < nest.arrivals).unwrap());
}

fn outer(nest: &Arc<Nest>) {
    add(&nest.outer, 1);
    pass_gate(nest);
    if nest.waits {
        nest.holding.fetch_add(1, Relaxed);
        Handle::current().block_on(start_inner(nest)).expect("no job panics");
        nest.holding.fetch_sub(1, Relaxed);
        add(&nest.waited, 1);
    }
}

async fn pair(nest: Arc<Nest>, tally: Tally) {
    let job = nest.clone();
    add(&nest.jobs, 1);
    spawn_blocking(move || outer(&job)).await.expect("no job panics");
    if !nest.waits {
        start_inner(&nest).await.expect("no job panics");
    }
    tally.add(1);
}

fn explanation(nest: &Nest) -> String {
    let (holding, behind) = (nest.holding.load(Relaxed), nest.behind.load(Relaxed));
    let all = if holding == nest.threads { "all " } else { "" };
    format!(
        "{holding} jobs hold {all}{holding} threads of the pool and wait for jobs behind them, of which {behind} \
         have not begun"
    )
}

async fn root(crew: Arc<Crew>, nest: Arc<Nest>, tallies: Vec<Tally>) {
    let spawn = |tally| task::spawn(crew.enters(Default::default(), pair(nest.clone(), tally)));
    let tasks = tallies.into_iter().map(spawn).collect();
    crew.open().await;
    crew.join(tasks).await;
}

pub fn run(run: Run, flavour: Flavour) {
    let (jobs, threads) = (run.param("nested_jobs") as usize, run.param("blocking_threads") as usize);
    let waits = run.is("nested") != mutant("other-variant");
    let nest = Arc::new(Nest { waits, threads, arrivals: jobs.min(threads), ..Nest::default() });
    let tallies = run.tallies(jobs);
    let (explained, shared) = (nest.clone(), nest.clone());
    let _explained = run.explain(move || explanation(&explained));
    let blocking = Some(Blocking::of(threads));
    crew::run_offloading(run, flavour, 1, jobs, false, blocking, move |crew| root(crew, shared, tallies));
    run.count("jobs", nest.jobs.load(Relaxed));
    run.count("outer_jobs", nest.outer.load(Relaxed));
    run.count("inner_jobs", nest.inner.load(Relaxed));
    run.count("waited_in_job", nest.waited.load(Relaxed));
}
