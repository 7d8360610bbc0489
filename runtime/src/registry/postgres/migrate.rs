//! Brings the schema to what the registry needs, or finds out how far it may go without.

use super::connect::sqlstate;
use super::{Mode, RegistryConfig};
use crate::config::Migrate;
use sqlx::{PgConnection, Row};
use std::collections::HashSet;

/// Held while migrating, so that nodes that start together do it once.
const ADVISORY_LOCK: i64 = 0x7761_736d_666f_7267;

/// The migration that only runs on a database without InsForge's tables.
const BASE: (&str, &str) = ("0001_base", include_str!("../migrations/0001_base.sql"));

/// What else a database gets whose tables are ours. Beside InsForge's backend its own migrations make these.
const OURS: [(&str, &str); 4] = [
    ("0005_realtime", include_str!("../migrations/0005_realtime.sql")),
    ("0009_postgrest", include_str!("../migrations/0009_postgrest.sql")),
    ("0010_user_providers", include_str!("../migrations/0010_user_providers.sql")),
    ("0012_schedules", include_str!("../migrations/0012_schedules.sql")),
];

/// What every database gets, in order.
const ADDITIONS: &[(&str, &str)] = &[
    ("0002_tables", include_str!("../migrations/0002_tables.sql")),
    ("0003_triggers", include_str!("../migrations/0003_triggers.sql")),
    ("0004_telemetry", include_str!("../migrations/0004_telemetry.sql")),
    ("0006_storage", include_str!("../migrations/0006_storage.sql")),
    ("0007_keyvalue", include_str!("../migrations/0007_keyvalue.sql")),
    ("0008_reserved_secrets", include_str!("../migrations/0008_reserved_secrets.sql")),
    ("0011_versions", include_str!("../migrations/0011_versions.sql")),
    ("0012_schedule_runs", include_str!("../migrations/0012_schedule_runs.sql")),
    ("0013_queue", include_str!("../migrations/0013_queue.sql")),
    ("0014_history", include_str!("../migrations/0014_history.sql")),
    ("0016_row_triggers", include_str!("../migrations/0016_row_triggers.sql")),
];

/// What the database turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schema {
    /// Whether our columns and triggers are there.
    pub(super) mode: Mode,
    /// Whether InsForge's tables were made by us, so that its reserved secrets are ours to seed.
    pub(super) owned: bool,
}

/// Why the schema cannot be used yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    #[error(
        "the database has no functions.definitions and system.secrets; waiting until InsForge's backend has made them"
    )]
    NoTables,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// How far a database is, without changing it.
pub(super) struct State {
    /// Whether it has the tables that functions need first.
    pub(super) has_tables: bool,
    /// Whether InsForge's backend keeps them.
    pub(super) is_insforges: bool,
    /// What it lacks.
    pub(super) pending: Vec<&'static str>,
}

/// Looks how far a database is.
pub(super) async fn state(connection: &mut PgConnection) -> Result<State, sqlx::Error> {
    let found = Found::read(connection).await?;
    let ours: &[_] = if found.is_ours() || !found.has_tables() { &OURS } else { &[] };
    let wanted = ADDITIONS.iter().chain(ours).map(|(name, _)| *name);
    let pending = wanted.filter(|name| !found.applied.contains(*name)).collect();
    Ok(State { has_tables: found.has_tables(), is_insforges: found.insforge, pending })
}

/// Migrates as far as the configuration and the role allow.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    config: &RegistryConfig,
) -> Result<Schema, SchemaError> {
    let found = Found::read(connection).await?;
    if found.is_complete() {
        return Ok(found.schema(Mode::Full));
    }
    let may_create = config.create_base && config.migrate == Migrate::Auto;
    if !found.has_tables() && (found.insforge || !may_create) {
        return Err(SchemaError::NoTables);
    }
    if config.migrate == Migrate::Never {
        return Ok(found.schema(Mode::Unmodified));
    }
    match apply(connection).await {
        Ok(found) => Ok(found.schema(Mode::Full)),
        Err(error) if found.has_tables() && is_forbidden(&error) => {
            tracing::warn!(%error, "the schema cannot be extended; running on InsForge's tables as they are");
            Ok(found.schema(Mode::Unmodified))
        }
        Err(error) => Err(error.into()),
    }
}

/// The role lacks the right, or the server only reads.
fn is_forbidden(error: &sqlx::Error) -> bool {
    matches!(sqlstate(error).as_deref(), Some("42501" | "25006"))
}

async fn apply(connection: &mut PgConnection) -> Result<Found, sqlx::Error> {
    let mut transaction = sqlx::Connection::begin(connection).await?;
    // A long transaction of somebody else's must not make everybody queue behind our ALTER TABLE.
    sqlx::raw_sql("SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = 'warning'")
        .execute(&mut *transaction)
        .await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ADVISORY_LOCK).execute(&mut *transaction).await?;
    let found = Found::read(&mut transaction).await?;
    let mut steps = Vec::from(ADDITIONS);
    if !found.has_tables() {
        steps.insert(0, BASE);
    }
    if !found.has_tables() || found.is_ours() {
        steps.extend(OURS);
    }
    for (name, sql) in steps {
        if found.applied.contains(name) {
            continue;
        }
        tracing::info!(migration = name, "migrating the database");
        sqlx::raw_sql(sql).execute(&mut *transaction).await?;
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS functions.wasmforge_migrations
                (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query("INSERT INTO functions.wasmforge_migrations (name) VALUES ($1)")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
    }
    let found = Found::read(&mut transaction).await?;
    transaction.commit().await?;
    Ok(found)
}

/// What is in the database.
struct Found {
    definitions: bool,
    secrets: bool,
    /// InsForge's own ledger of migrations: its backend was here, or is at this moment.
    insforge: bool,
    applied: HashSet<String>,
}

impl Found {
    async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let row = sqlx::query(
            "SELECT to_regclass('functions.definitions') IS NOT NULL, to_regclass('system.secrets') IS NOT NULL,
                to_regclass('system.migrations') IS NOT NULL,
                to_regclass('functions.wasmforge_migrations') IS NOT NULL",
        )
        .fetch_one(&mut *connection)
        .await?;
        let applied: Vec<String> = if row.try_get(3)? {
            sqlx::query_scalar("SELECT name FROM functions.wasmforge_migrations")
                .fetch_all(&mut *connection)
                .await?
        } else {
            Vec::new()
        };
        Ok(Self {
            definitions: row.try_get(0)?,
            secrets: row.try_get(1)?,
            insforge: row.try_get(2)?,
            applied: applied.into_iter().collect(),
        })
    }

    fn has_tables(&self) -> bool {
        self.definitions && self.secrets
    }

    fn is_complete(&self) -> bool {
        let ours: &[_] = if self.is_ours() { &OURS } else { &[] };
        self.has_tables() && ADDITIONS.iter().chain(ours).all(|(name, _)| self.applied.contains(*name))
    }

    /// Whether we made the tables that functions need first.
    fn is_ours(&self) -> bool {
        self.applied.contains(BASE.0)
    }

    fn schema(&self, mode: Mode) -> Schema {
        Schema { mode, owned: self.is_ours() }
    }
}
