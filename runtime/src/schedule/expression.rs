//! When a schedule is due: five fields of cron, or `N seconds`.
//!
//! The grammar is InsForge's. Five fields are minute, hour, day of month, month and day of the week, with names, lists,
//! ranges and steps, and `L`, `W` and `#` as croner reads them. As everywhere with cron, a day fits if *either* day field
//! does where both are restricted. `N seconds` (1 to 59) is due whenever the Unix time is a multiple of N, so that all nodes
//! agree on it without asking.

use super::zone::Zone;
use chrono::{DateTime, Datelike};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use std::time::Duration;
use time::OffsetDateTime;

/// A text that is no expression, or one that is never due. The message is InsForge's where it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Neither five fields nor `N seconds`.
    #[error(
        "Cron expression must be exactly 5 fields (minute, hour, day, month, day-of-week) or a sub-minute interval like \
         \"30 seconds\". Got {0} fields. Examples: \"*/5 * * * *\" for every 5 minutes, \"30 seconds\" for every 30 seconds."
    )]
    Fields(usize),
    /// An interval of no seconds, or of a minute and more.
    #[error(
        "Interval form is only for sub-minute cadence. Use 1–59 seconds (e.g., \"30 seconds\"); for ≥ 1 minute use 5-field \
         cron (e.g., \"*/5 * * * *\")."
    )]
    Interval,
    /// A field that means nothing.
    #[error("Invalid cron expression: {0}")]
    Field(String),
    /// No date fits, such as February 30.
    #[error("Invalid cron expression: no date ever matches \"{0}\"")]
    Never(String),
}

/// When a schedule is due, in one time zone.
#[derive(Clone, Debug)]
pub struct Expression {
    form: Form,
    zone: Zone,
}

#[derive(Clone, Debug)]
enum Form {
    Fields { cron: Box<Cron>, hours: Hours },
    Every(Duration),
}

/// What the hour field says, which decides what happens when clocks are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hours {
    /// It names hours: what is due at them happens once on every day that has the date.
    Named,
    /// It begins with `*`: what is due follows the time that passes.
    Any,
}

impl Expression {
    /// Reads an expression, which must be due at some time after now.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse(text: &str, zone: Zone) -> Result<Self, ExpressionError> {
        let text = text.trim();
        if let Some(seconds) = interval(text) {
            return match seconds {
                Some(seconds @ 1..=59) => Ok(Self { form: Form::Every(Duration::from_secs(seconds)), zone }),
                _ => Err(ExpressionError::Interval),
            };
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [_, hour, ..] = fields.as_slice() else { return Err(ExpressionError::Fields(fields.len())) };
        if fields.len() != 5 {
            return Err(ExpressionError::Fields(fields.len()));
        }
        let hours = if hour.starts_with('*') { Hours::Any } else { Hours::Named };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| ExpressionError::Field(error.to_string()))?;
        if !is_ever_due(&fields.join(" ")) {
            return Err(ExpressionError::Never(text.to_owned()));
        }
        Ok(Self { form: Form::Fields { cron: Box::new(cron), hours }, zone })
    }

    /// The first due time after `moment`, to the second; `None` where there is none any more.
    #[must_use]
    pub fn next_after(&self, moment: OffsetDateTime) -> Option<OffsetDateTime> {
        match &self.form {
            Form::Every(period) => {
                let period = i64::try_from(period.as_secs()).ok()?;
                let next = moment.unix_timestamp().div_euclid(period).checked_add(1)?.checked_mul(period)?;
                OffsetDateTime::from_unix_timestamp(next).ok()
            }
            Form::Fields { cron, hours } => self.zone.next_after(cron, *hours, moment),
        }
    }

    /// The next due times after `moment`.
    #[must_use]
    pub fn upcoming(&self, moment: OffsetDateTime, count: usize) -> Vec<OffsetDateTime> {
        std::iter::successors(self.next_after(moment), |due| self.next_after(*due)).take(count).collect()
    }

    /// The last due time in (`after`, `until`].
    #[must_use]
    pub fn last_within(&self, after: OffsetDateTime, until: OffsetDateTime) -> Option<OffsetDateTime> {
        // There is no way back from a time, so that windows that grow are searched forwards, of which the last holds few
        // times that the ones before did not.
        let windows = [2 * MINUTE, 2 * HOUR, 3 * DAY, 90 * DAY].map(|window| until - window);
        let starts = windows.into_iter().filter(|start| *start > after).chain([after]);
        starts.into_iter().find_map(|start| {
            let dues = std::iter::successors(self.next_after(start), |due| self.next_after(*due));
            dues.take_while(|due| *due <= until).last()
        })
    }
}

/// Whether some date of the next decades fits. croner by itself would look through three thousand years.
fn is_ever_due(fields: &str) -> bool {
    let Some(now) = DateTime::from_timestamp(OffsetDateTime::now_utc().unix_timestamp(), 0) else {
        return false;
    };
    // February 29 comes back to a day of the week after 40 years at most.
    let within = format!("0 {fields} {}-{}", now.year(), now.year().saturating_add(41));
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Required).build();
    parser.parse(&within).is_ok_and(|cron| cron.find_next_occurrence(&now, false).is_ok())
}

const MINUTE: time::Duration = time::Duration::MINUTE;
const HOUR: time::Duration = time::Duration::HOUR;
const DAY: time::Duration = time::Duration::DAY;

