//! Time zones, and what happens on the days on which their clocks are changed.
//!
//! croner searches the clock on the wall; this maps what it finds to moments.
//!
//! - A time that the clock skips: due at the first moment after the gap if the hour field names hours, not at all otherwise.
//! - A time that the clock shows twice: due the first time if the hour field names hours, both times otherwise.

use super::expression::Hours;
use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use std::fmt;
use time::OffsetDateTime;

/// How far from a moment clocks may have been changed and still matter to it: more than any zone ever moved by.
const VICINITY: Duration = Duration::hours(26);

/// A time zone of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

/// A text that names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone of the IANA database, such as Europe/Berlin")]
pub struct UnknownZone(pub String);

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Zone {
    /// The zone of this name. Case matters, as it does in the database.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone(name.chars().take(64).collect()))
    }

    /// The first moment after `moment` at which `cron` is due on the clocks of this zone.
    pub(super) fn next_after(
        self,
        cron: &Cron,
        hours: Hours,
        moment: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let moment = DateTime::from_timestamp(moment.unix_timestamp(), 0)?;
        let due = match self.is_steady_around(moment) {
            true => self.next_of_steady(cron, hours, moment),
            false => self.next_of_changing(cron, hours, moment),
        }?;
        OffsetDateTime::from_unix_timestamp(due.timestamp()).ok()
    }

    /// Whether no clock is changed near `moment`, as on all but a few days.
    fn is_steady_around(self, moment: DateTime<Utc>) -> bool {
        let now = self.offset(moment);
        let near = [moment.checked_sub_signed(VICINITY), moment.checked_add_signed(VICINITY)];
        self.0 == Tz::UTC || near.into_iter().flatten().all(|other| self.offset(other) == now)
    }

    /// On a steady clock the first time that fits is the next, wherever the clock is then.
    fn next_of_steady(self, cron: &Cron, hours: Hours, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut on_wall = self.on_wall(moment);
        loop {
            on_wall = next_on_wall(cron, on_wall)?;
            if let Some(due) = self.moments(on_wall, hours).into_iter().flatten().next() {
                return Some(due);
            }
        }
    }

    /// Where a clock is changed nearby, times that it shows later may come earlier: all of them are looked at.
    fn next_of_changing(self, cron: &Cron, hours: Hours, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let start = self.on_wall(moment);
        let shift = self.largest_shift(moment);
        let mut on_wall = start.checked_sub_signed(shift)?;
        let mut best: Option<DateTime<Utc>> = None;
        let mut limit = None;
        loop {
            on_wall = next_on_wall(cron, on_wall)?;
            if limit.is_some_and(|limit| on_wall > limit) {
                return best;
            }
            let moments = self.moments(on_wall, hours).into_iter().flatten();
            best = moments.filter(|due| *due > moment).chain(best).min();
            if best.is_some() && limit.is_none() {
                limit = on_wall.checked_add_signed(shift);
            }
        }
    }

    /// When the clock on the wall shows this.
    fn moments(self, on_wall: NaiveDateTime, hours: Hours) -> [Option<DateTime<Utc>>; 2] {
        match (self.0.from_local_datetime(&on_wall), hours) {
            (LocalResult::Single(moment), _) => [Some(moment.to_utc()), None],
            (LocalResult::Ambiguous(first, _), Hours::Named) => [Some(first.to_utc()), None],
            (LocalResult::Ambiguous(first, second), Hours::Any) => {
                [Some(first.to_utc()), Some(second.to_utc())]
            }
            (LocalResult::None, Hours::Named) => [self.end_of_gap(on_wall), None],
            (LocalResult::None, Hours::Any) => [None, None],
        }
    }

    /// The moment of the change that skips `on_wall`.
    fn end_of_gap(self, on_wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        // With the offset of long before, the skipped time is after the change; with that of long after, before it.
        let naive = on_wall.and_utc();
        let (mut before, mut after) =
            (naive.checked_sub_signed(VICINITY)?, naive.checked_add_signed(VICINITY)?);
        let old = self.offset(before);
        while after.signed_duration_since(before) > Duration::seconds(1) {
            let middle = before.checked_add_signed(after.signed_duration_since(before) / 2)?;
            if self.offset(middle) == old {
                before = middle;
            } else {
                after = middle;
            }
        }
        DateTime::from_timestamp(after.timestamp(), 0)
    }

    fn on_wall(self, moment: DateTime<Utc>) -> NaiveDateTime {
        moment.with_timezone(&self.0).naive_local()
    }

    /// Seconds east of Greenwich.
    fn offset(self, moment: DateTime<Utc>) -> i32 {
        self.0.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()
    }

    fn largest_shift(self, moment: DateTime<Utc>) -> Duration {
        let near = [moment.checked_sub_signed(VICINITY), Some(moment), moment.checked_add_signed(VICINITY)];
        let offsets = near.into_iter().flatten().map(|moment| self.offset(moment));
        let (least, most) = offsets.fold((i32::MAX, i32::MIN), |(a, b), o| (a.min(o), b.max(o)));
        Duration::seconds(i64::from(most) - i64::from(least))
    }
}

