//! A statement as the server has prepared it.

use super::connection::Connection;
use super::error::Result;
use super::value::{Codec, misfit};
use super::wit::{Column, Error, ParameterError, Scalar, Value};
use std::fmt::Write as _;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Row, Statement};

/// Bytes of a statement's text.
const MAX_TEXT: usize = 1024 * 1024;

/// Parameters of one statement; the protocol counts them with 16 bits.
const MAX_PARAMETERS: usize = u16::MAX as usize;

/// What a guest wants to be run.
pub(super) struct Request {
    pub(super) text: std::sync::Arc<str>,
    pub(super) parameters: Vec<Value>,
}

impl Request {
    /// Takes a statement that can be sent at all.
    ///
    /// # Errors
    /// [`Error::InvalidStatement`], and [`Error::TooLarge`] where the parameters are more than `most` bytes.
    pub(super) fn new(text: &str, parameters: Vec<Value>, most: u64) -> Result<Self> {
        if text.len() > MAX_TEXT {
            return Err(Error::InvalidStatement(format!("a statement has at most {MAX_TEXT} bytes")));
        }
        if text.contains('\0') {
            return Err(Error::InvalidStatement("a statement holds no NUL".to_owned()));
        }
        if parameters.len() > MAX_PARAMETERS {
            return Err(Error::InvalidStatement(format!(
                "a statement has at most {MAX_PARAMETERS} parameters"
            )));
        }
        if parameters.iter().map(size).sum::<u64>() > most {
            return Err(Error::TooLarge(most));
        }
        Ok(Self { text: text.into(), parameters })
    }
}

