//! Who calls a function, where its policy asks for somebody in particular.

use crate::invoke::{Authorize, Refused};
use crate::registry::{AuthPolicy, PostgresRegistry};
use wasmforge_host_api::auth::{Caller, Role};

/// Checks callers against the keys of the registry, which are in memory.
pub struct CallerCheck(pub PostgresRegistry);

impl Authorize for CallerCheck {
    fn check(&self, policy: AuthPolicy, caller: &Caller) -> Result<(), Refused> {
        if caller.bearer().is_none() && caller.api_key().is_none() {
            return Err(Refused::Missing);
        }
        let credentials = self.0.credentials();
        let role = caller.identity(&credentials).map_err(|_| Refused::Unknown)?.role;
        let admitted = match policy {
            AuthPolicy::Public => true,
            AuthPolicy::Authenticated => role != Role::Anon,
            AuthPolicy::Service => role == Role::ProjectAdmin,
        };
        if admitted { Ok(()) } else { Err(Refused::TooWeak) }
    }
}
