//! `/health`: what it says was checked a moment ago.

use super::body::ServerBody;
use crate::engine::Engines;
use crate::registry::Directory;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is known of the database without asking it now.
#[derive(Clone, Debug, Default)]
pub struct DatabaseHealth {
    /// Whether it answers.
    pub connected: bool,
    /// `full` with our columns and triggers, `unmodified` without, `unknown` before it answered once.
    pub mode: &'static str,
    /// Why it does not answer.
    pub error: Option<String>,
    /// Secrets and functions whose rows cannot be used, by name, with the reason.
    pub problems: Vec<(String, String)>,
}

/// Whether functions can be answered
#[derive(Serialize, ToSchema)]
pub(super) struct HealthReport {
    /// `ok`, `degraded` or `unavailable`.
    status: &'static str,
    /// Always `wasmforge`.
    runtime: &'static str,
    version: &'static str,
    /// How many are deployed.
    functions: usize,
    /// Invocations that are running.
    running: u64,
    database: DatabaseReport,
    /// `ok`, or `stalled`: then no limit is enforced and nothing is run.
    clock: &'static str,
    /// What is wrong with secrets and functions, by name.
    problems: BTreeMap<String, String>,
}

/// How the database is
#[derive(Serialize, ToSchema)]
struct DatabaseReport {
    connected: bool,
    /// `full`, `unmodified` or `unknown`.
    mode: &'static str,
    error: Option<String>,
}

/// Tells whether functions can be answered.
pub struct Health {
    /// Which functions are known.
    pub directory: Arc<Directory>,
    /// Whether limits are enforced.
    pub engines: Arc<Engines>,
    /// Asks for the database's state.
    pub database: Box<dyn Fn() -> DatabaseHealth + Send + Sync>,
}

impl Health {
    /// `200` while functions can be answered, with `"status":"degraded"` where memory serves because the database is
    /// away or rows of it cannot be used; `503` where nothing can be.
    #[must_use]
    pub fn answer(&self) -> Response<ServerBody> {
        let database = (self.database)();
        let stalled = self.engines.ticker().is_stalled();
        let (status, word) = if !self.directory.is_filled() || stalled {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        } else if !database.connected || !database.problems.is_empty() {
            (StatusCode::OK, "degraded")
        } else {
            (StatusCode::OK, "ok")
        };
        let report = HealthReport {
            status: word,
            runtime: "wasmforge",
            version: env!("CARGO_PKG_VERSION"),
            functions: self.directory.len(),
            running: self.engines.ticker().running(),
            database: DatabaseReport {
                connected: database.connected,
                mode: database.mode,
                error: database.error,
            },
            clock: if stalled { "stalled" } else { "ok" },
            problems: database.problems.into_iter().collect(),
        };
        let mut response = Response::new(ServerBody::Api(json!(report).to_string().into()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
