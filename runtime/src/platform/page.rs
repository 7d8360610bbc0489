//! Lists in pages: how much of it, from where on.

use super::ApiError;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::str::FromStr;
use time::OffsetDateTime;
use uuid::Uuid;

/// Entries of a page that was asked for without a number, and at most.
const LIMIT: (u16, u16) = (50, 200);

/// The parameters of a query; the last of a name counts, and an empty one is none.
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    pub(super) fn of(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value that has to be one of a kind.
    pub(super) fn parse<T>(
        &self,
        name: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(ApiError::invalid_input(format!("{name} is not {what}"))),
        }
    }

    /// `limit`.
    pub(super) fn limit(&self) -> Result<u16, ApiError> {
        let what = format!("a number from 1 to {}", LIMIT.1);
        let in_range = |text: &str| u16::from_str(text).ok().filter(|n| (1..=LIMIT.1).contains(n));
        Ok(self.parse("limit", &what, in_range)?.unwrap_or(LIMIT.0))
    }

    /// `cursor`: the last entry of the page before.
    pub(super) fn cursor(&self) -> Result<Option<(OffsetDateTime, Uuid)>, ApiError> {
        self.parse("cursor", "a cursor of this list", cursor)
    }
}

/// The cursor behind an entry.
pub(super) fn cursor_behind(at: OffsetDateTime, id: Uuid) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{id}", at.unix_timestamp_nanos() / 1000))
}

fn cursor(text: &str) -> Option<(OffsetDateTime, Uuid)> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (micros, id) = text.split_once('.')?;
    let nanos = micros.parse::<i128>().ok()?.checked_mul(1000)?;
    Some((OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let (at, id) =
            (OffsetDateTime::from_unix_timestamp_nanos(1_790_000_000_123_456_000).unwrap(), Uuid::new_v4());
        assert_eq!(cursor(&cursor_behind(at, id)), Some((at, id)));
        for wrong in ["", "x", "MTIz", "99999999999999999999999999999999999999"] {
            assert_eq!(cursor(wrong), None, "{wrong}");
        }
    }
}
