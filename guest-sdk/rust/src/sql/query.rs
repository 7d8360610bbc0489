//! A statement with its parameters.

use super::{Error, Identity, IntoValue, Row, Rows, Transaction, Value};
use crate::host::sql as host;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A statement that is being put together. Nothing is sent before one of its `fetch` methods, or `execute`, is awaited.
#[derive(Debug)]
#[must_use = "a statement runs when it is fetched or executed"]
pub struct Query<'t> {
    run: Runner<'t>,
    text: String,
    parameters: Vec<Value>,
}

/// Where a statement runs.
#[derive(Debug)]
pub(super) enum Runner<'t> {
    Alone(Identity),
    Within(&'t mut Transaction),
}

impl<'t> Query<'t> {
    pub(super) fn new(run: Runner<'t>, text: impl Into<String>) -> Self {
        Self { run, text: text.into(), parameters: Vec::new() }
    }

    /// Binds the next parameter: the first call is `$1`.
    pub fn bind(mut self, value: impl IntoValue) -> Self {
        self.parameters.push(value.into_value());
        self
    }

    /// Runs the statement and reads all its rows.
    ///
    /// # Errors
    /// [`Error`], of the database or of a row that is not of the type.
    pub async fn fetch_all<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        self.rows().await?.into_iter().map(Row::read).collect()
    }

    /// Runs the statement and reads its first row.
    ///
    /// # Errors
    /// [`Error::NoRow`], a `404`, if there is none; otherwise as [`fetch_all`](Self::fetch_all).
    pub async fn fetch_one<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.fetch_optional().await?.ok_or(Error::NoRow)
    }

    /// Runs the statement and reads its first row, if there is one.
    ///
    /// # Errors
    /// As [`fetch_all`](Self::fetch_all).
    pub async fn fetch_optional<T: DeserializeOwned>(self) -> Result<Option<T>, Error> {
        self.rows().await?.into_iter().next().map(Row::read).transpose()
    }

    /// Runs the statement and leaves its rows as they are.
    ///
    /// # Errors
    /// [`Error`], of the database.
    pub async fn rows(self) -> Result<Vec<Row>, Error> {
        Ok(self.result().await?.into_rows())
    }

    /// Runs the statement and leaves its whole result as it is.
    ///
    /// # Errors
    /// [`Error`], of the database.
    pub async fn result(self) -> Result<Rows, Error> {
        let Self { run, text, parameters } = self;
        match run {
            Runner::Alone(identity) => host::query(identity, &text, parameters).await,
            Runner::Within(transaction) => transaction.host()?.query(&text, parameters).await,
        }
    }

    /// Runs the statement. Returns how many rows it inserted, updated, deleted or returned.
    ///
    /// # Errors
    /// [`Error`], of the database.
    pub async fn execute(self) -> Result<u64, Error> {
        let Self { run, text, parameters } = self;
        match run {
            Runner::Alone(identity) => host::execute(identity, &text, parameters).await,
            Runner::Within(transaction) => transaction.host()?.execute(&text, parameters).await,
        }
    }

    /// Runs the statement and reads its rows as they are asked for: PostgreSQL waits for who does not read.
    ///
    /// # Errors
    /// [`Error`], where the statement cannot be sent. What the database says comes with the rows.
    pub fn fetch<T: DeserializeOwned>(self) -> Result<RowStream<'t, T>, Error> {
        let Self { run, text, parameters } = self;
        let (batches, transaction) = match run {
            Runner::Alone(identity) => (Batches(host::stream(identity, &text, parameters)?), None),
            Runner::Within(transaction) => {
                (Batches(transaction.host()?.stream(&text, parameters)?), Some(transaction))
            }
        };
        let rows = Vec::new().into_iter();
        Ok(RowStream { batches, rows, _transaction: transaction, of: PhantomData })
    }

    /// Runs the statement and reads its rows as the database sends them.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    #[doc(hidden)]
    pub fn batches(self) -> Result<Batches, Error> {
        let Self { run, text, parameters } = self;
        match run {
            Runner::Alone(identity) => host::stream(identity, &text, parameters).map(Batches),
            Runner::Within(transaction) => transaction.host()?.stream(&text, parameters).map(Batches),
        }
    }
}

/// Rows as the database sends them, several at a time. For engines of other languages, which see to it themselves that a
/// transaction does nothing else meanwhile.
#[doc(hidden)]
pub struct Batches(host::Batches);

impl Batches {
    /// The next rows; none at the end.
    ///
    /// # Errors
    /// [`Error`], of the database.
    pub async fn next(&mut self) -> Result<Vec<Row>, Error> {
        self.0.next().await
    }
}

/// Rows that are read as they are asked for.
pub struct RowStream<'t, T> {
    batches: Batches,
    rows: std::vec::IntoIter<Row>,
    /// Its transaction can do nothing else meanwhile.
    _transaction: Option<&'t mut Transaction>,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> RowStream<'_, T> {
    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`Error`], of the database or of a row that is not of the type.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        if self.rows.len() == 0 {
            self.rows = self.batches.next().await?.into_iter();
        }
        self.rows.next().map(Row::read).transpose()
    }
}
