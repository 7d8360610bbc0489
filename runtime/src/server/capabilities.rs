//! The capabilities of this process: the one list of them.

use super::NodeError;
use crate::config::Config;
use arc_swap::ArcSwap;
use std::sync::Arc;
use wasmforge_host_api::Capabilities;
use wasmforge_host_api::auth::{Auth, Keys, Users};
use wasmforge_host_api::http::{Http, Outbound, OutboundPolicy};
use wasmforge_host_api::realtime::{Messages, Realtime};
use wasmforge_host_api::rest::{Postgrest, Rest};
use wasmforge_host_api::secrets::{SecretSet, Secrets};

/// What the capabilities of a process are made of.
pub struct Platform<'a> {
    /// What the process was told.
    pub config: &'a Config,
    /// The secrets, as they are at each moment.
    pub secrets: Arc<ArcSwap<SecretSet>>,
    /// What callers' credentials are checked against; `None` in a process without a database.
    pub keys: Option<Arc<dyn Keys>>,
    /// The users behind credentials; `None` likewise.
    pub users: Option<Arc<dyn Users>>,
    /// The channels of realtime; `None` likewise.
    pub messages: Option<Arc<dyn Messages>>,
}

impl<'a> Platform<'a> {
    /// The platform of a process that runs one file and has nothing behind it.
    #[must_use]
    pub fn alone(config: &'a Config, secrets: Arc<ArcSwap<SecretSet>>) -> Self {
        Self { config, secrets, keys: None, users: None, messages: None }
    }
}

/// What functions of this process may be granted.
///
/// # Errors
/// [`NodeError::Tls`].
pub fn capabilities(platform: Platform<'_>) -> Result<Capabilities, NodeError> {
    let Platform { config, secrets, keys, users, messages } = platform;
    let policy = OutboundPolicy::public_internet().allowing_private(config.allow_private_network);
    let outbound = Outbound::builder().build().map_err(|error| NodeError::Tls(error.to_string()))?;
    let postgrest = postgrest(config, &outbound);
    Ok(Capabilities::new(Http::new(outbound, policy), Secrets::new(secrets))
        .with(Rest::new(postgrest, keys.clone()))
        .with(Auth::new(keys, users))
        .with(Realtime::new(messages)))
}

/// PostgREST where it is configured. What InsForge's variables get wrong is warned about, and the node starts.
fn postgrest(config: &Config, outbound: &Outbound) -> Option<Postgrest> {
    let base = config.rest.base_url.as_deref()?;
    Postgrest::at(base, outbound.clone())
        .inspect_err(|error| tracing::warn!("POSTGREST_BASE_URL cannot be used: {error}"))
        .ok()
}
