//! Language models on the host: there are none, but a test may answer for them.

use crate::ai::{Chat, Completion, Delta, Embeddings, Error, Image, Paint};
use crate::testing;
use std::collections::VecDeque;

/// What a function asks of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum AiRequest {
    /// A chat, whole or streamed.
    Chat(Chat),
    /// Embeddings of these texts.
    Embed {
        /// The model.
        model: String,
        /// The texts.
        inputs: Vec<String>,
    },
    /// Images.
    Paint(Paint),
}

/// What a test answers in a model's place.
#[derive(Clone, Debug, PartialEq)]
pub enum AiAnswer {
    /// To a chat.
    Completion(Completion),
    /// To a streamed chat: parts of its text, and what comes after them.
    Parts(Vec<String>, Result<(), Error>),
    /// Embeddings.
    Vectors(Vec<Vec<f32>>),
    /// Images.
    Images(Vec<Image>),
}

impl AiAnswer {
    /// An answer of this text; streamed, it comes in one part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Completion(Completion { text: text.into(), ..Completion::default() })
    }
}

fn ask(request: AiRequest) -> Result<AiAnswer, Error> {
    match testing::fake(&testing::AI) {
        Some(answer) => answer(request),
        None => Err(Error::Unavailable("language models answer inside the sandbox only".to_owned())),
    }
}

fn misfit<T>() -> Result<T, Error> {
    Err(Error::InvalidResponse("the fake answered something else than was asked for".to_owned()))
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn chat(chat: Chat) -> Result<Completion, Error> {
    match ask(AiRequest::Chat(chat))? {
        AiAnswer::Completion(completion) => Ok(completion),
        AiAnswer::Parts(parts, end) => {
            end.map(|()| Completion { text: parts.concat(), ..Completion::default() })
        }
        _ => misfit(),
    }
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn embed(model: String, inputs: Vec<String>) -> Result<Embeddings, Error> {
    match ask(AiRequest::Embed { model, inputs })? {
        AiAnswer::Vectors(vectors) => Ok(Embeddings { vectors, ..Embeddings::default() }),
        _ => misfit(),
    }
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn paint(paint: Paint) -> Result<Vec<Image>, Error> {
    match ask(AiRequest::Paint(paint))? {
        AiAnswer::Images(images) => Ok(images),
        _ => misfit(),
    }
}

#[derive(Debug)]
pub(crate) struct Deltas(VecDeque<Result<Delta, Error>>);

pub(crate) fn chat_stream(chat: Chat) -> Deltas {
    Deltas(match ask(AiRequest::Chat(chat)) {
        Ok(AiAnswer::Parts(parts, end)) => {
            let parts = parts.into_iter().map(|part| Ok(Delta::Text(part)));
            parts.chain(end.err().map(Err)).collect()
        }
        Ok(AiAnswer::Completion(Completion { text, tool_calls, finish_reason, model, usage })) => {
            let calls = tool_calls.map(Delta::ToolCalls);
            let end = Delta::End { finish_reason, model, usage };
            [Delta::Text(text)].into_iter().chain(calls).chain([end]).map(Ok).collect()
        }
        Ok(_) => [misfit()].into(),
        Err(error) => [Err(error)].into(),
    })
}

impl Deltas {
    #[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
    pub(crate) async fn next(&mut self) -> Result<Option<Delta>, Error> {
        self.0.pop_front().transpose()
    }
}
