//! Finds machine code for a function: in memory, on disk, in the database, or from the compiler.

use super::BuildError;
use super::child::Compiler;
use super::disk::DiskCache;
use super::inspect::{ComponentKind, inspect};
use super::javascript::{EngineFile, JavaScript};
use super::seal::Sealer;
use super::worker::profile_of;
use crate::config::{CompileConfig, Secret};
use crate::engine::{EngineProfile, Engines, PooledEngine, Prepared, WasiVersion};
use crate::registry::{ArtifactKey, Function, FunctionKind, ModuleHash, ModuleStore};
use crate::telemetry::Metrics;
use bytes::Bytes;
use moka::future::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wasmforge_host_api::javascript::Program;
use wasmtime::component::Component;

/// How long a module that does not compile is not tried again.
const REFUSAL_LIFE: Duration = Duration::from_secs(60);

/// Refusals that are remembered.
const REFUSALS: u64 = 4096;

/// How long a deploy waits until other nodes can find its code in the database. It is there in a few milliseconds; without it
/// they would compile at the notice of the deploy what this node has just compiled.
const SHARED_WITHIN: Duration = Duration::from_secs(1);

/// Memory of a loaded component beyond its machine code: types, linking, tables.
const LOADED_OVERHEAD: usize = 64 * 1024;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LoadKey {
    module: ModuleHash,
    metered: bool,
}

/// What an invocation instantiates.
#[derive(Clone)]
pub struct Code {
    /// The function's component, or the JavaScript engine.
    pub prepared: Arc<Prepared>,
    /// What the engine is to run.
    pub program: Option<Arc<Program>>,
}

/// Makes functions ready to be instantiated. However many requests ask for a module at once, it is loaded once.
pub struct Loader {
    engines: Arc<Engines>,
    pub(super) store: Arc<dyn ModuleStore>,
    pub(super) javascript: JavaScript,
    metrics: Arc<Metrics>,
    pub(super) compiler: Compiler,
    pub(super) disk: DiskCache,
    pub(super) sealer: Sealer,
    pub(super) max_module: u64,
    loaded: Cache<LoadKey, Arc<Prepared>>,
    refused: moka::sync::Cache<LoadKey, BuildError>,
    hits: AtomicU64,
}

impl Loader {
    /// A loader; `installation` is the secret that seals machine code.
    ///
    /// # Errors
    /// Where the system does not tell where this program is.
    pub fn new(
        config: &CompileConfig,
        installation: &Secret,
        engines: Arc<Engines>,
        store: Arc<dyn ModuleStore>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        let sealer = Sealer::new(installation);
        let loaded = Cache::builder()
            .max_capacity(config.loaded_bytes)
            .weigher(|_, prepared: &Arc<Prepared>| {
                u32::try_from(prepared.size.saturating_add(LOADED_OVERHEAD)).unwrap_or(u32::MAX)
            })
            .build();
        Ok(Self {
            engines,
            store,
            javascript: JavaScript::new(EngineFile::new(config.javascript_engine.as_deref())),
            metrics,
            compiler: Compiler::new(config.clone())?,
            disk: DiskCache::new(&config.cache_dir, config.cache_bytes, sealer.clone()),
            sealer,
            max_module: config.max_module,
            loaded,
            refused: moka::sync::Cache::builder().max_capacity(REFUSALS).time_to_live(REFUSAL_LIFE).build(),
            hits: AtomicU64::new(0),
        })
    }

    /// What `function` is, ready to be instantiated: from memory in well under a microsecond, else loaded.
    ///
    /// # Errors
    /// [`BuildError`]; a module's own fault is remembered for a minute.
    pub async fn load(&self, function: &Function, metered: bool) -> Result<Code, BuildError> {
        match function.kind {
            FunctionKind::Component => {
                self.load_module(function, metered).await.map(|prepared| Code { prepared, program: None })
            }
            FunctionKind::Source => {
                let (prepared, program) = self.load_source(function, metered).await?;
                Ok(Code { prepared, program: Some(program) })
            }
        }
    }

    async fn load_module(&self, function: &Function, metered: bool) -> Result<Arc<Prepared>, BuildError> {
        let key = LoadKey { module: function.module, metered };
        if let Some(prepared) = self.loaded.get(&key).await {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(prepared);
        }
        if let Some(error) = self.refused.get(&key) {
            return Err(error);
        }
        let load = self.load_slowly(key, Source::Stored(function));
        let loaded = self.loaded.try_get_with(key, load).await.map_err(|error| BuildError::clone(&error));
        if let Err(error) = &loaded
            && error.is_fault_of_module()
        {
            self.refused.insert(key, error.clone());
        }
        loaded
    }

