//! Hands what happened to the tables `functions.invocations` and `functions.logs`, and to those who watch.

use crate::registry::{CallRow, History, InvocationRow, LogRow, PostgresRegistry};
use crate::telemetry::{GuestLine, InsforgeLine, InvocationRecord, LogFile, RecordSink, Tail, TailEvent};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct HistorySink {
    invocations: History<InvocationRow>,
    logs: History<LogRow>,
    tail: Tail,
    file: Option<Arc<LogFile>>,
}

impl HistorySink {
    pub(super) fn new(registry: &PostgresRegistry, tail: Tail, file: Option<Arc<LogFile>>) -> Self {
        Self { invocations: registry.invocations(), logs: registry.logs(), tail, file }
    }
}

impl RecordSink for HistorySink {
    fn call(&self, record: &InvocationRecord) {
        let row = invocation_row(record);
        if self.tail.is_watched() {
            self.tail.publish(TailEvent::Invocation(Box::new(row.clone())));
        }
        if let Some(file) = &self.file {
            file.append(&InsforgeLine::from(&row));
        }
        self.invocations.record(row);
    }

    fn line(&self, line: &GuestLine) {
        let row = log_row(line);
        if self.tail.is_watched() {
            self.tail.publish(TailEvent::Line(row.clone()));
        }
        if let Some(file) = &self.file {
            file.append(&InsforgeLine::from(&row));
        }
        self.logs.record(row);
    }
}

fn log_row(line: &GuestLine) -> LogRow {
    LogRow {
        id: line.id,
        invocation_id: line.invocation.uuid(),
        slug: line.slug.clone(),
        version: line.version,
        logged_at: line.at.into(),
        level: line.level.name().into(),
        source: line.source.name().into(),
        message: line.text.clone(),
        fields: line.fields.clone(),
    }
}

fn invocation_row(record: &InvocationRecord) -> InvocationRow {
    let counts = record.call_counts.iter().map(|(kind, count)| (Cow::Borrowed(kind.name()), count));
    InvocationRow {
        id: record.id.uuid(),
        slug: record.slug.clone(),
        version: record.version,
        started_at: record.started.into(),
        source: record.source.name().into(),
        method: method(&record.method),
        status: record.status,
        outcome: record.outcome.name().into(),
        duration_us: micros(record.duration),
        cpu_us: micros(record.cpu),
        peak_memory: record.peak_memory,
        fuel: record.fuel,
        request_bytes: record.request_bytes,
        response_bytes: record.response_bytes,
        outbound_requests: record.outbound_requests,
        host_calls: record.call_counts.services(),
        ai_prompt_tokens: record.ai_prompt_tokens,
        ai_completion_tokens: record.ai_completion_tokens,
        call_counts: counts.collect(),
        calls: calls(record),
        trace_id: Some(record.trace.id().0),
        error: record.error.clone(),
    }
}

fn calls(record: &InvocationRecord) -> Vec<CallRow> {
    record
        .timed_calls()
        .map(|call| CallRow {
            kind: call.kind.name().into(),
            name: call.name.to_owned(),
            start_us: micros(call.start),
            duration_us: micros(call.duration),
            ok: call.ok,
        })
        .collect()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn method(method: &http::Method) -> Cow<'static, str> {
    match *method {
        http::Method::GET => "GET".into(),
        http::Method::POST => "POST".into(),
        _ => method.to_string().into(),
    }
}
