//! Transactions of guests, and the connection that each of them holds.

use super::error::{Result, is_stale};
use super::pool::{Lease, State};
use super::run::{Scope, Want, settle};
use super::statement::{Prepared, Request};
use super::wit::{Error, ResultSet};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit};

/// An open transaction. It is rolled back when it is dropped.
pub struct Transaction {
    scope: Arc<Scope>,
    held: Held,
    _open: OwnedSemaphorePermit,
}

/// The connection of a transaction, which one statement uses at a time; `None` once it has ended.
type Held = Arc<Mutex<Option<Lease>>>;

impl Transaction {
    /// Begins.
    pub(super) async fn begin(scope: Arc<Scope>, open: OwnedSemaphorePermit) -> Result<Self> {
        let mut lease = scope.lease().await?;
        lease.state = State::Busy;
        let nothing = async { Ok(()) };
        let connection = lease.connection()?;
        let begun = scope.in_time(async { Ok(scope.begin(connection, nothing).await) }).await?;
        settle(&mut lease, begun)?;
        Ok(Self { scope, held: Arc::new(Mutex::new(Some(lease))), _open: open })
    }

    pub(super) fn scope(&self) -> &Arc<Scope> {
        &self.scope
    }

    /// Takes the connection for one statement.
    ///
    /// # Errors
    /// [`Error::Busy`], and [`Error::ConnectionLost`] after the transaction's end.
    pub(super) fn hold(&self) -> Result<Hold> {
        let guard = self.held.clone().try_lock_owned().map_err(|_| Error::Busy)?;
        match *guard {
            Some(_) => Ok(Hold(guard)),
            None => Err(ended()),
        }
    }
}

fn ended() -> Error {
    Error::ConnectionLost("the transaction has ended".to_owned())
}

/// A transaction's connection in use. Where the use ends before the server has answered, so does the transaction.
pub(super) struct Hold(OwnedMutexGuard<Option<Lease>>);

impl Hold {
    pub(super) fn lease(&mut self) -> Result<&mut Lease> {
        self.0.as_mut().ok_or_else(ended)
    }

    /// Runs one statement of the transaction.
    pub(super) async fn run(mut self, scope: Arc<Scope>, request: Request, want: Want) -> Result<ResultSet> {
        let lease = self.lease()?;
        let work = async {
            let prepared = prepare(&scope, lease, &request).await?;
            lease.state = State::Busy;
            let connection = lease.connection()?;
            let done = scope.collect(&connection.client, &prepared, &request, want).await;
            let done = done.map_err(|failure| scope.error(connection, failure));
            if done.as_ref().is_err_and(is_stale) {
                connection.forget(scope.role, &request.text);
            }
            settle(lease, done)
        };
        scope.in_time(work).await
    }

    /// Commits. A transaction in which a statement failed is not committed, and this says so: the `SELECT` fails.
    pub(super) async fn commit(self, scope: Arc<Scope>) -> Result<()> {
        self.end(scope, "SELECT; COMMIT").await
    }

    /// Rolls back.
    pub(super) async fn roll_back(self, scope: Arc<Scope>) -> Result<()> {
        self.end(scope, "ROLLBACK").await
    }

    async fn end(mut self, scope: Arc<Scope>, how: &str) -> Result<()> {
        let mut lease = self.0.take().ok_or_else(ended)?;
        lease.state = State::Busy;
        let work = async {
            let connection = lease.connection()?;
            let done =
                connection.client.batch_execute(how).await.map_err(|error| scope.error(connection, error));
            settle(&mut lease, done)
        };
        scope.in_time(work).await
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.0.as_ref().is_some_and(|lease| lease.state == State::Busy) {
            *self.0 = None;
        }
    }
}

/// The statement, prepared before or now, with parameters that fit. On a connection within a transaction.
pub(super) async fn prepare(scope: &Scope, lease: &mut Lease, request: &Request) -> Result<Arc<Prepared>> {
    if let Some(prepared) = lease.connection()?.prepared(scope.role, &request.text) {
        prepared.check(&request.parameters)?;
        return Ok(prepared);
    }
    lease.state = State::Busy;
    let connection = lease.connection()?;
    let prepared = Prepared::new(&connection.client, &request.text).await;
    let prepared = prepared.map(Arc::new).map_err(|failure| scope.error(connection, failure));
    if let Ok(prepared) = &prepared {
        connection.keep(scope.role, &request.text, prepared);
    }
    let prepared = settle(lease, prepared)?;
    prepared.check(&request.parameters)?;
    Ok(prepared)
}
