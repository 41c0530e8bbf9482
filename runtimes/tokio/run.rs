// SPDX-License-Identifier: MIT
//! The sample as harness/run.h describes it, and a server's job as runtimes/serve/serve.h does: the only file that calls
//! C.

use std::any::Any;
use std::ffi::CString;
use std::io;
use std::net::TcpListener;
use std::os::raw::{c_char, c_int, c_uint, c_void};
use std::os::unix::io::{FromRawFd, RawFd};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::count::Counter;
use crate::crew::Flavour;

type Explain = extern "C" fn(*mut c_void, *mut c_char, usize);

extern "C" {
    fn run_param(run: *const c_void, name: *const c_char) -> u64;
    fn run_param_is(run: *const c_void, name: *const c_char, word: *const c_char) -> bool;
    fn run_variant_is(run: *const c_void, variant: *const c_char) -> bool;
    fn run_tallies(run: *mut c_void, n: usize) -> *mut c_void;
    fn run_tally_counter(run: *mut c_void, index: usize) -> *const Counter;
    fn run_recorders(run: *mut c_void, n: usize) -> *mut c_void;
    fn run_record(run: *mut c_void, index: usize, ns: u64);
    fn run_stop_flag(run: *const c_void) -> *const AtomicBool;
    fn run_window(run: *mut c_void);
    fn run_window_count(run: *mut c_void, counter: *const AtomicU64);
    fn run_now_ns() -> u64;
    fn run_cpu_ns() -> u64;
    fn run_work(value: u64, steps: u64) -> u64;
    fn run_unpin(run: *const c_void);
    fn run_pin(run: *const c_void, index: c_uint);
    fn run_processors(run: *const c_void) -> c_uint;
    fn run_random_start(run: *const c_void, stream: u64) -> u64;
    fn run_random(state: *mut u64) -> u64;
    fn run_spin_ns(ns: u64);
    fn run_leave_threads(run: *mut c_void);
    fn run_count(run: *mut c_void, name: *const c_char, value: u64);
    fn run_knob(run: *mut c_void, name: *const c_char, format: *const c_char, ...);
    fn run_skip(run: *mut c_void, reason: *const c_char, remedy: *const c_char) -> !;
    fn run_fail(run: *mut c_void, format: *const c_char, ...) -> !;
    fn run_explain(run: *mut c_void, explain: Option<Explain>, arg: *mut c_void);
    fn run_pin_first(run: *const c_void, workers: c_uint);
    fn run_thread_begin(run: *mut c_void, index: c_uint, placed: bool);
    fn run_thread_end(run: *mut c_void);
    fn run_thread_switches(run: *const c_void) -> u64;
    fn run_thread_armed(run: *mut c_void, change: c_int);
    fn serve_run(job: *const c_void) -> *mut c_void;
    fn serve_worker_count(job: *const c_void) -> c_uint;
    fn serve_listener(job: *const c_void, worker: c_uint) -> c_int;
    fn serve_stop_fd(job: *const c_void) -> c_int;
    fn serve_buffer_bytes(job: *const c_void) -> usize;
    fn serve_add(job: *const c_void, worker: c_uint, which: c_int, n: u64);
    fn serve_is_exhausted(error: c_int) -> bool;
    fn serve_is_passing(error: c_int) -> bool;
}

/// More than the longest name of a variant has.
const VARIANT_BYTES: usize = 64;

/// What a count's address is to C, which keeps it in a table of its own.
pub type Tally = &'static Counter;

/// The sample that this process runs.
#[derive(Clone, Copy)]
pub struct Run {
    run: *mut c_void,
    stop: &'static AtomicBool,
}

// SAFETY: run.h allows what is called below from any thread, or says which thread; crew.rs keeps to that.
unsafe impl Send for Run {}
unsafe impl Sync for Run {}

fn c(text: &str) -> CString {
    CString::new(text.replace('\0', "?")).expect("there is no zero byte left")
}

impl Run {
    /// Takes the run that C handed over. It outlives all threads and tasks, which are joined before the
    /// workload returns.
    fn new(run: *mut c_void) -> Run {
        // SAFETY: `run` is what C passed, and the flag lives in it.
        let stop = unsafe { &*run_stop_flag(run) };
        Run { run, stop }
    }

    pub fn param(&self, name: &str) -> u64 {
        // SAFETY: the run is alive and the string ends with a zero byte; so it is below.
        unsafe { run_param(self.run, c(name).as_ptr()) }
    }

