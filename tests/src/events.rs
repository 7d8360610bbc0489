//! Server-sent events, as a browser reads them.

use crate::{Node, Open, in_time, request};
use bytes::Bytes;
use serde_json::Value;

/// One event.
#[derive(Clone, Debug, Default)]
pub struct SentEvent {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its id; empty where it has none.
    pub id: String,
    /// Its data.
    pub data: String,
}

impl SentEvent {
    /// The data as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A stream of events that is being read.
pub struct Events {
    answer: Open,
    read: Vec<u8>,
    /// How many comments there were so far.
    pub comments: usize,
}

impl Events {
    /// Opens `path` of a node's platform listener with its admin's key and these headers.
    pub async fn open(node: &Node, path: &str, headers: &[(&str, &str)]) -> Self {
        let request = headers.iter().fold(request("GET", path), |r, (name, value)| r.header(*name, *value));
        let request = request.header("x-api-key", crate::API_KEY).body(Bytes::new()).unwrap();
        let answer = node.platform().open(request).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        Self { answer, read: Vec::new(), comments: 0 }
    }

    /// The next event; `None` where the stream has ended.
    pub async fn next(&mut self) -> Option<SentEvent> {
        loop {
            while let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.read.drain(..end + 2).collect();
                let event = self.parse(&String::from_utf8(block).unwrap());
                if event.is_some() {
                    return event;
                }
            }
            match self.answer.chunk().await {
                Some(Ok(chunk)) => self.read.extend_from_slice(&chunk),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The first event to come that `wanted` makes something of.
    pub async fn find<T>(&mut self, what: &str, mut wanted: impl FnMut(&SentEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                match self.next().await {
                    Some(event) => {
                        if let Some(found) = wanted(&event) {
                            return found;
                        }
                    }
                    None => panic!("{what}: the stream has ended"),
                }
            }
        };
        in_time(what, found).await
    }

    /// An event without data is none.
    fn parse(&mut self, block: &str) -> Option<SentEvent> {
        let mut event = SentEvent::default();
        let mut has_data = false;
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => self.comments += 1,
                "event" => value.clone_into(&mut event.name),
                "id" => value.clone_into(&mut event.id),
                "data" => {
                    has_data = true;
                    event.data.push_str(value);
                }
                _ => {}
            }
        }
        has_data.then_some(event)
    }
}
