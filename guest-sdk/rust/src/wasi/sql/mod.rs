//! The database of the sandbox: `wasmforge:platform/sql`.

mod convert;

#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::panic, unsafe_code, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world sql { import wasmforge:platform/sql@0.1.0; }",
        world: "wasmforge:guest/sql",
        with: { "wasi:io/poll@0.2.12": wasip2::io::poll },
        generate_all,
    });
}

use super::reactor;
use crate::sql::{Column, Error, Identity, Row, Rows, Value};
use bindings::wasmforge::platform::sql as wit;
use std::rc::Rc;

fn open(identity: Identity) -> Result<wit::Session, Error> {
    let identity = match identity {
        Identity::Caller => wit::Identity::Caller,
        Identity::Service => wit::Identity::Service,
    };
    wit::Session::open(identity).map_err(convert::error)
}

/// Waits for one of the interface's futures.
macro_rules! wait {
    ($future:expr) => {{
        let future = $future;
        loop {
            match future.get() {
                Some(result) => break result.map_err(convert::error),
                None => reactor::ready(future.subscribe()).await,
            }
        }
    }};
}

pub(crate) async fn query(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<Rows, Error> {
    let session = open(identity)?;
    wait!(session.query(text, &convert::parameters(parameters))).map(convert::rows)
}

pub(crate) async fn execute(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<u64, Error> {
    let session = open(identity)?;
    wait!(session.execute(text, &convert::parameters(parameters)))
}

pub(crate) fn stream(identity: Identity, text: &str, parameters: Vec<Value>) -> Result<Batches, Error> {
    let rows = open(identity)?.stream(text, &convert::parameters(parameters));
    Ok(Batches { rows, columns: None })
}

pub(crate) async fn begin(identity: Identity) -> Result<Transaction, Error> {
    let session = open(identity)?;
    wait!(session.begin()).map(Transaction)
}

/// Rows as they come.
pub(crate) struct Batches {
    rows: wit::RowStream,
    columns: Option<Rc<[Column]>>,
}

impl Batches {
    /// The next rows; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<Row>, Error> {
        let rows = loop {
            match self.rows.next() {
                Some(rows) => break rows.map_err(convert::error)?,
                None => reactor::ready(self.rows.subscribe()).await,
            }
        };
        let columns = self.columns.get_or_insert_with(|| convert::columns(self.rows.columns()).into());
        Ok(rows.into_iter().map(|row| Row { columns: columns.clone(), values: convert::row(row) }).collect())
    }
}

#[derive(Debug)]
pub(crate) struct Transaction(wit::Transaction);

impl Transaction {
    pub(crate) async fn query(&mut self, text: &str, parameters: Vec<Value>) -> Result<Rows, Error> {
        wait!(self.0.query(text, &convert::parameters(parameters))).map(convert::rows)
    }

    pub(crate) async fn execute(&mut self, text: &str, parameters: Vec<Value>) -> Result<u64, Error> {
        wait!(self.0.execute(text, &convert::parameters(parameters)))
    }

    pub(crate) fn stream(&mut self, text: &str, parameters: Vec<Value>) -> Result<Batches, Error> {
        Ok(Batches { rows: self.0.stream(text, &convert::parameters(parameters)), columns: None })
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        wait!(self.0.commit())
    }

    pub(crate) async fn rollback(self) -> Result<(), Error> {
        wait!(self.0.rollback())
    }
}
