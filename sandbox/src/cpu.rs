//! CPU time of one invocation: time on a thread, not waiting.

use super::Usage;
use pin_project_lite::pin_project;
use rustix::time::{ClockId, clock_gettime};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// The trap of a guest that used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("the CPU time limit of {0:?} was exceeded")]
pub struct CpuLimitExceeded(pub Duration);

/// Adds up the time that an invocation's polls spend on whatever thread they run on.
///
/// Polls of one future never overlap, so relaxed atomics are enough.
#[derive(Debug, Default)]
pub struct CpuMeter {
    used: AtomicU64,
    poll_began: AtomicU64,
}

impl CpuMeter {
    /// Time used up to the last poll's end.
    #[must_use]
    pub fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed))
    }

    /// Time used up to now; to be called from within a poll.
    #[must_use]
    pub fn used_within_poll(&self) -> Duration {
        let running = thread_time().saturating_sub(self.poll_began.load(Ordering::Relaxed));
        self.used() + Duration::from_nanos(running)
    }

    fn begin(&self) {
        self.poll_began.store(thread_time(), Ordering::Relaxed);
    }

    fn end(&self) {
        let spent = thread_time().saturating_sub(self.poll_began.load(Ordering::Relaxed));
        self.used.fetch_add(spent, Ordering::Relaxed);
    }
}

/// Nanoseconds that this thread has run.
fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default())
}

pin_project! {
    /// A future whose polls are metered.
    pub struct Metered<F> {
        #[pin]
        future: F,
        usage: Arc<Usage>,
    }
}

impl<F: Future> Metered<F> {
    /// Meters `future`.
    pub fn new(usage: Arc<Usage>, future: F) -> Self {
        Self { future, usage }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.usage.cpu.begin();
        let poll = this.future.poll(cx);
        this.usage.cpu.end();
        poll
    }
}
