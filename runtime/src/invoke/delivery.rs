//! What of a response's body was handed to the connection, and whether that is all of it.

use super::cut::BodyCut;
use super::invocation::Traffic;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame};
use std::sync::Arc;

/// Counts the frames of one body.
pub struct Delivery {
    /// Bytes that the limit still allows.
    allowed: u64,
    /// Bytes still to come, where the length is known. hyper stops reading there, and never sees the body's end.
    missing: Option<u64>,
    traffic: Arc<Traffic>,
}

impl Delivery {
    /// The delivery of `body`, of which at most `limit` bytes are let through.
    pub(super) fn new(headers: &HeaderMap, body: &impl Body, limit: u64, traffic: Arc<Traffic>) -> Self {
        let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self { allowed: limit, missing: declared.or(body.size_hint().exact()), traffic }
    }

    /// Counts a frame on its way out.
    pub(super) fn pass(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, BodyCut> {
        let len = frame.data_ref().map_or(0, |data| data.len() as u64);
        let Some(allowed) = self.allowed.checked_sub(len) else {
            self.traffic.refuse_response();
            return Err(BodyCut::TooLarge);
        };
        self.allowed = allowed;
        self.missing = self.missing.map(|missing| missing.saturating_sub(len));
        self.traffic.add_response(len);
        Ok(frame)
    }

    /// Whether everything that was announced has gone out.
    pub(super) fn is_complete(&self) -> bool {
        self.missing == Some(0)
    }

    /// Whether the guest failed or was stopped, so that the body's end is no proof that it is whole.
    pub(super) fn is_broken(&self) -> bool {
        self.traffic.response_is_broken()
    }
}
