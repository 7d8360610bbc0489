//! `native.services.sql`: statements. Who they run as is said by `service`. Parameters are null, texts, which fit every type,
//! and bytes.

use super::bytes::copied;
use super::refusal::{Detail, Refusal, ServiceError};
use super::rows::{Batch, Whole};
use super::transaction;
use crate::task;
use rquickjs::{Array, Ctx, Exception, Function, Object, Promise, Result, Value as Js};
use std::cell::RefCell;
use std::rc::Rc;
use wasmforge_sdk::sql::{self, Batches, Error, Query, Value};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let sql = Object::new(ctx.clone())?;
    sql.set("query", Function::new(ctx.clone(), query)?)?;
    sql.set("stream", Function::new(ctx.clone(), stream)?)?;
    sql.set("begin", Function::new(ctx.clone(), begin)?)?;
    services.set("sql", sql)
}

/// A promise of `{ rows, count }`.
fn query<'js>(ctx: Ctx<'js>, service: bool, text: String, given: Array<'js>) -> Result<Promise<'js>> {
    let query = bound(statement(service, text), parameters(&ctx, &given)?);
    task::settled(&ctx, async { query.result().await.map(Whole).map_err(Refusal::from) })
}

/// An object that gives the rows: see [`reader`].
fn stream<'js>(ctx: Ctx<'js>, service: bool, text: String, given: Array<'js>) -> Result<Object<'js>> {
    let query = bound(statement(service, text), parameters(&ctx, &given)?);
    reader(&ctx, query.batches())
}

/// A promise of a transaction's object.
fn begin(ctx: Ctx<'_>, service: bool) -> Result<Promise<'_>> {
    task::settled(&ctx, async move {
        let begun = if service { sql::as_service().begin().await } else { sql::begin().await };
        begun.map(transaction::Handle::new).map_err(Refusal::from)
    })
}

fn statement(service: bool, text: String) -> Query<'static> {
    if service { sql::as_service().query(text) } else { sql::query(text) }
}

pub(super) fn bound(query: Query<'_>, parameters: Vec<Value>) -> Query<'_> {
    parameters.into_iter().fold(query, Query::bind)
}

pub(super) fn parameters<'js>(ctx: &Ctx<'js>, given: &Array<'js>) -> Result<Vec<Value>> {
    given.iter().map(|value| parameter(ctx, &value?)).collect()
}

fn parameter<'js>(ctx: &Ctx<'js>, value: &Js<'js>) -> Result<Value> {
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text.to_string()?));
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    match value.as_object().and_then(|object| object.as_typed_array::<u8>()) {
        Some(bytes) => Ok(Value::Bytes(copied(bytes))),
        None => Err(Exception::throw_type(ctx, "a parameter is a text, bytes or null")),
    }
}

/// `next()`, a promise of more rows, none at the end, and `close()`.
pub(super) fn reader<'js>(
    ctx: &Ctx<'js>,
    batches: std::result::Result<Batches, Error>,
) -> Result<Object<'js>> {
    let batches = batches.map_err(|error| Refusal::from(error).throw(ctx))?;
    let source = Rc::new(RefCell::new(Some(batches)));
    let closing = source.clone();
    let reader = Object::new(ctx.clone())?;
    let next = move |ctx: Ctx<'js>| {
        let source = source.clone();
        task::settled(&ctx, async move {
            let Some(mut batches) = source.borrow_mut().take() else { return Ok(Batch(Vec::new())) };
            let rows = batches.next().await?;
            *source.borrow_mut() = Some(batches);
            Ok::<_, Refusal>(Batch(rows))
        })
    };
    reader.set("next", Function::new(ctx.clone(), next)?)?;
    reader.set("close", Function::new(ctx.clone(), move || drop(closing.borrow_mut().take()))?)?;
    Ok(reader)
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::InvalidCredential => "invalid-credential",
            Self::Database(_) => "database",
            Self::InvalidParameter { .. } => "invalid-parameter",
            Self::InvalidStatement(_) => "invalid-statement",
            Self::TooManyRows(_) => "too-many-rows",
            Self::TooLarge(_) => "too-large",
            Self::TooManyOpen(_) => "too-many-open",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::ConnectionLost(_) => "connection-lost",
            Self::Unsupported(_) => "unsupported",
            _ => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, Detail)> {
        let Some(error) = self.database() else { return Vec::new() };
        let texts = [
            ("detail", &error.detail),
            ("hint", &error.hint),
            ("schema", &error.schema),
            ("table", &error.table),
            ("column", &error.column),
            ("constraint", &error.constraint),
        ];
        let text = |(name, text): (_, &Option<String>)| Some((name, Detail::Text(text.clone()?)));
        let mut details: Vec<_> = texts.into_iter().filter_map(text).collect();
        details.push(("sqlstate", Detail::Text(error.code.clone())));
        details.extend(error.position.map(|position| ("position", Detail::Number(position))));
        details
    }
}
