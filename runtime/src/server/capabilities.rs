//! The capabilities of this process: the one list of them.

use super::NodeError;
use crate::config::Config;
use arc_swap::ArcSwap;
use std::sync::Arc;
use wasmforge_host_api::Capabilities;
use wasmforge_host_api::http::{Http, Outbound, OutboundPolicy};
use wasmforge_host_api::log::Log;
use wasmforge_host_api::secrets::{SecretSet, Secrets};

/// What functions of this process may be granted.
///
/// # Errors
/// [`NodeError::Tls`].
pub fn capabilities(config: &Config, secrets: Arc<ArcSwap<SecretSet>>) -> Result<Capabilities, NodeError> {
    let policy = OutboundPolicy::public_internet().allowing_private(config.allow_private_network);
    let outbound = Outbound::builder().build().map_err(|error| NodeError::Tls(error.to_string()))?;
    Ok(Capabilities::new(Http::new(outbound, policy), Secrets::new(secrets)).with(Log))
}
