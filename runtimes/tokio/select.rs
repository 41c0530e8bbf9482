// SPDX-License-Identifier: MIT
//! Workload `select`: a loop waits for the first of an abort signal and the next message. What it waits for is
//! made once, or anew in each turn.

use std::fs::File;
use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::io::FromRawFd;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, oneshot, Mutex, Notify};
use tokio::task::{self, yield_now};
use tokio::time::{sleep, Instant};

use crate::count::{mutant, Counter};
use crate::crew::{self, error_text, Crew, Flavour};
use crate::run::{Run, Tally};

/// Sent after the abort: the loop goes on until the close.
const MESSAGES_AFTER: u64 = 8;
/// More than `ready` and `MESSAGES_AFTER` together.
const CHANNEL_MESSAGES: usize = 256;
/// signal=pulse: one is fired in every 16th body.
const TURNS_PER_PULSE: u64 = 16;
/// Turns between two yields of a loop whose descriptor is always ready.
const TURNS_PER_YIELD: u64 = 64;
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/* ---- what the loop and the sending side share ---- */

/// The waits for the abort or the idle timeout: each has one writer, the loop.
#[derive(Default)]
struct Counts {
    turns: Counter,
    armed_turns: Counter,
    made: Counter,
    made_again: Counter, // of these, in the place of a hoisted one that was over
    rearmed: Counter,
    messages: Counter,
    out_of_sequence: Counter,
    aborts: Counter,
    pulses_fired: Counter,
    pulses_seen: Counter,
    exit_ns: Counter,
}

/// Two eventfds, of the descriptor source.
struct Descriptors {
    abort: AsyncFd<File>,
    message: AsyncFd<File>,
}

fn eventfd(run: Run, flags: i32) -> AsyncFd<File> {
    // SAFETY: a plain system call; the descriptor it answers belongs to nobody else.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK | flags) };
    if fd < 0 {
        run.fail("no eventfd");
    }
    let file = unsafe { File::from_raw_fd(fd) };
    AsyncFd::new(file).unwrap_or_else(|error| run.fail(&format!("an eventfd: {error}")))
}

struct Shared {
    run: Run,
    ready: u64,
    biased: bool,
    pulse: bool,
    timer: bool,
    counts: Counts,
    notify: Notify, // the pulse
    wanted: Notify, // ready=0: the loop has begun a turn and found none
    descriptors: Option<Descriptors>,
    sent: AtomicU64,       // messages counted by the sender
    put: AtomicU64,        // really made available
    last: AtomicU64,       // messages put until the close; 0 while it is not near
    aborted_ns: AtomicU64, // when the abort was fired
}

/// The sending side: the loop's own where messages are there when a turn begins, else the producer's.
struct Feed {
    shared: Arc<Shared>,
    messages: mpsc::Sender<u64>,
    abort: oneshot::Receiver<()>, // dropped = fired, as oneshot::Sender::closed() sees it
}

impl Feed {
    fn send(&self, n: u64) {
        let shared = &self.shared;
        let first = shared.sent.fetch_add(n, SeqCst);
        if mutant("lose-message") && first % 1000 < n {
            shared.sent.fetch_add(1, SeqCst);
        }
        match &shared.descriptors {
            Some(fds) => add(&fds.message, n),
            None => {
                (first..first + n).for_each(|number| self.messages.try_send(number).expect("there is room"))
            }
        }
        shared.put.fetch_add(n, SeqCst);
    }

    /// The last message, the abort, a few messages more, the close.
    fn end(mut self) {
        self.send(1);
        if !self.shared.pulse && !self.shared.timer {
            self.shared.aborted_ns.store(self.shared.run.now_ns(), SeqCst);
            match &self.shared.descriptors {
                Some(fds) => add(&fds.abort, 1),
                None => self.abort.close(),
            }
        }
        let last = self.shared.put.load(SeqCst) + MESSAGES_AFTER;
        self.shared.last.store(last, SeqCst);
        self.send(MESSAGES_AFTER);
    }
}

/// ready=0: a message is sent only when the loop has begun its turn and found none.
async fn producer(feed: Feed) {
    loop {
        feed.shared.wanted.notified().await;
        if feed.shared.run.stopped() {
            break;
        }
        feed.send(1);
    }
    feed.end();
}

/* ---- descriptors ---- */

fn add(fd: &AsyncFd<File>, n: u64) {
    fd.get_ref().write_all(&n.to_ne_bytes()).expect("an eventfd takes it");
}

