//! Reads the history, newest first.

use super::connect::sqlstate;
use super::reader::within;
use super::write_error::WriteError;
use super::{Mode, PostgresRegistry, Shared};
use crate::registry::{CallRow, InvocationQuery, InvocationRow, LineId, LineQuery, LogRow, StatusFilter};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder, Row};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use uuid::Uuid;
use wasmforge_host_api::log::Level;

/// What every reading of an invocation selects.
const INVOCATION: &str =
    "SELECT id, slug, version, started_at, source, method, status, outcome, duration_us, cpu_us,
    peak_memory, fuel, request_bytes, response_bytes, outbound_requests, host_calls, ai_prompt_tokens,
    ai_completion_tokens, call_counts, trace_id, error";

/// What every reading of a line selects.
const LINE: &str =
    "SELECT id, invocation_id, slug, version, logged_at, level, source, message, fields FROM functions.logs";

/// How long one reading may take in the database. A search for a text reads every row that the rest lets through.
const SEARCH: &str = "SET LOCAL statement_timeout = '10s'";

/// How much an invocation's id may be older than its beginning, or younger.
const SKEW: Duration = Duration::from_secs(2);

impl PostgresRegistry {
    /// Invocations, newest first, without their calls.
    ///
    /// # Errors
    /// [`WriteError::Unsupported`] on an unmodified database, [`WriteError::Unavailable`] where it does not answer.
    pub async fn read_invocations(&self, query: &InvocationQuery) -> Result<Vec<InvocationRow>, WriteError> {
        let rows = fetch(&self.0, invocations(query)).await?;
        Ok(rows.iter().map(|row| invocation(row, false)).collect::<Result<_, _>>()?)
    }

    /// One invocation with its calls; `None` where there is none of this id.
    ///
    /// # Errors
    /// As [`PostgresRegistry::read_invocations`].
    pub async fn read_invocation(&self, id: Uuid) -> Result<Option<InvocationRow>, WriteError> {
        let mut query = QueryBuilder::new(INVOCATION);
        query.push(", calls FROM functions.invocations WHERE id = ").push_bind(id);
        let rows = fetch(&self.0, query).await?;
        Ok(rows.first().map(|row| invocation(row, true)).transpose()?)
    }

    /// Log lines, newest first.
    ///
    /// # Errors
    /// As [`PostgresRegistry::read_invocations`].
    pub async fn read_lines(&self, query: &LineQuery) -> Result<Vec<LogRow>, WriteError> {
        let rows = fetch(&self.0, lines(query)).await?;
        Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
    }

