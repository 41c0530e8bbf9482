// SPDX-License-Identifier: MIT
//! Workload `fan-out`: a map over an array that only computes, by threads, rayon, the blocking pool or tasks.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::task::{self, spawn_blocking, yield_now, JoinHandle};

use crate::count::{mutant, Counter};
use crate::crew::{self, error_text, on_worker, Blocking, Crew, Flavour};
use crate::run::{self, panic_text, Run, Tally};

/// One item in so many is heavy and takes eight times the mean: all of them half of the work.
const HEAVY_ONE_IN: u64 = 16;
const HEAVY_TIMES: u64 = 8;
/// Items, for the window's edges to see a map under way.
const COUNT_EVERY: u64 = 16;

/* ---- the array ---- */

struct Item {
    seed: u64,
    steps: u64,
}

/// The heavy ones stand next to each other.
fn skew(items: &mut [Item], item_steps: u64, mut random: impl FnMut() -> u64) {
    let heavy = items.len() as u64 / HEAVY_ONE_IN;
    let first = random() % (items.len() as u64 - heavy + 1);
    for (item, index) in items.iter_mut().zip(0..) {
        let is_heavy = (first..first + heavy).contains(&index);
        item.steps = item_steps * HEAVY_TIMES / if is_heavy { 1 } else { HEAVY_ONE_IN - 1 };
    }
}

fn items(run: Run) -> Vec<Item> {
    let item_steps = run.param("item_steps");
    let mut random = run.random(0);
    let mut items: Vec<Item> =
        (0..run.param("items")).map(|_| Item { seed: random(), steps: item_steps }).collect();
    if run.param_is("skew", "skewed") {
        skew(&mut items, item_steps, random);
    }
    items
}

/* ---- who works ---- */

/// Of each thread that works parts at a time: it alone counts here.
#[repr(align(128))]
struct Lane {
    tally: Tally,
    steps: Counter, // in the map that is under way
    parts: Counter,
    parts_on_workers: Counter,
    parts_on_rayon: Counter,
}

/// What all maps came to. The caller's alone.
#[derive(Default)]
struct Totals {
    maps: u64,
    checksum: u64,
    steps: u64,
    most_steps: u64, // of the busiest thread of each map
    cpu_ns: u64,
}

struct Map {
    run: Run,
    items: Vec<Item>,
    lanes: Vec<Lane>,
    threads: AtomicUsize,    // that have worked parts, all told
    processors: AtomicUsize, // that each of them may use, at least
    threads_made: AtomicUsize,
    jobs: AtomicUsize,
    task_parts: AtomicUsize,
    totals: Mutex<Totals>,
}

impl Map {
    fn new(run: Run, lanes: usize) -> Map {
        let lane = |tally| Lane {
            tally,
            steps: Counter::default(),
            parts: Counter::default(),
            parts_on_workers: Counter::default(),
            parts_on_rayon: Counter::default(),
        };
        Map {
            run,
            items: items(run),
            lanes: run.tallies(lanes).into_iter().map(lane).collect(),
            threads: AtomicUsize::new(0),
            processors: AtomicUsize::new(usize::MAX),
            threads_made: AtomicUsize::new(0),
            jobs: AtomicUsize::new(0),
            task_parts: AtomicUsize::new(0),
            totals: Mutex::default(),
        }
    }

    /// Threads take lanes in the order in which they come. Those that live as long as a map come anew in each, as
    /// many as there are lanes, when those of the map before have ended.
    fn lane(&self) -> &Lane {
        thread_local! {
            #[allow(clippy::declare_interior_mutable_const)] // older versions take the initial value for one
            static HERE: Cell<Option<usize>> = const { Cell::new(None) };
        }
        let index = HERE.with(Cell::get).unwrap_or_else(|| {
            if mutant("pinned") {
                self.run.pin();
            }
            self.processors.fetch_min(self.run.processors(), Relaxed);
            let index = self.threads.fetch_add(1, Relaxed) % self.lanes.len();
            HERE.with(|here| here.set(Some(index)));
            index
        });
        &self.lanes[index]
    }

    /// Part `index` of so many.
    fn part(&self, index: usize, parts: usize) -> &[Item] {
        &self.items[self.items.len() * index / parts..self.items.len() * (index + 1) / parts]
    }

