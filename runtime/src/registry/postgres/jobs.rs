//! The queue's side of `functions.jobs`: what puts jobs in, leases them, and ends them.

use super::write_error::WriteError;
use super::{Mode, PostgresRegistry, Shared};
use crate::registry::{
    Attempt, Backlog, Ending, JobRequest, JobResult, JobSource, JobStatus, LeasedJob, NewJob, SecretError,
    StoredAnswer, StoredHeaders,
};
use bytes::Bytes;
use serde_json::{Map, Value};
use sqlx::postgres::{PgListener, PgRow};
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use std::collections::HashMap;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// What wakes the queue's workers.
const CHANNEL: &str = "wasmforge_jobs";

/// Rows that one statement of a sweep takes.
const PORTION: i64 = 5000;

/// How much longer than its content the row of a request is kept, so that its URL answers `410` and not `404`.
const TOMBSTONE_SECONDS: f64 = 7.0 * 24.0 * 3600.0;

/// Held while sweeping: one node is enough.
const SWEEP_LOCK: i64 = 0x7761_736d_6a6f_6273;

/// What a lease asks for.
#[derive(Debug)]
pub struct LeaseRequest<'a> {
    /// Who asks.
    pub node: Uuid,
    /// How many jobs at most.
    pub free: u32,
    /// How many of one function at most, with those that run.
    pub each: u32,
    /// How many of each function the node runs.
    pub busy: &'a HashMap<String, u32>,
    /// For how long.
    pub lease: Duration,
    /// The function that had its turn last.
    pub after: &'a str,
}

impl PostgresRegistry {
    /// Whether the database has a queue and answers.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] and [`WriteError::Unsupported`].
    pub fn require_queue(&self) -> Result<(), WriteError> {
        self.0.queue().map(drop)
    }

