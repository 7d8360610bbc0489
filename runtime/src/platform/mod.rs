//! The HTTP APIs beside invocation.
//!
//! `/api/functions` speaks InsForge's contract, so that its dashboard and CLI work unchanged, and adds what components
//! need. Every answer is JSON, errors included: `{"error": CODE, "message": …, "statusCode": n}`.

mod admin_sessions;
mod admit;
mod audits;
mod auth;
mod caller;
mod cors;
mod dashboard;
mod database;
mod error;
mod extract;
mod functions;
mod health;
mod history;
mod jobs;
mod metadata;
mod modules;
mod moment;
mod openapi;
mod page;
mod precondition;
mod rate_limit;
mod releases;
mod request;
mod rollout;
mod schedules;
mod secrets;
mod session;
mod shapes;
mod storage;
mod triggers;
mod users;
mod version_shapes;
mod versions;
mod write_limit;

pub use admit::Admit;
pub use caller::CallerCheck;
pub use error::ApiError;
pub use rate_limit::RateLimits;

use crate::config::Config;
use crate::registry::{NodeRow, PostgresRegistry};
use crate::telemetry::Tail;
use axum::http::{Method, Uri};
use axum::{Extension, Router, middleware};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use wasmforge_host_api::Capabilities;

/// What the APIs work on.
#[derive(Clone)]
pub struct PlatformState {
    /// What is deployed.
    pub registry: PostgresRegistry,
    /// Checks and compiles what is to be deployed.
    pub loader: Arc<dyn Admit>,
    /// What the process was told.
    pub config: Arc<Config>,
    /// What happens now.
    pub tail: Tail,
    /// How this node is.
    pub node: Arc<dyn Fn() -> NodeRow + Send + Sync>,
    /// What functions may be granted.
    pub capabilities: Arc<Capabilities>,
    /// How often one address may do what is counted.
    pub rate_limits: Arc<RateLimits>,
    /// Bytes of the largest module that is accepted.
    pub max_module: u64,
    /// Bytes of the largest JSON body that is accepted (`MAX_JSON_BODY_SIZE`).
    pub max_json: u64,
}

/// Every route of the APIs and `pages` beside them, and `/openapi.json`, which describes them.
pub fn router(state: PlatformState, pages: OpenApiRouter<PlatformState>) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(openapi::document())
        .merge(functions::router())
        .merge(modules::router())
        .merge(versions::router())
        .merge(releases::router())
        .merge(health::router())
        .merge(jobs::router())
        .merge(history::router())
        .merge(database::router())
        .merge(storage::router())
        .merge(triggers::router())
        .merge(users::router())
        .merge(secrets::router())
        .merge(admin_sessions::router())
        .merge(audits::router())
        .merge(metadata::router())
        .merge(schedules::router())
        .merge(pages)
        .merge(openapi::router())
        .split_for_parts();
    router
        .merge(dashboard::router())
        .layer(Extension(openapi::Described::new(document)))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), write_limit::limit_writes))
        .layer(middleware::from_fn(cors::cors))
        .with_state(state)
}

async fn not_found(uri: Uri) -> ApiError {
    ApiError::not_found(&uri)
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    ApiError::method_not_allowed(&method, &uri)
}
