//! Who sent a request: its credential, checked when a service first asks.

use super::verified::API_KEY_PREFIX;
use super::{Credentials, Identity, InvalidToken, Role, Verified};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use std::sync::OnceLock;

/// The sender of a request, who may be nobody.
#[derive(Default)]
pub struct Caller {
    authorization: Option<HeaderValue>,
    api_key: Option<HeaderValue>,
    verified: OnceLock<Result<Verified, InvalidToken>>,
}

impl Caller {
    /// The sender of a request with these headers. Nothing is checked yet.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        Self {
            authorization: headers.get(AUTHORIZATION).cloned(),
            api_key: headers.get("x-api-key").cloned(),
            verified: OnceLock::new(),
        }
    }

    /// The same caller, for a function that a function calls.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            authorization: self.authorization.clone(),
            api_key: self.api_key.clone(),
            verified: self.verified.clone(),
        }
    }

    /// Puts the credential into the headers of a request that is sent on the caller's behalf.
    pub fn sign(&self, headers: &mut HeaderMap) {
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if let Some(api_key) = &self.api_key {
            headers.insert("x-api-key", api_key.clone());
        }
    }

    /// The bearer token, if the header holds one.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_ref()?.to_str().ok()?.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }

    /// A bearer that looks like an API key, or whatever `x-api-key` holds.
    #[must_use]
    pub fn api_key(&self) -> Option<&str> {
        let given = || self.api_key.as_ref()?.to_str().ok().filter(|key| !key.is_empty());
        self.bearer().filter(|token| token.starts_with(API_KEY_PREFIX)).or_else(given)
    }

    /// Whom the credential speaks for; nobody in particular, where there is none. Which check applies follows from its
    /// shape, and one that fails is never tried as another. Checked once.
    ///
    /// # Errors
    /// [`InvalidToken`] for a credential that is not good, so that a mistyped one is not taken for none.
    pub fn identity(&self, keys: &Credentials) -> Result<&Identity, InvalidToken> {
        self.verified(keys).map(|verified| &verified.identity)
    }

    /// The same, with the claims.
    ///
    /// # Errors
    /// As [`Caller::identity`].
    pub fn verified(&self, keys: &Credentials) -> Result<&Verified, InvalidToken> {
        self.verified.get_or_init(|| self.check(keys)).as_ref().map_err(|error| *error)
    }

    fn check(&self, keys: &Credentials) -> Result<Verified, InvalidToken> {
        if let Some(key) = self.api_key() {
            return Verified::of_api_key(keys, key);
        }
        self.bearer().map_or_else(|| Ok(Verified::anonymous()), |credential| Verified::of(keys, credential))
    }

    /// Whether the caller is an admin.
    #[must_use]
    pub fn is_admin(&self, keys: &Credentials) -> bool {
        self.identity(keys).is_ok_and(|identity| identity.role == Role::ProjectAdmin)
    }
}
