//! `native.services.ai`: language models. What is asked for comes as JSON.

use super::bytes::Bytes;
use super::refusal::{Detail, Refusal, ServiceError};
use crate::task;
use rquickjs::{Array, Ctx, Function, IntoJs, Object, Promise, Result, Value as Js};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::rc::Rc;
use wasmforge_sdk::ai::{self, Chat, Completion, Embeddings, Error, Image, Message, Role, Stream, Usage};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let ai = Object::new(ctx.clone())?;
    ai.set("chat", Function::new(ctx.clone(), chat)?)?;
    ai.set("stream", Function::new(ctx.clone(), stream)?)?;
    ai.set("embed", Function::new(ctx.clone(), embed)?)?;
    ai.set("image", Function::new(ctx.clone(), image)?)?;
    services.set("ai", ai)
}

/// A chat, as the layer writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    model: String,
    messages: Vec<Said>,
    temperature: Option<f32>,
    max_tokens: Option<u32>,
    tools: Option<Value>,
    #[serde(default)]
    extra: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    role: Speaker,
    content: Option<Value>,
    tool_calls: Option<Value>,
    tool_call_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    System,
    User,
    Assistant,
    Tool,
}

fn asked(json: &str) -> std::result::Result<Chat, Refusal> {
    let asked: Asked =
        serde_json::from_str(json).map_err(|error| Error::InvalidRequest(error.to_string()))?;
    let mut chat = ai::chat(asked.model);
    chat.messages = asked.messages.into_iter().map(message).collect();
    chat.temperature = asked.temperature;
    chat.max_tokens = asked.max_tokens;
    chat.tools = asked.tools;
    chat.extra = asked.extra;
    Ok(chat)
}

fn message(said: Said) -> Message {
    let role = match said.role {
        Speaker::System => Role::System,
        Speaker::User => Role::User,
        Speaker::Assistant => Role::Assistant,
        Speaker::Tool => Role::Tool,
    };
    let (text, parts) = match said.content {
        Some(Value::String(text)) => (text, None),
        parts => (String::new(), parts.filter(|parts| !parts.is_null())),
    };
    let mut message = Message::new(role, text);
    message.parts = parts;
    message.tool_calls = said.tool_calls;
    message.tool_call_id = said.tool_call_id;
    message
}

fn chat(ctx: Ctx<'_>, json: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { Ok::<_, Refusal>(Answer(asked(&json)?.send().await?)) })
}

/// A promise of `{ next, completion }`: the first promises more text, and nothing at the end; the second tells what is known by then.
fn stream(ctx: Ctx<'_>, json: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { Ok::<_, Refusal>(Parts(asked(&json)?.stream().await?)) })
}

struct Parts(Stream);

impl<'js> IntoJs<'js> for Parts {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let source = Rc::new(RefCell::new(Some(self.0)));
        let reading = source.clone();
        let next = move |ctx: Ctx<'js>| {
            let source = reading.clone();
            task::settled(&ctx, async move {
                let Some(mut stream) = source.borrow_mut().take() else { return Ok(None) };
                let text = stream.next().await;
                *source.borrow_mut() = Some(stream);
                text.map_err(Refusal::from)
            })
        };
        let known = source.clone();
        let completion = move || {
            let known = known.borrow();
            Answer(known.as_ref().map(|stream| stream.completion().clone()).unwrap_or_default())
        };
        let parts = Object::new(ctx.clone())?;
        parts.set("next", Function::new(ctx.clone(), next)?)?;
        parts.set("completion", Function::new(ctx.clone(), completion)?)?;
        parts.set("close", Function::new(ctx.clone(), move || drop(source.borrow_mut().take()))?)?;
        Ok(parts.into_value())
    }
}

fn embed(ctx: Ctx<'_>, model: String, inputs: Vec<String>) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { ai::embed(model, inputs).await.map(Vectors).map_err(Refusal::from) })
}

fn image(
    ctx: Ctx<'_>,
    model: String,
    prompt: String,
    size: Option<String>,
    count: u32,
) -> Result<Promise<'_>> {
    task::settled(&ctx, async move {
        let mut paint = ai::image(model, prompt).count(count);
        paint.size = size;
        Ok::<_, Refusal>(paint.send().await?.into_iter().map(Picture).collect::<Vec<_>>())
    })
}

struct Answer(Completion);

impl<'js> IntoJs<'js> for Answer {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let Completion { text, tool_calls, finish_reason, model, usage } = self.0;
        let answer = Object::new(ctx.clone())?;
        answer.set("text", text)?;
        if let Some(calls) = tool_calls {
            answer.set("toolCalls", ctx.json_parse(calls.to_string())?)?;
        }
        answer.set("finishReason", finish_reason)?;
        answer.set("model", model)?;
        answer.set("usage", used(ctx, usage)?)?;
        Ok(answer.into_value())
    }
}

#[allow(clippy::cast_precision_loss, reason = "nobody uses 2^53 tokens")]
fn used<'js>(ctx: &Ctx<'js>, usage: Usage) -> Result<Object<'js>> {
    let used = Object::new(ctx.clone())?;
    used.set("prompt", usage.prompt as f64)?;
    used.set("completion", usage.completion as f64)?;
    Ok(used)
}

struct Vectors(Embeddings);

impl<'js> IntoJs<'js> for Vectors {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let vectors = Array::new(ctx.clone())?;
        for (index, vector) in self.0.vectors.into_iter().enumerate() {
            vectors.set(index, vector)?;
        }
        let answer = Object::new(ctx.clone())?;
        answer.set("vectors", vectors)?;
        answer.set("usage", used(ctx, self.0.usage)?)?;
        Ok(answer.into_value())
    }
}

struct Picture(Image);

impl<'js> IntoJs<'js> for Picture {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Js<'js>> {
        let picture = Object::new(ctx.clone())?;
        match self.0 {
            Image::Bytes(bytes) => picture.set("bytes", Bytes(bytes))?,
            Image::Url(url) => picture.set("url", url)?,
        }
        Ok(picture.into_value())
    }
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::ModelNotAllowed(_) => "model-not-allowed",
            Self::InvalidRequest(_) => "invalid-request",
            Self::RateLimited { .. } => "rate-limited",
            Self::Provider { .. } => "provider",
            Self::InvalidResponse(_) => "invalid-response",
            Self::Broken(_) => "broken",
            Self::Timeout => "timeout",
            Self::TooLarge(_) => "too-large",
            _ => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, Detail)> {
        match self {
            Self::RateLimited { retry_after: Some(seconds) } => {
                vec![("retryAfter", Detail::Number(*seconds))]
            }
            Self::Provider { status, .. } => vec![("providerStatus", Detail::Number((*status).into()))],
            _ => Vec::new(),
        }
    }
}
