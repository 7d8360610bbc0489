//! Who hears of a request that got no response.

use super::error::SendError;
use crate::InvocationContext;
use crate::log::Level;
use uuid::Uuid;

/// Logs a failure. What was refused goes to the operator's log with the invocation's name, and to the function's own,
/// where its author finds the reason that an error code cannot hold; the rest to those who turn it on. Paths may hold
/// secrets, so that only the host is told.
pub(super) fn report(url: &http::Uri, error: &SendError, invocation: Option<&InvocationContext>) {
    let host = url.host().unwrap_or_default();
    let slug = invocation.map(|invocation| &*invocation.slug).unwrap_or_default();
    let id = invocation.map(|invocation| invocation.id).unwrap_or(Uuid::nil());
    match error {
        SendError::Refused(_)
        | SendError::Diverted(_)
        | SendError::Destination(_)
        | SendError::Tunnel
        | SendError::RequestsSpent
        | SendError::TooManyOpen => {
            tracing::info!(slug, invocation = %id, host, %error, "an outbound request was refused");
            if let Some(invocation) = invocation {
                let line = format!("a request to {host:?} was refused: {error}");
                invocation.log.log(Level::Warn, &line, &[]);
            }
        }
        SendError::TooManyConnections | SendError::NoRoots => {
            tracing::warn!(slug, invocation = %id, host, %error, "an outbound request could not be sent");
        }
        _ => tracing::debug!(slug, invocation = %id, host, %error, "an outbound request failed"),
    }
}
