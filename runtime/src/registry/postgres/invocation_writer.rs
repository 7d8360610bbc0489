//! How rows of `functions.invocations` are written.

use super::history_writer::{Stored, column, count, text};
use crate::registry::InvocationRow;
use sqlx::PgPool;

impl Stored for InvocationRow {
    const TABLE: &'static str = "functions.invocations";

    async fn insert(pool: &PgPool, rows: &[Self]) -> Result<(), sqlx::Error> {
        sqlx::query(
        "INSERT INTO functions.invocations (id, slug, version, started_at, method, status, outcome, duration_us,
            cpu_us, peak_memory, request_bytes, response_bytes, outbound_requests, host_calls,
            ai_prompt_tokens, ai_completion_tokens, error)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::int[],
            $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
            $14::bigint[], $15::bigint[], $16::bigint[], $17::text[])
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(column(rows, |row| row.id))
    .bind(column(rows, |row| row.slug.to_string()))
    .bind(column(rows, |row| row.version))
    .bind(column(rows, |row| row.started_at))
    .bind(column(rows, |row| row.method.clone()))
    .bind(column(rows, |row| i32::from(row.status)))
    .bind(column(rows, |row| row.outcome.to_owned()))
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
    .execute(pool)
    .await
    .map(drop)
    }
}
