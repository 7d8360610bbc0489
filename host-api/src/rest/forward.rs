//! Requests of the platform's own clients: what `/api/database` is made of.
//!
//! The platform has checked who asks. The request goes where a function's would, under the same exchange of credentials,
//! and is tried again under InsForge's rules: any request that found no connection, and a read whose connection was lost.

use super::attempts::{PATIENCE, is_connection_failure, repeat, was_never_connected};
use super::headers::identify;
use super::{Postgrest, Rest, bearer, path};
use crate::auth::{Identity, NoSigningKey};
use crate::http::{OutboundLimits, OutboundSession, RequestFuture};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, ORIGIN, TE, TRAILER};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// One request of a client's, with its tries.
const LIMITS: OutboundLimits = OutboundLimits { requests: 3, concurrency: 3 };

/// Why PostgREST did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The operator configured none, or the process has no database.
    #[error("no PostgREST is configured")]
    NotConfigured,
    /// Its answer could not be asked for under anybody's name.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The path is none of PostgREST's.
    #[error("{0}")]
    Path(String),
    /// It took longer than ten seconds.
    #[error("PostgREST did not answer in time")]
    Timeout,
    /// It could not be reached, or broke off.
    #[error("PostgREST cannot be reached: {0}")]
    Unreachable(Error),
}

impl Rest {
    /// Has PostgREST answer `request` for `identity`. Its URI is the path and query below PostgREST's own. Its body is there
    /// as a whole: one that broke off in the middle would be written as far as it came.
    ///
    /// # Errors
    /// [`ForwardError`]. An answer of any status is none.
    pub async fn forward(
        &self,
        identity: &Identity,
        request: Request<Bytes>,
    ) -> Result<Response<WasiBody>, ForwardError> {
        let postgrest = self.0.postgrest.as_ref().ok_or(ForwardError::NotConfigured)?;
        let keys = self.0.keys.as_ref().ok_or(ForwardError::NotConfigured)?;
        let (mut head, mut body) = request.into_parts();
        identify(&mut head.headers, bearer(&keys.credentials(), identity)?);
        take_away(&mut head.headers);
        head.uri = address(&head.uri, postgrest)?;
        let is_read = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if is_read {
            body = Bytes::new();
        }

        let session = Arc::new(postgrest.session(LIMITS));
        let each = Some(PATIENCE);
        let options =
            RequestOptions { connect_timeout: each, first_byte_timeout: each, between_bytes_timeout: each };
        let send = || {
            let body = Full::new(body.clone()).map_err(Error::from).boxed_unsync();
            let request = Request::from_parts(head.clone(), body);
            session.send(request, Some(options), Box::new(async { Ok(()) }))
        };
        let is_mendable = |error: &Error| match is_read {
            true => is_connection_failure(error) && !is_timeout(error),
            false => was_never_connected(error),
        };
        let (response, sent) = repeat(send, is_mendable).await.map_err(ForwardError::of)?;
        Ok(response.map(|body| Held { body, _sent: sent, _session: session.clone() }.boxed_unsync()))
    }
}

impl ForwardError {
    fn of(error: Error) -> Self {
        match error {
            error if is_timeout(&error) => Self::Timeout,
            error => Self::Unreachable(error),
        }
    }
}

fn is_timeout(error: &Error) -> bool {
    matches!(
        error,
        Error::ConnectionTimeout
            | Error::ConnectionReadTimeout
            | Error::ConnectionWriteTimeout
            | Error::DnsTimeout
            | Error::HttpResponseTimeout
    )
}

/// Takes away what is between the client and the platform only. PostgREST answers as it is, so that what it says can be
/// looked at, and questions across origins are the platform's to answer.
fn take_away(headers: &mut HeaderMap) {
    for name in [ACCEPT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, ORIGIN, TE, TRAILER, crate::http::CALL_DEPTH]
    {
        headers.remove(name);
    }
}

fn address(uri: &Uri, postgrest: &Postgrest) -> Result<Uri, ForwardError> {
    let path = path::checked(uri.path_and_query().map(http::uri::PathAndQuery::as_str))
        .map_err(ForwardError::Path)?;
    Uri::builder()
        .scheme(if postgrest.is_tls() { "https" } else { "http" })
        .authority(postgrest.authority())
        .path_and_query(format!("{}{path}", postgrest.path()))
        .build()
        .map_err(|error| ForwardError::Path(error.to_string()))
}

/// A response's body, which keeps its exchange going. Dropping it ends that.
struct Held {
    body: WasiBody,
    _sent: RequestFuture,
    _session: Arc<OutboundSession>,
}

impl Body for Held {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
