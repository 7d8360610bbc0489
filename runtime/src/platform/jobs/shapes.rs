//! Jobs as the API shows them.

use crate::platform::shapes::timestamp;
use crate::registry::{JobDetail, JobRecord, JobRequest, JobSource, JobStatus, StoredAnswer, StoredHeaders};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invocation that is made later
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Job {
    id: Uuid,
    source: JobSource,
    slug: String,
    status: JobStatus,
    /// How often it was tried.
    attempts: i32,
    max_attempts: i32,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// Absent where it is finished, or waits for an earlier change of its row.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// What went wrong last.
    last_error: Option<String>,
    /// What the function answered last.
    last_status: Option<i32>,
    trigger_id: Option<Uuid>,
    /// The `Idempotency-Key` that the function sees.
    key: String,
}

/// A page of jobs
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobList {
    pub(super) jobs: Vec<Job>,
    /// Where the next page begins; absent on the last.
    pub(super) next_cursor: Option<String>,
}

/// A job with its request and its last answer
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobDetails {
    #[serde(flatten)]
    job: Job,
    /// Whether the request had a credential, which is never shown.
    had_credential: bool,
    /// Until when request and answer are kept.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Absent once it is no longer kept.
    request: Option<RequestShape>,
    answer: Option<AnswerShape>,
}

/// The request of a job
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobRequest)]
struct RequestShape {
    method: String,
    /// Path and query.
    target: String,
    /// Pairs of a name and a value, without those that hold credentials.
    #[schema(value_type = Vec<Vec<String>>)]
    headers: StoredHeaders,
    #[serde(flatten)]
    body: BodyShape,
}

/// The last answer of a job
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobAnswer)]
struct AnswerShape {
    status: u16,
    #[schema(value_type = Vec<Vec<String>>)]
    headers: StoredHeaders,
    #[serde(flatten)]
    body: BodyShape,
}

/// A body: as text where it is text, else in base64
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobBody)]
struct BodyShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    body_base64: Option<String>,
}

impl From<Bytes> for BodyShape {
    fn from(bytes: Bytes) -> Self {
        match String::from_utf8(bytes.into()) {
            Ok(text) => Self { body: Some(text), body_base64: None },
            Err(bytes) => Self { body: None, body_base64: Some(BASE64_STANDARD.encode(bytes.as_bytes())) },
        }
    }
}

impl From<JobRecord> for Job {
    fn from(record: JobRecord) -> Self {
        Self {
            id: record.id,
            source: record.source,
            slug: record.slug,
            status: record.status,
            attempts: record.attempts,
            max_attempts: record.max_attempts,
            created_at: timestamp(record.created_at),
            next_attempt_at: record.next_attempt_at.and_then(timestamp),
            finished_at: record.finished_at.and_then(timestamp),
            last_error: record.last_error,
            last_status: record.last_status,
            trigger_id: record.trigger_id,
            key: record.key,
        }
    }
}

impl From<JobDetail> for JobDetails {
    fn from(detail: JobDetail) -> Self {
        let request = |JobRequest { method, target, headers, body, .. }| RequestShape {
            method,
            target,
            headers,
            body: body.into(),
        };
        let answer =
            |StoredAnswer { status, headers, body }| AnswerShape { status, headers, body: body.into() };
        Self {
            job: detail.record.into(),
            had_credential: detail.had_credential,
            expires_at: detail.expires_at.and_then(timestamp),
            request: detail.request.map(request),
            answer: detail.answer.map(answer),
        }
    }
}