    /// Works part `index` on the calling thread.
    fn work(&self, index: usize, parts: usize) -> u64 {
        self.part(index, parts).iter().fold(Part::begin(self), Part::with).end()
    }

    fn begins(&self) {
        self.totals.lock().unwrap().cpu_ns = self.run.cpu_ns();
    }

    /// One map is complete. Is there another one?
    fn goes_on(&self, checksum: u64) -> bool {
        let totals = &mut *self.totals.lock().unwrap();
        totals.maps += 1;
        totals.checksum = totals.checksum.wrapping_add(checksum);
        totals.steps += self.lanes.iter().map(|lane| lane.steps.get()).sum::<u64>();
        totals.most_steps += self.lanes.iter().map(|lane| lane.steps.get()).max().unwrap_or(0);
        self.lanes.iter().for_each(|lane| lane.steps.set(0));
        let stopped = self.run.stopped();
        if stopped {
            totals.cpu_ns = self.run.cpu_ns() - totals.cpu_ns;
        }
        !stopped
    }

    fn report(&self) {
        let (run, totals) = (self.run, self.totals.lock().unwrap());
        run.count("maps", totals.maps);
        run.count("checksum", totals.checksum);
        run.count("steps_worked", totals.steps);
        run.count("steps_of_busiest", totals.most_steps);
        run.count("parts", self.lanes.iter().map(|lane| lane.parts.get()).sum());
        run.count("parts_on_workers", self.lanes.iter().map(|lane| lane.parts_on_workers.get()).sum());
        run.count("parts_on_rayon", self.lanes.iter().map(|lane| lane.parts_on_rayon.get()).sum());
        run.count("threads", self.threads.load(Relaxed) as u64);
        run.count("processors", self.processors.load(Relaxed) as u64);
        run.count("threads_made", self.threads_made.load(Relaxed) as u64);
        run.count("jobs", self.jobs.load(Relaxed) as u64);
        run.count("task_parts", self.task_parts.load(Relaxed) as u64);
        run.count("cpu_ns", totals.cpu_ns);
    }
}

/// Some items next to each other, under way on one thread.
struct Part<'a> {
    lane: &'a Lane,
    checksum: u64,
    steps: u64,
    uncounted: u64,
}

impl<'a> Part<'a> {
    fn begin(map: &'a Map) -> Part<'a> {
        Part { lane: map.lane(), checksum: 0, steps: 0, uncounted: 0 }
    }

    fn with(mut self, item: &Item) -> Part<'a> {
        self.checksum += run::work(item.seed, item.steps) >> 32;
        self.steps += item.steps;
        self.uncounted += 1;
        if self.uncounted == COUNT_EVERY {
            self.lane.tally.add(self.uncounted);
            self.uncounted = 0;
        }
        self
    }

    fn end(self) -> u64 {
        let lane = self.lane;
        lane.tally.add(self.uncounted);
        lane.steps.add(self.steps);
        lane.parts.add(1);
        lane.parts_on_workers.add(on_worker() as u64);
        lane.parts_on_rayon.add(rayon::current_thread_index().is_some() as u64);
        if mutant("count-twice") && lane.parts.get() == 1 {
            lane.tally.add(1);
        }
        if mutant("lose-part") && lane.parts.get() == 1 {
            return 0;
        }
        self.checksum
    }
}

/* ---- the variants ---- */

fn serial(map: &Map) -> u64 {
    map.work(0, 1)
}

/// The array is borrowed: the scope sees to it that no thread outlives the call.
fn scoped_threads(map: &Map, threads: usize) -> u64 {
    map.threads_made.fetch_add(threads, Relaxed);
    if mutant("run-serially") {
        return (0..threads).map(|index| map.work(index, threads)).sum();
    }
    thread::scope(|scope| {
        #[allow(clippy::needless_collect)] // all of them begin before the first is waited for
        let handles: Vec<_> =
            (0..threads).map(|index| scope.spawn(move || map.work(index, threads))).collect();
        handles.into_iter().map(|handle| handle.join().expect("no thread panics")).sum()
    })
}

