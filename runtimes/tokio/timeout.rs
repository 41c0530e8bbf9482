// SPDX-License-Identifier: MIT
//! Workload `timeout`: a caller sets a limit to something that gives up its thread, or does not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::task::{self, spawn_blocking, unconstrained, yield_now, JoinHandle};
use tokio::time::timeout;

use crate::count::{mutant, Turns};
use crate::crew::{self, error_text, on_worker, Blocking, Crew, Flavour};
use crate::run::{Run, Tally};
use crate::work::Work;

/// In the source, which is always ready.
const MESSAGES: u64 = 64;

/* ---- what is counted ---- */

/// What was done for the caller, by itself or by a thread of the blocking pool.
#[derive(Default)]
struct Done {
    value: u64,   // the checksum
    late: u64,    // pieces that were begun after the limit had passed
    on_loop: u64, // pieces by a worker
    longest_turn: u64,
}

/// What became of the call.
#[derive(Default)]
struct Call {
    done: Done,
    timeouts: u64,
    deadline_ns: u64,
    went_on_ns: u64,
    pieces: u64, // done when the caller went on
    cpu_after_ns: u64,
    jobs: u64,
    abandoned: u64,
}

/// Counts what is done in one turn of a task.
struct PerTurn {
    turns: Arc<Turns>,
    turn: u64,
    done: u64,
    longest: u64,
}

impl PerTurn {
    fn new(turns: Arc<Turns>) -> PerTurn {
        PerTurn { turns, turn: 0, done: 0, longest: 0 }
    }

    fn add(&mut self) {
        let turn = self.turns.steps.get();
        self.done = if turn == self.turn { self.done + 1 } else { 1 };
        self.turn = turn;
        self.longest = self.longest.max(self.done);
    }
}

/// Who sets the limit.
struct Caller {
    run: Run,
    tally: Tally,
    limit: Duration,
    call: Call,
}

impl Caller {
    fn begins(&mut self) {
        self.call.deadline_ns = self.run.now_ns() + self.limit.as_nanos() as u64;
    }

    /// The limit acted, or did not.
    fn goes_on(&mut self, timed_out: bool) {
        self.call.went_on_ns = self.run.now_ns();
        self.call.pieces = self.tally.get();
        self.call.timeouts += timed_out as u64;
        if mutant("fire-twice") {
            self.call.timeouts += timed_out as u64;
        }
    }
}

/* ---- work under a limit ---- */

struct Load {
    run: Run,
    tally: Tally,
    work: Work,
    total: u64, // pieces
    piece_steps: u64,
    deadline_ns: u64,  // when its caller's limit passes; a job is not told
    per_turn: PerTurn, // of the task that has the limit
    done: Done,
}

impl Load {
    fn new(run: Run, tally: Tally, turns: Arc<Turns>) -> Load {
        let chunk_us = run.param("chunk_us");
        let work = Work::Cpu;
        let piece_steps = chunk_us * work.steps_per_us(run);
        run.count("piece_steps", piece_steps);
        let total = run.param("work_ms") * 1000 / chunk_us;
        let done = Done { value: run.random(0)(), ..Done::default() };
        let per_turn = PerTurn::new(turns);
        Load { run, tally, work, total, piece_steps, deadline_ns: u64::MAX, per_turn, done }
    }

    /// False when there is none left.
    fn piece(&mut self) -> bool {
        let before = self.tally.get();
        if before == self.total {
            return false;
        }
        self.done.late += (self.run.now_ns() > self.deadline_ns) as u64;
        self.done.on_loop += on_worker() as u64;
        if !mutant("lose-piece") || before > 0 {
            self.done.value = self.work.steps(self.done.value, self.piece_steps);
        }
        self.tally.add(1);
        self.per_turn.add();
        true
    }

    fn all(&mut self) {
        while self.piece() {}
    }

    /// Nothing is awaited: whoever sets a limit to it sees it when all is done.
    async fn monolithic(&mut self) {
        self.all();
    }

    async fn chunked(&mut self) {
        while self.piece() {
            yield_now().await;
        }
    }

    fn checked(mut self) -> Done {
        self.done.value >>= 32; // the better bits
        self.done.longest_turn = self.per_turn.longest;
        self.done
    }
}

async fn inline(mut caller: Caller, mut load: Load, whole: bool) -> Call {
    caller.begins();
    load.deadline_ns = caller.call.deadline_ns;
    let over = if whole {
        timeout(caller.limit, load.monolithic()).await
    } else {
        timeout(caller.limit, load.chunked()).await
    };
    caller.goes_on(over.is_err());
    caller.call.done = load.checked();
    caller.call
}

