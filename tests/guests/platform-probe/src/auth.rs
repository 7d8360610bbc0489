//! Credentials.

use crate::{named, needed};
use wasmforge::auth::{self, Identity};
use wasmforge::{IntoResponse, Json, Request, Response, Result};

pub async fn caller() -> Result<Response> {
    named(auth::caller().await.map(shown))
}

pub async fn verify(req: &Request) -> Result<Response> {
    named(auth::verify(&needed(req, "credential")?).await.map(shown))
}

pub async fn user() -> Result<Response> {
    named(auth::user().await.map(|user| Json(user).into_response()))
}

fn shown(identity: Identity) -> Response {
    let Identity { role, subject, email, claims } = identity;
    Json((format!("{role:?}"), subject, email, claims)).into_response()
}
