//! Outbound requests.

use crate::{Body, Error, Redirects, Request, Response, Result, host, redirect};
use http::Uri;
use std::borrow::Cow;
use std::time::Duration;

/// How long the parts of an outbound request may take; the sandbox has limits of its own for what is not set.
///
/// They are an extension of the request:
///
/// ```
/// use wasmforge_sdk::{Timeouts, http::Request};
/// use std::time::Duration;
///
/// let request = Request::get("https://example.com/").extension(Timeouts::each(Duration::from_secs(2))).body(());
/// # request.unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection is made.
    pub connect: Option<Duration>,
    /// From there until the response's first byte.
    pub first_byte: Option<Duration>,
    /// Between two chunks of the response's body.
    pub between_bytes: Option<Duration>,
}

impl Timeouts {
    /// The same time for each part.
    #[must_use]
    pub const fn each(time: Duration) -> Self {
        Self { connect: Some(time), first_byte: Some(time), between_bytes: Some(time) }
    }
}

/// Marks a request, as an extension, whose body is sent as long as the invocation goes on and no longer. For engines of
/// other languages.
#[doc(hidden)]
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "for engines of other languages"))]
#[derive(Clone, Copy, Debug)]
pub struct Background;

/// A value that [`fetch`] takes: a URL, for a `GET`, or a request.
pub trait IntoRequest {
    /// The request.
    ///
    /// # Errors
    /// [`Error::Other`] if it is no URL.
    fn into_request(self) -> Result<Request>;
}

impl IntoRequest for &str {
    fn into_request(self) -> Result<Request> {
        self.parse::<Uri>()?.into_request()
    }
}

impl IntoRequest for String {
    fn into_request(self) -> Result<Request> {
        Uri::try_from(self)?.into_request()
    }
}

impl IntoRequest for Uri {
    fn into_request(self) -> Result<Request> {
        let mut request = Request::default();
        *request.uri_mut() = self;
        Ok(request)
    }
}

impl<B: Into<Body>> IntoRequest for http::Request<B> {
    fn into_request(self) -> Result<Request> {
        Ok(self.map(Into::into))
    }
}

/// Sends a request and waits for the head of its response; the bodies of both stream.
///
/// ```
/// # use wasmforge_sdk::*;
/// # async fn example() -> Result<()> {
/// let page = fetch("https://example.com/").await?.into_body().text().await?;
///
/// let created = http::Request::post("https://example.com/pets")
///     .header("content-type", "application/json")
///     .body(r#"{"name":"Rex"}"#)?;
/// assert_eq!(fetch(created).await?.status(), 201);
/// # Ok(()) }
/// ```
///
/// Redirects are not followed, unless the request carries [`Redirects`]. The `host` header is the URL's; it and headers that concern one connection only
/// (`connection`, `transfer-encoding` and the like) are left out if set, with a line in the log. Dropping the future, or the response, cancels the request.
///
/// # Errors
/// [`Error::Fetch`] if no response came: the address is not allowed, does not resolve or does not answer in time, or the
/// function has used up its outbound requests. A response of any status is not an error.
pub async fn fetch(request: impl IntoRequest) -> Result<Response> {
    let request = request.into_request()?;
    if request.uri().scheme().is_none() || request.uri().authority().is_none() {
        return Err(failure(request.uri(), "the URL needs a scheme and a host", false));
    }
    match request.extensions().get::<Redirects>().copied() {
        Some(redirects) => redirect::follow(request, redirects).await,
        None => host::fetch(request).await,
    }
}

pub(crate) fn failure(url: &Uri, reason: impl Into<Cow<'static, str>>, timeout: bool) -> Error {
    Error::Fetch { url: url.to_string(), reason: reason.into(), timeout }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;
    use http::Method;

    #[test]
    fn a_url_is_a_get() {
        let request = "https://example.com/a?b".into_request().unwrap();
        assert_eq!((request.method(), request.uri().path()), (&Method::GET, "/a"));
        assert!("no url at all".into_request().is_err());
    }

    #[test]
    fn a_url_without_a_host_is_refused_before_anything_is_sent() {
        let error = block_on(fetch("/relative")).unwrap_err();
        assert_eq!(error.to_string(), "fetch /relative: the URL needs a scheme and a host");
    }

    #[test]
    fn the_host_says_that_it_is_not_the_sandbox() {
        let error = block_on(fetch("https://example.com/")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fetch https://example.com/: outbound requests work inside the sandbox only"
        );
    }
}
