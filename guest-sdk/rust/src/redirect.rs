//! Redirects, for requests that ask to follow them.

use crate::{Body, Error, Request, Response, Result, host};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION};
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use std::borrow::Cow;

/// How many redirects [`fetch`](crate::fetch) follows for a request that carries this; for others none.
///
/// ```
/// use wasmforge_sdk::{Redirects, http::Request};
///
/// let request = Request::get("https://example.com/").extension(Redirects::follow(5)).body(());
/// # request.unwrap();
/// ```
///
/// Each hop is a request like others: the sandbox decides whether its address may be reached, and it counts. `303`, and
/// `301` and `302` after a `POST`, become a `GET` without a body. `authorization`, `cookie` and `x-api-key` stay behind
/// when a redirect leads to another origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects {
    limit: u16,
}

impl Redirects {
    /// Follows up to `limit` of them.
    #[must_use]
    pub const fn follow(limit: u16) -> Self {
        Self { limit }
    }
}

/// Sends a request, and follows where it is redirected to.
///
/// # Errors
/// [`Error::Redirect`] past the limit, for a redirect that cannot be followed, and for one from `https` to `http`.
pub(crate) async fn follow(request: Request, Redirects { limit }: Redirects) -> Result<Response> {
    let (mut head, mut body) = request.into_parts();
    for _ in 0..=limit {
        let again = body.replay();
        let response = host::fetch(Request::from_parts(head.clone(), body)).await?;
        let Some(target) = target(&head, &response)? else { return Ok(response) };
        if is_get_now(&head.method, response.status()) {
            head.method = Method::GET;
            for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
                head.headers.remove(name);
            }
            body = Body::empty();
        } else {
            let gone = "the request's body was streamed and cannot be sent again";
            body = again.ok_or_else(|| failure(&target, gone))?;
        }
        leave_behind(&mut head, &target);
        head.uri = target;
    }
    Err(failure(&head.uri, format!("there were more than {limit} redirects")))
}

/// Where a response redirects to, if it does.
fn target(head: &Parts, response: &Response) -> Result<Option<Uri>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let location = location.to_str().ok().and_then(|location| resolve(&head.uri, location));
    let target = location.ok_or_else(|| failure(&head.uri, "it redirects to what is no URL"))?;
    if head.uri.scheme_str() == Some("https") && target.scheme_str() != Some("https") {
        return Err(failure(&target, "a redirect leads from https to something weaker"));
    }
    Ok(Some(target))
}

/// RFC 9110, sections 15.4.2 to 15.4.4.
fn is_get_now(method: &Method, status: StatusCode) -> bool {
    match status {
        StatusCode::SEE_OTHER => *method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}

/// Credentials are for the origin that they were given for.
fn leave_behind(head: &mut Parts, target: &Uri) {
    let is_same = head.uri.scheme() == target.scheme() && head.uri.authority() == target.authority();
    if !is_same {
        head.headers.remove(AUTHORIZATION);
        head.headers.remove(COOKIE);
        head.headers.remove("x-api-key");
    }
}

/// A reference as seen from `base` (RFC 3986, section 5.2); dots are left to the server.
fn resolve(base: &Uri, reference: &str) -> Option<Uri> {
    let reference = reference.split('#').next().unwrap_or_default();
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    let absolute = match reference {
        other if has_scheme(other) => other.to_owned(),
        other if other.starts_with("//") => format!("{scheme}:{other}"),
        path if path.starts_with('/') => format!("{scheme}://{authority}{path}"),
        query if query.starts_with('?') || query.is_empty() => {
            format!("{scheme}://{authority}{}{query}", base.path())
        }
        relative => {
            let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{scheme}://{authority}{folder}/{relative}")
        }
    };
    absolute.parse().ok()
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

fn failure(url: &Uri, reason: impl Into<Cow<'static, str>>) -> Error {
    Error::Redirect { url: url.to_string(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, fetch, testing};
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What is sent when every request is answered by this status and the next of these locations.
    fn sent(
        request: http::request::Builder,
        body: Body,
        status: u16,
        locations: &[&str],
    ) -> (Vec<String>, Result<Response>) {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let locations = RefCell::new(locations.iter().rev().map(|l| (*l).to_owned()).collect::<Vec<_>>());
        let record = seen.clone();
        let _fake = testing::fetch(move |request| {
            let key = request.headers().get("x-api-key").map_or("", |_| " with a key");
            let head = format!("{} {}{key}", request.method(), request.uri());
            let body = block_on(request.into_body().text())?;
            record.borrow_mut().push(format!("{head} {body}").trim().to_owned());
            let mut response = Response::default();
            if let Some(location) = locations.borrow_mut().pop() {
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                response.headers_mut().insert(LOCATION, location.parse().unwrap());
            }
            Ok(response)
        });
        let request = request.extension(Redirects::follow(3)).body(body).unwrap();
        let answer = block_on(fetch(request));
        let seen = seen.borrow().clone();
        (seen, answer)
    }

    #[test]
    fn a_reference_is_read_from_where_it_stands() {
        let (seen, answer) =
            sent(http::Request::get("https://a/x/y?q"), Body::empty(), 302, &["z", "/top", "?r#f"]);
        assert_eq!(
            seen,
            ["GET https://a/x/y?q", "GET https://a/x/z", "GET https://a/top", "GET https://a/top?r"]
        );
        assert!(answer.is_ok());
    }

    #[test]
    fn a_credential_does_not_go_to_another_origin() {
        let request = http::Request::get("https://a/").header("x-api-key", "k");
        let (seen, _) = sent(request, Body::empty(), 307, &["/1", "//b/2", "https://a/3"]);
        assert_eq!(
            seen,
            ["GET https://a/ with a key", "GET https://a/1 with a key", "GET https://b/2", "GET https://a/3"]
        );
    }

    #[test]
    fn a_post_becomes_a_get_where_http_says_so() {
        let post = |status| sent(http::Request::post("http://a/"), "body".into(), status, &["/b"]).0;
        for status in [301, 302, 303] {
            assert_eq!(post(status), ["POST http://a/ body", "GET http://a/b"], "{status}");
        }
        for status in [307, 308] {
            assert_eq!(post(status), ["POST http://a/ body", "POST http://a/b body"], "{status}");
        }
    }

    #[test]
    fn a_loop_ends_and_says_so() {
        let (seen, answer) = sent(http::Request::get("http://a/"), Body::empty(), 302, &["/"; 30]);
        assert_eq!(seen.len(), 4);
        let error = answer.unwrap_err();
        assert_eq!(error.to_string(), "redirect to http://a/: there were more than 3 redirects");
        assert_eq!(error.status(), StatusCode::BAD_GATEWAY);
    }

    #[test]
    fn what_cannot_be_followed_is_an_error() {
        for (from, location) in
            [("https://a/", "http://a/"), ("https://a/", "ftp://a/"), ("http://a/", "http://[")]
        {
            let (seen, answer) = sent(http::Request::get(from), Body::empty(), 302, &[location]);
            assert_eq!(seen.len(), 1, "{location}");
            assert!(matches!(answer, Err(Error::Redirect { .. })), "{location}");
        }
        let streamed = Body::stream(async |sender| sender.send("once").await);
        let (_, answer) = sent(http::Request::post("http://a/"), streamed, 307, &["/b"]);
        assert!(answer.unwrap_err().to_string().contains("streamed"));
    }
}
