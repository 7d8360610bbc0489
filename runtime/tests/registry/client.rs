//! Requests to the admin API as a router, without a socket.

use crate::support::{Database, JWT_SECRET};
use async_trait::async_trait;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jsonwebtoken::{EncodingKey, Header, encode};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use tower_service::Service;
use utoipa_axum::router::OpenApiRouter;
use wasmforge::compile::BuildError;
use wasmforge::platform::{Admit, PlatformState, RateLimits, router};
use wasmforge::registry::{Function, ModuleHash, PostgresRegistry};
use wasmforge::telemetry::Tail;

pub const API_KEY: &str = "ik_0000000000000000000000000000000000000000000000000000000000000000";

/// Admits sources and what begins with `\0asm`; refuses everything else, or everything at all.
#[derive(Default)]
pub struct Gate {
    pub broken: Mutex<Option<BuildError>>,
}

#[async_trait]
impl Admit for Gate {
    async fn admit(&self, module: Bytes) -> Result<ModuleHash, BuildError> {
        match &*self.broken.lock() {
            Some(error) => Err(error.clone()),
            None if module.starts_with(b"\0asm") => Ok(ModuleHash::of(&module)),
            None => Err(BuildError::NotWasm("no magic number".into())),
        }
    }

    async fn admit_source(&self, source: Bytes) -> Result<ModuleHash, BuildError> {
        match &*self.broken.lock() {
            Some(error) => Err(error.clone()),
            None => Ok(ModuleHash::of(&source)),
        }
    }

    async fn build(&self, _function: &Function) -> Result<(), BuildError> {
        match &*self.broken.lock() {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

pub struct Api {
    pub database: Database,
    pub registry: PostgresRegistry,
    pub gate: Arc<Gate>,
    router: axum::Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Status, code and message of an error; fails where it has another shape.
    pub fn error(&self) -> (u16, &str, &str) {
        let fields = self.body.as_object().unwrap();
        assert_eq!(fields.len(), 3 + usize::from(fields.contains_key("nextActions")), "{}", self.body);
        assert_eq!(self.body["statusCode"], self.status.as_u16());
        let text = |name: &str| fields[name].as_str().unwrap();
        (self.status.as_u16(), text("error"), text("message"))
    }
}

impl Api {
    /// Modules of up to 64 bytes and JSON of up to 4096 are accepted.
    pub async fn start() -> Self {
        let database = Database::empty().await;
        let mut config = database.config();
        config.seed.api_key = Some(wasmforge::config::Secret::new(API_KEY));
        let registry = crate::support::start(config).await;
        let gate = Arc::<Gate>::default();
        let config = wasmforge::config::Config::from_variables(&[].into_iter().collect()).unwrap();
        let capabilities =
            wasmforge::server::capabilities(wasmforge::server::Platform::alone(&config, Default::default()))
                .unwrap();
        let state = PlatformState {
            registry: registry.clone(),
            loader: gate.clone(),
            rate_limits: Arc::new(RateLimits::new(&config)),
            config: Arc::new(config),
            tail: Tail::default(),
            node: Arc::new(|| unreachable!("no test here asks how a node is")),
            capabilities: Arc::new(capabilities),
            max_module: 64,
            max_json: 4096,
        };
        Self { database, registry, gate, router: router(state, OpenApiRouter::new()) }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// As an admin, with a JSON body where there is one.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("x-api-key", API_KEY);
        let request = match body {
            Some(body) => {
                request.header("content-type", "application/json").body(Body::from(body.to_string()))
            }
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub async fn put_module(&self, slug: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::put(format!("/api/functions/{slug}/module"))
            .header("authorization", format!("Bearer {API_KEY}"))
            .header("content-type", content_type)
            .body(body.into());
        self.send(request.unwrap()).await
    }

    pub async fn create(&self, slug: &str, code: &str) -> Answer {
        let answer = self.call("POST", "/api/functions", Some(json!({"name": slug, "code": code}))).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer
    }
}

/// A token signed with the secret that the API verifies with.
pub fn token(claims: &Value) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(JWT_SECRET.as_bytes())).unwrap()
}
