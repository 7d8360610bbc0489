//! An answer that comes in parts.

use super::bindings::wasmforge::platform::ai::{Delta, Error, Summary};
use super::sse::Events;
use super::transport::{Line, MAX_ANSWER, cut};
use super::wire::{self, Tokens};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use http::header;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use wasmforge_sandbox::{RunningCall, Usage};
use wasmtime_wasi::p2::Pollable;
use wasmtime_wasi_http::WasiBody;

/// What ends a stream of chunks.
const DONE: &str = "[DONE]";

/// The host's side of a stream that a guest polls. It is read while the guest polls, and cancelled when it is dropped.
pub struct DeltaStream {
    parts: BoxStream<'static, Result<Delta, Error>>,
    next: Option<Result<Delta, Error>>,
    ended: bool,
    call: Option<RunningCall>,
}

impl DeltaStream {
    pub(super) fn new(parts: BoxStream<'static, Result<Delta, Error>>, call: RunningCall) -> Self {
        Self { parts, next: None, ended: false, call: Some(call) }
    }

    /// The next part, if it is there.
    pub(super) fn take(&mut self) -> Option<Result<Option<Delta>, Error>> {
        match self.next.take() {
            Some(part) => Some(part.map(Some)),
            None => self.ended.then_some(Ok(None)),
        }
    }
}

#[async_trait::async_trait]
impl Pollable for DeltaStream {
    async fn ready(&mut self) {
        if self.next.is_none() && !self.ended {
            self.next = self.parts.next().await;
            self.ended = self.next.is_none();
            let is_over = matches!(self.next, None | Some(Err(_) | Ok(Delta::End(_))));
            if let Some(call) = self.call.take_if(|_| is_over) {
                call.finish(!matches!(self.next, Some(Err(_))));
            }
        }
    }
}

/// The parts of the answer to `body`, up to its end or an error.
pub(super) fn parts(line: Line, body: Value, usage: Arc<Usage>) -> BoxStream<'static, Result<Delta, Error>> {
    enum Phase {
        Ask(Line, Value, Arc<Usage>),
        Read(Reading),
        Over,
    }
    let step = |phase| async move {
        let mut reading = match phase {
            Phase::Ask(line, body, usage) => match Reading::begin(line, &body, usage).await {
                Ok(reading) => reading,
                Err(error) => return Some((Err(error), Phase::Over)),
            },
            Phase::Read(reading) => reading,
            Phase::Over => return None,
        };
        match reading.next().await {
            Ok(Delta::End(summary)) => Some((Ok(Delta::End(summary)), Phase::Over)),
            Ok(delta) => Some((Ok(delta), Phase::Read(reading))),
            Err(error) => Some((Err(error), Phase::Over)),
        }
    };
    unfold(Phase::Ask(line, body, usage), step).boxed()
}

/// An answer that is being read.
struct Reading {
    line: Line,
    body: WasiBody,
    received: usize,
    events: Events,
    deltas: VecDeque<Delta>,
    finish_reason: Option<String>,
    model: Option<String>,
    tokens: Tokens,
    usage: Arc<Usage>,
}

/// Whatever becomes of an answer, the tokens that its endpoint has told are counted.
impl Drop for Reading {
    fn drop(&mut self) {
        let tokens = super::bindings::wasmforge::platform::ai::TokenUsage::from(self.tokens);
        self.usage.add_ai_tokens(tokens.prompt, tokens.completion);
    }
}

#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Tokens>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Part>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    content: Option<String>,
    tool_calls: Option<Vec<Value>>,
}

impl Reading {
    async fn begin(line: Line, body: &Value, usage: Arc<Usage>) -> Result<Self, Error> {
        let response = line.post("chat/completions", body).await?;
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            let kind = kind.unwrap_or("nothing that is named");
            return Err(Error::InvalidResponse(format!("not a stream of events but {kind}")));
        }
        Ok(Self {
            line,
            body: response.into_body(),
            received: 0,
            events: Events::default(),
            deltas: VecDeque::new(),
            finish_reason: None,
            model: None,
            tokens: Tokens::default(),
            usage,
        })
    }

    async fn next(&mut self) -> Result<Delta, Error> {
        loop {
            if let Some(delta) = self.deltas.pop_front() {
                return Ok(delta);
            }
            if let Some(event) = self.events.next() {
                match event.as_str() {
                    DONE => return Ok(self.end()),
                    chunk => self.take(chunk)?,
                }
                continue;
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.push(frame.data_ref().map_or(&[], |data| data))?,
                Some(Err(error)) => return Err(cut(&error)),
                // Not every endpoint says that it is done.
                None if self.finish_reason.is_some() => return Ok(self.end()),
                None => return Err(Error::Broken("the stream ended before the answer did".to_owned())),
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.received += bytes.len();
        if self.received > MAX_ANSWER {
            return Err(Error::TooLarge(format!("an answer over {MAX_ANSWER} bytes")));
        }
        self.events.push(bytes).map_err(|error| Error::TooLarge(error.to_string()))
    }

    fn take(&mut self, chunk: &str) -> Result<(), Error> {
        let chunk: Chunk =
            serde_json::from_str(chunk).map_err(|error| Error::InvalidResponse(error.to_string()))?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(self.line.presentable(wire::failure(&error, 200)));
        }
        self.model = chunk.model.or_else(|| self.model.take());
        self.tokens = chunk.usage.unwrap_or(self.tokens);
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        self.finish_reason = choice.finish_reason.or_else(|| self.finish_reason.take());
        if let Some(part) = choice.delta {
            self.deltas.extend(part.content.filter(|text| !text.is_empty()).map(Delta::Text));
            self.deltas.extend(wire::tool_calls(part.tool_calls).map(Delta::ToolCalls));
        }
        Ok(())
    }

    fn end(&mut self) -> Delta {
        Delta::End(Summary {
            finish_reason: self.finish_reason.take(),
            model: self.model.take(),
            usage: self.tokens.into(),
        })
    }
}
