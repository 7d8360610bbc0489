//! The HTTP APIs beside invocation.

use crate::compile::Loader;
use crate::registry::PostgresRegistry;
use std::sync::Arc;

/// What the APIs work on.
#[derive(Clone)]
pub struct PlatformState {
    /// What is deployed.
    pub registry: PostgresRegistry,
    /// Checks and compiles what is to be deployed.
    pub loader: Arc<Loader>,
    /// Bytes of the largest module that is accepted.
    pub max_module: u64,
}

/// Every route of the APIs.
pub fn router(state: PlatformState) -> axum::Router {
    let _ = state;
    axum::Router::new()
}
