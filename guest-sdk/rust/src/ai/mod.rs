//! Language models: chats, embeddings, images.
//!
//! The platform has the endpoint and its key; a function names a model. Which models it may use is said by its grant,
//! `"ai": {"models": ["openai/gpt-4o-mini", "anthropic/*"]}`, and by the operator. What they take is counted in the
//! invocation's record.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::ai;
//!
//! # async fn example() -> wasmforge::Result<()> {
//! let answer = ai::chat("openai/gpt-4o-mini").system("Be brief.").user("What is tea?").send().await?;
//! println!("{} ({} tokens)", answer.text, answer.usage.completion);
//!
//! let mut story = ai::chat("openai/gpt-4o-mini").user("Tell me a story.").stream().await?;
//! while let Some(text) = story.next().await? {
//!     print!("{text}");
//! }
//! # Ok(()) }
//! # let _fake = wasmforge::testing::ai(|_| Ok(ai::Answer::text("A drink.")));
//! # wasmforge::block_on(example()).unwrap();
//! ```
//!
//! On the host there is no model: [`testing::ai`](crate::testing::ai) answers instead.

mod chat;
mod error;
mod other;

pub(crate) use chat::Delta;
pub use chat::{Chat, Completion, Message, Role, Stream, Usage, chat};
pub use error::Error;
pub use other::{Embeddings, Image, Paint, embed, image};

#[cfg(not(target_arch = "wasm32"))]
pub use crate::host::{AiAnswer as Answer, AiRequest as Request};
