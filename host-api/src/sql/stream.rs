//! Rows that are read while they are used.

use super::error::{Result, is_stale};
use super::pool::{Lease, State};
use super::run::{Scope, parameters, settle};
use super::statement::{Prepared, Request};
use super::transaction::{Hold, prepare};
use super::wit::{Column, Error, Value};
use futures_util::stream::Fuse;
use futures_util::{FutureExt as _, StreamExt as _};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::{Row, RowStream};
use wasmforge_sandbox::RunningCall;
use wasmtime_wasi::p2::Pollable;

/// Rows of one batch.
const BATCH_ROWS: usize = 512;

/// Bytes after which a batch ends.
const BATCH_BYTES: usize = 256 * 1024;

type Batch = Vec<Vec<Value>>;

/// The stream as its guest holds it. It makes progress while the guest polls.
pub struct Rows {
    state: Progress,
    columns: Vec<Column>,
    call: Option<RunningCall>,
}

enum Progress {
    Reading(Pin<Box<dyn Future<Output = Step> + Send>>),
    Ready(Box<Step>),
    Ended,
}

/// A batch, and where the next one comes from, unless this was the last.
type Step = (Result<Batch>, Option<Source>);

impl Rows {
    /// A stream that `open` opens.
    pub(super) fn new(open: impl Future<Output = Result<Source>> + Send + 'static) -> Self {
        let first = async {
            match open.await {
                Ok(source) => source.next().await,
                Err(error) => (Err(error), None),
            }
        };
        Self { state: Progress::Reading(Box::pin(first)), columns: Vec::new(), call: None }
    }

    /// A stream that could not be opened.
    pub(super) fn failed(error: Error) -> Self {
        Self { state: Progress::Ready(Box::new((Err(error), None))), columns: Vec::new(), call: None }
    }

    /// The same as a call that ends with the last batch, or when its guest has had enough.
    pub(super) fn timed(mut self, call: RunningCall) -> Self {
        self.call = Some(call);
        self
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    /// The batch that is there, if one is.
    pub(super) fn take(&mut self) -> Option<Result<Batch>> {
        match std::mem::replace(&mut self.state, Progress::Ended) {
            Progress::Reading(future) => {
                self.state = Progress::Reading(future);
                None
            }
            Progress::Ready(step) => {
                let (batch, source) = *step;
                if let Err(_failed) = &batch {
                    // Dropped, a call has failed.
                    self.call = None;
                }
                match (&source, self.call.take()) {
                    (None, Some(call)) => call.finish(true),
                    (_, call) => self.call = call,
                }
                if let Some(source) = source {
                    self.state = Progress::Reading(Box::pin(source.next()));
                }
                Some(batch)
            }
            Progress::Ended => Some(Ok(Vec::new())),
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            call.finish(true);
        }
    }
}

#[async_trait::async_trait]
impl Pollable for Rows {
    async fn ready(&mut self) {
        if let Progress::Reading(future) = &mut self.state {
            let step = future.await;
            if let (_, Some(source)) = &step
                && self.columns.is_empty()
            {
                self.columns.clone_from(&source.prepared.columns);
            }
            self.state = Progress::Ready(Box::new(step));
        }
    }
}

/// An open result.
pub(super) struct Source {
    /// Fused: the driver takes another look past the end for a lost connection.
    rows: Pin<Box<Fuse<RowStream>>>,
    prepared: Arc<Prepared>,
    scope: Arc<Scope>,
    connection: On,
    _open: OwnedSemaphorePermit,
}

/// Where a stream runs.
enum On {
    /// On a connection and in a transaction of its own.
    Alone(Box<Lease>),
    /// In a transaction of the guest's.
    Within(Hold),
}

impl On {
    fn lease(&mut self) -> Result<&mut Lease> {
        match self {
            Self::Alone(lease) => Ok(lease),
            Self::Within(hold) => hold.lease(),
        }
    }
}

impl Source {
    /// Opens a stream in a transaction of its own.
    pub(super) async fn alone(
        scope: Arc<Scope>,
        request: Request,
        open: OwnedSemaphorePermit,
    ) -> Result<Self> {
        let mut lease = scope.lease().await?;
        lease.state = State::Busy;
        let begun = {
            let connection = lease.connection()?;
            scope.in_time(async { Ok(scope.begin(connection, async { Ok(()) }).await) }).await?
        };
        settle(&mut lease, begun)?;
        Self::open(scope, On::Alone(Box::new(lease)), request, open).await
    }

    /// Opens a stream in a transaction of the guest's.
    pub(super) async fn within(
        hold: Hold,
        scope: Arc<Scope>,
        request: Request,
        open: OwnedSemaphorePermit,
    ) -> Result<Self> {
        Self::open(scope, On::Within(hold), request, open).await
    }

    async fn open(
        scope: Arc<Scope>,
        mut connection: On,
        request: Request,
        open: OwnedSemaphorePermit,
    ) -> Result<Self> {
        let lease = connection.lease()?;
        let work = async {
            let prepared = prepare(&scope, lease, &request).await?;
            lease.state = State::Busy;
            let client = &lease.connection()?.client;
            let rows = client.query_raw(&prepared.statement, parameters(&request.parameters)).await;
            match rows {
                Ok(rows) => Ok((prepared, rows)),
                Err(error) => {
                    let connection = lease.connection()?;
                    let error = scope.error(connection, error);
                    if is_stale(&error) {
                        connection.forget(scope.role, &request.text);
                    }
                    settle(lease, Err(error))
                }
            }
        };
        let (prepared, rows) = scope.in_time(work).await?;
        Ok(Self { rows: Box::pin(rows.fuse()), prepared, scope, connection, _open: open })
    }

    /// The next batch. After the last one the stream's own transaction is committed.
    async fn next(mut self) -> Step {
        let scope = self.scope.clone();
        match scope.in_time(self.batch()).await {
            Ok(batch) if batch.is_empty() => (self.end().await.map(|()| batch), None),
            Ok(batch) => (Ok(batch), Some(self)),
            Err(error) => (Err(error), None),
        }
    }

    async fn batch(&mut self) -> Result<Batch> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut next = self.rows.next().await;
        while let Some(row) = next {
            let row = self.row(row)?;
            bytes += row.raw_size_bytes();
            batch.push(self.prepared.decode(&row)?);
            if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
                break;
            }
            // What has come already; for more, the guest need not wait.
            next = match self.rows.next().now_or_never() {
                Some(next) => next,
                None => break,
            };
        }
        if batch.is_empty() {
            self.connection.lease()?.state = State::Used;
        }
        Ok(batch)
    }

    fn row(&mut self, row: Result<Row, tokio_postgres::Error>) -> Result<Row> {
        let most = self.scope.invocation.limits.sql_bytes;
        let lease = self.connection.lease()?;
        match row {
            Ok(row) if u64::try_from(row.raw_size_bytes()).is_ok_and(|bytes| bytes <= most) => Ok(row),
            Ok(_) => Err(Error::TooLarge(most)),
            Err(error) => {
                let error = self.scope.error(lease.connection()?, error);
                settle(lease, Err(error))
            }
        }
    }

    async fn end(self) -> Result<()> {
        let Self { scope, connection: On::Alone(mut lease), .. } = self else { return Ok(()) };
        lease.state = State::Busy;
        let work = async {
            let connection = lease.connection()?;
            let done = connection.client.batch_execute("COMMIT").await;
            let done = done.map_err(|error| scope.error(connection, error));
            settle(&mut lease, done)
        };
        scope.in_time(work).await
    }
}
