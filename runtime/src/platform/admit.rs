//! What the upload API asks of the compiler.

use crate::compile::{BuildError, Loader};
use crate::registry::{Function, ModuleHash};
use async_trait::async_trait;
use bytes::Bytes;

/// Decides whether a function's code may be deployed.
#[async_trait]
pub trait Admit: Send + Sync + 'static {
    /// Checks, compiles and links a module, and keeps it warm for its first request.
    ///
    /// # Errors
    /// [`BuildError`] in words for its author, or naming what kept the compiler from running.
    async fn admit(&self, module: Bytes) -> Result<ModuleHash, BuildError>;

    /// The same for a JavaScript or TypeScript source.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    async fn admit_source(&self, source: Bytes) -> Result<ModuleHash, BuildError>;

    /// Makes a version ready that is stored, and notes in its row whether it compiles.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    async fn build(&self, function: &Function) -> Result<(), BuildError>;
}

#[async_trait]
impl Admit for Loader {
    async fn admit(&self, module: Bytes) -> Result<ModuleHash, BuildError> {
        Loader::admit(self, module).await
    }

    async fn admit_source(&self, source: Bytes) -> Result<ModuleHash, BuildError> {
        Loader::admit_source(self, source).await
    }

    async fn build(&self, function: &Function) -> Result<(), BuildError> {
        Loader::build(self, function).await
    }
}
