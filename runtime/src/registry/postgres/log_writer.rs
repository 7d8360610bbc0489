//! How rows of `functions.logs` are written.

use super::batches::{Batch, Table};
use super::history_writer::{ANNOUNCED, Stored, column, text};
use crate::registry::LogRow;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, PgPool};

impl Stored for LogRow {
    const TABLE: Table = Table::Logs;

    fn key(&self) -> String {
        // As many digits for every id, so that texts sort as numbers do.
        format!("{:019}", self.id.number())
    }

    async fn insert(pool: &PgPool, rows: &[Self], batch: &Batch) -> Result<(), sqlx::Error> {
        sqlx::query(AssertSqlSafe(format!(
            "WITH written AS (
                INSERT INTO functions.logs (id, invocation_id, slug, version, logged_at, level, source, message,
                    fields, batch)
                SELECT n, i, s, v, t, l, o, m, f::jsonb, $10 FROM unnest($1::bigint[], $2::uuid[], $3::text[],
                    $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[])
                    AS r (n, i, s, v, t, l, o, m, f)
                ON CONFLICT (id) DO NOTHING RETURNING 1)
             {ANNOUNCED}$11)::text FROM written"
        )))
        .bind(column(rows, |row| row.id.number()))
        .bind(column(rows, |row| row.invocation_id))
        .bind(column(rows, |row| row.slug.to_string()))
        .bind(column(rows, |row| row.version))
        .bind(column(rows, |row| row.logged_at))
        .bind(column(rows, |row| row.level.to_string()))
        .bind(column(rows, |row| row.source.to_string()))
        .bind(column(rows, |row| text(&row.message)))
        .bind(column(rows, |row| fields(&row.fields)))
        .bind(batch.batch)
        .bind(batch.payload())
        .execute(pool)
        .await
        .map(drop)
    }
}

fn fields(fields: &[(String, String)]) -> Option<String> {
    let object = || fields.iter().map(|(name, value)| (text(name), Value::String(text(value))));
    (!fields.is_empty()).then(|| Value::Object(Map::from_iter(object())).to_string())
}
