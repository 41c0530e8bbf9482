// SPDX-License-Identifier: MIT
//! Workload `cancel-leak`: a counter that is raised before a task and lowered by it, when the task is cancelled.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;

use scopeguard::{defer, guard};
use tokio::task::{self, yield_now, JoinHandle};
use tokio::time::{sleep, sleep_until, timeout_at, Instant};

use crate::count::mutant;
use crate::crew::{self, error_text, Crew, Flavour};
use crate::run::{Run, Tally};

const WORK: Duration = Duration::from_millis(1);
const OUTLIVE: Duration = Duration::from_secs(60);
/// The parent's and the tickers' period.
const LOOK: Duration = Duration::from_millis(1);
const SECTIONS_PER_TURN: u64 = 1024;

/* ---- what parent and children share ---- */

/// How a child's counter is lowered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lowering {
    AtTheEnd,
    Guarded,
    Deferred,
}

struct Shared {
    run: Run,
    tasks: u64,
    timeout: Duration,
    wait: Duration,
    lowering: Lowering,
    raises_inside: bool,
    panics: bool,
    counter: AtomicU64, // what is raised and lowered
    raised: AtomicU64,
    lowered: AtomicU64,
    cleanups: AtomicU64,
    found_lowered: AtomicU64, // when the timeout went on
    returned: AtomicBool,
    unfinished_at_return: AtomicU64,
    stop: AtomicBool, // tickers end
}

impl Shared {
    fn new(run: Run, lowering: Lowering) -> Arc<Shared> {
        Arc::new(Shared {
            run,
            tasks: run.param("tasks"),
            timeout: Duration::from_millis(run.param("timeout_ms")),
            wait: Duration::from_millis(run.param("parent_wait_ms")),
            lowering,
            raises_inside: run.is("as-written") && !mutant("other-variant"),
            panics: run.is("panicked") && !mutant("other-variant"),
            counter: AtomicU64::new(0),
            raised: AtomicU64::new(0),
            lowered: AtomicU64::new(0),
            cleanups: AtomicU64::new(0),
            found_lowered: AtomicU64::new(0),
            returned: AtomicBool::new(false),
            unfinished_at_return: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        })
    }

    fn raise(&self) {
        self.raised.fetch_add(1, SeqCst);
        self.counter.fetch_add(1, SeqCst);
    }

    fn lower(&self) {
        let first = self.lowered.fetch_add(1, SeqCst) == 0;
        self.counter.fetch_sub(1, SeqCst);
        if mutant("lower-twice") && first {
            self.counter.fetch_sub(1, SeqCst);
        }
    }
}

/// One child, as its timeout sees it.
struct Child<'a> {
    shared: &'a Shared,
    outlives: bool, // its timeout, as planned
    begun: Instant,
    lowered: AtomicBool,
}

