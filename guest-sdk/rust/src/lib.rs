//! Write edge functions in Rust.
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! wasmforge = { package = "wasmforge-sdk", version = "0.1" }
//! ```
//!
//! ```
//! # mod function {
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::{Request, Response, Result, response};
//!
//! #[wasmforge::handler]
//! pub async fn main(req: Request) -> Result<Response> {
//!     response::json(req.uri().path())
//! }
//! # }
//! #
//! # fn main() {
//! # use wasmforge_sdk as wasmforge;
//! # use wasmforge::Request;
//! # use function::main;
//!
//! // On the host a handler is an ordinary function, and can be tested as one.
//! let answer = wasmforge::block_on(main(Request::default())).unwrap();
//! assert_eq!(answer.status(), 200);
//! # }
//! ```
//!
//! Build it with `cargo build --release --target wasm32-wasip2`; the `.wasm` file is the function.
//!
//! - **Requests** and **responses** are those of the [`http`] crate. The request's URI is the full one,
//!   `http://<host>/<path>?<query>`. [`RequestExt`] adds `json`, `text`, `bytes` and `query`.
//! - **Bodies** stream both ways: [`Body::chunk`] reads, [`Body::stream`] writes. A chunk leaves when it is written, and a
//!   writer waits for its reader. Bodies of known size get a `content-length`.
//! - **Errors**: a handler that returns an [`Error`] answers `{"error":"<message>"}` with the error's status, `500` unless it
//!   says otherwise. A panic is a trap: the caller gets a `500`, the message goes to the log.
//! - **The database**: [`sql`], and over HTTP, through PostgREST, [`rest`]; both under the caller's identity.
//! - **Who calls**: [`auth`]. **Messages to listeners**: [`realtime`].
//! - **Files that the platform keeps**: [`storage`]. **Files of the function's own**: [`files`].
//! - **Outbound requests**: [`fetch`]. **Other functions**: [`functions`].
//! - **Secrets and settings**: [`env`](mod@env), [`config`]. **The log**: [`log`](mod@log).
//! - **Values under keys**: [`kv`]. **Language models**: [`ai`].
//! - **Pages of other origins**: [`cors`].
//! - **Waiting**: [`sleep`], [`join`], [`spawn`].
//! - **Tests** on the host: [`testing`] has a stand-in for each of these services.
//! - **Headers**: each value survives, several `set-cookie` too. Headers that concern one connection only (`connection`, `keep-alive`,
//!   `transfer-encoding`, `upgrade` and the like) are not a function's to set: they are left out, with a line in the log, so that a fetched
//!   response can be passed on as it is.

pub mod ai;
pub mod auth;
mod body;
pub mod config;
pub mod cors;
pub mod env;
mod error;
mod fetch;
pub mod files;
pub mod functions;
pub mod kv;
pub mod log;
mod query;
pub mod realtime;
mod redirect;
mod request;
pub mod response;
pub mod rest;
pub mod sql;
pub mod storage;
mod task;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

#[cfg(not(target_arch = "wasm32"))]
#[path = "native/mod.rs"]
mod host;
#[cfg(target_arch = "wasm32")]
#[path = "wasi/mod.rs"]
mod host;

pub use body::{Body, Sender};
pub use bytes::{self, Bytes};
pub use error::{Error, Result};
pub use fetch::{IntoRequest, Timeouts, fetch};
pub use http;
pub use query::Pairs;
pub use redirect::Redirects;
pub use request::RequestExt;
pub use response::{IntoResponse, Json};
pub use task::{block_on, join, join_all, spawn};
pub use wasmforge_sdk_macro::handler;

/// What a handler gets.
pub type Request = http::Request<Body>;

/// What a handler answers with.
pub type Response = http::Response<Body>;

/// Waits. Waiting counts against the wall-clock limit of an invocation, not against its CPU time.
pub async fn sleep(duration: std::time::Duration) {
    host::sleep(duration).await;
}

/// What the attribute's expansion refers to. Not part of the interface.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod __private {
    pub use crate::fetch::Background;
    pub use crate::host::{Arrival, answer, serve};
    pub use crate::task::{spawn_background, stalled};
    pub use wasip2;
    pub use wasip2::exports::http::incoming_handler::Guest;
    pub use wasip2::http::proxy::export;
    pub use wasip2::http::types::{IncomingRequest, ResponseOutparam};
}
