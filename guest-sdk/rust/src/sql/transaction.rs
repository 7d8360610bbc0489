//! Statements that take effect together.

use super::query::Runner;
use super::{Error, Query};
use crate::host::sql as host;

/// An open transaction. Dropped without [`commit`](Self::commit), it is rolled back.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction(Option<host::Transaction>);

impl Transaction {
    pub(super) fn new(transaction: host::Transaction) -> Self {
        Self(Some(transaction))
    }

    /// A statement of this transaction.
    pub fn query(&mut self, text: impl Into<String>) -> Query<'_> {
        Query::new(Runner::Within(self), text)
    }

    /// Makes everything that the transaction did last.
    ///
    /// # Errors
    /// [`Error::Database`] with the code `25P02` where a statement failed before, and whatever PostgreSQL checks at a
    /// transaction's end only. Then it is rolled back. After [`Error::ConnectionLost`] it is not known.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.take()?.commit().await
    }

    /// Undoes everything that the transaction did, and waits until that is done.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`]; it is rolled back then too.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.take()?.rollback().await
    }

    pub(super) fn host(&mut self) -> Result<&mut host::Transaction, Error> {
        self.0.as_mut().ok_or_else(ended)
    }

    fn take(&mut self) -> Result<host::Transaction, Error> {
        self.0.take().ok_or_else(ended)
    }
}

fn ended() -> Error {
    Error::ConnectionLost("the transaction has ended".to_owned())
}
