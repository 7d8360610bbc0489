//! Server-sent events, as the HTML standard defines them, as far as an endpoint of chats uses them: their data.

use std::collections::VecDeque;

/// Bytes of one event's data.
const MAX_EVENT: usize = 1024 * 1024;

/// An event is larger than is held in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is over 1 MiB")]
pub(super) struct TooLarge;

/// Cuts bytes into events, wherever they were cut before.
#[derive(Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Option<String>,
    after_return: bool,
    ready: VecDeque<String>,
}

impl Events {
    /// Takes bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        for byte in bytes {
            let is_second_half = std::mem::take(&mut self.after_return) && *byte == b'\n';
            match byte {
                b'\n' if is_second_half => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    self.end_line()?;
                }
                _ if self.line.len() >= MAX_EVENT => return Err(TooLarge),
                _ => self.line.push(*byte),
            }
        }
        Ok(())
    }

    /// The data of the next event that is complete.
    pub(super) fn next(&mut self) -> Option<String> {
        self.ready.pop_front()
    }

    fn end_line(&mut self) -> Result<(), TooLarge> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            self.ready.extend(self.data.take());
            return Ok(());
        }
        // Comments begin with a colon; other fields than the data mean nothing here.
        let Some(value) = line.strip_prefix(b"data").filter(|rest| rest.is_empty() || rest.starts_with(b":"))
        else {
            return Ok(());
        };
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match &mut self.data {
            None => self.data = Some(value.into_owned()),
            Some(data) => {
                data.push('\n');
                data.push_str(&value);
            }
        }
        match &self.data {
            Some(data) if data.len() > MAX_EVENT => Err(TooLarge),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(parts: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        parts.iter().for_each(|part| events.push(part).unwrap());
        std::iter::from_fn(|| events.next()).collect()
    }

    #[test]
    fn events_end_at_empty_lines_whatever_ends_a_line() {
        assert_eq!(events(&[b"data: a\n\ndata:b\r\n\r\ndata: c\r\r"]), ["a", "b", "c"]);
        assert_eq!(events(&[b": a comment\nid: 1\nevent: x\n\ndata: a\ndata\ndata:  b\n\n"]), ["a\n\n b"]);
        assert_eq!(events(&[b"data: not complete\n"]), [""; 0]);
    }

    #[test]
    fn bytes_may_be_cut_anywhere() {
        let text = "data: héllo\r\n\r\ndata: [DONE]\r\n\r\n".as_bytes();
        let bytes: Vec<_> = text.chunks(1).collect();
        assert_eq!(events(&bytes), ["héllo", "[DONE]"]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut events = Events::default();
        assert_eq!(events.push(&vec![b'x'; MAX_EVENT + 1]), Err(TooLarge));
        let mut events = Events::default();
        let line = [b"data: ".to_vec(), vec![b'x'; MAX_EVENT / 2], b"\n".to_vec()].concat();
        assert_eq!((events.push(&line), events.push(&line)), (Ok(()), Err(TooLarge)));
    }
}
