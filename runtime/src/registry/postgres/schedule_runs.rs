//! Which due times are whose to run, and what became of them.
//!
//! A due time is taken by inserting its row: the primary key lets one node succeed. A row whose node does not renew its
//! lease is recorded as lost.

use super::PostgresRegistry;
use super::schedule_tables::Firing;
use super::write_error::WriteError;
use crate::registry::{ClaimedRun, DueTime, FinishedRun, PlannedSchedule};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::watch;
use uuid::Uuid;

/// How long a node is believed to be there without another word from it.
const LEASE: f64 = 15.0;
/// Held while a downtime is settled, so that one node does it.
const MISSED_LOCK: i64 = 0x7761_736d_6d69_7373;

/// The active schedules that are ours to fire, and up to when their due times are settled.
const PLANNED: &str = "SELECT j.id, j.cron_schedule, coalesce(s.time_zone, 'UTC') AS time_zone,
        greatest(coalesce(s.since, j.updated_at, j.created_at, clock_timestamp()),
            (SELECT max(r.due_at) FROM functions.schedule_runs r WHERE r.job_id = j.id AND r.source = 'schedule')
        ) AS settled
    FROM schedules.jobs j LEFT JOIN functions.schedule_settings s ON s.job_id = j.id
    WHERE j.is_active AND (j.cron_job_id IS NULL OR NOT $1::bool)";

/// Takes due times, where the plan that they follow from still stands. In the order of their keys, so that two nodes that
/// insert the same wait for each other in one direction only.
const CLAIM_DUE: &str = "WITH due AS (
        SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) AS d (job_id, due_at, cron, zone)),
    claimed AS (
        INSERT INTO functions.schedule_runs (job_id, due_at, state, node, started_at, lease_until)
        SELECT d.job_id, d.due_at, 'running', $5::uuid, clock_timestamp(), clock_timestamp() + make_interval(secs => $6)
        FROM due d JOIN schedules.jobs j ON j.id = d.job_id
            LEFT JOIN functions.schedule_settings s ON s.job_id = j.id
        WHERE j.is_active AND (j.cron_job_id IS NULL OR NOT $7::bool) AND j.cron_schedule = d.cron
            AND coalesce(s.time_zone, 'UTC') = d.zone AND (s.since IS NULL OR d.due_at > s.since)
        ORDER BY d.job_id, d.due_at
        ON CONFLICT DO NOTHING RETURNING job_id, due_at, attempt, run_id)
    SELECT c.*, j.function_url, j.http_method, j.headers, j.body
    FROM claimed c JOIN schedules.jobs j ON j.id = c.job_id";

/// Settles due times that passed while nobody was there: the last of them is taken, or recorded as skipped. A node that
/// comes later finds a settled due time in its own gap.
const CLAIM_MISSED: &str = "WITH missed AS (
        SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $8::timestamptz[])
            AS d (job_id, due_at, cron, zone, settled)),
    taken AS (
        INSERT INTO functions.schedule_runs
            (job_id, due_at, state, node, started_at, lease_until, finished_at, log_id)
        SELECT d.job_id, d.due_at, CASE WHEN p.once THEN 'running' ELSE 'skipped' END,
            CASE WHEN p.once THEN $5::uuid END, CASE WHEN p.once THEN clock_timestamp() END,
            CASE WHEN p.once THEN clock_timestamp() + make_interval(secs => $6) END,
            CASE WHEN NOT p.once THEN clock_timestamp() END, CASE WHEN NOT p.once THEN gen_random_uuid() END
        FROM missed d JOIN schedules.jobs j ON j.id = d.job_id
            LEFT JOIN functions.schedule_settings s ON s.job_id = j.id,
            LATERAL (SELECT coalesce(s.missed, 'skip') = 'run-once' AS once) p
        WHERE j.is_active AND (j.cron_job_id IS NULL OR NOT $7::bool) AND j.cron_schedule = d.cron
            AND coalesce(s.time_zone, 'UTC') = d.zone AND (s.since IS NULL OR d.due_at > s.since)
            AND NOT EXISTS (SELECT FROM functions.schedule_runs r WHERE r.job_id = d.job_id AND r.source = 'schedule'
                AND r.due_at > d.settled AND r.due_at <= d.due_at)
        ORDER BY d.job_id
        ON CONFLICT DO NOTHING RETURNING job_id, due_at, attempt, run_id, state, log_id),
    logged AS (
        INSERT INTO schedules.job_logs (id, job_id, executed_at, status_code, success, duration_ms, message)
        SELECT log_id, job_id, clock_timestamp(), 0, false, 0,
            'Missed: no node was there when it was due, nor at any due time before it'
        FROM taken WHERE state = 'skipped')
    SELECT t.job_id, t.due_at, t.attempt, t.run_id, j.function_url, j.http_method, j.headers, j.body
    FROM taken t JOIN schedules.jobs j ON j.id = t.job_id WHERE t.state = 'running'";

