//! What `dev` asks of the platform: take this function.

use crate::registry::Slug;
use async_trait::async_trait;
use bytes::Bytes;

/// The code of one function, as it is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// A WebAssembly component.
    Component(Bytes),
    /// JavaScript or TypeScript source.
    Source(String),
}

impl Artifact {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Component(bytes) => bytes,
            Self::Source(text) => text.as_bytes(),
        }
    }
}

/// What a deploy has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// The function is new or has new code.
    Changed,
    /// The registry held this code already.
    Unchanged,
}

/// Why a function was not taken, for its author.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeployError(pub String);

/// Stores functions and makes them answer. What was there before keeps serving when it fails.
#[async_trait]
pub trait Deploy: Send + Sync {
    /// Deploys `artifact` as `slug`, active, and returns when the next request will run it.
    ///
    /// # Errors
    /// [`DeployError`], when the code is refused or cannot be stored.
    async fn deploy(&self, slug: &Slug, artifact: Artifact) -> Result<Deployed, DeployError>;
}