    /// Invocations that ended after this moment, newest first; for a reader that was away.
    ///
    /// # Errors
    /// As [`PostgresRegistry::read_invocations`].
    pub async fn read_ended(
        &self,
        slug: Option<&str>,
        after: SystemTime,
        limit: u32,
    ) -> Result<Vec<InvocationRow>, WriteError> {
        let after = OffsetDateTime::from(after);
        // Nothing runs for longer than an hour.
        let begun = after - time::Duration::hours(1);
        let mut query = QueryBuilder::new(INVOCATION);
        query.push(" FROM functions.invocations WHERE started_at > ").push_bind(begun);
        query.push(" AND started_at + duration_us * interval '1 microsecond' > ").push_bind(after);
        if let Some(slug) = slug {
            query.push(" AND slug = ").push_bind(slug.to_owned());
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
        let rows = fetch(&self.0, query).await?;
        Ok(rows.iter().map(|row| invocation(row, false)).collect::<Result<_, _>>()?)
    }
}

pub(super) async fn fetch(
    shared: &Shared,
    mut query: QueryBuilder<Postgres>,
) -> Result<Vec<PgRow>, WriteError> {
    if shared.require()? == Mode::Unmodified {
        return Err(WriteError::Unsupported("the history"));
    }
    within(async {
        let mut transaction = shared.pool.begin().await?;
        sqlx::raw_sql(SEARCH).execute(&mut *transaction).await?;
        let rows = query.build().fetch_all(&mut *transaction).await.map_err(too_slow)?;
        transaction.commit().await?;
        Ok(rows)
    })
    .await
}

/// A search that was stopped is the query's fault, not the database's.
fn too_slow(error: sqlx::Error) -> WriteError {
    match sqlstate(&error).as_deref() {
        Some("57014") => {
            WriteError::Refused("The search takes too long: narrow it by slug or time".to_owned())
        }
        _ => error.into(),
    }
}

fn invocations(query: &InvocationQuery) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(INVOCATION);
    sql.push(" FROM functions.invocations WHERE true");
    if let Some(slug) = &query.slug {
        sql.push(" AND slug = ").push_bind(slug.clone());
    }
    if let Some(outcome) = &query.outcome {
        sql.push(" AND outcome = ").push_bind(outcome.clone());
    }
    match query.status {
        Some(StatusFilter::Exactly(status)) => {
            sql.push(" AND status = ").push_bind(i32::from(status));
        }
        Some(StatusFilter::Class(class)) => {
            let first = i32::from(class) * 100;
            sql.push(" AND status BETWEEN ").push_bind(first).push(" AND ").push_bind(first + 99);
        }
        None => {}
    }
    // The id tells the time too: it bounds what the index is read for.
    if let Some(since) = query.since {
        sql.push(" AND started_at >= ").push_bind(since);
        sql.push(" AND id >= ").push_bind(id_of(since - SKEW));
    }
    if let Some(until) = query.until {
        sql.push(" AND started_at < ").push_bind(until);
        sql.push(" AND id < ").push_bind(id_of(until + SKEW));
    }
    if let Some(least) = query.min_duration_us {
        sql.push(" AND duration_us >= ").push_bind(i64::try_from(least).unwrap_or(i64::MAX));
    }
    if let Some(text) = &query.text {
        sql.push(" AND (error ILIKE ").push_bind(pattern(text));
        sql.push(" OR slug ILIKE ").push_bind(pattern(text));
        // Why a function failed often stands in its log alone.
        sql.push(
            " OR EXISTS (SELECT FROM functions.logs l WHERE l.invocation_id = invocations.id AND l.message ILIKE ",
        );
        sql.push_bind(pattern(text)).push(")");
        // Both of them are 32 digits, one with hyphens.
        if let Ok(id) = text.trim().parse::<Uuid>() {
            sql.push(" OR id = ").push_bind(id).push(" OR trace_id = ").push_bind(id);
        }
        sql.push(")");
    }
    if let Some(before) = query.before {
        sql.push(" AND id < ").push_bind(before);
    }
    sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(query.limit));
    sql
}

fn lines(query: &LineQuery) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(LINE);
    sql.push(" WHERE true");
    if let Some(slug) = &query.slug {
        sql.push(" AND slug = ").push_bind(slug.clone());
    }
    if let Some(invocation) = query.invocation {
        sql.push(" AND invocation_id = ").push_bind(invocation);
    }
    if let Some(level) = query.level {
        let levels: Vec<String> =
            Level::ALL.iter().filter(|l| **l >= level).map(|l| l.name().to_owned()).collect();
        sql.push(" AND level = ANY(").push_bind(levels).push(")");
    }
    if let Some(source) = &query.source {
        sql.push(" AND source = ").push_bind(source.clone());
    }
    if let Some(text) = &query.text {
        sql.push(" AND message ILIKE ").push_bind(pattern(text));
    }
    let bounds = [
        (" AND id >= ", query.since.map(|since| LineId::first_at(since.into()))),
        (" AND id < ", query.until.map(|until| LineId::first_at(until.into()))),
        (" AND id < ", query.before),
        (" AND id > ", query.after),
    ];
    for (comparison, bound) in bounds {
        if let Some(bound) = bound {
            sql.push(comparison).push_bind(bound.number());
        }
    }
    sql.push(if query.oldest_first { " ORDER BY id LIMIT " } else { " ORDER BY id DESC LIMIT " });
    sql.push_bind(i64::from(query.limit));
    sql
}

/// A text anywhere, taken as it is.
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The least version 7 UUID of a moment.
fn id_of(moment: OffsetDateTime) -> Uuid {
    let millis = u128::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}