/// One from the eventfd: the loop of the manual's example, readable and try_io.
async fn take(fd: &AsyncFd<File>) {
    loop {
        let mut ready = fd.readable().await.expect("the runtime is there");
        if let Ok(read) = ready.try_io(|fd| fd.get_ref().read_exact(&mut [0; 8])) {
            return read.expect("an eventfd is read whole");
        }
    }
}

/* ---- the loop ---- */

/// Counts a wait that is made. That each is also dropped, and when, is the language's promise.
fn made<F: Future>(wait: F, counts: &Counts) -> F {
    counts.made.add(1);
    wait
}

/// What the loop under test keeps from turn to turn.
struct Turn {
    shared: Arc<Shared>,
    tally: Tally,
    feed: Option<Feed>,
    aborted: bool, // seen
    closed: bool,  // the source has no further message
    expected: u64,
}

impl Turn {
    /// Messages are there before the turn begins, unless ready=0.
    fn begin(&mut self) {
        let shared = &*self.shared;
        if self.feed.is_some() && self.expected == shared.put.load(SeqCst) {
            if shared.run.stopped() {
                self.feed.take().expect("it is there").end();
            } else {
                self.feed.as_ref().expect("it is there").send(shared.ready);
            }
        }
        shared.counts.turns.add(1);
        shared.counts.armed_turns.add(!self.aborted as u64);
    }

    fn aborts(&mut self) {
        let shared = &*self.shared;
        self.aborted = true;
        shared.counts.aborts.add(1);
        shared.counts.exit_ns.set(shared.run.now_ns() - shared.aborted_ns.load(SeqCst));
    }

    fn takes(&mut self, message: u64) {
        let (shared, counts) = (&*self.shared, &self.shared.counts);
        counts.out_of_sequence.add((message != self.expected) as u64);
        self.expected = message + 1;
        let twice = mutant("count-twice") && counts.messages.get() % 1000 == 0;
        counts.messages.add(1 + twice as u64);
        self.tally.add(1);
        if shared.pulse && counts.messages.get() % TURNS_PER_PULSE == 0 {
            shared.notify.notify_waiters();
            counts.pulses_fired.add(1);
        }
    }

    /// The source is closed: true when the abort, which was fired before, has been seen, or there is none.
    fn closes(&mut self) -> bool {
        self.closed = true;
        self.aborted || self.shared.pulse || self.shared.timer
    }
}

/// The next message, or `None` when the source is closed.
async fn next(shared: &Shared, messages: &mut mpsc::Receiver<u64>, expected: u64) -> Option<u64> {
    match &shared.descriptors {
        None => messages.recv().await,
        Some(_) if expected > 0 && expected == shared.last.load(SeqCst) => None,
        Some(fds) => {
            // readable() takes nothing from the budget: without a yield, a loop that always finds a message keeps
            // its thread, the runtime never looks at the other descriptor, and the abort is never seen
            if shared.ready > 0 && expected % TURNS_PER_YIELD == 0 {
                yield_now().await;
            }
            take(&fds.message).await;
            Some(expected) // an eventfd has no numbers to compare
        }
    }
}

/// The same, asking the producer for it where none is there.
async fn message(shared: &Shared, messages: &mut mpsc::Receiver<u64>, expected: u64) -> Option<u64> {
    let next = next(shared, messages, expected);
    if shared.ready > 0 {
        return next.await;
    }
    tokio::pin!(next);
    futures::future::poll_fn(|context| {
        let poll = next.as_mut().poll(context);
        if poll.is_pending() {
            shared.wanted.notify_one();
        }
        poll
    })
    .await
}

/// `select!`, looking at its first branch first or at either.
macro_rules! first_of {
    ($biased:expr, $($branches:tt)*) => {
        if $biased {
            tokio::select! { biased; $($branches)* }
        } else {
            tokio::select! { $($branches)* }
        }
    };
}

/// The wait is written in the loop: made anew in each turn, dropped at its end.
macro_rules! recreated {
    ($turn:ident, $shared:ident, $messages:ident, $abort:expr) => {
        while !($turn.aborted && $turn.closed) {
            $turn.begin();
            if $turn.aborted {
                match message(&$shared, $messages, $turn.expected).await {
                    Some(number) => $turn.takes(number),
                    None => break,
                }
                continue;
            }
            first_of!($shared.biased,
                _ = made($abort, &$shared.counts) => $turn.aborts(),
                message = message(&$shared, $messages, $turn.expected), if !$turn.closed => match message {
                    Some(number) => $turn.takes(number),
                    None if $turn.closes() => break,
                    None => {}
                },
            )
        }
    };
}

