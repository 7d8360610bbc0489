//! The capabilities of this process: the one list of them.

use super::{NodeError, url_of};
use crate::config::{Config, StoreConfig};
use arc_swap::ArcSwap;
use std::sync::Arc;
use wasmforge_host_api::Capabilities;
use wasmforge_host_api::auth::Keys;
use wasmforge_host_api::http::{Http, Outbound, OutboundPolicy};
use wasmforge_host_api::secrets::{SecretSet, Secrets};
use wasmforge_host_api::storage::{S3Settings, Storage, StorageSettings, StoreSettings};
use zeroize::Zeroizing;

/// What the capabilities of a process are made of.
pub struct Platform<'a> {
    /// What the process was told.
    pub config: &'a Config,
    /// The secrets, as they are at each moment.
    pub secrets: Arc<ArcSwap<SecretSet>>,
    /// What callers' credentials are checked against; `None` in a process without a database.
    pub keys: Option<Arc<dyn Keys>>,
}

impl<'a> Platform<'a> {
    /// The platform of a process that runs one file and has nothing behind it.
    #[must_use]
    pub fn alone(config: &'a Config, secrets: Arc<ArcSwap<SecretSet>>) -> Self {
        Self { config, secrets, keys: None }
    }
}

/// What functions of this process may be granted.
///
/// # Errors
/// [`NodeError::Tls`].
pub fn capabilities(platform: Platform<'_>) -> Result<Capabilities, NodeError> {
    let Platform { config, secrets, keys } = platform;
    let policy = OutboundPolicy::public_internet().allowing_private(config.allow_private_network);
    let outbound = Outbound::builder().build().map_err(|error| NodeError::Tls(error.to_string()))?;
    let storage = storage(config, &outbound, keys);
    Ok(Capabilities::new(Http::new(outbound, policy), Secrets::new(secrets)).with(storage))
}

fn storage(config: &Config, outbound: &Outbound, keys: Option<Arc<dyn Keys>>) -> Storage {
    let Some(keys) = keys else { return Storage::unavailable("this process has no database") };
    let store = match &config.storage.store {
        None => return Storage::unavailable("neither S3_BUCKET nor STORAGE_DIR is set"),
        Some(StoreConfig::Directory(path)) => StoreSettings::Directory(path.clone()),
        Some(StoreConfig::S3(s3)) => StoreSettings::S3(S3Settings {
            bucket: s3.bucket.clone(),
            prefix: s3.prefix.clone(),
            region: s3.region.clone(),
            endpoint: s3.endpoint.clone(),
            path_style: s3.path_style,
            credentials: s3
                .credentials
                .as_ref()
                .map(|(id, secret)| (id.clone(), secret.expose().to_owned().into())),
            presigned_urls: s3.presigned_urls,
        }),
    };
    let database = config.database.url.expose().to_owned().into();
    Storage::new(StorageSettings { store, database, signing: signing(config) }, outbound.clone(), keys)
}

/// Where signed URLs lead and what signs them, where there is a platform listener to serve them.
fn signing(config: &Config) -> Option<(String, Zeroizing<String>)> {
    let listener = config.platform_addr?;
    let secret =
        [&config.jwt_secret, &config.encryption_key].into_iter().find(|secret| !secret.is_empty())?;
    let base = config.storage.public_url.clone().unwrap_or_else(|| match listener.ip().is_unspecified() {
        true => format!("http://localhost:{}", listener.port()),
        false => url_of(listener),
    });
    Some((base, secret.expose().to_owned().into()))
}
