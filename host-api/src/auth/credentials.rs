//! The key material that callers' credentials are checked against. Never part of a guest's environment as a whole.

use jsonwebtoken::DecodingKey;
use std::fmt;
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Where the keys in force are found.
pub trait Keys: Send + Sync + 'static {
    /// The keys at this moment.
    fn credentials(&self) -> Arc<Credentials>;
}

/// API keys and token keys as the secrets table holds them at one moment.
#[derive(Default)]
pub struct Credentials {
    api_key: Option<Zeroizing<String>>,
    retired_api_keys: Vec<Zeroizing<String>>,
    anon_key: Option<Zeroizing<String>>,
    retired_anon_keys: Vec<Zeroizing<String>>,
    jwt_secret: Option<Zeroizing<String>>,
    /// Parsed when the secrets were read: that costs more than checking a signature with it.
    jwt_public_key: Option<DecodingKey>,
    jwt_key_id: Option<Zeroizing<String>>,
    loaded: bool,
}

impl Credentials {
    /// What is known before the secrets were ever read: the configured `JWT_SECRET`, if there is one.
    #[must_use]
    pub fn before_sync(jwt_secret: &str) -> Self {
        Self { jwt_secret: configured(jwt_secret), ..Self::default() }
    }

    /// Picks the keys out of the decrypted secrets. A configured `JWT_SECRET` wins over the stored one, as it does
    /// in InsForge's backend.
    #[must_use]
    pub fn of_secrets(jwt_secret: &str, secrets: &[(String, Zeroizing<String>)]) -> Self {
        let mut keys = Self { loaded: true, ..Self::default() };
        for (name, value) in secrets.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "API_KEY" => keys.api_key = Some(value.clone()),
                "ANON_KEY" => keys.anon_key = Some(value.clone()),
                "JWT_SECRET" => keys.jwt_secret = Some(value.clone()),
                "JWT_PUBLIC_KEY" => keys.jwt_public_key = rsa_key(value),
                "JWT_KEY_ID" => keys.jwt_key_id = Some(value.clone()),
                name if name.starts_with("API_KEY_OLD_") => keys.retired_api_keys.push(value.clone()),
                name if name.starts_with("ANON_KEY_OLD_") => keys.retired_anon_keys.push(value.clone()),
                _ => {}
            }
        }
        if let Some(secret) = configured(jwt_secret) {
            keys.jwt_secret = Some(secret);
        }
        keys
    }

    /// Whether the secrets were read: before that, an API key can be neither accepted nor refused.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether `key` is the API key or one in its grace period. Takes the same time for every wrong key of a length.
    #[must_use]
    pub fn is_api_key(&self, key: &str) -> bool {
        matches(key, self.api_key.iter().chain(&self.retired_api_keys))
    }

    /// Whether `key` is the anonymous key or one in its grace period.
    #[must_use]
    pub fn is_anon_key(&self, key: &str) -> bool {
        matches(key, self.anon_key.iter().chain(&self.retired_anon_keys))
    }

    /// The API key in force.
    #[must_use]
    pub fn api_key(&self) -> Option<&str> {
        self.api_key.as_deref().map(String::as_str)
    }

    /// The anonymous key in force.
    #[must_use]
    pub fn anon_key(&self) -> Option<&str> {
        self.anon_key.as_deref().map(String::as_str)
    }

    /// What signs and verifies HS256 tokens.
    #[must_use]
    pub fn jwt_secret(&self) -> Option<&str> {
        self.jwt_secret.as_deref().map(String::as_str)
    }

    /// What verifies RS256 tokens, and the `kid` that such a token must name.
    #[must_use]
    pub fn jwt_public_key(&self) -> Option<(&DecodingKey, &str)> {
        Some((self.jwt_public_key.as_ref()?, self.jwt_key_id.as_deref()?))
    }
}

fn rsa_key(pem: &str) -> Option<DecodingKey> {
    let parsed = DecodingKey::from_rsa_pem(pem.as_bytes());
    parsed.inspect_err(|_| tracing::warn!("JWT_PUBLIC_KEY is no RSA key, so no RS256 token is accepted")).ok()
}

fn configured(secret: &str) -> Option<Zeroizing<String>> {
    (!secret.is_empty()).then(|| Zeroizing::new(secret.to_owned()))
}

/// Compares with every key, so that the time does not tell which one came close.
fn matches<'a>(given: &str, keys: impl Iterator<Item = &'a Zeroizing<String>>) -> bool {
    keys.fold(Choice::from(0), |found, key| found | key.as_bytes().ct_eq(given.as_bytes())).into()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("loaded", &self.loaded).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(configured: &str, secrets: &[(&str, &str)]) -> Credentials {
        let secrets: Vec<_> =
            secrets.iter().map(|(k, v)| ((*k).to_owned(), Zeroizing::new((*v).to_owned()))).collect();
        Credentials::of_secrets(configured, &secrets)
    }

    #[test]
    fn a_key_in_grace_is_as_good_as_the_key_in_force() {
        let keys = keys("", &[("API_KEY", "ik_new"), ("API_KEY_OLD_17", "ik_old"), ("ANON_KEY", "anon_1")]);
        assert!(keys.is_api_key("ik_new") && keys.is_api_key("ik_old"));
        for wrong in ["", "ik_", "ik_new ", "IK_NEW", "anon_1"] {
            assert!(!keys.is_api_key(wrong), "{wrong}");
        }
        assert!(keys.is_anon_key("anon_1") && !keys.is_anon_key("ik_new"));
    }

    #[test]
    fn an_empty_secret_is_no_key() {
        assert!(!keys("", &[("API_KEY", "")]).is_api_key(""));
    }

    #[test]
    fn the_configured_jwt_secret_wins() {
        assert_eq!(keys("env", &[("JWT_SECRET", "row")]).jwt_secret(), Some("env"));
        assert_eq!(keys("", &[("JWT_SECRET", "row")]).jwt_secret(), Some("row"));
    }

    #[test]
    fn a_public_key_that_is_none_is_not_used() {
        assert!(keys("", &[("JWT_PUBLIC_KEY", "pem"), ("JWT_KEY_ID", "kid_1")]).jwt_public_key().is_none());
    }

    #[test]
    fn nothing_of_it_is_printed() {
        assert!(!format!("{:?}", keys("hunter2", &[("API_KEY", "hunter2")])).contains("hunter2"));
    }
}
