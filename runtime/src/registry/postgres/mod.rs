//! The registry in PostgreSQL.
//!
//! One background task keeps the [`Directory`] current ([`sync`]); the admin API writes through [`writer`]; the
//! compiler reads bytes through [`store`]. Everything that changes the directory does so under one lock, on rows read
//! under that lock, so it never goes back in time.

mod artifacts;
mod audit;
mod audit_reader;
mod batches;
mod columns;
mod connect;
mod examine;
mod history_reader;
mod history_writer;
mod index;
mod invocation_writer;
mod job_records;
mod jobs;
mod keyvalue;
mod log_writer;
mod login_roles;
mod migrate;
mod nodes;
mod platform_tables;
mod project;
mod reader;
mod releases;
mod retention;
mod revalidate;
mod row;
mod schedule_runs;
mod schedule_tables;
mod schedules;
mod secret_writer;
mod secrets;
mod seed;
mod statistics;
mod store;
mod sync;
mod tail_reader;
mod triggers;
mod version_reader;
mod write_error;
mod writer;

pub use columns::ColumnsUnavailable;
pub use connect::RegistryError;
pub use examine::{Examination, ExamineError};
pub use jobs::LeaseRequest;
pub use seed::Seed;
pub use write_error::{VersionError, WriteError};
pub use writer::Deployment;

use super::{
    Definition, Directory, FunctionKind, History, InvocationRow, LogRow, Mode, ModuleStore, SecretCipher,
    Slug, Status, Version, VersionEntry, VersionPage,
};
use crate::config::{Config, DatabaseConfig, Migrate, Retention, Secret};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use sqlx::PgPool;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wasmforge_host_api::auth::{Credentials, Keys, Users};
use wasmforge_host_api::realtime::Messages;

/// What the registry is told.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// Where PostgreSQL is.
    pub database: DatabaseConfig,
    /// Whether to add what is missing.
    pub migrate: Migrate,
    /// Whether to make InsForge's tables in a database that has none. Beside InsForge's own backend this must be off:
    /// its migrations would find tables that they did not make.
    pub create_base: bool,
    /// How often changes are asked for, in case a notification was lost.
    pub poll_interval: Duration,
    /// What secrets are encrypted with.
    pub encryption_key: Secret,
    /// What verifies HS256 tokens, where it is configured.
    pub jwt_secret: Secret,
    /// The reserved secrets of a database that we made.
    pub seed: Seed,
    /// How long invocations and logs are kept.
    pub retention: Retention,
}

impl RegistryConfig {
    /// The registry's part of the process's configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            database: config.database.clone(),
            migrate: config.migrate,
            create_base: config.platform_addr.is_some(),
            poll_interval: config.poll_interval,
            encryption_key: config.encryption_key.clone(),
            jwt_secret: config.jwt_secret.clone(),
            seed: Seed {
                api_key: config.access_api_key.clone(),
                anon_key: config.access_anon_key.clone(),
                internal_url: config.outbound.internal_url.clone(),
                base_url: config.outbound.base_url.clone(),
            },
            retention: config.retention,
        }
    }
}

/// The registry of one process. Cheap to clone; all clones are the same registry.
#[derive(Clone)]
pub struct PostgresRegistry(Arc<Shared>);

/// What the registry's tasks and its callers share.
pub(super) struct Shared {
    config: RegistryConfig,
    /// Names this process.
    node: Uuid,
    /// What nodes wrote into the history, this one among them.
    batches: broadcast::Sender<batches::Batch>,
    pool: PgPool,
    jobs: PgPool,
    tables: Arc<platform_tables::PlatformTables>,
    columns: columns::TextColumns,
    cipher: SecretCipher,
    directory: Arc<Directory>,
    credentials: ArcSwap<Credentials>,
    status: Mutex<Status>,
    progress: tokio::sync::Mutex<sync::Progress>,
    revalidations: revalidate::Revalidations,
    invocations: History<InvocationRow>,
    logs: History<LogRow>,
    filled: tokio::sync::watch::Sender<bool>,
    /// Counts the times at which schedules may have changed.
    schedules: tokio::sync::watch::Sender<u64>,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl PostgresRegistry {
    /// Starts keeping the directory current, whether or not the database answers yet. Must be called on a tokio
    /// runtime.
    ///
    /// # Errors
    /// Only where the database's URL cannot be understood.
    pub fn start(config: RegistryConfig) -> Result<Self, RegistryError> {
        let pool = connect::lazy_pool(&config.database, connect::CONNECTIONS)?;
        let jobs = connect::lazy_pool(&config.database, connect::JOB_CONNECTIONS)?;
        let tables = Arc::new(platform_tables::PlatformTables::new(&config.database)?);
        let (invocations, invocation_queue) = History::new();
        let (logs, log_queue) = History::new();
        let shared = Arc::new(Shared {
            cipher: SecretCipher::new(&config.encryption_key),
            directory: Arc::default(),
            credentials: ArcSwap::from_pointee(Credentials::before_sync(config.jwt_secret.expose())),
            status: Mutex::default(),
            progress: tokio::sync::Mutex::default(),
            revalidations: revalidate::Revalidations::default(),
            invocations: invocations.clone(),
            logs: logs.clone(),
            filled: tokio::sync::watch::Sender::new(false),
            schedules: tokio::sync::watch::Sender::new(0),
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
            node: Uuid::now_v7(),
            batches: broadcast::Sender::new(256),
            config,
            pool,
            jobs,
            columns: columns::TextColumns::new(tables.clone()),
            tables,
        });
        *shared.tasks.lock() = vec![
            tokio::spawn(sync::run(shared.clone())),
            tokio::spawn(history_writer::run(shared.clone(), invocations, invocation_queue)),
            tokio::spawn(history_writer::run(shared.clone(), logs, log_queue)),
            tokio::spawn(retention::run(shared.clone())),
        ];
        Ok(Self(shared))
    }

    /// Waits until the directory was filled for the first time.
    pub async fn synced(&self) {
        // The sender lives as long as `self`, so the only way to return is the value.
        let _ = self.0.filled.subscribe().wait_for(|filled| *filled).await;
    }

    /// The in-memory table of functions.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.0.directory.clone()
    }