/// The wait is made above the loop and polled by reference.
macro_rules! hoisted {
    ($turn:ident, $shared:ident, $messages:ident, $abort:expr) => {
        let abort = $abort;
        tokio::pin!(abort);
        while !($turn.aborted && $turn.closed) {
            $turn.begin();
            first_of!($shared.biased,
                _ = &mut abort => $turn.aborts(),
                message = message(&$shared, $messages, $turn.expected), if !$turn.closed => match message {
                    Some(number) => $turn.takes(number),
                    None if $turn.closes() => break,
                    None => {}
                },
            )
        }
    };
}

type Abort = oneshot::Sender<()>;
type Messages = mpsc::Receiver<u64>;

async fn recreated(mut turn: Turn, mut abort: Abort, messages: &mut Messages) {
    let shared = turn.shared.clone();
    match &shared.descriptors {
        None if shared.pulse => recreated!(turn, shared, messages, shared.notify.notified()),
        None => recreated!(turn, shared, messages, abort.closed()),
        Some(fds) => recreated!(turn, shared, messages, take(&fds.abort)),
    }
}

async fn hoisted(mut turn: Turn, mut abort: Abort, messages: &mut Messages) {
    let shared = turn.shared.clone();
    match &shared.descriptors {
        None => {
            hoisted!(turn, shared, messages, made(abort.closed(), &shared.counts).fuse());
        }
        Some(fds) => {
            hoisted!(turn, shared, messages, made(take(&fds.abort), &shared.counts).fuse());
        }
    }
}

/// Goes on after the abort and polls the finished wait again: the mistake that `fuse` is for.
async fn hoisted_unfused(mut turn: Turn, mut abort: Abort, messages: &mut Messages) {
    let shared = turn.shared.clone();
    match &shared.descriptors {
        None => {
            hoisted!(turn, shared, messages, made(abort.closed(), &shared.counts));
        }
        Some(fds) => {
            hoisted!(turn, shared, messages, made(take(&fds.abort), &shared.counts));
        }
    }
}

/// A pulse finishes the wait, so the next one is made in its place, before the body that may fire it.
async fn hoisted_pulse(mut turn: Turn, messages: &mut Messages) {
    let shared = turn.shared.clone();
    let counts = &shared.counts;
    let pulse = made(shared.notify.notified(), counts);
    tokio::pin!(pulse);
    loop {
        turn.begin();
        first_of!(shared.biased,
            _ = &mut pulse => {
                counts.pulses_seen.add(1);
                counts.made_again.add(1);
                pulse.set(made(shared.notify.notified(), counts));
            },
            message = message(&shared, messages, turn.expected) => match message {
                Some(number) => turn.takes(number),
                None => break,
            },
        )
    }
    let in_the_last_body = futures::poll!(pulse.as_mut()).is_ready();
    counts.pulses_seen.add(in_the_last_body as u64);
}

/// An idle timeout made for each message.
async fn recreated_timer(mut turn: Turn, messages: &mut Messages) {
    let shared = turn.shared.clone();
    loop {
        turn.begin();
        tokio::select! {
            biased;
            _ = made(sleep(IDLE_TIMEOUT), &shared.counts) => shared.run.fail("the idle timeout expired"),
            message = message(&shared, messages, turn.expected) => match message {
                Some(number) => turn.takes(number),
                None => break,
            },
        }
    }
}

/// One idle timeout, re-armed in place.
async fn hoisted_timer(mut turn: Turn, messages: &mut Messages) {
    let shared = turn.shared.clone();
    let idle = made(sleep(IDLE_TIMEOUT), &shared.counts);
    tokio::pin!(idle);
    loop {
        turn.begin();
        idle.as_mut().reset(Instant::now() + IDLE_TIMEOUT);
        shared.counts.rearmed.add(1);
        tokio::select! {
            biased;
            _ = &mut idle => shared.run.fail("the idle timeout expired"),
            message = message(&shared, messages, turn.expected) => match message {
                Some(number) => turn.takes(number),
                None => break,
            },
        }
    }
}

/* ---- the sample ---- */

