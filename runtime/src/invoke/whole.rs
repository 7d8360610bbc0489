//! A request's body read whole, for an invocation that comes later.

use super::body::Incoming;
use super::error::InvokeError;
use super::{linger, request};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::BodyExt as _;

/// Reads the body into memory, and no byte beyond `limit`.
///
/// # Errors
/// [`InvokeError::RequestTooLarge`], and [`InvokeError::BadRequest`] for a body that ends early.
pub async fn read_whole<B: Incoming>(parts: &Parts, mut body: B, limit: u64) -> Result<Bytes, InvokeError> {
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse::<u64>().ok());
    let mut bytes = BytesMut::new();
    let mut is_too_large = announced.is_some_and(|length| length > limit);
    while !is_too_large {
        let frame = match body.frame().await {
            None => return Ok(bytes.freeze()),
            Some(Ok(frame)) => frame,
            Some(Err(_)) => return Err(InvokeError::BadRequest("the request's body ended early")),
        };
        if let Some(data) = frame.data_ref() {
            is_too_large = (bytes.len() as u64).saturating_add(data.len() as u64) > limit;
            bytes.extend_from_slice(data);
        }
    }
    if request::lingers(parts) {
        linger::discard(body);
    }
    Err(InvokeError::RequestTooLarge(limit))
}