/// Takes runs that wait: retries, and those that somebody asked for.
const CLAIM_WAITING: &str = "WITH next AS (
        SELECT run_id FROM functions.schedule_runs WHERE state = 'waiting' AND run_at <= clock_timestamp()
        ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED)
    UPDATE functions.schedule_runs r SET state = 'running', node = $2, started_at = clock_timestamp(),
        lease_until = clock_timestamp() + make_interval(secs => $3)
    FROM next n, schedules.jobs j
    WHERE r.run_id = n.run_id AND j.id = r.job_id
        AND (r.source = 'manual' OR (j.is_active AND (j.cron_job_id IS NULL OR NOT $4::bool)))
    RETURNING r.job_id, r.due_at, r.attempt, r.run_id, j.function_url, j.http_method, j.headers, j.body";

/// Records how runs ended, and the next tries of those that failed. Schedules are locked first and in their order, as
/// whoever deletes one does. A run that was given up meanwhile stays lost.
const FINISH: &str = "WITH done AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bool[], $4::int[], $5::bigint[], $6::text[], $7::uuid[],
            $8::float8[]) AS d (run_id, job_id, success, status, duration_ms, message, invocation_id, backoff)),
    locked AS (
        SELECT id, is_active FROM schedules.jobs WHERE id = ANY($2) ORDER BY id FOR NO KEY UPDATE),
    ended AS (
        UPDATE functions.schedule_runs r SET state = CASE WHEN d.success THEN 'succeeded' ELSE 'failed' END,
            finished_at = clock_timestamp(), log_id = gen_random_uuid(), invocation_id = d.invocation_id
        FROM done d JOIN locked l ON l.id = d.job_id
        WHERE r.run_id = d.run_id AND r.state = 'running' AND r.node = $9
        RETURNING r.job_id, r.due_at, r.attempt, r.source, r.log_id, l.is_active, d.success, d.status, d.duration_ms,
            d.message, d.backoff),
    logged AS (
        INSERT INTO schedules.job_logs (id, job_id, executed_at, status_code, success, duration_ms, message)
        SELECT log_id, job_id, clock_timestamp(), status, success, duration_ms, message FROM ended),
    touched AS (
        UPDATE schedules.jobs j SET last_executed_at = clock_timestamp() WHERE id IN (SELECT job_id FROM ended)),
    again AS (
        INSERT INTO functions.schedule_runs (job_id, due_at, attempt, source, state, run_at)
        SELECT e.job_id, e.due_at, e.attempt + 1, e.source, 'waiting',
            clock_timestamp() + make_interval(secs => e.backoff)
        FROM ended e JOIN functions.schedule_settings s ON s.job_id = e.job_id
        WHERE NOT e.success AND e.attempt <= s.retries AND (e.is_active OR e.source = 'manual')
        ORDER BY e.job_id, e.due_at
        ON CONFLICT DO NOTHING RETURNING run_at)
    SELECT (SELECT count(*) FROM ended) AS ended, (SELECT count(*) FROM again) AS again";