    /// Where module bytes and machine code are.
    #[must_use]
    pub fn store(&self) -> Arc<dyn ModuleStore> {
        self.0.clone()
    }

    /// Makes the directory's entry for `slug` at least as new as this call.
    ///
    /// Costs nothing where changes announce themselves ([`Mode::Full`]). On an unmodified database it is one indexed
    /// round trip, shared by the requests that wait for it. While the database is away, memory serves.
    pub async fn revalidate(&self, slug: &Slug) {
        revalidate::revalidate(&self.0, slug).await;
    }

    /// What is known of the database at this moment.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.lock().clone()
    }

    /// The keys that callers' credentials are checked against.
    #[must_use]
    pub fn credentials(&self) -> Arc<Credentials> {
        self.0.credentials.load_full()
    }

    /// The users behind tokens.
    #[must_use]
    pub fn users(&self) -> Arc<dyn Users> {
        self.0.tables.clone()
    }

    /// The channels that messages are published on.
    #[must_use]
    pub fn messages(&self) -> Arc<dyn Messages> {
        self.0.tables.clone()
    }

    /// Which columns of a table or view hold text. A column's new type is known two seconds later.
    ///
    /// # Errors
    /// [`ColumnsUnavailable`].
    pub async fn text_columns(
        &self,
        schema: &str,
        table: &str,
    ) -> Result<Arc<HashSet<String>>, ColumnsUnavailable> {
        self.0.columns.of(schema, table).await
    }

    /// Where invocations are recorded.
    #[must_use]
    pub fn invocations(&self) -> History<InvocationRow> {
        self.0.invocations.clone()
    }

    /// Where functions' log lines are recorded.
    #[must_use]
    pub fn logs(&self) -> History<LogRow> {
        self.0.logs.clone()
    }

    /// Names this process among those that work on the database.
    #[must_use]
    pub fn node(&self) -> Uuid {
        self.0.node
    }

    /// Where functions keep values under keys.
    #[must_use]
    pub fn key_values(&self) -> Arc<dyn wasmforge_host_api::keyvalue::Store> {
        Arc::new(keyvalue::KeyValues::new(self.0.clone()))
    }

    /// Every function, newest first, without its code.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn list(&self) -> Result<Vec<Definition>, WriteError> {
        reader::list(&self.0).await
    }

    /// One function with its code; `None` where there is none of that name.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] where the database does not answer.
    pub async fn get(&self, slug: &str) -> Result<Option<Definition>, WriteError> {
        reader::get(&self.0, slug).await
    }

    /// A part of a function's history, newest first: at most `limit` versions below `below`, or the newest.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], [`WriteError::Unsupported`], [`WriteError::Unavailable`].
    pub async fn versions(
        &self,
        slug: &str,
        below: Option<Version>,
        limit: usize,
    ) -> Result<VersionPage, WriteError> {
        version_reader::page(&self.0, slug, below, limit).await
    }

    /// One version of a function.
    ///
    /// # Errors
    /// As [`versions`](Self::versions), and [`WriteError::Version`] where it is not there.
    pub async fn version(&self, slug: &str, version: Version) -> Result<VersionEntry, WriteError> {
        version_reader::one(&self.0, slug, version).await
    }

    /// The bytes that a version was deployed with: a component, or the text of a source.
    ///
    /// # Errors
    /// As [`version`](Self::version).
    pub async fn version_module(
        &self,
        slug: &str,
        version: Version,
    ) -> Result<(FunctionKind, Vec<u8>), WriteError> {
        self.0.require_versions()?;
        reader::within(self.0.version_bytes(slug, version)).await
    }

    /// Takes away what is older than the retention, as happens every ten minutes anyway.
    ///
    /// # Errors
    /// [`WriteError`], where the database fails or is away. An unmodified database has nothing to be taken.
    pub async fn sweep(&self) -> Result<(), WriteError> {
        match self.0.require()? {
            Mode::Full => Ok(retention::sweep(&self.0.pool, &self.0.config.retention).await?),
            Mode::Unmodified => Ok(()),
        }
    }

    /// Stops the background tasks and writes the invocations and log lines that are queued. Reads from memory go on.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        let tasks = std::mem::take(&mut *self.0.tasks.lock());
        for task in tasks {
            // A task that panicked has already said so.
            let _ = task.await;
        }
        self.0.tables.close().await;
        self.0.jobs.close().await;
        self.0.pool.close().await;
    }
}

impl Shared {
    fn mode(&self) -> Option<Mode> {
        self.status.lock().mode
    }

    fn is_connected(&self) -> bool {
        self.status.lock().connected
    }
}

impl Keys for PostgresRegistry {
    fn credentials(&self) -> Arc<Credentials> {
        self.0.credentials.load_full()
    }
}
