//! A request as a guest is handed it.

use super::body::{Incoming, RequestBody};
use super::error::InvokeError;
use super::invocation::Invocation;
use http::header::{CONTENT_LENGTH, EXPECT, HOST};
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Uri, Version};

/// Gives the request an absolute URI, as guests read scheme and authority from it, and its body a limit.
///
/// The authority is the URI's own (HTTP/2, or the absolute form, which overrides `Host`), else that of `Host`.
///
/// # Errors
/// Where the length that the request announces is over the limit, or there is no usable authority.
pub(super) fn for_guest<B: Incoming>(
    request: Request<B>,
    invocation: &Invocation,
) -> Result<Request<RequestBody<B>>, InvokeError> {
    let limit = invocation.limits.request_body;
    let (mut parts, body) = request.into_parts();
    let body = RequestBody::new(body, limit, invocation.traffic.clone(), lingers(&parts));
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|len| len > limit) {
        return Err(InvokeError::RequestTooLarge(limit));
    }
    let mut uri = parts.uri.into_parts();
    if uri.authority.is_none() {
        uri.authority = Some(authority(parts.version, &parts.headers)?);
    }
    uri.scheme = Some(Scheme::HTTP);
    parts.uri =
        Uri::from_parts(uri).map_err(|_| InvokeError::BadRequest("the request's target is not a URI"))?;
    Ok(Request::from_parts(parts, body))
}

/// HTTP/2 has a way to say that nothing more is wanted, and a client that asked first sends nothing unasked.
pub(super) fn lingers(head: &Parts) -> bool {
    head.version < Version::HTTP_2 && !head.headers.contains_key(EXPECT)
}

fn authority(version: Version, headers: &HeaderMap) -> Result<Authority, InvokeError> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::HTTP_11 => {
            return Err(InvokeError::BadRequest("the request has no Host header"));
        }
        // HTTP/1.0 may leave it out; a guest needs something to build URLs from.
        (None, _) => return Ok(Authority::from_static("localhost")),
        (Some(host), None) => host,
        (Some(_), Some(_)) => return Err(InvokeError::BadRequest("the request has several Host headers")),
    };
    Authority::try_from(host.as_bytes()).map_err(|_| InvokeError::BadRequest("the Host header is not valid"))
}
