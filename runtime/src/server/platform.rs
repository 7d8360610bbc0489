//! The platform listener: `/functions/<slug>`, and the APIs beside it.

use super::body::ServerBody;
use super::routes::Routes;
use crate::invoke::{CallChain, IncomingBody, Invoker};
use crate::queue::{self, Intake};
use crate::registry::Slug;
use axum::Router;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;
use tower_service::Service as _;

/// The methods that InsForge's backend allows across origins.
const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");

/// `/functions/<slug>` as InsForge's backend proxies it, everything else by the router.
pub struct PlatformRoutes {
    /// Runs functions.
    pub invoker: Arc<Invoker>,
    /// Takes in what is answered later.
    pub intake: Arc<Intake>,
    /// The APIs.
    pub router: Router,
}

impl Routes for PlatformRoutes {
    async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Response<ServerBody> {
        let chain = CallChain::of_headers(request.headers()).sent_by(peer);
        match function(&self.invoker, Some(&self.intake), chain, request).await {
            Ok(answer) => answer,
            Err(request) => api(&self.router, peer, request).await,
        }
    }
}

/// With it a function's script could answer for all of its origin, which here is the dashboard's too.
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// Answers what concerns a function; gives back what does not. Without a queue every request is answered now.
pub(super) async fn function<B: IncomingBody>(
    invoker: &Invoker,
    intake: Option<&Intake>,
    chain: CallChain,
    request: Request<B>,
) -> Result<Response<ServerBody>, Request<B>> {
    if let Some((slug, uri)) = function_of(request.uri()) {
        return Ok(invoke(invoker, intake, chain, &slug, uri, request).await);
    }
    let result = request.uri().path().strip_prefix("/functions").and_then(queue::result_of);
    let (Some((slug, id)), Some(intake)) = (result.filter(|_| request.method() != Method::OPTIONS), intake)
    else {
        return Err(request);
    };
    let mut response = intake.result(slug, id, request.method()).await.map(ServerBody::Invocation);
    response.headers_mut().remove(SERVICE_WORKER_ALLOWED);
    if request.headers().contains_key(ORIGIN) {
        open(response.headers_mut());
    }
    Ok(response)
}

/// Invokes a function under the path `/<slug>`, which is what it sees behind InsForge's proxy too.
async fn invoke<B: IncomingBody>(
    invoker: &Invoker,
    intake: Option<&Intake>,
    chain: CallChain,
    slug: &str,
    uri: Uri,
    mut request: Request<B>,
) -> Response<ServerBody> {
    let origin = request.headers().get(ORIGIN).cloned();
    if request.method() == Method::OPTIONS {
        return options(request.headers(), origin);
    }
    *request.uri_mut() = uri;
    let answer = match intake.filter(|_| queue::is_async(request.headers())) {
        Some(intake) => intake.accept(chain, slug, "/functions", request).await,
        None => invoker.invoke_in(chain, slug, request).await,
    };
    let mut response = answer.map(ServerBody::Invocation);
    response.headers_mut().remove(SERVICE_WORKER_ALLOWED);
    if origin.is_some() {
        open(response.headers_mut());
    }
    response
}

/// Lets pages of any origin read an answer whose function says nothing of it.
fn open(headers: &mut HeaderMap) {
    headers.entry(ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(HeaderValue::from_static("*"));
}

/// Has the router answer.
pub(super) async fn api<B>(router: &Router, peer: SocketAddr, mut request: Request<B>) -> Response<ServerBody>
where
    B: Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    request.extensions_mut().insert(ConnectInfo(peer));
    if let Some(uri) = without_slash(request.uri()) {
        *request.uri_mut() = uri;
    }
    let mut router = router.clone();
    match router.call(request.map(axum::body::Body::new)).await {
        Ok(response) => response.map(ServerBody::Api),
        Err(never) => match never {},
    }
}

/// The slug of a path `/functions/<slug>`, and the URI without the prefix.
pub(super) fn function_of(uri: &Uri) -> Option<(Box<str>, Uri)> {
    let slug = uri.path().strip_prefix("/functions/")?;
    Slug::check(slug).ok()?;
    let target = match uri.query() {
        Some(query) => format!("/{slug}?{query}"),
        None => format!("/{slug}"),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Some((slug.into(), Uri::from_parts(parts).ok()?))
}

/// The URI of a route that was asked for with a slash at its end, which InsForge's backend takes as well. The key of an
/// object may end in one.
fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/')?;
    if !path.starts_with("/api/") || path.starts_with("/api/storage/") {
        return None;
    }
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// `OPTIONS`, a browser's question before a request across origins, never reaches the function, as behind InsForge's
/// backend. On the functions listener it does.
fn options(asked: &HeaderMap, origin: Option<HeaderValue>) -> Response<ServerBody> {
    let mut response = Response::new(ServerBody::Api(axum::body::Body::empty()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.unwrap_or(HeaderValue::from_static("*")));
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(VARY, HeaderValue::from_static("Origin, Access-Control-Request-Headers"));
    if let Some(wanted) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_and_the_query_kept() {
        let (slug, uri) = function_of(&Uri::from_static("/functions/hello?a=1&b=%2F")).unwrap();
        assert_eq!((&*slug, uri.to_string().as_str()), ("hello", "/hello?a=1&b=%2F"));
        let absolute = Uri::from_static("http://h:1/functions/hello");
        assert_eq!(function_of(&absolute).unwrap().1.to_string(), "http://h:1/hello");
    }

    #[test]
    fn a_slash_at_the_end_means_nothing_but_in_the_name_of_an_object() {
        let without = |uri: &'static str| without_slash(&Uri::from_static(uri)).map(|uri| uri.to_string());
        assert_eq!(without("/api/functions/?a=1").as_deref(), Some("/api/functions?a=1"));
        for uri in ["/api/functions", "/api/", "/dashboard/", "/api/storage/signed/b/folder/?expires=1"] {
            assert_eq!(without(uri), None, "{uri}");
        }
    }

    #[test]
    fn what_is_no_slug_goes_to_the_router() {
        for path in
            ["/functions", "/functions/", "/functions/a/b", "/functions/a%2Fb", "/api/functions", "/x"]
        {
            assert!(function_of(&Uri::try_from(path).unwrap()).is_none(), "{path}");
        }
    }
}
