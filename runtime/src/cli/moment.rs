//! Moments on a command line, and in a table.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A moment that was given as how long ago it was (`30s`, `10m`, `2h`, `7d`) or as itself (RFC 3339), in RFC 3339.
pub(super) fn ago(text: &str) -> Result<String, String> {
    let moment = match length(text) {
        Some(length) => OffsetDateTime::now_utc().checked_sub(length),
        None => OffsetDateTime::parse(text, &Rfc3339).ok(),
    };
    written(moment).ok_or_else(|| {
        format!("{text:?} is neither a time ago, like 10m or 2h, nor a moment, like 2026-01-31T12:00:00Z")
    })
}

/// The same for a moment that is still to come.
pub(super) fn ahead(text: &str) -> Result<String, String> {
    let moment = match length(text) {
        Some(length) => OffsetDateTime::now_utc().checked_add(length),
        None => OffsetDateTime::parse(text, &Rfc3339).ok(),
    };
    written(moment).ok_or_else(|| {
        format!(
            "{text:?} is neither a time from now, like 12h or 30d, nor a moment, like 2026-01-31T12:00:00Z"
        )
    })
}

fn written(moment: Option<OffsetDateTime>) -> Option<String> {
    let moment = moment?.to_offset(UtcOffset::UTC);
    let millis = moment.nanosecond() / 1_000_000 * 1_000_000;
    moment.replace_nanosecond(millis).ok()?.format(&Rfc3339).ok()
}

fn length(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return None,
    };
    Some(Duration::seconds(count.checked_mul(seconds)?))
}

/// A moment of the API as a table shows it, `2026-01-31 12:00:00`: UTC, to the second.
pub(super) fn shown(moment: &str) -> String {
    let text: String = moment.chars().take(19).collect();
    text.replacen('T', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_given_as_a_length_or_as_itself() {
        assert_eq!(ago("2026-01-31T13:00:00.5+01:00").unwrap(), "2026-01-31T12:00:00.5Z");
        let minute = OffsetDateTime::parse(&ago("1m").unwrap(), &Rfc3339).unwrap();
        let past = OffsetDateTime::now_utc() - minute;
        assert!((Duration::seconds(59)..Duration::seconds(70)).contains(&past), "{past}");
        assert!(ahead("30d").is_ok());
        for text in ["", "m", "-5m", "10", "10y", "yesterday", "99999999999999999d", "é"] {
            assert!(ago(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_table_shows_seconds() {
        assert_eq!(shown("2026-08-19T12:03:05.067Z"), "2026-08-19 12:03:05");
        assert_eq!(shown("soon"), "soon");
    }
}
