//! Language models, through one OpenAI-compatible endpoint of the operator's choice.
//!
//! The endpoint is `AiSettings::base_url`, or that of the key which is there: the operator's own, or the secret
//! `OPENROUTER_API_KEY` or `OPENAI_API_KEY`. The key is not handed to functions, and nothing but that host is reached
//! with it.
//!
//! Grant, under `ai`: absent, every model that the operator allows; `{"models": ["openai/gpt-4o-mini", "anthropic/*"]}`,
//! these and no others.

mod calls;
mod endpoint;
mod models;
mod sse;
mod stream;
mod transport;
mod wire;

pub use calls::{FutureCompletion, FutureEmbeddings, FutureImages};
pub use endpoint::{AiSettings, BaseUrl, BaseUrlError, ImageStyle};
pub use models::{ModelPattern, ModelPatternError};
pub use stream::DeltaStream;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        inline: "package wasmforge:host; world ai { import wasmforge:platform/ai@0.1.0; }",
        world: "wasmforge:host/ai",
        imports: { default: trappable },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasmforge:platform/ai.future-completion": super::FutureCompletion,
            "wasmforge:platform/ai.delta-stream": super::DeltaStream,
            "wasmforge:platform/ai.future-embeddings": super::FutureEmbeddings,
            "wasmforge:platform/ai.future-images": super::FutureImages,
        },
    });
}

use crate::http::{Outbound, OutboundLimits, OutboundSession};
use crate::secrets::SecretSet;
use crate::{Capability, GrantError, HasView, InvocationContext, view};
use arc_swap::ArcSwap;
use bindings::wasmforge::platform::ai::{self as wit, Error};
use endpoint::Endpoints;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use transport::Line;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

/// How long an endpoint may be silent.
const SILENCE: Duration = Duration::from_secs(120);

/// The capability.
pub struct Ai(Arc<Shared>);

struct Shared {
    outbound: Outbound,
    secrets: Arc<ArcSwap<SecretSet>>,
    endpoints: Endpoints,
    models: Option<Vec<ModelPattern>>,
    silence: Duration,
}

impl Ai {
    /// Models as the operator allows them, with a key of the settings' or of the secrets'.
    #[must_use]
    pub fn new(outbound: Outbound, settings: AiSettings, secrets: Arc<ArcSwap<SecretSet>>) -> Self {
        let endpoints = Endpoints::new(&settings);
        let silence = settings.timeout.unwrap_or(SILENCE);
        Self(Arc::new(Shared { outbound, secrets, endpoints, models: settings.models, silence }))
    }
}

/// Which models a function may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiGrant {
    /// Their names, in which `*` stands for any text; absent, all that the operator allows.
    pub models: Option<Vec<String>>,
}

/// What one version may use.
pub struct AiConfigured {
    shared: Arc<Shared>,
    models: Option<Vec<ModelPattern>>,
}

/// What one invocation holds.
pub struct AiSession {
    configured: Arc<AiConfigured>,
    invocation: Arc<InvocationContext>,
    outbound: Option<Arc<OutboundSession>>,
}

impl Capability for Ai {
    const KEY: &'static str = "ai";
    type Grant = AiGrant;
    type Configured = AiConfigured;
    type Session = AiSession;

    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
        wit::add_to_linker::<_, HasView>(linker, view)
    }

    fn configure(&self, grant: AiGrant) -> Result<AiConfigured, GrantError> {
        let parse = |models: Vec<String>| models.iter().map(|model| model.parse()).collect();
        let models = grant.models.map(parse).transpose();
        let models =
            models.map_err(|error: ModelPatternError| GrantError::new("ai.models", error.to_string()))?;
        Ok(AiConfigured { shared: self.0.clone(), models })
    }

    fn prepare(configured: &Arc<AiConfigured>, invocation: &Arc<InvocationContext>) -> AiSession {
        AiSession { configured: configured.clone(), invocation: invocation.clone(), outbound: None }
    }
}

impl AiSession {
    /// A line to the endpoint, for a call that uses this model.
    fn line(&mut self, model: &str) -> Result<Line, Error> {
        let AiConfigured { shared, models: granted } = &*self.configured;
        if !models::allows(granted.as_deref(), model) {
            return Err(Error::NotGranted(format!("ai: {{\"models\": [{model:?}]}}")));
        }
        if !models::allows(shared.models.as_deref(), model) {
            return Err(Error::ModelNotAllowed(model.to_owned()));
        }
        let endpoint = shared.endpoints.current(&shared.secrets.load()).ok_or_else(|| {
            Error::Unavailable(
                "neither WASMFORGE_AI_BASE_URL nor a key of a model's provider is set".to_owned(),
            )
        })?;
        let outbound = self.outbound.get_or_insert_with(|| {
            let limits = self.invocation.limits;
            let limits = OutboundLimits {
                requests: limits.outbound_requests,
                concurrency: limits.outbound_concurrency,
            };
            Arc::new(shared.outbound.session(endpoint.policy(), limits))
        });
        Ok(Line { endpoint, outbound: outbound.clone(), silence: shared.silence })
    }
}
