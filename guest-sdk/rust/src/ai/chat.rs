//! Chats, whole and streamed.

use super::Error;
use crate::host;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Who wrote the function.
    System,
    /// Who asks.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text, unless there are parts.
    pub text: String,
    /// Parts instead of the text, as the endpoint's `content` takes them: texts, images.
    pub parts: Option<serde_json::Value>,
    /// The calls that an assistant made, as [`Completion::tool_calls`] has them.
    pub tool_calls: Option<serde_json::Value>,
    /// Which call a tool answers.
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into(), parts: None, tool_calls: None, tool_call_id: None }
    }

    /// What a tool found out.
    pub fn tool(call_id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tool_call_id: Some(call_id.into()), ..Self::new(Role::Tool, text) }
    }
}

/// Begins a chat with a model, which goes by the endpoint's name for it.
pub fn chat(model: impl Into<String>) -> Chat {
    Chat {
        model: model.into(),
        messages: Vec::new(),
        temperature: None,
        max_tokens: None,
        tools: None,
        extra: serde_json::Map::new(),
    }
}

/// A chat. Nothing is sent before [`send`](Chat::send) or [`stream`](Chat::stream).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a chat is sent by `send` or `stream`"]
pub struct Chat {
    /// The model.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// See [`Chat::temperature`].
    pub temperature: Option<f32>,
    /// See [`Chat::max_tokens`].
    pub max_tokens: Option<u32>,
    /// See [`Chat::tools`].
    pub tools: Option<serde_json::Value>,
    /// See [`Chat::with`].
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Chat {
    /// Says to the model what it is there for.
    pub fn system(self, text: impl Into<String>) -> Self {
        self.message(Message::new(Role::System, text))
    }

    /// Asks.
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message(Message::new(Role::User, text))
    }

    /// Repeats what the model said.
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.message(Message::new(Role::Assistant, text))
    }

    /// Adds a message of any kind.
    pub fn message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// How freely the model speaks, 0 to 2.
    pub fn temperature(mut self, temperature: f32) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Tokens of the answer at most.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Tools that the model may call: a JSON array, as the endpoint takes it.
    pub fn tools(mut self, tools: serde_json::Value) -> Self {
        self.tools = Some(tools);
        self
    }

    /// One more member of the request, such as `response_format` or `seed`. The interface lists those that may be set.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn send(self) -> Result<Completion, Error> {
        host::chat(self).await
    }

    /// Asks, and gives the answer as it comes. Dropping the stream ends it.
    ///
    /// # Errors
    /// None before the first [`next`](Stream::next).
    #[allow(clippy::unused_async, reason = "a stream may have to be waited for one day")]
    pub async fn stream(self) -> Result<Stream, Error> {
        Ok(Stream { source: host::chat_stream(self), end: Completion::default(), ended: false })
    }
}

/// Tokens that were used; zero where the endpoint does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Those sent.
    pub prompt: u64,
    /// Those that came back.
    pub completion: u64,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    /// Its text; empty if the model only called tools.
    pub text: String,
    /// The tools that the model calls: a JSON array.
    pub tool_calls: Option<serde_json::Value>,
    /// Why it ended: `stop`, `length`, `tool_calls`, or what the endpoint calls it.
    pub finish_reason: Option<String>,
    /// The model that answered, where the endpoint says.
    pub model: Option<String>,
    /// What it took.
    pub usage: Usage,
}

/// A part of an answer, as the host hands it over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Delta {
    Text(String),
    ToolCalls(serde_json::Value),
    End { finish_reason: Option<String>, model: Option<String>, usage: Usage },
}

/// An answer that comes in parts.
#[derive(Debug)]
pub struct Stream {
    source: host::Deltas,
    end: Completion,
    ended: bool,
}

impl Stream {
    /// More text; `None` when the answer is complete.
    ///
    /// # Errors
    /// [`Error`]; what came before it is good.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        while !self.ended {
            match self.source.next().await {
                Ok(Some(Delta::Text(text))) => {
                    self.end.text.push_str(&text);
                    return Ok(Some(text));
                }
                Ok(Some(Delta::ToolCalls(fragments))) => merge(&mut self.end.tool_calls, fragments),
                Ok(Some(Delta::End { finish_reason, model, usage })) => {
                    self.ended = true;
                    self.end = Completion { finish_reason, model, usage, ..std::mem::take(&mut self.end) };
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// What is known of the answer so far: its text and its tool calls, and after its end everything else.
    #[must_use]
    pub fn completion(&self) -> &Completion {
        &self.end
    }
}

/// Puts fragments of tool calls where they belong: each has the `index` of its call, and a piece of its arguments.
fn merge(calls: &mut Option<serde_json::Value>, fragments: serde_json::Value) {
    let calls = calls.get_or_insert_with(|| serde_json::Value::Array(Vec::new()));
    let (Some(calls), serde_json::Value::Array(fragments)) = (calls.as_array_mut(), fragments) else {
        return;
    };
    for fragment in fragments {
        let of_call = |call: &&mut serde_json::Value| call.get("index") == fragment.get("index");
        match calls.iter_mut().find(of_call) {
            None => calls.push(fragment),
            Some(call) => {
                let arguments = fragment.pointer("/function/arguments").and_then(|more| more.as_str());
                if let (Some(more), Some(serde_json::Value::String(known))) =
                    (arguments, call.pointer_mut("/function/arguments"))
                {
                    known.push_str(more);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fragments_of_tool_calls_become_calls() {
        let mut calls = None;
        let call = |index: u32, id: &str, arguments: &str| json!({"index": index, "id": id, "function": {"arguments": arguments}});
        merge(&mut calls, json!([call(0, "a", "{\"x\"")]));
        merge(&mut calls, json!([call(1, "b", "{}"), {"index": 0, "function": {"arguments": ":1}"}}]));
        assert_eq!(calls, Some(json!([call(0, "a", "{\"x\":1}"), call(1, "b", "{}")])));
    }
}
