//! The HTTP APIs beside invocation.
//!
//! `/api/functions` speaks InsForge's contract, so that its dashboard and CLI work unchanged, and adds what components
//! need. Every answer is JSON, errors included: `{"error": CODE, "message": …, "statusCode": n}`.

mod admit;
mod auth;
mod caller;
mod cors;
mod database;
mod error;
mod extract;
mod functions;
mod health;
mod modules;
mod request;
mod session;
mod shapes;
mod storage;
mod users;

pub use admit::Admit;
pub use caller::CallerCheck;
pub use error::ApiError;

use crate::registry::PostgresRegistry;
use axum::http::{Method, Uri};
use axum::routing::{get, put};
use axum::{Router, middleware};
use std::sync::Arc;
use wasmforge_host_api::Capabilities;

/// What the APIs work on.
#[derive(Clone)]
pub struct PlatformState {
    /// What is deployed.
    pub registry: PostgresRegistry,
    /// Checks and compiles what is to be deployed.
    pub loader: Arc<dyn Admit>,
    /// What functions may be granted.
    pub capabilities: Arc<Capabilities>,
    /// Bytes of the largest module that is accepted.
    pub max_module: u64,
    /// Bytes of the largest JSON body that is accepted (`MAX_JSON_BODY_SIZE`).
    pub max_json: u64,
}

/// Every route of the APIs.
pub fn router(state: PlatformState) -> Router {
    let all = get(functions::list).post(functions::create);
    let one = get(functions::read).put(functions::update).delete(functions::delete);
    Router::new()
        .route("/api/functions", all.clone())
        .route("/api/functions/", all)
        .route("/api/functions/{slug}", one)
        .route("/api/functions/{slug}/module", put(modules::upload))
        .route("/api/functions/{slug}/versions", get(functions::versions))
        .route("/api/metadata/functions", get(functions::metadata))
        .route("/api/health", get(health::health))
        .merge(database::router())
        .merge(storage::router())
        .merge(users::router())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(cors::cors))
        .with_state(state)
}

async fn not_found(uri: Uri) -> ApiError {
    ApiError::not_found(&uri)
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    ApiError::method_not_allowed(&method, &uri)
}
