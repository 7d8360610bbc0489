//! What stands behind a listener.

use super::body::ServerBody;
use http::{Request, Response};
use hyper::body::Incoming;
use std::future::Future;
use std::net::SocketAddr;

/// What answers the requests of a listener.
pub trait Routes: Send + Sync + 'static {
    /// Answers one request, which came from `peer`.
    fn answer(
        &self,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<ServerBody>> + Send;
}
