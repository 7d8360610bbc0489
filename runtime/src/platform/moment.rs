//! Moments as InsForge's clients write and read them.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

/// JavaScript's `Date.toISOString`.
const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A day of the calendar.
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// UTC, to the millisecond.
pub(super) fn timestamp(moment: OffsetDateTime) -> Option<String> {
    moment.to_offset(UtcOffset::UTC).format(ISO).ok()
}

/// A moment with its offset, or the midnight in UTC that begins a day.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let moment =
        OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Iso8601::DEFAULT));
    let moment = moment.ok().or_else(|| day(text))?;
    // PostgreSQL's and JavaScript's calendars go further back; nothing of ours does.
    (moment.to_offset(UtcOffset::UTC).year() > 0).then_some(moment)
}

/// The parser of a date leaves alone what follows it.
fn day(text: &str) -> Option<OffsetDateTime> {
    let day = Date::parse(text, DAY).ok()?;
    (day.format(DAY).ok()? == text).then(|| day.midnight().assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn moments_are_written_as_javascript_does() {
        assert_eq!(
            timestamp(datetime!(2026-08-19 14:03:05.067_899 +02:00)).as_deref(),
            Some("2026-08-19T12:03:05.067Z")
        );
    }

    #[test]
    fn a_moment_has_an_offset_and_a_day_begins_at_midnight() {
        assert_eq!(parse("2026-08-19T12:00:00.5+02:00"), Some(datetime!(2026-08-19 10:00:00.5 UTC)));
        assert_eq!(parse("2026-08-19"), Some(datetime!(2026-08-19 0:00 UTC)));
        for text in ["", "tomorrow", "2026-08-19T12:00:00", "2026-13-01", "-0001-01-01T00:00:00Z", "17"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
