//! One call: checked, then sent as `wasi:http` sends, to a function in place of a host.

use super::bindings::wasmforge::platform::functions::{Error, Host};
use super::{Functions, FunctionsSession, grant};
use crate::calls::timed_response;
use crate::http::{CALL_DEPTH, Call, Dispatch, HeldPlace, MAX_CALL_DEPTH, ResponseFuture, invoke_in_process};
use crate::{InvocationContext, View};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request};
use std::sync::Arc;
use wasmforge_sandbox::{CallKind, RunningCall};
use wasmtime::component::Resource;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{Method, Scheme};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody, WasiHttpCtxView, WasiHttpHooks};

/// The authority of a call's URL: there is no host that it goes to.
const AUTHORITY: &str = "localhost";

impl Host for View<'_> {
    fn call(
        &mut self,
        slug: String,
        request: Resource<HostOutgoingRequest>,
    ) -> wasmtime::Result<Result<Resource<HostFutureIncomingResponse>, Error>> {
        let mut hooks = match self.admit(&slug, &request)? {
            Ok(hooks) => hooks,
            Err(error) => {
                self.table.delete(request)?;
                return Ok(Err(error));
            }
        };
        address(self.table.get_mut(&request)?, &slug);
        let mut view = WasiHttpCtxView { ctx: self.http, table: self.table, hooks: &mut hooks };
        match view.handle(request, None) {
            Ok(response) => Ok(Ok(response)),
            Err(error) => Ok(Err(Error::InvalidRequest(format!("{:?}", error.downcast()?)))),
        }
    }
}

impl View<'_> {
    /// Decides about a call, and takes its place among the invocation's requests.
    fn admit(
        &mut self,
        slug: &str,
        request: &Resource<HostOutgoingRequest>,
    ) -> wasmtime::Result<Result<CallHooks, Error>> {
        let session = self.services.session::<Functions>()?;
        let invocation = session.invocation.clone();
        let call =
            invocation.usage.begin_call(CallKind::Functions, slug.chars().take(64).collect::<String>());
        let dispatch = match session.check(slug) {
            Ok(dispatch) => dispatch,
            Err(error) => return Ok(Err(error)),
        };
        if is_connect(&self.table.get(request)?.method) {
            return Ok(Err(Error::InvalidRequest("a function is no proxy to CONNECT through".to_owned())));
        }
        let Ok(place) = self.services.http().reserve() else { return Ok(Err(Error::TooManyCalls)) };
        Ok(Ok(CallHooks { slug: slug.to_owned(), dispatch, invocation, place: Some((place, call)) }))
    }
}

impl FunctionsSession {
    /// Whether the function `slug` may be called now, and what has it run.
    fn check(&self, slug: &str) -> Result<Arc<dyn Dispatch>, Error> {
        if !grant::is_slug(slug) {
            return Err(Error::UnknownFunction(slug.chars().take(64).collect()));
        }
        if !self.configured.grants(slug) {
            return Err(Error::NotGranted(format!("functions: [{slug:?}]")));
        }
        if self.invocation.depth >= MAX_CALL_DEPTH {
            return Err(Error::DepthExceeded(MAX_CALL_DEPTH));
        }
        let dispatch = self.configured.platform.dispatch();
        dispatch.ok_or_else(|| Error::Unavailable("this process serves no functions".to_owned()))
    }
}

/// Whether a method is `CONNECT`, which a guest may also spell out.
fn is_connect(method: &Method) -> bool {
    match method {
        Method::Connect => true,
        Method::Other(name) => name == "CONNECT",
        _ => false,
    }
}

/// Gives the request the URL that the function sees.
fn address(request: &mut HostOutgoingRequest, slug: &str) {
    request.scheme = Some(Scheme::Http);
    request.authority = Some(AUTHORITY.to_owned());
    request.path_with_query = Some(target(slug, request.path_with_query.as_deref()));
}

fn target(slug: &str, path: Option<&str>) -> String {
    let path = path.unwrap_or_default();
    let rest = path.strip_prefix('/').filter(|rest| rest.is_empty() || rest.starts_with('?')).unwrap_or(path);
    format!("/{slug}{rest}")
}

/// Where `wasi:http` hands over the request of one call.
struct CallHooks {
    slug: String,
    dispatch: Arc<dyn Dispatch>,
    invocation: Arc<InvocationContext>,
    place: Option<(HeldPlace, RunningCall)>,
}

impl WasiHttpHooks for CallHooks {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), HttpError>> + Send>,
    ) -> ResponseFuture {
        let Some((place, timing)) = self.place.take() else {
            return Box::new(std::future::ready(Err(HttpError::ConnectionLimitReached)));
        };
        request.headers_mut().remove(CALL_DEPTH);
        self.invocation.trace.hand_on(request.headers_mut(), timing.place());
        let caller = (!names_somebody(request.headers())).then(|| {
            self.invocation.caller.sign(request.headers_mut());
            self.invocation.caller.again()
        });
        let depth = self.invocation.depth.saturating_add(1);
        let call = Call { request, caller, depth, deadline: self.invocation.deadline };
        let answer = invoke_in_process(self.dispatch.clone(), std::mem::take(&mut self.slug), call, place);
        timed_response(timing, answer)
    }
}

/// Whether a request comes with a credential of its own.
fn names_somebody(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key("x-api-key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requests_path_follows_the_functions_name() {
        for (path, seen) in [
            (None, "/f"),
            (Some("/"), "/f"),
            (Some("/?a=1"), "/f?a=1"),
            (Some("/items/7?a=1"), "/f/items/7?a=1"),
            (Some("//x"), "/f//x"),
            (Some("?a=1"), "/f?a=1"),
        ] {
            assert_eq!(target("f", path), seen, "{path:?}");
        }
    }
}
