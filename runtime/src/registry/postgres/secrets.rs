//! Reads the secrets: the environment of guests, and the keys that callers are checked against.

use super::Shared;
use crate::registry::{Credentials, Environment, WITHHELD};
use sqlx::{PgConnection, Row};
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// The secrets that are in force, as InsForge's runtime selects them. The third column tells when the next one ends.
const ACTIVE: &str = "SELECT key, value_ciphertext,
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
    let (mut secrets, mut skipped, mut next_end) = (Vec::with_capacity(rows.len()), Vec::new(), None);
    for row in &rows {
        let key: String = row.try_get("key")?;
        match shared.cipher.decrypt(row.try_get("value_ciphertext")?) {
            Ok(value) => secrets.push((key, value)),
            Err(error) => skipped.push((key, error.to_string())),
        }
        let seconds: Option<f64> = row.try_get("seconds_left")?;
        let end = seconds.and_then(|s| Duration::try_from_secs_f64(s.max(0.0)).ok());
        next_end = next_end.into_iter().chain(end).min();
    }
    for (key, reason) in &skipped {
        tracing::warn!(key, reason, "a secret is left out");
    }
    shared.credentials.store(Credentials::of_secrets(&shared.config.jwt_secret, &secrets).into());
    shared.directory.set_environment(Environment::new(visible(secrets)));
    shared.status.lock().skipped_secrets = skipped;
    Ok(next_end.and_then(|left| Instant::now().checked_add(left)))
}

/// What guests may see: no signing key, and no name that an environment cannot hold.
fn visible(secrets: Vec<(String, Zeroizing<String>)>) -> Vec<(String, Zeroizing<String>)> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    secrets.into_iter().filter(|(name, _)| is_name(name) && !WITHHELD.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_see_neither_signing_keys_nor_impossible_names() {
        let secrets = ["API_KEY", "JWT_SECRET", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "A=B", ""]
            .map(|name| (name.to_owned(), Zeroizing::new("v".to_owned())));
        let names: Vec<_> = visible(secrets.into()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["API_KEY", "JWT_PUBLIC_KEY"]);
    }
}
