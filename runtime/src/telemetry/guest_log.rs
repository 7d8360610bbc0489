//! The log of one invocation: what it writes to standard output and error, cut into lines, and what it logs.

mod structured;

use super::record::{GuestLine, InvocationId, LineSource};
use super::recorder::Recorder;
use crate::registry::{LineId, Version};
use bytes::Bytes;
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;
use tokio::io::AsyncWrite;
use wasmforge_host_api::log::{Level, LogSink};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// A line longer than this is cut into several.
const MAX_LINE: usize = 16 * 1024;

/// The line that stands where an invocation's log was cut off.
const TRUNCATED: &str = "[log truncated: the invocation wrote more than its limit]";

/// Which invocation of what a line belongs to.
#[derive(Clone, Debug)]
pub struct LogTag {
    /// The invocation.
    pub id: InvocationId,
    /// The function.
    pub slug: Arc<str>,
    /// Its version.
    pub version: Version,
}

/// The log of one invocation; both streams and the calls of the log share its limit.
pub struct GuestLog {
    tag: LogTag,
    recorder: Recorder,
    state: Mutex<State>,
}

struct State {
    /// Bytes that may still be logged; `None` once the truncation was noted.
    remaining: Option<u64>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl GuestLog {
    /// A log that keeps `limit` bytes.
    #[must_use]
    pub fn new(tag: LogTag, limit: u64, recorder: Recorder) -> Self {
        let state = State { remaining: Some(limit), stdout: Vec::new(), stderr: Vec::new() };
        Self { tag, recorder, state: Mutex::new(state) }
    }

    fn write(&self, source: LineSource, mut bytes: &[u8]) {
        let mut state = self.state.lock();
        while !bytes.is_empty() {
            let Some(remaining) = state.remaining else { return };
            let partial = match source {
                LineSource::Stderr => &mut state.stderr,
                LineSource::Stdout | LineSource::Log => &mut state.stdout,
            };
            let room =
                MAX_LINE.saturating_sub(partial.len()).min(usize::try_from(remaining).unwrap_or(usize::MAX));
            let end = bytes.iter().take(room).position(|b| *b == b'\n');
            let (part, rest) = match end {
                Some(at) => (bytes.get(..at), bytes.get(at + 1..)),
                None => bytes
                    .split_at_checked(room.min(bytes.len()))
                    .map_or((None, None), |(a, b)| (Some(a), Some(b))),
            };
            let part = part.unwrap_or_default();
            partial.extend_from_slice(part);
            bytes = rest.unwrap_or_default();
            let is_complete = end.is_some() || partial.len() >= MAX_LINE;
            let line = is_complete.then(|| std::mem::take(partial));
            state.remaining =
                remaining.checked_sub(part.len() as u64 + u64::from(end.is_some())).filter(|n| *n > 0);
            if let Some(line) = line {
                self.emit(source, &line);
            }
            if state.remaining.is_none() {
                drop_partials(self, &mut state);
                self.emit(source, TRUNCATED.as_bytes());
            }
        }
    }

    fn emit(&self, source: LineSource, line: &[u8]) {
        let level = match source {
            LineSource::Stderr => Level::Warn,
            LineSource::Stdout | LineSource::Log => Level::Info,
        };
        self.line(source, level, String::from_utf8_lossy(line).into_owned(), Vec::new());
    }

    fn line(&self, source: LineSource, level: Level, text: String, fields: Vec<(String, String)>) {
        let LogTag { id, slug, version } = self.tag.clone();
        let at = SystemTime::now();
        let line =
            GuestLine { id: LineId::new(at), at, invocation: id, slug, version, source, level, text, fields };
        self.recorder.line(line);
    }
}

/// Emits lines that were begun, so that nothing within the limit is lost.
fn drop_partials(log: &GuestLog, state: &mut State) {
    for (source, partial) in [
        (LineSource::Stdout, std::mem::take(&mut state.stdout)),
        (LineSource::Stderr, std::mem::take(&mut state.stderr)),
    ] {
        if !partial.is_empty() {
            log.emit(source, &partial);
        }
    }
}

impl Drop for GuestLog {
    fn drop(&mut self) {
        let mut state = std::mem::replace(
            self.state.get_mut(),
            State { remaining: None, stdout: Vec::new(), stderr: Vec::new() },
        );
        drop_partials(self, &mut state);
    }
}

impl LogSink for GuestLog {
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        let mut state = self.state.lock();
        let mut fields = structured::fields(fields);
        for text in structured::pieces(message) {
            let Some(remaining) = state.remaining else { return };
            let of_piece = std::mem::take(&mut fields);
            let text_cost = text.len() as u64 + 1;
            let cost = text_cost + structured::cost(&of_piece);
            state.remaining = remaining.checked_sub(cost).filter(|left| *left > 0);
            if cost <= remaining {
                self.line(LineSource::Log, level, text.to_owned(), of_piece);
            } else {
                self.line(LineSource::Log, level, structured::prefix(text, remaining).to_owned(), Vec::new());
            }
            if state.remaining.is_none() {
                drop_partials(self, &mut state);
                self.emit(LineSource::Log, TRUNCATED.as_bytes());
            }
        }
    }
}

