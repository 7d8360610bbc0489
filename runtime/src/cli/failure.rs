//! How a command that fails says so: one line with what to do next, and an exit code.

use super::output::printable;
use crate::client::{ClientError, Refusal};
use http::StatusCode;
use std::io::{self, Write};
use std::process::ExitCode;

/// The exit codes. Those of a command line that cannot be read are clap's, 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// What was checked, built or deployed is not in order.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The server says no: a status of the four hundreds.
    Refused = 3,
    /// The server is not reached, or failed: a status of the five hundreds.
    Server = 4,
    /// The server has no such thing: 404.
    NotFound = 5,
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(failure as u8)
    }
}

impl Failure {
    /// What a status means; `None` where it is no failure.
    pub(super) fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_FOUND => Some(Self::NotFound),
            status if status.is_client_error() => Some(Self::Refused),
            status if status.is_server_error() => Some(Self::Server),
            _ => None,
        }
    }

    fn of_error(error: &anyhow::Error) -> Self {
        if error.downcast_ref::<Misuse>().is_some() {
            return Self::Usage;
        }
        match client_error(error) {
            Some(ClientError::Refused(refusal)) => Self::of_status(refusal.status).unwrap_or(Self::Server),
            Some(ClientError::Address { .. }) => Self::Usage,
            Some(ClientError::Request(_)) | None => Self::Failed,
            Some(ClientError::Unreachable { .. } | ClientError::Foreign { .. }) => Self::Server,
        }
    }
}

/// Arguments that contradict each other, or the files that they name.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Misuse(pub(super) String);

/// Tells on standard error why a command failed, and gives its exit code. Where nobody reads any more what it writes,
/// its reader had enough: no failure.
pub(super) fn report(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    let text = match client_error(error).and_then(hint) {
        Some(hint) => format!("wasmforge: {error:#}; {hint}"),
        None => format!("wasmforge: {error:#}"),
    };
    let _ = writeln!(io::stderr(), "{}", printable(&text));
    Failure::of_error(error).into()
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn client_error(error: &anyhow::Error) -> Option<&ClientError> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

/// The next thing to do.
pub(super) fn hint(error: &ClientError) -> Option<String> {
    let hint = match error {
        ClientError::Unreachable { .. } => {
            "start a server with `wasmforge dev`, or name another with --url or WASMFORGE_URL"
        }
        // What the server advises is for programs: routes and headers.
        ClientError::Refused(refusal) => {
            return hint_of_code(refusal)
                .or_else(|| refusal.next_actions.clone())
                .or_else(|| hint_of_status(refusal));
        }
        ClientError::Address { .. } => "write it like http://localhost:7130",
        ClientError::Foreign { .. } => "see `wasmforge doctor --url`",
        ClientError::Request(_) => return None,
    };
    Some(hint.to_owned())
}

fn hint_of_code(refusal: &Refusal) -> Option<String> {
    let hint = match (refusal.status, refusal.code.as_str()) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, code) if code.starts_with("AUTH") => {
            "give the administrator's key with --api-key or ACCESS_API_KEY"
        }
        (_, "FUNCTION_NOT_FOUND") => "`wasmforge list` names those that there are",
        (_, "SECRET_NOT_FOUND") => "`wasmforge secrets list` names those that there are",
        (_, "SCHEDULE_NOT_FOUND") => "`wasmforge schedules list` names those that there are",
        (_, "VERSION_NOT_FOUND" | "VERSION_GONE" | "VERSION_NOT_BUILT" | "NO_EARLIER_VERSION") => {
            "`wasmforge versions SLUG` lists those that there are"
        }
        (_, "NO_CANARY" | "NO_LIVE_VERSION") => {
            "`wasmforge deploy --canary 10` begins a trial of a function that is live"
        }
        (StatusCode::NOT_FOUND, "NOT_FOUND") => "the server is older than this program, or another one",
        (_, "FUNCTION_CHANGED") => "somebody else changed it meanwhile: look at it and try again",
        (_, "NOT_SUPPORTED") => "see `wasmforge doctor` on the server for its migrations",
        (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR") => "the server's log says why",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn hint_of_status(refusal: &Refusal) -> Option<String> {
    match (refusal.status, refusal.retry_after) {
        (StatusCode::TOO_MANY_REQUESTS, Some(seconds)) => Some(format!("try again in {seconds} s")),
        (StatusCode::TOO_MANY_REQUESTS, None) => Some("try again later".to_owned()),
        (StatusCode::SERVICE_UNAVAILABLE, _) => Some("try again in a moment".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    fn refused(status: u16, code: &str) -> anyhow::Error {
        let refusal = Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            code: code.to_owned(),
            message: "no".to_owned(),
            next_actions: None,
            retry_after: Some(7),
        };
        Err::<(), _>(ClientError::Refused(refusal)).context("greet").unwrap_err()
    }

    #[test]
    fn the_exit_code_says_whose_fault_it_is() {
        let unreachable = ClientError::Unreachable { base: "http://h".into(), reason: "no".into() };
        for (error, expected) in [
            (refused(400, "INVALID_INPUT"), Failure::Refused),
            (refused(401, "AUTH_INVALID_API_KEY"), Failure::Refused),
            (refused(404, "FUNCTION_NOT_FOUND"), Failure::NotFound),
            (refused(503, "DATABASE_UNAVAILABLE"), Failure::Server),
            (unreachable.into(), Failure::Server),
            (Misuse("no".into()).into(), Failure::Usage),
            (anyhow::anyhow!("no"), Failure::Failed),
        ] {
            assert_eq!(Failure::of_error(&error), expected, "{error:#}");
        }
    }

    #[test]
    fn a_refusal_comes_with_what_to_do_next() {
        let hint = |error: &anyhow::Error| client_error(error).and_then(hint).unwrap_or_default();
        assert!(hint(&refused(401, "AUTH_INVALID_API_KEY")).contains("--api-key"));
        assert!(hint(&refused(404, "FUNCTION_NOT_FOUND")).contains("wasmforge list"));
        assert_eq!(hint(&refused(429, "TOO_MANY_REQUESTS")), "try again in 7 s");
        assert_eq!(hint(&refused(400, "INVALID_INPUT")), "");
    }
}
