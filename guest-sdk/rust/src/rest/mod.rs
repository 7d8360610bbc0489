//! The database over HTTP: PostgREST.
//!
//! Requests are made under the identity of whoever invoked the function, so row-level security shows each caller their
//! own rows:
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{Response, block_on, rest, testing};
//!
//! #[derive(serde::Deserialize)]
//! struct Post {
//!     id: i64,
//!     title: String,
//! }
//!
//! async fn latest(author: &str) -> Result<Vec<Post>, rest::Error> {
//!     rest::from("posts").select("id,title").eq("author", author).order("id.desc").limit(2).fetch().await
//! }
//!
//! // In a test, a closure stands in for PostgREST.
//! let _fake = testing::rest(|request| {
//!     assert_eq!(request.uri(), "/posts?select=id%2Ctitle&author=eq.Ann&order=id.desc&limit=2");
//!     Ok(Response::new(r#"[{"id":7,"title":"Hello"}]"#.into()))
//! });
//! let posts = block_on(latest("Ann")).unwrap();
//! assert_eq!((posts[0].id, posts[0].title.as_str()), (7, "Hello"));
//! ```
//!
//! [`Query::as_service`] asks as the platform, which row-level security does not bind; the function must be granted
//! `"rest": "service"` for that. [`send`] takes any request that PostgREST understands.

mod call;
mod encode;
mod error;
mod query;

pub use call::{Call, rpc};
pub use error::{Error, Failure};
pub use query::{Query, from};

use crate::{Body, Request, Response, host};

/// Whom PostgREST is told that a request is from. An extension of the request that [`send`] takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The caller of the function.
    #[default]
    Caller,
    /// The platform, by the grant `"rest": "service"`.
    Service,
}

/// Sends a request to PostgREST and waits for the head of its response; the bodies of both stream.
///
/// The URI is a path with a query, `/posts?select=id`. The header `authorization` is the host's to write. `GET`, `HEAD` and
/// `OPTIONS` have no body. A response of any status is not an error here; [`Query`] and [`Call`] make one of it.
///
/// ```
/// # use wasmforge_sdk::*;
/// # let _fake = testing::rest(|_| Ok(Response::new("[]".into())));
/// # let text = block_on(async {
/// let request = http::Request::get("/posts?select=id").extension(rest::Identity::Service).body(())?;
/// let response = rest::send(request).await?;
/// # response.into_body().text().await
/// # }).unwrap();
/// # assert_eq!(text, "[]");
/// ```
///
/// # Errors
/// [`Error`] if no response came.
pub async fn send<B: Into<Body>>(request: http::Request<B>) -> Result<Response, Error> {
    let request: Request = request.map(Into::into);
    let identity = request.extensions().get().copied().unwrap_or_default();
    host::rest(request, identity).await
}