/// One of the two streams, as WASI takes it. Writing never waits.
#[derive(Clone)]
pub struct GuestOutput {
    log: Arc<GuestLog>,
    source: LineSource,
}

impl GuestOutput {
    /// The stream of `source`.
    #[must_use]
    pub fn new(log: Arc<GuestLog>, source: LineSource) -> Self {
        Self { log, source }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.write(self.source, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(MAX_LINE)
    }
}

#[async_trait::async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

impl AsyncWrite for GuestOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.log.write(self.source, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogFormat;
    use crate::telemetry::lines::LineWriter;
    use crate::telemetry::metrics::Metrics;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The messages that come out of what `write` writes into a log of `limit` bytes.
    fn messages(limit: u64, write: impl FnOnce(&GuestLog)) -> Vec<String> {
        let written = Written::default();
        let lines = LineWriter::to(LogFormat::Json, Box::new(written.clone()));
        let recorder = Recorder::start(lines, Arc::new(Metrics::detached()), Vec::new()).unwrap();
        let tag = LogTag { id: InvocationId::new(), slug: "f".into(), version: 1 };
        let log = GuestLog::new(tag, limit, recorder.clone());
        write(&log);
        drop(log);
        recorder.stop();
        let text = String::from_utf8(written.0.lock().clone()).unwrap();
        text.lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["message"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn writes_become_lines_wherever_they_were_cut() {
        let lines = messages(1000, |log| {
            log.write(LineSource::Stdout, b"one\ntw");
            log.write(LineSource::Stderr, b"err");
            log.write(LineSource::Stdout, b"o\n\nrest");
        });
        assert_eq!(lines, ["one", "two", "", "rest", "err"]);
    }

    #[test]
    fn escapes_and_bytes_that_are_not_text_stay_within_their_line() {
        let lines = messages(1000, |log| {
            log.write(LineSource::Stdout, b"\x1b[31mred\xff\r\n{\"level\":\"error\"}\n")
        });
        assert_eq!(lines, ["\u{1b}[31mred\u{fffd}\r", "{\"level\":\"error\"}"]);
    }

    #[test]
    fn a_flood_is_cut_off_once_and_says_so() {
        let lines = messages(10, |log| {
            for _ in 0..1000 {
                log.write(LineSource::Stdout, b"12345\n");
            }
        });
        assert_eq!(lines, ["12345", "1234", TRUNCATED]);
    }

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_logged_line_counts_with_its_fields_and_the_limit_is_noted_once() {
        let lines = messages(20, |log| {
            log.log(Level::Warn, "12345", &fields(&[("a", "123")]));
            log.log(Level::Warn, "12345", &fields(&[("a", "123456")]));
            log.log(Level::Warn, "lost", &[]);
            log.write(LineSource::Stdout, b"lost too\n");
        });
        assert_eq!(lines, ["12345", "12345", TRUNCATED]);
    }

    #[test]
    fn a_long_message_is_cut_at_characters() {
        let lines = messages(u64::MAX, |log| log.log(Level::Info, &"é".repeat(MAX_LINE), &[]));
        assert_eq!(lines.concat(), "é".repeat(MAX_LINE));
        assert!(lines.len() == 2 && lines.iter().all(|line| line.len() <= MAX_LINE));
        assert_eq!(messages(1000, |log| log.log(Level::Info, "", &[])), [""]);
    }

    #[test]
    fn an_endless_line_is_cut_into_pieces() {
        let lines = messages(u64::MAX, |log| log.write(LineSource::Stdout, &vec![b'x'; 2 * MAX_LINE + 1]));
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [MAX_LINE, MAX_LINE, 1]);
    }
}