pub(super) fn invocation(row: &PgRow, calls: bool) -> Result<InvocationRow, sqlx::Error> {
    let number = |name: &str| row.try_get::<i64, _>(name).map(|n| u64::try_from(n).unwrap_or_default());
    let small = |name: &str| number(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let text = |name: &str| row.try_get::<String, _>(name).map(Cow::Owned);
    let counts: Option<Json<BTreeMap<Cow<'static, str>, u32>>> = row.try_get("call_counts")?;
    let calls: Option<Json<Vec<CallRow>>> = if calls { row.try_get("calls")? } else { None };
    Ok(InvocationRow {
        id: row.try_get("id")?,
        slug: row.try_get::<String, _>("slug")?.into(),
        version: row.try_get("version")?,
        started_at: row.try_get("started_at")?,
        source: row.try_get::<Option<String>, _>("source")?.map_or(Cow::Borrowed("http"), Cow::Owned),
        method: text("method")?,
        status: u16::try_from(row.try_get::<i32, _>("status")?).unwrap_or_default(),
        outcome: text("outcome")?,
        duration_us: number("duration_us")?,
        cpu_us: number("cpu_us")?,
        peak_memory: number("peak_memory")?,
        fuel: row.try_get::<Option<i64>, _>("fuel")?.and_then(|fuel| u64::try_from(fuel).ok()),
        request_bytes: number("request_bytes")?,
        response_bytes: number("response_bytes")?,
        outbound_requests: small("outbound_requests")?,
        host_calls: small("host_calls")?,
        ai_prompt_tokens: number("ai_prompt_tokens")?,
        ai_completion_tokens: number("ai_completion_tokens")?,
        call_counts: counts.map(|Json(counts)| counts).unwrap_or_default(),
        calls: calls.map(|Json(calls)| calls).unwrap_or_default(),
        trace_id: row.try_get::<Option<Uuid>, _>("trace_id")?.map(|id| id.as_u128()),
        error: row.try_get("error")?,
    })
}

pub(super) fn line(row: &PgRow) -> Result<LogRow, sqlx::Error> {
    let fields: Option<Json<BTreeMap<String, String>>> = row.try_get("fields")?;
    Ok(LogRow {
        id: LineId::from(row.try_get::<i64, _>("id")?),
        invocation_id: row.try_get("invocation_id")?,
        slug: row.try_get::<String, _>("slug")?.into(),
        version: row.try_get::<Option<i64>, _>("version")?.unwrap_or_default(),
        logged_at: row.try_get("logged_at")?,
        level: row.try_get::<String, _>("level")?.into(),
        source: row.try_get::<Option<String>, _>("source")?.map_or(Cow::Borrowed("log"), Cow::Owned),
        message: row.try_get("message")?,
        fields: fields.map(|Json(fields)| fields.into_iter().collect()).unwrap_or_default(),
    })
}

/// The statement that reads the rows of a batch.
pub(super) fn of_batch(
    table: super::batches::Table,
    first: &str,
    last: &str,
    batch: Uuid,
) -> Option<QueryBuilder<Postgres>> {
    use super::batches::Table;
    let mut sql = QueryBuilder::new(match table {
        Table::Invocations => INVOCATION,
        Table::Logs => LINE,
    });
    match table {
        Table::Invocations => {
            let (first, last) = (first.parse::<Uuid>().ok()?, last.parse::<Uuid>().ok()?);
            sql.push(" FROM functions.invocations WHERE id BETWEEN ").push_bind(first);
            sql.push(" AND ").push_bind(last);
        }
        Table::Logs => {
            let (first, last) = (first.parse::<i64>().ok()?, last.parse::<i64>().ok()?);
            sql.push(" WHERE id BETWEEN ").push_bind(first).push(" AND ").push_bind(last);
        }
    }
    sql.push(" AND batch = ").push_bind(batch).push(" ORDER BY id");
    Some(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_as_it_is() {
        assert_eq!(pattern(r"100%_a\b"), r"%100\%\_a\\b%");
    }

    #[test]
    fn ids_of_a_moment_lie_around_it() {
        let now = OffsetDateTime::now_utc();
        let id = Uuid::now_v7();
        assert!(id_of(now - SKEW) < id && id < id_of(now + SKEW));
    }
}
