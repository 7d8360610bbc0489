//! Every way in which an invocation can fail before its answer has begun, and what its caller sees of it.

use super::authorize::Refused;
use super::body::ResponseBody;
use crate::compile::BuildError;
use crate::registry::Version;
use crate::telemetry::{InvocationId, Outcome};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use wasmforge_host_api::GrantError;
use wasmforge_host_api::http::MAX_CALL_DEPTH;

/// Why there is no answer of the guest's own.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No active function has this slug.
    #[error("Function not found or not active")]
    NotFound,
    /// The registry was never read: whether the function exists is not known.
    #[error("The function registry is unavailable")]
    RegistryUnavailable,
    /// A version was asked for by somebody who is no administrator.
    #[error("x-wasmforge-version needs an administrator's key in x-api-key, or an administrator's token")]
    NotAdmin,
    /// There is no such version.
    #[error("There is no version {0} of this function")]
    VersionNotFound(Version),
    /// The retention took the version's code.
    #[error("Version {0} of this function is no longer kept")]
    VersionGone(Version),
    /// The database's schema was not extended.
    #[error("This database keeps no versions")]
    VersionsUnsupported,
    /// The function's policy sends the caller away.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Functions call each other in a circle, or nearly so.
    #[error("Loop Detected")]
    LoopDetected,
    /// There was no place to run it in time.
    #[error("The function is busy, try again later")]
    Overloaded,
    /// Its code could not be made ready.
    #[error("{}", not_built(.0))]
    NotBuilt(BuildError),
    /// What it is granted cannot be meant: a row that was written past the API.
    #[error("Function has invalid capabilities")]
    BadGrants(Arc<[GrantError]>),
    /// The request is not one that a guest can be handed.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The request's body is larger than the limit.
    #[error("Request body too large: at most {0} bytes are accepted")]
    RequestTooLarge(u64),
    /// The wall-clock limit was reached.
    #[error("Function timeout")]
    Timeout,
    /// The CPU limit was reached.
    #[error("Function exceeded its CPU time limit of {0:?}")]
    CpuLimit(Duration),
    /// The instruction budget was used up.
    #[error("Function used up its {0} instructions of fuel")]
    FuelExhausted(u64),
    /// The guest failed after it was refused memory.
    #[error("Function exceeded its memory limit of {0} MiB")]
    MemoryLimit(u64),
    /// The guest trapped.
    #[error("Function execution failed")]
    Trap(String),
    /// The guest returned without an answer.
    #[error("Function returned no response")]
    NoResponse,
    /// The guest answered with an error code of wasi:http.
    #[error("Function returned an error")]
    GuestError(String),
    /// What the guest wrote is no valid body for the head that it sent.
    #[error("Function wrote an invalid response body")]
    InvalidBody(String),
    /// The runtime failed.
    #[error("Function execution failed")]
    Internal(String),
}

/// Marks an answer that is not the guest's own, with its code: for callers within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(pub &'static str);

/// InsForge's runtime answers with what is wrong with a source.
fn not_built(error: &BuildError) -> String {
    match error {
        BuildError::Source(error) => error.summary(),
        _ => "Function could not be loaded".to_owned(),
    }
}

