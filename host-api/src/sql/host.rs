//! The interface `wasmforge:platform/sql`, as guests call it.

use super::Sql;
use super::error::Result;
use super::run::{Scope, Want};
use super::statement::Request;
use super::stream::{Rows, Source};
use super::summary::summary;
use super::transaction::Transaction;
use super::wit::{
    Column, Error, Host, HostFutureCount, HostFutureEnd, HostFutureResult, HostFutureTransaction,
    HostRowStream, HostSession, HostTransaction, Identity, ResultSet, Value,
};
use crate::{Pending, View};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use wasmforge_sandbox::{CallKind, RunningCall};
use wasmtime::component::{Resource, ResourceTableError};
use wasmtime_wasi::p2::{DynPollable, subscribe};

/// The database as somebody.
pub struct Session(Arc<Scope>);

/// A result, with its place among those that were not taken.
type Answer<T> = (Result<T>, Option<OwnedSemaphorePermit>);

pub type FutureResult = Pending<Answer<ResultSet>>;
pub type FutureCount = Pending<Answer<u64>>;
pub type FutureEnd = Pending<Answer<()>>;
pub type FutureTransaction = Pending<Answer<Transaction>>;

fn failed<T: Send + 'static>(error: Error) -> Pending<Answer<T>> {
    Pending::Ready((Err(error), None))
}

/// What a future's `get` returns.
fn take<T: Send + 'static>(pending: &mut Pending<Answer<T>>) -> Option<Result<T>> {
    let taken = || Error::ConnectionLost("the result was handed out before".to_owned());
    pending.take().map(|answer| answer.map_or_else(|| Err(taken()), |(result, _place)| result))
}

fn alone(scope: Arc<Scope>, request: Result<Request>, want: Want) -> FutureResult {
    let request = match request {
        Ok(request) => request,
        Err(error) => return failed(error),
    };
    Pending::new(async move {
        match scope.statement().await {
            Ok(place) => (scope.alone(&request, want).await, Some(place)),
            Err(error) => (Err(error), None),
        }
    })
}

fn within(transaction: &Transaction, request: Result<Request>, want: Want) -> FutureResult {
    let scope = transaction.scope().clone();
    match request.and_then(|request| Ok((request, transaction.hold()?))) {
        Ok((request, hold)) => Pending::new(async move { (hold.run(scope, request, want).await, None) }),
        Err(error) => failed(error),
    }
}

fn counted(result: FutureResult) -> FutureCount {
    let count = |(result, place): Answer<ResultSet>| (result.map(|result| result.affected), place);
    match result {
        Pending::Running(future) => Pending::new(async move { count(future.await) }),
        Pending::Ready(answer) => Pending::Ready(count(answer)),
        Pending::Taken => Pending::Taken,
    }
}

impl View<'_> {
    /// Begins a call of this name.
    fn begin_call(&self, name: impl Into<String>) -> RunningCall {
        self.services.invocation().usage.begin_call(CallKind::Sql, name)
    }

    fn request(&self, statement: &str, parameters: Vec<Value>) -> Result<Request> {
        Request::new(statement, parameters, self.services.invocation().limits.sql_bytes)
    }

    fn scope(&self, session: &Resource<Session>) -> Result<Arc<Scope>, ResourceTableError> {
        Ok(self.table.get(session)?.0.clone())
    }

    fn get<T: Send + 'static>(
        &mut self,
        pending: &Resource<Pending<Answer<T>>>,
    ) -> wasmtime::Result<Option<Result<T>>> {
        Ok(take(self.table.get_mut(pending)?))
    }
}

impl Host for View<'_> {}

