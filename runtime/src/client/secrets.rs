//! `/api/secrets`.

use super::{Answered, Api, ClientError, segment};
use crate::config::Secret;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the server tells of a secret without its value.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretEntry {
    /// Its name.
    pub key: String,
    /// Whether functions see it.
    pub is_active: Option<bool>,
    /// Whether it is the platform's own.
    pub is_reserved: Option<bool>,
    /// When it was last read through the API.
    pub last_used_at: Option<String>,
    /// When it ends.
    pub expires_at: Option<String>,
    /// When it was changed last.
    pub updated_at: Option<String>,
}

/// `GET /api/secrets`.
#[derive(Clone, Debug, Deserialize)]
pub struct SecretList {
    /// Newest first.
    pub secrets: Vec<SecretEntry>,
}

/// `GET /api/secrets/<key>`.
#[derive(Clone, Deserialize)]
pub struct SecretValue {
    /// What it is.
    pub value: String,
}

/// What a change of a secret says.
#[derive(Clone, Debug, Deserialize)]
pub struct Told {
    /// In words.
    #[serde(default)]
    pub message: String,
}

/// A key that everybody has, and that can be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RotatedKey {
    /// The administrator's.
    ApiKey,
    /// The public clients'.
    AnonKey,
}

/// The answer to a rotation.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotated {
    /// The new administrator's key.
    pub api_key: Option<String>,
    /// The new public clients' key.
    pub anon_key: Option<String>,
    /// How long the old one works.
    pub old_key_expires_at: Option<String>,
}

/// When a secret ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At this moment, ISO 8601.
    At(String),
    /// Never.
    Never,
}

impl Api {
    /// All secrets, without their values.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn secrets(&self) -> Result<Answered<SecretList>, ClientError> {
        self.get("/api/secrets").await
    }

    /// A secret's value.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn secret(&self, key: &str) -> Result<Answered<SecretValue>, ClientError> {
        self.get(&format!("/api/secrets/{}", segment(key))).await
    }

    /// Gives a secret a value, whether it is there or not. One that was deleted comes back.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn set_secret(
        &self,
        key: &str,
        value: &Secret,
        expiry: Option<&Expiry>,
    ) -> Result<Answered<Told>, ClientError> {
        let mut fields = Map::new();
        fields.insert("key".to_owned(), json!(key));
        fields.insert("value".to_owned(), json!(value.expose()));
        if let Some(Expiry::At(moment)) = expiry {
            fields.insert("expiresAt".to_owned(), json!(moment));
        }
        let created = self.write(Method::POST, "/api/secrets", Some(&Value::Object(fields.clone()))).await;
        match created {
            Err(ClientError::Refused(refusal)) if refusal.code == "SECRET_ALREADY_EXISTS" => {}
            answered => return answered,
        }
        fields.remove("key");
        if expiry == Some(&Expiry::Never) {
            fields.insert("expiresAt".to_owned(), Value::Null);
        }
        let target = format!("/api/secrets/{}", segment(key));
        self.write(Method::PUT, &target, Some(&Value::Object(fields))).await
    }

    /// Takes a secret away from functions.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn delete_secret(&self, key: &str) -> Result<Answered<Told>, ClientError> {
        self.write(Method::DELETE, &format!("/api/secrets/{}", segment(key)), None).await
    }

    /// Replaces a key. The old one works for so many hours more.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn rotate(
        &self,
        key: RotatedKey,
        grace_hours: Option<u32>,
    ) -> Result<Answered<Rotated>, ClientError> {
        let name = match key {
            RotatedKey::ApiKey => "api-key",
            RotatedKey::AnonKey => "anon-key",
        };
        let body = grace_hours.map_or_else(|| json!({}), |hours| json!({ "gracePeriodHours": hours }));
        self.write(Method::POST, &format!("/api/secrets/{name}/rotate"), Some(&body)).await
    }
}
