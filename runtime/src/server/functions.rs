//! The functions listener: the drop-in for InsForge's runtime. It routes what that routes, in that order.

use super::body::ServerBody;
use super::health::Health;
use super::routes::Routes;
use crate::invoke::{CallChain, IncomingBody, Invoker};
use crate::queue::{self, Intake};
use crate::registry::Slug;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;

/// `/health`, then `/<slug>` in any method, then `/<slug>/invocations/<id>`, then a plain 404.
pub struct FunctionsRoutes {
    /// Runs functions.
    pub invoker: Arc<Invoker>,
    /// Takes in what is answered later.
    pub intake: Arc<Intake>,
    /// Answers `/health`.
    pub health: Arc<Health>,
}

impl Routes for FunctionsRoutes {
    async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Response<ServerBody> {
        self.route(CallChain::of_headers(request.headers()).sent_by(peer), request).await
    }
}

impl FunctionsRoutes {
    /// Answers a request, wherever it comes from.
    pub(super) async fn route<B: IncomingBody>(
        &self,
        chain: CallChain,
        request: Request<B>,
    ) -> Response<ServerBody> {
        // The path is matched as it came: an encoded letter is no letter.
        let path = request.uri().path();
        if path == "/health" {
            return self.health.answer();
        }
        match path.strip_prefix('/') {
            Some(slug) if Slug::check(slug).is_ok() => {
                let slug: Box<str> = slug.into();
                let answer = if queue::is_async(request.headers()) {
                    self.intake.accept(chain, &slug, "", request).await
                } else {
                    self.invoker.invoke_in(chain, &slug, request).await
                };
                answer.map(ServerBody::Invocation)
            }
            _ => match queue::result_of(path) {
                Some((slug, id)) => {
                    self.intake.result(slug, id, request.method()).await.map(ServerBody::Invocation)
                }
                None => not_found(),
            },
        }
    }
}

/// What InsForge's runtime answers to a path that is no function's.
fn not_found() -> Response<ServerBody> {
    let mut response = Response::new(ServerBody::Api("Not Found".into()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
