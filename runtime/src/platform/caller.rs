//! Who calls a function, where its policy asks for somebody in particular.

use super::auth::{api_key, bearer};
use super::token;
use crate::invoke::{Authorize, Refused};
use crate::registry::{AuthPolicy, PostgresRegistry};
use axum::http::HeaderMap;

/// Checks callers against the keys of the registry, which are in memory.
pub struct CallerCheck(pub PostgresRegistry);

impl Authorize for CallerCheck {
    fn check(&self, policy: AuthPolicy, headers: &HeaderMap) -> Result<(), Refused> {
        let credentials = self.0.credentials();
        let bearer = bearer(headers);
        if let Some(key) = api_key(headers, bearer) {
            return if credentials.is_api_key(key) { Ok(()) } else { Err(Refused::Unknown) };
        }
        let identity =
            token::verify(&credentials, bearer.ok_or(Refused::Missing)?).map_err(|_| Refused::Unknown)?;
        let admitted = match policy {
            AuthPolicy::Public => true,
            AuthPolicy::Authenticated => identity.is_admin() || identity.role == "authenticated",
            AuthPolicy::Service => identity.is_admin(),
        };
        if admitted { Ok(()) } else { Err(Refused::TooWeak) }
    }
}
