//! Where module bytes and machine code are kept beyond this process.

use super::{Function, ModuleHash, Version};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// Names one piece of machine code: what it was compiled from, and by which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArtifactKey {
    /// The module.
    pub module: ModuleHash,
    /// The engine key (see `engine::EngineKey`): wasmtime's version, compile settings, CPU features.
    pub engine: [u8; 32],
}

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The module's bytes are gone: the function was deleted or changed a moment ago.
    #[error("module {0:?} is not stored")]
    Missing(ModuleHash),
    /// InsForge's tables have no place for it, and ours are not there.
    #[error("the database's schema was not extended")]
    Unsupported,
    /// PostgreSQL does not answer.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
}

/// The slow side of the registry, asked only when nothing in memory or on the local disk answers.
#[async_trait]
pub trait ModuleStore: Send + Sync + 'static {
    /// The bytes of a function's module (its text, for source).
    async fn module(&self, function: &Function) -> Result<Bytes, StoreError>;

    /// The newest version older than `function` that is known to compile: what serves when `function` does not.
    async fn last_good(&self, function: &Function) -> Result<Option<Arc<Function>>, StoreError>;

    /// A version of a function, whether or not it is live or the function active; `None` where there is none.
    /// [`StoreError::Missing`] where its bytes are no longer kept.
    async fn version(&self, slug: &str, version: Version) -> Result<Option<Arc<Function>>, StoreError>;

    /// Records whether a version compiled; `error` is what an author is shown.
    async fn record_build(&self, function: &Function, error: Option<&str>) -> Result<(), StoreError>;

    /// Sealed machine code that another node, or an earlier process, left.
    async fn artifact(&self, key: &ArtifactKey) -> Result<Option<Bytes>, StoreError>;

    /// Leaves sealed machine code for other nodes.
    async fn put_artifact(&self, key: &ArtifactKey, sealed: Bytes) -> Result<(), StoreError>;
}
