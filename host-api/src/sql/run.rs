//! Runs one statement.

use super::connection::Connection;
use super::error::{Result, is_stale};
use super::parking::Parking;
use super::pool::{Lease, Pool, State};
use super::statement::{Failure, Prepared, Request};
use super::value::Parameter;
use super::wit::{Error, ResultSet, Value};
use crate::InvocationContext;
use crate::auth::Role;
use futures_util::future::{join3, try_join, try_join4};
use futures_util::{FutureExt as _, TryStreamExt as _};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Client;

/// How often a statement is tried again whose preparation was outdated.
const RETRIES: u32 = 2;

/// Who the statements of one session run as, and within which limits.
pub(super) struct Scope {
    pub(super) pool: Arc<Pool>,
    pub(super) role: Role,
    /// The value of `request.jwt.claims`.
    pub(super) claims: String,
    pub(super) invocation: Arc<InvocationContext>,
    /// Statements at once.
    pub(super) statements: Arc<Semaphore>,
    /// Transactions and streams at once.
    pub(super) open: Arc<Semaphore>,
    /// The connection of the last statement.
    pub(super) parking: Arc<Parking>,
}

/// Whether a result's rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Rows,
    Count,
}

impl Scope {
    /// Runs a statement in a transaction of its own. One that fails before it begins, because what was prepared for it
    /// no longer holds, is run again.
    pub(super) async fn alone(&self, request: &Request, want: Want) -> Result<ResultSet> {
        let mut retries = RETRIES;
        loop {
            let mut lease = self.lease().await?;
            if retries < RETRIES {
                lease.connection()?.forget(self.role, &request.text);
            }
            match self.in_time(self.alone_on(&mut lease, request, want)).await {
                Err(error) if is_stale(&error) && retries > 0 => lease.discard(),
                outcome => {
                    self.parking.park(lease);
                    return outcome;
                }
            }
            retries -= 1;
        }
    }

    /// A connection of the session's own.
    pub(super) async fn lease(&self) -> Result<Lease> {
        let mut lease = match self.parking.take(&self.pool) {
            Some(lease) => lease,
            None => self.pool.acquire(&self.invocation.slug, self.invocation.deadline).await?,
        };
        lease.connection()?.limit.set(self.invocation.limits.sql_bytes);
        Ok(lease)
    }

