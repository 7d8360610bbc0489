//! What a credential turned out to be.

use super::token::{InvalidToken, verify};
use super::{Credentials, Identity};
use serde_json::{Map, Value};

/// How an API key and an anonymous key begin.
pub(super) const API_KEY_PREFIX: &str = "ik_";
const ANON_KEY_PREFIX: &str = "anon_";

/// A credential that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whom it speaks for.
    pub identity: Identity,
    /// All claims of a token; of a key, and of no credential at all, the claim `role`.
    pub claims: Map<String, Value>,
}

impl Verified {
    /// Nobody in particular.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::of_identity(Identity::anonymous())
    }

    /// The holder of an API key.
    #[must_use]
    pub fn service() -> Self {
        Self::of_identity(Identity::service())
    }

    fn of_identity(identity: Identity) -> Self {
        let claims = identity.claims_for_database();
        Self { identity, claims }
    }

    /// Checks a credential: an API key, an anonymous key, or a token. Which check applies follows from its shape, and one
    /// that fails is never tried as another.
    ///
    /// # Errors
    /// [`InvalidToken`], which does not say why: a forger learns nothing.
    pub fn of(credentials: &Credentials, credential: &str) -> Result<Self, InvalidToken> {
        if credential.starts_with(API_KEY_PREFIX) {
            return Self::of_api_key(credentials, credential);
        }
        if credential.starts_with(ANON_KEY_PREFIX) {
            return credentials.is_anon_key(credential).then(Self::anonymous).ok_or(InvalidToken);
        }
        let claims = verify(credentials, credential)?;
        let identity = Identity::of_claims(&claims).ok_or(InvalidToken)?;
        Ok(Self { identity, claims: claims.all })
    }

    /// Checks what somebody says is an API key.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn of_api_key(credentials: &Credentials, key: &str) -> Result<Self, InvalidToken> {
        credentials.is_api_key(key).then(Self::service).ok_or(InvalidToken)
    }
}