/// As many parts as rayon likes.
fn rayon(map: &Map, pool: &ThreadPool) -> u64 {
    if mutant("run-serially") {
        return map.work(0, 1);
    }
    pool.install(|| map.items.par_iter().fold(|| Part::begin(map), Part::with).map(Part::end).sum())
}

/// One after the other, so that each is looked at twice at most, and not at each end of another one.
async fn joined(run: Run, handles: Vec<JoinHandle<u64>>) -> u64 {
    let mut checksum = 0;
    for handle in handles {
        checksum += handle.await.unwrap_or_else(|error| run.fail(&error_text(error)));
    }
    checksum
}

/// The array must live as long as any of the jobs: `'static`, by an Arc.
async fn offload_pool(map: &Arc<Map>, chunks: usize) -> u64 {
    let job = |index| {
        let map = map.clone();
        let early = mutant("run-serially").then(|| map.work(index, chunks));
        spawn_blocking(move || {
            map.jobs.fetch_add(1, Relaxed);
            early.unwrap_or_else(|| map.work(index, chunks))
        })
    };
    joined(map.run, (0..chunks).map(job).collect()).await
}

/// So must it for tasks, which run on the runtime's own workers.
async fn tasks(map: &Arc<Map>, chunks: usize) -> u64 {
    if mutant("run-serially") {
        yield_now().await; // the window has to be opened
        return (0..chunks).map(|index| map.work(index, chunks)).sum();
    }
    let part = |index| {
        let map = map.clone();
        task::spawn(async move {
            map.task_parts.fetch_add(1, Relaxed);
            map.work(index, chunks)
        })
    };
    joined(map.run, (0..chunks).map(part).collect()).await
}

/* ---- the sample ---- */

/// The calling thread measures, so that another one maps.
fn run_plain(map: &Map, body: impl Fn() -> u64 + Sync) {
    thread::scope(|scope| {
        let caller = scope.spawn(|| {
            map.begins();
            while map.goes_on(body()) {}
        });
        map.run.window();
        caller.join().unwrap_or_else(|payload| map.run.fail(&panic_text(&*payload)));
    });
}

/// The threads of the pool have met: all are there, and none is on its way.
fn rayon_pool(run: Run, threads: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.unwrap_or_else(|error| run.fail(&format!("no pool: {}", error)));
    pool.broadcast(|_| ());
    pool
}

async fn root(crew: Arc<Crew>, map: Arc<Map>, offloads: bool) {
    let chunks = map.run.param("chunks") as usize;
    let maps = async move {
        map.begins();
        loop {
            let checksum =
                if offloads { offload_pool(&map, chunks).await } else { tasks(&map, chunks).await };
            if !map.goes_on(checksum) {
                break;
            }
        }
    };
    let task = task::spawn(crew.enters(Default::default(), maps));
    crew.open().await;
    crew.join(vec![task]).await;
}

/// The number of threads that work at a time, as the variant's own parameter says.
fn lanes(run: Run) -> usize {
    match (run.is("serial"), run.is("tasks")) {
        (true, _) => 1,
        (false, true) => run.param("workers") as usize,
        (false, false) => run.param("threads") as usize,
    }
}

pub fn run(run: Run, flavour: Flavour) {
    let lanes = lanes(run);
    if run.is("tasks") {
        crew::accept_workers(run, flavour, lanes as u64);
    }
    let map = Arc::new(Map::new(run, lanes));
    let other = mutant("other-variant");
    if run.is("tasks") || run.is("offload-pool") {
        let offloads = run.is("offload-pool") != other;
        let (workers, blocking) =
            if offloads { (1, Some(Blocking::of(lanes))) } else { (lanes as u64, None) };
        let own = map.clone();
        crew::run_offloading(run, flavour, workers, 1, true, blocking, move |crew| root(crew, own, offloads));
    } else if run.is("rayon") && !other {
        run.knob("backend", "rayon");
        let pool = rayon_pool(run, lanes);
        run_plain(&map, || rayon(&map, &pool));
    } else {
        run.knob("backend", "std::thread");
        let alone = run.is("serial") != other;
        run_plain(&map, || if alone { serial(&map) } else { scoped_threads(&map, lanes) });
    }
    map.report();
}
