//! `/api/health`, and what the nodes say of themselves.

use super::{Answered, Api, Call, ClientError};
use http::{Method, header};
use serde::Deserialize;
use serde_json::Value;

/// `GET /api/health`.
#[derive(Clone, Debug, Deserialize)]
pub struct Health {
    /// The server's name.
    pub service: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// `connected` or `unavailable`.
    pub database: Option<String>,
}

/// One node.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its machine.
    pub host: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// When it was last heard of.
    pub seen_at: Option<String>,
    /// Whether it reaches the database.
    pub database_connected: Option<bool>,
    /// What is wrong there.
    #[serde(default)]
    pub problems: Vec<Value>,
}

/// `GET /api/nodes`.
#[derive(Clone, Debug, Deserialize)]
pub struct Nodes {
    /// All that are alive.
    pub nodes: Vec<Node>,
}

impl Api {
    /// How the server is, and the moment that it says it is (an HTTP date).
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn health(&self) -> Result<(Answered<Health>, Option<String>), ClientError> {
        let answer = self.send(Call::new(Method::GET, "/api/health")).await?;
        let date = answer.header(header::DATE.as_str()).map(str::to_owned);
        Ok((answer.json().await?, date))
    }

    /// The nodes of the platform.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn nodes(&self) -> Result<Answered<Nodes>, ClientError> {
        self.get("/api/nodes").await
    }
}
