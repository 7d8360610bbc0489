//! Functions that are written in JavaScript: one engine that they share, and bytecode for each.

mod builtin;
mod bytecode;
mod engine_file;
mod form;
mod map;

pub use builtin::{NODE_MODULES, SDK_MODULE, SERVICES_MODULE, is_builtin};
pub use engine_file::EngineFile;

use super::{BuildError, Loader};
use crate::engine::Prepared;
use crate::registry::{Function, ModuleHash};
use bytecode::compile;
use bytes::Bytes;
use moka::future::Cache;
use std::sync::Arc;
use wasmforge_host_api::javascript::Program;

/// The engine's file, and the programs that are loaded.
pub(super) struct JavaScript {
    file: EngineFile,
    programs: Cache<ModuleHash, Arc<Program>>,
}

/// Bytes of bytecode that are kept loaded.
const LOADED: u64 = 256 * 1024 * 1024;

impl JavaScript {
    pub(super) fn new(file: EngineFile) -> Self {
        let programs = Cache::builder()
            .max_capacity(LOADED)
            .weigher(|_, program: &Arc<Program>| u32::try_from(program.bytecode.len()).unwrap_or(u32::MAX))
            .build();
        Self { file, programs }
    }
}

impl Loader {
    /// The engine, and what it is to run.
    pub(super) async fn load_source(
        &self,
        function: &Function,
        metered: bool,
    ) -> Result<(Arc<Prepared>, Arc<Program>), BuildError> {
        let engine = self.engine_component(metered).await?;
        let program = self.javascript.programs.try_get_with(function.module, async {
            let source = self.store.module(function).await;
            let source = source.map_err(|error| BuildError::Store(error.to_string()))?;
            self.compile_source(source).await
        });
        let program = program.await.map_err(|error| BuildError::clone(&error))?;
        Ok((engine, program))
    }

    /// Compiles a source that is about to be deployed, and keeps it warm.
    ///
    /// # Errors
    /// [`BuildError`] in words for its author.
    pub async fn admit_source(&self, source: Bytes) -> Result<ModuleHash, BuildError> {
        let hash = ModuleHash::of(&source);
        let program = self.javascript.programs.try_get_with(hash, self.compile_source(source)).await;
        program.map_err(|error| BuildError::clone(&error))?;
        Ok(hash)
    }

    async fn compile_source(&self, source: Bytes) -> Result<Arc<Program>, BuildError> {
        let engine = self.engine_component(false).await?;
        let text = std::str::from_utf8(&source).map_err(|error| BuildError::Source(error.to_string()))?;
        let bytecode = compile(&engine.component, text).await?;
        Ok(Arc::new(Program { bytecode: bytecode.into(), positions: Box::new(map::Identity) }))
    }

    async fn engine_component(&self, metered: bool) -> Result<Arc<Prepared>, BuildError> {
        let (hash, component) = self.javascript.file.read()?;
        self.load_component(hash, metered, component).await
    }
}
