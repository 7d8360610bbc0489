//! Where the JavaScript engine is.

use super::super::BuildError;
use crate::registry::ModuleHash;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The engine's name beside the program.
const NAME: &str = "wasmforge-js.wasm";

/// The file of the JavaScript engine, read when the first function needs it.
pub struct EngineFile {
    path: PathBuf,
    read: OnceLock<(ModuleHash, Bytes)>,
}

impl EngineFile {
    /// The file at `path`, or the one that was installed beside this program.
    #[must_use]
    pub fn new(path: Option<&Path>) -> Self {
        let beside = || {
            let program = std::env::current_exe().unwrap_or_default();
            program.parent().map(|folder| folder.join(NAME)).unwrap_or_default()
        };
        Self { path: path.map_or_else(beside, Path::to_owned), read: OnceLock::new() }
    }

    /// Where it is looked for.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The component. It is read once: a file that is replaced counts from the next start.
    pub(super) fn read(&self) -> Result<(ModuleHash, Bytes), BuildError> {
        if let Some(read) = self.read.get() {
            return Ok(read.clone());
        }
        let bytes: Bytes = std::fs::read(&self.path)
            .map_err(|error| BuildError::NoJavaScript { path: self.path.clone(), reason: error.to_string() })?
            .into();
        Ok(self.read.get_or_init(|| (ModuleHash::of(&bytes), bytes)).clone())
    }
}
