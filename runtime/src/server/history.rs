//! Hands what happened to the tables `functions.invocations` and `functions.logs`.

use crate::registry::{History, InvocationRow, LogRow, PostgresRegistry};
use crate::telemetry::{GuestLine, InvocationRecord, RecordSink};

pub(super) struct HistorySink {
    invocations: History<InvocationRow>,
    logs: History<LogRow>,
}

impl HistorySink {
    pub(super) fn new(registry: &PostgresRegistry) -> Self {
        Self { invocations: registry.invocations(), logs: registry.logs() }
    }
}

impl RecordSink for HistorySink {
    fn take(&self, records: &[InvocationRecord]) {
        for record in records {
            self.invocations.record(row(record));
        }
    }

    fn line(&self, line: GuestLine) {
        self.logs.record(LogRow {
            invocation_id: line.id.uuid(),
            slug: line.slug,
            version: line.version,
            logged_at: line.at.into(),
            level: line.level.name(),
            source: line.source.name(),
            message: line.text,
            fields: line.fields,
        });
    }
}

fn row(record: &InvocationRecord) -> InvocationRow {
    let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    InvocationRow {
        id: record.id.uuid(),
        slug: record.slug.clone(),
        version: record.version,
        started_at: record.started.into(),
        method: record.method.to_string(),
        status: record.status,
        outcome: record.outcome.name(),
        duration_us: micros(record.duration),
        cpu_us: micros(record.cpu),
        peak_memory: record.peak_memory,
        request_bytes: record.request_bytes,
        response_bytes: record.response_bytes,
        outbound_requests: record.outbound_requests,
        host_calls: record.host_calls,
        ai_prompt_tokens: record.ai_prompt_tokens,
        ai_completion_tokens: record.ai_completion_tokens,
        error: record.error.clone(),
    }
}