    pub fn param_is(&self, name: &str, word: &str) -> bool {
        unsafe { run_param_is(self.run, c(name).as_ptr(), c(word).as_ptr()) }
    }

    /// Allocates nothing: tasks ask, too, and what a task allocates is counted.
    pub fn is(&self, variant: &str) -> bool {
        let mut text = [0; VARIANT_BYTES];
        text[..variant.len()].copy_from_slice(variant.as_bytes());
        assert_eq!(text[VARIANT_BYTES - 1], 0, "a shorter name");
        unsafe { run_variant_is(self.run, text.as_ptr().cast()) }
    }

    /// Has the window ended?
    pub fn stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// One count of finished operations per task, each for its owner alone.
    pub fn tallies(&self, n: usize) -> Vec<Tally> {
        // SAFETY: C makes and keeps them; an atomic is what both sides see at the address.
        unsafe {
            run_tallies(self.run, n);
            (0..n).map(|i| &*run_tally_counter(self.run, i)).collect()
        }
    }

    pub fn recorders(&self, n: usize) {
        unsafe { run_recorders(self.run, n) };
    }

    pub fn record(&self, index: usize, ns: u64) {
        unsafe { run_record(self.run, index, ns) }
    }

    /// Warms up, measures, sets stop: on the thread that C called.
    pub fn window(&self) {
        unsafe { run_window(self.run) }
    }

    /// Also read `counter`, which must live until the window has closed, on the window's edges.
    pub fn window_count(&self, counter: &Counter) {
        unsafe { run_window_count(self.run, counter.address()) }
    }

    pub fn now_ns(&self) -> u64 {
        unsafe { run_now_ns() }
    }

    /// Processor time of the whole process.
    pub fn cpu_ns(&self) -> u64 {
        unsafe { run_cpu_ns() }
    }

    /// Threads may run on when the sample has ended.
    pub fn leave_threads(&self) {
        unsafe { run_leave_threads(self.run) }
    }

    /// Lets the calling thread use one processor.
    pub fn pin(&self) {
        unsafe { run_pin(self.run, 0) }
    }

    /// Lets the calling thread use all processors.
    pub fn unpin(&self) {
        unsafe { run_unpin(self.run) }
    }

    /// How many processors the calling thread may use.
    pub fn processors(&self) -> usize {
        unsafe { run_processors(self.run) as usize }
    }

    pub fn spin_ns(&self, ns: u64) {
        unsafe { run_spin_ns(ns) }
    }

    /// Pseudo-random numbers that depend on the sample's seed and `stream` alone.
    pub fn random(&self, stream: u64) -> impl FnMut() -> u64 {
        let mut state = unsafe { run_random_start(self.run, stream) };
        // SAFETY: C reads and writes the state and keeps nothing of it.
        move || unsafe { run_random(&mut state) }
    }

    pub fn count(&self, name: &str, value: u64) {
        unsafe { run_count(self.run, c(name).as_ptr(), value) }
    }

    pub fn knob(&self, name: &str, value: &str) {
        unsafe { run_knob(self.run, c(name).as_ptr(), c("%s").as_ptr(), c(value).as_ptr()) }
    }

    pub fn skip(&self, reason: &str) -> ! {
        unsafe { run_skip(self.run, c(reason).as_ptr(), ptr::null()) }
    }

    pub fn fail(&self, message: &str) -> ! {
        unsafe { run_fail(self.run, c("%s").as_ptr(), c(message).as_ptr()) }
    }

    /// The calling thread runs tasks; `placed` puts it on the processor of worker `index`.
    pub fn thread_begin(&self, index: usize, placed: bool) {
        unsafe { run_thread_begin(self.run, index as c_uint, placed) }
    }

    /// The calling thread, which runs no tasks, may use the processors of the first `workers` workers.
    pub fn pin_first(&self, workers: usize) {
        unsafe { run_pin_first(self.run, workers as c_uint) }
    }

    pub fn thread_end(&self) {
        unsafe { run_thread_end(self.run) }
    }

    /// Context switches of the threads that have ended.
    pub fn thread_switches(&self) -> u64 {
        unsafe { run_thread_switches(self.run) }
    }

    /// So many more (or fewer) descriptors could still wake a worker.
    pub fn armed(&self, change: i32) {
        unsafe { run_thread_armed(self.run, change) }
    }

