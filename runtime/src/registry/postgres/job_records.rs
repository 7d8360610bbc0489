//! The operator's side of `functions.jobs`: what is listed, looked at, run again and taken away.

use super::PostgresRegistry;
use super::jobs::{answer, request, source, status};
use super::reader::within;
use super::write_error::WriteError;
use crate::registry::{JobDetail, JobFilter, JobRecord, NotReplayable};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// The columns of [`record`].
const COLUMNS: &str = "id, source, slug, status, attempts, max_attempts, created_at, finished_at, last_error,
    last_status, trigger_id, key,
    CASE WHEN status IN ('pending', 'retrying') THEN nullif(next_attempt_at, 'infinity') END AS next_attempt_at";

impl PostgresRegistry {
    /// Jobs, newest first.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<JobRecord>, WriteError> {
        let pool = self.0.queue()?;
        let mut query = sqlx::QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(" FROM functions.jobs WHERE true");
        if let Some(status) = filter.status {
            query.push(" AND status = ").push_bind(status.as_str());
        }
        if let Some(source) = filter.source {
            query.push(" AND source = ").push_bind(source.as_str());
        }
        if let Some(slug) = &filter.slug {
            query.push(" AND slug = ").push_bind(slug);
        }
        if let Some(trigger) = filter.trigger {
            query.push(" AND trigger_id = ").push_bind(trigger);
        }
        if let Some((created, id)) = filter.before {
            query.push(" AND (created_at, id) < (").push_bind(created).push(", ").push_bind(id).push(")");
        }
        query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(filter.limit));
        let rows = within(async { Ok(query.build().fetch_all(pool).await?) }).await?;
        Ok(rows.iter().map(record).collect::<Result<_, _>>()?)
    }

    /// One job with its request and its answer.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn job(&self, id: Uuid) -> Result<Option<JobDetail>, WriteError> {
        let pool = self.0.queue()?;
        let mut query = sqlx::QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(
            ", method, target, headers, credential, body, depth, had_credential, answer_status, answer_headers,
                answer_body, erased, expires_at
             FROM functions.jobs WHERE id = ",
        );
        query.push_bind(id);
        let row = within(async { Ok(query.build().fetch_optional(pool).await?) }).await?;
        Ok(row.as_ref().map(detail).transpose()?)
    }

    /// Puts a finished job back in, with all its attempts before it, behind what waits of its row.
    ///
    /// # Errors
    /// [`WriteError`]; why a job is not run again is the value.
    pub async fn replay_job(&self, id: Uuid) -> Result<Result<JobRecord, NotReplayable>, WriteError> {
        let pool = self.0.queue()?;
        let work = async {
            let mut transaction = pool.begin().await?;
            let found = sqlx::query(
                "SELECT status, erased, had_credential FROM functions.jobs WHERE id = $1 FOR UPDATE",
            )
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
            let Some(found) = found else { return Ok(Err(NotReplayable::NotFound)) };
            if !status(&found)?.is_final() {
                return Ok(Err(NotReplayable::Unfinished));
            }
            if found.try_get("erased")? {
                return Ok(Err(NotReplayable::Erased));
            }
            if found.try_get("had_credential")? {
                return Ok(Err(NotReplayable::CredentialErased));
            }
            let mut query = sqlx::QueryBuilder::new(
                "UPDATE functions.jobs SET status = 'pending', attempts = 0, seq = nextval('functions.job_order'),
                    next_attempt_at = clock_timestamp(), finished_at = NULL, expires_at = NULL,
                    answer_status = NULL, answer_headers = NULL, answer_body = NULL
                 WHERE id = ",
            );
            query.push_bind(id).push(" RETURNING ").push(COLUMNS).push(", pg_notify('wasmforge_jobs', '')");
            let row = query.build().fetch_one(&mut *transaction).await?;
            let replayed = record(&row)?;
            transaction.commit().await?;
            Ok(Ok(replayed))
        };
        within(work).await
    }

    /// Takes a job away, whatever its state. One that runs is stopped when its node next renews its lease.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn delete_job(&self, id: Uuid) -> Result<bool, WriteError> {
        let pool = self.0.queue()?;
        let work = async {
            let lane: Option<Option<i64>> =
                sqlx::query_scalar("DELETE FROM functions.jobs WHERE id = $1 RETURNING lane")
                    .bind(id)
                    .fetch_optional(pool)
                    .await?;
            if let Some(Some(lane)) = lane {
                let wake = "SELECT functions.wasmforge_wake_lane($1), pg_notify('wasmforge_jobs', '')";
                sqlx::query(wake).bind(lane).execute(pool).await?;
            }
            Ok(lane.is_some())
        };
        within(work).await
    }
}

fn record(row: &PgRow) -> Result<JobRecord, sqlx::Error> {
    Ok(JobRecord {
        id: row.try_get("id")?,
        source: source(row)?,
        slug: row.try_get("slug")?,
        status: status(row)?,
        attempts: row.try_get("attempts")?,
        max_attempts: row.try_get("max_attempts")?,
        created_at: row.try_get("created_at")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        finished_at: row.try_get("finished_at")?,
        last_error: row.try_get("last_error")?,
        last_status: row.try_get("last_status")?,
        trigger_id: row.try_get("trigger_id")?,
        key: row.try_get("key")?,
    })
}

fn detail(row: &PgRow) -> Result<JobDetail, sqlx::Error> {
    let erased: bool = row.try_get("erased")?;
    Ok(JobDetail {
        record: record(row)?,
        request: if erased { None } else { Some(request(row)?) },
        had_credential: row.try_get("had_credential")?,
        answer: if erased { None } else { answer(row)? },
        expires_at: row.try_get("expires_at")?,
    })
}
