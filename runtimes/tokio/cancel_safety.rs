// SPDX-License-Identifier: MIT
//! Workload `cancel-safety`: what was under way is cancelled, and what it held is lost or not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::Notify;
use tokio::task;
use tokio::time::{interval_at, timeout, Instant, Interval, MissedTickBehavior};

use crate::count::{mutant, Counter};
use crate::crew::{self, Crew, Flavour};
use crate::run::{Run, Tally};

/// Messages that are gathered before they are delivered.
const BATCH: usize = 3;
/// Room of the channel that a batch is gathered from.
const CHANNEL_MESSAGES: usize = 64;

/* ---- what both sides share ---- */

struct Shared {
    run: Run,
    mistake: bool, // the buffer is inside, the value is the send's
    period: Duration,
    cancel_every: u64,
    cancels: AtomicU64,
    partial_cancels: AtomicU64, // something was gathered or offered
    done: AtomicBool,           // no further cancellation will come
    changed: Notify,            // one of the two above
}

impl Shared {
    fn cancelled(&self, partial: bool) {
        if mutant("no-cancel") {
            return;
        }
        self.partial_cancels.fetch_add(partial as u64, SeqCst);
        self.cancels.fetch_add(1, SeqCst);
        self.changed.notify_one();
    }

    /// Waits until the other side has cancelled something.
    async fn pause(&self) {
        let seen = self.cancels.load(SeqCst);
        while self.cancels.load(SeqCst) == seen && !self.done.load(SeqCst) {
            self.changed.notified().await;
        }
    }

    /// Once the window is over, and something was cancelled in it, however short it is.
    fn ends(&self) -> bool {
        self.run.stopped() && self.partial_cancels.load(SeqCst) > 0
    }

    /// The number after this one.
    fn next(&self, number: u64) -> u64 {
        number + if mutant("skip-number") && number % 100 == 0 { 2 } else { 1 }
    }
}

/// What arrived, by the numbers that the messages carry.
struct Delivery {
    tally: Tally,
    expected: u64,
    delivered: u64,
    missing: u64,
    out_of_sequence: u64,
    sum: u64,
}

impl Delivery {
    fn new(tally: Tally) -> Delivery {
        Delivery { tally, expected: 0, delivered: 0, missing: 0, out_of_sequence: 0, sum: 0 }
    }

    fn deliver(&mut self, message: u64) {
        if mutant("deliver-twice") && self.delivered % 100 == 0 {
            self.delivered += 1;
        }
        if message < self.expected {
            self.out_of_sequence += 1;
            return;
        }
        self.missing += message - self.expected;
        self.expected = message + 1;
        self.delivered += 1;
        self.sum += message;
        self.tally.add(1);
    }

    fn report(&self, shared: &Shared, offered: u64) {
        let run = shared.run;
        run.count("offered", offered);
        run.count("delivered", self.delivered);
        run.count("delivered_sum", self.sum);
        run.count("missing", self.missing + offered - self.expected); // also those after the last that arrived
        run.count("out_of_sequence", self.out_of_sequence);
        run.count("cancels", shared.cancels.load(SeqCst));
        run.count("partial_cancels", shared.partial_cancels.load(SeqCst));
    }
}

/* ---- a batch that is half gathered when a tick comes first ---- */

/// Sends whole batches, and one or two messages more: the reader has begun a batch when it pauses. Returns how many.
async fn producer(shared: Arc<Shared>, messages: Sender<u64>) -> u64 {
    let mut random = shared.run.random(0);
    let mut number = 0;
    loop {
        for _ in 0..BATCH as u64 * shared.cancel_every + 1 + random() % 2 {
            messages.send(number).await.expect("the reader is there");
            number = shared.next(number);
        }
        shared.pause().await;
        if shared.ends() {
            return number;
        }
    }
}

/// The machine that loses the race, with a buffer of its own.
async fn gather(messages: &mut Receiver<u64>, received: &Counter) -> Vec<u64> {
    let mut batch = Vec::with_capacity(BATCH);
    fill(&mut batch, messages, received).await;
    batch
}

/// The same with its caller's buffer. The batch is not whole when the channel is closed.
async fn fill(batch: &mut Vec<u64>, messages: &mut Receiver<u64>, received: &Counter) {
    while batch.len() < BATCH {
        match messages.recv().await {
            Some(message) => batch.push(message),
            None => break,
        }
        received.add(1);
    }
}

struct Reader {
    shared: Arc<Shared>,
    tick: Interval,
    received: Counter,
    delivery: Delivery,
    dropped: u64,
}

