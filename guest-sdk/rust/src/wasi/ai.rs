//! `wasmforge:platform/ai`.

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world ai { import wasmforge:platform/ai@0.1.0; }",
        world: "wasmforge:guest/ai",
        with: { "wasi:io/poll@0.2.12": wasip2::io::poll },
        generate_all,
    });
}

use super::reactor;
use crate::ai::{Chat, Completion, Delta, Embeddings, Error, Image, Message, Paint, Role, Usage};
use bindings::wasmforge::platform::ai as host;
use serde_json::Value;

fn explain(error: host::Error) -> Error {
    match error {
        host::Error::NotGranted(grant) => Error::NotGranted(grant),
        host::Error::Unavailable(why) => Error::Unavailable(why),
        host::Error::ModelNotAllowed(model) => Error::ModelNotAllowed(model),
        host::Error::InvalidRequest(why) => Error::InvalidRequest(why),
        host::Error::RateLimited(retry_after) => Error::RateLimited { retry_after },
        host::Error::Provider(host::ProviderError { status, message }) => Error::Provider { status, message },
        host::Error::InvalidResponse(how) => Error::InvalidResponse(how),
        host::Error::Broken(how) => Error::Broken(how),
        host::Error::Timeout => Error::Timeout,
        host::Error::TooLarge(what) => Error::TooLarge(what),
    }
}

fn usage(usage: host::TokenUsage) -> Usage {
    Usage { prompt: usage.prompt, completion: usage.completion }
}

fn parsed(json: &str) -> Result<Value, Error> {
    serde_json::from_str(json).map_err(|error| Error::InvalidResponse(error.to_string()))
}

fn message(message: Message) -> host::Message {
    let content = match message.parts {
        Some(parts) => host::Content::Json(parts.to_string()),
        None => host::Content::Text(message.text),
    };
    let role = match message.role {
        Role::System => host::Role::System,
        Role::User => host::Role::User,
        Role::Assistant => host::Role::Assistant,
        Role::Tool => host::Role::Tool,
    };
    let tool_calls = message.tool_calls.map(|calls| calls.to_string());
    host::Message { role, content, tool_calls, tool_call_id: message.tool_call_id }
}

fn request(chat: Chat) -> host::ChatRequest {
    let extra = (!chat.extra.is_empty()).then(|| Value::Object(chat.extra).to_string());
    host::ChatRequest {
        model: chat.model,
        messages: chat.messages.into_iter().map(message).collect(),
        temperature: chat.temperature,
        max_tokens: chat.max_tokens,
        tools: chat.tools.map(|tools| tools.to_string()),
        extra,
    }
}

/// Waits for one of the host's futures, which differ in their types only.
macro_rules! awaited {
    ($future:expr) => {{
        let future = $future;
        loop {
            match future.get() {
                Some(result) => break result.unwrap_or_else(|()| Err(already_taken())).map_err(explain),
                None => reactor::ready(future.subscribe()).await,
            }
        }
    }};
}

/// A result is handed out once, and asked for once.
fn already_taken() -> host::Error {
    host::Error::InvalidResponse("the result was handed out already".to_owned())
}

pub(crate) async fn chat(chat: Chat) -> Result<Completion, Error> {
    let answer = awaited!(host::chat(&request(chat)))?;
    Ok(Completion {
        text: answer.text,
        tool_calls: answer.tool_calls.as_deref().map(parsed).transpose()?,
        finish_reason: answer.finish_reason,
        model: answer.model,
        usage: usage(answer.usage),
    })
}

pub(crate) async fn embed(model: String, inputs: Vec<String>) -> Result<Embeddings, Error> {
    let answer = awaited!(host::embed(&model, &inputs))?;
    Ok(Embeddings { vectors: answer.vectors, usage: usage(answer.usage) })
}

pub(crate) async fn paint(paint: Paint) -> Result<Vec<Image>, Error> {
    let Paint { model, prompt, size, count } = paint;
    let images = awaited!(host::paint(&host::ImageRequest { model, prompt, size, count }))?;
    let image = |image| match image {
        host::Image::Bytes(bytes) => Image::Bytes(bytes),
        host::Image::Url(url) => Image::Url(url),
    };
    Ok(images.into_iter().map(image).collect())
}

#[derive(Debug)]
pub(crate) struct Deltas(host::DeltaStream);

pub(crate) fn chat_stream(chat: Chat) -> Deltas {
    Deltas(host::chat_stream(&request(chat)))
}

impl Deltas {
    pub(crate) async fn next(&mut self) -> Result<Option<Delta>, Error> {
        loop {
            match self.0.next() {
                Some(Ok(Some(delta))) => return self::delta(delta).map(Some),
                Some(Ok(None)) => return Ok(None),
                Some(Err(error)) => return Err(explain(error)),
                None => reactor::ready(self.0.subscribe()).await,
            }
        }
    }
}

fn delta(delta: host::Delta) -> Result<Delta, Error> {
    Ok(match delta {
        host::Delta::Text(text) => Delta::Text(text),
        host::Delta::ToolCalls(calls) => Delta::ToolCalls(parsed(&calls)?),
        host::Delta::End(end) => {
            Delta::End { finish_reason: end.finish_reason, model: end.model, usage: usage(end.usage) }
        }
    })
}
