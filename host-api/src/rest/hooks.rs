//! How one request is sent: with which headers, for how long, and how often.

use super::headers::identify;
use crate::http::{OutboundSession, RequestFuture, ResponseFuture};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// How long PostgREST may take: for a connection, for the head of its response, between two chunks of the body.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pauses before the second and the third try: 200 ms, and two and a half times as long each time after.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(500)];

/// The hooks of one request.
pub(super) struct RestHooks {
    session: Arc<OutboundSession>,
    authorization: HeaderValue,
    limit: Instant,
}

impl RestHooks {
    /// Sends with `authorization`, and never waits past `deadline`.
    pub(super) fn new(session: Arc<OutboundSession>, authorization: HeaderValue, deadline: Instant) -> Self {
        Self { session, authorization, limit: deadline.min(Instant::now() + PATIENCE) }
    }

    fn options(&self) -> RequestOptions {
        let each = Some(self.limit.saturating_duration_since(Instant::now()));
        RequestOptions { connect_timeout: each, first_byte_timeout: each, between_bytes_timeout: each }
    }
}

impl WasiHttpHooks for RestHooks {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        _: Option<RequestOptions>,
        processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> ResponseFuture {
        identify(request.headers_mut(), self.authorization.clone());
        let options = self.options();
        if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
            return self.session.send(request, Some(options), processed);
        }
        let tries = send_again(self.session.clone(), request.into_parts().0, options);
        let limit = self.limit;
        Box::new(async move { timeout_at(limit, tries).await.unwrap_or(Err(Error::HttpResponseTimeout)) })
    }
}

/// Sends a request without a body until it gets a response, a failure that another try would not mend, or has been tried
/// often enough.
async fn send_again(
    session: Arc<OutboundSession>,
    head: Parts,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, RequestFuture), Error> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let body = Empty::new().map_err(Error::from).boxed_unsync();
        let request = Request::from_parts(head.clone(), body);
        let failure =
            match Box::into_pin(session.send(request, Some(options), Box::new(async { Ok(()) }))).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
        match pauses.next().filter(|_| is_connection_failure(&failure)) {
            Some(pause) => sleep(pause).await,
            None => return Err(failure),
        }
    }
}

/// Whether the request, or its response's head, was lost with a connection.
fn is_connection_failure(error: &Error) -> bool {
    matches!(
        error,
        Error::ConnectionRefused
            | Error::ConnectionTerminated
            | Error::ConnectionTimeout
            | Error::DestinationUnavailable
            | Error::DestinationIpUnroutable
            | Error::DnsError { .. }
            | Error::DnsTimeout
    )
}