impl Reader {
    fn new(shared: Arc<Shared>, tally: Tally) -> Reader {
        let mut tick = interval_at(Instant::now() + shared.period, shared.period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let delivery = Delivery::new(tally);
        Reader { shared, tick, received: Counter::default(), delivery, dropped: 0 }
    }

    /// What was taken from the channel and has neither been delivered nor dropped.
    fn gathered(&self) -> u64 {
        self.received.get() - self.delivery.delivered - self.dropped
    }

    async fn inside(mut self, mut messages: Receiver<u64>) -> Reader {
        loop {
            tokio::select! {
                biased;
                _ = self.tick.tick() => {
                    let gathered = self.gathered();
                    self.dropped += gathered;
                    self.shared.cancelled(gathered > 0);
                }
                batch = gather(&mut messages, &self.received) => {
                    batch.iter().for_each(|message| self.delivery.deliver(*message));
                    if batch.len() < BATCH {
                        return self;
                    }
                }
            }
        }
    }

    async fn outside(mut self, mut messages: Receiver<u64>) -> Reader {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                _ = self.tick.tick() => self.shared.cancelled(self.gathered() > 0),
                _ = fill(&mut batch, &mut messages, &self.received) => {
                    let last = batch.len() < BATCH;
                    batch.drain(..).for_each(|message| self.delivery.deliver(message));
                    if last {
                        return self;
                    }
                }
            }
        }
    }
}

async fn gathering(crew: Arc<Crew>, shared: Arc<Shared>, tally: Tally) {
    let (sender, messages) = mpsc::channel(CHANNEL_MESSAGES);
    let producer = task::spawn(crew.enters(Default::default(), producer(shared.clone(), sender)));
    let reading = shared.clone();
    let reader = async move {
        let reader = Reader::new(reading, tally);
        match reader.shared.mistake {
            true => reader.inside(messages).await,
            false => reader.outside(messages).await,
        }
    };
    let reader = task::spawn(crew.enters(Default::default(), reader));
    crew.open().await;
    let sent = crew.join(vec![producer]).await[0];
    let reader = crew.join(vec![reader]).await.remove(0);
    reader.delivery.report(&shared, sent);
    shared.run.count("received", reader.received.get());
    shared.run.count("dropped", reader.dropped);
}

/* ---- a send that is cancelled while it waits for room ---- */

#[derive(Default)]
struct Offered {
    number: u64,
    returned: u64,
    returned_sum: u64,
}

/// Each send is under a timeout and owns its value.
async fn dropped(shared: &Shared, messages: &Sender<u64>) -> Offered {
    let mut offered = Offered::default();
    while !shared.ends() {
        let value = offered.number;
        offered.number = shared.next(value);
        if timeout(shared.period, messages.send(value)).await.is_err() {
            shared.cancelled(true);
        }
    }
    offered
}

/// Only the reservation is under a timeout: whoever has no place still has the value.
async fn reserved(shared: &Shared, messages: &Sender<u64>) -> Offered {
    let mut offered = Offered::default();
    while !shared.ends() {
        let value = offered.number;
        offered.number = shared.next(value);
        match timeout(shared.period, messages.reserve()).await {
            Ok(place) => place.expect("the consumer is there").send(value),
            Err(_) => {
                offered.returned += 1;
                offered.returned_sum += value;
                shared.cancelled(true);
            }
        }
    }
    offered
}

async fn sender(shared: Arc<Shared>, messages: Sender<u64>) -> Offered {
    let offered = match shared.mistake {
        true => dropped(&shared, &messages).await,
        false => reserved(&shared, &messages).await,
    };
    shared.done.store(true, SeqCst);
    shared.changed.notify_one();
    offered
}

/// Takes some messages and pauses.
async fn consumer(shared: Arc<Shared>, mut messages: Receiver<u64>, tally: Tally) -> Delivery {
    let mut delivery = Delivery::new(tally);
    loop {
        for _ in 0..shared.cancel_every {
            match messages.recv().await {
                Some(message) => delivery.deliver(message),
                None => return delivery,
            }
        }
        shared.pause().await;
    }
}

async fn sending(crew: Arc<Crew>, shared: Arc<Shared>, tally: Tally) {
    let (messages, receiver) = mpsc::channel(1);
    let consumer = task::spawn(crew.enters(Default::default(), consumer(shared.clone(), receiver, tally)));
    let sender = task::spawn(crew.enters(Default::default(), sender(shared.clone(), messages)));
    crew.open().await;
    let offered = crew.join(vec![sender]).await.remove(0);
    crew.join(vec![consumer]).await[0].report(&shared, offered.number);
    shared.run.count("returned", offered.returned);
    shared.run.count("returned_sum", offered.returned_sum);
}

/* ---- the sample ---- */

pub fn run(run: Run, flavour: Flavour) {
    let gathers = run.is("buffer-inside") || run.is("buffer-outside");
    let tally = run.tallies(1)[0];
    let shared = Arc::new(Shared {
        run,
        mistake: (run.is("buffer-inside") || run.is("send-dropped")) != mutant("other-variant"),
        period: Duration::from_millis(run.param("timer_ms")),
        cancel_every: run.param("cancel_every"),
        cancels: AtomicU64::new(0),
        partial_cancels: AtomicU64::new(0),
        done: AtomicBool::new(false),
        changed: Notify::new(),
    });
    crew::run(run, flavour, run.param("workers"), 2, true, move |crew| async move {
        match gathers {
            true => gathering(crew, shared, tally).await,
            false => sending(crew, shared, tally).await,
        }
    });
}
