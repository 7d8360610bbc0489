//! Takes away what is too old, so that no table grows for ever.

use super::{Mode, Shared};
use crate::config::Retention;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, PgPool, Postgres};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How often it is done.
const PERIOD: Duration = Duration::from_secs(600);
/// Between two portions, for those who want to write.
const PAUSE: Duration = Duration::from_millis(20);
/// Held while sweeping: one node is enough.
const ADVISORY_LOCK: i64 = 0x7761_736d_7377_6565;

/// Old rows go in portions, so that no statement holds locks for long.
const INVOCATIONS: &str = "DELETE FROM functions.invocations WHERE id IN
    (SELECT id FROM functions.invocations WHERE started_at < now() - make_interval(secs => $1) LIMIT 5000)";
const LOGS: &str = "DELETE FROM functions.logs WHERE id IN
    (SELECT id FROM functions.logs
        WHERE id < (extract(epoch FROM now() - make_interval(secs => $1)) * 1000000)::bigint * 4096
        ORDER BY id LIMIT 5000)";
const STATISTICS: &str = "DELETE FROM functions.statistics WHERE (minute, slug, bucket) IN
    (SELECT minute, slug, bucket FROM functions.statistics
        WHERE minute < now() - make_interval(secs => $1) LIMIT 5000)";
/// Functions may write much within the time that is kept: only the newest rows stay. How many there are is read from the
/// primary key, newest first.
const EXCESS_LOGS: &str = "DELETE FROM functions.logs WHERE id IN
    (SELECT id FROM functions.logs
        WHERE id <= (SELECT id FROM functions.logs ORDER BY id DESC OFFSET $1 LIMIT 1) ORDER BY id LIMIT 5000)";
const EXCESS_INVOCATIONS: &str = "DELETE FROM functions.invocations WHERE id IN
    (SELECT id FROM functions.invocations
        WHERE id <= (SELECT id FROM functions.invocations ORDER BY id DESC OFFSET $1 LIMIT 1)
        ORDER BY id LIMIT 5000)";

/// The newest versions of a slug stay, whose number keeps the next one from being used twice; and the live one, the
/// canary, the newest that is known to compile, and the newest such before the live one, which a rollback goes to.
const VERSIONS: &str = "DELETE FROM functions.versions v
    USING (SELECT w.slug, w.version,
            row_number() OVER (PARTITION BY w.slug ORDER BY w.version DESC) AS age,
            max(w.version) FILTER (WHERE w.build = 'good') OVER (PARTITION BY w.slug) AS good,
            max(w.version) FILTER (WHERE w.build = 'good' AND w.version < d.version) OVER (PARTITION BY w.slug) AS fallback,
            d.version AS live, t.version AS canary
        FROM functions.versions w
        LEFT JOIN functions.definitions d ON d.slug = w.slug
        LEFT JOIN functions.traffic t ON t.slug = w.slug) old
    WHERE v.slug = old.slug AND v.version = old.version AND old.age > $1
        AND v.version IS DISTINCT FROM old.good AND v.version IS DISTINCT FROM old.fallback
        AND v.version IS DISTINCT FROM old.live AND v.version IS DISTINCT FROM old.canary";
/// Bytes that no version of an existing function needs. The day's grace is for a deploy that is under way.
const MODULES: &str = "DELETE FROM functions.modules m WHERE m.stored_at < now() - interval '1 day'
    AND NOT EXISTS (SELECT FROM functions.versions v JOIN functions.definitions d ON d.slug = v.slug
        WHERE v.slug = m.slug AND v.module_sha256 = m.sha256)";
/// Machine code of such modules, and of engines that nobody has run for a month.
const ARTIFACTS: &str = "DELETE FROM functions.artifacts a WHERE a.created_at < now() - interval '30 days'
    OR (a.created_at < now() - interval '1 day'
        AND NOT EXISTS (SELECT FROM functions.modules m WHERE m.sha256 = a.module_sha256))";

/// History of schedules, for as many days as their configuration says.
const SCHEDULE_LOGS: &str = "DELETE FROM schedules.job_logs WHERE id IN
    (SELECT l.id FROM schedules.job_logs l JOIN schedules.config c
        ON l.executed_at < now() - make_interval(days => c.retention_days) LIMIT 5000)";
/// Runs that have gone from the history. The newest of a schedule tells up to when its due times are settled.
const SCHEDULE_RUNS: &str = "DELETE FROM functions.schedule_runs WHERE run_id IN
    (SELECT r.run_id FROM functions.schedule_runs r JOIN schedules.config c
        ON r.due_at < now() - make_interval(days => c.retention_days)
     WHERE r.state NOT IN ('waiting', 'running') AND EXISTS (SELECT FROM functions.schedule_runs newer
        WHERE newer.job_id = r.job_id AND newer.due_at > r.due_at AND newer.source = 'schedule') LIMIT 5000)";

/// Sweeps every ten minutes until the registry stops.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut period = interval(PERIOD);
    period.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is immediate; a start has better things to do.
    period.tick().await;
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = period.tick() => {}
        }
        if shared.mode() == Some(Mode::Full)
            && shared.is_connected()
            && let Err(error) = sweep(&shared.pool, &shared.config.retention).await
        {
            tracing::warn!(%error, "old rows could not be swept");
        }
    }
}

/// Sweeps once, unless another node does at this moment.
pub(super) async fn sweep(pool: &PgPool, keep: &Retention) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let alone: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(ADVISORY_LOCK)
        .fetch_one(&mut *connection)
        .await?;
    if !alone {
        return Ok(());
    }
    let swept = sweep_alone(&mut connection, keep).await;
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(ADVISORY_LOCK).execute(&mut *connection).await?;
    swept
}

async fn sweep_alone(connection: &mut PgConnection, keep: &Retention) -> Result<(), sqlx::Error> {
    for statement in [INVOCATIONS, LOGS, STATISTICS] {
        while delete(connection, sqlx::query(statement).bind(keep.age.as_secs_f64())).await? {}
    }
    for (statement, rows) in [(EXCESS_LOGS, keep.lines), (EXCESS_INVOCATIONS, keep.invocations)] {
        while delete(connection, sqlx::query(statement).bind(rows)).await? {}
    }
    sqlx::query(VERSIONS).bind(keep.versions).execute(&mut *connection).await?;
    for statement in [MODULES, ARTIFACTS] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    let has_schedules = "SELECT to_regclass('schedules.job_logs') IS NOT NULL
        AND to_regclass('schedules.config') IS NOT NULL";
    if sqlx::query_scalar(has_schedules).fetch_one(&mut *connection).await? {
        for statement in [SCHEDULE_LOGS, SCHEDULE_RUNS] {
            while sqlx::query(statement).execute(&mut *connection).await?.rows_affected() > 0 {}
        }
    }
    Ok(())
}

/// Deletes one portion; whether there may be more.
async fn delete(
    connection: &mut PgConnection,
    portion: Query<'_, Postgres, PgArguments>,
) -> Result<bool, sqlx::Error> {
    let deleted = portion.execute(&mut *connection).await?.rows_affected();
    if deleted > 0 {
        sleep(PAUSE).await;
    }
    Ok(deleted > 0)
}