/// The number before `second` or `seconds`, in whatever case: `Some(None)` for one that is too large to be a number.
fn interval(text: &str) -> Option<Option<u64>> {
    let (number, unit) = text.split_once(char::is_whitespace)?;
    let unit = unit.trim_start();
    let is_unit = unit.eq_ignore_ascii_case("second") || unit.eq_ignore_ascii_case("seconds");
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (is_unit && is_number).then(|| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn utc(text: &str) -> Result<Expression, ExpressionError> {
        Expression::parse(text, Zone::parse("UTC").unwrap())
    }

    fn next(text: &str, moment: OffsetDateTime) -> OffsetDateTime {
        utc(text).unwrap().next_after(moment).unwrap()
    }

    #[test]
    fn five_fields_are_read_as_cron_reads_them() {
        let moment = datetime!(2026-03-04 10:07:30.5 UTC);
        for (text, due) in [
            ("* * * * *", datetime!(2026-03-04 10:08 UTC)),
            ("*/5 * * * *", datetime!(2026-03-04 10:10 UTC)),
            ("  0   9 * * 1-5 ", datetime!(2026-03-05 09:00 UTC)),
            ("0 0 1 * *", datetime!(2026-04-01 00:00 UTC)),
            ("0 12 * JAN sun", datetime!(2027-01-03 12:00 UTC)),
            ("0 0 * * 7", datetime!(2026-03-08 00:00 UTC)),
            ("0 0 13 * 5", datetime!(2026-03-06 00:00 UTC)),
            ("15,45 8-10/2 * * *", datetime!(2026-03-04 10:15 UTC)),
            ("0 0 29 2 *", datetime!(2028-02-29 00:00 UTC)),
            ("0 0 L * *", datetime!(2026-03-31 00:00 UTC)),
        ] {
            assert_eq!(next(text, moment), due, "{text}");
        }
    }

    #[test]
    fn the_next_due_time_is_after_the_moment_never_at_it() {
        assert_eq!(next("0 * * * *", datetime!(2026-01-01 05:00 UTC)), datetime!(2026-01-01 06:00 UTC));
        let almost = datetime!(2026-01-01 04:59:59.999_999_999 UTC);
        assert_eq!(next("0 * * * *", almost), datetime!(2026-01-01 05:00 UTC));
        assert_eq!(
            next("20 seconds", datetime!(2026-01-01 05:00:20 UTC)),
            datetime!(2026-01-01 05:00:40 UTC)
        );
    }

    #[test]
    fn seconds_are_counted_from_the_unix_epoch() {
        assert_eq!(
            next("30 seconds", datetime!(2026-01-01 05:00:01 UTC)),
            datetime!(2026-01-01 05:00:30 UTC)
        );
        assert_eq!(
            next("1 second", datetime!(2026-01-01 05:00:01.2 UTC)),
            datetime!(2026-01-01 05:00:02 UTC)
        );
        assert_eq!(next(" 59  SECONDS", datetime!(1970-01-01 00:01 UTC)), datetime!(1970-01-01 00:01:58 UTC));
        assert_eq!(next("7 seconds", datetime!(1969-12-31 23:59:58 UTC)), datetime!(1970-01-01 00:00 UTC));
    }

    #[test]
    fn what_is_no_expression_is_refused_in_insforges_words() {
        for text in ["", "* * * *", "0 * * * * *", "@daily", "5 minutes", "every minute", "second"] {
            let fields = text.split_whitespace().count();
            assert_eq!(utc(text).unwrap_err(), ExpressionError::Fields(fields), "{text:?}");
        }
        for text in ["0 seconds", "60 seconds", "99999999999999999999999 seconds"] {
            assert_eq!(utc(text).unwrap_err(), ExpressionError::Interval, "{text:?}");
        }
        for text in
            ["60 * * * *", "* 24 * * *", "* * 0 * *", "a b c d e", "*/0 * * * *", "5-1 * * * *", "ß ß ß ß ß"]
        {
            assert!(matches!(utc(text).unwrap_err(), ExpressionError::Field(_)), "{text:?}");
        }
        assert!(utc("* * * *").unwrap_err().to_string().contains("Got 4 fields"));
        assert!(utc("60 seconds").unwrap_err().to_string().starts_with("Interval form"));
    }

    #[test]
    fn a_line_that_never_fires_is_refused() {
        for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 FEB *"] {
            assert_eq!(utc(text).unwrap_err(), ExpressionError::Never(text.to_owned()));
        }
    }

    #[test]
    fn the_last_due_time_of_a_downtime_is_found() {
        let until = datetime!(2026-03-04 10:07:30 UTC);
        for (text, after, last) in [
            ("1 second", datetime!(2025-01-01 00:00 UTC), Some(until)),
            ("*/5 * * * *", datetime!(2026-01-01 00:00 UTC), Some(datetime!(2026-03-04 10:05 UTC))),
            ("0 12 * * *", datetime!(2026-01-01 00:00 UTC), Some(datetime!(2026-03-03 12:00 UTC))),
            ("0 0 1 1 *", datetime!(2020-01-01 00:00 UTC), Some(datetime!(2026-01-01 00:00 UTC))),
            ("0 0 1 1 *", datetime!(2026-01-01 00:00 UTC), None),
            ("* * * * *", datetime!(2026-03-04 10:07 UTC), None),
        ] {
            assert_eq!(utc(text).unwrap().last_within(after, until), last, "{text}");
        }
    }
}
