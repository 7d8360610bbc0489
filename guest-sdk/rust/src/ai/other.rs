//! Embeddings and images.

use super::{Error, Usage};
use crate::host;

/// Vectors that stand for texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// One for each input, in order.
    pub vectors: Vec<Vec<f32>>,
    /// What they took.
    pub usage: Usage,
}

/// Turns 1 to 2048 texts into vectors.
///
/// ```
/// # use wasmforge_sdk::{ai, testing, block_on};
/// # async fn example() -> Result<(), ai::Error> {
/// let embeddings = ai::embed("openai/text-embedding-3-small", ["tea", "coffee"]).await?;
/// assert_eq!(embeddings.vectors.len(), 2);
/// # Ok(()) }
/// # let _fake = testing::ai(|_| Ok(ai::Answer::Vectors(vec![vec![0.5], vec![0.25]])));
/// # block_on(example()).unwrap();
/// ```
///
/// # Errors
/// [`Error`].
pub async fn embed<T: Into<String>>(
    model: impl Into<String>,
    inputs: impl IntoIterator<Item = T>,
) -> Result<Embeddings, Error> {
    host::embed(model.into(), inputs.into_iter().map(Into::into).collect()).await
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Its bytes, in the format that the model makes.
    Bytes(Vec<u8>),
    /// Where it can be fetched for a while.
    Url(String),
}

/// What to paint. Nothing is sent before [`send`](Paint::send).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an image is painted by `send`"]
pub struct Paint {
    /// The model.
    pub model: String,
    /// What to paint.
    pub prompt: String,
    /// See [`Paint::size`].
    pub size: Option<String>,
    /// See [`Paint::count`].
    pub count: u32,
}

/// Describes an image to a model.
///
/// ```
/// # use wasmforge_sdk::{ai, testing, block_on};
/// # async fn example() -> Result<(), ai::Error> {
/// let images = ai::image("openai/gpt-image-1", "a cup of tea").size("1024x1024").send().await?;
/// # assert_eq!(images.len(), 1);
/// # Ok(()) }
/// # let _fake = testing::ai(|_| Ok(ai::Answer::Images(vec![ai::Image::Bytes(vec![1])])));
/// # block_on(example()).unwrap();
/// ```
pub fn image(model: impl Into<String>, prompt: impl Into<String>) -> Paint {
    Paint { model: model.into(), prompt: prompt.into(), size: None, count: 1 }
}

impl Paint {
    /// The size, such as `1024x1024`.
    pub fn size(mut self, size: impl Into<String>) -> Self {
        self.size = Some(size.into());
        self
    }

    /// How many, 1 to 10.
    pub fn count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// Paints.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn send(self) -> Result<Vec<Image>, Error> {
        host::paint(self).await
    }
}