/// Gives up the runs of nodes that have gone. Nobody knows how far they came, so that only a schedule that asks for
/// retries has them tried again.
const EXPIRE: &str = "WITH gone AS (
        SELECT run_id FROM functions.schedule_runs WHERE state = 'running' AND lease_until < clock_timestamp()
        ORDER BY run_id LIMIT 500 FOR UPDATE SKIP LOCKED),
    lost AS (
        UPDATE functions.schedule_runs r SET state = 'lost', finished_at = clock_timestamp(),
            log_id = gen_random_uuid()
        FROM gone g WHERE r.run_id = g.run_id RETURNING r.*),
    logged AS (
        INSERT INTO schedules.job_logs (id, job_id, executed_at, status_code, success, duration_ms, message)
        SELECT l.log_id, l.job_id, clock_timestamp(), 500, false,
            (extract(epoch FROM clock_timestamp() - l.started_at) * 1000)::bigint,
            'Lost: the node that ran it has gone; what it asked for may have been done'
        FROM lost l JOIN schedules.jobs j ON j.id = l.job_id),
    again AS (
        INSERT INTO functions.schedule_runs (job_id, due_at, attempt, source, state)
        SELECT l.job_id, l.due_at, l.attempt + 1, l.source, 'waiting'
        FROM lost l JOIN schedules.jobs j ON j.id = l.job_id
            JOIN functions.schedule_settings s ON s.job_id = l.job_id
        WHERE l.attempt <= s.retries AND (j.is_active OR l.source = 'manual')
        ON CONFLICT DO NOTHING)
    SELECT count(*) FROM lost";

impl PostgresRegistry {
    /// Changes whenever schedules may have.
    #[must_use]
    pub fn schedule_changes(&self) -> watch::Receiver<u64> {
        self.0.schedules.subscribe()
    }

