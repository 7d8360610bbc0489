//! The store of a process without a database.

use super::{ArtifactKey, Function, ModuleStore, StoreError, Version};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;

/// The store of a process that has one module and nothing else.
pub struct OneModule(Mutex<Bytes>);

impl OneModule {
    /// Keeps `module`, whatever function asks.
    #[must_use]
    pub fn new(module: Bytes) -> Self {
        Self(Mutex::new(module))
    }

    /// The module.
    #[must_use]
    pub fn current(&self) -> Bytes {
        self.0.lock().clone()
    }

    /// Keeps another one from now on.
    pub fn replace(&self, module: Bytes) {
        *self.0.lock() = module;
    }
}

#[async_trait]
impl ModuleStore for OneModule {
    async fn module(&self, _function: &Function) -> Result<Bytes, StoreError> {
        Ok(self.current())
    }

    async fn last_good(&self, _function: &Function) -> Result<Option<Arc<Function>>, StoreError> {
        Ok(None)
    }

    async fn version(&self, _slug: &str, _version: Version) -> Result<Option<Arc<Function>>, StoreError> {
        Ok(None)
    }

    async fn record_build(&self, _function: &Function, _error: Option<&str>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn artifact(&self, _key: &ArtifactKey) -> Result<Option<Bytes>, StoreError> {
        Ok(None)
    }

    async fn put_artifact(&self, _key: &ArtifactKey, _sealed: Bytes) -> Result<(), StoreError> {
        Ok(())
    }
}