    /// Puts a job in, unless `most` of its function wait already: then `false`.
    ///
    /// # Errors
    /// [`WriteError`], where the database has no queue, fails, or is away.
    pub async fn enqueue(&self, job: &NewJob, most: u32) -> Result<bool, WriteError> {
        let pool = self.0.queue()?;
        let statement = "WITH waiting AS (SELECT count(*) AS jobs FROM (SELECT FROM functions.jobs
                WHERE slug = $2 AND status IN ('pending', 'retrying') AND source = 'async' LIMIT $11) AS capped),
            added AS (INSERT INTO functions.jobs
                (id, source, slug, key, max_attempts, depth, method, target, headers, credential, had_credential,
                    body)
                SELECT $1, 'async', $2, $3, $4, $5, $6, $7, $8, $9, $9 IS NOT NULL, $10
                FROM waiting WHERE waiting.jobs < $11 RETURNING 1)
            SELECT pg_notify('wasmforge_jobs', '') FROM added";
        let request = &job.request;
        let added = sqlx::query(statement)
            .bind(job.id)
            .bind(job.slug.as_str())
            .bind(&job.key)
            .bind(i32::from(job.max_attempts))
            .bind(i32::try_from(request.depth).unwrap_or(i32::MAX))
            .bind(&request.method)
            .bind(&request.target)
            .bind(Json(&request.headers))
            .bind(&request.credential)
            .bind(&*request.body)
            .bind(i64::from(most))
            .fetch_optional(pool)
            .await?;
        Ok(added.is_some())
    }

    /// Encrypts what must not lie about in the clear.
    ///
    /// # Errors
    /// [`SecretError::NoKey`].
    pub fn seal(&self, text: &str) -> Result<String, SecretError> {
        self.0.cipher.encrypt(text)
    }

    /// Decrypts it.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn unseal(&self, stored: &str) -> Result<zeroize::Zeroizing<String>, SecretError> {
        self.0.cipher.decrypt(stored)
    }

    /// Leases jobs to a node.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn lease_jobs(&self, asked: &LeaseRequest<'_>) -> Result<Vec<LeasedJob>, WriteError> {
        let pool = self.0.queue()?;
        let busy: Map<String, Value> =
            asked.busy.iter().map(|(slug, count)| (slug.clone(), Value::from(*count))).collect();
        let rows = sqlx::query(
            "SELECT id, source, slug, key, trigger_id, attempts, max_attempts, method, target, headers, credential,
                body, depth, nullif(next_attempt_at, 'infinity') AS due_at
             FROM functions.wasmforge_lease_jobs($1, $2, $3, $4, make_interval(secs => $5), $6)",
        )
        .bind(asked.node)
        .bind(i32::try_from(asked.free).unwrap_or(i32::MAX))
        .bind(i32::try_from(asked.each).unwrap_or(i32::MAX))
        .bind(Value::Object(busy))
        .bind(asked.lease.as_secs_f64())
        .bind(asked.after)
        .fetch_all(pool)
        .await?;
        Ok(rows.iter().map(leased).collect::<Result<_, _>>()?)
    }

    /// Keeps these jobs for longer. Returns those that are still the node's.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn renew_leases(
        &self,
        node: Uuid,
        jobs: &[Uuid],
        lease: Duration,
    ) -> Result<Vec<Uuid>, WriteError> {
        let renewed = sqlx::query_scalar(
            "UPDATE functions.jobs SET lease_until = clock_timestamp() + make_interval(secs => $3)
             WHERE id = ANY ($2) AND lease_owner = $1 AND status = 'running' RETURNING id",
        )
        .bind(node)
        .bind(jobs)
        .bind(lease.as_secs_f64())
        .fetch_all(self.0.queue()?)
        .await?;
        Ok(renewed)
    }

    /// Ends an attempt; `false` where the lease was lost. A job that is finished is kept for `keep`.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn finish_job(
        &self,
        node: Uuid,
        job: Uuid,
        attempt: &Attempt,
        keep: Duration,
    ) -> Result<bool, WriteError> {
        let (word, counts, delay) = match attempt.ending {
            Ending::Succeeded => (JobStatus::Succeeded, true, Duration::ZERO),
            Ending::Dead => (JobStatus::Dead, true, Duration::ZERO),
            Ending::Retry(delay) => (JobStatus::Retrying, true, delay),
            Ending::Postponed(delay) => (JobStatus::Retrying, false, delay),
        };
        let answer = attempt.answer.as_ref();
        let ended = sqlx::query_scalar(
            "SELECT functions.wasmforge_finish_job($1, $2, $3, $4, make_interval(secs => $5),
                make_interval(secs => $6), $7, $8, $9, $10, $11)",
        )
        .bind(job)
        .bind(node)
        .bind(word.as_str())
        .bind(counts)
        .bind(delay.as_secs_f64())
        .bind(keep.as_secs_f64())
        // PostgreSQL's text holds no NUL.
        .bind(attempt.error.as_ref().map(|error| error.replace('\0', "\u{fffd}")))
        .bind(attempt.status.map(i32::from))
        .bind(answer.map(|answer| i32::from(answer.status)))
        .bind(answer.map(|answer| Json(&answer.headers)))
        .bind(answer.map(|answer| &*answer.body))
        .fetch_one(self.0.queue()?)
        .await?;
        Ok(ended)
    }

    /// Gives the node's leases back, as if the jobs had not been tried.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn give_jobs_back(&self, node: Uuid) -> Result<u64, WriteError> {
        let given = sqlx::query(
            "WITH given AS (UPDATE functions.jobs SET status = 'retrying', attempts = attempts - 1,
                    next_attempt_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
                WHERE lease_owner = $1 AND status = 'running' RETURNING 1)
             SELECT pg_notify('wasmforge_jobs', '') FROM given",
        )
        .bind(node)
        .fetch_all(self.0.queue()?)
        .await?;
        Ok(given.len() as u64)
    }

    /// Frees the jobs of nodes that went away. Returns how many there were.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn reap_jobs(&self, keep: Duration) -> Result<u64, WriteError> {
        let freed: i32 =
            sqlx::query_scalar("SELECT functions.wasmforge_reap_jobs(make_interval(secs => $1))")
                .bind(keep.as_secs_f64())
                .fetch_one(self.0.queue()?)
                .await?;
        Ok(u64::try_from(freed).unwrap_or_default())
    }

    /// How long until the next job is due; nothing where one is.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn next_job_due(&self) -> Result<Option<Duration>, WriteError> {
        let seconds: Option<f64> = sqlx::query_scalar(
            "SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 FROM functions.jobs
             WHERE status IN ('pending', 'retrying') AND next_attempt_at < 'infinity'
             ORDER BY next_attempt_at LIMIT 1",
        )
        .fetch_optional(self.0.queue()?)
        .await?;
        Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok()))
    }

    /// How much waits.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn backlog(&self) -> Result<Backlog, WriteError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM (SELECT FROM functions.jobs
                    WHERE status IN ('pending', 'retrying') LIMIT 100000) AS capped),
                (SELECT extract(epoch FROM clock_timestamp() - min(next_attempt_at))::float8 FROM functions.jobs
                    WHERE status IN ('pending', 'retrying'))",
        )
        .fetch_one(self.0.queue()?)
        .await?;
        let unfinished: i64 = row.try_get(0)?;
        let oldest: Option<f64> = row.try_get(1)?;
        Ok(Backlog {
            unfinished: u64::try_from(unfinished).unwrap_or_default(),
            oldest: oldest.and_then(|age| Duration::try_from_secs_f64(age.max(0.0)).ok()).unwrap_or_default(),
        })
    }

    /// Takes away some of what was kept for as long as it is kept, unless another node does at this moment. Returns whether
    /// there may be more.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn sweep_jobs(&self) -> Result<bool, WriteError> {
        let mut transaction = self.0.queue()?.begin().await?;
        let alone: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
            .bind(SWEEP_LOCK)
            .fetch_one(&mut *transaction)
            .await?;
        if !alone {
            return Ok(false);
        }
        let erase = "UPDATE functions.jobs SET erased = true, headers = '[]', body = NULL, credential = NULL,
                answer_headers = NULL, answer_body = NULL
            WHERE id IN (SELECT id FROM functions.jobs
                WHERE expires_at < clock_timestamp() AND source = 'async' AND NOT erased LIMIT $1)";
        let gone = "DELETE FROM functions.jobs WHERE id IN (SELECT id FROM functions.jobs
            WHERE expires_at < clock_timestamp() - CASE source
                WHEN 'async' THEN make_interval(secs => $2) ELSE interval '0' END LIMIT $1)";
        let erased = sqlx::query(erase).bind(PORTION).execute(&mut *transaction).await?;
        let gone = sqlx::query(gone).bind(PORTION).bind(TOMBSTONE_SECONDS).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok([erased, gone].iter().any(|swept| swept.rows_affected() >= PORTION.unsigned_abs()))
    }

    /// What has become of a request; `None` where there is none of this id and function.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn job_result(&self, slug: &str, id: Uuid) -> Result<Option<JobResult>, WriteError> {
        let row = sqlx::query(
            "SELECT status, answer_status, answer_headers, answer_body, last_error,
                erased OR coalesce(expires_at < clock_timestamp(), false) AS expired
             FROM functions.jobs WHERE id = $1 AND slug = $2 AND source = 'async'",
        )
        .bind(id)
        .bind(slug)
        .fetch_optional(self.0.queue()?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let status = status(&row)?;
        if !status.is_final() {
            return Ok(Some(JobResult::Unfinished(status)));
        }
        if row.try_get("expired")? {
            return Ok(Some(JobResult::Expired));
        }
        Ok(Some(match answer(&row)? {
            Some(answer) => JobResult::Answered(answer),
            None => JobResult::Failed(row.try_get::<Option<_>, _>("last_error")?.unwrap_or_default()),
        }))
    }

    /// Listens for jobs that are put in.
    ///
    /// # Errors
    /// Where the database is away.
    pub async fn listen_for_jobs(&self) -> Result<PgListener, WriteError> {
        let mut listener = PgListener::connect_with(self.0.queue()?).await?;
        listener.eager_reconnect(false);
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}

