//! Reads the secrets: the environment of guests, and the keys that callers are checked against.

use super::Shared;
use sqlx::{PgConnection, Row};
use std::time::Duration;
use tokio::time::Instant;
use wasmforge_host_api::auth::{Credentials, StoredKey};
use wasmforge_host_api::secrets::{Secret, SecretSet};

/// The secrets that are in force, as InsForge's runtime selects them. The last column tells when the next one ends.
const ACTIVE: &str = "SELECT key, value_ciphertext, is_reserved IS TRUE AS reserved,
        extract(epoch FROM expires_at - now())::float8 AS seconds_left
    FROM system.secrets WHERE is_active = true AND (expires_at IS NULL OR expires_at > now())";

/// Reads and decrypts every secret in force. One that does not decrypt is left out and reported by name.
///
/// Returns when the first of them expires.
pub(super) async fn load(
    shared: &Shared,
    connection: &mut PgConnection,
) -> Result<Option<Instant>, sqlx::Error> {
    let rows = sqlx::query(ACTIVE).fetch_all(connection).await?;
    let now = Instant::now();
    let (mut secrets, mut ends, mut skipped) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    for row in &rows {
        let key: String = row.try_get("key")?;
        let seconds: Option<f64> = row.try_get("seconds_left")?;
        let left = seconds.and_then(|s| Duration::try_from_secs_f64(s.max(0.0)).ok());
        match shared.cipher.decrypt(row.try_get("value_ciphertext")?) {
            Ok(value) => {
                secrets.push(Secret { name: key, value, reserved: row.try_get("reserved")? });
                ends.push(left.and_then(|left| now.checked_add(left)));
            }
            Err(error) => skipped.push((key, error.to_string())),
        }
    }
    let first_end = ends.iter().copied().flatten().min();
    for (key, reason) in &skipped {
        tracing::warn!(key, reason, "a secret is left out");
    }
    let keys = secrets.iter().zip(&ends).map(|(secret, end): (&Secret, _)| StoredKey {
        name: &secret.name,
        value: &secret.value,
        ends: end.map(Instant::into_std),
    });
    shared.credentials.store(Credentials::of_secrets(shared.config.jwt_secret.expose(), keys).into());
    shared.directory.set_secrets(SecretSet::new(secrets));
    shared.status.lock().skipped_secrets = skipped;
    Ok(first_end)
}
