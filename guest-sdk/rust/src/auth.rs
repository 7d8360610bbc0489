//! Who calls: credentials, claims, and the user behind them.
//!
//! ```
//! # use wasmforge_sdk as wasmforge;
//! use wasmforge::auth::{self, Identity, Role, User};
//! use wasmforge::{block_on, testing};
//!
//! async fn greeting() -> Result<String, auth::Error> {
//!     Ok(match auth::user().await? {
//!         Some(user) => format!("Hello, {}!", user.email),
//!         None => "Hello, stranger!".to_owned(),
//!     })
//! }
//!
//! // In a test nobody in particular calls, unless a closure says who.
//! assert_eq!(block_on(greeting()).unwrap(), "Hello, stranger!");
//! let _caller = testing::auth(|_| Ok(Identity::user("7")));
//! let _users = testing::users(|id| Some(User { id: id.into(), email: "ann@example.com".into(), ..User::default() }));
//! assert_eq!(block_on(greeting()).unwrap(), "Hello, ann@example.com!");
//! ```
//!
//! A function that nobody but users may call says so in its definition, with `"auth": "authenticated"`; then others are
//! refused before it starts.

use crate::host;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What the database takes an identity for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nobody in particular.
    Anon,
    /// A user who signed in.
    Authenticated,
    /// An admin, or the holder of an API key.
    ProjectAdmin,
}

/// Whom a credential speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its role.
    pub role: Role,
    /// The user's id, or an admin's name. Keys have none.
    pub subject: Option<String>,
    /// The user's address.
    pub email: Option<String>,
    /// All claims of a token; of a key, `role` alone.
    pub claims: Map<String, Value>,
}

impl Identity {
    /// Nobody in particular.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { role: Role::Anon, subject: None, email: None, claims: Map::new() }
    }

    /// A user who signed in. For tests: in the sandbox, credentials are what identities are made of.
    #[must_use]
    pub fn user(subject: impl Into<String>) -> Self {
        Self { role: Role::Authenticated, subject: Some(subject.into()), ..Self::anonymous() }
    }

    /// One claim as a value of a type of your own; `None` where it is missing or something else.
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.claims.get(name)?.clone()).ok()
    }
}

/// A user, as the platform's sessions show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The id, a UUID.
    pub id: String,
    /// The address.
    pub email: String,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// When the user signed up: RFC 3339 in UTC.
    pub created_at: String,
    /// When the user changed last.
    pub updated_at: String,
    /// What the user shows to others.
    pub profile: Value,
    /// What the platform keeps of the user.
    pub metadata: Value,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The function is not granted to ask. Holds the grant that it would need: `auth: "caller"`.
    #[error("the function is not granted {0}")]
    NotGranted(String),
    /// The credential is malformed, expired, or signed by somebody else.
    #[error("the credential is not valid")]
    InvalidCredential,
    /// There are no keys or no users behind this runtime, or they cannot be asked.
    #[error("credentials cannot be checked: {0}")]
    Unavailable(String),
    /// The invocation's time was over first.
    #[error("there was no answer in time")]
    Timeout,
}

impl From<Error> for crate::Error {
    /// `401` for a credential that is not valid, `503` and `504` where the platform does not answer, `500` for a missing grant.
    fn from(error: Error) -> Self {
        let status = match error {
            Error::NotGranted(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Error::InvalidCredential => StatusCode::UNAUTHORIZED,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Timeout => StatusCode::GATEWAY_TIMEOUT,
        };
        Self::service(status, error)
    }
}

/// The caller of this invocation; nobody in particular, where the request has no credential.
///
/// # Errors
/// [`Error::InvalidCredential`] for a credential that is not good, so that a mistyped one is not taken for none.
pub async fn caller() -> Result<Identity, Error> {
    host::caller().await
}

/// Checks a credential that came otherwise than with the request: an API key, an anonymous key, or a token.
///
/// ```
/// # use wasmforge_sdk::*;
/// # use wasmforge_sdk::auth::Identity;
/// # let _fake = testing::auth(|token| if token == Some("good") { Ok(Identity::user("7")) } else { Err(auth::Error::InvalidCredential) });
/// # block_on(async {
/// assert_eq!(auth::verify("good").await?.subject.as_deref(), Some("7"));
/// assert_eq!(auth::verify("forged").await, Err(auth::Error::InvalidCredential));
/// # Ok::<_, auth::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// [`Error::InvalidCredential`] if it is not good.
pub async fn verify(credential: &str) -> Result<Identity, Error> {
    host::verify(credential).await
}

/// The user who calls; `None` where the caller is not one who signed in, or is gone.
///
/// # Errors
/// [`Error::InvalidCredential`] for a credential that is not good; [`Error::Unavailable`] while the database is away.
pub async fn user() -> Result<Option<User>, Error> {
    host::user().await
}
