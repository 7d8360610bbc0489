//! One node: everything that `serve` and `dev` run, put together.

use super::capabilities::{Platform, capabilities};
use super::heartbeat::OwnNode;
use super::observation::Observation;
use super::pages::{self, Pages};
use super::{DatabaseHealth, FunctionsRoutes, Health, InProcess, Listener, PlatformRoutes, url_of};
use crate::compile::{Loader, local_seal};
use crate::config::Config;
use crate::engine::{EngineProfile, Engines, Ticker, WasiVersion};
use crate::invoke::{Admission, Invoker, Revalidate};
use crate::platform;
use crate::queue::{Intake, Workers};
use crate::registry::{Mode, PostgresRegistry, RegistryConfig, RegistryError, Slug};
use crate::schedule::Scheduler;
use crate::telemetry::{LineWriter, Metrics, MetricsError, Recorder};
use async_trait::async_trait;
use std::io;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use wasmforge_host_api::sql::LoginRole;

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The database's URL cannot be understood.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The metrics cannot be set up.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The system refuses a thread or a file.
    #[error("the system refuses what a node needs: {0}")]
    Io(#[from] io::Error),
    /// The URL of an operator's login role cannot be understood.
    #[error("WASMFORGE_SQL_{}_URL is not of the form postgres://user:password@host:port/database", match .0 {
        LoginRole::Caller => "CALLER",
        LoginRole::Service => "SERVICE",
    })]
    SqlUrl(LoginRole),
    /// TLS cannot be set up.
    #[error("outbound TLS cannot be set up: {0}")]
    Tls(String),
}

/// A node that is ready to be given listeners.
pub struct Node {
    /// What is deployed.
    pub registry: PostgresRegistry,
    /// Runs functions.
    pub invoker: Arc<Invoker>,
    /// Makes code ready.
    pub loader: Arc<Loader>,
    config: Arc<Config>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    observation: Observation,
    recorder: Recorder,
    started_at: OffsetDateTime,
}

impl Node {
    /// Puts a node together. It comes up whether or not PostgreSQL does. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// [`NodeError`].
    pub fn start(config: Config) -> Result<Self, NodeError> {
        let registry = PostgresRegistry::start(RegistryConfig::new(&config))?;
        let metrics = Arc::new(Metrics::new()?);
        let observation = Observation::new(&config, &registry)?;
        let lines = LineWriter::stdout(config.log_format);
        let recorder = Recorder::start(lines, metrics.clone(), observation.sinks())?;
        let ticker = Ticker::start()?;
        let platform = Platform {
            config: &config,
            secrets: registry.directory().secrets(),
            keys: Some(Arc::new(registry.clone())),
            users: Some(registry.users()),
            messages: Some(registry.messages()),
            login_roles: Some(Arc::new(registry.clone())),
            key_values: registry.key_values(),
        };
        let capabilities = Arc::new(capabilities(platform)?);
        let instances = config.admission.concurrency;
        let engines = Arc::new(Engines::new(instances, config.limits, ticker.clone(), capabilities.clone()));
        let seal = match config.encryption_key.is_empty() {
            true => local_seal(&config.compile.cache_dir)?,
            false => config.encryption_key.clone(),
        };
        let store = registry.store();
        let loader = Arc::new(Loader::new(&config.compile, &seal, engines.clone(), store, metrics.clone())?);
        make_common_engines(engines.clone(), loader.clone());
        let invoker = Arc::new(Invoker {
            directory: registry.directory(),
            loader: loader.clone(),
            store: registry.store(),
            revalidate: Some(Arc::new(Freshness(registry.clone()))),
            authorize: Some(Arc::new(platform::CallerCheck(registry.clone()))),
            admission: Admission::new(config.admission, ticker),
            policy: config.limits,
            capabilities,
            recorder: recorder.clone(),
            sampling: config.otlp.sampling,
            dev_mode: config.dev_mode,
        });
        let status = registry.clone();
        let health = Arc::new(Health {
            directory: registry.directory(),
            engines,
            database: Box::new(move || database_health(&status)),
        });
        let config = Arc::new(config);
        Ok(Self {
            registry,
            invoker,
            loader,
            config,
            health,
            metrics,
            observation,
            recorder,
            started_at: OffsetDateTime::now_utc(),
        })
    }

