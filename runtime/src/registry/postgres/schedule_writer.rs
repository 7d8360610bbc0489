//! Writes schedules: by InsForge's functions where pg_cron is to fire them, else their rows.

use super::Shared;
use super::schedule_tables::Firing;
use super::write_error::WriteError;
use crate::registry::{Schedule, ScheduleDefinition, ScheduleSettings, SecretError};
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use uuid::Uuid;

impl Shared {
    /// Writes all of a schedule, by InsForge's functions where pg_cron is to fire it.
    pub(super) async fn write_schedule(
        &self,
        transaction: &mut PgConnection,
        firing: Firing,
        id: Uuid,
        definition: &ScheduleDefinition,
        current: Option<&Schedule>,
    ) -> Result<Option<i64>, WriteError> {
        // What pg_cron has no notion of is ours to fire.
        let job = if firing.has_pg_cron() && definition.settings.is_default() {
            let job = upsert_by_insforge(transaction, id, definition).await?;
            if definition.is_active {
                job
            } else {
                ask_insforge(transaction, "disable_job", id).await?;
                None
            }
        } else {
            if firing.has_pg_cron() && current.is_some_and(|current| current.cron_job.is_some()) {
                ask_insforge(transaction, "disable_job", id).await?;
            }
            self.upsert_schedule(transaction, id, definition).await?;
            None
        };
        let ScheduleSettings { time_zone, retries, missed } = &definition.settings;
        sqlx::query(
            "INSERT INTO functions.schedule_settings AS s (job_id, time_zone, retries, missed) VALUES ($1, $2, $3, $4)
             ON CONFLICT (job_id) DO UPDATE SET time_zone = EXCLUDED.time_zone, retries = EXCLUDED.retries,
                missed = EXCLUDED.missed,
                since = CASE WHEN s.time_zone = EXCLUDED.time_zone THEN s.since ELSE clock_timestamp() END",
        )
        .bind(id)
        .bind(time_zone)
        .bind(i32::from(*retries))
        .bind(missed.as_str())
        .execute(transaction)
        .await?;
        Ok(job)
    }

    async fn upsert_schedule(
        &self,
        transaction: &mut PgConnection,
        id: Uuid,
        definition: &ScheduleDefinition,
    ) -> Result<(), WriteError> {
        let encrypted = self.encrypted(transaction, &definition.resolved).await?;
        sqlx::query(
            "INSERT INTO schedules.jobs
                (id, name, cron_schedule, function_url, http_method, encrypted_headers, headers, body, is_active)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, cron_schedule = EXCLUDED.cron_schedule,
                function_url = EXCLUDED.function_url, http_method = EXCLUDED.http_method,
                encrypted_headers = EXCLUDED.encrypted_headers, headers = EXCLUDED.headers, body = EXCLUDED.body,
                is_active = EXCLUDED.is_active, cron_job_id = NULL, updated_at = now()",
        )
        .bind(id)
        .bind(&definition.name)
        .bind(&definition.cron)
        .bind(&definition.url)
        .bind(&definition.method)
        .bind(encrypted)
        .bind(Json(&definition.headers))
        .bind(&definition.body)
        .bind(definition.is_active)
        .execute(transaction)
        .await?;
        Ok(())
    }

    /// The stored form of headers with secrets in them: InsForge's where its function has a key, else that of secrets.
    async fn encrypted(
        &self,
        transaction: &mut PgConnection,
        resolved: &Map<String, Value>,
    ) -> Result<Option<String>, WriteError> {
        if resolved.is_empty() {
            return Ok(None);
        }
        let by_insforge: bool = sqlx::query_scalar(
            "SELECT to_regprocedure('schedules.encrypt_headers(jsonb)') IS NOT NULL
                AND coalesce(current_setting('app.encryption_key', true), '') <> ''",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if by_insforge {
            let query = sqlx::query_scalar("SELECT schedules.encrypt_headers($1)");
            return Ok(query.bind(Json(resolved)).fetch_one(transaction).await?);
        }
        let text = zeroize::Zeroizing::new(Value::Object(resolved.clone()).to_string());
        match self.cipher.encrypt(&text) {
            Ok(stored) => Ok(Some(stored)),
            // Headers are resolved from the secrets at every firing; nothing needs this copy.
            Err(SecretError::NoKey) => Ok(None),
            Err(error) => Err(WriteError::Refused(error.to_string())),
        }
    }
}

async fn upsert_by_insforge(
    transaction: &mut PgConnection,
    id: Uuid,
    definition: &ScheduleDefinition,
) -> Result<Option<i64>, WriteError> {
    let row = sqlx::query(
        "SELECT cron_job_id, success, message FROM schedules.upsert_job($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(&definition.name)
    .bind(&definition.cron)
    .bind(&definition.method)
    .bind(&definition.url)
    .bind(Json(&definition.headers))
    .bind(Json(&definition.resolved))
    .bind(&definition.body)
    .fetch_one(transaction)
    .await?;
    succeeded(&row)?;
    Ok(row.try_get("cron_job_id")?)
}

/// Calls a function of InsForge's that takes a schedule's id.
pub(super) async fn ask_insforge(
    transaction: &mut PgConnection,
    function: &'static str,
    id: Uuid,
) -> Result<(), WriteError> {
    let query = AssertSqlSafe(format!("SELECT success, message FROM schedules.{function}($1)"));
    succeeded(&sqlx::query(query).bind(id).fetch_one(transaction).await?)
}

/// InsForge's functions report failures as rows.
fn succeeded(row: &PgRow) -> Result<(), WriteError> {
    match row.try_get::<Option<bool>, _>("success")? {
        Some(true) => Ok(()),
        _ => Err(WriteError::Refused(row.try_get::<Option<String>, _>("message")?.unwrap_or_default())),
    }
}
