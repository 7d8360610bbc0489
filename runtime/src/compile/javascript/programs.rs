//! Finds the program of a source: in memory, on disk, in the database, or from the compiler.

use super::artifact::decode;
use super::engine_file::EngineFile;
use crate::compile::loader::within;
use crate::compile::{BuildError, Loader};
use crate::engine::{EngineProfile, Prepared, WasiVersion};
use crate::registry::{ArtifactKey, Function, ModuleHash};
use bytes::Bytes;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use wasmforge_host_api::javascript::Program;

/// Bytes of programs that are kept loaded.
const LOADED: u64 = 256 * 1024 * 1024;

/// Memory of a program beyond its bytes.
const OVERHEAD: usize = 1024;

/// How long a source that does not compile is not tried again.
const REFUSAL_LIFE: Duration = Duration::from_secs(60);

/// Refusals that are remembered.
const REFUSALS: u64 = 4096;

/// What compiles sources. Bytecode is the same for an engine that counts fuel.
const COMPILING: EngineProfile = EngineProfile { wasi: WasiVersion::V02, metered: false };

/// The engine's file, and the programs that are loaded.
pub(in crate::compile) struct JavaScript {
    file: EngineFile,
    programs: Cache<ModuleHash, Arc<Program>>,
    refused: moka::sync::Cache<ModuleHash, BuildError>,
}

impl JavaScript {
    pub(in crate::compile) fn new(file: EngineFile) -> Self {
        let programs = Cache::builder()
            .max_capacity(LOADED)
            .weigher(|_, program: &Arc<Program>| {
                let image = program.image.as_ref().map_or(0, |image| image.records().len());
                u32::try_from(program.bytecode.len() + image + OVERHEAD).unwrap_or(u32::MAX)
            })
            .build();
        let refused = moka::sync::Cache::builder().max_capacity(REFUSALS).time_to_live(REFUSAL_LIFE).build();
        Self { file, programs, refused }
    }
}

impl Loader {
    /// The engine, and what it is to run.
    pub(in crate::compile) async fn load_source(
        &self,
        function: &Function,
        metered: bool,
    ) -> Result<(Arc<Prepared>, Arc<Program>), BuildError> {
        let engine = self.engine_component(metered).await?;
        if let Some(program) = self.javascript.programs.get(&function.module).await {
            return Ok((engine, program));
        }
        if let Some(error) = self.javascript.refused.get(&function.module) {
            return Err(error);
        }
        let program = self.javascript.programs.try_get_with(function.module, self.find_program(function));
        let program = program.await.map_err(|error| BuildError::clone(&error));
        if let Err(error) = &program
            && error.is_fault_of_module()
        {
            self.javascript.refused.insert(function.module, error.clone());
        }
        Ok((engine, program?))
    }

    /// Compiles a source that is about to be deployed, and keeps it warm.
    ///
    /// # Errors
    /// [`BuildError`] in words for its author.
    pub async fn admit_source(&self, source: Bytes) -> Result<ModuleHash, BuildError> {
        let hash = ModuleHash::of(&source);
        let compile = async {
            let (program, shared) = self.compile_source(hash, source).await?;
            within(shared).await;
            Ok(program)
        };
        let program = self.javascript.programs.try_get_with(hash, compile).await;
        program.map_err(|error: Arc<BuildError>| BuildError::clone(&error))?;
        self.javascript.refused.invalidate(&hash);
        Ok(hash)
    }

    /// Loads the JavaScript engine, where this server has one: the first function that needs it then finds it.
    pub async fn warm_javascript(&self) {
        match self.engine_component(false).await {
            Ok(_) => {}
            Err(BuildError::NoJavaScript { path, .. }) => {
                tracing::info!(path = %path.display(), "there is no JavaScript engine");
            }
            Err(error) => tracing::warn!(%error, "the JavaScript engine cannot be loaded"),
        }
    }

    async fn find_program(&self, function: &Function) -> Result<Arc<Program>, BuildError> {
        let key = self.program_key(function.module)?;
        if let Some(program) = self.stored_program(&key).await {
            return Ok(program);
        }
        let source = self.store.module(function).await;
        let source = source.map_err(|error| BuildError::Store(error.to_string()))?;
        let built = self.compile_source(function.module, source).await.map(|(program, _)| program);
        self.record_build(function, built.as_ref().err()).await;
        built
    }