    /// Serves until `stop`, drains, and writes what is left to be written.
    pub async fn serve(self, functions: Listener, platform: Option<Listener>, stop: CancellationToken) {
        let drain = self.config.drain;
        let intake = self.intake();
        let routes = Arc::new(FunctionsRoutes {
            invoker: self.invoker.clone(),
            intake: intake.clone(),
            health: self.health.clone(),
        });
        let node = Arc::new(self.own_node(url_of(functions.addr())));
        self.observation.start(node.clone(), self.pages(), stop.clone());
        let router = platform.as_ref().map(|_| self.router(node));
        let own = InProcess::node(self.invoker.clone(), routes.clone(), router.clone());
        own.announce(functions.addr(), platform.as_ref().map(Listener::addr));
        let schedules = Scheduler::new(&self.registry, self.invoker.capabilities.http());
        let workers = self.workers();
        let jobs = async {
            stop.cancelled().await;
            workers.stop(drain).await;
        };
        let background = async { tokio::join!(schedules.run(stop.clone(), drain), jobs) };
        let functions = functions.serve(routes, stop.clone(), drain);
        match platform.zip(router) {
            Some((platform, router)) => {
                let routes = Arc::new(PlatformRoutes { invoker: self.invoker.clone(), intake, router });
                tokio::join!(functions, platform.serve(routes, stop.clone(), drain), background);
            }
            None => {
                tokio::join!(functions, background);
            }
        }
        // Guests may work on after their answer was delivered; they too are let finish.
        self.health.engines.ticker().idle(drain).await;
        let recorder = self.recorder.clone();
        // Joining a thread blocks; the registry then still takes the records that the thread hands over.
        let _ = tokio::task::spawn_blocking(move || recorder.stop()).await;
        self.observation.finish().await;
        self.registry.shutdown().await;
    }

    fn intake(&self) -> Arc<Intake> {
        let (invoker, registry) = (self.invoker.clone(), self.registry.clone());
        Arc::new(Intake::new(invoker, registry, self.config.queue, self.metrics.clone()))
    }

    fn workers(&self) -> Workers {
        let (invoker, registry) = (self.invoker.clone(), self.registry.clone());
        let poll = self.config.poll_interval;
        Workers::start(invoker, registry, self.config.queue, poll, self.metrics.clone())
    }

    fn own_node(&self, functions_url: String) -> OwnNode {
        OwnNode {
            registry: self.registry.clone(),
            invoker: self.invoker.clone(),
            health: self.health.clone(),
            started_at: self.started_at,
            functions_url,
        }
    }

    fn pages(&self) -> Pages {
        Pages {
            health: self.health.clone(),
            metrics: self.metrics.clone(),
            invoker: self.invoker.clone(),
            invocations: self.registry.invocations(),
            logs: self.registry.logs(),
            file: self.observation.file.clone(),
            exports: self.observation.exports.clone(),
        }
    }

    fn router(&self, node: Arc<OwnNode>) -> axum::Router {
        let state = platform::PlatformState {
            registry: self.registry.clone(),
            loader: self.loader.clone(),
            rate_limits: Arc::new(platform::RateLimits::new(&self.config)),
            config: self.config.clone(),
            max_module: self.config.compile.max_module,
            max_json: self.config.max_json_body,
            capabilities: self.invoker.capabilities.clone(),
            tail: self.observation.tail.clone(),
            node: Arc::new(move || node.row()),
        };
        platform::router(state, pages::router(self.pages()))
    }
}

/// Makes the engine that most functions need while the listeners come up, and then the one that those in JavaScript share, so
/// that the first request need not.
fn make_common_engines(engines: Arc<Engines>, loader: Arc<Loader>) {
    tokio::spawn(async move {
        let made = tokio::task::spawn_blocking(move || {
            let common = EngineProfile { wasi: WasiVersion::V02, metered: false };
            if let Err(error) = engines.get(common) {
                tracing::error!(%error, "no function can run");
            }
        });
        if made.await.is_ok() {
            loader.warm_javascript().await;
        }
    });
}

fn database_health(registry: &PostgresRegistry) -> DatabaseHealth {
    let status = registry.status();
    DatabaseHealth {
        connected: status.connected,
        mode: match status.mode {
            Some(Mode::Full) => "full",
            Some(Mode::Unmodified) => "unmodified",
            None => "unknown",
        },
        error: if status.connected { None } else { status.last_error },
        problems: status.skipped_secrets.into_iter().chain(status.rejected_functions).collect(),
    }
}

/// Asks the registry before a lookup; on a database with our triggers that costs nothing.
struct Freshness(PostgresRegistry);

#[async_trait]
impl Revalidate for Freshness {
    async fn revalidate(&self, slug: &str) {
        if let Ok(slug) = Slug::parse(slug) {
            self.0.revalidate(&slug).await;
        }
    }
}
