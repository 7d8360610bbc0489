//! What a server answers.

use super::ClientError;
use super::error::{Refusal, reason};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::Deref;
use wasmtime_wasi_http::WasiBody;

/// Bytes of an answer that is read as a whole.
const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// A JSON answer, twice.
#[derive(Clone, Debug)]
pub struct Answered<T> {
    /// As it came.
    pub json: Value,
    /// What this client knows of it.
    pub value: T,
}

impl<T> Deref for Answered<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// An answer whose body is still coming.
pub struct Answer {
    base: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: WasiBody,
}

impl Answer {
    pub(super) fn new(base: &str, response: http::Response<WasiBody>) -> Self {
        let (head, body) = response.into_parts();
        Self { base: base.to_owned(), status: head.status, headers: head.headers, body }
    }

    /// A header's value, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] where it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| self.broken(&reason(&error)))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] where it breaks off or is larger than 256 MiB.
    pub async fn bytes(&mut self) -> Result<Bytes, ClientError> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len().saturating_add(chunk.len()) > MAX_ANSWER {
                return Err(self.broken("its answer is larger than 256 MiB"));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Lets an answer through that is no error.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the server's reason.
    pub async fn accepted(mut self) -> Result<Self, ClientError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let retry_after = self.header(header::RETRY_AFTER.as_str()).and_then(|value| value.parse().ok());
        let body = self.bytes().await?;
        Err(match Refusal::parse(self.status, retry_after, &body) {
            Some(refusal) => ClientError::Refused(refusal),
            None => self.foreign(),
        })
    }

    /// The body of an answer that is no error, as JSON; `null` where it has none.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn json<T: DeserializeOwned>(self) -> Result<Answered<T>, ClientError> {
        let mut answer = self.accepted().await?;
        let body = answer.bytes().await?;
        let json: Value = match answer.status {
            StatusCode::NO_CONTENT => Value::Null,
            _ => serde_json::from_slice(&body).map_err(|_| answer.foreign())?,
        };
        let value = T::deserialize(&json).map_err(|error| {
            tracing::debug!(%error, "an answer of another shape");
            answer.foreign()
        })?;
        Ok(Answered { json, value })
    }

    fn broken(&self, reason: &str) -> ClientError {
        ClientError::Unreachable { base: self.base.clone(), reason: reason.to_owned() }
    }

    fn foreign(&self) -> ClientError {
        ClientError::Foreign { base: self.base.clone(), status: self.status }
    }
}