    /// The same, but for the time that the invocation has left.
    pub(super) async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        timeout_at(self.invocation.deadline, work).await.unwrap_or(Err(Error::Timeout))
    }

    /// Begins a transaction as this session's identity, together with what comes after it in the same round trip.
    pub(super) async fn begin<T>(
        &self,
        connection: &Connection,
        next: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T> {
        let client = &connection.client;
        let (begun, identified, next) =
            join3(client.batch_execute("BEGIN"), self.identify(connection), next).await;
        begun.map_err(|error| self.error(connection, error))?;
        identified?;
        next.map_err(|failure| self.error(connection, failure))
    }

    async fn identify(&self, connection: &Connection) -> Result<()> {
        let left = self.invocation.deadline.saturating_duration_since(Instant::now()).as_millis();
        let left = left.clamp(1, i32::MAX.unsigned_abs().into()).to_string();
        let role = self.role.name();
        let set = connection.client.execute(&connection.identify, &[&role, &self.claims, &left]).await;
        match set.map_err(|error| self.error(connection, error)) {
            Err(error) if is_stale(&error) => Err(error),
            Err(Error::Database(error)) => Err(Error::Unavailable(error.message)),
            other => other.map(drop),
        }
    }

    /// The guest's error.
    pub(super) fn error(&self, connection: &Connection, failure: impl Into<Failure>) -> Error {
        failure.into().on(connection, self.invocation.limits.sql_bytes)
    }

    async fn alone_on(&self, lease: &mut Lease, request: &Request, want: Want) -> Result<ResultSet> {
        let connection = lease.connection()?;
        let known = connection.prepared(self.role, &request.text);
        if let Some(prepared) = &known {
            prepared.check(&request.parameters)?;
        }
        lease.state = State::Busy;
        let done = match known {
            Some(prepared) if prepared.commits_early => {
                self.at_once(lease.connection()?, &prepared, request, want).await
            }
            Some(prepared) => {
                let connection = lease.connection()?;
                let run = self.collect(&connection.client, &prepared, request, want);
                match self.begin(connection, run).await {
                    Ok(rows) => self.commit(connection).await.map(|()| rows),
                    Err(error) => Err(error),
                }
            }
            None => self.for_the_first_time(lease.connection()?, request, want).await,
        };
        settle(lease, done)
    }

    /// Everything in one round trip.
    async fn at_once(
        &self,
        connection: &Connection,
        prepared: &Prepared,
        request: &Request,
        want: Want,
    ) -> Result<ResultSet> {
        let client = &connection.client;
        // A result that is too large ends the wait for all; whatever else fails is answered in order.
        let rows = self.collect(client, prepared, request, want).map(|result| match result {
            Err(Failure::Guest(error)) => Err(error),
            other => Ok(other),
        });
        let (begun, identified, rows, committed) = try_join4(
            client.batch_execute("BEGIN").map(Ok),
            self.identify(connection).map(Ok),
            rows,
            client.batch_execute("COMMIT").map(Ok),
        )
        .await?;
        begun.map_err(|error| self.error(connection, error))?;
        identified?;
        let rows = rows.map_err(|failure| self.error(connection, failure))?;
        committed.map_err(|error| self.error(connection, error))?;
        Ok(rows)
    }

    async fn for_the_first_time(
        &self,
        connection: &mut Connection,
        request: &Request,
        want: Want,
    ) -> Result<ResultSet> {
        let prepared = self.begin(connection, Prepared::new(&connection.client, &request.text)).await?;
        let prepared = Arc::new(prepared);
        connection.keep(self.role, &request.text, &prepared);
        prepared.check(&request.parameters)?;
        let rows = self.collect(&connection.client, &prepared, request, want);
        if prepared.commits_early {
            let committed = connection.client.batch_execute("COMMIT").map(Ok::<_, Failure>);
            let both = try_join(rows, committed).await;
            let (rows, committed) = both.map_err(|failure| self.error(connection, failure))?;
            committed.map_err(|error| self.error(connection, error))?;
            return Ok(rows);
        }
        let rows = rows.await.map_err(|failure| self.error(connection, failure))?;
        self.commit(connection).await.map(|()| rows)
    }

    async fn commit(&self, connection: &Connection) -> Result<()> {
        connection.client.batch_execute("COMMIT").await.map_err(|error| self.error(connection, error))
    }

    /// Sends a prepared statement and collects what comes back, up to the limits.
    pub(super) async fn collect(
        &self,
        client: &Client,
        prepared: &Prepared,
        request: &Request,
        want: Want,
    ) -> Result<ResultSet, Failure> {
        let limits = &self.invocation.limits;
        let mut stream = pin!(client.query_raw(&prepared.statement, parameters(&request.parameters)).await?);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(row) = stream.try_next().await? {
            if want == Want::Count {
                continue;
            }
            bytes += u64::try_from(row.raw_size_bytes()).unwrap_or(u64::MAX);
            if bytes > limits.sql_bytes {
                return Err(Error::TooLarge(limits.sql_bytes).into());
            }
            if u64::try_from(rows.len()).is_ok_and(|count| count >= limits.sql_rows) {
                return Err(Error::TooManyRows(limits.sql_rows).into());
            }
            rows.push(prepared.decode(&row)?);
        }
        let columns = if want == Want::Rows { prepared.columns.clone() } else { Vec::new() };
        Ok(ResultSet { columns, rows, affected: stream.rows_affected().unwrap_or(0) })
    }
}

/// The parameters as the driver takes them.
pub(super) fn parameters(values: &[Value]) -> impl ExactSizeIterator<Item = Parameter<'_>> {
    values.iter().map(Parameter)
}

/// Notes whether the server has answered everything. Where a result was given up in its middle it has not, and after an
/// error that is not PostgreSQL's own nobody knows.
pub(super) fn settle<T>(lease: &mut Lease, done: Result<T>) -> Result<T> {
    let answered = match &done {
        Ok(_) => true,
        Err(error) => matches!(
            error,
            Error::Database(_)
                | Error::Timeout
                | Error::InvalidParameter(_)
                | Error::InvalidStatement(_)
                | Error::Unavailable(_)
        ),
    };
    if answered {
        lease.state = State::Used;
    }
    done
}
