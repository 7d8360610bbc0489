//! How rows of `functions.invocations` are written.

use super::batches::{Batch, Table};
use super::history_writer::{ANNOUNCED, Stored, column, count, text};
use crate::registry::{CallRow, InvocationRow};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

impl Stored for InvocationRow {
    const TABLE: Table = Table::Invocations;

    fn key(&self) -> String {
        self.id.to_string()
    }

    async fn insert(pool: &PgPool, rows: &[Self], batch: &Batch) -> Result<(), sqlx::Error> {
        sqlx::query(AssertSqlSafe(format!(
            "WITH written AS (
                INSERT INTO functions.invocations (id, slug, version, started_at, method, status, outcome,
                    duration_us, cpu_us, peak_memory, request_bytes, response_bytes, outbound_requests, host_calls,
                    ai_prompt_tokens, ai_completion_tokens, error, source, fuel, trace_id, call_counts, calls, batch)
                SELECT a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u::jsonb, v::jsonb, $23
                FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::int[],
                    $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                    $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::text[], $18::text[],
                    $19::bigint[], $20::uuid[], $21::text[], $22::text[])
                    AS r (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)
                ON CONFLICT (id) DO NOTHING RETURNING 1)
             {ANNOUNCED}$24)::text FROM written"
        )))
        .bind(column(rows, |row| row.id))
        .bind(column(rows, |row| row.slug.to_string()))
        .bind(column(rows, |row| row.version))
        .bind(column(rows, |row| row.started_at))
        .bind(column(rows, |row| row.method.to_string()))
        .bind(column(rows, |row| i32::from(row.status)))
        .bind(column(rows, |row| row.outcome.to_string()))
        .bind(column(rows, |row| count(row.duration_us)))
        .bind(column(rows, |row| count(row.cpu_us)))
        .bind(column(rows, |row| count(row.peak_memory)))
        .bind(column(rows, |row| count(row.request_bytes)))
        .bind(column(rows, |row| count(row.response_bytes)))
        .bind(column(rows, |row| i64::from(row.outbound_requests)))
        .bind(column(rows, |row| i64::from(row.host_calls)))
        .bind(column(rows, |row| count(row.ai_prompt_tokens)))
        .bind(column(rows, |row| count(row.ai_completion_tokens)))
        .bind(column(rows, |row| row.error.as_deref().map(text)))
        .bind(column(rows, |row| row.source.to_string()))
        .bind(column(rows, |row| row.fuel.map(count)))
        .bind(column(rows, |row| row.trace_id.map(Uuid::from_u128)))
        .bind(column(rows, |row| json(&row.call_counts, row.call_counts.is_empty())))
        .bind(column(rows, |row| json(&calls(&row.calls), row.calls.is_empty())))
        .bind(batch.batch)
        .bind(batch.payload())
        .execute(pool)
        .await
        .map(drop)
    }
}

fn json(value: &impl Serialize, is_empty: bool) -> Option<String> {
    if is_empty { None } else { serde_json::to_string(value).ok() }
}

/// PostgreSQL's JSON holds no NUL either.
fn calls(calls: &[CallRow]) -> Vec<CallRow> {
    calls.iter().map(|call| CallRow { name: text(&call.name), ..call.clone() }).collect()
}
