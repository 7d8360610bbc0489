//! The interface's types, and the SDK's.

use super::wit::{self, Scalar};
use crate::sql::{
    Array, Column, DatabaseError, Date, Error, Interval, Rows, Time, Timestamp, TimestampTz, Value,
};

pub(super) fn parameters(values: Vec<Value>) -> Vec<wit::Value> {
    values
        .into_iter()
        .map(|value| match value {
            Value::Array(Array { lengths, items }) => {
                wit::Value::Array(wit::Array { lengths, items: items.into_iter().map(scalar).collect() })
            }
            value => wit::Value::Scalar(scalar(value)),
        })
        .collect()
}

fn scalar(value: Value) -> Scalar {
    match value {
        // An array holds no arrays, but dimensions.
        Value::Null | Value::Array(_) => Scalar::Null,
        Value::Bool(value) => Scalar::Boolean(value),
        Value::Int2(value) => Scalar::Int2(value),
        Value::Int4(value) => Scalar::Int4(value),
        Value::Int8(value) => Scalar::Int8(value),
        Value::Float4(value) => Scalar::Float4(value),
        Value::Float8(value) => Scalar::Float8(value),
        Value::Numeric(text) => Scalar::Numeric(text),
        Value::Text(text) => Scalar::Text(text),
        Value::Bytes(bytes) => Scalar::Bytea(bytes),
        Value::Uuid(text) => Scalar::Uuid(text),
        Value::Json(text) => Scalar::Json(text),
        Value::Date(Date(days)) => Scalar::Date(days),
        Value::Time(Time(micros)) => Scalar::Time(micros),
        Value::Timestamp(Timestamp(micros)) => Scalar::Timestamp(micros),
        Value::TimestampTz(TimestampTz(micros)) => Scalar::Timestamptz(micros),
        Value::Interval(Interval { months, days, microseconds }) => {
            Scalar::Interval(wit::Interval { months, days, microseconds })
        }
    }
}

fn value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(value),
        Scalar::Int2(value) => Value::Int2(value),
        Scalar::Int4(value) => Value::Int4(value),
        Scalar::Int8(value) => Value::Int8(value),
        Scalar::Float4(value) => Value::Float4(value),
        Scalar::Float8(value) => Value::Float8(value),
        Scalar::Numeric(text) => Value::Numeric(text),
        Scalar::Text(text) => Value::Text(text),
        Scalar::Bytea(bytes) => Value::Bytes(bytes),
        Scalar::Uuid(text) => Value::Uuid(text),
        Scalar::Json(text) => Value::Json(text),
        Scalar::Date(days) => Value::Date(Date(days)),
        Scalar::Time(micros) => Value::Time(Time(micros)),
        Scalar::Timestamp(micros) => Value::Timestamp(Timestamp(micros)),
        Scalar::Timestamptz(micros) => Value::TimestampTz(TimestampTz(micros)),
        Scalar::Interval(wit::Interval { months, days, microseconds }) => {
            Value::Interval(Interval { months, days, microseconds })
        }
    }
}

pub(super) fn row(row: Vec<wit::Value>) -> Vec<Value> {
    row.into_iter()
        .map(|column| match column {
            wit::Value::Scalar(scalar) => value(scalar),
            wit::Value::Array(wit::Array { lengths, items }) => {
                Value::Array(Array { lengths, items: items.into_iter().map(value).collect() })
            }
        })
        .collect()
}

pub(super) fn columns(columns: Vec<wit::Column>) -> Vec<Column> {
    columns.into_iter().map(|wit::Column { name, type_name }| Column { name, type_name }).collect()
}

pub(super) fn rows(result: wit::ResultSet) -> Rows {
    let rows = result.rows.into_iter().map(row).collect();
    Rows { columns: columns(result.columns), rows, affected: result.affected }
}

pub(super) fn error(error: wit::Error) -> Error {
    match error {
        wit::Error::NotGranted(grant) => Error::NotGranted(grant),
        wit::Error::Unavailable(reason) => Error::Unavailable(reason),
        wit::Error::InvalidCredential => Error::InvalidCredential,
        wit::Error::Database(error) => Error::Database(Box::new(database(error))),
        wit::Error::InvalidParameter(wit::ParameterError { index, expected, given }) => {
            Error::InvalidParameter { index, expected, given }
        }
        wit::Error::InvalidStatement(reason) => Error::InvalidStatement(reason),
        wit::Error::TooManyRows(most) => Error::TooManyRows(most),
        wit::Error::TooLarge(most) => Error::TooLarge(most),
        wit::Error::TooManyOpen(most) => Error::TooManyOpen(most),
        wit::Error::Busy => Error::Busy,
        wit::Error::Timeout => Error::Timeout,
        wit::Error::ConnectionLost(reason) => Error::ConnectionLost(reason),
        wit::Error::Unsupported(reason) => Error::Unsupported(reason),
    }
}

fn database(error: wit::DatabaseError) -> DatabaseError {
    let wit::DatabaseError { code, message, detail, hint, position, schema, table, column, constraint } =
        error;
    DatabaseError { code, message, detail, hint, position, schema, table, column, constraint }
}