impl HostSession for View<'_> {
    fn open(&mut self, identity: Identity) -> wasmtime::Result<Result<Resource<Session>>> {
        let scope = self.services.session::<Sql>()?.scope(identity);
        Ok(match scope {
            Ok(scope) => Ok(self.table.push(Session(Arc::new(scope)))?),
            Err(error) => Err(error),
        })
    }

    fn query(
        &mut self,
        session: Resource<Session>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Resource<FutureResult>> {
        let call = self.begin_call(summary(&statement));
        let result = alone(self.scope(&session)?, self.request(&statement, parameters), Want::Rows);
        Ok(self.table.push(result.timed(call))?)
    }

    fn execute(
        &mut self,
        session: Resource<Session>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Resource<FutureCount>> {
        let call = self.begin_call(summary(&statement));
        let result = alone(self.scope(&session)?, self.request(&statement, parameters), Want::Count);
        Ok(self.table.push(counted(result).timed(call))?)
    }

    fn stream(
        &mut self,
        session: Resource<Session>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Resource<Rows>> {
        let call = self.begin_call(summary(&statement));
        let scope = self.scope(&session)?;
        let request = self.request(&statement, parameters);
        let rows = match request.and_then(|request| Ok((request, scope.opening()?))) {
            Ok((request, open)) => Rows::new(Source::alone(scope, request, open)),
            Err(error) => Rows::failed(error),
        };
        Ok(self.table.push(rows.timed(call))?)
    }

    fn begin(&mut self, session: Resource<Session>) -> wasmtime::Result<Resource<FutureTransaction>> {
        let call = self.begin_call("BEGIN");
        let scope = self.scope(&session)?;
        let transaction = match scope.opening() {
            Ok(open) => Pending::new(async move { (Transaction::begin(scope, open).await, None) }),
            Err(error) => failed(error),
        };
        Ok(self.table.push(transaction.timed(call))?)
    }

    fn drop(&mut self, session: Resource<Session>) -> wasmtime::Result<()> {
        self.table.delete(session)?;
        Ok(())
    }
}

impl HostTransaction for View<'_> {
    fn query(
        &mut self,
        transaction: Resource<Transaction>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Resource<FutureResult>> {
        let call = self.begin_call(summary(&statement));
        let request = self.request(&statement, parameters);
        let result = within(self.table.get(&transaction)?, request, Want::Rows);
        Ok(self.table.push(result.timed(call))?)
    }

    fn execute(
        &mut self,
        transaction: Resource<Transaction>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Resource<FutureCount>> {
        let call = self.begin_call(summary(&statement));
        let request = self.request(&statement, parameters);
        let result = within(self.table.get(&transaction)?, request, Want::Count);
        Ok(self.table.push(counted(result).timed(call))?)
    }

    fn stream(
        &mut self,
        transaction: Resource<Transaction>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Resource<Rows>> {
        let call = self.begin_call(summary(&statement));
        let request = self.request(&statement, parameters);
        let transaction = self.table.get(&transaction)?;
        let scope = transaction.scope().clone();
        let ready = request.and_then(|request| Ok((request, transaction.hold()?, scope.opening()?)));
        let rows = match ready {
            Ok((request, hold, open)) => Rows::new(Source::within(hold, scope, request, open)),
            Err(error) => Rows::failed(error),
        };
        Ok(self.table.push(rows.timed(call))?)
    }

    fn commit(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<Resource<FutureEnd>> {
        let call = self.begin_call("COMMIT");
        let transaction = self.table.get(&transaction)?;
        let scope = transaction.scope().clone();
        let end = match transaction.hold() {
            Ok(hold) => Pending::new(async move { (hold.commit(scope).await, None) }),
            Err(error) => failed(error),
        };
        Ok(self.table.push(end.timed(call))?)
    }

    fn rollback(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<Resource<FutureEnd>> {
        let call = self.begin_call("ROLLBACK");
        let transaction = self.table.get(&transaction)?;
        let scope = transaction.scope().clone();
        let end = match transaction.hold() {
            Ok(hold) => Pending::new(async move { (hold.roll_back(scope).await, None) }),
            Err(error) => failed(error),
        };
        Ok(self.table.push(end.timed(call))?)
    }

    fn drop(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<()> {
        self.table.delete(transaction)?;
        Ok(())
    }
}

impl HostRowStream for View<'_> {
    fn subscribe(&mut self, rows: Resource<Rows>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, rows)
    }

    fn columns(&mut self, rows: Resource<Rows>) -> wasmtime::Result<Vec<Column>> {
        Ok(self.table.get(&rows)?.columns())
    }

    fn next(&mut self, rows: Resource<Rows>) -> wasmtime::Result<Option<Result<Vec<Vec<Value>>>>> {
        Ok(self.table.get_mut(&rows)?.take())
    }

    fn drop(&mut self, rows: Resource<Rows>) -> wasmtime::Result<()> {
        self.table.delete(rows)?;
        Ok(())
    }
}

impl HostFutureTransaction for View<'_> {
    fn subscribe(&mut self, pending: Resource<FutureTransaction>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, pending)
    }

    fn get(
        &mut self,
        pending: Resource<FutureTransaction>,
    ) -> wasmtime::Result<Option<Result<Resource<Transaction>>>> {
        Ok(match View::get(self, &pending)? {
            Some(Ok(transaction)) => Some(Ok(self.table.push(transaction)?)),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }

    fn drop(&mut self, pending: Resource<FutureTransaction>) -> wasmtime::Result<()> {
        self.table.delete(pending)?;
        Ok(())
    }
}

/// The futures whose result needs no handle.
macro_rules! futures {
    ($($host:ident, $future:ty, $output:ty;)+) => {$(
        impl $host for View<'_> {
            fn subscribe(&mut self, pending: Resource<$future>) -> wasmtime::Result<Resource<DynPollable>> {
                subscribe(self.table, pending)
            }

            fn get(&mut self, pending: Resource<$future>) -> wasmtime::Result<Option<Result<$output>>> {
                View::get(self, &pending)
            }

            fn drop(&mut self, pending: Resource<$future>) -> wasmtime::Result<()> {
                self.table.delete(pending)?;
                Ok(())
            }
        }
    )+};
}

futures! {
    HostFutureResult, FutureResult, ResultSet;
    HostFutureCount, FutureCount, u64;
    HostFutureEnd, FutureEnd, ();
}
