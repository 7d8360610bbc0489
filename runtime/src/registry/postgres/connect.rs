//! The connection pool, and what its errors mean.

use crate::config::DatabaseConfig;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use std::str::FromStr;
use std::time::Duration;

/// Connections of the registry. Warm invocations use none of them.
pub(super) const CONNECTIONS: u32 = 10;
/// Connections of the queue: its workers must not keep deploys waiting, nor deploys them.
pub(super) const JOB_CONNECTIONS: u32 = 6;
/// How long a caller waits for a connection: a database that is away must not pile requests up.
const ACQUIRE: Duration = Duration::from_secs(3);
/// A connection that lay idle for longer is asked whether it is still there before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// Why the registry cannot start at all.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The URL is not one of PostgreSQL. It may hold the password, so it is not shown.
    #[error("the database's URL is not of the form postgres://user:password@host:port/database")]
    Url,
}

/// A pool of so many connections at most that connects when it is first used.
pub(super) fn lazy_pool(database: &DatabaseConfig, connections: u32) -> Result<PgPool, RegistryError> {
    let options = PgConnectOptions::from_str(database.url.expose())
        .map_err(|_| RegistryError::Url)?
        .application_name("wasmforge");
    Ok(PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(Duration::from_secs(300))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// Whether an error says that the database cannot be reached or cannot work at this moment, not that a statement is
/// wrong.
pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection exceptions, insufficient resources, operator intervention (shutdown, start-up).
            code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")
        }),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// The SQLSTATE of an error that PostgreSQL reported.
pub(super) fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned())
}
