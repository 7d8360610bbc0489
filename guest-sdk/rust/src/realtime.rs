//! Messages to everybody who listens on a channel.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{block_on, realtime, testing};
//!
//! #[derive(serde::Serialize)]
//! struct Price {
//!     cents: u32,
//! }
//!
//! block_on(realtime::publish("prices:tea", "changed", &Price { cents: 450 })).unwrap();
//!
//! // In a test, messages go nowhere and are kept.
//! let published = testing::published();
//! assert_eq!((published[0].channel.as_str(), published[0].event.as_str()), ("prices:tea", "changed"));
//! assert_eq!(published[0].payload, serde_json::json!({ "cents": 450 }));
//! ```

use crate::host;
use http::StatusCode;
use serde::Serialize;

/// Why a message was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function is not granted the channel. Holds the grant that it would need: `realtime: ["news"]`.
    #[error("the function is not granted {0}")]
    NotGranted(String),
    /// No enabled channel has this name or a pattern that fits it.
    #[error("there is no such channel")]
    NoSuchChannel,
    /// The channel or the event has no name or a very long one, or the payload is no JSON object.
    #[error("no message: {0}")]
    InvalidMessage(String),
    /// The payload is larger than this many bytes.
    #[error("the payload is larger than {0} bytes")]
    TooLarge(u32),
    /// There is no realtime behind this runtime, or the database does not answer.
    #[error("nothing can be published: {0}")]
    Unavailable(String),
    /// The invocation's time was over first. Whether the message was published is not known.
    #[error("the message was not published in time")]
    Timeout,
    /// The payload cannot be expressed in JSON.
    #[error("the payload cannot be sent: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<Error> for crate::Error {
    /// `404` for a channel that is not there, `503` and `504` where the platform does not answer, `500` otherwise.
    fn from(error: Error) -> Self {
        let status = match error {
            Error::NoSuchChannel => StatusCode::NOT_FOUND,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Error::NotGranted(_) | Error::InvalidMessage(_) | Error::TooLarge(_) | Error::Json(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::service(status, error)
    }
}

/// Publishes an event on a channel, and returns the message's id once it is published. The payload is a struct or a map: JSON
/// that is an object.
///
/// # Errors
/// [`Error`]; nothing was published, unless it is [`Error::Timeout`].
pub async fn publish<T: Serialize + ?Sized>(
    channel: &str,
    event: &str,
    payload: &T,
) -> Result<String, Error> {
    let payload = serde_json::to_string(payload)?;
    host::publish(channel, event, &payload).await
}
