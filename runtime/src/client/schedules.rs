//! `/api/schedules`.

use super::{Answered, Api, ClientError, Query, segment};
use http::Method;
use serde::Deserialize;
use serde_json::Value;

/// A schedule.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When: five fields of cron, or `N seconds`.
    pub cron_schedule: String,
    /// What is called.
    pub function_url: String,
    /// How.
    pub http_method: String,
    /// Whether it fires.
    pub is_active: bool,
    /// When it fires next.
    pub next_run: Option<String>,
    /// When it fired last.
    pub last_executed_at: Option<String>,
    /// Whose clock it follows.
    pub time_zone: Option<String>,
    /// How often a failure is tried again.
    pub retries: Option<u32>,
    /// What becomes of firings that nobody was there for.
    pub missed: Option<String>,
    /// The firings after the next.
    #[serde(default)]
    pub next_runs: Vec<String>,
}

/// The answer to a write.
#[derive(Clone, Debug, Deserialize)]
pub struct Saved {
    /// The schedule's id.
    pub id: Option<String>,
    /// In words.
    #[serde(default)]
    pub message: String,
}

/// The answer to a firing by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fired {
    /// Its id in the history.
    pub run_id: String,
}

/// One firing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// When.
    pub executed_at: Option<String>,
    /// The answer's status.
    pub status_code: Option<u16>,
    /// Whether it succeeded.
    pub success: Option<bool>,
    /// How long it took.
    pub duration_ms: Option<u64>,
    /// What is to be said of it.
    pub message: Option<String>,
    /// Which try.
    pub attempt: Option<u32>,
    /// When it was due.
    pub due_at: Option<String>,
    /// The invocation.
    pub invocation_id: Option<String>,
}

/// A page of firings, newest first.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Runs {
    /// The page.
    pub logs: Vec<Run>,
    /// How many there are.
    pub total_count: Option<u64>,
}

impl Api {
    /// All schedules.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn schedules(&self) -> Result<Answered<Vec<Schedule>>, ClientError> {
        self.get("/api/schedules").await
    }

    /// One schedule.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn schedule(&self, id: &str) -> Result<Answered<Schedule>, ClientError> {
        self.get(&format!("/api/schedules/{}", segment(id))).await
    }

    /// Makes a schedule of these fields.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn create_schedule(&self, fields: &Value) -> Result<Answered<Saved>, ClientError> {
        self.write(Method::POST, "/api/schedules", Some(fields)).await
    }

    /// Changes these fields of a schedule.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn update_schedule(&self, id: &str, fields: &Value) -> Result<Answered<Saved>, ClientError> {
        self.write(Method::PATCH, &format!("/api/schedules/{}", segment(id)), Some(fields)).await
    }

    /// Removes a schedule.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn delete_schedule(&self, id: &str) -> Result<Answered<Saved>, ClientError> {
        self.write(Method::DELETE, &format!("/api/schedules/{}", segment(id)), None).await
    }

    /// Fires a schedule now.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn run_schedule(&self, id: &str) -> Result<Answered<Fired>, ClientError> {
        self.write(Method::POST, &format!("/api/schedules/{}/run", segment(id)), None).await
    }

    /// The firings of a schedule.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn schedule_runs(&self, id: &str, limit: u32) -> Result<Answered<Runs>, ClientError> {
        let query = Query::new().with("limit", Some(limit));
        self.get(&query.of(&format!("/api/schedules/{}/logs", segment(id)))).await
    }
}
