//! The thread that advances the epoch, by which busy guests are made to yield.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// One epoch: how long a guest computes before it yields its thread, and how far past a limit it may run.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a running guest after which the thread sleeps until it is needed.
const IDLE_TICKS: u32 = 100;

/// Ticks every engine; asleep while nothing runs.
///
/// One thread for the process: a ticker per request would cost a wake-up per request.
#[derive(Clone)]
pub struct Ticker(Arc<Shared>);

struct Shared {
    engines: Mutex<Vec<Engine>>,
    running: AtomicU64,
    asleep: AtomicBool,
    last_tick: Mutex<Instant>,
    thread: Mutex<Option<Thread>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            engines: Mutex::new(Vec::new()),
            running: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            last_tick: Mutex::new(Instant::now()),
            thread: Mutex::new(None),
        });
        let weak = Arc::downgrade(&shared);
        let handle = std::thread::Builder::new().name("epoch-ticker".into()).spawn(move || {
            let mut idle = 0;
            while let Some(shared) = weak.upgrade() {
                idle = if shared.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
                shared.tick();
                if idle > IDLE_TICKS {
                    shared.sleep_until_needed();
                    idle = 0;
                }
                drop(shared);
                std::thread::sleep(TICK);
            }
        })?;
        *shared.thread.lock() = Some(handle.thread().clone());
        Ok(Self(shared))
    }

    /// Ticks this engine from now on.
    pub fn add(&self, engine: &Engine) {
        self.0.engines.lock().push(engine.clone());
    }

    /// A guest runs until the answer is dropped.
    #[must_use]
    pub fn guest_runs(&self) -> RunningGuest {
        self.0.running.fetch_add(1, Ordering::SeqCst);
        if self.0.asleep.load(Ordering::SeqCst) {
            self.0.wake();
        }
        RunningGuest(self.0.clone())
    }

    /// How many guests run.
    #[must_use]
    pub fn running(&self) -> u64 {
        self.0.running.load(Ordering::Relaxed)
    }

    /// Waits until no guest runs, `within` at most.
    pub async fn idle(&self, within: Duration) {
        let deadline = tokio::time::Instant::now() + within;
        while self.running() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether guests run but the epoch has stood still for a second: limits would not be enforced.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.running() > 0
            && !self.0.asleep.load(Ordering::SeqCst)
            && self.0.last_tick.lock().elapsed() > Duration::from_secs(1)
    }
}

impl Shared {
    fn tick(&self) {
        for engine in self.engines.lock().iter() {
            engine.increment_epoch();
        }
        *self.last_tick.lock() = Instant::now();
    }

    /// Sleeps while no guest runs. The flag is raised before the count is read again, so that a guest that starts in
    /// between either sees the flag or is seen.
    fn sleep_until_needed(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 {
            std::thread::park_timeout(Duration::from_millis(500));
        }
        *self.last_tick.lock() = Instant::now();
        self.asleep.store(false, Ordering::SeqCst);
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.lock().as_ref() {
            thread.unpark();
        }
    }
}

/// Counts one running guest for as long as it is held.
pub struct RunningGuest(Arc<Shared>);

impl Drop for RunningGuest {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits for the ticker to reach a state, at most five seconds.
    fn eventually(what: &str, check: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while !check() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn it_sleeps_when_nothing_runs_and_wakes_for_a_guest() {
        let ticker = Ticker::start().unwrap();
        eventually("sleeps", || ticker.0.asleep.load(Ordering::SeqCst));
        let guest = ticker.guest_runs();
        eventually("wakes", || !ticker.0.asleep.load(Ordering::SeqCst));
        assert!(!ticker.is_stalled());
        drop(guest);
        eventually("sleeps again", || ticker.0.asleep.load(Ordering::SeqCst));
    }
}