    /// How a hang is explained, as long as the answer lives: `text` is asked on the watchdog's thread.
    pub fn explain(&self, text: impl Fn() -> String + Send + Sync + 'static) -> Explained {
        let explained = Explained { run: *self, text: Box::new(Box::new(text)) };
        let arg: *const Text = &*explained.text;
        unsafe { run_explain(self.run, Some(explain), arg as *mut c_void) }
        explained
    }
}

type Text = Box<dyn Fn() -> String + Send + Sync>;

/// An explanation that C may ask for; it is taken back before it goes.
pub struct Explained {
    run: Run,
    text: Box<Text>, // C holds the address of the inner box, which is thin and does not move
}

impl Drop for Explained {
    fn drop(&mut self) {
        unsafe { run_explain(self.run.run, None, ptr::null_mut()) }
    }
}

extern "C" fn explain(arg: *mut c_void, buf: *mut c_char, bytes: usize) {
    // SAFETY: `arg` is the box that an Explained keeps; C owns `bytes` bytes at `buf`.
    unsafe {
        let text = (*arg.cast::<Text>())();
        let length = text.len().min(bytes - 1);
        ptr::copy_nonoverlapping(text.as_ptr(), buf.cast::<u8>(), length);
        *buf.add(length) = 0;
    }
}

/// `value` after so many steps of the work that costs the same in any language.
pub fn work(value: u64, steps: u64) -> u64 {
    // SAFETY: nothing but numbers goes there and comes back.
    unsafe { run_work(value, steps) }
}

/// What a panic said.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("with no text"))
}

/// What a server counts, as enum serve_count numbers it.
#[derive(Clone, Copy)]
pub enum Serve {
    Accepted,
    Closed,
    Resets,
    BytesIn,
    BytesOut,
    ShortWrites,
    AcceptFailures,
}

/// What a server is to do.
#[derive(Clone, Copy)]
pub struct Job {
    job: *const c_void,
    run: Run,
}

// SAFETY: the job does not change but for its counts, which are atomics.
unsafe impl Send for Job {}
unsafe impl Sync for Job {}

impl Job {
    /// Takes the job that C handed over. It outlives the runtime, which has ended before the server returns.
    fn new(job: *const c_void) -> Job {
        // SAFETY: `job` is what C passed; so it is below.
        Job { job, run: Run::new(unsafe { serve_run(job) }) }
    }

    pub fn run(&self) -> Run {
        self.run
    }

    pub fn workers(&self) -> usize {
        unsafe { serve_worker_count(self.job) as usize }
    }

    /// The listener of one worker, once.
    pub fn take_listener(&self, worker: usize) -> TcpListener {
        // SAFETY: C made the socket for this worker, which is to close it.
        unsafe { TcpListener::from_raw_fd(serve_listener(self.job, worker as c_uint)) }
    }

    /// C closes it.
    pub fn stop_fd(&self) -> RawFd {
        unsafe { serve_stop_fd(self.job) }
    }

    pub fn buffer_bytes(&self) -> usize {
        unsafe { serve_buffer_bytes(self.job) }
    }

    pub fn add(&self, worker: usize, which: Serve, n: u64) {
        unsafe { serve_add(self.job, worker as c_uint, which as c_int, n) }
    }

    /// Is there no room for one more connection?
    pub fn is_exhausted(&self, error: &io::Error) -> bool {
        error.raw_os_error().map_or(false, |error| unsafe { serve_is_exhausted(error) })
    }

    /// Does the error of an accept concern that connection alone?
    pub fn is_passing(&self, error: &io::Error) -> bool {
        error.raw_os_error().map_or(false, |error| unsafe { serve_is_passing(error) })
    }
}

/// Runs `body`; a panic is a failed sample with its message and never crosses into C.
fn caught(run: Run, body: impl FnOnce()) -> c_int {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => 0,
        Err(payload) => run.fail(&panic_text(&*payload)),
    }
}

/// A workload on the runtime flavour that rows.c numbers.
pub fn guarded(run: *mut c_void, flavour: c_int, body: fn(Run, Flavour)) -> c_int {
    let run = Run::new(run);
    caught(run, || body(run, Flavour::from_number(flavour)))
}

/// A server, in the same way.
pub fn guarded_server(job: *const c_void, flavour: c_int, body: fn(Job, Flavour)) -> c_int {
    let job = Job::new(job);
    caught(job.run, || body(job, Flavour::from_number(flavour)))
}