    /// The schedules to plan for, and the database's time.
    ///
    /// # Errors
    /// [`WriteError::Unsupported`] where the database has no place for schedules, and what the database may do.
    pub async fn planned_schedules(&self) -> Result<(Vec<PlannedSchedule>, OffsetDateTime), WriteError> {
        let firing = self.0.schedule_tables().await?;
        let rows = sqlx::query(PLANNED).bind(firing.has_pg_cron()).fetch_all(&self.0.pool).await?;
        let now = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&self.0.pool).await?;
        Ok((rows.iter().map(planned).collect::<Result<_, _>>()?, now))
    }

    /// Takes those of the due times that nobody else has.
    ///
    /// # Errors
    /// As [`planned_schedules`](Self::planned_schedules).
    pub async fn claim_due(&self, node: Uuid, due: &[&DueTime]) -> Result<Vec<ClaimedRun>, WriteError> {
        let firing = self.0.schedule_tables().await?;
        let rows = bind_due(sqlx::query(CLAIM_DUE), due, node, firing).fetch_all(&self.0.pool).await?;
        Ok(rows.iter().map(claimed).collect::<Result<_, _>>()?)
    }

    /// Settles due times that were missed, each the last one after the moment beside it. Returns those that are to be
    /// run now.
    ///
    /// # Errors
    /// As [`planned_schedules`](Self::planned_schedules).
    pub async fn claim_missed(
        &self,
        node: Uuid,
        missed: &[&(DueTime, OffsetDateTime)],
    ) -> Result<Vec<ClaimedRun>, WriteError> {
        let firing = self.0.schedule_tables().await?;
        let due: Vec<_> = missed.iter().map(|(due, _)| due).collect();
        let settled: Vec<_> = missed.iter().map(|(_, settled)| *settled).collect();
        let mut transaction = self.0.pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MISSED_LOCK).execute(&mut *transaction).await?;
        let query = bind_due(sqlx::query(CLAIM_MISSED), &due, node, firing).bind(settled);
        let rows = query.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(rows.iter().map(claimed).collect::<Result<_, _>>()?)
    }

    /// Takes runs that wait and whose time has come, and says when the next one's comes.
    ///
    /// # Errors
    /// As [`planned_schedules`](Self::planned_schedules).
    pub async fn claim_waiting(
        &self,
        node: Uuid,
        places: usize,
    ) -> Result<(Vec<ClaimedRun>, Option<Duration>), WriteError> {
        let firing = self.0.schedule_tables().await?;
        let rows = sqlx::query(CLAIM_WAITING)
            .bind(i64::try_from(places).unwrap_or(i64::MAX))
            .bind(node)
            .bind(LEASE)
            .bind(firing.has_pg_cron())
            .fetch_all(&self.0.pool)
            .await?;
        let wait: Option<f64> = sqlx::query_scalar(
            "SELECT extract(epoch FROM min(run_at) - clock_timestamp())::float8
             FROM functions.schedule_runs WHERE state = 'waiting'",
        )
        .fetch_one(&self.0.pool)
        .await?;
        let wait = wait.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        Ok((rows.iter().map(claimed).collect::<Result<_, _>>()?, wait))
    }

    /// Records how runs of this node ended. Returns whether any of them is to be tried again.
    ///
    /// # Errors
    /// What the database may do.
    pub async fn finish_runs(&self, node: Uuid, runs: &[FinishedRun]) -> Result<bool, WriteError> {
        let millis = |run: &FinishedRun| i64::try_from(run.duration.as_millis()).unwrap_or(i64::MAX);
        let row = sqlx::query(FINISH)
            .bind(runs.iter().map(|run| run.id).collect::<Vec<_>>())
            .bind(runs.iter().map(|run| run.schedule).collect::<Vec<_>>())
            .bind(runs.iter().map(|run| run.success).collect::<Vec<_>>())
            .bind(runs.iter().map(|run| i32::from(run.status)).collect::<Vec<_>>())
            .bind(runs.iter().map(millis).collect::<Vec<_>>())
            .bind(runs.iter().map(|run| run.message.replace('\0', "")).collect::<Vec<_>>())
            .bind(runs.iter().map(|run| run.invocation).collect::<Vec<_>>())
            .bind(runs.iter().map(|run| run.backoff.as_secs_f64()).collect::<Vec<_>>())
            .bind(node)
            .fetch_one(&self.0.pool)
            .await?;
        let ended: i64 = row.try_get("ended")?;
        if usize::try_from(ended) != Ok(runs.len()) {
            tracing::warn!(runs = runs.len(), ended, "runs of schedules ended that were deleted or given up");
        }
        Ok(row.try_get::<i64, _>("again")? > 0)
    }

    /// Keeps this node's runs, and gives up those of nodes that have gone. Returns the database's time.
    ///
    /// # Errors
    /// As [`planned_schedules`](Self::planned_schedules).
    pub async fn keep_runs(&self, node: Uuid) -> Result<OffsetDateTime, WriteError> {
        self.0.schedule_tables().await?;
        sqlx::query(
            "UPDATE functions.schedule_runs SET lease_until = clock_timestamp() + make_interval(secs => $2)
             WHERE state = 'running' AND node = $1",
        )
        .bind(node)
        .bind(LEASE)
        .execute(&self.0.pool)
        .await?;
        let lost: i64 = sqlx::query_scalar(EXPIRE).fetch_one(&self.0.pool).await?;
        if lost > 0 {
            tracing::warn!(runs = lost, "runs of schedules are lost: their node has gone");
        }
        Ok(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&self.0.pool).await?)
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_due<'q>(query: Query<'q>, due: &[&DueTime], node: Uuid, firing: Firing) -> Query<'q> {
    query
        .bind(due.iter().map(|due| due.schedule).collect::<Vec<_>>())
        .bind(due.iter().map(|due| due.at).collect::<Vec<_>>())
        .bind(due.iter().map(|due| due.cron.clone()).collect::<Vec<_>>())
        .bind(due.iter().map(|due| due.time_zone.clone()).collect::<Vec<_>>())
        .bind(node)
        .bind(LEASE)
        .bind(firing.has_pg_cron())
}

fn planned(row: &PgRow) -> Result<PlannedSchedule, sqlx::Error> {
    Ok(PlannedSchedule {
        id: row.try_get("id")?,
        cron: row.try_get("cron_schedule")?,
        time_zone: row.try_get("time_zone")?,
        settled: row.try_get("settled")?,
    })
}

fn claimed(row: &PgRow) -> Result<ClaimedRun, sqlx::Error> {
    let headers: Option<Value> = row.try_get("headers")?;
    Ok(ClaimedRun {
        id: row.try_get("run_id")?,
        schedule: row.try_get("job_id")?,
        due_at: row.try_get("due_at")?,
        attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(1),
        url: row.try_get("function_url")?,
        method: row.try_get("http_method")?,
        headers: match headers {
            Some(Value::Object(headers)) => headers,
            _ => Map::new(),
        },
        body: row.try_get("body")?,
    })
}
