//! Takes records and lines off the request path.

use super::lines::LineWriter;
use super::metrics::Metrics;
use super::record::{GuestLine, InvocationRecord};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

/// How long the thread gathers events before it writes them, once there are any.
const GATHER: Duration = Duration::from_millis(20);

/// Events that wait at most; past it they are dropped and counted.
const CAPACITY: usize = 65_536;

/// Where records go besides the log and the metrics: the database, a file, a collector.
pub trait RecordSink: Send + Sync + 'static {
    /// Takes a record; must not block.
    fn call(&self, record: &InvocationRecord);

    /// Takes a guest's line; must not block.
    fn line(&self, line: &GuestLine);
}

enum Event {
    Call(Box<InvocationRecord>),
    Line(GuestLine),
}

/// The request path's end of the telemetry thread. Cheap to clone.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    events: Mutex<Vec<Event>>,
    dropped: AtomicU64,
    stopping: AtomicBool,
    thread: Mutex<Option<Thread>>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Recorder {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(
        lines: LineWriter,
        metrics: Arc<Metrics>,
        sinks: Vec<Arc<dyn RecordSink>>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            events: Mutex::new(Vec::new()),
            dropped: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            thread: Mutex::new(None),
            handle: Mutex::new(None),
        });
        let work = shared.clone();
        let handle = std::thread::Builder::new()
            .name("telemetry".into())
            .spawn(move || Worker { lines, metrics, sinks }.run(&work))?;
        *shared.thread.lock() = Some(handle.thread().clone());
        *shared.handle.lock() = Some(handle);
        Ok(Self(shared))
    }

    /// Hands over the record of an invocation.
    pub fn call(&self, record: InvocationRecord) {
        self.push(Event::Call(Box::new(record)));
    }

    /// Hands over a guest's line.
    pub fn line(&self, line: GuestLine) {
        self.push(Event::Line(line));
    }

    /// Writes what is left and stops the thread.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
        self.0.wake();
        if let Some(handle) = self.0.handle.lock().take()
            && handle.join().is_err()
        {
            tracing::error!("the telemetry thread panicked");
        }
    }

    fn push(&self, event: Event) {
        let was_empty = {
            let mut events = self.0.events.lock();
            if events.len() >= CAPACITY {
                self.0.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            events.push(event);
            events.len() == 1
        };
        // Waking costs a system call: one per gathering, not one per event.
        if was_empty {
            self.0.wake();
        }
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(thread) = self.thread.lock().as_ref() {
            thread.unpark();
        }
    }
}

struct Worker {
    lines: LineWriter,
    metrics: Arc<Metrics>,
    sinks: Vec<Arc<dyn RecordSink>>,
}

impl Worker {
    fn run(mut self, shared: &Shared) {
        let mut batch = Vec::new();
        loop {
            std::mem::swap(&mut batch, &mut *shared.events.lock());
            if batch.is_empty() {
                if shared.stopping.load(Ordering::Acquire) {
                    return;
                }
                std::thread::park();
                if !shared.stopping.load(Ordering::Acquire) {
                    std::thread::sleep(GATHER);
                }
                continue;
            }
            self.write(&mut batch);
            self.metrics.count_dropped(shared.dropped.swap(0, Ordering::Relaxed));
        }
    }

    fn write(&mut self, batch: &mut Vec<Event>) {
        for event in batch.drain(..) {
            match event {
                Event::Line(line) => {
                    self.lines.guest_line(&line);
                    self.sinks.iter().for_each(|sink| sink.line(&line));
                }
                Event::Call(record) => {
                    self.lines.call(&record);
                    self.metrics.observe(&record);
                    self.sinks.iter().for_each(|sink| sink.call(&record));
                }
            }
        }
        self.lines.flush();
    }
}
