//! The queue's metrics.

use super::{METADATA, Metrics};
use crate::registry::{Backlog, JobSource};
use metrics::{Key, KeyName, Label, Recorder as _, Unit};
use std::time::Duration;

impl Metrics {
    pub(super) fn describe_jobs(&self) {
        let name = KeyName::from_const_str;
        let recorder = &self.recorder;
        recorder.describe_counter(
            name("wasmforge_jobs_accepted_total"),
            None,
            "Requests that are answered later".into(),
        );
        recorder.describe_counter(
            name("wasmforge_jobs_attempts_total"),
            None,
            "Attempts of jobs by source and result".into(),
        );
        recorder.describe_histogram(
            name("wasmforge_jobs_wait_seconds"),
            Some(Unit::Seconds),
            "Time between a job's being due and its start".into(),
        );
        recorder.describe_gauge(name("wasmforge_jobs_running"), None, "Jobs that this node runs".into());
        recorder.describe_gauge(
            name("wasmforge_jobs_waiting"),
            None,
            "Jobs of all nodes that wait, up to 100,000".into(),
        );
        recorder.describe_gauge(
            name("wasmforge_jobs_oldest_seconds"),
            Some(Unit::Seconds),
            "For how long the oldest job has been due".into(),
        );
    }

    /// Counts a request that was put into the queue.
    pub fn job_accepted(&self) {
        let key = Key::from_static_name("wasmforge_jobs_accepted_total");
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    /// Counts an attempt; `result` is `succeeded`, `retried`, `dead`, `postponed` or `lost`.
    pub fn job_attempted(&self, source: JobSource, result: &'static str) {
        let labels = vec![
            Label::from_static_parts("source", source.as_str()),
            Label::from_static_parts("result", result),
        ];
        let key = Key::from_parts("wasmforge_jobs_attempts_total", labels);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    /// Notes how long a job that starts now had been due.
    pub fn job_waited(&self, wait: Duration) {
        let key = Key::from_static_name("wasmforge_jobs_wait_seconds");
        self.recorder.register_histogram(&key, &METADATA).record(wait.as_secs_f64());
    }

    /// Sets how many jobs this node runs.
    pub fn set_jobs_running(&self, running: usize) {
        self.set_gauge("wasmforge_jobs_running", running as f64);
    }

    /// Sets how much waits.
    pub fn set_backlog(&self, backlog: Backlog) {
        #[expect(clippy::cast_precision_loss, reason = "no more than 100,000 are counted")]
        self.set_gauge("wasmforge_jobs_waiting", backlog.unfinished as f64);
        self.set_gauge("wasmforge_jobs_oldest_seconds", backlog.oldest.as_secs_f64());
    }

    fn set_gauge(&self, name: &'static str, value: f64) {
        self.recorder.register_gauge(&Key::from_static_name(name), &METADATA).set(value);
    }
}