impl InvokeError {
    /// Status and machine-readable code: the one place that decides them.
    #[must_use]
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "FUNCTION_NOT_FOUND"),
            Self::RegistryUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "REGISTRY_UNAVAILABLE"),
            Self::NotAdmin => (StatusCode::FORBIDDEN, "AUTH_UNAUTHORIZED"),
            Self::VersionNotFound(_) => (StatusCode::NOT_FOUND, "VERSION_NOT_FOUND"),
            Self::VersionGone(_) => (StatusCode::GONE, "VERSION_GONE"),
            Self::VersionsUnsupported => (StatusCode::NOT_IMPLEMENTED, "NOT_SUPPORTED"),
            Self::Refused(Refused::Missing) => (StatusCode::UNAUTHORIZED, "AUTH_INVALID_CREDENTIALS"),
            Self::Refused(Refused::Unknown) => (StatusCode::UNAUTHORIZED, "AUTH_UNAUTHORIZED"),
            Self::Refused(Refused::TooWeak) => (StatusCode::FORBIDDEN, "AUTH_UNAUTHORIZED"),
            Self::LoopDetected => (StatusCode::LOOP_DETECTED, "LOOP_DETECTED"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED"),
            Self::NotBuilt(error) if error.is_fault_of_module() => {
                (StatusCode::INTERNAL_SERVER_ERROR, "NOT_BUILT")
            }
            Self::NotBuilt(_) => (StatusCode::SERVICE_UNAVAILABLE, "NOT_BUILT"),
            Self::BadGrants(_) => (StatusCode::INTERNAL_SERVER_ERROR, "BAD_CAPABILITIES"),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Self::RequestTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE"),
            Self::Timeout => (StatusCode::GATEWAY_TIMEOUT, "TIMEOUT"),
            Self::CpuLimit(_) => (StatusCode::GATEWAY_TIMEOUT, "CPU_LIMIT"),
            Self::FuelExhausted(_) => (StatusCode::GATEWAY_TIMEOUT, "FUEL_EXHAUSTED"),
            Self::MemoryLimit(_) => (StatusCode::INTERNAL_SERVER_ERROR, "MEMORY_LIMIT"),
            Self::Trap(_) => (StatusCode::INTERNAL_SERVER_ERROR, "TRAP"),
            Self::NoResponse => (StatusCode::INTERNAL_SERVER_ERROR, "NO_RESPONSE"),
            Self::GuestError(_) => (StatusCode::INTERNAL_SERVER_ERROR, "GUEST_ERROR"),
            Self::InvalidBody(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INVALID_BODY"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        }
    }

    /// How the invocation's record calls it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::NotFound
            | Self::RegistryUnavailable
            | Self::VersionNotFound(_)
            | Self::VersionGone(_)
            | Self::VersionsUnsupported
            | Self::BadGrants(_)
            | Self::NotBuilt(_) => Outcome::NotBuilt,
            Self::Refused(_) | Self::NotAdmin | Self::LoopDetected => Outcome::Refused,
            Self::Overloaded => Outcome::Overloaded,
            Self::BadRequest(_) | Self::NoResponse | Self::GuestError(_) | Self::InvalidBody(_) => {
                Outcome::GuestError
            }
            Self::RequestTooLarge(_) => Outcome::RequestTooLarge,
            Self::Timeout => Outcome::Timeout,
            Self::CpuLimit(_) => Outcome::CpuLimit,
            Self::FuelExhausted(_) => Outcome::FuelExhausted,
            Self::MemoryLimit(_) => Outcome::MemoryLimit,
            Self::Trap(_) => Outcome::Trap,
            Self::Internal(_) => Outcome::Internal,
        }
    }

    /// What the function's author is told, in the log: more than the caller sees.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::NotBuilt(error) => error.to_string(),
            Self::LoopDetected => {
                format!("functions called each other more than {MAX_CALL_DEPTH} deep")
            }
            Self::BadGrants(errors) => {
                let errors: Vec<_> = errors.iter().map(|error| format!("capabilities.{error}")).collect();
                errors.join("; ")
            }
            Self::Trap(detail)
            | Self::GuestError(detail)
            | Self::InvalidBody(detail)
            | Self::Internal(detail) => detail.clone(),
            other => other.to_string(),
        }
    }

    /// The answer to the caller; with `dev_mode` it tells the detail too.
    #[must_use]
    pub fn into_response(self, id: InvocationId, dev_mode: bool) -> Response<ResponseBody> {
        let (status, code) = self.status_and_code();
        let message = if dev_mode { self.detail() } else { self.to_string() };
        let body = json!({ "error": message, "code": code, "invocationId": id.to_string() }).to_string();
        let mut response = Response::new(ResponseBody::full(body));
        response.extensions_mut().insert(Failure(code));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