/// The receiver is lent to the loop, so that what a panic leaves in it can be counted.
async fn consumer(turn: Turn, abort: Abort, messages: Arc<Mutex<Messages>>) {
    let messages = &mut *messages.lock().await;
    let run = turn.shared.run;
    let anew = (run.is("recreated") || run.is("recreated-timer")) != mutant("other-variant");
    match (turn.shared.timer, anew) {
        (true, true) => recreated_timer(turn, messages).await,
        (true, false) => hoisted_timer(turn, messages).await,
        (false, true) => recreated(turn, abort, messages).await,
        (false, false) if run.is("hoisted-unfused") => hoisted_unfused(turn, abort, messages).await,
        (false, false) if turn.shared.pulse => hoisted_pulse(turn, messages).await,
        (false, false) => hoisted(turn, abort, messages).await,
    }
}

fn shared(run: Run) -> Arc<Shared> {
    let timer = run.is("recreated-timer") || run.is("hoisted-timer");
    let descriptor = run.param_is("source", "descriptor") && !timer;
    let descriptors = || Descriptors { abort: eventfd(run, 0), message: eventfd(run, libc::EFD_SEMAPHORE) };
    Arc::new(Shared {
        run,
        ready: run.param("ready"),
        biased: run.param_is("biased", "on"),
        pulse: run.param_is("signal", "pulse") && !timer,
        timer,
        counts: Counts::default(),
        notify: Notify::new(),
        wanted: Notify::new(),
        descriptors: descriptor.then(descriptors),
        sent: AtomicU64::new(0),
        put: AtomicU64::new(0),
        last: AtomicU64::new(0),
        aborted_ns: AtomicU64::new(0),
    })
}

/// What was sent and is still there.
fn undelivered(shared: &Shared, messages: &mut Messages) -> u64 {
    match &shared.descriptors {
        None => std::iter::from_fn(|| messages.try_recv().ok()).count() as u64,
        Some(fds) => {
            let one = || match fds.message.get_ref().read_exact(&mut [0; 8]) {
                Ok(()) => Some(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                Err(error) => shared.run.fail(&format!("read of an eventfd: {error}")),
            };
            std::iter::from_fn(one).count() as u64
        }
    }
}

async fn root(crew: Arc<Crew>, run: Run, tally: Tally) {
    let shared = shared(run);
    let (sender, receiver) = mpsc::channel(CHANNEL_MESSAGES);
    let (abort, aborted) = oneshot::channel();
    let messages = Arc::new(Mutex::new(receiver));
    let mut feed = Some(Feed { shared: shared.clone(), messages: sender, abort: aborted });
    let mut tasks = Vec::new();
    run.armed(2 * shared.descriptors.is_some() as i32);
    if shared.ready == 0 {
        tasks.extend(feed.take().map(|feed| task::spawn(crew.enters(Default::default(), producer(feed)))));
    }
    let turn = Turn { shared: shared.clone(), tally, feed, aborted: false, closed: false, expected: 0 };
    let consumer = task::spawn(crew.enters(Default::default(), consumer(turn, abort, messages.clone())));
    crew.open().await;
    crew.join(tasks).await;
    let refused = match consumer.await {
        Ok(()) => 0,
        Err(error) if run.is("hoisted-unfused") && error.is_panic() => {
            run.knob("the_loop", &error_text(error));
            1
        }
        Err(error) => run.fail(&error_text(error)),
    };
    run.count("undelivered", undelivered(&shared, &mut *messages.lock().await));
    run.count("refused", refused);
    run.armed(-2 * shared.descriptors.is_some() as i32);
    report(&shared);
}

fn report(shared: &Shared) {
    let (run, counts) = (shared.run, &shared.counts);
    run.count("sent", shared.sent.load(SeqCst));
    run.count("messages", counts.messages.get());
    run.count("out_of_sequence", counts.out_of_sequence.get());
    run.count("turns", counts.turns.get());
    run.count("armed_turns", counts.armed_turns.get());
    run.count("made", counts.made.get());
    run.count("registrations", counts.made.get().max(counts.rearmed.get()));
    run.count("made_again", counts.made_again.get());
    run.count("aborts", counts.aborts.get());
    run.count("pulses_fired", counts.pulses_fired.get());
    run.count("pulses_seen", counts.pulses_seen.get());
    run.count("exit_ns", counts.exit_ns.get());
}

pub fn run(run: Run, flavour: Flavour) {
    let tally = run.tallies(1)[0];
    let tasks = 1 + (run.param("ready") == 0) as usize;
    crew::run(run, flavour, run.param("workers"), tasks, true, move |crew| root(crew, run, tally));
}
