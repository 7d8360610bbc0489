//! The database of a test on the host: a closure.

use crate::sql::{Error, Identity, Row, Rows, Value};
use crate::testing;

/// A statement, as a stand-in of the database sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Who it runs as.
    pub identity: Identity,
    /// Its text.
    pub text: String,
    /// What was bound.
    pub parameters: Vec<Value>,
}

fn answer(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<Rows, Error> {
    match testing::fake(&testing::SQL) {
        Some(database) => database(&Statement { identity, text: text.to_owned(), parameters }),
        None => Err(Error::Unavailable("there is a database inside the sandbox only".to_owned())),
    }
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn query(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<Rows, Error> {
    answer(identity, text, parameters)
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn execute(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<u64, Error> {
    answer(identity, text, parameters).map(|rows| rows.affected)
}

pub(crate) fn stream(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<Batches, Error> {
    Ok(Batches(Some(answer(identity, text, parameters)?)))
}

#[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
pub(crate) async fn begin(identity: Identity) -> Result<Transaction, Error> {
    Ok(Transaction(identity))
}

/// A whole result, in one batch.
#[derive(Debug)]
pub(crate) struct Batches(Option<Rows>);

impl Batches {
    #[allow(clippy::unused_async, reason = "the sandbox's own one waits")]
    pub(crate) async fn next(&mut self) -> Result<Vec<Row>, Error> {
        Ok(self.0.take().map(Rows::into_rows).unwrap_or_default())
    }
}

/// A transaction of a stand-in: its statements are like any other.
#[derive(Debug)]
pub(crate) struct Transaction(Identity);

impl Transaction {
    pub(crate) async fn query(&mut self, text: &str, parameters: Vec<Value>) -> Result<Rows, Error> {
        query(self.0, text, parameters).await
    }

    pub(crate) async fn execute(&mut self, text: &str, parameters: Vec<Value>) -> Result<u64, Error> {
        execute(self.0, text, parameters).await
    }

    pub(crate) fn stream(&mut self, text: &str, parameters: Vec<Value>) -> Result<Batches, Error> {
        stream(self.0, text, parameters)
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        execute(self.0, "COMMIT", Vec::new()).await.map(drop)
    }

    pub(crate) async fn rollback(self) -> Result<(), Error> {
        execute(self.0, "ROLLBACK", Vec::new()).await.map(drop)
    }
}