/// The next time after `on_wall` that fits, on a clock that is never changed.
fn next_on_wall(cron: &Cron, on_wall: NaiveDateTime) -> Option<NaiveDateTime> {
    cron.find_next_occurrence(&on_wall.and_utc(), false).ok().map(|found| found.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::super::expression::Expression;
    use super::*;
    use time::macros::datetime;

    fn dues(text: &str, zone: &str, after: OffsetDateTime, count: usize) -> Vec<OffsetDateTime> {
        Expression::parse(text, Zone::parse(zone).unwrap()).unwrap().upcoming(after, count)
    }

    #[test]
    fn a_time_is_that_of_the_zones_clocks() {
        assert_eq!(
            dues("0 9 * * *", "Asia/Kolkata", datetime!(2026-01-01 00:00 UTC), 2),
            [datetime!(2026-01-01 03:30 UTC), datetime!(2026-01-02 03:30 UTC)]
        );
        // Winter, then summer.
        assert_eq!(
            dues("0 9 1 1,7 *", "America/New_York", datetime!(2025-12-31 00:00 UTC), 2),
            [datetime!(2026-01-01 14:00 UTC), datetime!(2026-07-01 13:00 UTC)]
        );
    }

    /// In Berlin 2026-03-29 02:00 is followed by 03:00.
    #[test]
    fn a_named_hour_that_is_skipped_is_due_right_after_the_gap() {
        let before = datetime!(2026-03-28 12:00 UTC);
        assert_eq!(
            dues("30 2 * * *", "Europe/Berlin", before, 2),
            [datetime!(2026-03-29 01:00 UTC), datetime!(2026-03-30 00:30 UTC)]
        );
        // Several within the gap are one.
        assert_eq!(
            dues("*/15 2 * * *", "Europe/Berlin", before, 3),
            [
                datetime!(2026-03-29 01:00 UTC),
                datetime!(2026-03-30 00:00 UTC),
                datetime!(2026-03-30 00:15 UTC)
            ]
        );
        // Looked at from a year before, and with what is due at the end of the gap anyway.
        assert_eq!(
            dues("30 2 29 3 *", "Europe/Berlin", datetime!(2025-06-01 00:00 UTC), 1),
            [datetime!(2026-03-29 01:00 UTC)]
        );
        assert_eq!(
            dues("30 2,3 * * *", "Europe/Berlin", before, 3),
            [
                datetime!(2026-03-29 01:00 UTC),
                datetime!(2026-03-29 01:30 UTC),
                datetime!(2026-03-30 00:30 UTC)
            ]
        );
    }

    /// In Berlin 2026-10-25 03:00 is followed by 02:00.
    #[test]
    fn a_named_hour_that_comes_twice_is_due_the_first_time() {
        let before = datetime!(2026-10-24 12:00 UTC);
        assert_eq!(
            dues("30 2 * * *", "Europe/Berlin", before, 2),
            [datetime!(2026-10-25 00:30 UTC), datetime!(2026-10-26 01:30 UTC)]
        );
        let between = datetime!(2026-10-25 00:45 UTC);
        assert_eq!(dues("30 2 * * *", "Europe/Berlin", between, 1), [datetime!(2026-10-26 01:30 UTC)]);
        assert_eq!(
            dues("*/30 2 * * *", "Europe/Berlin", before, 3),
            [
                datetime!(2026-10-25 00:00 UTC),
                datetime!(2026-10-25 00:30 UTC),
                datetime!(2026-10-26 01:00 UTC)
            ]
        );
    }

    #[test]
    fn what_is_due_in_any_hour_follows_the_time_that_passes() {
        for start in [datetime!(2026-03-28 22:00 UTC), datetime!(2026-10-24 22:00 UTC)] {
            for zone in ["Europe/Berlin", "America/New_York", "UTC"] {
                let found = dues("*/20 * * * *", zone, start, 3 * 30);
                let expected: Vec<_> = (1..=90).map(|n| start + time::Duration::minutes(20 * n)).collect();
                assert_eq!(found, expected, "{zone} {start}");
            }
        }
        // Half an hour in Lord Howe, where clocks are changed by half an hour.
        let start = datetime!(2026-04-04 12:00 UTC);
        let found = dues("*/10 * * * *", "Australia/Lord_Howe", start, 40);
        let expected: Vec<_> = (1..=40).map(|n| start + time::Duration::minutes(10 * n)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn due_times_only_go_forward_through_every_change_of_a_decade() {
        for zone in
            ["Europe/London", "America/Sao_Paulo", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia"]
        {
            for text in ["17 */3 * * *", "30 0,1,2,3 * * *", "0 2 * * 0"] {
                let found = dues(text, zone, datetime!(2008-01-01 00:00 UTC), 3000);
                assert!(found.is_sorted_by(|a, b| a < b), "{zone} {text}");
            }
        }
    }

    #[test]
    fn what_names_no_zone_is_refused() {
        for name in ["", "Mars/Olympus", "europe/berlin", "+02:00", "UTC+1", "Europe/Berlin "] {
            assert_eq!(Zone::parse(name).unwrap_err(), UnknownZone(name.to_owned()), "{name:?}");
        }
        assert_eq!(
            Zone::parse("America/Argentina/Ushuaia").unwrap().to_string(),
            "America/Argentina/Ushuaia"
        );
    }
}
