//! `/api/functions/<slug>/versions` and what decides which of them answers.

use super::functions::Function;
use super::{Answered, Api, Call, ClientError};
use crate::registry::Slug;
use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One version of a function.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Its number.
    pub version: u64,
    /// `component` or `source`.
    pub kind: Option<String>,
    /// SHA-256 of its code.
    pub module_sha256: Option<String>,
    /// Bytes of its code.
    pub module_size: Option<u64>,
    /// When it was made.
    pub created_at: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// `good`, `bad`, or nothing while nobody has compiled it.
    pub build: Option<String>,
    /// Why it is bad.
    pub build_error: Option<String>,
    /// Whether it is the one that answers.
    #[serde(default)]
    pub live: bool,
    /// Of a hundred requests, how many it answers.
    pub percent: Option<f64>,
    /// What is different from the version before.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Its source; only of one version, and not a component's.
    pub code: Option<String>,
    /// Its grants.
    pub capabilities: Option<Map<String, Value>>,
    /// Its limits.
    pub limits: Option<Map<String, Value>>,
    /// Who may invoke it.
    pub auth: Option<String>,
}

/// One setting that differs between two versions.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// Which.
    pub field: String,
    /// What it was.
    #[serde(default)]
    pub from: Value,
    /// What it is.
    #[serde(default)]
    pub to: Value,
}

/// `GET /api/functions/<slug>/versions`.
#[derive(Clone, Debug, Deserialize)]
pub struct Versions {
    /// Newest first.
    pub versions: Vec<Version>,
}

/// The answer to a rollback.
#[derive(Clone, Debug, Deserialize)]
pub struct RolledBack {
    /// The version that answered.
    pub from: u64,
    /// The version that answers.
    pub to: u64,
}

/// The answer to a change of traffic.
#[derive(Clone, Debug, Deserialize)]
pub struct Split {
    /// The function as it is now.
    pub function: Option<Function>,
}

impl Api {
    /// The versions of a function.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn versions(&self, slug: &Slug) -> Result<Answered<Versions>, ClientError> {
        self.get(&format!("/api/functions/{slug}/versions")).await
    }

    /// One version, a source's code included.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn version(&self, slug: &Slug, version: u64) -> Result<Answered<Version>, ClientError> {
        self.get(&format!("/api/functions/{slug}/versions/{version}")).await
    }

    /// The bytes of a version's component.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn module(&self, slug: &Slug, version: u64) -> Result<Bytes, ClientError> {
        let target = format!("/api/functions/{slug}/versions/{version}/module");
        self.ask(Call::new(Method::GET, target)).await?.accepted().await?.bytes().await
    }

    /// Makes an older version live: the one that is named, else the newest good one below the live one.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn rollback(
        &self,
        slug: &Slug,
        version: Option<u64>,
    ) -> Result<Answered<RolledBack>, ClientError> {
        let body = version.map_or_else(|| json!({}), |version| json!({ "version": version }));
        self.write(Method::POST, &format!("/api/functions/{slug}/rollback"), Some(&body)).await
    }

    /// Gives a version this many of a hundred requests.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn split(
        &self,
        slug: &Slug,
        version: u64,
        percent: u8,
    ) -> Result<Answered<Split>, ClientError> {
        let body = json!({ "version": version, "percent": percent });
        self.write(Method::PUT, &format!("/api/functions/{slug}/traffic"), Some(&body)).await
    }

    /// Gives all requests to the live version.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn unsplit(&self, slug: &Slug) -> Result<Answered<Split>, ClientError> {
        self.write(Method::DELETE, &format!("/api/functions/{slug}/traffic"), None).await
    }

    /// Makes the version on trial the live one.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn promote(&self, slug: &Slug) -> Result<Answered<Split>, ClientError> {
        self.write(Method::POST, &format!("/api/functions/{slug}/promote"), Some(&json!({}))).await
    }
}