    /// Checks, compiles and links a module that is about to be deployed, and keeps it warm for the default limits. A
    /// function with a fuel limit of its own is compiled once more, when it is first invoked.
    ///
    /// # Errors
    /// [`BuildError`] in words for its author.
    pub async fn admit(&self, module: Bytes) -> Result<ModuleHash, BuildError> {
        let metered = self.engines.policy().default.fuel.is_some();
        let key = LoadKey { module: ModuleHash::of(&module), metered };
        self.loaded
            .try_get_with(key, self.load_slowly(key, Source::Deploy(module)))
            .await
            .map_err(|error| BuildError::clone(&error))?;
        self.refused.invalidate(&key);
        Ok(key.module)
    }

    /// Makes a stored function ready, as its first request would.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn build(&self, function: &Function) -> Result<(), BuildError> {
        let metered = self.engines.policy().resolve(&function.limits).fuel.is_some();
        self.load(function, metered).await.map(drop)
    }

    /// A component that is no function of its own.
    pub(super) async fn load_component(
        &self,
        module: ModuleHash,
        metered: bool,
        bytes: Bytes,
    ) -> Result<Arc<Prepared>, BuildError> {
        let key = LoadKey { module, metered };
        if let Some(prepared) = self.loaded.get(&key).await {
            return Ok(prepared);
        }
        let load = self.load_slowly(key, Source::Bytes(bytes));
        self.loaded.try_get_with(key, load).await.map_err(|error| BuildError::clone(&error))
    }

    /// How often code was asked for and was loaded already.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// How many components are loaded.
    pub async fn loaded(&self) -> u64 {
        // The cache counts what it has done its housekeeping for.
        self.loaded.run_pending_tasks().await;
        self.loaded.entry_count()
    }

    async fn load_slowly(&self, key: LoadKey, source: Source<'_>) -> Result<Arc<Prepared>, BuildError> {
        for wasi in [WasiVersion::V02, WasiVersion::V03] {
            let profile = EngineProfile { wasi, metered: key.metered };
            if let Some(prepared) = self.find_code(key.module, profile).await? {
                return Ok(prepared);
            }
        }
        match source {
            Source::Bytes(module) => self.compile(key, module).await.map(|(prepared, _)| prepared),
            Source::Deploy(module) => {
                let (prepared, shared) = self.compile(key, module).await?;
                within(shared).await;
                Ok(prepared)
            }
            Source::Stored(function) => {
                let module = self
                    .store
                    .module(function)
                    .await
                    .map_err(|error| BuildError::Store(error.to_string()))?;
                let built = self.compile(key, module).await.map(|(prepared, _)| prepared);
                self.record_build(function, built.as_ref().err()).await;
                built
            }
        }
    }

    /// Notes in the version's row whether it compiled: rows are also written by others than our own API.
    pub(super) async fn record_build(&self, function: &Function, error: Option<&BuildError>) {
        if error.is_some_and(|error| !error.is_fault_of_module()) {
            return;
        }
        let text = error.map(ToString::to_string);
        if let Err(error) = self.store.record_build(function, text.as_deref()).await {
            tracing::warn!(slug = %function.slug, %error, "the build's result was not recorded");
        }
    }

    /// Looks on the disk, then in the database. Whatever is broken there is logged, removed and counts as absent.
    async fn find_code(
        &self,
        module: ModuleHash,
        profile: EngineProfile,
    ) -> Result<Option<Arc<Prepared>>, BuildError> {
        let engine = self.engine(profile)?;
        let key = ArtifactKey { module, engine: *engine.key.as_bytes() };
        let (disk, engines) = (self.disk.clone(), self.engines.clone());
        let found = blocking(move || {
            let engine = engines.get(profile).map_err(|error| BuildError::Compiler(error.to_string()))?;
            match disk.load(engine, &key) {
                Ok(Some((component, size))) => link(engine, profile, &component, size).map(Some),
                Ok(None) => Ok(None),
                Err(error) => {
                    tracing::warn!(module = %module.to_hex(), %error, "machine code on disk was not used");
                    Ok(None)
                }
            }
        })
        .await?;
        if let Some(prepared) = found {
            self.metrics.code_loaded("disk");
            return Ok(Some(prepared));
        }
        self.find_in_database(profile, &key).await
    }

    async fn find_in_database(
        &self,
        profile: EngineProfile,
        key: &ArtifactKey,
    ) -> Result<Option<Arc<Prepared>>, BuildError> {
        let sealed = match self.store.artifact(key).await {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::debug!(%error, "no machine code from the database");
                return Ok(None);
            }
        };
        match self.sealer.open(key, &sealed) {
            Ok(code) => {
                let prepared = self.load_code(profile, key, code).await?;
                self.metrics.code_loaded("database");
                Ok(Some(prepared))
            }
            Err(error) => {
                tracing::warn!(module = %key.module.to_hex(), %error, "machine code in the database was not used");
                Ok(None)
            }
        }
    }

    /// The module's code, and the task that leaves it for other nodes.
    async fn compile(
        &self,
        key: LoadKey,
        module: Bytes,
    ) -> Result<(Arc<Prepared>, JoinHandle<()>), BuildError> {
        let size = module.len() as u64;
        if size > self.max_module {
            return Err(BuildError::TooLarge { size, limit: self.max_module });
        }
        let kind = inspect(&module)?;
        if matches!(kind, ComponentKind::Command(_)) {
            return Err(BuildError::Command);
        }
        let profile = profile_of(kind, key.metered);
        let engine = self.engine(profile)?;
        let began = Instant::now();
        let code = self.compiler.compile(profile, module).await?;
        self.metrics.compiled(began.elapsed());
        self.metrics.code_loaded("compiler");
        let artifact = ArtifactKey { module: key.module, engine: *engine.key.as_bytes() };
        let prepared = self.load_code(profile, &artifact, &code).await?;
        Ok((prepared, self.share(artifact, code)))
    }

    /// Loads code whose seal was checked or that our compiler just made: by way of the disk, so that it is mapped and
    /// shared; straight from memory where the disk does not take it.
    async fn load_code(
        &self,
        profile: EngineProfile,
        key: &ArtifactKey,
        code: &[u8],
    ) -> Result<Arc<Prepared>, BuildError> {
        let (disk, engines, key, code) =
            (self.disk.clone(), self.engines.clone(), *key, Bytes::copy_from_slice(code));
        blocking(move || {
            let engine = engines.get(profile).map_err(|error| BuildError::Compiler(error.to_string()))?;
            if let Err(error) = disk.store(&key, &code) {
                tracing::warn!(%error, "machine code could not be kept on disk");
            }
            let (component, size) = match disk.load(engine, &key) {
                Ok(Some(loaded)) => loaded,
                Ok(None) | Err(_) => (from_memory(engine, &code)?, code.len()),
            };
            link(engine, profile, &component, size)
        })
        .await
    }

    /// Leaves code for other nodes, without making anybody wait.
    pub(super) fn share(&self, key: ArtifactKey, mut code: Vec<u8>) -> JoinHandle<()> {
        let store = self.store.clone();
        code.extend(self.sealer.seal(&key, &code));
        tokio::spawn(async move {
            if let Err(error) = store.put_artifact(&key, code.into()).await {
                tracing::warn!(%error, "machine code could not be shared through the database");
            }
        })
    }

    pub(super) fn engine(&self, profile: EngineProfile) -> Result<&PooledEngine, BuildError> {
        self.engines.get(profile).map_err(|error| BuildError::Compiler(error.to_string()))
    }
}

