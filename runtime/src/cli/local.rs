//! What it takes to run one function, or to have it compiled, without a database.

use crate::compile::{BuildError, Loader, local_seal};
use crate::config::{Config, LogFormat};
use crate::engine::{Engines, Ticker};
use crate::invoke::{Admission, Invoker};
use crate::registry::{AuthPolicy, Directory, Function, FunctionKind, Grants, ModuleHash, OneModule, Slug};
use crate::server::{Platform, capabilities};
use crate::telemetry::{LineWriter, Metrics, Recorder, Sampling};
use anyhow::Context as _;
use bytes::Bytes;
use std::sync::Arc;
use wasmforge_host_api::secrets::{Secret, SecretSet};

/// An invoker with one function.
#[derive(Clone)]
pub(super) struct Local {
    pub(super) recorder: Recorder,
    pub(super) invoker: Arc<Invoker>,
    pub(super) ticker: Ticker,
    store: Arc<OneModule>,
}

impl Local {
    /// Everything but the function, whose code is `module`.
    pub(super) fn start(config: &Config, module: Bytes, secrets: Vec<Secret>) -> anyhow::Result<Self> {
        let metrics = Arc::new(Metrics::new()?);
        let lines = LineWriter::stdout(super::log_format(LogFormat::Pretty));
        let recorder = Recorder::start(lines, metrics.clone(), Vec::new())?;
        let ticker = Ticker::start()?;
        let directory = Arc::new(Directory::default());
        directory.set_secrets(SecretSet::new(secrets));
        let capabilities = Arc::new(capabilities(Platform::alone(config, directory.secrets()))?);
        let instances = config.admission.concurrency;
        let engines = Arc::new(Engines::new(instances, config.limits, ticker.clone(), capabilities.clone()));
        let store = Arc::new(OneModule::new(module));
        let seal = local_seal(&config.compile.cache_dir).context("the seal of machine code")?;
        let loader = Arc::new(Loader::new(&config.compile, &seal, engines, store.clone(), metrics)?);
        let invoker = Invoker {
            directory,
            loader,
            store: store.clone(),
            revalidate: None,
            authorize: None,
            admission: Admission::new(config.admission, ticker.clone()),
            policy: config.limits,
            capabilities,
            recorder: recorder.clone(),
            sampling: Sampling::default(),
            dev_mode: config.dev_mode,
        };
        Ok(Self { recorder, invoker: Arc::new(invoker), ticker, store })
    }

    /// Has other code from now on. It runs once it is put.
    pub(super) fn replace(&self, module: Bytes) {
        self.store.replace(module);
    }

    /// Compiles the code as a component, and runs it from now on.
    pub(super) async fn put_component(&self, slug: &Slug) -> Result<(), BuildError> {
        let hash = self.invoker.loader.admit(self.store.current()).await?;
        self.fill(slug, FunctionKind::Component, hash);
        Ok(())
    }

    /// Compiles the code as a source, and runs it from now on.
    pub(super) async fn put_source(&self, slug: &Slug) -> Result<(), BuildError> {
        let hash = self.invoker.loader.admit_source(self.store.current()).await?;
        self.fill(slug, FunctionKind::Source, hash);
        Ok(())
    }

    fn fill(&self, slug: &Slug, kind: FunctionKind, module: ModuleHash) {
        let version = self.invoker.directory.functions().first().map_or(1, |before| before.version + 1);
        self.invoker.directory.fill([Arc::new(Function {
            slug: slug.clone(),
            version,
            kind,
            module,
            limits: Default::default(),
            auth: AuthPolicy::Public,
            grants: Grants::default(),
        })]);
    }
}
