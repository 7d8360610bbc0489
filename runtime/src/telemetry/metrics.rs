//! Metrics in Prometheus form.

mod jobs;

use super::record::{InvocationRecord, Outcome};
use metrics::{Counter, Histogram, Key, KeyName, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Upper bounds of the histograms' buckets in seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 60.0];

const METADATA: Metadata<'static> = Metadata::new("wasmforge", Level::INFO, None);

/// The metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("metrics: {0}")]
pub struct MetricsError(String);

/// Levels that are read when the metrics are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    /// Guests that run.
    pub instances: u64,
    /// Invocations that wait for a place.
    pub queued: u64,
    /// Functions that may be invoked.
    pub functions: u64,
    /// Components that are loaded.
    pub loaded: u64,
    /// How often code was asked for and was loaded already.
    pub memory_hits: u64,
    /// Rows of the history that were lost: the queue was full, or the database away.
    pub history_dropped: u64,
    /// Log lines that were lost in the same way.
    pub logs_dropped: u64,
    /// Lines of the log file that were lost: the queue was full, or the disk.
    pub file_dropped: u64,
    /// Spans that a collector took.
    pub spans: u64,
    /// Spans that were lost: the queue was full, or the collector away.
    pub spans_dropped: u64,
    /// Exports of metrics that no collector took.
    pub metrics_failed: u64,
}

/// Every metric of the process. Names begin with `wasmforge_`; `docs/operators-guide.md` lists them.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    calls: Mutex<HashMap<(Arc<str>, Outcome), Calls>>,
}

#[derive(Clone)]
struct Calls {
    count: Counter,
    duration: Histogram,
    cpu: Histogram,
}

