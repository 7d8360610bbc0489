//! Schedules as their API reads and writes them.

use super::reader::within;
use super::schedule_tables::Firing;
use super::write_error::WriteError;
use super::{PostgresRegistry, Shared};
use crate::registry::{Missed, Schedule, ScheduleDefinition, ScheduleLog, ScheduleSettings, SecretError};
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use uuid::Uuid;

/// The columns of [`schedule`].
const SELECT: &str =
    "SELECT j.id, j.name, j.cron_schedule, j.function_url, j.http_method, j.headers, j.body, j.cron_job_id,
        j.is_active, j.last_executed_at, j.created_at, j.updated_at, s.time_zone, s.retries, s.missed
    FROM schedules.jobs j LEFT JOIN functions.schedule_settings s ON s.job_id = j.id";

impl PostgresRegistry {
    /// Every schedule, newest first.
    ///
    /// # Errors
    /// [`WriteError::Unsupported`] where the database has no place for schedules, and what the database may do.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, WriteError> {
        within(async {
            self.0.schedule_tables().await?;
            let query = AssertSqlSafe(format!("{SELECT} ORDER BY j.created_at DESC NULLS LAST, j.id"));
            let rows = sqlx::query(query).fetch_all(&self.0.pool).await?;
            Ok(rows.iter().map(schedule).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// One schedule, if it is there.
    ///
    /// # Errors
    /// As [`schedules`](Self::schedules).
    pub async fn schedule(&self, id: Uuid) -> Result<Option<Schedule>, WriteError> {
        within(async {
            self.0.schedule_tables().await?;
            let query = AssertSqlSafe(format!("{SELECT} WHERE j.id = $1"));
            let row = sqlx::query(query).bind(id).fetch_optional(&self.0.pool).await?;
            Ok(row.as_ref().map(schedule).transpose()?)
        })
        .await
    }

    /// Makes a schedule. Returns its id and pg_cron's job, where that fires it.
    ///
    /// # Errors
    /// [`WriteError::Refused`] with pg_cron's reason, and as [`schedules`](Self::schedules).
    pub async fn create_schedule(
        &self,
        definition: &ScheduleDefinition,
    ) -> Result<(Uuid, Option<i64>), WriteError> {
        let id = Uuid::new_v4();
        let job = within(async {
            let firing = self.0.schedule_tables().await?;
            let mut transaction = self.0.pool.begin().await?;
            let job = self.0.write_schedule(&mut transaction, firing, id, definition, None).await?;
            transaction.commit().await?;
            Ok(job)
        })
        .await?;
        self.0.schedules_changed();
        Ok((id, job))
    }

    /// Changes a schedule into what `change` makes of it, and nobody else does meanwhile. `None` where there is none of
    /// this id; else pg_cron's job, where that fires it.
    ///
    /// # Errors
    /// What `change` returns, and as [`create_schedule`](Self::create_schedule).
    pub async fn update_schedule<E: From<WriteError>>(
        &self,
        id: Uuid,
        change: impl FnOnce(&Schedule) -> Result<ScheduleDefinition, E>,
    ) -> Result<Option<Option<i64>>, E> {
        let written = within(async {
            let firing = self.0.schedule_tables().await?;
            let mut transaction = self.0.pool.begin().await?;
            let query = AssertSqlSafe(format!("{SELECT} WHERE j.id = $1 FOR UPDATE OF j"));
            let row = sqlx::query(query).bind(id).fetch_optional(&mut *transaction).await?;
            let Some(current) = row.as_ref().map(schedule).transpose()? else { return Ok(Ok(None)) };
            let definition = match change(&current) {
                Ok(definition) => definition,
                Err(error) => return Ok(Err(error)),
            };
            let job =
                self.0.write_schedule(&mut transaction, firing, id, &definition, Some(&current)).await?;
            transaction.commit().await?;
            Ok(Ok(Some(job)))
        })
        .await?;
        self.0.schedules_changed();
        written
    }

    /// Has a schedule fire, or not; nothing, it stays as it is. `None` where there is none of this id; else pg_cron's job,
    /// where that fires it.
    ///
    /// # Errors
    /// As [`create_schedule`](Self::create_schedule).
    pub async fn toggle_schedule(
        &self,
        id: Uuid,
        is_active: Option<bool>,
    ) -> Result<Option<Option<i64>>, WriteError> {
        let toggled = within(async {
            let firing = self.0.schedule_tables().await?;
            let mut transaction = self.0.pool.begin().await?;
            let query = AssertSqlSafe(format!("{SELECT} WHERE j.id = $1 FOR UPDATE OF j"));
            let row = sqlx::query(query).bind(id).fetch_optional(&mut *transaction).await?;
            let Some(current) = row.as_ref().map(schedule).transpose()? else { return Ok(None) };
            let Some(is_active) = is_active.filter(|is_active| *is_active != current.is_active) else {
                return Ok(Some(current.cron_job));
            };
            match is_active {
                true if firing.has_pg_cron() && current.settings.is_default() => {
                    ask_insforge(&mut transaction, "enable_job", id).await?;
                }
                false if firing.has_pg_cron() && current.cron_job.is_some() => {
                    ask_insforge(&mut transaction, "disable_job", id).await?;
                }
                _ => {
                    let statement =
                        "UPDATE schedules.jobs SET is_active = $2, updated_at = now() WHERE id = $1";
                    sqlx::query(statement).bind(id).bind(is_active).execute(&mut *transaction).await?;
                }
            }
            let job = sqlx::query_scalar("SELECT cron_job_id FROM schedules.jobs WHERE id = $1")
                .bind(id)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(job))
        })
        .await?;
        self.0.schedules_changed();
        Ok(toggled)
    }

    /// Deletes a schedule with its history. Returns whether there was one.
    ///
    /// # Errors
    /// As [`create_schedule`](Self::create_schedule).
    pub async fn delete_schedule(&self, id: Uuid) -> Result<bool, WriteError> {
        let deleted = within(async {
            let firing = self.0.schedule_tables().await?;
            let mut transaction = self.0.pool.begin().await?;
            let job: Option<Option<i64>> =
                sqlx::query_scalar("SELECT cron_job_id FROM schedules.jobs WHERE id = $1 FOR UPDATE")
                    .bind(id)
                    .fetch_optional(&mut *transaction)
                    .await?;
            let Some(job) = job else { return Ok(false) };
            if firing.has_pg_cron() && job.is_some() {
                ask_insforge(&mut transaction, "delete_job", id).await?;
            } else {
                sqlx::query("DELETE FROM schedules.jobs WHERE id = $1")
                    .bind(id)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(true)
        })
        .await?;
        self.0.schedules_changed();
        Ok(deleted)
    }

    /// A part of a schedule's history, newest first, and how many entries there are.
    ///
    /// # Errors
    /// As [`schedules`](Self::schedules).
    pub async fn schedule_logs(
        &self,
        id: Uuid,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ScheduleLog>, i64), WriteError> {
        within(async {
            self.0.schedule_tables().await?;
            let rows = sqlx::query(
                "SELECT l.id, l.executed_at, l.status_code, l.success, l.duration_ms, l.message, r.attempt, r.due_at,
                    r.invocation_id
                 FROM schedules.job_logs l LEFT JOIN functions.schedule_runs r ON r.log_id = l.id
                 WHERE l.job_id = $1 ORDER BY l.executed_at DESC NULLS LAST, l.id LIMIT $2 OFFSET $3",
            )
            .bind(id)
            .bind(limit)
            .bind(offset)
            .fetch_all(&self.0.pool)
            .await?;
            let total = sqlx::query_scalar("SELECT count(*) FROM schedules.job_logs WHERE job_id = $1")
                .bind(id)
                .fetch_one(&self.0.pool)
                .await?;
            Ok((rows.iter().map(log).collect::<Result<_, _>>()?, total))
        })
        .await
    }

    /// For how many days history is kept; `None`, for ever.
    ///
    /// # Errors
    /// As [`schedules`](Self::schedules).
    pub async fn schedule_retention(&self) -> Result<Option<i32>, WriteError> {
        within(async {
            self.0.schedule_tables().await?;
            let days: Option<Option<i32>> =
                sqlx::query_scalar("SELECT retention_days FROM schedules.config LIMIT 1")
                    .fetch_optional(&self.0.pool)
                    .await?;
            Ok(days.flatten())
        })
        .await
    }

    /// Keeps history for so many days.
    ///
    /// # Errors
    /// As [`schedules`](Self::schedules).
    pub async fn set_schedule_retention(&self, days: Option<i32>) -> Result<(), WriteError> {
        within(async {
            self.0.schedule_tables().await?;
            sqlx::query(
                "INSERT INTO schedules.config (retention_days) VALUES ($1)
                 ON CONFLICT ((1)) DO UPDATE SET retention_days = EXCLUDED.retention_days, updated_at = now()",
            )
            .bind(days)
            .execute(&self.0.pool)
            .await?;
            Ok(())
        })
        .await
    }

    /// Asks for a run as soon as a node has a place for it. Returns the run's id; `None` where there is no such schedule.
    ///
    /// # Errors
    /// As [`schedules`](Self::schedules).
    pub async fn run_schedule(&self, id: Uuid) -> Result<Option<Uuid>, WriteError> {
        let run = within(async {
            self.0.schedule_tables().await?;
            let run = sqlx::query_scalar(
                "INSERT INTO functions.schedule_runs (job_id, due_at, source, state)
                 SELECT id, clock_timestamp(), 'manual', 'waiting' FROM schedules.jobs WHERE id = $1
                 RETURNING run_id",
            );
            Ok(run.bind(id).fetch_optional(&self.0.pool).await?)
        })
        .await?;
        self.0.schedules_changed();
        Ok(run)
    }
}

impl Shared {
    /// Has the scheduler of this node look again. The others are told by a notification.
    pub(super) fn schedules_changed(&self) {
        self.schedules.send_modify(|times| *times = times.wrapping_add(1));
    }

    /// Writes all of a schedule, by InsForge's functions where pg_cron is to fire it.
    async fn write_schedule(
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
async fn ask_insforge(
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

fn schedule(row: &PgRow) -> Result<Schedule, sqlx::Error> {
    let default = ScheduleSettings::default();
    let retries: Option<i32> = row.try_get("retries")?;
    let missed: Option<String> = row.try_get("missed")?;
    Ok(Schedule {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        cron: row.try_get("cron_schedule")?,
        url: row.try_get("function_url")?,
        method: row.try_get("http_method")?,
        headers: row.try_get("headers")?,
        body: row.try_get("body")?,
        cron_job: row.try_get("cron_job_id")?,
        is_active: row.try_get("is_active")?,
        last_executed_at: row.try_get("last_executed_at")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        settings: ScheduleSettings {
            time_zone: row.try_get::<Option<_>, _>("time_zone")?.unwrap_or(default.time_zone),
            retries: retries.and_then(|retries| retries.try_into().ok()).unwrap_or(default.retries),
            missed: missed.as_deref().and_then(Missed::of).unwrap_or(default.missed),
        },
    })
}

fn log(row: &PgRow) -> Result<ScheduleLog, sqlx::Error> {
    Ok(ScheduleLog {
        id: row.try_get("id")?,
        executed_at: row.try_get("executed_at")?,
        status: row.try_get("status_code")?,
        success: row.try_get("success")?,
        duration_ms: row.try_get("duration_ms")?,
        message: row.try_get("message")?,
        attempt: row.try_get("attempt")?,
        due_at: row.try_get("due_at")?,
        invocation: row.try_get("invocation_id")?,
    })
}
