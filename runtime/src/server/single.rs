//! The listener of `wasmforge run`: one function answers every path.

use super::body::ServerBody;
use super::routes::Routes;
use crate::invoke::Invoker;
use crate::registry::Slug;
use http::{Request, Response};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;

/// Every request goes to one function, which sees the path as it came.
pub struct SingleFunction {
    /// Runs it.
    pub invoker: Arc<Invoker>,
    /// Its name.
    pub slug: Slug,
}

impl Routes for SingleFunction {
    async fn answer(&self, _peer: SocketAddr, request: Request<Incoming>) -> Response<ServerBody> {
        self.invoker.invoke(self.slug.as_str(), request).await.map(ServerBody::Invocation)
    }
}
