//! A record as spans: one for the invocation, one for each of its calls.
//!
//! Attributes follow OpenTelemetry's semantic conventions for functions (`faas.*`), HTTP, databases and language models;
//! those that they have no name for begin with `wasmforge.`.

use super::attributes::{number, text};
use crate::telemetry::record::{InvocationRecord, InvocationSource, Outcome, TimedCall};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use std::time::{Duration, SystemTime};
use wasmforge_sandbox::CallKind;

/// The flag of a trace that is recorded.
const SAMPLED: u32 = 0x001;

/// Says that it is known whether the parent is in another process, and that it is.
const REMOTE_PARENT: u32 = 0x300;

/// The same where it is in this one.
const LOCAL_PARENT: u32 = 0x100;

/// Characters of a message.
const MAX_MESSAGE: usize = 500;

/// The spans of an invocation.
pub(super) fn spans(record: &InvocationRecord) -> Vec<Span> {
    let start = nanos(record.started);
    let calls = record.timed_calls().enumerate().map(|(place, call)| of_call(record, start, place, &call));
    std::iter::once(of_invocation(record, start)).chain(calls).collect()
}

fn of_invocation(record: &InvocationRecord, start: u64) -> Span {
    let trace = &record.trace;
    let parent = trace.parent();
    Span {
        trace_id: trace.id().0.to_be_bytes().to_vec(),
        span_id: trace.span().to_be_bytes().to_vec(),
        parent_span_id: parent.map(|parent| parent.get().to_be_bytes().to_vec()).unwrap_or_default(),
        flags: SAMPLED | parent.map_or(LOCAL_PARENT, |_| REMOTE_PARENT),
        name: format!("{} /{}", record.method, record.slug),
        kind: SpanKind::Server.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start.saturating_add(whole(record.duration)),
        attributes: attributes(record),
        status: status_of(record),
        ..Span::default()
    }
}

fn attributes(record: &InvocationRecord) -> Vec<KeyValue> {
    let route = format!("/{}", record.slug);
    let mut attributes = vec![
        text("faas.name", &record.slug),
        text("faas.version", &record.version.to_string()),
        text("faas.invocation_id", &record.id.to_string()),
        text("faas.trigger", trigger(record.source)),
        text("http.request.method", record.method.as_str()),
        text("http.route", &route),
        text("url.path", &route),
        number("http.response.status_code", u64::from(record.status)),
        number("http.request.body.size", record.request_bytes),
        number("http.response.body.size", record.response_bytes),
        text("wasmforge.source", record.source.name()),
        text("wasmforge.outcome", record.outcome.name()),
        number("wasmforge.cpu_us", u64::try_from(record.cpu.as_micros()).unwrap_or(u64::MAX)),
        number("wasmforge.peak_memory", record.peak_memory),
    ];
    let counted = [
        ("wasmforge.fuel", record.fuel.unwrap_or_default()),
        ("gen_ai.usage.input_tokens", record.ai_prompt_tokens),
        ("gen_ai.usage.output_tokens", record.ai_completion_tokens),
    ];
    attributes
        .extend(counted.iter().filter(|(_, count)| *count > 0).map(|(name, count)| number(name, *count)));
    if record.outcome != Outcome::Ok {
        attributes.push(text("error.type", record.outcome.name()));
    } else if record.status >= 500 {
        attributes.push(text("error.type", &record.status.to_string()));
    }
    attributes
}

/// The words of the conventions.
fn trigger(source: InvocationSource) -> &'static str {
    match source {
        InvocationSource::Http | InvocationSource::Async => "http",
        InvocationSource::Schedule => "timer",
        InvocationSource::Trigger => "datasource",
        InvocationSource::Function => "other",
    }
}

/// A server's span has failed where it is the server's fault.
fn status_of(record: &InvocationRecord) -> Option<Status> {
    let is_fault = record.status >= 500 || record.error.is_some();
    is_fault.then(|| {
        let message = cause(record.error.as_deref().unwrap_or_default()).chars().take(MAX_MESSAGE).collect();
        Status { message, code: StatusCode::Error.into() }
    })
}

/// The line that says what went wrong: a trap tells first where, and then why.
fn cause(error: &str) -> &str {
    let cause = error.split_once("Caused by:").map_or(error, |(_, cause)| cause);
    cause.trim().lines().next().unwrap_or_default()
}

fn of_call(record: &InvocationRecord, begun: u64, place: usize, call: &TimedCall<'_>) -> Span {
    let start = begun.saturating_add(whole(call.start));
    let kind = if call.kind == CallKind::Auth { SpanKind::Internal } else { SpanKind::Client };
    Span {
        trace_id: record.trace.id().0.to_be_bytes().to_vec(),
        span_id: record.trace.span_of_call(place).to_be_bytes().to_vec(),
        parent_span_id: record.trace.span().to_be_bytes().to_vec(),
        flags: SAMPLED | LOCAL_PARENT,
        name: call.name.to_owned(),
        kind: kind.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start.saturating_add(whole(call.duration)),
        attributes: attributes_of_call(call),
        status: (!call.ok).then(|| Status { message: String::new(), code: StatusCode::Error.into() }),
        ..Span::default()
    }
}

fn attributes_of_call(call: &TimedCall<'_>) -> Vec<KeyValue> {
    let (first, rest) = call.name.split_once(' ').unwrap_or((call.name, ""));
    let mut attributes = vec![text("wasmforge.call", call.kind.name())];
    match call.kind {
        CallKind::Http => {
            attributes.push(text("http.request.method", first));
            // An address of IPv6 stands in brackets.
            let (host, port) = match rest.rsplit_once(':') {
                Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
                _ => (rest, None),
            };
            attributes.push(text("server.address", host));
            attributes.extend(port.map(|port: u16| number("server.port", u64::from(port))));
        }
        CallKind::Rest => {
            attributes.push(text("http.request.method", first));
            attributes.push(text("url.path", rest));
        }
        CallKind::Sql => {
            attributes.push(text("db.system.name", "postgresql"));
            attributes.push(text("db.operation.name", first));
            attributes.push(text("db.query.summary", call.name));
        }
        CallKind::Ai => {
            attributes.push(text("gen_ai.operation.name", first));
            attributes.push(text("gen_ai.request.model", rest));
        }
        CallKind::Functions => attributes.push(text("faas.invoked_name", call.name)),
        CallKind::Realtime => {
            attributes.push(text("messaging.operation.name", first));
            attributes.push(text("messaging.destination.name", rest));
        }
        CallKind::Storage | CallKind::KeyValue | CallKind::Auth => {}
    }
    attributes
}

fn nanos(at: SystemTime) -> u64 {
    whole(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn the_reason_of_a_trap_is_told_before_its_place() {
        let trap =
            "error while executing at wasm backtrace:\n    0: f\n\nCaused by:\n    wasm trap: unreachable\n";
        assert_eq!(cause(trap), "wasm trap: unreachable");
        assert_eq!(cause("TypeError: x\n    at y"), "TypeError: x");
        assert_eq!(cause(""), "");
    }
}
