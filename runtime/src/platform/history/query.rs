//! What queries of the history have in common.

use crate::platform::ApiError;
use crate::registry::StatusFilter;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;
use wasmforge_host_api::log::Level;

/// Entries of a page, unless the query says otherwise.
pub(super) const PAGE: u32 = 50;

/// Entries of the largest page.
const MAX_PAGE: u32 = 200;

/// Characters of a text that is looked for.
const MAX_TEXT: usize = 200;

/// Entries of a page: 1 to 200.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(PAGE) {
        limit @ 1..=MAX_PAGE => Ok(limit),
        _ => Err(ApiError::invalid_input(format!("limit is a number from 1 to {MAX_PAGE}"))),
    }
}

/// A moment: ISO 8601 with a time zone.
pub(super) fn moment(name: &str, text: Option<&str>) -> Result<Option<OffsetDateTime>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let parsed =
        OffsetDateTime::parse(text, &Rfc3339).ok().filter(|moment| (1970..=9000).contains(&moment.year()));
    let problem = || ApiError::invalid_input(format!("{name} is a moment such as 2026-01-31T12:00:00.000Z"));
    parsed.map(Some).ok_or_else(problem)
}

/// A UUID.
pub(super) fn uuid(name: &str, text: Option<&str>) -> Result<Option<Uuid>, ApiError> {
    let parse = |text: &str| text.parse().map_err(|_| ApiError::invalid_input(format!("{name} is a UUID")));
    text.map(parse).transpose()
}

/// A cursor: what an answer's `nextCursor` said.
pub(super) fn cursor<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, ApiError> {
    let problem = |_| ApiError::invalid_input("cursor is what nextCursor of the page before says");
    text.map(|text| text.parse().map_err(problem)).transpose()
}

/// A text to look for.
pub(super) fn text(asked: Option<String>) -> Result<Option<String>, ApiError> {
    match asked {
        Some(text) if text.chars().count() > MAX_TEXT || text.contains('\0') => {
            Err(ApiError::invalid_input(format!("text is at most {MAX_TEXT} characters")))
        }
        Some(text) if text.is_empty() => Ok(None),
        text => Ok(text),
    }
}

/// The name of a function. It may be gone, or never have been.
pub(super) fn slug(asked: Option<String>) -> Result<Option<String>, ApiError> {
    match asked {
        Some(slug) if slug.is_empty() || slug.len() > 255 || slug.contains('\0') => {
            Err(ApiError::invalid_input("slug is the name of a function"))
        }
        slug => Ok(slug),
    }
}

/// One of several words.
pub(super) fn word(
    name: &str,
    asked: Option<String>,
    words: impl IntoIterator<Item = &'static str>,
) -> Result<Option<String>, ApiError> {
    let Some(word) = asked else { return Ok(None) };
    let words: Vec<_> = words.into_iter().collect();
    if words.contains(&word.as_str()) {
        return Ok(Some(word));
    }
    Err(ApiError::invalid_input(format!("{name} is one of {}", words.join(", "))))
}

/// A level.
pub(super) fn level(asked: Option<&str>) -> Result<Option<Level>, ApiError> {
    let Some(name) = asked else { return Ok(None) };
    let level = Level::ALL.into_iter().find(|level| level.name() == name);
    let problem = || ApiError::invalid_input("level is one of trace, debug, info, warn, error");
    level.map(Some).ok_or_else(problem)
}

/// A status, `404`, or a class of them, `4xx`.
pub(super) fn status(asked: Option<&str>) -> Result<Option<StatusFilter>, ApiError> {
    let Some(text) = asked else { return Ok(None) };
    let class =
        text.strip_suffix("xx").and_then(|class| class.parse().ok()).filter(|class| (1..=5).contains(class));
    let exact = text.parse().ok().filter(|status| (100..=599).contains(status));
    let filter = class.map(StatusFilter::Class).or(exact.map(StatusFilter::Exactly));
    filter
        .map(Some)
        .ok_or_else(|| ApiError::invalid_input("status is a number from 100 to 599, or 1xx to 5xx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_come_alone_or_in_classes() {
        assert_eq!(status(Some("404")).unwrap(), Some(StatusFilter::Exactly(404)));
        assert_eq!(status(Some("5xx")).unwrap(), Some(StatusFilter::Class(5)));
        for bad in ["", "0", "600", "6xx", "x", "40x", "-404", "404 "] {
            assert!(status(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn pages_are_bounded() {
        assert_eq!((limit(None).unwrap(), limit(Some(200)).unwrap()), (50, 200));
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
    }

    #[test]
    fn moments_need_their_zone() {
        assert!(moment("since", Some("2026-01-31T12:00:00.000Z")).unwrap().is_some());
        assert!(moment("since", Some("2026-01-31T12:00:00+02:00")).is_ok());
        for bad in
            ["", "yesterday", "2026-01-31", "2026-01-31T12:00:00", "1600000000", "1900-01-01T00:00:00Z"]
        {
            assert!(moment("since", Some(bad)).is_err(), "{bad}");
        }
    }
}