    /// Looks on the disk, then in the database. Whatever is broken there is logged and counts as absent.
    async fn stored_program(&self, key: &ArtifactKey) -> Option<Arc<Program>> {
        let (disk, on_disk) = (self.disk.clone(), *key);
        match tokio::task::spawn_blocking(move || disk.read(&on_disk)).await {
            Ok(Ok(Some(bytes))) => return decode(bytes.into()).map(Arc::new),
            Ok(Ok(None)) | Err(_) => {}
            Ok(Err(error)) => {
                tracing::warn!(source = %key.module.to_hex(), %error, "a program on disk was not used");
            }
        }
        let sealed = self.store.artifact(key).await.ok().flatten()?;
        match self.sealer.open(key, &sealed) {
            Ok(bytes) => decode(Bytes::copy_from_slice(bytes)).map(Arc::new),
            Err(error) => {
                tracing::warn!(source = %key.module.to_hex(), %error, "a program in the database was not used");
                None
            }
        }
    }

    /// The source's program, and the task that leaves it for other nodes.
    async fn compile_source(
        &self,
        hash: ModuleHash,
        source: Bytes,
    ) -> Result<(Arc<Program>, JoinHandle<()>), BuildError> {
        let size = source.len() as u64;
        if size > self.max_module {
            return Err(BuildError::TooLarge { size, limit: self.max_module });
        }
        let key = self.program_key(hash)?;
        let engine = self.engine_code().await?;
        let bytes = self.compiler.compile_source(COMPILING, &engine, source).await?;
        let program = decode(Bytes::copy_from_slice(&bytes));
        let program = program.ok_or_else(|| BuildError::Compiler("it made no program".into()))?;
        Ok((Arc::new(program), self.keep_program(key, bytes).await))
    }

    async fn keep_program(&self, key: ArtifactKey, bytes: Vec<u8>) -> JoinHandle<()> {
        let (disk, copy) = (self.disk.clone(), bytes.clone());
        let kept = tokio::task::spawn_blocking(move || disk.store(&key, &copy)).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(%error, "a program could not be kept on disk");
        }
        self.share(key, bytes)
    }

    /// A program belongs to the engine whose memory it was compiled in, and to the machine code that ran it.
    fn program_key(&self, source: ModuleHash) -> Result<ArtifactKey, BuildError> {
        let (component, _) = self.javascript.file.read()?;
        let mut digest = Sha256::new_with_prefix(b"wasmforge program 1\0");
        digest.update(self.engine(COMPILING)?.key.as_bytes());
        digest.update(component.as_bytes());
        Ok(ArtifactKey { module: source, engine: digest.finalize().into() })
    }

    async fn engine_component(&self, metered: bool) -> Result<Arc<Prepared>, BuildError> {
        let (hash, component) = self.javascript.file.read()?;
        self.load_component(hash, metered, component).await
    }

    /// Where the engine's machine code is, for the compiler process to map.
    async fn engine_code(&self) -> Result<PathBuf, BuildError> {
        let prepared = self.engine_component(false).await?;
        let (hash, _) = self.javascript.file.read()?;
        let key = ArtifactKey { module: hash, engine: *self.engine(COMPILING)?.key.as_bytes() };
        let disk = self.disk.clone();
        let found = tokio::task::spawn_blocking(move || {
            if let Ok(Some(path)) = disk.checked(&key) {
                return Ok(path);
            }
            // It was cleared away since it was loaded.
            let code = prepared.component.serialize().map_err(|error| format!("{error:#}"))?;
            disk.store(&key, &code).map_err(|error| error.to_string())?;
            let path = disk.checked(&key).map_err(|error| error.to_string())?;
            path.ok_or_else(|| "the folder of machine code has no room for the JavaScript engine".to_owned())
        });
        let found = found.await.map_err(|error| BuildError::Compiler(error.to_string()))?;
        found.map_err(BuildError::Compiler)
    }
}
