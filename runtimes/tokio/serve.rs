// SPDX-License-Identifier: MIT
//! The servers of all rows: a task that accepts for each listener, and one for each connection.

use std::io::{self, ErrorKind};
use std::time::Duration;

use futures::future::{poll_fn, try_join_all};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::task::spawn;
use tokio::time::sleep;

use crate::crew::{self, error_text, Flavour};
use crate::run::{Job, Serve};

/// SERVE_ACCEPT_PAUSE_NS.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// More of what serve.h counts, at the worker that runs the caller. When the runtime ends, tasks are also dropped on
/// the thread that made it.
fn count(job: Job, which: Serve, n: usize) {
    job.add(crew::worker().unwrap_or(0), which, n as u64);
}

/// Counts a connection as closed, however its task ends.
struct Open(Job);

impl Drop for Open {
    fn drop(&mut self) {
        count(self.0, Serve::Closed, 1);
    }
}

struct Conn {
    job: Job,
    stream: TcpStream,
    _open: Open, // dropped after the stream
}

impl Conn {
    /// What has come; nothing when the peer has sent its last. The buffer is made when there is something to read, so
    /// that a connection which waits has none; readable() would wait in a list of waiters, which one task does not need.
    async fn serve_read(&mut self) -> io::Result<Vec<u8>> {
        poll_fn(|context| self.stream.poll_read_ready(context)).await?;
        let mut data = Vec::with_capacity(self.job.buffer_bytes());
        let n = self.stream.read_buf(&mut data).await?;
        count(self.job, Serve::BytesIn, n);
        Ok(data)
    }

    /// All of `data`, as write_all() does, which does not tell how much was taken at once.
    async fn serve_write(&mut self, data: &[u8]) -> io::Result<()> {
        let mut sent = match self.stream.try_write(data) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            taken => taken?,
        };
        count(self.job, Serve::BytesOut, sent);
        if sent < data.len() {
            count(self.job, Serve::ShortWrites, 1);
        }
        while sent < data.len() {
            let n = self.stream.write(&data[sent..]).await?;
            count(self.job, Serve::BytesOut, n);
            sent += n;
        }
        Ok(())
    }

    async fn serve_until_closed(&mut self) -> io::Result<()> {
        loop {
            let data = self.serve_read().await?;
            if data.is_empty() {
                return Ok(());
            }
            self.serve_write(&data).await?;
        }
    }

    async fn serve(mut self) {
        if self.serve_until_closed().await.is_err() {
            count(self.job, Serve::Resets, 1);
        }
    }
}

async fn serve_accept(job: Job, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                count(job, Serve::Accepted, 1);
                spawn(Conn { job, stream, _open: Open(job) }.serve());
            }
            Err(error) if job.is_exhausted(&error) => {
                count(job, Serve::AcceptFailures, 1);
                sleep(ACCEPT_PAUSE).await;
            }
            Err(error) if job.is_passing(&error) => {}
            Err(error) => job.run().fail(&format!("accept: {}", error)),
        }
    }
}

async fn serve_until_stopped(job: Job) -> io::Result<()> {
    let stop = AsyncFd::with_interest(job.stop_fd(), Interest::READABLE)?;
    let mut accepting = Vec::new();
    for worker in 0..job.workers() {
        let listener = TcpListener::from_std(job.take_listener(worker))?;
        accepting.push(spawn(serve_accept(job, listener)));
    }
    select! {
        stopped = stop.readable() => stopped.map(drop),
        Err(error) = try_join_all(accepting) => job.run().fail(&error_text(error)),
    }
}

/// Serves until stop_fd is readable. The end of the runtime then drops all tasks, each with its socket.
pub fn run(job: Job, flavour: Flavour) {
    let run = job.run();
    crew::accept_workers(run, flavour, job.workers() as u64);
    crew::host(run, flavour, job.workers(), None, async move {
        let served = serve_until_stopped(job).await;
        served.unwrap_or_else(|error| run.fail(&format!("the server: {}", error)));
    });
}
