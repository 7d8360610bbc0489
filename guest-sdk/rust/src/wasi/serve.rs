//! From the host's request to the handler, and back.

use super::incoming::Incoming;
use super::{headers, outgoing};
use crate::{Body, Error, IntoResponse, Request, Response, Result, task};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use std::future::Future;
use wasip2::http::types::{self, IncomingRequest, OutgoingResponse, ResponseOutparam};

/// Answers one request.
pub fn serve<H, F>(request: IncomingRequest, out: ResponseOutparam, handler: H)
where
    H: FnOnce(Request) -> F,
    F: Future,
    F::Output: IntoResponse,
{
    task::block_on(async move {
        let response = match accept(request) {
            Ok(request) => handler(request).await.into_response(),
            Err(error) => error.into_response(),
        };
        match respond(response, out).await {
            // The caller is gone: nobody is left to tell.
            Ok(()) | Err(Error::Closed) => {}
            Err(error) => eprintln!("{error}"),
        }
    });
}

fn accept(incoming: IncomingRequest) -> Result<Request> {
    let mut request = Request::default();
    *request.method_mut() = method(incoming.method())?;
    *request.uri_mut() = uri(&incoming)?;
    *request.headers_mut() = headers::from_fields(&incoming.headers());
    *request.body_mut() = Body::incoming(Incoming::Request(incoming));
    Ok(request)
}

pub(super) fn method(method: types::Method) -> Result<Method> {
    Ok(match method {
        types::Method::Get => Method::GET,
        types::Method::Head => Method::HEAD,
        types::Method::Post => Method::POST,
        types::Method::Put => Method::PUT,
        types::Method::Delete => Method::DELETE,
        types::Method::Connect => Method::CONNECT,
        types::Method::Options => Method::OPTIONS,
        types::Method::Trace => Method::TRACE,
        types::Method::Patch => Method::PATCH,
        types::Method::Other(name) => {
            Method::from_bytes(name.as_bytes()).map_err(|_| Error::bad_request("invalid method"))?
        }
    })
}

fn uri(request: &IncomingRequest) -> Result<Uri> {
    Uri::from_maybe_shared(bytes::Bytes::from(url(request))).map_err(|_| Error::bad_request("invalid URL"))
}

/// The full URL; the path alone where there is no authority.
pub(super) fn url(request: &IncomingRequest) -> String {
    let path = request.path_with_query().unwrap_or_default();
    let path = if path.is_empty() { "/" } else { &path };
    let Some(authority) = request.authority() else { return path.to_owned() };
    let scheme = match request.scheme() {
        Some(types::Scheme::Https) => "https://",
        _ => "http://",
    };
    let mut url = String::with_capacity(scheme.len() + authority.len() + path.len());
    url.push_str(scheme);
    url.push_str(&authority);
    url.push_str(path);
    url
}

/// Sends the head, then the body. The head goes first, or a body that is larger than the host's buffer would never fit.
async fn respond(mut response: Response, out: ResponseOutparam) -> Result<()> {
    if response.status().is_informational() {
        response = Error::from(format!("{} is no status to answer with", response.status())).into_response();
    }
    set_content_length(&mut response);
    let fields = match headers::to_fields(response.headers()) {
        Ok(fields) => fields,
        Err(error) => {
            response = error.into_response();
            headers::to_fields(response.headers())?
        }
    };
    let outgoing = OutgoingResponse::new(fields);
    if response.status() != StatusCode::OK {
        outgoing
            .set_status_code(response.status().as_u16())
            .map_err(|()| Error::from("the status is refused"))?;
    }
    let target = outgoing.body().map_err(|()| Error::Closed)?;
    ResponseOutparam::set(out, Ok(outgoing));
    outgoing::send(response.into_body(), target).await
}

/// A length that is known saves the caller and the server the chunked encoding.
fn set_content_length(response: &mut Response) {
    if let Some(size) = known_length(response.status(), response.body()) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(size));
    }
}

/// The length to announce, where there is one.
pub(super) fn known_length(status: StatusCode, body: &Body) -> Option<u64> {
    let bodyless = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
    body.size().filter(|_| !bodyless)
}
