//! The key material that callers' credentials are checked against. Never part of a guest's environment as a whole.

use jsonwebtoken::{DecodingKey, EncodingKey};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Where the keys in force are found.
pub trait Keys: Send + Sync + 'static {
    /// The keys at this moment.
    fn credentials(&self) -> Arc<Credentials>;
}

/// A decrypted secret, which may be a key.
#[derive(Clone, Copy, Debug)]
pub struct StoredKey<'a> {
    /// Its name in the secrets table.
    pub name: &'a str,
    /// Its value.
    pub value: &'a Zeroizing<String>,
    /// When it ends, if it does. A key is refused from then on, whether or not the table can be read again by then.
    pub ends: Option<Instant>,
}

/// API keys and token keys as the secrets table holds them at one moment.
#[derive(Default)]
pub struct Credentials {
    api_key: Option<Key>,
    retired_api_keys: Vec<Key>,
    anon_key: Option<Key>,
    retired_anon_keys: Vec<Key>,
    jwt_secret: Option<Zeroizing<String>>,
    /// Parsed when the secrets were read: that costs more than checking a signature with it.
    jwt_public_key: Option<DecodingKey>,
    jwt_private_key: Option<EncodingKey>,
    jwt_key_id: Option<Zeroizing<String>>,
    loaded: bool,
}

/// A key, and when it ends.
struct Key {
    text: Zeroizing<String>,
    ends: Option<Instant>,
}

impl Key {
    fn of(stored: StoredKey<'_>) -> Self {
        Self { text: stored.value.clone(), ends: stored.ends }
    }

    fn is_in_force(&self) -> bool {
        self.ends.is_none_or(|end| Instant::now() < end)
    }
}

impl Credentials {
    /// What is known before the secrets were ever read: the configured `JWT_SECRET`, if there is one.
    #[must_use]
    pub fn before_sync(jwt_secret: &str) -> Self {
        Self { jwt_secret: configured(jwt_secret), ..Self::default() }
    }

    /// Picks the keys out of the decrypted secrets. A configured `JWT_SECRET` wins over the stored one, as it does
    /// in InsForge's backend; as there, a retired API key without an end is none.
    #[must_use]
    pub fn of_secrets<'a>(jwt_secret: &str, secrets: impl IntoIterator<Item = StoredKey<'a>>) -> Self {
        let mut keys = Self { loaded: true, ..Self::default() };
        for stored in secrets.into_iter().filter(|stored| !stored.value.is_empty()) {
            match stored.name {
                "API_KEY" => keys.api_key = Some(Key::of(stored)),
                "ANON_KEY" => keys.anon_key = Some(Key::of(stored)),
                "JWT_SECRET" => keys.jwt_secret = Some(stored.value.clone()),
                "JWT_PUBLIC_KEY" => keys.jwt_public_key = public_key(stored.value),
                "JWT_PRIVATE_KEY" => keys.jwt_private_key = private_key(stored.value),
                "JWT_KEY_ID" => keys.jwt_key_id = Some(stored.value.clone()),
                name if name.starts_with("API_KEY_OLD_") && stored.ends.is_some() => {
                    keys.retired_api_keys.push(Key::of(stored));
                }
                name if name.starts_with("ANON_KEY_OLD_") => keys.retired_anon_keys.push(Key::of(stored)),
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
        self.api_key.as_ref().map(|key| key.text.as_str())
    }

    /// The anonymous key in force.
    #[must_use]
    pub fn anon_key(&self) -> Option<&str> {
        self.anon_key.as_ref().map(|key| key.text.as_str())
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

    /// What signs RS256 tokens, and the `kid` that they name; only where such a token could be verified too.
    #[must_use]
    pub fn jwt_private_key(&self) -> Option<(&EncodingKey, &str)> {
        let (_, id) = self.jwt_public_key()?;
        Some((self.jwt_private_key.as_ref()?, id))
    }
}

fn private_key(pem: &str) -> Option<EncodingKey> {
    let parsed = EncodingKey::from_rsa_pem(pem.as_bytes());
    parsed
        .inspect_err(|_| tracing::warn!("JWT_PRIVATE_KEY is no RSA key, so tokens are signed with HS256"))
        .ok()
}

fn public_key(pem: &str) -> Option<DecodingKey> {
    let parsed = DecodingKey::from_rsa_pem(pem.as_bytes());
    parsed.inspect_err(|_| tracing::warn!("JWT_PUBLIC_KEY is no RSA key, so no RS256 token is accepted")).ok()
}

fn configured(secret: &str) -> Option<Zeroizing<String>> {
    (!secret.is_empty()).then(|| Zeroizing::new(secret.to_owned()))
}

/// Compares with every key in force, so that the time does not tell which one came close.
fn matches<'a>(given: &str, keys: impl Iterator<Item = &'a Key>) -> bool {
    let in_force = keys.filter(|key| key.is_in_force());
    in_force.fold(Choice::from(0), |found, key| found | key.text.as_bytes().ct_eq(given.as_bytes())).into()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("loaded", &self.loaded).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn keys(configured: &str, secrets: &[(&str, &str)]) -> Credentials {
        ending(configured, &secrets.iter().map(|(name, value)| (*name, *value, None)).collect::<Vec<_>>())
    }

    fn ending(configured: &str, secrets: &[(&str, &str, Option<Instant>)]) -> Credentials {
        let values: Vec<_> =
            secrets.iter().map(|(_, value, _)| Zeroizing::new((*value).to_owned())).collect();
        let stored = secrets.iter().zip(&values);
        let stored = stored.map(|((name, _, ends), value)| StoredKey { name, value, ends: *ends });
        Credentials::of_secrets(configured, stored)
    }

    #[test]
    fn a_key_in_grace_is_as_good_as_the_key_in_force() {
        let later = Instant::now() + Duration::from_secs(60);
        let keys = ending(
            "",
            &[
                ("API_KEY", "ik_new", None),
                ("API_KEY_OLD_17", "ik_old", Some(later)),
                ("ANON_KEY", "anon_1", None),
            ],
        );
        assert!(keys.is_api_key("ik_new") && keys.is_api_key("ik_old"));
        for wrong in ["", "ik_", "ik_new ", "IK_NEW", "anon_1"] {
            assert!(!keys.is_api_key(wrong), "{wrong}");
        }
        assert!(keys.is_anon_key("anon_1") && !keys.is_anon_key("ik_new"));
    }

    #[test]
    fn a_key_past_its_end_is_refused_without_another_look_at_the_table() {
        let past = Some(Instant::now());
        let keys = ending(
            "",
            &[
                ("API_KEY_OLD_1", "ik_old", past),
                ("ANON_KEY_OLD_1", "anon_old", past),
                ("API_KEY", "ik_last", past),
            ],
        );
        assert!(!keys.is_api_key("ik_old") && !keys.is_anon_key("anon_old") && !keys.is_api_key("ik_last"));
    }

    #[test]
    fn a_retired_api_key_without_an_end_is_none() {
        let keys = keys("", &[("API_KEY_OLD_17", "ik_old"), ("ANON_KEY_OLD_17", "anon_old")]);
        assert!(!keys.is_api_key("ik_old") && keys.is_anon_key("anon_old"));
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