impl Metrics {
    /// Metrics with nothing counted yet.
    ///
    /// # Errors
    /// Never with the buckets that are compiled in.
    pub fn new() -> Result<Self, MetricsError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
            .map_err(|error| MetricsError(error.to_string()))?
            .build_recorder();
        let handle = recorder.handle();
        let metrics = Self { recorder, handle, calls: Mutex::default() };
        metrics.describe();
        Ok(metrics)
    }

    #[cfg(test)]
    pub(crate) fn detached() -> Self {
        Self::new().unwrap()
    }

    fn describe(&self) {
        let counter = |name: &'static str, text: &'static str| {
            self.recorder.describe_counter(KeyName::from_const_str(name), None, text.into());
        };
        let seconds = |name: &'static str, text: &'static str| {
            self.recorder.describe_histogram(KeyName::from_const_str(name), Some(Unit::Seconds), text.into());
        };
        let gauge = |name: &'static str, text: &'static str| {
            self.recorder.describe_gauge(KeyName::from_const_str(name), None, text.into());
        };
        counter("wasmforge_invocations_total", "Invocations by function and outcome");
        counter("wasmforge_code_loads_total", "Machine code made ready, by where it came from");
        counter("wasmforge_records_dropped_total", "Records and log lines dropped under pressure");
        counter(
            "wasmforge_history_rows_dropped_total",
            "Rows of functions.invocations that could not be written",
        );
        counter("wasmforge_log_rows_dropped_total", "Rows of functions.logs that could not be written");
        counter(
            "wasmforge_log_file_lines_dropped_total",
            "Lines of function.logs.jsonl that could not be written",
        );
        counter("wasmforge_spans_exported_total", "Spans that a collector took");
        counter("wasmforge_spans_dropped_total", "Spans that no collector took");
        counter("wasmforge_metric_exports_failed_total", "Exports of metrics that no collector took");
        counter("wasmforge_host_calls_total", "Calls of functions to their host by function and kind");
        counter("wasmforge_ai_tokens_total", "Tokens of language models by function and kind");
        seconds("wasmforge_invocation_duration_seconds", "Wall-clock time of invocations by function");
        seconds("wasmforge_invocation_cpu_seconds", "CPU time of invocations by function");
        seconds("wasmforge_compile_seconds", "Wall-clock time of compiling a module");
        gauge("wasmforge_instances_live", "Guests that run");
        gauge("wasmforge_queue_depth", "Invocations that wait for a place");
        gauge("wasmforge_functions", "Functions that may be invoked");
        gauge("wasmforge_components_loaded", "Components that are loaded");
        self.describe_jobs();
    }

    /// Counts an invocation. Called by the telemetry thread only.
    pub(super) fn observe(&self, record: &InvocationRecord) {
        let calls = {
            let mut known = self.calls.lock();
            match known.get(&(record.slug.clone(), record.outcome)) {
                Some(calls) => calls.clone(),
                None => {
                    let calls = self.calls_of(record);
                    known.insert((record.slug.clone(), record.outcome), calls.clone());
                    calls
                }
            }
        };
        calls.count.increment(1);
        calls.duration.record(record.duration.as_secs_f64());
        calls.cpu.record(record.cpu.as_secs_f64());
        self.add_usage(record);
    }

    /// Most invocations use no service; those that do can afford to look their counters up.
    fn add_usage(&self, record: &InvocationRecord) {
        let add = |name: &'static str, kind: Option<&'static str>, value: u64| {
            if value > 0 {
                let slug = Label::new("slug", record.slug.to_string());
                let kind = kind.map(|kind| Label::from_static_parts("kind", kind));
                let key = Key::from_parts(name, std::iter::once(slug).chain(kind).collect::<Vec<_>>());
                self.recorder.register_counter(&key, &METADATA).increment(value);
            }
        };
        for (kind, count) in record.call_counts.iter() {
            add("wasmforge_host_calls_total", Some(kind.name()), u64::from(count));
        }
        add("wasmforge_ai_tokens_total", Some("prompt"), record.ai_prompt_tokens);
        add("wasmforge_ai_tokens_total", Some("completion"), record.ai_completion_tokens);
    }

    fn calls_of(&self, record: &InvocationRecord) -> Calls {
        let slug = Label::new("slug", record.slug.to_string());
        let outcome = Label::from_static_parts("outcome", record.outcome.name());
        let count = Key::from_parts("wasmforge_invocations_total", vec![slug.clone(), outcome]);
        let duration = Key::from_parts("wasmforge_invocation_duration_seconds", vec![slug.clone()]);
        let cpu = Key::from_parts("wasmforge_invocation_cpu_seconds", vec![slug]);
        Calls {
            count: self.recorder.register_counter(&count, &METADATA),
            duration: self.recorder.register_histogram(&duration, &METADATA),
            cpu: self.recorder.register_histogram(&cpu, &METADATA),
        }
    }

    pub(super) fn count_dropped(&self, events: u64) {
        if events > 0 {
            let key = Key::from_static_name("wasmforge_records_dropped_total");
            self.recorder.register_counter(&key, &METADATA).increment(events);
        }
    }

    /// Counts machine code that was made ready; `source` is `disk`, `database` or `compiler`.
    pub fn code_loaded(&self, source: &'static str) {
        self.code_loads(source).increment(1);
    }

    fn code_loads(&self, source: &'static str) -> Counter {
        let key =
            Key::from_parts("wasmforge_code_loads_total", vec![Label::from_static_parts("source", source)]);
        self.recorder.register_counter(&key, &METADATA)
    }

    /// Counts one compile.
    pub fn compiled(&self, took: Duration) {
        let key = Key::from_static_name("wasmforge_compile_seconds");
        self.recorder.register_histogram(&key, &METADATA).record(took.as_secs_f64());
    }

    /// The metrics as Prometheus reads them.
    pub fn render(&self, gauges: Gauges) -> String {
        let set = |name: &'static str, value: u64| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a gauge is a double; counts stay far below 2^52"
            )]
            self.recorder.register_gauge(&Key::from_static_name(name), &METADATA).set(value as f64);
        };
        set("wasmforge_instances_live", gauges.instances);
        set("wasmforge_queue_depth", gauges.queued);
        set("wasmforge_functions", gauges.functions);
        set("wasmforge_components_loaded", gauges.loaded);
        self.code_loads("memory").absolute(gauges.memory_hits);
        let absolute = |name: &'static str, value: u64| {
            self.recorder.register_counter(&Key::from_static_name(name), &METADATA).absolute(value);
        };
        absolute("wasmforge_history_rows_dropped_total", gauges.history_dropped);
        absolute("wasmforge_log_rows_dropped_total", gauges.logs_dropped);
        absolute("wasmforge_log_file_lines_dropped_total", gauges.file_dropped);
        absolute("wasmforge_spans_exported_total", gauges.spans);
        absolute("wasmforge_spans_dropped_total", gauges.spans_dropped);
        absolute("wasmforge_metric_exports_failed_total", gauges.metrics_failed);
        self.handle.run_upkeep();
        self.handle.render()
    }
}