/// The work cannot be stopped: it is waited for after the caller went on, to see what it still costs.
async fn offload(mut caller: Caller, mut load: Load) -> Call {
    let begun = Arc::new(AtomicBool::new(false));
    let begins = begun.clone();
    if mutant("other-variant") {
        load.all();
    }
    let mut job = spawn_blocking(move || {
        begins.store(true, SeqCst);
        load.all();
        load
    });
    while !begun.load(SeqCst) {
        yield_now().await; // what has not begun when the limit passes would never run
    }
    caller.begins();
    let over = timeout(caller.limit, &mut job).await;
    caller.goes_on(over.is_err());
    caller.call.jobs = 1;
    let ended = match over {
        Ok(ended) => ended,
        Err(_) => {
            let cpu_ns = caller.run.cpu_ns();
            job.abort(); // without effect, for it has begun
            let ended = job.await;
            caller.call.abandoned = ended.is_ok() as u64;
            caller.call.cpu_after_ns = caller.run.cpu_ns() - cpu_ns;
            ended
        }
    };
    let load = ended.unwrap_or_else(|error| caller.run.fail(&error_text(error)));
    caller.call.done = load.checked();
    caller.call
}

/* ---- a source that is always ready ---- */

struct Reader {
    run: Run,
    tally: Tally,
    sender: mpsc::Sender<u64>,
    receiver: mpsc::Receiver<u64>,
    per_turn: PerTurn,
    deadline_ns: u64,
    late_messages: u64, // after which it ends all the same: nothing else would end the sample
    done: Done,
}

impl Reader {
    fn new(caller: &Caller, turns: Arc<Turns>) -> Reader {
        let run = caller.run;
        let (sender, receiver) = mpsc::channel(MESSAGES as usize);
        for message in 0..MESSAGES {
            sender.try_send(message).expect("there is room");
        }
        let deadline_ns = caller.call.deadline_ns;
        let late_messages = run.param("late_messages");
        let (tally, done, per_turn) = (caller.tally, Done::default(), PerTurn::new(turns));
        Reader { run, tally, sender, receiver, per_turn, deadline_ns, late_messages, done }
    }

    /// What it takes is put back at the end, numbered as if the source had no end.
    async fn reads(&mut self) {
        while self.done.late < self.late_messages {
            let message = self.receiver.recv().await.expect("its sender is here");
            self.sender.try_send(message + MESSAGES).expect("there is room");
            self.per_turn.add();
            self.done.late += (self.run.now_ns() > self.deadline_ns) as u64;
            if !mutant("lose-piece") || message != 7 {
                self.done.value += message;
            }
            self.tally.add(1);
        }
    }
}

async fn ready_source(mut caller: Caller, turns: Arc<Turns>, whole: bool) -> Call {
    caller.begins();
    let mut reader = Reader::new(&caller, turns);
    let over = if whole {
        timeout(caller.limit, unconstrained(reader.reads())).await
    } else {
        timeout(caller.limit, reader.reads()).await
    };
    caller.goes_on(over.is_err());
    caller.call.done = Done { longest_turn: reader.per_turn.longest, ..reader.done };
    caller.call
}

/* ---- blocking jobs at shutdown ---- */

#[derive(Default)]
struct Jobs {
    begun: AtomicU64,
    ended: AtomicU64,
    aborted: AtomicBool,
    aborted_ns: AtomicU64,
    cancelled: AtomicU64, // as their handles say
}

impl Jobs {
    fn spawn(self: &Arc<Jobs>, run: Run) -> JoinHandle<()> {
        let (jobs, blocks) = (self.clone(), Duration::from_millis(run.param("blocking_ms")));
        spawn_blocking(move || {
            jobs.begun.fetch_add(1, SeqCst);
            while !jobs.aborted.load(SeqCst) {
                thread::sleep(Duration::from_millis(1)); // nobody finds it ended by then
            }
            thread::sleep(blocks);
            jobs.ended.fetch_add(1, SeqCst);
        })
    }
}