impl Shared {
    /// Connections to a database that has a queue.
    pub(super) fn queue(&self) -> Result<&PgPool, WriteError> {
        match self.require()? {
            Mode::Full => Ok(&self.jobs),
            Mode::Unmodified => Err(WriteError::Unsupported("a job")),
        }
    }
}

fn leased(row: &PgRow) -> Result<LeasedJob, sqlx::Error> {
    let count = |name| row.try_get::<i32, _>(name).map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    Ok(LeasedJob {
        id: row.try_get("id")?,
        source: source(row)?,
        slug: row.try_get("slug")?,
        key: row.try_get("key")?,
        trigger_id: row.try_get("trigger_id")?,
        attempts: count("attempts")?,
        max_attempts: count("max_attempts")?,
        due_at: row.try_get::<Option<OffsetDateTime>, _>("due_at")?,
        request: request(row)?,
    })
}

/// Reads the columns of a request.
pub(super) fn request(row: &PgRow) -> Result<JobRequest, sqlx::Error> {
    Ok(JobRequest {
        method: row.try_get("method")?,
        target: row.try_get("target")?,
        headers: headers(row.try_get("headers")?),
        credential: row.try_get("credential")?,
        body: row.try_get::<Option<Vec<u8>>, _>("body")?.unwrap_or_default().into(),
        depth: u32::try_from(row.try_get::<i32, _>("depth")?).unwrap_or_default(),
    })
}

/// Reads the columns of an answer.
pub(super) fn answer(row: &PgRow) -> Result<Option<StoredAnswer>, sqlx::Error> {
    let Some(status) = row.try_get::<Option<i32>, _>("answer_status")? else { return Ok(None) };
    Ok(Some(StoredAnswer {
        status: u16::try_from(status).unwrap_or_default(),
        headers: headers(row.try_get::<Option<Value>, _>("answer_headers")?.unwrap_or_default()),
        body: row.try_get::<Option<Vec<u8>>, _>("answer_body")?.map(Bytes::from).unwrap_or_default(),
    }))
}

/// Pairs that somebody else has written are left out where they are none.
fn headers(stored: Value) -> StoredHeaders {
    serde_json::from_value(stored).unwrap_or_default()
}

pub(super) fn source(row: &PgRow) -> Result<JobSource, sqlx::Error> {
    JobSource::by_name(row.try_get("source")?).ok_or_else(|| unknown("source"))
}

pub(super) fn status(row: &PgRow) -> Result<JobStatus, sqlx::Error> {
    JobStatus::by_name(row.try_get("status")?).ok_or_else(|| unknown("status"))
}

/// The table's own checks let no other word in.
fn unknown(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: "the word is not known".into() }
}
