//! What happened: one record per invocation, the guests' log lines, metrics.
//!
//! A request hands its record to the [`Recorder`] and is done; a thread of its own writes log lines and counts. Under
//! pressure records are dropped and counted, never waited for.

mod guest_log;
mod lines;
mod metrics;
mod process_log;
mod record;
mod recorder;

pub use guest_log::{GuestLog, GuestOutput, LogTag};
pub use lines::LineWriter;
pub use metrics::{Gauges, Metrics, MetricsError};
pub use process_log::init as init_process_log;
pub use record::{GuestLine, InvocationId, InvocationRecord, InvocationSource, LineSource, Outcome};
pub use recorder::{RecordSink, Recorder};