/// All are aborted, while the first one runs. Who does not wait for them leaves that to the runtime's shutdown.
async fn abort_all(run: Run, jobs: Arc<Jobs>, waits: bool) {
    let handles: Vec<_> = (0..run.param("queued_jobs")).map(|_| jobs.spawn(run)).collect();
    while jobs.begun.load(SeqCst) == 0 {
        yield_now().await;
    }
    jobs.aborted_ns.store(run.now_ns(), SeqCst);
    if !mutant("no-abort") {
        handles.iter().for_each(JoinHandle::abort);
    }
    jobs.aborted.store(true, SeqCst);
    if waits {
        let over = join_all(handles).await;
        let cancelled = over.iter().filter(|over| matches!(over, Err(error) if error.is_cancelled())).count();
        jobs.cancelled.store(cancelled as u64, SeqCst);
    }
}

/// When the runtime has been shut down: until then the caller waits. What a handle says of its job is known only to who
/// waited for it: a queue that was left behind is never looked at again.
fn report_jobs(run: Run, jobs: &Jobs, waits: bool) {
    let (begun, ended) = (jobs.begun.load(SeqCst), jobs.ended.load(SeqCst));
    let (all, went_on_ns) = (run.param("queued_jobs"), run.now_ns());
    let aborted_ns = jobs.aborted_ns.load(SeqCst);
    let deadline_ns = aborted_ns + run.param("limit_ms") * 1_000_000;
    let acted = begun > ended && went_on_ns >= deadline_ns;
    let timeouts = if mutant("fire-twice") { 2 } else { 1 };
    run.count("timeouts", if acted { timeouts } else { 0 });
    run.count("overshoot_ns", went_on_ns.saturating_sub(deadline_ns));
    run.count("waited_ns", went_on_ns - aborted_ns);
    run.count("jobs", all);
    run.count("jobs_begun", begun);
    run.count("jobs_ended", ended);
    run.count("jobs_left", begun - ended);
    if waits {
        let cancelled = jobs.cancelled.load(SeqCst);
        run.count("jobs_withdrawn", cancelled);
        run.count("jobs_abandoned", all - cancelled);
    }
}

/* ---- the sample ---- */

fn report(run: Run, call: &Call) {
    run.count("timeouts", call.timeouts);
    run.count("overshoot_ns", call.went_on_ns.saturating_sub(call.deadline_ns));
    run.count("pieces", call.pieces);
    run.count("pieces_late", call.done.late);
    run.count("pieces_on_loop", call.done.on_loop);
    run.count("longest_turn", call.done.longest_turn);
    run.count("checksum", call.done.value);
    run.count("cpu_after_ns", call.cpu_after_ns);
    run.count("jobs", call.jobs);
    run.count("jobs_abandoned", call.abandoned);
    run.count("jobs_left", 0);
}

async fn root(crew: Arc<Crew>, run: Run, tally: Tally) {
    let turns = Arc::new(Turns::default());
    let limit = Duration::from_millis(run.param("limit_ms"));
    let caller = Caller { run, tally, limit, call: Call::default() };
    let whole = |mistake| run.is(mistake) != mutant("other-variant");
    let task = if run.is("offload") {
        let load = Load::new(run, tally, turns.clone());
        task::spawn(crew.enters(turns, offload(caller, load)))
    } else if is_source(run) {
        task::spawn(crew.enters(turns.clone(), ready_source(caller, turns, whole("ready-source"))))
    } else {
        let load = Load::new(run, tally, turns.clone());
        task::spawn(crew.enters(turns, inline(caller, load, whole("monolithic"))))
    };
    crew.open().await;
    for call in crew.join(vec![task]).await {
        report(run, &call);
    }
}

fn is_source(run: Run) -> bool {
    run.is("ready-source") || run.is("ready-source-yielding")
}

/// The shutdown of the sample's own runtime is what is measured.
fn run_shutdown(run: Run, flavour: Flavour, waits: bool) {
    let jobs = Arc::new(Jobs::default());
    let bound = (!waits).then(|| Duration::from_millis(run.param("limit_ms")));
    let blocking = Some(Blocking { threads: 1, bound });
    let shared = jobs.clone();
    crew::run_offloading(run, flavour, 1, 1, false, blocking, move |crew| async move {
        let task = task::spawn(crew.enters(Arc::default(), abort_all(run, shared, waits)));
        crew.open().await;
        crew.join(vec![task]).await;
    });
    report_jobs(run, &jobs, waits);
}

pub fn run(run: Run, flavour: Flavour) {
    let tally = run.tallies(1)[0];
    if run.is("shutdown-waits") || run.is("shutdown-bounded") {
        return run_shutdown(run, flavour, run.is("shutdown-waits") != mutant("other-variant"));
    }
    let blocking = run.is("offload").then_some(Blocking::of(1));
    crew::run_offloading(run, flavour, 1, 1, false, blocking, move |crew| root(crew, run, tally));
}
