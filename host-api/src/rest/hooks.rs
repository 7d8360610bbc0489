//! How one request is sent: with which headers, for how long, and how often.

use super::attempts::{PATIENCE, is_connection_failure, repeat};
use super::headers::identify;
use crate::calls::timed_response;
use crate::http::{OutboundSession, RequestFuture, ResponseFuture};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use std::future::Future;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use wasmforge_sandbox::RunningCall;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The hooks of one request.
pub(super) struct RestHooks {
    session: Arc<OutboundSession>,
    authorization: HeaderValue,
    limit: Instant,
    call: Option<RunningCall>,
}

impl RestHooks {
    /// Sends with `authorization`, and never waits past `deadline`.
    pub(super) fn new(
        session: Arc<OutboundSession>,
        authorization: HeaderValue,
        deadline: Instant,
        call: RunningCall,
    ) -> Self {
        Self { session, authorization, limit: deadline.min(Instant::now() + PATIENCE), call: Some(call) }
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
        let sending: ResponseFuture = match *request.method() {
            Method::GET | Method::HEAD | Method::OPTIONS => {
                let tries = send_again(self.session.clone(), request.into_parts().0, options);
                let limit = self.limit;
                Box::new(
                    async move { timeout_at(limit, tries).await.unwrap_or(Err(Error::HttpResponseTimeout)) },
                )
            }
            _ => self.session.send(request, Some(options), processed),
        };
        match self.call.take() {
            Some(call) => timed_response(call, sending),
            None => sending,
        }
    }
}

/// Sends a request without a body, as often as it takes and is allowed.
async fn send_again(
    session: Arc<OutboundSession>,
    head: Parts,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, RequestFuture), Error> {
    let send = || {
        let body = Empty::new().map_err(Error::from).boxed_unsync();
        let request = Request::from_parts(head.clone(), body);
        session.send(request, Some(options), Box::new(async { Ok(()) }))
    };
    repeat(send, is_connection_failure).await
}
