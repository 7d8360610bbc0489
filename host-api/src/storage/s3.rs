//! Objects in S3, or what speaks its protocol.

use crate::http::{Outbound, OutboundLimits, OutboundPolicy, OutboundSession, RequestFuture};
use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use parking_lot::Mutex;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime_wasi_http::{Error, WasiBody};
use zeroize::Zeroizing;

/// How often and for how long a request is tried that the service did not answer, or answered with 5xx.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(1),
        base: 2.5,
    },
    max_retries: 3,
    retry_timeout: Duration::from_secs(20),
};

/// Which bucket of which service.
pub struct S3Settings {
    /// The service's bucket, which holds all of the platform's.
    pub bucket: String,
    /// What every key begins with: InsForge's `APP_KEY`.
    pub prefix: String,
    /// The region.
    pub region: String,
    /// The service's URL; AWS's own if there is none.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path, and not in the host's name.
    pub path_style: bool,
    /// The access key and its secret; the machine's own role if there is none.
    pub credentials: Option<(String, Zeroizing<String>)>,
    /// Whether its URLs are given to clients.
    pub presigned_urls: bool,
}

impl S3Settings {
    /// A client for the bucket. Nothing is connected yet.
    pub(super) fn client(&self, outbound: Outbound) -> object_store::Result<AmazonS3> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_virtual_hosted_style_request(!self.path_style)
            .with_allow_http(true)
            .with_retry(RETRY)
            .with_http_connector(Connector(outbound));
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some((id, secret)) = &self.credentials {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.as_str());
        }
        builder.build()
    }
}

/// Sends the store's requests over the platform's own HTTP client.
struct Connector(Outbound);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        // Where the service is, is the operator's choice, and often a private network.
        let policy = Arc::new(OutboundPolicy::public_internet().allowing_private(true));
        Ok(HttpClient::new(Service { outbound: self.0.clone(), policy }))
    }
}

struct Service {
    outbound: Outbound,
    policy: Arc<OutboundPolicy>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let session = self.outbound.session(self.policy.clone(), OutboundLimits::default());
        let size = request.body().content_length();
        let mut request = request.map(|body| body.map_err(|error| failed(&error)).boxed_unsync());
        if size > 0 || matches!(*request.method(), http::Method::PUT | http::Method::POST) {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(size));
        }
        let sent = Box::into_pin(session.send(request, None, Box::new(std::future::ready(Ok(())))));
        let (response, sending) =
            sent.await.map_err(|error| HttpError::new(HttpErrorKind::Request, Sent(error)))?;
        let (parts, body) = response.into_parts();
        let body = Received(Mutex::new(Exchange { body, _sending: sending, _session: session }));
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

/// A body of ours that fails: the bytes are in memory, so it does not.
fn failed(error: &HttpError) -> Error {
    Error::InternalError(Some(error.to_string()))
}

/// What kept a request from being answered.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
struct Sent(Error);

/// A response's body, and what has to live as long.
struct Exchange {
    body: WasiBody,
    _sending: RequestFuture,
    _session: OutboundSession,
}

/// The lock is never waited for: it makes shareable what is only ever used by one.
struct Received(Mutex<Exchange>);

impl Body for Received {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = Pin::new(&mut self.0.get_mut().body).poll_frame(context);
        frame.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, Sent(error)))
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().body.size_hint()
    }
}
