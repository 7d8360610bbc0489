//! A URL that an operator chose, and requests of the platform's own to it.

use super::{Destination, HostPattern, Outbound, OutboundLimits, OutboundPolicy};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions};

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

/// A URL of an operator's. It may be a private address; nothing else is reached this way.
#[derive(Clone)]
pub struct OwnedEndpoint {
    uri: Uri,
    policy: Arc<OutboundPolicy>,
}

/// A text that is no URL of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an http or https URL without credentials")]
pub struct EndpointError;

/// Why an endpoint did not answer.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It could not be reached, or broke off.
    #[error("{0:?}")]
    Exchange(Error),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
}

impl FromStr for OwnedEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.parse().map_err(|_| EndpointError)?;
        let destination = Destination::of(&uri).map_err(|_| EndpointError)?;
        let host = uri.host().ok_or(EndpointError)?;
        let pattern: HostPattern =
            format!("{host}:{}", destination.port).parse().map_err(|_| EndpointError)?;
        let policy = OutboundPolicy::public_internet()
            .granting(vec![pattern.clone()])
            .with_private_hosts(vec![pattern]);
        Ok(Self { uri, policy: Arc::new(policy) })
    }
}

impl fmt::Display for OwnedEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

impl OwnedEndpoint {
    /// Posts a body, and reads the beginning of the answer.
    ///
    /// # Errors
    /// [`PostError`]. An answer of any status is none.
    pub async fn post(
        &self,
        outbound: &Outbound,
        headers: HeaderMap,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<Bytes>, PostError> {
        timeout(patience, self.exchange(outbound, headers, body, patience))
            .await
            .unwrap_or(Err(PostError::Timeout))
    }

    async fn exchange(
        &self,
        outbound: &Outbound,
        headers: HeaderMap,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<Bytes>, PostError> {
        let mut request = Request::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        let each = Some(patience);
        let options =
            RequestOptions { connect_timeout: each, first_byte_timeout: each, between_bytes_timeout: each };
        // Dropping the session ends the exchange.
        let session = outbound.session(self.policy.clone(), OutboundLimits { requests: 1, concurrency: 1 });
        let processed = Box::new(std::future::ready(Ok(())));
        let sent = Box::into_pin(session.send(request, Some(options), processed)).await;
        let (response, _sent) = sent.map_err(PostError::Exchange)?;
        let (head, body) = response.into_parts();
        // What is wrong with an answer's body does not matter: its status says what became of the request.
        let body =
            Limited::new(body, MAX_ANSWER).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        Ok(Response::from_parts(head, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_url_of_http_is_an_endpoint() {
        for bad in ["", "collector:4318", "ftp://a/", "http://u:p@a/", "/v1"] {
            assert!(bad.parse::<OwnedEndpoint>().is_err(), "{bad}");
        }
        for good in ["http://localhost:4318/v1/traces", "https://a.example/x?y=1", "http://[::1]:4318"] {
            assert!(good.parse::<OwnedEndpoint>().is_ok(), "{good}");
        }
    }
}
