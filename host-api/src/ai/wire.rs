//! The JSON of an OpenAI-compatible endpoint, as OpenAI's API reference and OpenRouter's describe it.

use super::bindings::wasmforge::platform::ai::{
    ChatRequest, Completion, Content, Embeddings, Error, Image, ImageRequest, Message, ProviderError, Role,
    TokenUsage,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Members of a request that a function may set through `extra`. None of them chooses a model or an endpoint.
const EXTRA: [&str; 18] = [
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "reasoning",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "tool_choice",
    "top_k",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
];

fn invalid(what: &str, error: impl std::fmt::Display) -> Error {
    Error::InvalidRequest(format!("{what}: {error}"))
}

fn parsed(what: &str, json: &str) -> Result<Value, Error> {
    serde_json::from_str(json).map_err(|error| invalid(what, error))
}

/// The body of a chat.
pub(super) fn chat(request: &ChatRequest, stream: bool) -> Result<Value, Error> {
    let mut body = match &request.extra {
        None => Map::new(),
        Some(extra) => serde_json::from_str(extra).map_err(|error| invalid("extra", error))?,
    };
    if let Some(unknown) = body.keys().find(|key| !EXTRA.contains(&key.as_str())) {
        return Err(invalid("extra", format_args!("{unknown:?} is not one of {}", EXTRA.join(", "))));
    }
    let messages: Vec<_> = request.messages.iter().map(message).collect::<Result<_, _>>()?;
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), json!(messages));
    if let Some(temperature) = request.temperature {
        if !temperature.is_finite() {
            return Err(invalid("temperature", "it is no number"));
        }
        body.insert("temperature".to_owned(), json!(temperature));
    }
    if let Some(tokens) = request.max_tokens {
        body.insert("max_tokens".to_owned(), json!(tokens));
    }
    if let Some(tools) = &request.tools {
        body.insert("tools".to_owned(), parsed("tools", tools)?);
    }
    if stream {
        body.insert("stream".to_owned(), json!(true));
        body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    }
    Ok(Value::Object(body))
}

fn message(message: &Message) -> Result<Value, Error> {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    let content = match &message.content {
        Content::Text(text) => json!(text),
        Content::Json(json) => parsed("content", json)?,
    };
    let mut value = Map::from_iter([("role".to_owned(), json!(role)), ("content".to_owned(), content)]);
    if let Some(calls) = &message.tool_calls {
        value.insert("tool_calls".to_owned(), parsed("tool-calls", calls)?);
    }
    if let Some(id) = &message.tool_call_id {
        value.insert("tool_call_id".to_owned(), json!(id));
    }
    Ok(Value::Object(value))
}

/// The body of a request for embeddings.
pub(super) fn embed(model: &str, inputs: &[String]) -> Result<Value, Error> {
    match inputs.len() {
        1..=2048 => Ok(json!({"model": model, "input": inputs, "encoding_format": "float"})),
        count => Err(invalid("inputs", format_args!("{count}, where 1 to 2048 are allowed"))),
    }
}

/// The body of a request for images: to the endpoint of images, or as a chat.
pub(super) fn paint(request: &ImageRequest, by_chat: bool) -> Result<Value, Error> {
    let ImageRequest { model, prompt, size, count } = request;
    if !(1..=10).contains(count) {
        return Err(invalid("count", format_args!("{count}, where 1 to 10 are allowed")));
    }
    if by_chat {
        let messages = [json!({"role": "user", "content": prompt})];
        return Ok(json!({"model": model, "messages": messages, "modalities": ["image", "text"]}));
    }
    let mut body = Map::from_iter([
        ("model".to_owned(), json!(model)),
        ("prompt".to_owned(), json!(prompt)),
        ("n".to_owned(), json!(count)),
    ]);
    if let Some(size) = size {
        body.insert("size".to_owned(), json!(size));
    }
    Ok(Value::Object(body))
}

/// What every answer may be instead: an error with a status that says otherwise.
#[derive(Deserialize)]
struct Failure {
    error: Option<Value>,
}

/// Reads an answer whose status was good.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if let Ok(Failure { error: Some(error) }) = serde_json::from_slice(body)
        && !error.is_null()
    {
        return Err(Error::Provider(failure(&error, 200)));
    }
    serde_json::from_slice(body).map_err(|error| Error::InvalidResponse(error.to_string()))
}