/// Waits for code to be shared, but not for long: a deploy is not worse for coming first.
pub(super) async fn within(shared: JoinHandle<()>) {
    // A task that failed has said so.
    let _ = timeout(SHARED_WITHIN, shared).await;
}

enum Source<'a> {
    /// The bytes are at hand.
    Bytes(Bytes),
    /// These bytes are about to be deployed.
    Deploy(Bytes),
    /// The bytes are where this function's code is kept.
    Stored(&'a Function),
}

fn from_memory(engine: &PooledEngine, code: &[u8]) -> Result<Component, BuildError> {
    // SAFETY: callers pass only what our own compiler process wrote, or what carried an intact seal.
    #[allow(unsafe_code)]
    let component = unsafe { Component::deserialize(&engine.engine, code) };
    component.map_err(|error| BuildError::Compiler(format!("{error:#}")))
}

fn link(
    engine: &PooledEngine,
    profile: EngineProfile,
    component: &Component,
    size: usize,
) -> Result<Arc<Prepared>, BuildError> {
    let prepared = Prepared::link(engine, profile, component, size);
    prepared.map(Arc::new).map_err(|error| refusal(&format!("{error:#}")))
}

/// Names the import that the linker complains about, `interface#function`; the linker's own text speaks of its insides.
fn refusal(complaint: &str) -> BuildError {
    if !complaint.starts_with("component imports ") {
        return BuildError::Invalid(complaint.to_owned());
    }
    let names: Vec<_> = complaint.split('`').skip(1).step_by(2).collect();
    BuildError::UnknownImport(names.join("#"))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BuildError> + Send + 'static,
) -> Result<T, BuildError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BuildError::Compiler(error.to_string()))?
}
