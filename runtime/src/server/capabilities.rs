//! The capabilities of this process: the one list of them.

use super::NodeError;
use crate::config::Config;
use arc_swap::ArcSwap;
use std::sync::Arc;
use wasmforge_host_api::Capabilities;
use wasmforge_host_api::ai::Ai;
use wasmforge_host_api::auth::Keys;
use wasmforge_host_api::http::{Http, Outbound, OutboundPolicy};
use wasmforge_host_api::keyvalue::{KeyValue, MemoryStore, Store};
use wasmforge_host_api::log::Log;
use wasmforge_host_api::secrets::{SecretSet, Secrets};

/// What the capabilities of a process are made of.
pub struct Platform<'a> {
    /// What the process was told.
    pub config: &'a Config,
    /// The secrets, as they are at each moment.
    pub secrets: Arc<ArcSwap<SecretSet>>,
    /// What callers' credentials are checked against; `None` in a process without a database.
    pub keys: Option<Arc<dyn Keys>>,
    /// Where functions keep values under keys.
    pub key_values: Arc<dyn Store>,
}

impl<'a> Platform<'a> {
    /// The platform of a process that runs one file and has nothing behind it.
    #[must_use]
    pub fn alone(config: &'a Config, secrets: Arc<ArcSwap<SecretSet>>) -> Self {
        Self { config, secrets, keys: None, key_values: Arc::new(MemoryStore::default()) }
    }
}

/// What functions of this process may be granted.
///
/// # Errors
/// [`NodeError::Tls`].
pub fn capabilities(platform: Platform<'_>) -> Result<Capabilities, NodeError> {
    let Platform { config, secrets, keys: _, key_values } = platform;
    let policy = OutboundPolicy::public_internet().allowing_private(config.allow_private_network);
    let outbound = Outbound::builder().build().map_err(|error| NodeError::Tls(error.to_string()))?;
    let ai = Ai::new(outbound.clone(), config.ai.clone(), secrets.clone());
    Ok(Capabilities::new(Http::new(outbound, policy), Secrets::new(secrets))
        .with(ai)
        .with(Log)
        .with(KeyValue::new(key_values, config.keyvalue)))
}
