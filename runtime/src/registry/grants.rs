//! What a deployed version may call: its `capabilities`, and what they mean to this process.

use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};
use wasmforge_host_api::{Capabilities, Configured, GrantError};

/// The `capabilities` of one version, configured when they are first needed.
#[derive(Clone, Default)]
pub struct Grants {
    stored: Option<Map<String, Value>>,
    configured: OnceLock<Result<Arc<Configured>, Arc<[GrantError]>>>,
}

impl Grants {
    /// Takes the stored object; none means the defaults.
    #[must_use]
    pub fn new(stored: Option<Map<String, Value>>) -> Self {
        Self { stored, configured: OnceLock::new() }
    }

    /// What they mean among these capabilities, of which a process has one set.
    ///
    /// # Errors
    /// Every key that is wrong. A deploy through the API was checked; a row that somebody wrote by hand was not.
    pub fn configured(&self, capabilities: &Capabilities) -> Result<&Arc<Configured>, &Arc<[GrantError]>> {
        let configure = || match capabilities.configure(self.stored.as_ref()) {
            Ok(configured) => Ok(Arc::new(configured)),
            Err(errors) => Err(errors.into()),
        };
        self.configured.get_or_init(configure).as_ref()
    }
}

impl std::fmt::Debug for Grants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stored.fmt(f)
    }
}
