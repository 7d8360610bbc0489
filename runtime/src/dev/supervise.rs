//! Keeps a program running until it is told to stop.

use super::launcher::{Launcher, Program};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long a program may take to stop before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(15);
/// Lines of output that are kept for error messages.
const RECENT_LINES: usize = 20;

/// A program that is restarted when it ends.
pub(super) struct Service {
    restarts: watch::Receiver<u32>,
    output: Output,
    /// Dropping the service stops the program too, without waiting for it.
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts `program` and watches over it.
    pub(super) async fn start(launcher: Arc<Launcher>, program: Program) -> io::Result<Self> {
        let output = Output::new(program.name);
        let child = launcher.spawn(&program).await?;
        let (count, restarts) = watch::channel(0);
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep_running(launcher, program, child, output.clone(), count, stop.clone()));
        Ok(Self { restarts, output, stop: stop.drop_guard(), task })
    }

    /// Waits until the program has ended by itself, and gives the end of what it wrote.
    pub(super) async fn ended(&self) -> String {
        // An error means that the task has ended, and the program with it.
        let _ = self.restarts.clone().wait_for(|restarts| *restarts > 0).await;
        self.output.recent()
    }

    /// Asks the program to stop and waits; kills it if it does not.
    pub(super) async fn stop(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

async fn keep_running(
    launcher: Arc<Launcher>,
    program: Program,
    mut child: Child,
    output: Output,
    count: watch::Sender<u32>,
    stopping: CancellationToken,
) {
    let mut backoff = Backoff::default();
    loop {
        let started = Instant::now();
        tokio::select! {
            () = output.follow(&mut child) => {}
            () = stopping.cancelled() => return stop(&program, &mut child).await,
        }
        let delay = backoff.after(started.elapsed());
        tracing::warn!(service = program.name, "ended, starting it again in {delay:?}: {}", output.recent());
        count.send_modify(|restarts| *restarts += 1);
        child = loop {
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = stopping.cancelled() => return,
            }
            match launcher.spawn(&program).await {
                Ok(child) => break child,
                Err(error) => tracing::warn!(service = program.name, "cannot be started: {error}"),
            }
        };
    }
}

async fn stop(program: &Program, child: &mut Child) {
    signal(child, program.stop.signal());
    if tokio::time::timeout(STOP_GRACE, child.wait()).await.is_err() {
        tracing::warn!(service = program.name, "does not stop, killing it");
        signal(child, Signal::KILL);
        let _ = child.wait().await;
    }
}

/// A child that has not been waited for keeps its process id, so that no other process can be meant.
fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// What programs write: debug lines of our log, and the last few for errors.
#[derive(Clone)]
pub(super) struct Output {
    name: &'static str,
    recent: Arc<Mutex<VecDeque<String>>>,
}

impl Output {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, recent: Arc::default() }
    }

    /// Reads both streams and waits until the child has ended. A grandchild may hold the streams open longer; it is
    /// not waited for.
    pub(super) async fn follow(&self, child: &mut Child) {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let lines = async { tokio::join!(self.lines(stdout), self.lines(stderr)) };
        tokio::pin!(lines);
        tokio::select! {
            _ = &mut lines => { let _ = child.wait().await; }
            _ = child.wait() => { let _ = tokio::time::timeout(Duration::from_millis(200), lines).await; }
        }
    }

    async fn lines(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(stream) = stream else { return };
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::debug!(service = self.name, "{line}");
            let mut recent = self.recent.lock();
            if recent.len() == RECENT_LINES {
                recent.pop_front();
            }
            recent.push_back(line);
        }
    }

    pub(super) fn recent(&self) -> String {
        let recent = self.recent.lock();
        match recent.is_empty() {
            true => "it wrote nothing".to_owned(),
            false => recent.iter().map(String::as_str).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// Waits longer after every quick end, so that a program that cannot run does not take the machine.
#[derive(Debug, Default)]
struct Backoff {
    last: Option<Duration>,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(15);
    /// A program that ran this long was well.
    const WELL: Duration = Duration::from_secs(30);

    fn after(&mut self, ran: Duration) -> Duration {
        let delay = match self.last {
            Some(last) if ran < Self::WELL => (last * 2).min(Self::LONGEST),
            _ => Self::FIRST,
        };
        self.last = Some(delay);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_a_bound_and_starts_over_after_a_good_run() {
        let mut backoff = Backoff::default();
        let quick = Duration::from_millis(5);
        assert_eq!(backoff.after(quick), Backoff::FIRST);
        assert_eq!(backoff.after(quick), Backoff::FIRST * 2);
        for _ in 0..20 {
            backoff.after(quick);
        }
        assert_eq!(backoff.after(quick), Backoff::LONGEST);
        assert_eq!(backoff.after(Backoff::WELL), Backoff::FIRST);
    }
}
