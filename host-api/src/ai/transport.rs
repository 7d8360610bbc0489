//! One exchange with the endpoint.

use super::bindings::wasmforge::platform::ai::{Error, ProviderError};
use super::endpoint::Endpoint;
use super::wire;
use crate::http::OutboundSession;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody};

/// Bytes of a request.
const MAX_REQUEST: usize = 8 * 1024 * 1024;

/// Bytes of an answer.
pub(super) const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Bytes of an answer that says why there is none.
const MAX_REFUSAL: usize = 64 * 1024;

/// Characters of an endpoint's message that are handed on.
const MAX_MESSAGE: usize = 1000;

/// Who asks, and whom.
pub(super) struct Line {
    pub(super) endpoint: Endpoint,
    pub(super) outbound: Arc<OutboundSession>,
    pub(super) silence: Duration,
}

impl Line {
    /// Sends a request and waits for the head of a good answer.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Response<WasiBody>, Error> {
        let request = self.request(path, body)?;
        let options = RequestOptions {
            connect_timeout: Some(self.silence.min(Duration::from_secs(10))),
            first_byte_timeout: Some(self.silence),
            between_bytes_timeout: Some(self.silence),
        };
        let processed = Box::new(std::future::ready(Ok(())));
        let sent = Box::into_pin(self.outbound.send(request, Some(options), processed)).await;
        let (response, request_done) = sent.map_err(|error| unreached(&error))?;
        // Dropped, it would cancel the exchange. The body was in memory, so it is sent.
        tokio::spawn(Box::into_pin(request_done));
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    fn request(&self, path: &str, body: &Value) -> Result<Request<WasiBody>, Error> {
        let body = body.to_string();
        if body.len() > MAX_REQUEST {
            return Err(Error::TooLarge(format!("a request of {} bytes, over {MAX_REQUEST}", body.len())));
        }
        let request = Request::post(self.endpoint.url(path))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::USER_AGENT, concat!("wasmforge/", env!("CARGO_PKG_VERSION")));
        let request = match self.endpoint.key() {
            Some(key) => request.header(header::AUTHORIZATION, format!("Bearer {key}")),
            None => request,
        };
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
        // The one thing in it that may be no header is the key, which must not be shown.
        request
            .body(body)
            .map_err(|_| Error::Unavailable("the endpoint's key is no header's value".to_owned()))
    }

    async fn refused(&self, response: Response<WasiBody>) -> Error {
        let (head, body) = response.into_parts();
        if head.status == StatusCode::TOO_MANY_REQUESTS {
            return Error::RateLimited(retry_after(&head.headers));
        }
        let body = whole(body, MAX_REFUSAL).await.unwrap_or_default();
        self.presentable(wire::refusal(head.status.as_u16(), &body))
    }

    /// An endpoint's failure as a function may see it: short, and without the key that some repeat.
    pub(super) fn presentable(&self, error: ProviderError) -> Error {
        let ProviderError { status, message } = error;
        let message = match self.endpoint.key() {
            Some(key) if !key.is_empty() => message.replace(key, "…"),
            _ => message,
        };
        match status {
            429 => Error::RateLimited(None),
            _ => Error::Provider(ProviderError {
                status,
                message: message.chars().take(MAX_MESSAGE).collect(),
            }),
        }
    }
}

/// Seconds until another request is wanted (RFC 9110, section 10.2.3); a date is not understood.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

fn is_timeout(error: &HttpError) -> bool {
    matches!(
        error,
        HttpError::DnsTimeout
            | HttpError::ConnectionTimeout
            | HttpError::ConnectionReadTimeout
            | HttpError::ConnectionWriteTimeout
            | HttpError::HttpResponseTimeout
    )
}

/// What it means that there was no answer.
fn unreached(error: &HttpError) -> Error {
    match error {
        error if is_timeout(error) => Error::Timeout,
        HttpError::ConnectionTerminated
        | HttpError::HttpResponseIncomplete
        | HttpError::HttpProtocolError => Error::Broken(format!("the endpoint did not answer: {error:?}")),
        error => Error::Unavailable(format!("the endpoint cannot be reached: {error:?}")),
    }
}

/// What it means that an answer did not come to its end.
pub(super) fn cut(error: &HttpError) -> Error {
    if is_timeout(error) { Error::Timeout } else { Error::Broken(format!("the answer broke off: {error:?}")) }
}

/// Reads an answer to its end.
pub(super) async fn whole(mut body: WasiBody, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| cut(&error))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > limit {
                return Err(Error::TooLarge(format!("an answer over {limit} bytes")));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}
