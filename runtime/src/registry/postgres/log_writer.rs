//! How rows of `functions.logs` are written.

use super::history_writer::{Stored, column, text};
use crate::registry::LogRow;
use serde_json::{Map, Value};
use sqlx::PgPool;

impl Stored for LogRow {
    const TABLE: &'static str = "functions.logs";

    async fn insert(pool: &PgPool, rows: &[Self]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO functions.logs (invocation_id, slug, version, logged_at, level, source, message, fields)
             SELECT i, s, v, t, l, o, m, f::jsonb FROM unnest($1::uuid[], $2::text[], $3::bigint[],
                $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[]) AS r (i, s, v, t, l, o, m, f)",
        )
        .bind(column(rows, |row| row.invocation_id))
        .bind(column(rows, |row| row.slug.to_string()))
        .bind(column(rows, |row| row.version))
        .bind(column(rows, |row| row.logged_at))
        .bind(column(rows, |row| row.level.to_owned()))
        .bind(column(rows, |row| row.source.to_owned()))
        .bind(column(rows, |row| text(&row.message)))
        .bind(column(rows, |row| fields(&row.fields)))
        .execute(pool)
        .await
        .map(drop)
    }
}

fn fields(fields: &[(String, String)]) -> Option<String> {
    let object = || fields.iter().map(|(name, value)| (text(name), Value::String(text(value))));
    (!fields.is_empty()).then(|| Value::Object(Map::from_iter(object())).to_string())
}
