//! `/api/functions`: what is deployed.

use super::{Answered, Api, Call, ClientError, Query, segment};
use crate::dev::Artifact;
use crate::registry::Slug;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A function as the server knows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `active` or `draft`.
    pub status: String,
    /// Its source; a component's is a comment.
    pub code: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it was changed last.
    pub updated_at: Option<String>,
    /// When it was last deployed.
    pub deployed_at: Option<String>,
    /// `component` or `source`.
    pub kind: Option<String>,
    /// The version that is live.
    pub version: Option<u64>,
    /// SHA-256 of its code, in hexadecimal digits.
    pub module_sha256: Option<String>,
    /// Bytes of its code.
    pub module_size: Option<u64>,
    /// The limits that it asks for.
    pub limits: Option<Map<String, Value>>,
    /// The limits that it runs under.
    pub effective_limits: Option<Map<String, Value>>,
    /// What it is granted.
    pub capabilities: Option<Map<String, Value>>,
    /// Who may invoke it.
    pub auth: Option<String>,
    /// Which versions answer.
    pub traffic: Option<Traffic>,
}

/// How requests are split between two versions.
#[derive(Clone, Debug, Deserialize)]
pub struct Traffic {
    /// The version that answers.
    pub live: Option<u64>,
    /// The version that answers some of them.
    pub canary: Option<Canary>,
}

/// A version on trial.
#[derive(Clone, Debug, Deserialize)]
pub struct Canary {
    /// Which.
    pub version: u64,
    /// Of a hundred requests, how many it answers.
    pub percent: f64,
}

/// `GET /api/functions`.
#[derive(Clone, Debug, Deserialize)]
pub struct Functions {
    /// Newest first.
    pub functions: Vec<Function>,
}

/// The answer to a deploy.
#[derive(Clone, Debug, Deserialize)]
pub struct Written {
    /// The function as it is now.
    pub function: Function,
}

/// What a deploy sends beside the code. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// A name for people.
    pub name: Option<String>,
    /// Stored and not served.
    pub draft: bool,
    /// `public`, `authenticated` or `service`.
    pub auth: Option<String>,
    /// What it is granted: `capabilities`.
    pub grants: Option<Map<String, Value>>,
    /// The limits that it asks for.
    pub limits: Option<Map<String, Value>>,
    /// Of a hundred requests, how many the new version answers; the live one stays.
    pub canary: Option<u8>,
}

impl Settings {
    /// `active`, or `draft`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.draft { "draft" } else { "active" }
    }

    /// Whether a component's own bytes say all of it.
    fn is_plain(&self) -> bool {
        !self.draft
            && self.name.is_none()
            && self.auth.is_none()
            && self.grants.is_none()
            && self.limits.is_none()
    }

    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            fields.extend(value.map(|value| (name.to_owned(), value)));
        };
        // The status is the function's, not a version's on trial.
        put("status", self.canary.is_none().then(|| json!(self.status())));
        put("name", self.name.as_ref().map(|name| json!(name)));
        put("auth", self.auth.as_ref().map(|auth| json!(auth)));
        put("capabilities", self.grants.clone().map(Value::Object));
        put("limits", self.limits.clone().map(Value::Object));
        fields
    }
}

impl Api {
    /// All functions.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn functions(&self) -> Result<Answered<Functions>, ClientError> {
        self.get("/api/functions").await
    }

    /// One function, its code included.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn function(&self, slug: &Slug) -> Result<Answered<Function>, ClientError> {
        self.get(&format!("/api/functions/{slug}")).await
    }

    /// Removes a function.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn delete_function(&self, slug: &Slug) -> Result<Answered<Value>, ClientError> {
        self.write(Method::DELETE, &format!("/api/functions/{slug}"), None).await
    }

    /// Deploys code: onto the function of that name, or as a new one. Code and settings become one version.
    ///
    /// # Errors
    /// [`ClientError`], with the server's reason.
    pub async fn deploy(
        &self,
        slug: &Slug,
        artifact: &Artifact,
        settings: &Settings,
    ) -> Result<Answered<Written>, ClientError> {
        let query = Query::new().with("canary", settings.canary);
        if let (Artifact::Component(module), true) = (artifact, settings.is_plain()) {
            return self.upload(slug, module.clone(), &query).await;
        }
        let mut fields = settings.fields();
        match artifact {
            Artifact::Source(code) => fields.insert("code".to_owned(), json!(code)),
            Artifact::Component(module) => {
                fields.insert("module".to_owned(), json!(BASE64_STANDARD.encode(module)))
            }
        };
        let target = query.of(&format!("/api/functions/{slug}"));
        match self.write(Method::PUT, &target, Some(&Value::Object(fields.clone()))).await {
            Err(ClientError::Refused(refusal)) if refusal.status == StatusCode::NOT_FOUND => {}
            answered => return answered,
        }
        fields.insert("slug".to_owned(), json!(slug.as_str()));
        fields.entry("name").or_insert_with(|| json!(slug.as_str()));
        self.write(Method::POST, &query.of("/api/functions"), Some(&Value::Object(fields))).await
    }

    async fn upload(
        &self,
        slug: &Slug,
        module: Bytes,
        query: &Query,
    ) -> Result<Answered<Written>, ClientError> {
        let target = query.of(&format!("/api/functions/{}/module", segment(slug.as_str())));
        let wasm = HeaderValue::from_static("application/wasm");
        let call = Call::new(Method::PUT, target).header(header::CONTENT_TYPE, wasm).bytes(module);
        self.ask(call).await?.json().await
    }
}
