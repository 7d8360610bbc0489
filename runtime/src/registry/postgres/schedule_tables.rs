//! What the database has for schedules, and who fires them in it.

use super::write_error::WriteError;
use super::{Mode, Shared};
use sqlx::Row;

/// Who fires what the tables hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Firing {
    /// pg_cron fires what has a job of its, and we the rest. Schedules are written through InsForge's functions.
    WithPgCron,
    /// We fire everything.
    Alone,
}

impl Firing {
    /// Whether rows with a job of pg_cron's are left to it.
    pub(super) fn has_pg_cron(self) -> bool {
        self == Self::WithPgCron
    }
}

/// The columns without which a table is none that we know.
const COLUMNS: i64 = 13;

impl Shared {
    /// Who fires schedules here.
    ///
    /// # Errors
    /// [`WriteError::Unsupported`] where the database has no place for schedules.
    pub(super) async fn schedule_tables(&self) -> Result<Firing, WriteError> {
        if self.require()? == Mode::Unmodified {
            return Err(WriteError::Unsupported("a schedule"));
        }
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('schedules.jobs')
                    AND NOT attisdropped AND attname IN ('id', 'name', 'cron_schedule', 'function_url', 'http_method',
                        'encrypted_headers', 'headers', 'body', 'is_active', 'cron_job_id', 'last_executed_at',
                        'created_at', 'updated_at')) AS columns,
                to_regclass('schedules.job_logs') IS NOT NULL AS logs,
                to_regprocedure('cron.schedule(text, text)') IS NOT NULL
                    AND to_regprocedure('schedules.upsert_job(uuid, text, text, text, text, jsonb, jsonb, jsonb)')
                        IS NOT NULL AS pg_cron",
        )
        .fetch_one(&self.pool)
        .await?;
        if row.try_get::<i64, _>("columns")? != COLUMNS || !row.try_get::<bool, _>("logs")? {
            return Err(WriteError::Unsupported("a schedule"));
        }
        Ok(if row.try_get("pg_cron")? { Firing::WithPgCron } else { Firing::Alone })
    }
}
