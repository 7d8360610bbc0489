//! The log lines on standard output: one per call, one per line that a guest writes.

use super::record::{GuestLine, InvocationRecord, LineSource};
use crate::config::LogFormat;
use crate::registry::Version;
use serde::Serialize;
use std::fmt;
use std::io::Write;
use std::time::SystemTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Writes lines to standard output, or to whatever a test reads.
pub struct LineWriter {
    format: LogFormat,
    out: Box<dyn Write + Send>,
    buffer: Vec<u8>,
}

impl LineWriter {
    /// Writes to the process's standard output.
    #[must_use]
    pub fn stdout(format: LogFormat) -> Self {
        Self::to(format, Box::new(std::io::stdout()))
    }

    /// Writes elsewhere.
    #[must_use]
    pub fn to(format: LogFormat, out: Box<dyn Write + Send>) -> Self {
        Self { format, out, buffer: Vec::with_capacity(8192) }
    }

    /// The line of one completed call. Its first six keys are those of InsForge's runtime.
    pub(super) fn call(&mut self, record: &InvocationRecord) {
        match self.format {
            LogFormat::Json => {
                self.json(&CallLine::of(record));
            }
            LogFormat::Pretty => {
                let millis = record.duration.as_millis();
                let error =
                    record.error.as_deref().map(|e| format!("\n  {}", printable(e))).unwrap_or_default();
                self.text(format_args!(
                    "{} {} {} {} {} {millis} ms (cpu {} µs, {} KiB){error}",
                    clock(SystemTime::now()),
                    record.method,
                    record.slug,
                    record.status,
                    record.outcome.name(),
                    record.cpu.as_micros(),
                    record.peak_memory / 1024,
                ));
            }
        }
    }

    /// A line that a guest wrote.
    pub(super) fn guest_line(&mut self, line: &GuestLine) {
        match self.format {
            LogFormat::Json => self.json(&GuestLineJson {
                timestamp: timestamp(line.at),
                level: line.level.name(),
                slug: &line.slug,
                version: line.version,
                invocation_id: line.invocation.to_string(),
                source: line.source.name(),
                message: &line.text,
                fields: Fields(&line.fields),
            }),
            LogFormat::Pretty => {
                let source = match line.source {
                    LineSource::Log => line.level.name(),
                    stream => stream.name(),
                };
                self.text(format_args!(
                    "{} {} {source} | {}{}",
                    clock(line.at),
                    line.slug,
                    printable(&line.text),
                    Fields(&line.fields)
                ));
            }
        }
    }

    /// Writes what was gathered. A closed standard output is nothing to fail for.
    pub(super) fn flush(&mut self) {
        let _ = self.out.write_all(&self.buffer).and_then(|()| self.out.flush());
        self.buffer.clear();
    }

    fn json(&mut self, line: &impl Serialize) {
        // Writing to a Vec cannot fail.
        let _ = serde_json::to_writer(&mut self.buffer, line);
        self.buffer.push(b'\n');
    }

    fn text(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.buffer, "{line}");
    }
}

/// The line of a call, in the order in which it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallLine<'a> {
    timestamp: String,
    level: &'static str,
    slug: &'a str,
    method: &'a str,
    status: u16,
    duration: String,
    invocation_id: String,
    trace_id: String,
    version: Version,
    invoked_by: &'static str,
    outcome: &'static str,
    cpu_micros: u64,
    memory_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fuel: Option<u64>,
    request_bytes: u64,
    response_bytes: u64,
    outbound_requests: u32,
    host_calls: u32,
    #[serde(skip_serializing_if = "is_zero")]
    ai_prompt_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    ai_completion_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> CallLine<'a> {
    fn of(record: &'a InvocationRecord) -> Self {
        Self {
            timestamp: timestamp(SystemTime::now()),
            level: "info",
            slug: &record.slug,
            method: record.method.as_str(),
            status: record.status,
            duration: format!("{}ms", record.duration.as_millis()),
            invocation_id: record.id.to_string(),
            trace_id: record.trace.id().to_string(),
            version: record.version,
            invoked_by: record.source.name(),
            outcome: record.outcome.name(),
            cpu_micros: micros(record.cpu),
            memory_bytes: record.peak_memory,
            fuel: record.fuel,
            request_bytes: record.request_bytes,
            response_bytes: record.response_bytes,
            outbound_requests: record.outbound_requests,
            host_calls: record.call_counts.services(),
            ai_prompt_tokens: record.ai_prompt_tokens,
            ai_completion_tokens: record.ai_completion_tokens,
            error: record.error.as_deref(),
        }
    }
}

/// A guest's line, in the order in which it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GuestLineJson<'a> {
    timestamp: String,
    level: &'static str,
    slug: &'a str,
    version: Version,
    invocation_id: String,
    source: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Fields::is_empty")]
    fields: Fields<'a>,
}

/// A line's fields: an object in JSON, ` name="value"` for a person.
struct Fields<'a>(&'a [(String, String)]);

impl Fields<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| write!(f, " {}={value:?}", name.escape_debug()))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// ISO 8601 with milliseconds and `Z`, as JavaScript's `toISOString` writes it.
pub(super) fn timestamp(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    at.replace_millisecond(at.millisecond())
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .map(|text| match text.split_once('.') {
            Some((seconds, fraction)) => format!("{seconds}.{:0<3}Z", fraction.trim_end_matches('Z')),
            None => format!("{}.000Z", text.trim_end_matches('Z')),
        })
        .unwrap_or_default()
}

fn clock(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    format!("{:02}:{:02}:{:02}.{:03}", at.hour(), at.minute(), at.second(), at.millisecond())
}

/// Shows control characters instead of obeying them, so that a guest cannot forge lines or drive the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escape = c.is_control() && c != '\t' && c != '\n';
            let escaped = escape.then(|| c.escape_unicode());
            escaped.into_iter().flatten().chain((!escape).then_some(c))
        })
        .collect::<String>()
        .replace('\n', "\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn timestamps_are_those_of_javascript() {
        let at = SystemTime::UNIX_EPOCH;
        assert_eq!(timestamp(at), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(at + Duration::from_micros(1_700_000_000_120_999)), "2023-11-14T22:13:20.120Z");
        assert_eq!(timestamp(at + Duration::from_millis(1_700_000_000_007)), "2023-11-14T22:13:20.007Z");
    }

    #[test]
    fn a_terminal_is_not_driven_by_a_guest() {
        assert_eq!(printable("a\u{1b}[2Jb\rc\td"), "a\\u{1b}[2Jb\\u{d}c\td");
        let fields = [("a\n".to_owned(), "x\u{1b}[2J\n\"y".to_owned()), ("b".to_owned(), String::new())];
        assert_eq!(Fields(&fields).to_string(), r#" a\n="x\u{1b}[2J\n\"y" b="""#);
    }
}
