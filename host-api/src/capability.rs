//! The contract of one capability.

use super::InvocationContext;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use wasmforge_sandbox::GuestState;
use wasmtime::component::Linker;

/// A service that guests can call, in its three phases.
///
/// The value itself is the process's: pools, clients, what the operator configured. Where the service behind it is not
/// there at all, it is composed nevertheless, and its calls answer with a typed error: a component that imports an
/// interface must link wherever it is deployed.
pub trait Capability: Send + Sync + 'static {
    /// Its key in a function's `capabilities`.
    const KEY: &'static str;

    /// What a function's author may write under that key. The default is what a function gets that writes nothing.
    type Grant: DeserializeOwned + Default;

    /// What one deployed version may do: the grant, validated, with everything resolved that can be.
    type Configured: Send + Sync + 'static;

    /// What one invocation holds.
    type Session: Send + 'static;

    /// Adds its imports. Called once per engine.
    ///
    /// # Errors
    /// Only by a fault of ours: two imports of one name.
    fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()>;

    /// Validates a grant. Called once per deployed version, and before a deploy is accepted.
    ///
    /// # Errors
    /// [`GrantError`] says what the operator does not allow, or what cannot be meant.
    fn configure(&self, grant: Self::Grant) -> Result<Self::Configured, GrantError>;

    /// Makes the session of an invocation, at its first call. Cheap: nothing is connected and nothing waits.
    fn prepare(configured: &Arc<Self::Configured>, invocation: &Arc<InvocationContext>) -> Self::Session;
}

/// What is wrong with a function's `capabilities`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct GrantError {
    /// The key that is wrong, from the object's root: `storage`, `http.hosts`.
    pub path: String,
    /// Why.
    pub reason: String,
}

impl GrantError {
    /// An error at `path`.
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}
