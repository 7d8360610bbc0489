//! Who calls.

use wasmforge::auth::{self, Role};
use wasmforge::http::StatusCode;
use wasmforge::{Error, Result};

/// Lets users and admins pass; everybody else is a `401`.
pub(crate) async fn signed_in() -> Result<()> {
    let unauthorized = Err(Error::new(StatusCode::UNAUTHORIZED, "Unauthorized"));
    match auth::caller().await {
        Ok(caller) if matches!(caller.role, Role::Authenticated | Role::ProjectAdmin) => Ok(()),
        Ok(_) | Err(auth::Error::InvalidCredential) => unauthorized,
        Err(error) => Err(error.into()),
    }
}
