//! `/api/triggers`: functions that are called with rows.

use super::{Answered, Api, ClientError, segment};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

/// A trigger.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// `INSERT`, `UPDATE`, `DELETE`.
    pub events: Vec<String>,
    /// The function.
    pub function_slug: String,
    /// Whether it calls.
    pub is_active: bool,
    /// How often a call is tried.
    pub max_attempts: Option<u32>,
    /// Why the last call failed.
    pub last_error: Option<String>,
}

/// `GET /api/triggers`.
#[derive(Clone, Debug, Deserialize)]
pub struct Triggers {
    /// Newest first.
    pub triggers: Vec<Trigger>,
}

impl Api {
    /// The newest 200 triggers.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn triggers(&self) -> Result<Answered<Triggers>, ClientError> {
        self.get("/api/triggers?limit=200").await
    }

    /// Makes a trigger of these fields.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn create_trigger(&self, fields: &Value) -> Result<Answered<Value>, ClientError> {
        self.write(Method::POST, "/api/triggers", Some(fields)).await
    }

    /// Lets a trigger call, or not.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn activate_trigger(&self, id: &str, active: bool) -> Result<Answered<Value>, ClientError> {
        let body = json!({ "isActive": active });
        self.write(Method::PATCH, &format!("/api/triggers/{}", segment(id)), Some(&body)).await
    }

    /// Removes a trigger.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn delete_trigger(&self, id: &str) -> Result<Answered<Value>, ClientError> {
        self.write(Method::DELETE, &format!("/api/triggers/{}", segment(id)), None).await
    }
}
