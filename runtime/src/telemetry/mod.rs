//! What happened: one record per invocation, the guests' log lines, metrics.
//!
//! A request hands its record to the [`Recorder`] and is done; a thread of its own writes log lines and counts. Under
//! pressure records are dropped and counted, never waited for.

mod guest_log;
mod insforge_line;
mod lines;
mod log_file;
mod metrics;
mod otlp;
mod process_log;
mod record;
mod recorder;
mod sampling;
mod tail;

pub use guest_log::{GuestLog, GuestOutput, LogTag};
pub use insforge_line::InsforgeLine;
pub use lines::LineWriter;
pub use log_file::LogFile;
pub use metrics::{Gauges, Metrics, MetricsError};
pub use otlp::{ExportCounts, MetricsExport, TracesExport};
pub use process_log::init as init_process_log;
pub use record::{
    CallCounts, GuestLine, InvocationId, InvocationRecord, InvocationSource, LineSource, Outcome, TimedCall,
};
pub use recorder::{RecordSink, Recorder};
pub use sampling::{Sampler, Sampling};
pub use tail::{Seen, Tail, TailEvent, TailFull, Watch};
