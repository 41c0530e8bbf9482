// SPDX-License-Identifier: MIT
//! Workload `heartbeat`: one task beats at each period, and works or has it worked on the blocking pool.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::task::{self, spawn_blocking, yield_now};
use tokio::time::{sleep_until, Instant, Sleep};

use crate::count::{mutant, Turns};
use crate::crew::{self, on_worker, Blocking, Crew, Flavour};
use crate::run::{Run, Tally};
use crate::work::Work;

/// What a heavy item takes, in usual ones.
const HEAVY_TIMES: u64 = 100;

/* ---- items ---- */

/// So many steps of work.
#[derive(Clone, Copy, Default)]
struct Item {
    index: u64,
    value: u64,
    left: u64, // steps
    heavy: bool,
}

impl Item {
    /// The better bits of it.
    fn result(&self) -> u64 {
        self.value >> 32
    }
}

fn work_of(run: Run) -> Work {
    if run.param_is("work", "memory") {
        Work::memory()
    } else if run.param_is("work", "sleep") {
        Work::Sleep
    } else {
        Work::Cpu
    }
}

/// The items of a sample, the same ones for the same seed; one in each `heavy_one_in` is heavy.
fn deal(run: Run, steps_per_us: u64) -> impl Iterator<Item = Item> + Send {
    let one_in = run.param("heavy_one_in");
    let usual_steps = run.param("item_us") * steps_per_us;
    let mut random = run.random(0);
    let mut heavy_at = 0;
    (0..run.param("items")).map(move |index| {
        if index % one_in == 0 {
            heavy_at = index + random() % one_in;
        }
        let heavy = index == heavy_at;
        Item { index, value: random(), left: usual_steps * if heavy { HEAVY_TIMES } else { 1 }, heavy }
    })
}

/// What an item came to.
struct Worked {
    item: Item,
    on_loop: bool,
    ended: u64, // as the how manieth of all
}

struct Shared {
    work: Work,
    ended: AtomicU64, // items
}

impl Shared {
    fn work(&self, item: &mut Item, steps: u64) {
        let steps = steps.min(item.left);
        item.value = self.work.steps(item.value, steps);
        item.left -= steps;
    }

    fn ends(&self, item: Item) -> Worked {
        Worked { item, on_loop: on_worker(), ended: self.ended.fetch_add(1, Relaxed) }
    }
}

/* ---- the beat ---- */

#[derive(Default)]
struct Counts {
    beats: u64,
    missed: u64,
    due: u64,
    elapsed_ns: u64,
    items: u64,
    heavy: u64,
    checksum: u64,
    on_loop: u64,
    out_of_order: u64,
    pieces: u64,
    longest_piece_ns: u64,
    blocked_periods: u64, // of pieces that are longer than a period: beats missed for sure
    blocked_for_good: u64, // pieces that alone make the peer give up
    given_up: u64,
    jobs: u64,
    jobs_peak: u64,
}

struct Heart {
    run: Run,
    tally: Tally,
    shared: Arc<Shared>,
    deal: Box<dyn Iterator<Item = Item> + Send>,
    item: Item,
    period: Duration,
    tolerance: u64, // beats that may be missed in a row: the peer gives up at the last of them
    start: Instant,
    next: u32, // the beat that is due next: at start + next periods
    counts: Counts,
}

impl Heart {
    fn due(&self) -> Instant {
        self.start + self.next * self.period
    }

    fn begin(&mut self) -> Sleep {
        self.start = Instant::now();
        sleep_until(self.due())
    }

    /// For all that are due: all but one of them are missed.
    fn beat(&mut self, now: Instant) {
        let last = ((now - self.start).as_nanos() / self.period.as_nanos()) as u32;
        self.run.record(0, (now - self.due()).as_nanos() as u64);
        self.counts.beats += (!mutant("skip-beat") || self.counts.beats % 4 != 0) as u64;
        let missed = (last - self.next) as u64;
        self.counts.missed += missed;
        self.counts.given_up += (missed >= self.tolerance && !mutant("never-give-up")) as u64;
        self.next = last + 1;
    }

    fn beats(&mut self, mut timer: Pin<&mut Sleep>) {
        self.beat(Instant::now());
        timer.as_mut().reset(self.due());
    }

    /// Beats when the timer has fired, and does not wait for it.
    async fn look(&mut self, mut timer: Pin<&mut Sleep>) {
        if futures::poll!(timer.as_mut()).is_ready() {
            self.beats(timer);
        }
    }

    /// A beat that is due by then and that the timer has not told of yet is made at the end.
    fn end(mut self) -> Counts {
        let now = Instant::now();
        let elapsed = now - self.start;
        self.counts.elapsed_ns = elapsed.as_nanos() as u64;
        self.counts.due = (elapsed.as_nanos() / self.period.as_nanos()) as u64;
        if self.counts.due >= self.next as u64 {
            self.beat(now);
        }
        self.counts
    }

    /// Is there an item, or what is left of one?
    fn has_work(&mut self) -> bool {
        if self.item.left == 0 {
            match self.deal.next() {
                Some(item) => self.item = item,
                None => return false,
            }
        }
        true
    }

    fn work(&mut self, piece: u64) {
        self.shared.work(&mut self.item, piece);
    }

    /// What awaits nothing is a call by another name.
    async fn work_async(&mut self, piece: u64) {
        self.work(piece);
    }