fn size(value: &Value) -> u64 {
    let of_scalar = |scalar: &Scalar| match scalar {
        Scalar::Text(text) | Scalar::Json(text) | Scalar::Numeric(text) | Scalar::Uuid(text) => text.len(),
        Scalar::Bytea(bytes) => bytes.len(),
        _ => 8,
    };
    let bytes = match value {
        Value::Scalar(scalar) => of_scalar(scalar),
        Value::Array(array) => array.items.iter().map(of_scalar).sum(),
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// A prepared statement, and how its rows are read.
pub(super) struct Prepared {
    pub(super) statement: Statement,
    pub(super) columns: Vec<Column>,
    codecs: Vec<Codec>,
    /// Whether its transaction may be committed before its rows were read: what is not written cannot be lost with a
    /// result that is too large.
    pub(super) commits_early: bool,
}

impl Prepared {
    /// Prepares a statement. Where it returns types that have no case in the interface, the same statement is prepared
    /// once more, within one that turns these columns into text.
    pub(super) async fn new(client: &Client, text: &str) -> Result<Self, Failure> {
        let statement = client.prepare(text).await?;
        let columns: Vec<_> = statement
            .columns()
            .iter()
            .map(|column| Column {
                name: column.name().to_owned(),
                type_name: column.type_().name().to_owned(),
            })
            .collect();
        let codecs: Vec<_> = statement.columns().iter().map(|column| Codec::of(column.type_())).collect();
        let commits_early = columns.is_empty() || is_read(text);
        match codecs.iter().cloned().collect() {
            Some(codecs) => Ok(Self { statement, columns, codecs, commits_early }),
            None => {
                let statement = client.prepare(&with_texts(text, &codecs)).await.map_err(|error| {
                    let strange = columns.iter().zip(&codecs).find(|(_, codec)| codec.is_none());
                    match (error.as_db_error(), strange) {
                        (Some(_), Some((column, _))) => Failure::Guest(strange_column(column)),
                        _ => Failure::Driver(error),
                    }
                })?;
                let codecs = codecs.into_iter().map(|codec| codec.unwrap_or(Codec::Text)).collect();
                Ok(Self { statement, columns, codecs, commits_early })
            }
        }
    }

    /// Whether these parameters fit.
    ///
    /// # Errors
    /// [`Error::InvalidStatement`] for their number, [`Error::InvalidParameter`] for the first of another type.
    pub(super) fn check(&self, parameters: &[Value]) -> Result<()> {
        let types = self.statement.params();
        if types.len() != parameters.len() {
            let (expected, given) = (types.len(), parameters.len());
            let message = format!("the statement has {expected} parameters, and {given} were given");
            return Err(Error::InvalidStatement(message));
        }
        for (index, (value, ty)) in (1..).zip(parameters.iter().zip(types)) {
            if let Some(given) = misfit(value, ty) {
                let expected = ty.name().to_owned();
                return Err(Error::InvalidParameter(ParameterError { index, expected, given }));
            }
        }
        Ok(())
    }

    /// Reads a row.
    pub(super) fn decode(&self, row: &Row) -> Result<Vec<Value>> {
        let value = |(index, codec): (usize, &Codec)| {
            let decoded = row.try_get::<_, Option<Raw<'_>>>(index).ok();
            let decoded = decoded.and_then(|raw| codec.decode(raw.map(|Raw(bytes)| bytes)).ok());
            decoded.ok_or_else(|| {
                let name = self.columns.get(index).map_or("?", |column| column.name.as_str());
                Error::Unsupported(format!("the value of the column {name} cannot be read; cast it to text"))
            })
        };
        self.codecs.iter().enumerate().map(value).collect()
    }
}

fn strange_column(column: &Column) -> Error {
    let Column { name, type_name } = column;
    Error::Unsupported(format!("the column {name} is of the type {type_name}; cast it to text"))
}

/// Statements that change nothing, as far as their first word tells. `WITH` may hide an `INSERT`.
fn is_read(text: &str) -> bool {
    let word = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["select", "values", "table", "show", "explain"].iter().any(|read| word.eq_ignore_ascii_case(read))
}

/// A statement around another, which returns the columns without a codec as text.
fn with_texts(text: &str, codecs: &[Option<Codec>]) -> String {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || c == ';');
    let (mut names, mut columns) = (String::new(), String::new());
    for (index, codec) in codecs.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let cast = if codec.is_none() { "::pg_catalog.text" } else { "" };
        let _ = write!(names, "{comma}c{index}");
        let _ = write!(columns, "{comma}c{index}{cast}");
    }
    // The line's end ends a comment.
    format!("WITH statement({names}) AS (\n{text}\n) SELECT {columns} FROM statement")
}

/// Why a statement failed: the driver's reason is not yet the guest's.
#[derive(Debug)]
pub(super) enum Failure {
    Driver(tokio_postgres::Error),
    Guest(Error),
}

impl Failure {
    /// The guest's error.
    pub(super) fn on(self, connection: &Connection, most: u64) -> Error {
        match self {
            Self::Driver(error) => connection.error(&error, most),
            Self::Guest(error) => error,
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Guest(error)
    }
}

/// A column's bytes as they came.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_write_is_committed_last() {
        for text in ["select 1", " \n\tSELECT(1)", "VALUES (1)", "table t", "Show all"] {
            assert!(is_read(text), "{text}");
        }
        for text in
            ["insert into t values (1) returning 1", "with x as (delete from t) select 1", "-- select\n", ""]
        {
            assert!(!is_read(text), "{text}");
        }
    }

    #[test]
    fn columns_without_a_codec_are_asked_for_as_text() {
        let wrapped = with_texts("SELECT a, b FROM t -- all of it\n ; ", &[Some(Codec::Int4), None]);
        assert_eq!(
            wrapped,
            "WITH statement(c0, c1) AS (\nSELECT a, b FROM t -- all of it\n) SELECT c0, c1::pg_catalog.text FROM statement"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert!(matches!(Request::new("select '\0'", vec![], 10), Err(Error::InvalidStatement(_))));
        let large = Value::Scalar(Scalar::Text("x".repeat(11)));
        assert!(matches!(Request::new("select $1", vec![large], 10), Err(Error::TooLarge(10))));
    }
}