/// What an `error` member says: an object with a message, or a text. A code that is a status is one.
pub(super) fn failure(error: &Value, status: u16) -> ProviderError {
    let message = error.as_str().or_else(|| error["message"].as_str());
    let code = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    ProviderError {
        status: code.filter(|code| (400..600).contains(code)).unwrap_or(status),
        message: message.map_or_else(|| error.to_string(), str::to_owned),
    }
}

/// What the body of an answer says whose status was bad.
pub(super) fn refusal(status: u16, body: &[u8]) -> ProviderError {
    let message = match serde_json::from_slice(body) {
        Ok(Failure { error: Some(error) }) => failure(&error, status).message,
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    ProviderError { status, message }
}

/// The tokens of an answer.
#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl From<Tokens> for TokenUsage {
    fn from(tokens: Tokens) -> Self {
        Self { prompt: tokens.prompt_tokens, completion: tokens.completion_tokens }
    }
}

fn usage(tokens: Option<Tokens>) -> TokenUsage {
    tokens.unwrap_or_default().into()
}

#[derive(Deserialize)]
struct ChatAnswer {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    message: AnswerMessage,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct AnswerMessage {
    content: Option<String>,
    tool_calls: Option<Vec<Value>>,
    images: Option<Vec<ChatImage>>,
}

#[derive(Deserialize)]
struct ChatImage {
    image_url: ImageUrl,
}

#[derive(Deserialize)]
struct ImageUrl {
    url: String,
}

fn first_choice(choices: Vec<Choice>) -> Result<Choice, Error> {
    choices.into_iter().next().ok_or_else(|| Error::InvalidResponse("there is no choice in it".to_owned()))
}

/// Tool calls as they are handed on: none if there are none.
pub(super) fn tool_calls(calls: Option<Vec<Value>>) -> Option<String> {
    calls.filter(|calls| !calls.is_empty()).map(|calls| Value::Array(calls).to_string())
}

pub(super) fn completion(body: &[u8]) -> Result<Completion, Error> {
    let answer: ChatAnswer = read(body)?;
    let Choice { message, finish_reason } = first_choice(answer.choices)?;
    Ok(Completion {
        text: message.content.unwrap_or_default(),
        tool_calls: tool_calls(message.tool_calls),
        finish_reason,
        model: answer.model,
        usage: usage(answer.usage),
    })
}

pub(super) fn embeddings(body: &[u8], inputs: usize) -> Result<Embeddings, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Embedding>,
        usage: Option<Tokens>,
    }
    #[derive(Deserialize)]
    struct Embedding {
        #[serde(default)]
        index: usize,
        embedding: Vec<f32>,
    }
    let Answer { mut data, usage: tokens } = read(body)?;
    if data.len() != inputs {
        let counts = format!("{} vectors for {inputs} inputs", data.len());
        return Err(Error::InvalidResponse(counts));
    }
    data.sort_by_key(|embedding| embedding.index);
    let vectors = data.into_iter().map(|embedding| embedding.embedding).collect();
    Ok(Embeddings { vectors, usage: usage(tokens) })
}

/// The images of an answer, and what they took.
pub(super) fn images(body: &[u8], by_chat: bool) -> Result<(Vec<Image>, TokenUsage), Error> {
    if by_chat {
        let answer: ChatAnswer = read(body)?;
        let images = first_choice(answer.choices)?.message.images.unwrap_or_default();
        let images = images.into_iter().map(|image| of_url(image.image_url.url)).collect::<Result<_, _>>()?;
        return Ok((images, usage(answer.usage)));
    }
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Painted>,
        usage: Option<ImageTokens>,
    }
    #[derive(Deserialize)]
    struct Painted {
        b64_json: Option<String>,
        url: Option<String>,
    }
    #[derive(Default, Deserialize)]
    struct ImageTokens {
        #[serde(default)]
        input_tokens: u64,
        #[serde(default)]
        output_tokens: u64,
    }
    let answer: Answer = read(body)?;
    let image = |painted: Painted| match painted {
        Painted { b64_json: Some(data), .. } => decoded(&data),
        Painted { url: Some(url), .. } => of_url(url),
        _ => Err(Error::InvalidResponse("an image has neither bytes nor a URL".to_owned())),
    };
    let tokens = answer.usage.unwrap_or_default();
    let images = answer.data.into_iter().map(image).collect::<Result<_, _>>()?;
    Ok((images, TokenUsage { prompt: tokens.input_tokens, completion: tokens.output_tokens }))
}

