//! Schedules as the tables hold them.

use serde_json::{Map, Value};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// One schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// When it is due: five fields of cron, or `N seconds`.
    pub cron: String,
    /// What it calls.
    pub url: String,
    /// How.
    pub method: String,
    /// Headers, with templates in place of secrets.
    pub headers: Option<Value>,
    /// The body, which InsForge lets be a text too.
    pub body: Option<Value>,
    /// pg_cron's job, where pg_cron fires it.
    pub cron_job: Option<i64>,
    /// Whether it fires at all.
    pub is_active: bool,
    /// When it was fired last.
    pub last_executed_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: Option<OffsetDateTime>,
    /// When its row was last written, by a firing too.
    pub updated_at: Option<OffsetDateTime>,
    /// What InsForge has no columns for.
    pub settings: ScheduleSettings,
}

/// What a schedule has beyond InsForge's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleSettings {
    /// The time zone that the expression is read in.
    pub time_zone: String,
    /// How often a run that failed is tried again.
    pub retries: u8,
    /// What becomes of due times at which no node was there.
    pub missed: Missed,
}

impl ScheduleSettings {
    /// The most retries.
    pub const MAX_RETRIES: u8 = 10;

    /// Whether pg_cron can do all of it.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned(), retries: 0, missed: Missed::Skip }
    }
}

/// What becomes of due times at which no node was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// They are recorded and not run.
    #[default]
    Skip,
    /// All of them together are run once.
    RunOnce,
}

impl Missed {
    /// The word for it, in the API and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::RunOnce => "run-once",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Skip, Self::RunOnce].into_iter().find(|missed| missed.as_str() == word)
    }
}

/// What a schedule is to become: all of it but what the database fills in. Holds secrets, so that it cannot be printed.
#[derive(Clone)]
pub struct ScheduleDefinition {
    /// What people call it.
    pub name: String,
    /// When it is due.
    pub cron: String,
    /// What it calls.
    pub url: String,
    /// How.
    pub method: String,
    /// Headers, with templates.
    pub headers: Map<String, Value>,
    /// Headers, with the secrets of this moment. Never to be logged.
    pub resolved: Map<String, Value>,
    /// The body.
    pub body: Value,
    /// What InsForge has no columns for.
    pub settings: ScheduleSettings,
    /// Whether it fires.
    pub is_active: bool,
}

/// One entry of a schedule's history.
#[derive(Clone, Debug)]
pub struct ScheduleLog {
    /// Its id.
    pub id: Uuid,
    /// When the run ended.
    pub executed_at: Option<OffsetDateTime>,
    /// The status of the answer; 500 where there was none, 0 where nothing was asked.
    pub status: Option<i32>,
    /// Whether the status was 2xx.
    pub success: Option<bool>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// What happened, in words.
    pub message: Option<String>,
    /// Which try it was, from 1. Absent where pg_cron fired it.
    pub attempt: Option<i32>,
    /// When it was due. Absent likewise.
    pub due_at: Option<OffsetDateTime>,
    /// The invocation, where a function of ours answered.
    pub invocation: Option<Uuid>,
}

/// What a planner needs to know of an active schedule.
#[derive(Clone, Debug)]
pub struct PlannedSchedule {
    /// Its id.
    pub id: Uuid,
    /// When it is due.
    pub cron: String,
    /// In which time zone.
    pub time_zone: String,
    /// The moment up to which all due times are settled.
    pub settled: OffsetDateTime,
}

/// A due time of a schedule, under the plan that it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTime {
    /// The schedule.
    pub schedule: Uuid,
    /// When it is due.
    pub at: OffsetDateTime,
    /// The expression that says so.
    pub cron: String,
    /// Its time zone.
    pub time_zone: String,
}

/// A run that this node has taken and nobody else will.
#[derive(Clone, Debug)]
pub struct ClaimedRun {
    /// Its id.
    pub id: Uuid,
    /// The schedule.
    pub schedule: Uuid,
    /// When it was due.
    pub due_at: OffsetDateTime,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// What to call.
    pub url: String,
    /// How.
    pub method: String,
    /// Headers, with templates.
    pub headers: Map<String, Value>,
    /// The body.
    pub body: Option<Value>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    /// The run.
    pub id: Uuid,
    /// Its schedule.
    pub schedule: Uuid,
    /// Whether the status was 2xx.
    pub success: bool,
    /// The status; 500 where there was no answer.
    pub status: u16,
    /// How long it took.
    pub duration: Duration,
    /// What happened, in words.
    pub message: String,
    /// The invocation, where a function of ours answered.
    pub invocation: Option<Uuid>,
    /// How long to wait before the next try, should the schedule ask for one.
    pub backoff: Duration,
}
