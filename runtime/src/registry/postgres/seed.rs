//! The reserved secrets of a database that we made ourselves.

use super::Shared;
use crate::config::Secret;
use crate::registry::SecretError;
use sqlx::PgConnection;
use zeroize::Zeroizing;

/// What a first start puts into `system.secrets`. Rows that exist are never changed.
#[derive(Clone, Debug, Default)]
pub struct Seed {
    /// The API key; generated where absent. `ik_` is put before it where it is missing.
    pub api_key: Option<Secret>,
    /// The anonymous key; generated where absent. `anon_` is put before it where it is missing.
    pub anon_key: Option<Secret>,
    /// Where functions reach the platform from beside it.
    pub internal_url: Option<String>,
    /// Where everybody reaches the platform.
    pub base_url: Option<String>,
}

/// Adds the reserved secrets that are missing.
pub(super) async fn seed(shared: &Shared, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let present: Vec<String> =
        sqlx::query_scalar("SELECT key FROM system.secrets").fetch_all(&mut *connection).await?;
    for (key, value) in values(&shared.config.seed, &shared.config.jwt_secret) {
        if present.iter().any(|name| name == key) {
            continue;
        }
        let ciphertext = match shared.cipher.encrypt(&value) {
            Ok(ciphertext) => ciphertext,
            Err(SecretError::NoKey) => {
                tracing::warn!("neither ENCRYPTION_KEY nor JWT_SECRET is set: no API key could be made");
                return Ok(());
            }
            Err(error) => {
                tracing::error!(key, %error, "a secret could not be encrypted");
                continue;
            }
        };
        sqlx::query(
            "INSERT INTO system.secrets (key, value_ciphertext, is_reserved) VALUES ($1, $2, true)
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(key)
        .bind(ciphertext)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn values(seed: &Seed, jwt_secret: &Secret) -> Vec<(&'static str, Zeroizing<String>)> {
    let jwt_secret = match jwt_secret.is_empty() {
        true => random(),
        false => Zeroizing::new(jwt_secret.expose().to_owned()),
    };
    let mut values = vec![
        ("API_KEY", prefixed("ik_", seed.api_key.as_ref())),
        ("ANON_KEY", prefixed("anon_", seed.anon_key.as_ref())),
        ("JWT_SECRET", jwt_secret),
    ];
    let urls = [("INSFORGE_INTERNAL_URL", &seed.internal_url), ("INSFORGE_BASE_URL", &seed.base_url)];
    values.extend(urls.into_iter().filter_map(|(key, url)| Some((key, Zeroizing::new(url.clone()?)))));
    values
}

fn prefixed(prefix: &str, given: Option<&Secret>) -> Zeroizing<String> {
    let key = given.map_or_else(random, |key| Zeroizing::new(key.expose().to_owned()));
    if key.starts_with(prefix) { key } else { Zeroizing::new(format!("{prefix}{}", *key)) }
}

/// 256 random bits in hexadecimal.
fn random() -> Zeroizing<String> {
    Zeroizing::new(hex::encode(rand::random::<[u8; 32]>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_keys_get_their_prefix_and_missing_ones_are_made() {
        let seed = Seed { api_key: Some(Secret::new("abc")), ..Seed::default() };
        let values = values(&seed, &Secret::new("jwt"));
        assert_eq!(*values[0].1, "ik_abc");
        assert_eq!(values[1].1.len(), "anon_".len() + 64);
        assert_eq!(*values[2].1, "jwt");
        assert_eq!(values.len(), 3);
        assert_eq!(*prefixed("ik_", Some(&Secret::new("ik_x"))), "ik_x");
    }
}