/// An image behind a URL; a `data:` URL (RFC 2397) holds it itself.
fn of_url(url: String) -> Result<Image, Error> {
    match url.strip_prefix("data:").and_then(|data| data.split_once(";base64,")) {
        Some((_, data)) => decoded(data),
        None => Ok(Image::Url(url)),
    }
}

fn decoded(data: &str) -> Result<Image, Error> {
    let bytes = STANDARD.decode(data);
    bytes.map(Image::Bytes).map_err(|error| Error::InvalidResponse(format!("an image's bytes: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(extra: Option<&str>) -> ChatRequest {
        let message = Message {
            role: Role::User,
            content: Content::Json(r#"[{"type":"text","text":"hi"}]"#.into()),
            tool_calls: None,
            tool_call_id: None,
        };
        ChatRequest {
            model: "m".into(),
            messages: vec![message],
            temperature: Some(0.5),
            max_tokens: Some(7),
            tools: Some(r#"[{"type":"function"}]"#.into()),
            extra: extra.map(str::to_owned),
        }
    }

    #[test]
    fn a_request_has_what_was_asked_for_and_no_other_model() {
        let body = chat(&request(Some(r#"{"seed":1}"#)), true).unwrap();
        assert_eq!(
            body,
            json!({
                "model": "m", "temperature": 0.5, "max_tokens": 7, "tools": [{"type": "function"}], "seed": 1,
                "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
                "stream": true, "stream_options": {"include_usage": true},
            })
        );
        for extra in
            [r#"{"model":"x"}"#, r#"{"models":["x"]}"#, r#"{"stream":false}"#, r#"{"plugins":[]}"#, "[]", "x"]
        {
            assert!(matches!(chat(&request(Some(extra)), false), Err(Error::InvalidRequest(_))), "{extra}");
        }
    }

    #[test]
    fn failures_are_read_in_every_shape() {
        let read = |status, body: &str| {
            let ProviderError { status, message } = refusal(status, body.as_bytes());
            (status, message)
        };
        assert_eq!(read(400, r#"{"error":{"message":"no","code":"bad"}}"#), (400, "no".into()));
        assert_eq!(read(502, r#"{"error":"no"}"#), (502, "no".into()));
        assert_eq!(read(500, "<html>"), (500, "<html>".into()));
        let hidden = completion(br#"{"error":{"message":"busy","code":529}}"#).unwrap_err();
        assert!(matches!(hidden, Error::Provider(ProviderError { status: 529, .. })));
        assert!(matches!(completion(b"garbage"), Err(Error::InvalidResponse(_))));
        assert!(matches!(completion(br#"{"choices":[]}"#), Err(Error::InvalidResponse(_))));
    }

    #[test]
    fn images_come_as_bytes_as_data_and_as_urls() {
        let (images, usage) = images(
            br#"{"data":[{"b64_json":"AAE="},{"url":"https://a/b"}],"usage":{"input_tokens":3,"output_tokens":4}}"#,
            false,
        )
        .unwrap();
        assert!(matches!(&images[..], [Image::Bytes(bytes), Image::Url(_)] if bytes == &[0, 1]));
        assert_eq!((usage.prompt, usage.completion), (3, 4));
        let by_chat = super::images(
            br#"{"choices":[{"message":{"content":"","images":[{"image_url":{"url":"data:image/png;base64,AAE="}}]}}]}"#,
            true,
        );
        assert!(matches!(&by_chat.unwrap().0[..], [Image::Bytes(bytes)] if bytes == &[0, 1]));
        assert!(super::images(br#"{"data":[{"b64_json":"?"}]}"#, false).is_err());
    }

    #[test]
    fn vectors_are_in_the_order_of_their_inputs() {
        let body = br#"{"data":[{"index":1,"embedding":[2.0]},{"index":0,"embedding":[1.0]}]}"#;
        assert_eq!(embeddings(body, 2).unwrap().vectors, [[1.0], [2.0]]);
        assert!(embeddings(body, 3).is_err());
    }
}