    fn worked(&mut self, start_ns: u64) {
        let (ns, period_ns) = (self.run.now_ns() - start_ns, self.period.as_nanos() as u64);
        self.counts.pieces += 1;
        self.counts.longest_piece_ns = self.counts.longest_piece_ns.max(ns);
        self.counts.blocked_periods += (ns / period_ns).saturating_sub(1);
        self.counts.blocked_for_good += (ns / period_ns > self.tolerance) as u64;
        if self.item.left == 0 {
            self.takes(self.shared.ends(self.item));
        }
    }

    fn takes(&mut self, worked: Worked) {
        let counts = &mut self.counts;
        counts.checksum += worked.item.result();
        counts.on_loop += worked.on_loop as u64;
        counts.heavy += worked.item.heavy as u64;
        counts.out_of_order += (worked.ended != worked.item.index) as u64;
        if mutant("lose-item") && counts.items == 7 {
            counts.checksum -= worked.item.result();
        }
        counts.items += 1;
        self.tally.add(if mutant("count-twice") && counts.items == 7 { 2 } else { 1 });
    }
}

/* ---- the variants ---- */

/// The task works pieces of so many steps: whole items, unless it is chunked.
async fn inline(mut heart: Heart, piece: u64) -> Counts {
    let timer = heart.begin();
    tokio::pin!(timer);
    while heart.has_work() {
        heart.look(timer.as_mut()).await;
        let start_ns = heart.run.now_ns();
        heart.work(piece);
        heart.worked(start_ns);
        yield_now().await;
    }
    heart.end()
}

async fn async_inline(mut heart: Heart, piece: u64) -> Counts {
    let timer = heart.begin();
    tokio::pin!(timer);
    while heart.has_work() {
        heart.look(timer.as_mut()).await;
        let start_ns = heart.run.now_ns();
        heart.work_async(piece).await;
        heart.worked(start_ns);
        yield_now().await;
    }
    heart.end()
}

/// The first of the timer and an item, of which so many are handed over at a time.
async fn offload(mut heart: Heart, in_flight: usize) -> Counts {
    let timer = heart.begin();
    let mut jobs = FuturesUnordered::new();
    tokio::pin!(timer);
    loop {
        jobs.extend(heart.deal.by_ref().take(in_flight - jobs.len()).map(|mut item| {
            let shared = heart.shared.clone();
            spawn_blocking(move || {
                shared.work(&mut item, u64::MAX);
                shared.ends(item)
            })
        }));
        heart.counts.jobs_peak = heart.counts.jobs_peak.max(jobs.len() as u64);
        tokio::select! {
            biased;
            _ = &mut timer => heart.beats(timer.as_mut()),
            worked = jobs.next() => match worked {
                Some(worked) => {
                    heart.counts.jobs += 1;
                    heart.counts.pieces += 1;
                    heart.takes(worked.expect("no job panics"));
                }
                None => break,
            },
        }
    }
    heart.end()
}

/* ---- the sample ---- */

async fn root(crew: Arc<Crew>, run: Run, tally: Tally) {
    let work = work_of(run);
    let steps_per_us = work.steps_per_us(run);
    let heart = Heart {
        run,
        tally,
        shared: Arc::new(Shared { work, ended: AtomicU64::new(0) }),
        deal: Box::new(deal(run, steps_per_us)),
        item: Item::default(),
        period: Duration::from_millis(run.param("period_ms")),
        tolerance: run.param("tolerated_beats"),
        start: Instant::now(),
        next: 1,
        counts: Counts::default(),
    };
    let turns = Arc::new(Turns::default());
    let is_async = run.is("async-inline");
    let whole = (run.is("inline") || is_async) != mutant("other-variant");
    let piece = if whole { u64::MAX } else { run.param("chunk_us") * steps_per_us };
    let in_flight = run.param("in_flight") as usize;
    let serve = async move {
        match (run.is("offload") && !mutant("other-variant"), is_async) {
            (true, _) => offload(heart, in_flight).await,
            (false, true) => async_inline(heart, piece).await,
            (false, false) => inline(heart, piece).await,
        }
    };
    let task = task::spawn(crew.enters(turns.clone(), serve));
    crew.open().await;
    for counts in crew.join(vec![task]).await {
        report(run, &counts);
    }
    run.count("steps_per_us", steps_per_us);
    run.count("turns", turns.steps.get());
}

fn report(run: Run, counts: &Counts) {
    run.count("items", counts.items);
    run.count("heavy_items", counts.heavy);
    run.count("checksum", counts.checksum);
    run.count("items_on_loop", counts.on_loop);
    run.count("out_of_order", counts.out_of_order);
    run.count("pieces", counts.pieces);
    run.count("longest_piece_ns", counts.longest_piece_ns);
    run.count("blocked_periods", counts.blocked_periods);
    run.count("blocked_for_good", counts.blocked_for_good);
    run.count("beats_due", counts.due);
    run.count("beats", counts.beats);
    run.count("missed", counts.missed);
    run.count("given_up", counts.given_up);
    run.count("elapsed_ns", counts.elapsed_ns);
    run.count("jobs", counts.jobs);
    run.count("jobs_peak", counts.jobs_peak);
}

pub fn run(run: Run, flavour: Flavour) {
    let tally = run.tallies(1)[0];
    run.recorders(1);
    let threads = || run.param("blocking_threads") as usize;
    let blocking = run.is("offload").then(|| Blocking::of(threads()));
    crew::run_offloading(run, flavour, 1, 1, false, blocking, move |crew| root(crew, run, tally));
}
