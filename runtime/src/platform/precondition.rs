//! `ETag` and `If-Match`: a write that is meant for what its author saw, and for nothing later.

use super::{ApiError, PlatformState};
use crate::registry::{Definition, Expected, Revision};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use utoipa::IntoParams;

/// What `If-Match` asks of the function that a request is about.
pub(super) struct IfMatch(pub(super) Expected);

impl FromRequestParts<PlatformState> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &PlatformState) -> Result<Self, ApiError> {
        expected(&parts.headers).map(Self)
    }
}

impl IfMatch {
    /// Whether a function that was read may be written. Asked again where it is written; this is for a write that would
    /// take long.
    pub(super) fn admits(&self, found: &Definition) -> Result<(), ApiError> {
        if self.0.admits(&found.revision()) { Ok(()) } else { Err(ApiError::function_changed()) }
    }
}

/// The header as the description of the API has it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header that is read by hand")]
pub(super) struct Precondition {
    /// The `ETag` of the function as it was seen; the write is refused where it is another by now.
    #[param(rename = "if-match", pattern = r#"^(\*|"[0-9a-z-]*")$"#)]
    if_match: Option<String>,
}

/// An answer with the function's `ETag`.
pub(super) type Tagged<T> = ([(HeaderName, HeaderValue); 1], Json<T>);

/// The answer `body` about `function`.
pub(super) fn tagged<T>(function: &Definition, body: T) -> Tagged<T> {
    let tag = HeaderValue::try_from(format!("\"{}\"", function.revision()));
    ([(ETAG, tag.unwrap_or_else(|_| HeaderValue::from_static("\"\"")))], Json(body))
}

fn expected(headers: &HeaderMap) -> Result<Expected, ApiError> {
    let malformed = || ApiError::invalid_input("If-Match is neither * nor a list of entity tags");
    let mut revisions = Vec::new();
    for value in headers.get_all(IF_MATCH) {
        let value = value.to_str().map_err(|_| malformed())?;
        if value.trim() == "*" {
            return Ok(Expected::Existing);
        }
        for tag in value.split(',') {
            // A proxy that compresses makes a tag weak. Ours names one state of a row, however it is encoded.
            let tag = tag.trim().trim_start_matches("W/");
            let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(malformed)?;
            revisions.push(Revision::parse(tag));
        }
    }
    Ok(if revisions.is_empty() { Expected::Anything } else { Expected::OneOf(revisions) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<Expected, ApiError> {
        let value = |text: &&str| (IF_MATCH, HeaderValue::from_str(text).unwrap());
        let mut headers = HeaderMap::new();
        values.iter().map(value).for_each(|(name, value)| {
            headers.append(name, value);
        });
        expected(&headers)
    }

    #[test]
    fn tags_are_read_however_they_are_listed() {
        let revision = Revision::parse;
        assert_eq!(of(&[]).unwrap(), Expected::Anything);
        assert_eq!(of(&["*"]).unwrap(), Expected::Existing);
        assert_eq!(of(&["\"3-7\""]).unwrap(), Expected::OneOf(vec![revision("3-7")]));
        let several = Expected::OneOf(vec![revision("a"), revision("b"), revision("c")]);
        assert_eq!(of(&["\"a\", W/\"b\"", "\"c\""]).unwrap(), several);
        for malformed in ["3-7", "\"a\", b", "\"", ""] {
            assert!(of(&[malformed]).is_err(), "{malformed}");
        }
    }
}
