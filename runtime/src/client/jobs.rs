//! `/api/jobs`: what waits to be done, and what could not be.

use super::{Answered, Api, ClientError, Query, segment};
use http::Method;
use serde::Deserialize;
use serde_json::Value;

/// A job.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    pub id: String,
    /// `async` or `trigger`.
    pub source: String,
    /// The function.
    pub slug: String,
    /// `pending`, `running`, `succeeded`, `retrying` or `dead`.
    pub status: String,
    /// How often it was tried.
    pub attempts: Option<u32>,
    /// How often it is tried.
    pub max_attempts: Option<u32>,
    /// When it came.
    pub created_at: Option<String>,
    /// When it is tried next.
    pub next_attempt_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// What the function answered last.
    pub last_status: Option<u16>,
}

/// A page of jobs, newest first.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// The page.
    pub jobs: Vec<Job>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Which jobs.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// In this state.
    pub status: Option<String>,
    /// Of this source.
    pub source: Option<String>,
    /// Of this function.
    pub slug: Option<String>,
    /// Of this trigger.
    pub trigger: Option<String>,
}

impl Api {
    /// A page of jobs.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn jobs(
        &self,
        filter: &JobFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answered<Jobs>, ClientError> {
        let query = Query::new()
            .with("status", filter.status.as_ref())
            .with("source", filter.source.as_ref())
            .with("slug", filter.slug.as_ref())
            .with("trigger", filter.trigger.as_ref())
            .with("limit", Some(limit))
            .with("cursor", cursor);
        self.get(&query.of("/api/jobs")).await
    }

    /// One job, with its request and its answer.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn job(&self, id: &str) -> Result<Answered<Value>, ClientError> {
        self.get(&format!("/api/jobs/{}", segment(id))).await
    }

    /// Has a job done again.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn replay_job(&self, id: &str) -> Result<Answered<Value>, ClientError> {
        self.write(Method::POST, &format!("/api/jobs/{}/replay", segment(id)), None).await
    }

    /// Removes a job.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn delete_job(&self, id: &str) -> Result<Answered<Value>, ClientError> {
        self.write(Method::DELETE, &format!("/api/jobs/{}", segment(id)), None).await
    }
}
