//! Why there is no answer, or not the one that was asked for.

use http::StatusCode;
use serde_json::Value;
use wasmtime_wasi_http::Error as HttpError;

/// What can go wrong between a tool and a server.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address cannot be used.
    #[error("{url:?} is no server's address: {problem}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no connection, or it broke.
    #[error("{base} does not answer: {reason}")]
    Unreachable {
        /// The server.
        base: String,
        /// What happened.
        reason: String,
    },
    /// The server says no, or that it failed.
    #[error("{0}")]
    Refused(Refusal),
    /// What came is nothing that the admin API says.
    #[error(
        "{base} answered {status} with something else than the admin API does; is it the platform listener?"
    )]
    Foreign {
        /// The server.
        base: String,
        /// The answer's status.
        status: StatusCode,
    },
    /// The request cannot be put into HTTP.
    #[error("the request cannot be sent: {0}")]
    Request(String),
}

/// An error as the admin API writes it: `{"error", "message", "statusCode", "nextActions"?}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The answer's status.
    pub status: StatusCode,
    /// The code for programs.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// What to do about it, where the server says so.
    pub next_actions: Option<String>,
    /// Seconds after which another try may do better.
    pub retry_after: Option<u64>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Refusal {
    /// Reads an error's body. `None` where it is not of the admin API's shape.
    pub(super) fn parse(status: StatusCode, retry_after: Option<u64>, body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let code = text("error")?;
        let message = text("message").filter(|message| !message.is_empty());
        let message = message.map_or_else(|| code.clone(), |message| issues(&message).unwrap_or(message));
        Some(Self { status, code, message, next_actions: text("nextActions"), retry_after })
    }
}

/// The faults of a request, which come as a JSON array in the message, in one line.
fn issues(message: &str) -> Option<String> {
    let issues: Vec<Value> = serde_json::from_str(message).ok()?;
    let words = issues.iter().map(|issue| {
        let message = issue.get("message").and_then(Value::as_str)?;
        let path = issue.get("path").and_then(Value::as_array)?;
        let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
        Some(if path.is_empty() { message.to_owned() } else { format!("{}: {message}", path.join(".")) })
    });
    words.collect::<Option<Vec<_>>>().filter(|words| !words.is_empty()).map(|words| words.join("; "))
}

/// What happened to a connection, in a caller's words.
pub(super) fn reason(error: &HttpError) -> String {
    match error {
        HttpError::ConnectionRefused => "nothing listens there".to_owned(),
        HttpError::DnsError { .. } | HttpError::DnsTimeout => "its name is not known".to_owned(),
        HttpError::ConnectionTimeout => "no connection within 10 s".to_owned(),
        HttpError::ConnectionReadTimeout | HttpError::HttpResponseTimeout => {
            "nothing came in time".to_owned()
        }
        HttpError::ConnectionTerminated | HttpError::HttpResponseIncomplete => {
            "the connection broke off".to_owned()
        }
        HttpError::TlsCertificateError => "its certificate is not trusted here".to_owned(),
        HttpError::HttpProtocolError => "it does not speak HTTP".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Option<Refusal> {
        Refusal::parse(StatusCode::BAD_REQUEST, None, body.as_bytes())
    }

    #[test]
    fn the_faults_of_a_request_are_told_in_one_line() {
        let issues = r#"[{\"code\":\"a\",\"path\":[\"name\"],\"message\":\"Required\"},{\"code\":\"b\",\"path\":[\"capabilities\",\"http\"],\"message\":\"no host\"}]"#;
        let refusal = parse(&format!(r#"{{"error":"INVALID_INPUT","message":"{issues}"}}"#)).unwrap();
        assert_eq!(refusal.to_string(), "name: Required; capabilities.http: no host");
        assert_eq!(parse(r#"{"error":"X","message":"[1]"}"#).unwrap().message, "[1]");
    }

    #[test]
    fn an_error_without_words_is_its_code_and_others_are_none() {
        assert_eq!(parse(r#"{"error":"FORBIDDEN"}"#).unwrap().message, "FORBIDDEN");
        assert_eq!(parse("<html>"), None);
        assert_eq!(parse(r#"{"message":"x"}"#), None);
    }
}
