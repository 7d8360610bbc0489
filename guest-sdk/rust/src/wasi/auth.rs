//! Credentials and users.

use super::reactor;
use crate::auth::{Error, Identity, Role, User};
use bindings::wasmforge::platform::auth;
use serde_json::Value;

mod bindings {
    wit_bindgen::generate!({
        path: "../../host-api/wit",
        inline: "package wasmforge:guest; world auth { import wasmforge:platform/auth@0.1.0; }",
        world: "wasmforge:guest/auth",
        with: { "wasi:io/poll@0.2.12": wasip2::io::poll },
        generate_all,
    });
}

#[allow(clippy::unused_async, reason = "callers need not know that the host answers at once")]
pub(crate) async fn caller() -> Result<Identity, Error> {
    identity(auth::caller()?)
}

#[allow(clippy::unused_async, reason = "callers need not know that the host answers at once")]
pub(crate) async fn verify(credential: &str) -> Result<Identity, Error> {
    identity(auth::verify(credential)?)
}

pub(crate) async fn user() -> Result<Option<User>, Error> {
    let lookup = auth::current_user()?;
    loop {
        match lookup.get() {
            Some(Ok(found)) => return found?.map(User::try_from).transpose(),
            // It was taken, which it was not.
            Some(Err(())) => return Ok(None),
            None => reactor::ready(lookup.subscribe()).await,
        }
    }
}

fn identity(found: auth::Identity) -> Result<Identity, Error> {
    let role = match found.role {
        auth::Role::Anon => Role::Anon,
        auth::Role::Authenticated => Role::Authenticated,
        auth::Role::ProjectAdmin => Role::ProjectAdmin,
    };
    let claims = serde_json::from_str(&found.claims).map_err(unreadable)?;
    Ok(Identity { role, subject: found.subject, email: found.email, claims })
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Unavailable(error.to_string())
}

impl TryFrom<auth::User> for User {
    type Error = Error;

    fn try_from(user: auth::User) -> Result<Self, Error> {
        let json = |text: &str| serde_json::from_str::<Value>(text).map_err(unreadable);
        Ok(Self {
            profile: json(&user.profile)?,
            metadata: json(&user.metadata)?,
            id: user.id,
            email: user.email,
            email_verified: user.email_verified,
            created_at: user.created_at,
            updated_at: user.updated_at,
        })
    }
}

impl From<auth::Error> for Error {
    fn from(error: auth::Error) -> Self {
        match error {
            auth::Error::NotGranted(grant) => Self::NotGranted(grant),
            auth::Error::InvalidCredential => Self::InvalidCredential,
            auth::Error::Unavailable(reason) => Self::Unavailable(reason),
            auth::Error::Timeout => Self::Timeout,
        }
    }
}
