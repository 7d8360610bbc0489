//! Who sent a request: its credential, checked when a service first asks.

use super::{Credentials, Identity, InvalidToken, Role, verify};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use std::sync::OnceLock;

/// How an API key and an anonymous key begin.
const API_KEY_PREFIX: &str = "ik_";
const ANON_KEY_PREFIX: &str = "anon_";

/// The sender of a request, who may be nobody.
#[derive(Default)]
pub struct Caller {
    authorization: Option<HeaderValue>,
    api_key: Option<HeaderValue>,
    identity: OnceLock<Result<Identity, InvalidToken>>,
}

impl Caller {
    /// The sender of a request with these headers. Nothing is checked yet.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        Self {
            authorization: headers.get(AUTHORIZATION).cloned(),
            api_key: headers.get("x-api-key").cloned(),
            identity: OnceLock::new(),
        }
    }

    /// The same caller, for a function that a function calls.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            authorization: self.authorization.clone(),
            api_key: self.api_key.clone(),
            identity: self.identity.clone(),
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
        self.identity.get_or_init(|| self.check(keys)).as_ref().map_err(|error| *error)
    }

    fn check(&self, keys: &Credentials) -> Result<Identity, InvalidToken> {
        if let Some(key) = self.api_key() {
            return keys.is_api_key(key).then(Identity::service).ok_or(InvalidToken);
        }
        match self.bearer() {
            None => Ok(Identity::anonymous()),
            Some(key) if key.starts_with(ANON_KEY_PREFIX) => {
                keys.is_anon_key(key).then(Identity::anonymous).ok_or(InvalidToken)
            }
            Some(token) => Identity::of_claims(&verify(keys, token)?).ok_or(InvalidToken),
        }
    }

    /// Whether the caller is an admin.
    #[must_use]
    pub fn is_admin(&self, keys: &Credentials) -> bool {
        self.identity(keys).is_ok_and(|identity| identity.role == Role::ProjectAdmin)
    }
}