impl Child<'_> {
    fn lower(&self) {
        self.lowered.store(true, SeqCst);
        self.shared.lower();
    }

    /// What the guard does.
    fn clean_up(&self) {
        self.shared.cleanups.fetch_add(1, SeqCst);
        self.lower();
    }

    /// The work. Its deadline counts from the same moment as the timeout's: the earlier one is always seen first.
    async fn works(&self) {
        let panics = self.outlives && self.shared.panics;
        let length = if self.outlives && !panics { OUTLIVE } else { WORK };
        sleep_until(self.begun + length).await;
        if panics {
            resume_unwind(Box::new("made up")); // as panic!, but for its message on the terminal
        }
    }

    async fn runs(&self) {
        if self.shared.raises_inside {
            self.shared.raise();
        }
        match self.shared.lowering {
            Lowering::AtTheEnd => {
                self.works().await;
                self.lower();
            }
            Lowering::Guarded => {
                let _guard = guard((), |()| self.clean_up());
                self.works().await;
            }
            Lowering::Deferred => {
                defer! { self.clean_up() }
                self.works().await;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Finished,
    Cancelled,
    CancelledLate, // before its time: it was not planned to outlive its timeout
}

/// A child under its timeout, which goes on when the child has been dropped.
async fn under_timeout(shared: Arc<Shared>, outlives: bool, begun: Instant) -> End {
    let child = Child { shared: &shared, outlives, begun, lowered: AtomicBool::new(false) };
    let patience = if mutant("no-cancel") { OUTLIVE } else { shared.timeout };
    let result = timeout_at(begun + patience, child.runs()).await;
    shared.found_lowered.fetch_add(child.lowered.load(SeqCst) as u64, SeqCst);
    match result {
        Ok(()) => End::Finished,
        Err(_) if outlives => End::Cancelled,
        Err(_) => End::CancelledLate,
    }
}

/// Exactly the share that was asked for, drawn from all with the same chance (Knuth, TAOCP 2, algorithm S).
fn plan(run: Run) -> Vec<bool> {
    let tasks = run.param("tasks");
    let mut random = run.random(0);
    let mut wanted = tasks * run.param("outlive_percent") / 100;
    let draw = |i| {
        let drawn = random() % (tasks - i) < wanted;
        wanted -= drawn as u64;
        drawn
    };
    (0..tasks).map(draw).collect()
}

/* ---- the parent ---- */

/// Raises, spawns, and returns when the counter is 0; and gives up after a time in which nothing was left that could
/// lower it, so that a busy machine cannot make it give up too early.
async fn parent(shared: Arc<Shared>, plan: Vec<bool>) -> Vec<JoinHandle<End>> {
    let spawn = |outlives| {
        let begun = Instant::now();
        if !shared.raises_inside {
            shared.raise();
        }
        task::spawn(under_timeout(shared.clone(), outlives, begun))
    };
    let tasks: Vec<JoinHandle<End>> = plan.into_iter().map(spawn).collect();
    let mut hopeless_since = None;
    loop {
        let hope = !tasks.iter().all(JoinHandle::is_finished);
        if shared.counter.load(SeqCst) == 0 {
            shared.returned.store(true, SeqCst);
            shared.unfinished_at_return.store(shared.tasks - shared.lowered.load(SeqCst), SeqCst);
            break;
        }
        if !hope && hopeless_since.get_or_insert_with(Instant::now).elapsed() >= shared.wait {
            break;
        }
        sleep(LOOK).await;
    }
    tasks
}

/// How the children ended.
#[derive(Default)]
struct Ends {
    planned: u64,
    finished: u64,
    cancelled: u64,
    late: u64,
    panics: u64,
}

/// Runs parent and children to their end.
async fn leak(crew: &Crew, shared: &Arc<Shared>) -> Ends {
    let plan = plan(shared.run);
    let mut ends =
        Ends { planned: plan.iter().filter(|outlives| **outlives).count() as u64, ..Ends::default() };
    let parent = task::spawn(parent(shared.clone(), plan));
    for child in crew.join(vec![parent]).await.remove(0) {
        match child.await {
            Ok(End::Finished) => ends.finished += 1,
            Ok(End::Cancelled) => ends.cancelled += 1,
            Ok(End::CancelledLate) => {
                ends.cancelled += 1;
                ends.late += 1;
            }
            Err(error) if shared.panics && error.is_panic() => ends.panics += 1,
            Err(error) => shared.run.fail(&error_text(error)),
        }
    }
    ends
}

/* ---- handles ---- */

async fn ticker(shared: Arc<Shared>, ticks: Arc<AtomicU64>) {
    let child =
        Child { shared: &shared, outlives: true, begun: Instant::now(), lowered: AtomicBool::new(false) };
    let _guard = guard((), |()| child.clean_up());
    while !shared.stop.load(SeqCst) {
        sleep(LOOK).await;
        ticks.fetch_add(1, SeqCst);
    }
}

/// Sleeps until each of them has ticked since `seen`.
async fn have_ticked(ticks: &[Arc<AtomicU64>], seen: &[u64]) {
    while ticks.iter().zip(seen).any(|(ticks, seen)| ticks.load(SeqCst) == *seen) {
        sleep(LOOK).await;
    }
}

/// How the tasks whose handles were given up ended, and what they did before.
#[derive(Default)]
struct Watched {
    cancelled: u64,
    alive: u64,
    ticks_grown: u64,
}

async fn parent_of_handles(shared: Arc<Shared>, aborts: bool) -> Watched {
    let mut watched = Watched::default();
    let ticks: Vec<Arc<AtomicU64>> = (0..shared.tasks).map(|_| Default::default()).collect();
    let spawn = |ticks: &Arc<AtomicU64>| {
        shared.raise();
        task::spawn(ticker(shared.clone(), ticks.clone()))
    };
    let tasks: Vec<JoinHandle<()>> = ticks.iter().map(spawn).collect();
    have_ticked(&ticks, &vec![0; ticks.len()]).await;
    if aborts {
        tasks.iter().for_each(JoinHandle::abort);
        for task in tasks {
            let end = task.await;
            watched.cancelled += end.map_or_else(|error| error.is_cancelled(), |()| false) as u64;
        }
    } else {
        drop(tasks);
    }
    let seen: Vec<u64> = ticks.iter().map(|ticks| ticks.load(SeqCst)).collect();
    sleep(shared.wait).await;
    if !aborts {
        have_ticked(&ticks, &seen).await; // however busy the machine is
    }
    watched.alive = shared.counter.load(SeqCst);
    watched.ticks_grown = ticks.iter().zip(&seen).map(|(ticks, seen)| ticks.load(SeqCst) - seen).sum();
    shared.stop.store(true, SeqCst); // the sample's end: the tasks that are left end, too
    while shared.counter.load(SeqCst) > 0 {
        sleep(LOOK).await;
    }
    watched
}

/* ---- the price: a section with or without a guard ---- */

struct Section {
    run: Run,
    tally: Tally,
    counter: AtomicU64,
}

impl Section {
    fn lower(&self) {
        if !mutant("lose-lower") || self.tally.get() % 1000 != 0 {
            self.counter.fetch_sub(1, SeqCst);
        }
    }

    fn works(&self, random: &mut impl FnMut() -> u64) {
        random(); // a call, as the wait would be that it stands for
        self.tally.add(1);
    }
}

async fn sections<const GUARDED: bool>(section: Arc<Section>) {
    let mut random = section.run.random(1);
    loop {
        for _ in 0..SECTIONS_PER_TURN {
            if section.run.stopped() {
                return;
            }
            section.counter.fetch_add(1, SeqCst);
            if GUARDED {
                let _guard = guard((), |()| section.lower());
                section.works(&mut random);
            } else {
                section.works(&mut random);
                section.lower();
            }
        }
        yield_now().await;
    }
}

/* ---- the sample ---- */

fn lowering_of(run: Run) -> Lowering {
    let guarded = !run.is("unguarded") && !run.is("panicked");
    match guarded != (mutant("other-variant") && !run.is("as-written")) {
        _ if mutant("no-guard") => Lowering::AtTheEnd,
        true if run.is("deferred") => Lowering::Deferred,
        true => Lowering::Guarded,
        false => Lowering::AtTheEnd,
    }
}

async fn root(crew: Arc<Crew>, shared: Arc<Shared>, section: Arc<Section>) {
    let run = shared.run;
    if run.is("dropped-handle") || run.is("aborted") {
        let aborts = run.is("aborted") != mutant("other-variant");
        let parent = task::spawn(parent_of_handles(shared.clone(), aborts));
        crew.join(vec![parent]).await[0].report(&shared);
    } else {
        leak(&crew, &shared).await.report(&shared);
    }
    if run.is("panicked") {
        let healed = Shared::new(run, Lowering::Guarded);
        let ends = leak(&crew, &healed).await;
        run.count("healed_panics", ends.panics);
        run.count("healed_left_over", healed.counter.load(SeqCst));
        run.count("healed_cleanups", healed.cleanups.load(SeqCst));
    }
    if has_window(run) {
        let sections = match shared.lowering {
            Lowering::AtTheEnd => task::spawn(crew.enters(Default::default(), sections::<false>(section))),
            _ => task::spawn(crew.enters(Default::default(), sections::<true>(section))),
        };
        crew.open().await;
        crew.join(vec![sections]).await;
    }
}

impl Ends {
    fn report(&self, shared: &Shared) {
        let run = shared.run;
        run.count("planned", self.planned);
        run.count("cancelled_late", self.late);
        run.count("panics", self.panics);
        run.count("found_lowered", shared.found_lowered.load(SeqCst));
        run.count("parent_returned", shared.returned.load(SeqCst) as u64);
        run.count("unfinished_at_return", shared.unfinished_at_return.load(SeqCst));
        shared.report(self.finished, self.cancelled);
    }
}

impl Watched {
    fn report(&self, shared: &Shared) {
        shared.run.count("alive", self.alive);
        shared.run.count("ticks_grown", self.ticks_grown);
        shared.report(shared.tasks - self.cancelled, self.cancelled);
    }
}

impl Shared {
    fn report(&self, finished: u64, cancelled: u64) {
        self.run.count("finished", finished);
        self.run.count("cancelled", cancelled);
        self.run.count("raised", self.raised.load(SeqCst));
        self.run.count("lowered", self.lowered.load(SeqCst));
        self.run.count("cleanups", self.cleanups.load(SeqCst));
        self.run.count("left_over", self.counter.load(SeqCst));
    }
}

/// A window follows, in which sections are priced.
fn has_window(run: Run) -> bool {
    run.is("guarded") || run.is("unguarded")
}

pub fn run(run: Run, flavour: Flavour) {
    let workers = if run.is("as-written") { 1 } else { run.param("workers") };
    if has_window(run) {
        crew::accept_workers(run, flavour, workers);
    }
    let shared = Shared::new(run, lowering_of(run));
    let section = Arc::new(Section { run, tally: run.tallies(1)[0], counter: AtomicU64::new(0) });
    let (window, priced) = (has_window(run), section.clone());
    crew::run(run, flavour, workers, window as usize, window, move |crew| root(crew, shared, section));
    run.count("sections", priced.tally.get());
    run.count("section_left", priced.counter.load(SeqCst));
}
