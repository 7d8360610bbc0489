//! The one shape of every error, and which error becomes which.

use crate::compile::BuildError;
use crate::registry::{VersionError, WriteError};
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An error of the admin API: a status, a code for programs, and a message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    next: Option<&'static str>,
}

/// What every error looks like
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorBody {
    /// What went wrong, for programs.
    #[schema(example = "FUNCTION_NOT_FOUND")]
    error: &'static str,
    /// What went wrong, for people.
    message: String,
    /// The status once more.
    #[schema(minimum = 400, maximum = 599)]
    status_code: u16,
    /// What to do about it, where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_actions: Option<&'static str>,
}

impl ApiError {
    /// An error with a code of InsForge's or of our own.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), next: None }
    }

    /// The same error with what whoever gets it can do about it.
    #[must_use]
    pub fn advise(self, next: &'static str) -> Self {
        Self { next: Some(next), ..self }
    }

    pub(super) fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_INPUT", message)
    }

    pub(super) fn slug_reserved(slug: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "FUNCTION_SLUG_RESERVED",
            format!("The slug \"{slug}\" is reserved for the runtime"),
        )
    }

    pub(super) fn function_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "FUNCTION_NOT_FOUND", "Function not found")
            .advise("GET /api/functions lists the functions that there are.")
    }

    pub(super) fn function_changed() -> Self {
        WriteError::Changed.into()
    }

    pub(super) fn not_found(uri: &Uri) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("Endpoint {} not found", uri.path()))
            .advise("GET /openapi.json describes the endpoints that there are.")
    }

    pub(super) fn method_not_allowed(method: &Method, uri: &Uri) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            format!("{method} is not allowed on {}", uri.path()),
        )
    }

    pub(super) fn unsupported_media_type(wanted: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            format!("Send the body with Content-Type: {wanted}"),
        )
    }

    pub(super) fn body_too_large(limit: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            format!("The body is larger than the {limit} bytes that are accepted"),
        )
    }

    pub(super) fn module_too_large(limit: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "MODULE_TOO_LARGE",
            format!("The module is larger than the {limit} bytes that are accepted"),
        )
    }

    pub(super) fn database_unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "DATABASE_UNAVAILABLE", "The database is unavailable")
    }
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        let message = error.to_string();
        match error {
            WriteError::NotFound => Self::function_not_found(),
            WriteError::AlreadyExists => Self::new(StatusCode::CONFLICT, "FUNCTION_ALREADY_EXISTS", message)
                .advise("Change it with PUT /api/functions/{slug}, or take another slug."),
            WriteError::Changed => Self::new(StatusCode::CONFLICT, "FUNCTION_CHANGED", message)
                .advise("Read the function again, and repeat the change with its new ETag"),
            WriteError::Version(error) => error.into(),
            WriteError::Refused(_) => Self::invalid_input(message),
            WriteError::Unsupported(_) => Self::new(StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED", message)
                .advise("Start a node with WASMFORGE_MIGRATE=auto and a role that may alter the tables."),
            WriteError::Unavailable(_) => {
                tracing::warn!(error = message, "an admin request found no database");
                Self::database_unavailable()
            }
            WriteError::Database(_) => {
                tracing::error!(error = message, "an admin request failed in the database");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Internal server error")
            }
        }
    }
}

impl From<VersionError> for ApiError {
    fn from(error: VersionError) -> Self {
        let (status, code) = match &error {
            VersionError::NotFound(_) => (StatusCode::NOT_FOUND, "VERSION_NOT_FOUND"),
            VersionError::Gone(_) => (StatusCode::GONE, "VERSION_GONE"),
            VersionError::NotBuilt(..) => (StatusCode::CONFLICT, "VERSION_NOT_BUILT"),
            VersionError::NoEarlier(_) => (StatusCode::CONFLICT, "NO_EARLIER_VERSION"),
            VersionError::IsLive(_) => (StatusCode::CONFLICT, "VERSION_IS_LIVE"),
            VersionError::NoCanary => (StatusCode::CONFLICT, "NO_CANARY"),
            VersionError::NoLive => (StatusCode::CONFLICT, "NO_LIVE_VERSION"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<BuildError> for ApiError {
    fn from(error: BuildError) -> Self {
        let message = error.to_string();
        match error {
            BuildError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "MODULE_TOO_LARGE", message)
            }
            BuildError::Source(_) => Self::new(StatusCode::BAD_REQUEST, "INVALID_SOURCE", message),
            BuildError::Store(_) => {
                tracing::warn!(error = message, "a module could not be admitted");
                Self::database_unavailable()
            }
            BuildError::NoJavaScript { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "NO_JAVASCRIPT", message)
                    .advise("Put wasmforge-js.wasm beside the program, or set WASMFORGE_JS_ENGINE.")
            }
            error if error.is_fault_of_module() => {
                Self::new(StatusCode::BAD_REQUEST, "INVALID_MODULE", message)
            }
            _ => {
                tracing::error!(error = message, "a module could not be admitted");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "INTERNAL_ERROR",
                    "The compiler could not be run",
                )
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: self.code,
            message: self.message,
            status_code: self.status.as_u16(),
            next_actions: self.next,
        };
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            return (self.status, [(RETRY_AFTER, "1")], Json(body)).into_response();
        }
        (self.status, Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(error: impl Into<ApiError>) -> (u16, &'static str) {
        let error = error.into();
        (error.status.as_u16(), error.code)
    }

    #[test]
    fn whose_fault_it_is_decides_the_status() {
        assert_eq!(of(BuildError::CoreModule), (400, "INVALID_MODULE"));
        assert_eq!(of(BuildError::TooSlow("1 s".into())), (400, "INVALID_MODULE"));
        assert_eq!(of(BuildError::TooLarge { size: 2, limit: 1 }), (413, "MODULE_TOO_LARGE"));
        assert_eq!(of(BuildError::Compiler("no fork".into())), (500, "INTERNAL_ERROR"));
        assert_eq!(of(BuildError::Store("away".into())), (503, "DATABASE_UNAVAILABLE"));
        assert_eq!(of(WriteError::Database(sqlx::Error::RowNotFound)), (500, "INTERNAL_ERROR"));
        assert_eq!(of(WriteError::Unsupported("a module")), (501, "NOT_SUPPORTED"));
    }

    #[test]
    fn what_the_database_says_stays_in_the_log() {
        let error = ApiError::from(WriteError::Unavailable("10.0.0.7 refused".into()));
        assert!(!error.message.contains("10.0.0.7"));
    }
}
