//! What the API tells of schedules: InsForge's fields, and ours after them.

use super::request::Page;
use crate::platform::shapes::timestamp;
use crate::registry::{Schedule, ScheduleLog};
use crate::schedule::{Expression, Zone};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// How many of the next due times are told.
const UPCOMING: usize = 5;

/// A schedule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleAnswer {
    id: Uuid,
    name: String,
    /// Five fields of cron, or `N seconds`.
    cron_schedule: String,
    function_url: String,
    http_method: String,
    /// With `${{secrets.KEY}}` where a secret is put at every firing.
    #[schema(value_type = Option<Object>)]
    headers: Option<Value>,
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
    /// pg_cron's job, where that fires it.
    cron_job_id: Option<String>,
    last_executed_at: Option<String>,
    is_active: bool,
    /// The next due time; `null` for a schedule that is paused.
    next_run: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    /// An IANA time zone.
    time_zone: String,
    /// How often a run that failed is tried again, 0 to 10.
    retries: u8,
    /// What becomes of due times at which no node was there: `skip` or `run-once`.
    missed: &'static str,
    /// The next five due times.
    next_runs: Vec<String>,
}

impl ScheduleAnswer {
    pub(super) fn of(schedule: Schedule) -> Self {
        let next_runs = next_runs(&schedule);
        let at = |moment: Option<OffsetDateTime>| moment.and_then(timestamp);
        Self {
            id: schedule.id,
            name: schedule.name,
            cron_schedule: schedule.cron,
            function_url: schedule.url,
            http_method: schedule.method,
            headers: schedule.headers,
            body: schedule.body,
            cron_job_id: schedule.cron_job.map(|job| job.to_string()),
            last_executed_at: at(schedule.last_executed_at),
            is_active: schedule.is_active,
            next_run: next_runs.first().cloned(),
            created_at: at(schedule.created_at),
            updated_at: at(schedule.updated_at),
            time_zone: schedule.settings.time_zone,
            retries: schedule.settings.retries,
            missed: schedule.settings.missed.as_str(),
            next_runs,
        }
    }
}

/// None for a schedule that is paused, or whose row holds what is no expression.
fn next_runs(schedule: &Schedule) -> Vec<String> {
    let expression = || {
        let zone = Zone::parse(&schedule.settings.time_zone).ok()?;
        Expression::parse(&schedule.cron, zone).ok()
    };
    match expression().filter(|_| schedule.is_active) {
        Some(expression) => {
            let due = expression.upcoming(OffsetDateTime::now_utc(), UPCOMING);
            due.into_iter().filter_map(timestamp).collect()
        }
        None => Vec::new(),
    }
}

/// The answer to a write.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenAnswer {
    id: Uuid,
    /// pg_cron's job, where that fires the schedule.
    cron_job_id: Option<String>,
    message: &'static str,
}

impl WrittenAnswer {
    pub(super) fn of(id: Uuid, job: Option<i64>, message: &'static str) -> Self {
        Self { id, cron_job_id: job.map(|job| job.to_string()), message }
    }
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageAnswer {
    pub(super) message: &'static str,
}

/// A run that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunAnswer {
    pub(super) run_id: Uuid,
}

/// How long history is kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigAnswer {
    /// Days; `null` for ever.
    pub(super) retention_days: Option<i32>,
}

/// A part of a history.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogsAnswer {
    logs: Vec<LogAnswer>,
    /// How many entries there are in all.
    total_count: i64,
    limit: i64,
    offset: i64,
}

impl LogsAnswer {
    pub(super) fn of(schedule: Uuid, logs: Vec<ScheduleLog>, total: i64, page: Page) -> Self {
        let logs = logs.into_iter().map(|log| LogAnswer::of(schedule, log)).collect();
        Self { logs, total_count: total, limit: page.limit, offset: page.offset }
    }
}

/// One entry of a history.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LogAnswer {
    id: Uuid,
    schedule_id: Uuid,
    /// When the run ended.
    executed_at: Option<String>,
    /// The status of the answer; 500 where there was none, 0 where nothing was asked.
    status_code: i32,
    success: bool,
    duration_ms: i64,
    message: Option<String>,
    /// Which try it was, from 1; `null` where pg_cron fired it.
    attempt: Option<i32>,
    /// When it was due; `null` where pg_cron fired it.
    due_at: Option<String>,
    /// The invocation, where a function answered.
    invocation_id: Option<Uuid>,
}

impl LogAnswer {
    fn of(schedule: Uuid, log: ScheduleLog) -> Self {
        Self {
            id: log.id,
            schedule_id: schedule,
            executed_at: log.executed_at.and_then(timestamp),
            status_code: log.status.unwrap_or_default(),
            success: log.success.unwrap_or_default(),
            duration_ms: log.duration_ms.unwrap_or_default(),
            message: log.message,
            attempt: log.attempt,
            due_at: log.due_at.and_then(timestamp),
            invocation_id: log.invocation,
        }
    }
}
