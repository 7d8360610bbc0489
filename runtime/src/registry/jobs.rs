//! Jobs: invocations that are made later, by whichever node has a place.

use super::Slug;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a job comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobSource {
    /// A request that asked to be answered later.
    Async,
    /// A row that changed.
    Trigger,
}

impl JobSource {
    /// The word in the column `source`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Trigger => "trigger",
        }
    }

    /// The source of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Async, Self::Trigger].into_iter().find(|source| source.as_str() == name)
    }
}

/// How far a job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Nobody has tried it.
    Pending,
    /// A node runs it.
    Running,
    /// It is done.
    Succeeded,
    /// It failed and will be tried again.
    Retrying,
    /// It failed for good.
    Dead,
}

impl JobStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Succeeded, Self::Retrying, Self::Dead];

    /// The word in the column `status`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Retrying => "retrying",
            Self::Dead => "dead",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Dead)
    }
}

/// Header fields as they are stored: pairs of a name and a value whose bytes are its characters (ISO 8859-1).
pub type StoredHeaders = Vec<(String, String)>;

/// The request of a job.
#[derive(Clone, Debug)]
pub struct JobRequest {
    /// Its method.
    pub method: String,
    /// Path and query, as the function sees them.
    pub target: String,
    /// Its header fields without credentials.
    pub headers: StoredHeaders,
    /// The header fields with credentials, encrypted.
    pub credential: Option<String>,
    /// Its body.
    pub body: Bytes,
    /// How many functions called each other to get here.
    pub depth: u32,
}

/// A request that is to be run later.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id. Whoever knows it may read the answer, so it is random.
    pub id: Uuid,
    /// Which function.
    pub slug: Slug,
    /// By what the function recognises it.
    pub key: String,
    /// How often it may be tried.
    pub max_attempts: u16,
    /// What to ask.
    pub request: JobRequest,
}

/// A job that this node runs, until it ends it or loses the lease.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// Its id.
    pub id: Uuid,
    /// Where it comes from.
    pub source: JobSource,
    /// Which function. Not checked: the row may have been written by hand.
    pub slug: String,
    /// By what the function recognises it.
    pub key: String,
    /// The trigger that made it.
    pub trigger_id: Option<Uuid>,
    /// How often it has been tried, this time included.
    pub attempts: u16,
    /// How often it may be tried.
    pub max_attempts: u16,
    /// Since when it could have been run.
    pub due_at: Option<OffsetDateTime>,
    /// What to ask.
    pub request: JobRequest,
}

/// What a function answered.
#[derive(Clone, Debug)]
pub struct StoredAnswer {
    /// Its status.
    pub status: u16,
    /// Its header fields.
    pub headers: StoredHeaders,
    /// Its body.
    pub body: Bytes,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What becomes of the job.
    pub ending: Ending,
    /// What went wrong, if anything did.
    pub error: Option<String>,
    /// The status that was answered, even where the answer is not kept.
    pub status: Option<u16>,
    /// The answer.
    pub answer: Option<StoredAnswer>,
}

/// What becomes of a job after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is done.
    Succeeded,
    /// It is tried again after a pause.
    Retry(Duration),
    /// The function was not run: it is tried again after a pause, as if nothing had been tried.
    Postponed(Duration),
    /// It is given up.
    Dead,
}

/// What is found behind a result's URL.
#[derive(Clone, Debug)]
pub enum JobResult {
    /// It is not finished.
    Unfinished(JobStatus),
    /// What the function answered last.
    Answered(StoredAnswer),
    /// There is no answer, and will be none.
    Failed(String),
    /// It was kept as long as it is kept.
    Expired,
}

/// A job as lists show it.
#[derive(Clone, Debug)]
pub struct JobRecord {
    /// Its id.
    pub id: Uuid,
    /// Where it comes from.
    pub source: JobSource,
    /// Which function.
    pub slug: String,
    /// How far it has come.
    pub status: JobStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// How often it may be tried.
    pub max_attempts: i32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it is tried next; `None` where it is finished, or waits for an earlier change of its row.
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When it was finished.
    pub finished_at: Option<OffsetDateTime>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// What was answered last.
    pub last_status: Option<i32>,
    /// The trigger that made it.
    pub trigger_id: Option<Uuid>,
    /// By what the function recognises it.
    pub key: String,
}

/// A job with everything that is kept of it.
#[derive(Clone, Debug)]
pub struct JobDetail {
    /// What lists show.
    pub record: JobRecord,
    /// The request; `None` once it was erased.
    pub request: Option<JobRequest>,
    /// Whether the request had a credential.
    pub had_credential: bool,
    /// The last answer.
    pub answer: Option<StoredAnswer>,
    /// Until when request and answer are kept.
    pub expires_at: Option<OffsetDateTime>,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Those of this status.
    pub status: Option<JobStatus>,
    /// Those from there.
    pub source: Option<JobSource>,
    /// Those of this function.
    pub slug: Option<String>,
    /// Those of this trigger.
    pub trigger: Option<Uuid>,
    /// Those before this one.
    pub before: Option<(OffsetDateTime, Uuid)>,
    /// So many at most.
    pub limit: u16,
}

/// Why a job is not run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReplayable {
    /// There is none.
    #[error("Job not found")]
    NotFound,
    /// It is not finished.
    #[error("The job is not finished")]
    Unfinished,
    /// Its request was erased.
    #[error("The job's request is no longer kept")]
    Erased,
    /// It ran with its caller's credential, which is not kept.
    #[error("The job ran with its caller's credential, which was erased when it finished")]
    CredentialErased,
}

/// How much waits, as one node sees it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backlog {
    /// Jobs that are not finished; no more than 100,000 are counted.
    pub unfinished: u64,
    /// How long the oldest that is due has been.
    pub oldest: Duration,
}
