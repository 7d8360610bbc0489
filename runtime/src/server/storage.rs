//! Where objects are kept, as this process is configured.

use super::url_of;
use crate::config::{Config, StoreConfig};
use std::sync::Arc;
use wasmforge_host_api::auth::Keys;
use wasmforge_host_api::http::Outbound;
use wasmforge_host_api::sql::Target;
use wasmforge_host_api::storage::{S3Settings, Storage, StorageSettings, StoreSettings};
use zeroize::Zeroizing;

/// Storage; without a store or a database, one that says so.
pub(super) fn storage(config: &Config, outbound: &Outbound, keys: Option<Arc<dyn Keys>>) -> Storage {
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
    let Ok(database) = Target::of_url(config.database.url.expose()) else {
        return Storage::unavailable("the database's URL is not understood");
    };
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
