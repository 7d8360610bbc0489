//! A process with one function and no database, for benches that look at what happens inside.

use anyhow::Context as _;
use bytes::Bytes;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use wasmforge::compile::{Code, Loader};
use wasmforge::config::{Config, LogFormat, Secret, Variables};
use wasmforge::engine::{Engines, Ticker};
use wasmforge::invoke::{Admission, Invoker};
use wasmforge::registry::{
    AuthPolicy, Directory, Function, FunctionKind, Grants, ModuleStore, OneModule, Slug,
};
use wasmforge::server::{Platform, capabilities};
use wasmforge::telemetry::{LineWriter, Metrics, Recorder, Sampling};

/// Runs a bench, and says why it cannot be run.
pub(crate) fn main(name: &str, bench: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
    // Modules are compiled in a child process that is this program again.
    if std::env::args().nth(1).is_some_and(|arg| arg == "compile-worker") {
        return wasmforge::cli::run();
    }
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One function, named after its guest, with everything that runs it.
pub(crate) struct OneFunction {
    /// Its code.
    #[allow(dead_code, reason = "not every bench looks beneath the invoker")]
    pub(crate) code: Code,
    /// What the invoker knows of it.
    #[allow(dead_code, reason = "as above")]
    pub(crate) function: Arc<Function>,
    /// What runs it.
    pub(crate) invoker: Invoker,
}

impl OneFunction {
    /// Compiles the guest of this name from `WASMFORGE_GUESTS`, in a process that is told these variables.
    #[allow(dead_code, reason = "some benches have a platform behind the function")]
    pub(crate) async fn prepare(
        guest: &str,
        cache_dir: PathBuf,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        Self::prepare_on(guest, cache_dir, variables, |platform| platform).await
    }

    /// The same with a platform behind it.
    #[allow(dead_code, reason = "some benches have sources in place of guests")]
    pub(crate) async fn prepare_on(
        guest: &str,
        cache_dir: PathBuf,
        variables: &[(&str, &str)],
        platform: impl FnOnce(Platform<'_>) -> Platform<'_>,
    ) -> anyhow::Result<Self> {
        let guests = std::env::var_os("WASMFORGE_GUESTS").context("WASMFORGE_GUESTS is not set")?;
        let path = PathBuf::from(guests).join(format!("{}.wasm", guest.replace('-', "_")));
        let module = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::assemble(guest, FunctionKind::Component, module.into(), cache_dir, variables, platform).await
    }

    /// Compiles a source for the JavaScript engine, which `WASMFORGE_JS_ENGINE` names.
    #[allow(dead_code, reason = "most benches have guests")]
    pub(crate) async fn prepare_source(
        slug: &str,
        source: String,
        cache_dir: PathBuf,
    ) -> anyhow::Result<Self> {
        const ENGINE: &str = "WASMFORGE_JS_ENGINE";
        let engine = std::env::var(ENGINE).context("WASMFORGE_JS_ENGINE is not set")?;
        let variables = [(ENGINE, engine.as_str())];
        Self::assemble(slug, FunctionKind::Source, source.into(), cache_dir, &variables, |platform| platform)
            .await
    }

    async fn assemble(
        slug: &str,
        kind: FunctionKind,
        module: Bytes,
        cache_dir: PathBuf,
        variables: &[(&str, &str)],
        platform: impl FnOnce(Platform<'_>) -> Platform<'_>,
    ) -> anyhow::Result<Self> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut config = Config::from_variables(&variables.collect::<Variables>())?;
        config.compile.cache_dir = cache_dir;

        let metrics = Arc::new(Metrics::new()?);
        let lines = LineWriter::to(LogFormat::Json, Box::new(std::io::sink()));
        let recorder = Recorder::start(lines, metrics.clone(), Vec::new())?;
        let ticker = Ticker::start()?;
        let directory = Arc::new(Directory::default());
        let capabilities = Arc::new(capabilities(platform(Platform::alone(&config, directory.secrets())))?);
        let instances = config.admission.concurrency;
        let engines = Arc::new(Engines::new(instances, config.limits, ticker.clone(), capabilities.clone()));
        let store: Arc<dyn ModuleStore> = Arc::new(OneModule::new(module.clone()));
        let seal = Secret::new("benches-only");
        let loader = Arc::new(Loader::new(&config.compile, &seal, engines, store.clone(), metrics)?);
        let function = Arc::new(Function {
            slug: Slug::parse(slug)?,
            version: 1,
            kind,
            module: match kind {
                FunctionKind::Component => loader.admit(module).await?,
                FunctionKind::Source => loader.admit_source(module).await?,
            },
            limits: Default::default(),
            auth: AuthPolicy::Public,
            grants: Grants::default(),
        });
        let code = loader.load(&function, false).await?;
        directory.fill([function.clone()]);
        let invoker = Invoker {
            directory,
            loader,
            store,
            revalidate: None,
            authorize: None,
            admission: Admission::new(config.admission, ticker),
            policy: config.limits,
            capabilities,
            recorder,
            sampling: Sampling::default(),
            dev_mode: false,
        };
        Ok(Self { code, function, invoker })
    }
}
