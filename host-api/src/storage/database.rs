//! Connections to the database for the rows of objects.
//!
//! They are logged in as the platform itself. That is as safe as InsForge's backend: every statement is one of ours, and
//! what a function or its caller says reaches it as a parameter only. A statement for a user runs in a transaction under
//! the user's role and claims.

use super::StorageError;
use crate::auth::{Identity, Role};
use crate::sql::Target;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

/// Connections that are open at once.
const CONNECTIONS: usize = 8;

/// A parameter and its type: statements are neither prepared nor remembered.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Whom statements run for.
#[derive(Clone, Debug)]
pub(super) enum Actor {
    /// The platform, past row-level security.
    Platform,
    /// A caller.
    User(Identity),
}

impl Actor {
    /// An admin acts as the platform, as in InsForge, whose role for admins may only read these tables.
    pub(super) fn of(identity: &Identity) -> Self {
        match identity.role {
            Role::ProjectAdmin => Self::Platform,
            Role::Anon | Role::Authenticated => Self::User(identity.clone()),
        }
    }

    /// The user who owns what this actor creates.
    pub(super) fn owner(&self) -> Option<&str> {
        match self {
            Self::User(identity) if identity.role == Role::Authenticated => identity.subject.as_deref(),
            _ => None,
        }
    }
}

/// A small pool.
pub(super) struct Database {
    target: Target,
    idle: Mutex<Vec<Client>>,
    permits: Arc<Semaphore>,
}

impl Database {
    /// Nothing is connected yet.
    pub(super) fn new(target: Target) -> Self {
        Self { target, idle: Mutex::default(), permits: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    /// A connection that nobody else uses.
    async fn connection(self: &Arc<Self>) -> Result<Connection, StorageError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(StorageError::backend)?;
        let idle = || self.idle.lock().pop();
        while let Some(client) = idle() {
            if !client.is_closed() {
                return Ok(Connection { client: Some(client), pool: self.clone(), _permit: permit });
            }
        }
        let client = self.target.client().await.map_err(StorageError::backend)?;
        Ok(Connection { client: Some(client), pool: self.clone(), _permit: permit })
    }

    /// The rows of one query that the platform makes.
    pub(super) async fn query(
        self: &Arc<Self>,
        until: Instant,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StorageError> {
        let query = async {
            let connection = self.connection().await?;
            let rows = connection.client()?.query_typed(sql, parameters).await;
            let rows = rows.map_err(|error| of_database(&error, ""))?;
            connection.give_back();
            Ok(rows)
        };
        in_time(until, query).await
    }

    /// Begins a transaction for an actor with one statement, all in one flight. `about` is what is forbidden if it is.
    pub(super) async fn begin(
        self: &Arc<Self>,
        until: Instant,
        actor: &Actor,
        about: &str,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<(Transaction, Vec<Row>), StorageError> {
        let begin = async {
            let connection = self.connection().await?;
            let client = connection.client()?;
            let (start, claims) = preamble(until, actor);
            let claims: &[Parameter<'_>] = &[(&claims, Type::TEXT)];
            let (_, _, rows) = futures_util::future::try_join3(
                client.batch_execute(&start),
                client.query_typed("SELECT set_config('request.jwt.claims', $1, true)", claims),
                client.query_typed(sql, parameters),
            )
            .await
            .map_err(|error| of_database(&error, about))?;
            Ok((Transaction { connection, until }, rows))
        };
        in_time(until, begin).await
    }
}

/// What begins a transaction, and the claims to set in it.
fn preamble(until: Instant, actor: &Actor) -> (String, String) {
    let left = until.saturating_duration_since(Instant::now()).as_millis().clamp(1, 3_600_000);
    let start = format!("BEGIN; SET LOCAL statement_timeout = {left}");
    match actor {
        Actor::Platform => (start, Identity::service().database_claims()),
        Actor::User(identity) => {
            let role = identity.role.name();
            (format!("{start}; SET LOCAL ROLE {role}"), identity.database_claims())
        }
    }
}

/// A connection; one that is dropped instead of given back is closed, and the server undoes what was under way.
struct Connection {
    client: Option<Client>,
    pool: Arc<Database>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    fn client(&self) -> Result<&Client, StorageError> {
        self.client.as_ref().ok_or_else(|| StorageError::backend("the connection is gone"))
    }

    fn give_back(mut self) {
        self.pool.idle.lock().extend(self.client.take());
    }
}

/// A transaction that has begun; dropping it undoes it.
pub(super) struct Transaction {
    connection: Connection,
    until: Instant,
}

impl Transaction {
    /// Has every deferred constraint checked now, so that little is left that could fail the commit.
    pub(super) async fn check(&self) -> Result<(), StorageError> {
        self.run("SET CONSTRAINTS ALL IMMEDIATE").await
    }

    /// Makes it last.
    pub(super) async fn commit(self) -> Result<(), StorageError> {
        self.run("COMMIT").await?;
        self.connection.give_back();
        Ok(())
    }

    /// Undoes it.
    pub(super) async fn roll_back(self) -> Result<(), StorageError> {
        self.run("ROLLBACK").await?;
        self.connection.give_back();
        Ok(())
    }

    async fn run(&self, sql: &str) -> Result<(), StorageError> {
        let run = async {
            let done = self.connection.client()?.batch_execute(sql).await;
            done.map_err(|error| of_database(&error, ""))
        };
        in_time(self.until, run).await
    }
}

/// Ends a wait in time.
pub(super) async fn in_time<T>(
    until: Instant,
    work: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, StorageError> {
    tokio::time::timeout_at(until, work).await.unwrap_or(Err(StorageError::Timeout))
}

/// What an error of the database means.
fn of_database(error: &tokio_postgres::Error, about: &str) -> StorageError {
    let Some(database) = error.as_db_error() else { return StorageError::backend(chain(error)) };
    match database.code() {
        &SqlState::INSUFFICIENT_PRIVILEGE => StorageError::Forbidden(about.to_owned()),
        &SqlState::FOREIGN_KEY_VIOLATION => StorageError::NoSuchBucket(about.to_owned()),
        &SqlState::QUERY_CANCELED => StorageError::Timeout,
        &SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME => {
            StorageError::Unavailable("the database has no storage schema".to_owned())
        }
        _ => StorageError::Backend(format!("the database: {}", database.message())),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
