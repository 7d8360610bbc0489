//! Whether this caller may invoke this function, decided before a guest starts.

use crate::registry::AuthPolicy;
use wasmforge_host_api::auth::Caller;

/// Why a caller is sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It shows no credential.
    #[error("No token provided")]
    Missing,
    /// Its credential is malformed, expired or signed by somebody else.
    #[error("Invalid token")]
    Unknown,
    /// Its credential is good, but not for this.
    #[error("This function needs a stronger credential")]
    TooWeak,
}

/// Checks credentials. Asked only where a function's policy is not `public`.
pub trait Authorize: Send + Sync + 'static {
    /// Whether this caller meets the policy.
    ///
    /// # Errors
    /// [`Refused`], which tells a forger nothing.
    fn check(&self, policy: AuthPolicy, caller: &Caller) -> Result<(), Refused>;
}
