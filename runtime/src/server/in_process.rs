//! Answers what functions ask of their own platform, without a connection.

use super::body::ServerBody;
use super::functions::FunctionsRoutes;
use super::platform;
use crate::invoke::{CallChain, Failure, Invoker};
use crate::platform::ApiError;
use crate::registry::Slug;
use async_trait::async_trait;
use axum::Router;
use axum::response::IntoResponse as _;
use http::{Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use wasmforge_host_api::http::{CALL_DEPTH, Call, Dispatch, Serving, Site, Undelivered};
use wasmtime_wasi_http::{Error, WasiBody};

/// Whom the APIs see as the peer of a request that came over no connection.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What a process serves at its own addresses.
pub struct InProcess {
    invoker: Arc<Invoker>,
    functions: Served,
    /// The APIs, where they are ours.
    router: Option<Router>,
}

/// What stands behind the functions listener.
enum Served {
    /// All that are deployed.
    Deployed(Arc<FunctionsRoutes>),
    /// One function, whatever the path.
    Single(Slug),
}

impl InProcess {
    /// A node, with the APIs if it has a platform listener.
    #[must_use]
    pub fn node(invoker: Arc<Invoker>, functions: Arc<FunctionsRoutes>, router: Option<Router>) -> Arc<Self> {
        Arc::new(Self { invoker, functions: Served::Deployed(functions), router })
    }

    /// One function and nothing else.
    #[must_use]
    pub fn single(invoker: Arc<Invoker>, slug: Slug) -> Arc<Self> {
        Arc::new(Self { invoker, functions: Served::Single(slug), router: None })
    }

    /// Lets functions call what is served at these addresses, for as long as `self` is held.
    pub fn announce(self: &Arc<Self>, functions: SocketAddr, platform: Option<SocketAddr>) {
        if let Some(own) = self.invoker.capabilities.http().own_origin() {
            let dispatch: Arc<dyn Dispatch> = self.clone();
            own.serve(Serving { dispatch: Arc::downgrade(&dispatch), functions, platform });
        }
    }

    async fn functions_site(&self, chain: CallChain, request: Request<WasiBody>) -> Response<ServerBody> {
        match &self.functions {
            Served::Deployed(routes) => routes.route(chain, request).await,
            Served::Single(slug) => {
                self.invoker.invoke_in(chain, slug.as_str(), request).await.map(ServerBody::Invocation)
            }
        }
    }

    /// `/functions/<slug>` and `/api/…`. Pages for operators, such as `/metrics`, are not a function's to read.
    async fn platform_site(&self, chain: CallChain, mut request: Request<WasiBody>) -> Response<ServerBody> {
        let depth = chain.depth;
        let intake = match &self.functions {
            Served::Deployed(routes) => Some(&*routes.intake),
            Served::Single(_) => None,
        };
        match platform::function(&self.invoker, intake, chain, request).await {
            Ok(answer) => return answer,
            Err(other) => request = other,
        }
        match &self.router {
            Some(router) if request.uri().path().starts_with("/api/") => {
                request.headers_mut().insert(CALL_DEPTH, depth.into());
                platform::api(router, NOBODY, request).await
            }
            _ => {
                let message = format!("Endpoint {} not found", request.uri().path());
                ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
                    .into_response()
                    .map(ServerBody::Api)
            }
        }
    }
}

#[async_trait]
impl Dispatch for InProcess {
    fn serves(&self, site: Site, url: &Uri) -> bool {
        site != Site::Backend || self.router.is_some() || platform::function_of(url).is_some()
    }

    async fn answer(&self, site: Site, call: Call) -> Response<WasiBody> {
        let (request, chain) = taken(call);
        let response = match site {
            Site::Functions => self.functions_site(chain, request).await,
            Site::Platform | Site::Backend => self.platform_site(chain, request).await,
        };
        response.map(ServerBody::into_wasi)
    }

    async fn invoke(&self, slug: &str, call: Call) -> Result<Response<WasiBody>, Undelivered> {
        let (request, chain) = taken(call);
        let response = self.invoker.invoke_in(chain, slug, request).await;
        match response.extensions().get() {
            Some(Failure("FUNCTION_NOT_FOUND")) => Err(Undelivered::Unknown),
            Some(Failure("OVERLOADED")) => Err(Undelivered::Overloaded),
            Some(Failure("LOOP_DETECTED")) => Err(Undelivered::TooDeep),
            _ => Ok(response.map(|body| body.map_err(Error::from).boxed_unsync())),
        }
    }
}

/// The request of a call. Where nobody reads its body it is dropped, as that of an HTTP/2 stream is: there is no
/// connection to be kept in order.
fn taken(call: Call) -> (Request<WasiBody>, CallChain) {
    let (mut request, chain) = CallChain::of_call(call);
    *request.version_mut() = Version::HTTP_2;
    (request, chain)
}
