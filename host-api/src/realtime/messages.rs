//! Where messages are published.

use async_trait::async_trait;
use uuid::Uuid;

/// Why a message was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No enabled channel has this name or a pattern that fits it.
    #[error("there is no such channel")]
    NoSuchChannel,
    /// The database does not take the message; says why.
    #[error("{0}")]
    Invalid(String),
    /// Nothing can be published; says why.
    #[error("{0}")]
    Unavailable(String),
}

/// The channels of the platform.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// Publishes an event with a JSON payload, and returns the message's id once it is committed.
    ///
    /// # Errors
    /// [`PublishError`].
    async fn publish(&self, channel: &str, event: &str, payload: &str) -> Result<Uuid, PublishError>;
}
