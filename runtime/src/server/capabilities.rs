//! The capabilities of this process: the one list of them.

use super::NodeError;
use super::database::database;
use super::storage::storage;
use crate::config::{Config, OutboundConfig};
use arc_swap::ArcSwap;
use std::sync::Arc;
use wasmforge_host_api::Capabilities;
use wasmforge_host_api::ai::Ai;
use wasmforge_host_api::auth::{Auth, Keys, Users};
use wasmforge_host_api::files::Files;
use wasmforge_host_api::functions::Functions;
use wasmforge_host_api::http::{Http, Outbound, OutboundPolicy, OwnOrigin};
use wasmforge_host_api::keyvalue::{KeyValue, MemoryStore, Store};
use wasmforge_host_api::log::Log;
use wasmforge_host_api::realtime::{Messages, Realtime};
use wasmforge_host_api::rest::{Postgrest, Rest};
use wasmforge_host_api::secrets::{SecretSet, Secrets};
use wasmforge_host_api::sql::{LoginRoles, Sql};

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
    /// Creates the login roles of functions' SQL; `None` likewise.
    pub login_roles: Option<Arc<dyn LoginRoles>>,
    /// Where functions keep values under keys.
    pub key_values: Arc<dyn Store>,
}

impl<'a> Platform<'a> {
    /// The platform of a process that runs one file and has nothing behind it.
    #[must_use]
    pub fn alone(config: &'a Config, secrets: Arc<ArcSwap<SecretSet>>) -> Self {
        Self {
            config,
            secrets,
            keys: None,
            users: None,
            messages: None,
            login_roles: None,
            key_values: Arc::new(MemoryStore::default()),
        }
    }
}

/// What functions of this process may be granted.
///
/// # Errors
/// [`NodeError::Tls`], and URLs of databases that cannot be understood.
pub fn capabilities(platform: Platform<'_>) -> Result<Capabilities, NodeError> {
    let Platform { config, secrets, keys, users, messages, login_roles, key_values } = platform;
    let outbound = Outbound::builder().build().map_err(|error| NodeError::Tls(error.to_string()))?;
    let own = own_origin(config, secrets.clone());
    let http = Http::new(outbound.clone(), policy(config)).with_own_origin(own.clone());
    let ai = Ai::new(outbound.clone(), config.ai.clone(), secrets.clone());
    Ok(Capabilities::new(http, Secrets::new(secrets))
        .with(ai)
        .with(Auth::new(keys.clone(), users))
        .with(Files::new(config.files.clone()))
        .with(Functions::new(own))
        .with(KeyValue::new(key_values, config.keyvalue))
        .with(Log)
        .with(Realtime::new(messages))
        .with(Rest::new(postgrest(config, &outbound), keys.clone()))
        .with(Sql::new(database(config, keys.clone(), login_roles)?))
        .with(storage(config, &outbound, keys)))
}

/// Where functions may go.
fn policy(config: &Config) -> OutboundPolicy {
    OutboundPolicy::public_internet()
        .allowing_private(config.outbound.allow_private_network)
        .with_private_hosts(config.outbound.private_hosts.clone())
}

/// Where the platform is that they call.
fn own_origin(config: &Config, secrets: Arc<ArcSwap<SecretSet>>) -> Arc<OwnOrigin> {
    let OutboundConfig { internal_url, base_url, .. } = &config.outbound;
    OwnOrigin::new(internal_url.iter().chain(base_url).map(String::as_str), secrets)
}

/// PostgREST where it is configured. What InsForge's variables get wrong is warned about, and the node starts.
fn postgrest(config: &Config, outbound: &Outbound) -> Option<Postgrest> {
    let base = config.rest.base_url.as_deref()?;
    Postgrest::at(base, outbound.clone())
        .inspect_err(|error| tracing::warn!("POSTGREST_BASE_URL cannot be used: {error}"))
        .ok()
}
