//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), as they come.

use super::{Answer, ClientError};
use std::collections::VecDeque;

/// Bytes of one line. A log line is shorter.
const MAX_LINE: usize = 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last id that the stream has named, to go on from.
    pub id: Option<String>,
    /// Its type; empty where it has none.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// The events of an answer.
pub struct Events {
    answer: Answer,
    reader: Reader,
}

impl Events {
    /// Reads an answer that is no error.
    #[must_use]
    pub fn of(answer: Answer) -> Self {
        Self { answer, reader: Reader::default() }
    }

    /// The next event; `None` where the server ends the stream.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] where it breaks off.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        loop {
            if let Some(event) = self.reader.events.pop_front() {
                return Ok(Some(event));
            }
            match self.answer.chunk().await? {
                Some(chunk) => self.reader.read(&chunk),
                None => return Ok(None),
            }
        }
    }
}

/// Takes bytes apart into events.
#[derive(Default)]
struct Reader {
    line: Vec<u8>,
    id: Option<String>,
    event: Event,
    has_data: bool,
    events: VecDeque<Event>,
}

impl Reader {
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    let line = String::from_utf8_lossy(&line).into_owned();
                    self.take(line.trim_end_matches('\r'));
                }
                byte if self.line.len() < MAX_LINE => self.line.push(*byte),
                _ => {}
            }
        }
    }

    fn take(&mut self, line: &str) {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if std::mem::take(&mut self.has_data) {
                self.events.push_back(Event { id: self.id.clone(), ..event });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" => self.id = Some(value.to_owned()),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // Comments keep the connection alive; `retry` is the reader's own business here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&str]) -> Vec<Event> {
        let mut reader = Reader::default();
        chunks.iter().for_each(|chunk| reader.read(chunk.as_bytes()));
        reader.events.into()
    }

    fn event(id: Option<&str>, name: &str, data: &str) -> Event {
        Event { id: id.map(str::to_owned), name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = ": hello\n\nid: 7\nevent: line\ndata: {\"a\":\ndata: 1}\n\r\nevent:line\r\ndata:x\r\n\r\ndata: cut";
        let expected = [event(Some("7"), "line", "{\"a\":\n1}"), event(Some("7"), "line", "x")];
        assert_eq!(read(&[text]), expected);
        let bytes: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(read(&bytes.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn an_event_without_data_is_none() {
        assert_eq!(read(&["event: ping\n\n", "data\n\n"]), [event(None, "", "")]);
    }
}
